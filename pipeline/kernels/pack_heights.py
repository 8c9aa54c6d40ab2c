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
    of the encoding in a step; `zero` the number of height 0; `out` [rows, columns, 3]. A height is
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
    return cut


@kernel
def mean_heights(
    heights: NDArray[np.float32],
    weights: NDArray[np.float32],
    each: float,
    row: int,
    column: int,
    out: NDArray[np.float32],
    out_weights: NDArray[np.float32],
) -> int:
    """Halve a plane into a corner of the one above, by the mean of what is known of four; returns how many are.

    `heights` [n, n] metres, NaN = unknown; `weights` [n, n] how many cells of the largest zoom each stands for, or
    [0, 0] where each known one stands for `each`; written from `row`, `column` on into `out` and `out_weights` (mean
    and sum of weights; NaN and 0 where nothing is known).
    """
    known = 0
    same = weights.shape[0] == 0
    for r in range(heights.shape[0] // 2):
        for c in range(heights.shape[1] // 2):
            total, weight = 0.0, 0.0
            for k in range(4):
                rr, cc = 2 * r + (k >> 1), 2 * c + (k & 1)
                height = np.float64(heights[rr, cc])
                if not math.isnan(height):
                    counts = np.float64(each) if same else np.float64(weights[rr, cc])
                    total += height * counts
                    weight += counts
            out_weights[row + r, column + c] = weight
            if weight > 0.0:
                out[row + r, column + c] = total / weight
                known += 1
            else:
                out[row + r, column + c] = np.nan
    return known
