"""Edges of an area that cross each other get a vertex there: on the grid, the same for both.

Snap rounding (Hobby 1999) of the few crossings that rounding brings about. The edges bend by less than a unit and may
cross others that way: callers look again.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.grow import grown, sort_by

LARGEST = 4096  # vertices of an area up to which every edge is compared with every other


@helper
def _side(ax: int, ay: int, bx: int, by: int, cx: int, cy: int) -> int:
    return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)


@kernel
def split_crossings(
    ring_offsets: NDArray[np.int64],
    vertex_offsets: NDArray[np.int64],
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    crossings: NDArray[np.int64],
    out_vertices: NDArray[np.int64],
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The rings of areas with a vertex, rounded to the grid, where two edges of one area cross between their ends.

    `ring_offsets` [areas + 1] into `vertex_offsets`, these into `x`, `y` (rings unclosed). Outputs `crossings`
    [areas], their numbers, and `out_vertices` [rings + 1]; returns x, y. Areas of more than `LARGEST` vertices stay as
    they are.
    """
    out_x, out_y = np.empty(2 * len(x) + 16, np.int32), np.empty(2 * len(x) + 16, np.int32)
    to = np.empty(LARGEST, np.int64)
    hit_edge, hit_key = np.empty(64, np.int64), np.empty(64, np.float64)
    hit_x, hit_y, order = np.empty(64, np.int32), np.empty(64, np.int32), np.empty(64, np.int64)
    at = np.int64(0)
    out_vertices[0] = 0
    for area in range(len(ring_offsets) - 1):
        v0, v1 = vertex_offsets[ring_offsets[area]], vertex_offsets[ring_offsets[area + 1]]
        n = v1 - v0
        hits = np.int64(0)
        if n <= LARGEST:
            for r in range(ring_offsets[area], ring_offsets[area + 1]):
                s, e = vertex_offsets[r] - v0, vertex_offsets[r + 1] - v0
                for k in range(s, e):
                    to[k] = k + 1 if k + 1 < e else s
            for a in range(n - 1):
                ax, ay = np.int64(x[v0 + a]), np.int64(y[v0 + a])
                bx, by = np.int64(x[v0 + to[a]]), np.int64(y[v0 + to[a]])
                west, east, north, south = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
                for b in range(a + 1, n):
                    cx, cy = np.int64(x[v0 + b]), np.int64(y[v0 + b])
                    dx, dy = np.int64(x[v0 + to[b]]), np.int64(y[v0 + to[b]])
                    if max(cx, dx) < west or min(cx, dx) > east or max(cy, dy) < north or min(cy, dy) > south:
                        continue
                    c, d = _side(ax, ay, bx, by, cx, cy), _side(ax, ay, bx, by, dx, dy)
                    if c == 0 or d == 0 or (c > 0) == (d > 0):
                        continue
                    p, q = _side(cx, cy, dx, dy, ax, ay), _side(cx, cy, dx, dy, bx, by)
                    if p == 0 or q == 0 or (p > 0) == (q > 0):
                        continue
                    if hits + 2 > len(hit_edge):
                        hit_edge, hit_key = grown(hit_edge, hits + 2), grown(hit_key, hits + 2)
                        hit_x, hit_y = grown(hit_x, hits + 2), grown(hit_y, hits + 2)
                        order = grown(order, hits + 2)
                    t = p / (p - q)  # of the way along a
                    for edge, along in ((np.int64(a), t), (np.int64(b), c / (c - d))):
                        hit_edge[hits] = edge
                        hit_key[hits] = edge + min(along, 0.999999)
                        hit_x[hits] = math.floor(ax + t * (bx - ax) + 0.5)
                        hit_y[hits] = math.floor(ay + t * (by - ay) + 0.5)
                        hits += 1
        crossings[area] = hits // 2
        sort_by(hit_key, order, hits)
        if at + n + hits > len(out_x):
            out_x, out_y = grown(out_x, at + n + hits), grown(out_y, at + n + hits)
        h = np.int64(0)
        for r in range(ring_offsets[area], ring_offsets[area + 1]):
            for i in range(vertex_offsets[r], vertex_offsets[r + 1]):
                out_x[at], out_y[at] = x[i], y[i]
                at += 1
                while h < hits and hit_edge[order[h]] == i - v0:
                    px, py = hit_x[order[h]], hit_y[order[h]]
                    h += 1
                    if px != out_x[at - 1] or py != out_y[at - 1]:
                        out_x[at], out_y[at] = px, py
                        at += 1
            out_vertices[r + 1] = at
    return out_x[:at].copy(), out_y[:at].copy()
