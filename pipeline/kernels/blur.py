"""Heights smoothed by a Gaussian that knows where nothing is known, and refined between samples without overshooting.

Every value depends only on the samples within its reach, summed in one order: blocks that overlap by that reach give
the same bits wherever they are cut.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel


@kernel
def blur(
    heights: NDArray[np.float32],
    weights: NDArray[np.float64],
    sums: NDArray[np.float64],
    shares: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Mean of the known neighbours, weighted by distance; what is unknown stays so.

    `heights` [rows, cols], NaN = unknown; `weights` [2k + 1], symmetric and positive, of the distances −k … k along
    either axis; `sums`, `shares` and the output `out` [rows, cols]. Normalised convolution (Knutsson & Westin, CVPR
    1993): a missing neighbour pulls neither up nor down.
    """
    rows, cols = heights.shape
    k = len(weights) // 2
    for r in range(rows):
        for c in range(cols):
            sums[r, c] = 0.0
            shares[r, c] = 0.0
        for d in range(-k, k + 1):
            w = weights[d + k]
            for c in range(max(0, -d), min(cols, cols - d)):
                h = heights[r, c + d]
                known = h == h
                sums[r, c] += w * h if known else 0.0
                shares[r, c] += w if known else 0.0
    total = np.empty(cols)
    for r in range(rows):
        for c in range(cols):
            out[r, c] = 0.0
            total[c] = 0.0
        for d in range(max(-k, -r), min(k, rows - 1 - r) + 1):
            w = weights[d + k]
            for c in range(cols):
                out[r, c] += w * sums[r + d, c]
                total[c] += w * shares[r + d, c]
        for c in range(cols):
            h = heights[r, c]
            out[r, c] = out[r, c] / total[c] if h == h else np.nan


@helper
def _slope(before: float, after: float) -> float:
    """Slope in a sample of the steps on both sides of it; NaN: there is no sample on that side."""
    if before != before:
        return 0.0 if after != after else after
    if after != after:
        return before
    return 0.0 if before * after <= 0.0 else 2.0 * before * after / (before + after)


@helper
def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    """Height at `t` of the way from b to c, a and d being the samples beyond; NaN where b or c is."""
    step = c - b
    if step != step:
        return np.nan
    m0, m1 = _slope(b - a, step), _slope(step, d - c)
    return float(b + t * (m0 + t * (3.0 * step - 2.0 * m0 - m1 + t * (m0 + m1 - 2.0 * step))))


@kernel
def refine(heights: NDArray[np.float64], factor: int, rows_out: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Samples `factor` times as close, on monotone cubics: none lies beyond the two samples that it stands between.

    `heights` [rows, cols], NaN = unknown, with one sample more on each side than is refined. Output `out`
    [factor·(rows − 3) + 1, factor·(cols − 3) + 1], which begins at sample (1, 1); `rows_out` [rows, as out] is scratch.
    Along the rows, then along the columns (Fritsch & Carlson 1980 with the slopes of Butland 1980): flats stay flat
    and no top, pit or pass is made that the samples do not have.
    """
    rows = heights.shape[0]
    for r in range(rows):
        for i in range(rows_out.shape[1]):
            c, f = 1 + i // factor, i % factor
            if f == 0:
                rows_out[r, i] = heights[r, c]
            else:
                rows_out[r, i] = _between(
                    heights[r, c - 1], heights[r, c], heights[r, c + 1], heights[r, c + 2], f / factor
                )
    for j in range(out.shape[0]):
        r, f = 1 + j // factor, j % factor
        for i in range(out.shape[1]):
            if f == 0:
                out[j, i] = rows_out[r, i]
            else:
                out[j, i] = _between(
                    rows_out[r - 1, i], rows_out[r, i], rows_out[r + 1, i], rows_out[r + 2, i], f / factor
                )
