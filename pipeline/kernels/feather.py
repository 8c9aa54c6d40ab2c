"""How far pixels are from the edge of what is there, up to a limit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import kernel


@kernel
def weigh_edges(alpha: NDArray[np.uint8], limit: int, weights: NDArray[np.float32]) -> None:
    """Weights [rows, columns] that rise from an edge of `alpha` to 1 at `limit` pixels from it; 0 where alpha is 0.

    The weight is the distance, less half a pixel, from a pixel's centre to the nearest one that is 0, by `limit`. What
    lies outside the array counts as being there: give it `limit` pixels more than are wanted, or the true edge.
    Exact Euclidean distances, first along columns and then across them.
    Source: Saito & Toriwaki, New algorithms for Euclidean distance transformation (1994), cut off at the limit.
    """
    rows, columns = alpha.shape
    along = np.empty((rows, columns), np.int64)  # to the nearest 0 of the same column
    for j in range(columns):
        along[0, j] = 0 if alpha[0, j] == 0 else limit + 1
    for i in range(1, rows):
        for j in range(columns):
            along[i, j] = 0 if alpha[i, j] == 0 else min(along[i - 1, j] + 1, limit + 1)
    for i in range(rows - 2, -1, -1):
        for j in range(columns):
            along[i, j] = min(along[i, j], along[i + 1, j] + 1)
    far = (limit + 1) * (limit + 1)
    for i in range(rows):
        clear = columns  # first of the columns, going west to east, whose surroundings have to be looked at
        for j in range(columns):
            if along[i, j] <= limit:
                clear = j
                break
        for j in range(columns):
            if clear - j > limit:
                weights[i, j] = 1.0
                continue
            nearest = min(along[i, j] * along[i, j], far)
            step = 1
            while step <= limit and step * step < nearest:
                if j >= step:
                    nearest = min(nearest, step * step + along[i, j - step] * along[i, j - step])
                if j + step < columns:
                    nearest = min(nearest, step * step + along[i, j + step] * along[i, j + step])
                step += 1
            weights[i, j] = min(1.0, max(0.0, (np.sqrt(float(nearest)) - 0.5) / limit))


@kernel
def blend(
    values: NDArray[Any], alpha: NDArray[np.uint8], weights: NDArray[np.float32], sums: NDArray[np.float32]
) -> int:
    """Lay a picture under those before it, fading towards its edges; returns how many pixels nothing shows through.

    `values` [rows, columns, 1 or 3] of bytes, `alpha`, `weights` [rows, columns]; `sums` [rows, columns, 6] begin as
    0, 0, 0, 0, 1, 1: red, green, blue and their weight; what shows through with the edges faded; and without.
    """
    rows, columns, bands = values.shape
    covered = 0
    for i in range(rows):
        for j in range(columns):
            if alpha[i, j] > 0:
                opaque = alpha[i, j] / np.float32(255.0)
                share = sums[i, j, 4] * opaque * weights[i, j]
                for c in range(3):
                    sums[i, j, c] += share * values[i, j, c if bands == 3 else 0]
                sums[i, j, 3] += share
                sums[i, j, 4] -= share
                sums[i, j, 5] *= np.float32(1.0) - opaque
            covered += sums[i, j, 4] <= 0.0
    return covered


@kernel
def finish_blend(sums: NDArray[np.float32], canvas: NDArray[np.uint8]) -> None:
    """Sums of `blend` [rows, columns, 6] → red, green, blue, alpha [rows, columns, 4]."""
    rows, columns, _ = sums.shape
    for i in range(rows):
        for j in range(columns):
            weight = sums[i, j, 3]
            if weight > 0.0:
                for c in range(3):
                    canvas[i, j, c] = int(min(sums[i, j, c] / weight + np.float32(0.5), np.float32(255.0)))
                canvas[i, j, 3] = max(1, int((np.float32(1.0) - sums[i, j, 5]) * np.float32(255.0) + np.float32(0.5)))
            else:
                canvas[i, j] = 0
