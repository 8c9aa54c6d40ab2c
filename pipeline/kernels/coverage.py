"""Nodes of a coverage: the vertices where borders meet or part.

Rings and lines that share a border run through the same vertices there. A vertex through which every ring and line
runs between the same two neighbours lies inside one arc; where the neighbours differ, or a line ends, arcs meet: a
node. One pass over all vertices with a hash table from position to first occurrence finds them, without geometry.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel


@helper
def _slot_hash(x: int, y: int) -> np.uint64:
    h = np.uint64(x) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(y) * np.uint64(0xC2B2AE3D27D4EB4F)
    h ^= h >> np.uint64(32)
    h *= np.uint64(0xD6E8FEB86659FD93)
    h ^= h >> np.uint64(32)
    return h


@helper
def _neighbours(vertex_offsets: NDArray[np.int64], roles: NDArray[np.uint8], part: int, i: int) -> tuple[int, int]:
    """Indices before and after vertex `i` of `part`; -1 where a line ends."""
    start = vertex_offsets[part]
    last = vertex_offsets[part + 1] - 1
    before = i - 1
    after = i + 1
    if roles[part] == 0:
        if i == start:
            before = -1
        if i == last:
            after = -1
    else:  # closed: the last vertex repeats the first
        if i == start:
            before = last - 1
        if i == last:
            after = start + 1
    return before, after


@kernel
def nodes(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    vertex_offsets: NDArray[np.int64],
    roles: NDArray[np.uint8],
    table: NDArray[np.int64],
    pinned: NDArray[np.uint8],
) -> int:
    """Mark the nodes of a coverage; returns how many vertices lie on one.

    `wx`, `wy` [vertices] of all layers of the coverage; `vertex_offsets` [parts + 1]; `roles` [parts];
    `table` scratch, a power of two ≥ twice the vertices, filled with -1; output `pinned` [vertices].
    """
    mask = np.uint64(len(table) - 1)
    n = len(wx)
    first_of = np.empty(n, np.int64)  # first occurrence of each vertex's position
    low = np.empty(n, np.int64)  # of a first occurrence: its neighbours' first occurrences, the smaller first
    high = np.empty(n, np.int64)
    differs = np.zeros(n, np.uint8)
    for i in range(n):
        slot = _slot_hash(wx[i], wy[i]) & mask
        while table[slot] >= 0 and (wx[table[slot]] != wx[i] or wy[table[slot]] != wy[i]):
            slot = (slot + np.uint64(1)) & mask
        if table[slot] < 0:
            table[slot] = i
        first_of[i] = table[slot]
        low[i] = -2
    for part in range(len(vertex_offsets) - 1):
        for i in range(vertex_offsets[part], vertex_offsets[part + 1]):
            before, after = _neighbours(vertex_offsets, roles, part, i)
            a = first_of[before] if before >= 0 else np.int64(-1)
            b = first_of[after] if after >= 0 else np.int64(-1)
            if a > b:
                a, b = b, a
            f = first_of[i]
            if low[f] == -2:
                low[f] = a
                high[f] = b
                if a < 0:
                    differs[f] = 1
            elif low[f] != a or high[f] != b:
                differs[f] = 1
    count = 0
    for i in range(n):
        pinned[i] = differs[first_of[i]]
        count += pinned[i]
    return count
