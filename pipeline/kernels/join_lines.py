"""Lines that meet end to end become one.

The lines of a group are the edges of a graph whose nodes are their ends. Where exactly two ends meet, the lines are
joined; at a junction of three or more each line ends. A line that stands in the group twice is drawn once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.features import mix64
from pipeline.kernels.pointtable import find, point_key, table_bits


@helper
def _runs_back(x: NDArray[np.int32], y: NDArray[np.int32], s: int, e: int) -> bool:
    """Whether the line [s, e) is the greater one when compared with itself read from its end."""
    i, j = s, e - 1
    while i < j:
        a, b = point_key(x[i], y[i]), point_key(x[j], y[j])
        if a != b:
            return bool(a > b)
        i += 1
        j -= 1
    return False


@helper
def _line_hash(x: NDArray[np.int32], y: NDArray[np.int32], s: int, e: int, back: bool) -> np.uint64:
    h = np.uint64(e - s)
    for k in range(e - s):
        i = e - 1 - k if back else s + k
        h = mix64(h ^ np.uint64(point_key(x[i], y[i])))
    return h


@helper
def _same(
    x: NDArray[np.int32], y: NDArray[np.int32], s: int, e: int, back: bool, s2: int, e2: int, back2: bool
) -> bool:
    if e - s != e2 - s2:
        return False
    for k in range(e - s):
        i = e - 1 - k if back else s + k
        j = e2 - 1 - k if back2 else s2 + k
        if x[i] != x[j] or y[i] != y[j]:
            return False
    return True


@helper
def _straight(ax: int, ay: int, bx: int, by: int, cx: int, cy: int) -> bool:
    """Whether a, b, c lie on one line in this order."""
    ux, uy, vx, vy = bx - ax, by - ay, cx - bx, cy - by
    return ux * vy == uy * vx and ux * vx + uy * vy > 0


@kernel
def join_lines(
    members: NDArray[np.int64],
    run_offsets: NDArray[np.int64],
    part_offsets: NDArray[np.int64],
    vertex_offsets: NDArray[np.int64],
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    directed: bool,
    out_parts: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """The chains of every group of line records.

    `members` [members] records, group g those of `run_offsets[g]` on; records as in `TileRecords`. `directed`: lines
    are joined end to start only, none is turned round. Output `out_parts` [groups + 1]; returns the chains' vertex
    offsets, x, y. A chain has the direction, and among the chains the place, of its first line; vertices that lie
    exactly straight at a former joint are left out.
    """
    lines = np.int64(0)
    most = np.int64(1)
    vertices = np.int64(0)
    for g in range(len(run_offsets) - 1):
        before = lines
        for m in range(run_offsets[g], run_offsets[g + 1]):
            first, last = part_offsets[members[m]], part_offsets[members[m] + 1]
            lines += last - first
            vertices += vertex_offsets[last] - vertex_offsets[first]
        most = max(most, lines - before)
    bits = table_bits(2 * most)
    keys = np.empty(np.int64(1) << bits, np.int64)
    users = np.full(np.int64(1) << bits, -1, np.int64)
    count = np.empty(np.int64(1) << bits, np.int64)
    held = np.empty(np.int64(1) << bits, np.int64)
    part = np.empty(most, np.int64)
    back = np.empty(most, np.bool_)
    done = np.empty(most, np.bool_)
    partner = np.empty(2 * most, np.int64)  # of end 2k (start of line k) or 2k + 1
    slots = np.empty(2 * most, np.int64)
    out_x = np.empty(vertices, np.int32)
    out_y = np.empty(vertices, np.int32)
    out_vertices = np.empty(lines + 1, np.int64)
    out_vertices[0] = 0
    out_parts[0] = 0
    chains = np.int64(0)
    at = np.int64(0)
    user = np.int64(0)
    for g in range(len(run_offsets) - 1):
        n = np.int64(0)
        for m in range(run_offsets[g], run_offsets[g + 1]):  # every line once
            for p in range(part_offsets[members[m]], part_offsets[members[m] + 1]):
                s, e = vertex_offsets[p], vertex_offsets[p + 1]
                back[n] = not directed and _runs_back(x, y, s, e)
                key = np.int64(_line_hash(x, y, s, e, back[n]))
                while True:
                    slot, new = find(keys, users, user, bits, key)
                    if new:
                        held[slot] = n
                        part[n] = p
                        n += 1
                        break
                    q = part[held[slot]]
                    if _same(x, y, s, e, back[n], vertex_offsets[q], vertex_offsets[q + 1], back[held[slot]]):
                        break
                    key += 1
        user += 1
        for end in range(2 * n):  # how many ends meet in each node; the sum of two tells each its partner
            i = vertex_offsets[part[end // 2] + (end & 1)] - (end & 1)
            slot, new = find(keys, users, user, bits, point_key(x[i], y[i]))
            if new:
                count[slot] = 0
                held[slot] = 0
            count[slot] += 1
            held[slot] += end
            slots[end] = slot
        user += 1
        for end in range(2 * n):
            other = held[slots[end]] - end
            meet = count[slots[end]] == 2 and (not directed or (end ^ other) & 1 == 1)
            partner[end] = other if meet else np.int64(-1)
        for k in range(n):
            done[k] = False
        for k in range(n):
            if done[k]:
                continue
            enter = 2 * k
            while partner[enter] >= 0 and partner[enter] != 2 * k + 1:  # back to where the chain begins
                enter = partner[enter] ^ 1
            if partner[enter] == 2 * k + 1:  # a loop begins with its first line
                enter = 2 * k
            begin = at
            while enter >= 0 and not done[enter // 2]:
                done[enter // 2] = True
                s, e = vertex_offsets[part[enter // 2]], vertex_offsets[part[enter // 2] + 1]
                for step in range(e - s):
                    i = s + step if enter & 1 == 0 else e - 1 - step
                    if step == 0 and at > begin:
                        continue
                    if (
                        step == 1
                        and at - begin >= 2
                        and _straight(
                            np.int64(out_x[at - 2]), np.int64(out_y[at - 2]),
                            np.int64(out_x[at - 1]), np.int64(out_y[at - 1]),
                            np.int64(x[i]), np.int64(y[i]),
                        )
                    ):  # fmt: skip
                        at -= 1
                    out_x[at] = x[i]
                    out_y[at] = y[i]
                    at += 1
                enter = partner[enter ^ 1]
            chains += 1
            out_vertices[chains] = at
        out_parts[g + 1] = chains
    return out_vertices[: chains + 1], out_x[:at], out_y[:at]
