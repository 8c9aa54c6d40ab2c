"""Halves pictures and height grids: every pixel becomes the mean of the four below it.

A mean that lies halfway between two whole numbers goes to the even one: rounding up instead would make a picture one
grey value brighter in eight zooms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel


@helper
def nearest(n: np.int64, by: np.int64) -> np.int64:
    """n / by rounded, halves to the even number; n ≥ 0, by > 0."""
    whole = n // by
    rest = 2 * (n - whole * by)
    return whole + (1 if rest > by or (rest == by and whole & 1 == 1) else 0)


@kernel
def reduce_rgba(source: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Mean colour, weighted by alpha, and mean alpha: [2n, 2m, 4] → `out` [n, m, 4].

    What is transparent gives no colour to its neighbours; a pixel whose alpha rounds to 0 is 0 in all four.
    """
    rows, columns, _bands = out.shape
    for i in range(rows):
        for j in range(columns):
            a = np.int64(source[2 * i, 2 * j, 3])
            b = np.int64(source[2 * i, 2 * j + 1, 3])
            c = np.int64(source[2 * i + 1, 2 * j, 3])
            d = np.int64(source[2 * i + 1, 2 * j + 1, 3])
            weight = a + b + c + d
            if weight == 1020:
                for k in range(3):
                    s = np.int64(source[2 * i, 2 * j, k]) + np.int64(source[2 * i, 2 * j + 1, k])
                    s += np.int64(source[2 * i + 1, 2 * j, k]) + np.int64(source[2 * i + 1, 2 * j + 1, k])
                    out[i, j, k] = (s + 1 + ((s >> 2) & 1)) >> 2
                out[i, j, 3] = 255
            elif weight <= 2:
                for k in range(4):
                    out[i, j, k] = 0
            else:
                for k in range(3):
                    s = a * np.int64(source[2 * i, 2 * j, k]) + b * np.int64(source[2 * i, 2 * j + 1, k])
                    s += c * np.int64(source[2 * i + 1, 2 * j, k]) + d * np.int64(source[2 * i + 1, 2 * j + 1, k])
                    out[i, j, k] = nearest(s, weight)
                out[i, j, 3] = nearest(weight, 4)


@kernel
def reduce_rgba_linear(
    source: NDArray[np.uint8], light: NDArray[np.uint16], grey: NDArray[np.uint8], out: NDArray[np.uint8]
) -> None:
    """As `reduce_rgba`, but the mean is one of light: [2n, 2m, 4] → `out` [n, m, 4].

    `light` [256] is the light of each grey value, `grey` [65536] the grey value of each light.
    """
    rows, columns, _bands = out.shape
    for i in range(rows):
        for j in range(columns):
            a = np.int64(source[2 * i, 2 * j, 3])
            b = np.int64(source[2 * i, 2 * j + 1, 3])
            c = np.int64(source[2 * i + 1, 2 * j, 3])
            d = np.int64(source[2 * i + 1, 2 * j + 1, 3])
            weight = a + b + c + d
            if weight <= 2:
                for k in range(4):
                    out[i, j, k] = 0
                continue
            for k in range(3):
                s = a * np.int64(light[source[2 * i, 2 * j, k]]) + b * np.int64(light[source[2 * i, 2 * j + 1, k]])
                s += c * np.int64(light[source[2 * i + 1, 2 * j, k]])
                s += d * np.int64(light[source[2 * i + 1, 2 * j + 1, k]])
                out[i, j, k] = grey[nearest(s, weight)]
            out[i, j, 3] = nearest(weight, 4)


@kernel
def reduce_heights(source: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Mean of the heights that are known, NaN where none is: [2n, 2m] → `out` [n, m]."""
    rows, columns = out.shape
    for i in range(rows):
        for j in range(columns):
            total = 0.0
            known = 0
            for di in range(2):
                for dj in range(2):
                    height = np.float64(source[2 * i + di, 2 * j + dj])
                    if not np.isnan(height):
                        total += height
                        known += 1
            out[i, j] = total / known if known > 0 else np.nan
