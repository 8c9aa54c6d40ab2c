"""Is a piece surely valid? The cheap half of the validity check.

Looks for any contact between edges that are not neighbours, and for rings on the wrong side of one another. What
touches nothing is valid by OGC's rules; what touches something may still be (a hole that meets its shell in one
point), so that GEOS is asked about those few.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.grow import grown, sort_by
from pipeline.kernels.pieces import SUSPECT, Pieces
from pipeline.kernels.sides import few_misplaced, find_shells, misplaced

FEW: Final = 1024  # edges up to which each is compared with all others: sorting them costs more
_LANES: Final = 32  # edges that one is compared with at a time; twice as fast as 8 for rings of 24 edges
_NOWHERE: Final = 1 << 30  # beyond every coordinate; differences still fit into 32 bits


@helper
def _orient(ax: int, ay: int, bx: int, by: int, cx: int, cy: int) -> int:
    v = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    return 1 if v > 0 else (-1 if v < 0 else 0)


@helper
def _touch(ax: int, ay: int, bx: int, by: int, cx: int, cy: int, dx: int, dy: int) -> bool:
    """Whether segments a–b and c–d share a point (their boxes overlap already)."""
    o1 = _orient(ax, ay, bx, by, cx, cy)
    o2 = _orient(ax, ay, bx, by, dx, dy)
    if o1 == o2 and o1 != 0:
        return False
    o3 = _orient(cx, cy, dx, dy, ax, ay)
    o4 = _orient(cx, cy, dx, dy, bx, by)
    return not (o3 == o4 and o3 != 0)


@helper
def _edges_touch(x: NDArray[np.int32], y: NDArray[np.int32], v0: int, to: NDArray[np.int64], a: int, b: int) -> bool:
    """Whether edges `a` and `b` share a point; edge k runs from vertex `v0` + k to `v0` + `to[k]`."""
    p, q, r, s = v0 + a, v0 + to[a], v0 + b, v0 + to[b]
    return bool(
        _touch(
            np.int64(x[p]), np.int64(y[p]), np.int64(x[q]), np.int64(y[q]),
            np.int64(x[r]), np.int64(y[r]), np.int64(x[s]), np.int64(y[s]),
        )
    )  # fmt: skip


@helper
def _convex(x: NDArray[np.int32], y: NDArray[np.int32], v0: int, n: int) -> bool:
    """Whether the shell of `n` vertices from `v0` turns left at each and goes round once: then it is simple.

    It goes round once when its edges change their direction along x twice. Most buildings are decided here.
    """
    changes = 0
    ux, uy = np.int64(x[v0] - x[v0 + n - 1]), np.int64(y[v0] - y[v0 + n - 1])
    east = ux > 0 or (ux == 0 and uy > 0)
    for k in range(n):
        j = k + 1 if k + 1 < n else 0
        wx, wy = np.int64(x[v0 + j] - x[v0 + k]), np.int64(y[v0 + j] - y[v0 + k])
        if ux * wy - uy * wx <= 0:
            return False
        changes += (wx > 0 or (wx == 0 and wy > 0)) != east
        ux, uy, east = wx, wy, wx > 0 or (wx == 0 and wy > 0)
    return changes == 2


@helper
def _few_touch(
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    v0: int,
    n: int,
    one_ring: bool,
    to: NDArray[np.int64],
    x0: NDArray[np.int32],
    x1: NDArray[np.int32],
    y0: NDArray[np.int32],
    y1: NDArray[np.int32],
) -> bool:
    """Whether any two of `n` edges touch that are no neighbours: boxes first, `_LANES` of them at a time.

    Boxes overlap when four differences are not negative: their signs, or-ed, are what vector units are good at. Numba
    asks signed indices whether they count from the end, unsigned ones not.
    """
    for k in range(n, n + _LANES):
        x0[k] = y0[k] = _NOWHERE
        x1[k] = y1[k] = -_NOWHERE
    for a in range(n - 1):
        ax0, ax1, ay0, ay1 = x0[a], x1[a], y0[a], y1[a]
        b = np.uint64(a + 2 if to[a] == a + 1 else a + 1)
        stop = np.uint64(n - 1 if a == 0 and one_ring else n)
        while b < stop:
            apart = np.int32(-1)
            for lane in range(_LANES):
                c = b + np.uint64(lane)
                apart &= np.int32(
                    np.int32(ax1 - x0[c]) | np.int32(x1[c] - ax0) | np.int32(ay1 - y0[c]) | np.int32(y1[c] - ay0)
                )
            if apart >= 0:
                for i in range(np.int64(b), min(np.int64(stop), np.int64(b) + _LANES)):
                    near = x0[i] <= ax1 and x1[i] >= ax0 and y0[i] <= ay1 and y1[i] >= ay0
                    if near and to[i] != a and to[a] != i and _edges_touch(x, y, v0, to, np.int64(a), i):
                        return True
            b += np.uint64(_LANES)
    return False


@helper
def _many_touch(
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    v0: int,
    n: int,
    to: NDArray[np.int64],
    x0: NDArray[np.int32],
    x1: NDArray[np.int32],
    y0: NDArray[np.int32],
    y1: NDArray[np.int32],
    order: NDArray[np.int64],
) -> bool:
    """The same of many edges, which `order` lists by `x0`: only those that overlap along x meet."""
    for a in range(n):
        i = order[a]
        for b in range(a + 1, n):
            j = order[b]
            if x0[j] > x1[i]:
                break
            if y0[j] > y1[i] or y1[j] < y0[i] or to[i] == j or to[j] == i:
                continue
            if _edges_touch(x, y, v0, to, i, j):
                return True
    return False


@helper
def _mark(
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    vertex_offsets: NDArray[np.int64],
    ring_offsets: NDArray[np.int64],
    to: NDArray[np.int64],
    x0: NDArray[np.int32],
    x1: NDArray[np.int32],
    y0: NDArray[np.int32],
    y1: NDArray[np.int32],
    order: NDArray[np.int64],
    shell_of: NDArray[np.int64],
    box: NDArray[np.int32],
    flag: NDArray[np.uint8],
    first: int,
) -> tuple[int, bool]:
    """Mark pieces from `first` on; returns the piece that was not decided, and whether there was room for it.

    Room is for its edges, in `to` … `order`, and its rings, in `shell_of`, `box`. What has many edges and several rings
    is not decided here even so: it needs arrays of its own.
    """
    piece = first
    while piece < len(flag):
        r0, r1 = ring_offsets[piece], ring_offsets[piece + 1]
        v0, n = vertex_offsets[r0], vertex_offsets[r1] - vertex_offsets[r0]
        if flag[piece] == SUSPECT or (r1 - r0 == 1 and (n <= 3 or _convex(x, y, v0, n))):
            piece += 1
            continue
        if n > len(order) or r1 - r0 > len(shell_of):
            return piece, False
        for ring in range(r0, r1):
            s, e = vertex_offsets[ring] - v0, vertex_offsets[ring + 1] - v0
            for k in range(s, e):
                i = np.uint64(k)
                p = np.uint64(v0 + k)
                j = np.uint64(k + 1 if k + 1 < e else s)
                q = np.uint64(v0) + j
                to[i] = j
                x0[i], x1[i] = min(x[p], x[q]), max(x[p], x[q])
                y0[i], y1[i] = min(y[p], y[q]), max(y[p], y[q])
        if n <= FEW:
            found = _few_touch(x, y, v0, n, r1 - r0 == 1, to, x0, x1, y0, y1)
        else:
            sort_by(x0, order, n)
            found = _many_touch(x, y, v0, n, to, x0, x1, y0, y1, order)
        if not found and r1 - r0 > 1:
            find_shells(x, y, vertex_offsets, r0, r1 - r0, shell_of)
            if n > FEW:
                return piece, True
            found = few_misplaced(x, y, vertex_offsets, r0, r1 - r0, shell_of, box)
        if found:
            flag[piece] = SUSPECT
        piece += 1
    return piece, True


@kernel
def mark_suspects(pieces: Pieces) -> int:
    """Set `pieces.flag` to SUSPECT where an area may be invalid; returns how many are.

    Exact on integers below 2^29. Source of the rules: OGC 06-103r4 §6.1.11.
    """
    room = FEW + _LANES
    x0, x1 = np.empty(room, np.int32), np.empty(room, np.int32)  # the boxes of the edges
    y0, y1 = np.empty(room, np.int32), np.empty(room, np.int32)
    to = np.empty(room, np.int64)  # the vertex to which each edge leads; all are counted from the piece's first
    order = np.empty(room, np.int64)
    shell_of = np.empty(FEW, np.int64)
    box = np.empty((FEW, 4), np.int32)
    x, y, flag = pieces.x, pieces.y, pieces.flag
    ring_offsets, vertex_offsets = pieces.ring_offsets, pieces.vertex_offsets
    # Arrays grow here, not in the loop over pieces: see `cut_shapes`.
    piece, enough = np.int64(0), True
    while True:
        piece, enough = _mark(x, y, vertex_offsets, ring_offsets, to, x0, x1, y0, y1, order, shell_of, box, flag, piece)
        if piece == len(flag):
            break
        r0, r1 = ring_offsets[piece], ring_offsets[piece + 1]
        n = vertex_offsets[r1] - vertex_offsets[r0]
        if enough:
            if misplaced(x, y, vertex_offsets, r0, r1, shell_of, x0, x1, to, order):
                flag[piece] = SUSPECT
            piece += 1
            continue
        if n > len(order):
            x0, x1, y0, y1 = grown(x0, n), grown(x1, n), grown(y0, n), grown(y1, n)
            to, order = grown(to, n), grown(order, n)
        if r1 - r0 > len(shell_of):
            shell_of = grown(shell_of, r1 - r0)
            box = np.empty((len(shell_of), 4), np.int32)
    suspects = 0
    for each in flag:
        suspects += each == SUSPECT
    return suspects
