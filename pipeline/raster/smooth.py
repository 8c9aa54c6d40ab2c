"""Heights made ready for contours: noise smoothed away, the surface sampled more closely.

Contours of one surface never cross or touch, however it was smoothed; lines that are smoothed one by one do. So the
lines' bends come from the surface between the samples, not from the lines.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.blur import blur, refine

REACH = 3.0  # σ: what lies beyond adds 0.3 % of the weight


def reach(sigma: float, factor: int) -> int:
    """Samples around a block that its smoothed and refined heights depend on."""
    return _reach(sigma) + (factor > 1)


def smooth(heights: NDArray[np.float32], sigma: float, factor: int) -> NDArray[np.float64]:
    """Heights [rows, cols] (m, NaN = unknown) after a Gaussian of `sigma` samples, sampled `factor` times as closely.

    The output covers the input but for one sample on each side when `factor` is above 1:
    [factor·(rows − 3) + 1, factor·(cols − 3) + 1]. The caller's block has `reach` samples around what is wanted.
    """
    shape = heights.shape
    if sigma > 0:
        distance = np.arange(-_reach(sigma), _reach(sigma) + 1)
        out = np.empty(shape)
        blur(heights, np.exp(-0.5 * (distance / sigma) ** 2), np.empty(shape), np.empty(shape), out)
    else:
        out = heights.astype(np.float64)
    if factor == 1:
        return out
    columns = factor * (shape[1] - 3) + 1
    finer = np.empty((factor * (shape[0] - 3) + 1, columns))
    refine(out, factor, np.empty((shape[0], columns)), finer)
    return finer


def _reach(sigma: float) -> int:
    return math.ceil(REACH * sigma)
