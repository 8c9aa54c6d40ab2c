"""Tops and the passes between them: what is left of a block of heights when only prominence counts.

Land emerges from a falling sea: a sample comes up alone (a top), beside an island (its shore), or between islands (a
pass, which joins them to the one with the highest top). Of a block with more heights around it all samples of its rim
are kept, so that blocks can be put together without their heights (Kirmse & de Ferranti, "Calculating the prominence
and isolation of every mountain in the world", Progress in Physical Geography 41, 2017).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel


@helper
def _root(parent: NDArray[np.int32], p: int) -> int:
    """The root of p's island (path halving, Tarjan & van Leeuwen 1984)."""
    while parent[p] != p:
        parent[p] = parent[parent[p]]
        p = int(parent[p])
    return p


@kernel
def passes(
    heights: NDArray[np.float32],
    order: NDArray[np.int64],
    least: float,
    parent: NDArray[np.int32],
    top: NDArray[np.int32],
    low: NDArray[np.int32],
    rim: NDArray[np.bool_],
    a: NDArray[np.int32],
    b: NDArray[np.int32],
    height: NDArray[np.float32],
) -> int:
    """The passes of a block that matter beyond it or for a prominence of `least`; returns how many.

    `heights` [rows, cols], NaN = unknown; `order` [known] their flat indices, the highest first and of equals the
    first. `parent`, `top`, `low`, `rim` [rows · cols] are scratch; afterwards a sample that is its own parent stands
    for an island, which has its highest sample at `top` and its lowest at `low`. Outputs [≥ 2 · known], flat indices:
    `a` and `b` the tops, or samples of the rim, of the two islands that meet at `height`. Samples touch at edges and
    corners.
    """
    rows, cols = heights.shape
    for p in range(rows * cols):
        parent[p] = -1
    n = 0
    for k in range(len(order)):
        p = order[k]
        r, c = p // cols, p % cols
        h = heights[r, c]
        edge = r == 0 or c == 0 or r == rows - 1 or c == cols - 1
        parent[p] = p
        top[p] = p
        low[p] = p
        rim[p] = False
        best = np.int64(-1)
        for dr in range(-1, 2):
            for dc in range(-1, 2):
                i, j = r + dr, c + dc
                if (dr == 0 and dc == 0) or i < 0 or j < 0 or i >= rows or j >= cols:
                    continue
                q = i * cols + j
                if parent[q] < 0:
                    continue
                q = _root(parent, q)
                if q == p or best == q:
                    continue
                if best < 0:
                    best = q
                    continue
                # Two islands meet. The one with the lower top ends here.
                hb, hq = heights[top[best] // cols, top[best] % cols], heights[top[q] // cols, top[q] % cols]
                less, more = (best, q) if hq > hb or (hq == hb and top[q] < top[best]) else (q, best)
                if rim[less] or heights[top[less] // cols, top[less] % cols] - h >= least:
                    a[n], b[n], height[n] = top[less], top[more], h
                    n += 1
                parent[less] = more
                rim[more] = rim[more] or rim[less]
                best = more
        if best < 0:
            rim[p] = edge
            continue
        if edge:
            a[n], b[n], height[n] = p, top[best], h
            n += 1
            rim[best] = True
        parent[p] = best
        low[best] = p
    return n


@kernel
def key_passes(
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    height: NDArray[np.float32],
    order: NDArray[np.int64],
    heights: NDArray[np.float32],
    lowest: NDArray[np.float32],
    parent: NDArray[np.int64],
    key: NDArray[np.float32],
) -> None:
    """The height of each top's key pass, where its island meets one with a higher top; else that of its lowest place.

    `a`, `b`, `height` [passes] of all blocks; `order` [passes] the highest first; `heights` [tops], of equal ones the
    first counts as higher; `lowest` [tops] the lowest height known about a top, changed to that of its island. Output
    `key` [tops]; `parent` [tops] is scratch.
    """
    for i in range(len(heights)):
        parent[i] = i
        key[i] = heights[i]
    for k in range(len(order)):
        e = order[k]
        p, q = a[e], b[e]
        while parent[p] != p:
            parent[p] = parent[parent[p]]
            p = parent[p]
        while parent[q] != q:
            parent[q] = parent[parent[q]]
            q = parent[q]
        if p == q:
            continue
        less, more = (p, q) if heights[q] > heights[p] or (heights[q] == heights[p] and q < p) else (q, p)
        parent[less] = more
        key[less] = height[e]
        lowest[more] = min(lowest[more], lowest[less])
    for i in range(len(heights)):
        if parent[i] == i:
            key[i] = lowest[i]
