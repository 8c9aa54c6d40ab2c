"""Rasters whose every pixel is a formula of its place in the world, and the slow way of making tiles of them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipeline.types import PixelWindow

Pixel = NDArray[np.uint8]


def coordinates(window: PixelWindow) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Columns and rows of a window's pixels among the world's."""
    y, x = np.mgrid[window.row : window.row + window.height, window.column : window.column + window.width]
    return x.astype(np.int64), y.astype(np.int64)


def noise(x: NDArray[np.int64], y: NDArray[np.int64], salt: int) -> NDArray[np.uint8]:
    """A hash of the place: no two neighbours are alike."""
    n = (x * 73856093) ^ (y * 19349663) ^ (salt * 83492791)
    return (((n ^ (n >> 13)) * 1274126177) >> 16 & 255).astype(np.uint8)


def picture(
    inside: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.bool_]], salt: int = 0
) -> Callable[[PixelWindow], Pixel | None]:
    """Colours that change slowly, with noise in one band; opaque where `inside` says, half so on a fifth of it."""

    def read(window: PixelWindow) -> Pixel | None:
        x, y = coordinates(window)
        there = inside(x, y)
        if not there.any():
            return None
        out = np.zeros((window.height, window.width, 4), np.uint8)
        out[..., 0] = (x // 2 + salt) & 255
        out[..., 1] = (y // 3) & 255
        out[..., 2] = noise(x, y, salt)
        out[..., 3] = np.where(noise(x, y, 7) < 51, 128, 255)
        out[~there] = 0
        return out

    return read


def halved(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Each four as one, with fractions: the colours' mean by alpha, halves to the even number."""
    rows, columns = pixels.shape[0] // 2, pixels.shape[1] // 2
    out = np.zeros((rows, columns, 4), np.uint8)
    for i in range(rows):
        for j in range(columns):
            four = [[int(v) for v in pixels[2 * i + a, 2 * j + b]] for a in (0, 1) for b in (0, 1)]
            weight = sum(pixel[3] for pixel in four)
            alpha = round(Fraction(weight, 4))
            if alpha:
                colours = [round(Fraction(sum(pixel[k] * pixel[3] for pixel in four), weight)) for k in range(3)]
                out[i, j] = (*colours, alpha)
    return out
