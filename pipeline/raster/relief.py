"""The heights of one terrain tile in a few figures: how low, how high, and where."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from pipeline.raster.look import pixels_of
from pipeline.raster.unpack import heights_of


class Summit(NamedTuple):
    """A height and the middle of the pixel that has it."""

    height: float  # metres
    lng: float  # degrees
    lat: float


class Relief(NamedTuple):
    """What the heights of a tile are like."""

    width: int  # pixels
    height: int
    mean: float  # metres
    lowest: Summit  # the first one by rows, where several are as low
    highest: Summit


def relief_of(body: bytes, z: int, x: int, y: int, encoding: str) -> Relief:
    """The figures of a tile in an encoding, terrarium or mapbox; raises ArchiveError for a damaged image."""
    heights = heights_of(pixels_of(body), encoding)
    rows, cols = heights.shape

    def summit(at: int) -> Summit:
        row, col = divmod(at, cols)
        east, south = (x + (col + 0.5) / cols) / (1 << z), (y + (row + 0.5) / rows) / (1 << z)
        lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * south))))
        return Summit(round(float(heights[row, col]), 3), round(east * 360 - 180, 7), round(lat, 7))

    low, high = summit(int(np.argmin(heights))), summit(int(np.argmax(heights)))
    return Relief(cols, rows, round(float(heights.mean()), 3), low, high)
