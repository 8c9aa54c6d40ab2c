"""Douglas–Peucker importance: one pass over all parts, then every zoom is a filter.

A vertex's importance is the distance (world units) at which Douglas–Peucker would first keep it, never larger than
that of the vertex whose split led to it. Keeping the vertices with importance ≥ tolerance is then the Douglas–Peucker
result for that tolerance, and the result of a coarse zoom is nested in that of every finer one.

Parts are simplified arc by arc. An arc ends at the ends of a line string and at pinned vertices (nodes of a coverage,
see `coverage.py`); a ring without a pinned vertex is cut at two canonical vertices. Arcs are walked in a canonical
direction, so an arc that two rings share gets the same importances in both, whichever way each ring walks it.

Source: Douglas & Peucker 1973; the per-vertex form as in geojson-vt.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel

KEEP = np.inf


@helper
def _before(wx: NDArray[np.int64], wy: NDArray[np.int64], i: int, j: int) -> bool:
    return bool(wx[i] < wx[j] or (wx[i] == wx[j] and wy[i] < wy[j]))


@helper
def _at(base: int, first: int, step: int, size: int, k: int) -> int:
    """Index of the arc's k-th vertex; `size` > 0 wraps around a ring of that many vertices."""
    i = first + step * k
    if size > 0:
        i %= size
    return base + i


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
    head = _at(base, first, step, size, np.int64(0))
    tail = _at(base, first, step, size, count - 1)
    turned = _before(wx, wy, tail, head)
    if wx[head] == wx[tail] and wy[head] == wy[tail] and count > 2:  # a loop: compare its second vertices
        turned = _before(wx, wy, _at(base, first, step, size, count - 2), _at(base, first, step, size, step))
    if turned:
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
        a = _at(base, start, step, size, lo)
        b = _at(base, start, step, size, hi)
        ax, ay, bx, by = float(wx[a]), float(wy[a]), float(wx[b]), float(wy[b])
        best = -1.0
        best_k = lo + 1
        for k in range(lo + 1, hi):
            i = _at(base, start, step, size, k)
            d = _segment_distance2(float(wx[i]), float(wy[i]), ax, ay, bx, by)
            if d > best:
                best = d
                best_k = k
        value = min(best, limit)
        if value < floor2:  # nothing below here is ever asked for
            for k in range(lo + 1, hi):
                out[_at(base, start, step, size, k)] = 0.0
            continue
        out[_at(base, start, step, size, best_k)] = value
        top += 1
        stack_lo[top] = lo
        stack_hi[top] = best_k
        stack_limit[top] = value
        top += 1
        stack_lo[top] = best_k
        stack_hi[top] = hi
        stack_limit[top] = value


@helper
def _ring_without_nodes(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    base: int,
    size: int,
    floor2: float,
    out: NDArray[np.float64],
    stack_lo: NDArray[np.int64],
    stack_hi: NDArray[np.int64],
    stack_limit: NDArray[np.float64],
) -> None:
    """Cut at the smallest vertex and the one farthest from it; the third most important stays too: a triangle."""
    first = np.int64(0)
    for k in range(1, size):
        if _before(wx, wy, base + k, base + first):
            first = np.int64(k)
    far = np.int64(0)
    best = -1.0
    for k in range(size):
        dx = float(wx[base + k] - wx[base + first])
        dy = float(wy[base + k] - wy[base + first])
        d = dx * dx + dy * dy
        if d > best or (d == best and _before(wx, wy, base + k, base + far)):
            best = d
            far = np.int64(k)
    span = (far - first) % size
    out[base + first] = KEEP
    out[base + far] = KEEP
    _arc(wx, wy, base, first, span + 1, size, floor2, out, stack_lo, stack_hi, stack_limit)
    _arc(wx, wy, base, far, size - span + 1, size, floor2, out, stack_lo, stack_hi, stack_limit)
    third = -1
    for k in range(size):
        if k in (first, far):
            continue
        if (
            third < 0
            or out[base + k] > out[base + third]
            or (out[base + k] == out[base + third] and _before(wx, wy, base + k, base + third))
        ):
            third = k
    if third >= 0:
        out[base + third] = KEEP


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
    any_pinned = len(pinned) > 0
    for part in range(part_from, part_to):
        base = vertex_offsets[part]
        count = vertex_offsets[part + 1] - base
        if count == 0:
            continue
        if roles[part] == 0:
            out[base] = KEEP
            out[base + count - 1] = KEEP
            last = np.int64(0)  # int64 throughout: numba compiles a helper anew for every literal
            whole = np.int64(0)
            for k in range(1, count):
                if k == count - 1 or (any_pinned and pinned[base + k]):
                    out[base + k] = KEEP
                    _arc(wx, wy, base, last, k - last + 1, whole, floor2, out, stack_lo, stack_hi, stack_limit)
                    last = np.int64(k)
            continue
        size = count - 1  # the closing vertex repeats the first
        if size < 3:
            for k in range(count):
                out[base + k] = KEEP
            continue
        node = np.int64(-1)
        if any_pinned:
            for k in range(size):
                if pinned[base + k]:
                    node = np.int64(k)
                    break
        if node < 0:
            _ring_without_nodes(wx, wy, base, size, floor2, out, stack_lo, stack_hi, stack_limit)
        else:
            last = node
            out[base + node] = KEEP
            for k in range(node + 1, node + size + 1):
                i = base + k % size
                if pinned[i]:
                    out[i] = KEEP
                    _arc(wx, wy, base, last, k - last + 1, size, floor2, out, stack_lo, stack_hi, stack_limit)
                    last = np.int64(k)
        out[base + size] = out[base]
