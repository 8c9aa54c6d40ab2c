"""On which side of one another do the rings of an area lie? One sweep for all of them.

Trying every ring against every other costs rings × vertices: 14 s for an area of a million vertices and 8000 holes.
Here the edges pass by once, ordered along x; each ring asks only those that stand above or below one of its vertices.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import array_helper, helper
from pipeline.kernels.grow import sort_by


@helper
def _inside(x: NDArray[np.int32], y: NDArray[np.int32], s: int, e: int, px: int, py: int) -> bool:
    """Point strictly inside the unclosed ring [s, e), for points known not to lie on it."""
    inside = False
    j = e - 1
    for i in range(s, e):
        ax, ay, bx, by = np.int64(x[j]), np.int64(y[j]), np.int64(x[i]), np.int64(y[i])
        j = i
        if (ay > py) != (by > py):
            cross = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
            if (cross > 0) == (by > ay):
                inside = not inside
    return inside


@helper
def few_misplaced(
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    vertex_offsets: NDArray[np.int64],
    r0: int,
    count: int,
    shell_of: NDArray[np.int64],
    box: NDArray[np.int32],
) -> bool:
    """What `misplaced` tells, of few vertices: every ring against every other; `box` [≥ count, 4] is scratch."""
    for k in range(count):
        s, e = vertex_offsets[r0 + k], vertex_offsets[r0 + k + 1]
        box[k, 0] = box[k, 2] = x[s]
        box[k, 1] = box[k, 3] = y[s]
        for i in range(s + 1, e):
            box[k, 0], box[k, 1] = min(box[k, 0], x[i]), min(box[k, 1], y[i])
            box[k, 2], box[k, 3] = max(box[k, 2], x[i]), max(box[k, 3], y[i])
    for k in range(count):
        s = vertex_offsets[r0 + k]
        for m in range(count):
            if m == k:
                continue
            within = (
                box[k, 0] >= box[m, 0] and box[k, 1] >= box[m, 1] and box[k, 2] <= box[m, 2] and box[k, 3] <= box[m, 3]
            ) and _inside(
                x, y, vertex_offsets[r0 + m], vertex_offsets[r0 + m + 1], np.int64(x[s]), np.int64(y[s])
            )  # nothing touches: one vertex tells on which side of ring m the whole of ring k lies
            if within != (shell_of[k] == m):
                return True  # an island within a hole is sound too; GEOS says so
    return False


@helper
def find_shells(
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    vertex_offsets: NDArray[np.int64],
    r0: int,
    count: int,
    shell_of: NDArray[np.int64],
) -> None:
    """Fill `shell_of` [≥ count]: for a hole the shell before it, counted from `r0` (−1: none), for a shell itself."""
    shell = np.int64(-1)
    for k in range(count):
        s, e = vertex_offsets[r0 + k], vertex_offsets[r0 + k + 1]
        twice = np.int64(0)
        for i in range(s + 1, e - 1):
            twice += np.int64(x[i] - x[s]) * (y[i + 1] - y[s]) - np.int64(x[i + 1] - x[s]) * (y[i] - y[s])
        if twice > 0:
            shell = np.int64(k)
        shell_of[k] = shell


@array_helper
def misplaced(
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    vertex_offsets: NDArray[np.int64],
    r0: int,
    r1: int,
    shell_of: NDArray[np.int64],
    x0: NDArray[np.int32],
    x1: NDArray[np.int32],
    to: NDArray[np.int64],
    order: NDArray[np.int64],
) -> bool:
    """Whether a ring of [r0, r1) lies in another one than its shell, or a hole outside of its shell.

    The rings touch nothing, so that one vertex of each speaks for all of it. `shell_of` [≥ rings]: for a hole the
    number of its shell, counted from `r0` (−1: it has none), for a shell its own. Edge k runs from the area's k-th
    vertex to its `to[k]`-th and covers `x0` … `x1` along x; `order` lists the edges by `x0`. Exact on integers.
    Source: crossing number along y.
    """
    count = r1 - r0
    v0 = vertex_offsets[r0]
    n = vertex_offsets[r1] - v0
    of_edge = np.empty(n, np.int64)
    px = np.empty(count, np.int32)
    by_x = np.empty(count, np.int64)
    for k in range(count):
        s, e = vertex_offsets[r0 + k], vertex_offsets[r0 + k + 1]
        px[k] = x[s]
        for i in range(s, e):
            of_edge[i - v0] = k
    sort_by(px, by_x, count)
    odd = np.zeros(count, np.uint8)
    met = np.empty(n, np.int64)  # rings whose parity was touched
    active = np.empty(n, np.int64)  # edges over the present x
    live = 0
    coming = 0
    for c in range(count):
        k = by_x[c]
        at_x, at_y = px[k], np.int64(y[vertex_offsets[r0 + k]])
        while coming < n and x0[order[coming]] <= at_x:
            active[live] = order[coming]
            live += 1
            coming += 1
        kept = 0
        touched = 0
        for a in range(live):
            i = active[a]
            if x1[i] < at_x:
                continue
            active[kept] = i
            kept += 1
            if of_edge[i] == k:
                continue
            ax, bx = np.int64(x[v0 + i]), np.int64(x[v0 + to[i]])
            if (ax > at_x) == (bx > at_x):
                continue
            ay, by = np.int64(y[v0 + i]), np.int64(y[v0 + to[i]])
            if ((bx - ax) * (at_y - ay) - (by - ay) * (at_x - ax) > 0) == (bx > ax):
                odd[of_edge[i]] ^= 1
                met[touched] = of_edge[i]
                touched += 1
        live = kept
        wrong = shell_of[k] < 0 or (shell_of[k] != k and odd[shell_of[k]] == 0)
        for t in range(touched):
            wrong |= odd[met[t]] == 1 and met[t] != shell_of[k]
        if wrong:
            return True
        for t in range(touched):
            odd[met[t]] = 0
    return False
