"""Heights in the red, green and blue of a picture, and the mean heights of the zoom below."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import kernel

_TOP = (1 << 24) - 1


@kernel
def pack_heights(
    heights: NDArray[np.float32], inverse: float, units: int, zero: int, unknown: float, out: NDArray[np.uint8]
) -> int:
    """Round heights to steps and write them as 24-bit numbers, the highest byte first; returns how many were cut off.

    `heights` [rows, columns] metres, NaN = unknown, written as the height `unknown`; `inverse` steps per metre; `units`
    of the encoding in a step; `zero` the number of height 0; `out` [rows, columns, 4], opaque. A height is
    floor(height · inverse + ½) · units + zero. Terrarium: 256 units in a metre, zero 32768 · 256; Mapbox: 10 units,
    zero 100000. Sources: Tilezen Joerd, docs/formats.md; Mapbox Terrain-RGB v1.
    """
    cut = 0
    for row in range(heights.shape[0]):
        for column in range(heights.shape[1]):
            height = np.float64(heights[row, column])
            if math.isnan(height):
                height = np.float64(unknown)
            steps = np.floor(height * inverse + 0.5)
            number = steps * units + zero
            if number < 0.0 or number > _TOP:  # before it becomes an integer: infinity has none
                cut += 1
            whole = np.int64(min(max(number, 0.0), np.float64(_TOP)))
            out[row, column, 0] = np.uint8(whole >> 16)
            out[row, column, 1] = np.uint8((whole >> 8) & 255)
            out[row, column, 2] = np.uint8(whole & 255)
            out[row, column, 3] = np.uint8(255)
    return cut


@kernel
def mean_known(heights: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Halve a plane of the largest zoom: [2n, 2m] metres, NaN = unknown → `out` [n, m, 2] mean and number of the known.

    Both are NaN where nothing is known.
    """
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            total, count = 0.0, 0.0
            for k in range(4):
                height = np.float64(heights[2 * row + (k >> 1), 2 * column + (k & 1)])
                if not math.isnan(height):
                    total += height
                    count += 1.0
            out[row, column, 0] = total / count if count > 0.0 else np.nan
            out[row, column, 1] = count if count > 0.0 else np.nan


@kernel
def mean_heights(heights: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Halve what `mean_known` made: [2n, 2m, 2] → `out` [n, m, 2], each mean weighed by its number.

    So every zoom has the mean of the known heights of the largest one, however they are spread.
    """
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            total, count = 0.0, 0.0
            for k in range(4):
                number = np.float64(heights[2 * row + (k >> 1), 2 * column + (k & 1), 1])
                if not math.isnan(number):
                    total += number * np.float64(heights[2 * row + (k >> 1), 2 * column + (k & 1), 0])
                    count += number
            out[row, column, 0] = total / count if count > 0.0 else np.nan
            out[row, column, 1] = count if count > 0.0 else np.nan
