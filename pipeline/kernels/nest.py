"""Which hole belongs to which shell, among many rings of one area."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper
from pipeline.kernels.tilerings import hole_in


@helper
def nest(
    x: NDArray[np.int64],
    y: NDArray[np.int64],
    ring_offsets: NDArray[np.int64],
    twice: NDArray[np.int64],
    count: int,
    drop: bool,
    box: NDArray[np.int64],
    owner: NDArray[np.int64],
    order: NDArray[np.int64],
) -> int:
    """Order `count` rings so that every shell stands before its holes; returns how many there are.

    Where a hole lies in no shell it is left out if `drop` is set, else -1 is returned.

    `ring_offsets` [≥ count + 1] into `x`, `y`; `twice` doubled areas, positive for shells. A hole belongs to the
    smallest shell around it. Scratch `box` [≥ 4 count], `owner` [≥ count]; output `order` [≥ count].
    """
    for r in range(count):
        s = ring_offsets[r]
        box[4 * r] = box[4 * r + 2] = x[s]
        box[4 * r + 1] = box[4 * r + 3] = y[s]
        for i in range(s + 1, ring_offsets[r + 1]):
            box[4 * r] = min(box[4 * r], x[i])
            box[4 * r + 1] = min(box[4 * r + 1], y[i])
            box[4 * r + 2] = max(box[4 * r + 2], x[i])
            box[4 * r + 3] = max(box[4 * r + 3], y[i])
    for r in range(count):
        owner[r] = r
        if twice[r] > 0:
            continue
        owner[r] = -1
        for shell in range(count):
            if (
                twice[shell] > -twice[r]
                and (owner[r] < 0 or twice[shell] < twice[owner[r]])
                and box[4 * shell] <= box[4 * r]
                and box[4 * shell + 1] <= box[4 * r + 1]
                and box[4 * shell + 2] >= box[4 * r + 2]
                and box[4 * shell + 3] >= box[4 * r + 3]
                and hole_in(x, y, ring_offsets[r], ring_offsets[r + 1], ring_offsets[shell], ring_offsets[shell + 1])
                > 0
            ):
                owner[r] = shell
        if owner[r] < 0 and not drop:
            return -1
    # Counting sort by owner; the boxes are no longer needed and hold where the next ring of each shell goes.
    for r in range(count):
        box[r] = 0
    for r in range(count):
        if owner[r] >= 0:
            box[owner[r]] += 1
    at = np.int64(0)
    for r in range(count):
        size = box[r]
        box[r] = at
        at += size
    for shells in (True, False):
        for r in range(count):
            if (twice[r] > 0) == shells and owner[r] >= 0:
                order[box[owner[r]]] = r
                box[owner[r]] += 1
    return int(at)
