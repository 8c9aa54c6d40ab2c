"""Is a piece surely valid? The cheap half of the validity check.

Looks for any contact between edges that are not neighbours, and for rings on the wrong side of one another. What
touches nothing is valid by OGC's rules; what touches something may still be (a hole that meets its shell in one
point), so that GEOS is asked about those few.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.grow import grown, sort_by
from pipeline.kernels.pieces import SUSPECT, Pieces

BRUTE_FORCE = 24  # edges up to which all pairs are compared: most buildings have fewer, and need no sorting


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


@kernel
def mark_suspects(pieces: Pieces) -> int:
    """Set `pieces.flag` to SUSPECT where an area may be invalid; returns how many are.

    Exact on integers. Source of the rules: OGC 06-103r4 §6.1.11.
    """
    suspects = 0
    ex0 = np.empty(256, np.int64)
    ex1 = np.empty(256, np.int64)
    ey0 = np.empty(256, np.int64)
    ey1 = np.empty(256, np.int64)
    e_from = np.empty(256, np.int64)
    e_to = np.empty(256, np.int64)
    order = np.empty(256, np.int64)
    box = np.empty(64, np.int64)
    exterior = np.empty(16, np.uint8)
    shell_of = np.empty(16, np.int64)
    x, y, flag = pieces.x, pieces.y, pieces.flag
    ring_offsets, vertex_offsets = pieces.ring_offsets, pieces.vertex_offsets
    for piece in range(len(flag)):
        if flag[piece] == SUSPECT:
            suspects += 1
            continue
        r0, r1 = ring_offsets[piece], ring_offsets[piece + 1]
        v0, v1 = vertex_offsets[r0], vertex_offsets[r1]
        n = v1 - v0
        if r1 - r0 == 1 and n <= 3:
            continue
        if n > len(ex0):
            ex0 = grown(ex0, n)
            ex1 = grown(ex1, n)
            ey0 = grown(ey0, n)
            ey1 = grown(ey1, n)
            e_from = grown(e_from, n)
            e_to = grown(e_to, n)
            order = grown(order, n)
        k = 0
        for r in range(r0, r1):
            s, e = vertex_offsets[r], vertex_offsets[r + 1]
            for i in range(s, e):
                j = i + 1 if i + 1 < e else s
                e_from[k] = i
                e_to[k] = j
                ex0[k] = min(x[i], x[j])
                ex1[k] = max(x[i], x[j])
                ey0[k] = min(y[i], y[j])
                ey1[k] = max(y[i], y[j])
                k += 1
        found = False
        brute = n <= BRUTE_FORCE
        if not brute:
            sort_by(ex0, order, n)
        for a in range(n):
            i = a if brute else order[a]
            for b in range(a + 1, n):
                j = b if brute else order[b]
                if ex0[j] > ex1[i]:
                    if brute:
                        continue
                    break
                if ex1[j] < ex0[i] or ey0[j] > ey1[i] or ey1[j] < ey0[i]:
                    continue
                if e_to[i] == e_from[j] or e_to[j] == e_from[i]:
                    continue
                p, q, r, s = e_from[i], e_to[i], e_from[j], e_to[j]
                if _touch(
                    np.int64(x[p]), np.int64(y[p]), np.int64(x[q]), np.int64(y[q]),
                    np.int64(x[r]), np.int64(y[r]), np.int64(x[s]), np.int64(y[s]),
                ):  # fmt: skip
                    found = True
                    break
            if found:
                break
        if not found and r1 - r0 > 1:
            count = r1 - r0
            if count > len(exterior):
                box = grown(box, 4 * count)
                exterior = grown(exterior, count)
                shell_of = grown(shell_of, count)
            shell = np.int64(-1)
            for k in range(count):
                s, e = vertex_offsets[r0 + k], vertex_offsets[r0 + k + 1]
                box[4 * k] = box[4 * k + 2] = x[s]
                box[4 * k + 1] = box[4 * k + 3] = y[s]
                for i in range(s + 1, e):
                    box[4 * k] = min(box[4 * k], x[i])
                    box[4 * k + 1] = min(box[4 * k + 1], y[i])
                    box[4 * k + 2] = max(box[4 * k + 2], x[i])
                    box[4 * k + 3] = max(box[4 * k + 3], y[i])
                twice = np.int64(0)
                for i in range(s + 1, e - 1):
                    twice += np.int64(x[i] - x[s]) * (y[i + 1] - y[s]) - np.int64(x[i + 1] - x[s]) * (y[i] - y[s])
                exterior[k] = 1 if twice > 0 else 0
                if exterior[k]:
                    shell = np.int64(k)
                shell_of[k] = shell
            for k in range(count):
                s = vertex_offsets[r0 + k]
                for m in range(count):
                    if m == k:
                        continue
                    # Nothing touches, so one vertex tells on which side of ring m the whole of ring k lies.
                    within = (
                        box[4 * k] >= box[4 * m]
                        and box[4 * k + 1] >= box[4 * m + 1]
                        and box[4 * k + 2] <= box[4 * m + 2]
                        and box[4 * k + 3] <= box[4 * m + 3]
                        and _inside(
                            x,
                            y,
                            vertex_offsets[r0 + m],
                            vertex_offsets[r0 + m + 1],
                            np.int64(x[s]),
                            np.int64(y[s]),
                        )
                    )
                    own_shell = exterior[k] == 0 and shell_of[k] == m
                    if within != own_shell:
                        found = True  # an island within a hole is sound too; GEOS says so
                        break
                if found:
                    break
        if found:
            flag[piece] = SUSPECT
            suspects += 1
    return suspects
