"""Douglas–Peucker importance: one pass over all parts, then every zoom is a filter.

A vertex's importance is the distance (world units) at which Douglas–Peucker would first keep it, never larger than
that of the vertex whose split led to it. Keeping the vertices with importance ≥ tolerance is then the Douglas–Peucker
result for that tolerance, and the result of a coarse zoom is nested in that of every finer one.

Parts are simplified arc by arc, see `arc_ends.py`.

Source: Douglas & Peucker 1973; the per-vertex form as in geojson-vt.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.arc_ends import KEEP, arc_ends, at, is_turned, keep_third


@helper
def _segment_distance2(px: float, py: float, ax: float, ay: float, bx: float, by: float) -> float:
    dx = bx - ax
    dy = by - ay
    length2 = dx * dx + dy * dy
    if length2 > 0.0:
        t = ((px - ax) * dx + (py - ay) * dy) / length2
        if t >= 1.0:
            ax, ay = bx, by
        elif t > 0.0:
            ax += t * dx
            ay += t * dy
    ex = px - ax
    ey = py - ay
    return ex * ex + ey * ey


@helper
def _arc(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    base: int,
    first: int,
    count: int,
    size: int,
    floor2: float,
    out: NDArray[np.float64],
    stack_lo: NDArray[np.int64],
    stack_hi: NDArray[np.int64],
    stack_limit: NDArray[np.float64],
) -> None:
    """Squared importances of an arc's inner vertices; the ends are the caller's."""
    step = np.int64(1)
    start = first
    if is_turned(wx, wy, base, first, count, size):
        step = np.int64(-1)
        start = first + count - 1
    top = 0
    stack_lo[0] = 0
    stack_hi[0] = count - 1
    stack_limit[0] = KEEP
    while top >= 0:
        lo = stack_lo[top]
        hi = stack_hi[top]
        limit = stack_limit[top]
        top -= 1
        if hi - lo < 2:
            continue
        a = at(base, start, step, size, lo)
        b = at(base, start, step, size, hi)
        ax, ay, bx, by = float(wx[a]), float(wy[a]), float(wx[b]), float(wy[b])
        best = -1.0
        best_k = lo + 1
        for k in range(lo + 1, hi):
            i = at(base, start, step, size, k)
            d = _segment_distance2(float(wx[i]), float(wy[i]), ax, ay, bx, by)
            if d > best:
                best = d
                best_k = k
        value = min(best, limit)
        if value < floor2:  # nothing below here is ever asked for
            for k in range(lo + 1, hi):
                out[at(base, start, step, size, k)] = 0.0
            continue
        out[at(base, start, step, size, best_k)] = value
        top += 1
        stack_lo[top] = lo
        stack_hi[top] = best_k
        stack_limit[top] = value
        top += 1
        stack_lo[top] = best_k
        stack_hi[top] = hi
        stack_limit[top] = value


@kernel
def importances(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    vertex_offsets: NDArray[np.int64],
    roles: NDArray[np.uint8],
    pinned: NDArray[np.uint8],
    floor2: float,
    part_from: int,
    part_to: int,
    out: NDArray[np.float64],
) -> None:
    """Squared importances (world units²) of the vertices of parts [part_from, part_to).

    `wx`, `wy` [vertices]; `vertex_offsets` [parts + 1]; `roles` [parts] (0 open, else a ring, closed by a repeated
    vertex); `pinned` [vertices] or empty when nothing is; `out` [vertices]. Importances below `floor2` become 0.
    """
    longest = 1
    for part in range(part_from, part_to):
        longest = max(longest, vertex_offsets[part + 1] - vertex_offsets[part])
    stack_lo = np.empty(longest + 2, np.int64)
    stack_hi = np.empty(longest + 2, np.int64)
    stack_limit = np.empty(longest + 2, np.float64)
    ends = np.empty(longest + 1, np.int64)
    for part in range(part_from, part_to):
        base = vertex_offsets[part]
        count = vertex_offsets[part + 1] - base
        ring = roles[part] != 0
        if count == 0 or (ring and count < 4):
            for i in range(base, base + count):
                out[i] = KEEP
            continue
        size = count - 1 if ring else np.int64(0)  # int64 throughout: numba compiles a helper anew for every literal
        arcs, bare = arc_ends(wx, wy, base, count, ring, pinned, ends)
        for a in range(arcs + 1):
            out[at(base, ends[a], np.int64(0), size, np.int64(0))] = KEEP
        for a in range(arcs):
            n = ends[a + 1] - ends[a] + 1
            _arc(wx, wy, base, ends[a], n, size, floor2, out, stack_lo, stack_hi, stack_limit)
        if bare:
            keep_third(wx, wy, base, size, out)
        if ring:
            out[base + size] = out[base]
