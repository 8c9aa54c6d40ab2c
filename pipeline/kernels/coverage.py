"""Nodes of a coverage: the vertices where borders meet or part.

Rings and lines that share a border run through the same vertices there. A vertex through which every ring and line
runs between the same two neighbours lies inside one arc; where the neighbours differ, or a line ends, arcs meet: a
node. One hash table from position to the two neighbours finds them, without geometry.

Vertices are divided by their hash into parts that know nothing of each other: for threads, and for coverages whose
table would not fit into memory. A position is known by a hash of 64 bits; should two ever share one (a chance of 10⁻⁴
among a hundred million), a vertex more is kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel

# A row of the table.
_KEY = 0  # hash of the position; 0: the row is free
_LOW = 1  # hashes of the neighbours, the smaller first
_HIGH = 2
_NODE = 3  # 1 once neighbours differ
ROW = 4


@helper
def _position(x: int, y: int) -> np.uint64:
    """Never 0."""
    h = np.uint64(x) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(y) * np.uint64(0xC2B2AE3D27D4EB4F)
    h ^= h >> np.uint64(32)
    h *= np.uint64(0xD6E8FEB86659FD93)
    h ^= h >> np.uint64(32)
    return h if h != np.uint64(0) else np.uint64(1)


@helper
def _row_of(table: NDArray[np.uint64], key: int) -> np.int64:
    """The row of a position, or the free one where it belongs; the table never fills up."""
    mask = np.uint64(len(table) - 1)
    row = key & mask
    while table[row, _KEY] != np.uint64(0) and table[row, _KEY] != key:
        row = (row + np.uint64(1)) & mask
    return np.int64(row)


@kernel
def collect_neighbours(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    vertex_offsets: NDArray[np.int64],
    roles: NDArray[np.uint8],
    part: int,
    parts: int,
    table: NDArray[np.uint64],
) -> None:
    """Enter the vertices whose hash falls to `part` of `parts` into `table`, marking the nodes.

    `wx`, `wy` [vertices]; `vertex_offsets` [rings and lines + 1]; `roles` [rings and lines] 0 open, else closed by a
    repeated vertex; `table` [a power of two above the number of entered vertices, ROW], zeros before the first call.
    """
    longest = 1
    for r in range(len(roles)):
        longest = max(longest, vertex_offsets[r + 1] - vertex_offsets[r])
    hashes = np.empty(longest, np.uint64)
    for r in range(len(roles)):
        s = vertex_offsets[r]
        closed = roles[r] != 0
        n = vertex_offsets[r + 1] - s - (1 if closed else 0)
        for i in range(n):
            hashes[i] = _position(wx[s + i], wy[s + i])
        for i in range(n):
            key = hashes[i]
            if (key >> np.uint64(40)) % np.uint64(parts) != np.uint64(part):
                continue
            end = not closed and (i == 0 or i == n - 1)
            low = hashes[i - 1] if i > 0 else hashes[n - 1]
            high = hashes[i + 1] if i + 1 < n else hashes[0]
            if low > high:
                low, high = high, low
            row = _row_of(table, key)
            if table[row, _KEY] == np.uint64(0):
                table[row, _KEY] = key
                table[row, _LOW] = low
                table[row, _HIGH] = high
            elif table[row, _LOW] != low or table[row, _HIGH] != high:
                table[row, _NODE] = np.uint64(1)
            if end:
                table[row, _NODE] = np.uint64(1)


@kernel
def mark_nodes(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    part: int,
    parts: int,
    table: NDArray[np.uint64],
    pinned: NDArray[np.uint8],
) -> int:
    """Set `pinned` [vertices] to 1 at the nodes among the vertices of `part`; returns how many there are."""
    count = 0
    for i in range(len(wx)):
        key = _position(wx[i], wy[i])
        if (key >> np.uint64(40)) % np.uint64(parts) != np.uint64(part):
            continue
        if table[_row_of(table, key), _NODE] != np.uint64(0):
            pinned[i] = 1
            count += 1
    return count
