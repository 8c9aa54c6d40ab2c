"""Areas that share edges become one: what two of them share in opposite directions is inside, the rest is outline.

Edges are split where another area has a vertex exactly on them (a vertex in the middle of a straight run is left out by
one area and needed by its neighbour). Whole edges go first, so that only the outline has to be searched for such.

Cancelling leaves the sum of the areas' winding numbers as it is. So if the rings that are linked from the remaining
edges form a valid multipolygon, which winds once around each of its points, no two areas overlapped and it is exactly
their union. Where areas do overlap the rings are not valid, but their winding number still tells the union.

Rings are linked so that they enclose one connected interior each, and are split where they come back to a vertex:
shells that meet in a point are two, a hole that meets its shell in a point is a hole.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import kernel
from pipeline.kernels.grow import grown
from pipeline.kernels.lattice import nodes_on
from pipeline.kernels.nest import nest
from pipeline.kernels.pieces import SOUND, SUSPECT
from pipeline.kernels.pointtable import find, point_key, table_bits
from pipeline.kernels.tilerings import area2, clean_ring
from pipeline.kernels.wedges import next_edge


@kernel
def dissolve_rings(
    members: NDArray[np.int64],
    run_offsets: NDArray[np.int64],
    part_offsets: NDArray[np.int64],
    vertex_offsets: NDArray[np.int64],
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    drop: bool,
    flags: NDArray[np.uint8],
    out_rings: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """The rings that bound every group of area records, without what two records share.

    `members` [members] records, group g those of `run_offsets[g]` on; records as in `TileRecords`. Outputs `flags`
    [groups], SUSPECT where a hole lies in no shell, and `out_rings` [groups + 1]; returns the rings' vertex offsets,
    x, y, each shell before its holes; in a suspect group all shells, then all holes. Whether they are valid remains
    to be seen; the sum of their winding numbers is that of the records. With `drop` holes in no shell are left out
    instead: what rounding has turned inside out.
    """
    total = np.int64(0)
    most = np.int64(4)
    for g in range(len(run_offsets) - 1):
        n = np.int64(0)
        for m in range(run_offsets[g], run_offsets[g + 1]):
            n += vertex_offsets[part_offsets[members[m] + 1]] - vertex_offsets[part_offsets[members[m]]]
        total += n
        most = max(most, n)
    bits = table_bits(most)
    size = np.int64(1) << bits
    node_keys, node_users, node_of = np.empty(size, np.int64), np.full(size, -1, np.int64), np.empty(size, np.int64)
    edge_keys, edge_users, net = np.empty(size, np.int64), np.full(size, -1, np.int64), np.empty(size, np.int64)
    edge_bits = bits
    user = np.int64(0)  # of the table of edges, used twice by each group
    node_x, node_y, first_out = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
    place = np.empty(most, np.int64)  # of a node on the path, −1 when it is not there
    node, slots, outer = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
    room = most  # for edges
    run_a, run_b, run_net = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    origin, to, next_out = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    used, path = np.empty(room, np.bool_), np.empty(room, np.int64)
    gx, gy = np.empty(2 * room, np.int64), np.empty(2 * room, np.int64)
    ring_offsets, twice = np.empty(room + 1, np.int64), np.empty(room, np.int64)
    box, owner, order = np.empty(4 * room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    out_x, out_y = np.empty(total, np.int32), np.empty(total, np.int32)
    out_vertices = np.empty(total // 3 + 2, np.int64)
    out_vertices[0] = 0
    out_rings[0] = 0
    rings = np.int64(0)
    at = np.int64(0)
    for g in range(len(run_offsets) - 1):
        # Every vertex a node, every edge with the number of times it runs from the lower node to the higher.
        nodes = np.int64(0)
        n = np.int64(0)
        for m in range(run_offsets[g], run_offsets[g + 1]):
            for p in range(part_offsets[members[m]], part_offsets[members[m] + 1]):
                begin = n
                for i in range(vertex_offsets[p], vertex_offsets[p + 1]):
                    slot, new = find(node_keys, node_users, g, bits, point_key(x[i], y[i]))
                    if new:
                        node_of[slot] = nodes
                        node_x[nodes], node_y[nodes] = x[i], y[i]
                        first_out[nodes] = -1
                        place[nodes] = -1
                        nodes += 1
                    node[n] = node_of[slot]
                    n += 1
                for k in range(begin, n):
                    a, b = node[k], node[k + 1 if k + 1 < n else begin]
                    slot, new = find(edge_keys, edge_users, user, edge_bits, (min(a, b) << 32) | max(a, b))
                    if new:
                        net[slot] = 0
                    net[slot] += 1 if a < b else -1
                    slots[k] = slot
        # What is left, split at nodes on it.
        outers = np.int64(0)
        for k in range(n):
            if net[slots[k]] != 0:
                a, b = edge_keys[slots[k]] >> 32, edge_keys[slots[k]] & 0xFFFFFFFF
                for v in (a, b):
                    if place[v] == -1:
                        place[v] = -2
                        outer[outers] = v
                        outers += 1
        for k in range(outers):
            place[outer[k]] = -1
        runs = np.int64(0)
        for k in range(n):
            times = net[slots[k]]
            if times == 0:
                continue
            net[slots[k]] = 0
            a, b = edge_keys[slots[k]] >> 32, edge_keys[slots[k]] & 0xFFFFFFFF
            found = nodes_on(
                a, b, node_x, node_y, node_of, node_keys, node_users, g, bits, outer, outers, path
            )  # fmt: skip
            if runs + found > len(run_a):
                need = runs + found
                run_a, run_b, run_net = grown(run_a, need), grown(run_b, need), grown(run_net, need)
            for hit in range(found):
                run_a[runs], run_b[runs], run_net[runs] = a, path[hit], times
                a = path[hit]
                runs += 1
        user += 1
        if table_bits(runs) > edge_bits:
            edge_bits = table_bits(runs)
            edge_keys, net = np.empty(np.int64(1) << edge_bits, np.int64), np.empty(np.int64(1) << edge_bits, np.int64)
            edge_users = np.full(np.int64(1) << edge_bits, -1, np.int64)
        if runs > len(slots):
            slots = grown(slots, runs)
        edges = np.int64(0)
        for k in range(runs):
            a, b = run_a[k], run_b[k]
            slot, new = find(edge_keys, edge_users, user, edge_bits, (min(a, b) << 32) | max(a, b))
            if new:
                net[slot] = 0
            net[slot] += run_net[k] if a < b else -run_net[k]
            slots[k] = slot
            edges += abs(run_net[k])
        if edges > room:
            room = 2 * edges
            origin, to, next_out = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
            used, path = np.empty(room, np.bool_), np.empty(room, np.int64)
            gx, gy = np.empty(2 * room, np.int64), np.empty(2 * room, np.int64)
            ring_offsets, twice = np.empty(room + 1, np.int64), np.empty(room, np.int64)
            box, owner, order = np.empty(4 * room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
        edges = np.int64(0)
        for k in range(runs):
            times = net[slots[k]]
            net[slots[k]] = 0
            a, b = edge_keys[slots[k]] >> 32, edge_keys[slots[k]] & 0xFFFFFFFF
            if times < 0:
                a, b = b, a
            for _time in range(abs(times)):
                origin[edges], to[edges] = a, b
                next_out[edges] = first_out[a]
                first_out[a] = edges
                used[edges] = False
                edges += 1
        user += 1
        # As many edges end in a node as begin there: every walk comes back.
        ring_offsets[0] = 0
        count = np.int64(0)
        for e in range(edges):
            if used[e]:
                continue
            top = np.int64(0)
            current: Any = np.int64(e)
            while True:
                used[current] = True
                v = origin[current]
                path[top] = v
                place[v] = top
                top += 1
                current = next_edge(current, e, to, origin, first_out, next_out, used, node_x, node_y)
                back = np.int64(0) if current == e else place[origin[current]]
                if back >= 0:  # a ring is complete
                    o = ring_offsets[count]
                    for k in range(back, top):
                        gx[o + k - back], gy[o + k - back] = node_x[path[k]], node_y[path[k]]
                        place[path[k]] = -1
                    end = clean_ring(gx, gy, o, o + top - back)
                    top = back
                    if end > o:
                        twice[count] = area2(gx, gy, o, end)
                        if twice[count] == 0:  # a bow-tie with equal halves: one triangle of it and the rest
                            for i in range(end - 1, o + 1, -1):
                                gx[i + 2], gy[i + 2] = gx[i], gy[i]
                            gx[o + 3], gy[o + 3] = gx[o], gy[o]
                            gx[o + 2], gy[o + 2] = gx[o + 4], gy[o + 4]
                            twice[count] = area2(gx, gy, o, o + 3)
                            count += 1
                            ring_offsets[count] = o + 3
                            end += 2
                            twice[count] = area2(gx, gy, o + 3, end)
                        count += 1
                        ring_offsets[count] = end
                if current == e:
                    break
        flags[g] = SOUND
        kept: Any = nest(gx, gy, ring_offsets, twice, count, drop, box, owner, order)
        if kept < 0:
            kept = count
            flags[g] = SUSPECT
            ordered = 0
            for shells in (True, False):
                for r in range(count):
                    if (twice[r] > 0) == shells:
                        order[ordered] = r
                        ordered += 1
        if at + ring_offsets[count] > len(out_x):
            out_x, out_y = grown(out_x, at + ring_offsets[count]), grown(out_y, at + ring_offsets[count])
        if rings + count >= len(out_vertices):
            out_vertices = grown(out_vertices, rings + count + 1)
        for k in range(kept):
            for i in range(ring_offsets[order[k]], ring_offsets[order[k] + 1]):
                out_x[at], out_y[at] = gx[i], gy[i]
                at += 1
            rings += 1
            out_vertices[rings] = at
        out_rings[g + 1] = rings
    return out_vertices[: rings + 1], out_x[:at], out_y[:at]
