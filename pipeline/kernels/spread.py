"""Gives what cannot be seen the colours beside it, so that a lossy image does not mix its edges with black.

Chroma is stored at half the resolution and smoothed when it is decoded: beside black, the last two rows of pixels that
can be seen come back up to 70 grey values darker.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel


@kernel
def spread_colours(pixels: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Colours of the nearest pixel in the row with an alpha above 0, or of the nearest row with one → `out`.

    Both are [rows, columns, 4]. Alpha and what can be seen stay as they are.
    """
    rows = pixels.shape[0]
    full = np.zeros(rows, np.bool_)
    for i in range(rows):
        full[i] = _spread_row(pixels, i, out)
    for i in range(rows):
        if not full[i]:
            near = -1
            for step in range(1, rows):
                if i - step >= 0 and full[i - step]:
                    near = i - step
                    break
                if i + step < rows and full[i + step]:
                    near = i + step
                    break
            if near >= 0:
                _copy_colours(out, near, i)


@helper
def _spread_row(pixels: NDArray[np.uint8], i: int, out: NDArray[np.uint8]) -> bool:
    """Whether anything of the row can be seen."""
    columns = pixels.shape[1]
    last = np.int64(-1)
    for j in range(columns):
        if pixels[i, j, 3] > 0:
            last = np.int64(j)
        for k in range(3):
            out[i, j, k] = pixels[i, max(last, np.int64(0)), k]
        out[i, j, 3] = pixels[i, j, 3]
    if last < 0:
        return False
    right = np.int64(-1)
    left = last  # of the pixels left of j, the nearest that can be seen; all that follow it lie at its right
    for j in range(columns - 1, -1, -1):
        if pixels[i, j, 3] > 0:
            right = np.int64(j)
            continue
        if left >= j:
            left = np.int64(j)
            while left >= 0 and pixels[i, left, 3] == 0:
                left -= 1
        if right >= 0 and (left < 0 or right - j < j - left):
            for k in range(3):
                out[i, j, k] = pixels[i, right, k]
    return True


@helper
def _copy_colours(out: NDArray[np.uint8], source: int, target: int) -> None:
    for j in range(out.shape[1]):
        for k in range(3):
            out[target, j, k] = out[source, j, k]
