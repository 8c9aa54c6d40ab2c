"""Where parts are cut into arcs, and in which direction an arc is walked: what makes shared borders simplify alike.

An arc ends at the ends of a line string and at pinned vertices (nodes of a coverage, see `coverage.py`); a ring without
a pinned vertex is cut at two canonical vertices. Arcs are walked in a canonical direction, so that an arc that two
rings share gets the same importances in both, whichever way each ring walks it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper

KEEP: Final = np.inf  # the importance of what stays at every zoom


@helper
def before(wx: NDArray[np.int64], wy: NDArray[np.int64], i: int, j: int) -> bool:
    """The order of vertices that decides ties."""
    return bool(wx[i] < wx[j] or (wx[i] == wx[j] and wy[i] < wy[j]))


@helper
def at(base: int, first: int, step: int, size: int, k: int) -> int:
    """Index of the arc's k-th vertex; `size` > 0 wraps around a ring of that many vertices."""
    i = first + step * k
    if size > 0:
        i %= size
    return base + i


@helper
def is_turned(wx: NDArray[np.int64], wy: NDArray[np.int64], base: int, first: int, count: int, size: int) -> bool:
    """Whether the arc of `count` vertices from `first` on is walked from its end."""
    step = np.int64(1)
    head = at(base, first, step, size, np.int64(0))
    tail = at(base, first, step, size, count - 1)
    if wx[head] == wx[tail] and wy[head] == wy[tail] and count > 2:  # a loop: compare its second vertices
        head = at(base, first, step, size, step)
        tail = at(base, first, step, size, count - 2)
    return bool(before(wx, wy, tail, head))


@helper
def arc_ends(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    base: int,
    count: int,
    ring: bool,
    pinned: NDArray[np.uint8],
    ends: NDArray[np.int64],
) -> tuple[np.int64, bool]:
    """Fill `ends` [≥ count + 1] with the ends of the arcs of the part of `count` > 0 vertices at `base`.

    Arc a runs from vertex `ends[a]` to `ends[a + 1]`, both counted from `base`; those of a ring (closed by a repeated
    vertex) go on behind its end. Returns how many arcs there are, and whether the part is a ring without a node, which
    is cut at its smallest vertex and the one farthest from that.
    """
    n = np.int64(0)
    any_pinned = len(pinned) > 0
    if not ring:
        for k in range(count):
            if k == 0 or k == count - 1 or (any_pinned and pinned[base + k]):
                ends[n] = k
                n += 1
        return n - 1, False
    size = count - 1
    if any_pinned:
        for k in range(size):
            if pinned[base + k]:
                ends[n] = k
                n += 1
    if n > 0:
        ends[n] = ends[0] + size
        return n, False
    first = np.int64(0)
    for k in range(1, size):
        if before(wx, wy, base + k, base + first):
            first = np.int64(k)
    far = np.int64(0)
    best = -1.0
    for k in range(size):
        dx = float(wx[base + k] - wx[base + first])
        dy = float(wy[base + k] - wy[base + first])
        d = dx * dx + dy * dy
        if d > best or (d == best and before(wx, wy, base + k, base + far)):
            best = d
            far = np.int64(k)
    ends[0] = first
    ends[1] = first + (far - first) % size
    ends[2] = first + size
    return np.int64(2), True


@helper
def keep_third(wx: NDArray[np.int64], wy: NDArray[np.int64], base: int, size: int, out: NDArray[np.float64]) -> None:
    """Of a ring that keeps two vertices, keep the most important of the others too: a triangle."""
    third = np.int64(-1)
    for k in range(base, base + size):
        if out[k] != KEEP and (third < 0 or out[k] > out[third] or (out[k] == out[third] and before(wx, wy, k, third))):
            third = np.int64(k)
    if third >= 0:
        out[third] = KEEP
