"""Effective-area importance: one pass over all parts, then every zoom is a filter.

Again and again the vertex goes that spans the smallest triangle with its neighbours, until an arc has no inner vertex
left. A vertex's importance is the area of that triangle (world units²), never smaller than that of a vertex which went
before it. Keeping the vertices with importance ≥ an area is then the result for that area, and the result of a coarse
zoom is nested in that of every finer one.

Parts are simplified arc by arc, see `arc_ends.py`. Source: Visvalingam & Whyatt 1993.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.arc_ends import KEEP, arc_ends, at, is_turned, keep_third


@helper
def _triangle(wx: NDArray[np.int64], wy: NDArray[np.int64], a: int, b: int, c: int) -> float:
    """Area; exactly the same for c, b, a."""
    ux, uy = float(wx[a] - wx[b]), float(wy[a] - wy[b])
    vx, vy = float(wx[c] - wx[b]), float(wy[c] - wy[b])
    return abs(ux * vy - uy * vx) / 2.0


@helper
def _goes_first(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    index: NDArray[np.int64],
    area: NDArray[np.float64],
    k: int,
    m: int,
) -> bool:
    """Whether the arc's k-th vertex goes before its m-th: the smaller area, then the smaller coordinates."""
    if area[k] != area[m]:
        return bool(area[k] < area[m])
    i, j = index[k], index[m]
    if wx[i] != wx[j]:
        return bool(wx[i] < wx[j])
    if wy[i] != wy[j]:
        return bool(wy[i] < wy[j])
    return k < m


@helper
def _settle(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    index: NDArray[np.int64],
    area: NDArray[np.float64],
    heap: NDArray[np.int64],
    place: NDArray[np.int64],
    n: int,
    k: int,
    slot: int,
) -> None:
    """Put vertex `k`, whose area is new, into the heap of `n`, where `slot` is free."""
    while slot > 0:
        up = (slot - 1) // 2
        if not _goes_first(wx, wy, index, area, k, heap[up]):
            break
        heap[slot] = heap[up]
        place[heap[slot]] = slot
        slot = up
    while 2 * slot + 1 < n:
        down = 2 * slot + 1
        if down + 1 < n and _goes_first(wx, wy, index, area, heap[down + 1], heap[down]):
            down += 1
        if not _goes_first(wx, wy, index, area, heap[down], k):
            break
        heap[slot] = heap[down]
        place[heap[slot]] = slot
        slot = down
    heap[slot] = k
    place[k] = slot


@kernel
def effective_areas(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    vertex_offsets: NDArray[np.int64],
    roles: NDArray[np.uint8],
    pinned: NDArray[np.uint8],
    floor: float,
    part_from: int,
    part_to: int,
    out: NDArray[np.float64],
) -> None:
    """Effective areas (world units²) of the vertices of parts [part_from, part_to); infinite for those that stay.

    `wx`, `wy` [vertices]; `vertex_offsets` [parts + 1]; `roles` [parts] (0 open, else a ring, closed by a repeated
    vertex); `pinned` [vertices] or empty when nothing is; `out` [vertices]. Areas below `floor` become 0.
    """
    longest = 1
    for part in range(part_from, part_to):
        longest = max(longest, vertex_offsets[part + 1] - vertex_offsets[part])
    ends = np.empty(longest + 1, np.int64)
    index = np.empty(longest, np.int64)  # of the arc's vertices, in its canonical direction
    previous = np.empty(longest, np.int64)  # neighbours that are still there
    following = np.empty(longest, np.int64)
    area = np.empty(longest, np.float64)
    heap = np.empty(longest, np.int64)  # inner vertices of the arc, the next to go on top
    place = np.empty(longest, np.int64)  # in the heap
    for part in range(part_from, part_to):
        base = vertex_offsets[part]
        count = vertex_offsets[part + 1] - base
        ring = roles[part] != 0
        if count == 0 or (ring and count < 4):
            for i in range(base, base + count):
                out[i] = KEEP
            continue
        size = count - 1 if ring else np.int64(0)
        arcs, bare = arc_ends(wx, wy, base, count, ring, pinned, ends)
        for a in range(arcs + 1):
            out[at(base, ends[a], np.int64(0), size, np.int64(0))] = KEEP
        for a in range(arcs):
            last = ends[a + 1] - ends[a]
            turned = is_turned(wx, wy, base, ends[a], last + 1, size)
            for k in range(last + 1):
                index[k] = at(base, ends[a], np.int64(1), size, last - k if turned else k)
                previous[k], following[k] = k - 1, k + 1
            for k in range(1, last):
                area[k] = _triangle(wx, wy, index[k - 1], index[k], index[k + 1])
                _settle(wx, wy, index, area, heap, place, k, k, k - 1)
            reached = 0.0
            for left in range(last - 2, -1, -1):
                k = heap[0]
                if left > 0:
                    _settle(wx, wy, index, area, heap, place, left, heap[left], np.int64(0))
                reached = max(reached, area[k])
                out[index[k]] = reached
                b, c = previous[k], following[k]
                following[b], previous[c] = c, b
                if b > 0:
                    area[b] = _triangle(wx, wy, index[previous[b]], index[b], index[c])
                    _settle(wx, wy, index, area, heap, place, left, b, place[b])
                if c < last:
                    area[c] = _triangle(wx, wy, index[b], index[c], index[following[c]])
                    _settle(wx, wy, index, area, heap, place, left, c, place[c])
        if bare:
            keep_third(wx, wy, base, size, out)
        if ring:
            out[base + size] = out[base]
        for i in range(base, base + count):
            if out[i] < floor:
                out[i] = 0.0
