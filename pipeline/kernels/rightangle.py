"""Buildings with less detail: areas whose rings lose short walls and keep their right angles.

Rings that are not built at right angles keep their vertices and the importance of these, so that whoever cuts them
simplifies them as any other ring; all vertices of the others are kept from then on (infinite importance).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.wall_moves import PARALLEL
from pipeline.kernels.walls import FEWEST, MOST_WALLS, is_square, take_walls_away

# What becomes of a ring.
LEFT = 0  # not built at right angles: its own vertices and importance
KEPT = 1  # nothing too short: its own vertices
FEWER = 2  # simplified


@helper
def _needs_nothing(dx: NDArray[np.float64], dy: NDArray[np.float64], n: int, tolerance: float) -> bool:
    """Whether no wall is shorter than the tolerance and none runs on in the next."""
    if n <= FEWEST:
        return True
    tolerance2 = tolerance * tolerance
    before2 = dx[n - 1] * dx[n - 1] + dy[n - 1] * dy[n - 1]
    for i in range(n):
        h = i - 1 if i > 0 else n - 1
        length2 = dx[i] * dx[i] + dy[i] * dy[i]
        if length2 < tolerance2:
            return False
        cross = dx[h] * dy[i] - dy[h] * dx[i]
        if (
            dx[h] * dx[i] + dy[h] * dy[i] > 0.0
            and cross * cross < PARALLEL * PARALLEL * length2 * before2
            and cross * cross < 0.25 * tolerance2 * max(length2, before2)
        ):
            return False
        before2 = length2
    return True


@helper
def _side(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> float:
    return (bx - ax) * (py - ay) - (by - ay) * (px - ax)


@helper
def _cross_over(x: NDArray[np.float64], y: NDArray[np.float64], s: int, e: int, s2: int, e2: int) -> bool:
    """Whether edges of the closed rings [s, e) and [s2, e2), the same or two, have a point in common once rounded.

    Within one ring neighbours share their vertex; they may not share more.
    """
    for i in range(s, e - 1):
        ax, ay, bx, by = np.rint(x[i]), np.rint(y[i]), np.rint(x[i + 1]), np.rint(y[i + 1])
        for j in range(i + 1 if s == s2 else s2, e2 - 1):
            cx, cy, dx, dy = np.rint(x[j]), np.rint(y[j]), np.rint(x[j + 1]), np.rint(y[j + 1])
            if max(ax, bx) < min(cx, dx) or max(cx, dx) < min(ax, bx):
                continue
            if max(ay, by) < min(cy, dy) or max(cy, dy) < min(ay, by):
                continue
            if s == s2 and (j == i + 1 or (i == s and j == e - 2)):
                if j == i + 1:  # c is b
                    fx, fy, tx, ty = bx - ax, by - ay, dx - cx, dy - cy
                else:  # d is a
                    fx, fy, tx, ty = dx - cx, dy - cy, bx - ax, by - ay
                if (fx == 0.0 and fy == 0.0) or (fx * ty == fy * tx and fx * tx + fy * ty < 0.0):
                    return True
                continue
            o1, o2 = _side(ax, ay, bx, by, cx, cy), _side(ax, ay, bx, by, dx, dy)
            o3, o4 = _side(cx, cy, dx, dy, ax, ay), _side(cx, cy, dx, dy, bx, by)
            if not ((o1 > 0.0 and o2 > 0.0) or (o1 < 0.0 and o2 < 0.0)) and not (
                (o3 > 0.0 and o4 > 0.0) or (o3 < 0.0 and o4 < 0.0)
            ):
                return True
    return False


@helper
def _holds(x: NDArray[np.float64], y: NDArray[np.float64], s: int, e: int, px: float, py: float) -> bool:
    """Whether the closed ring [s, e) holds a point."""
    inside = False
    for i in range(s, e - 1):
        if (y[i] > py) != (y[i + 1] > py):
            side = _side(x[i], y[i], x[i + 1], y[i + 1], px, py)
            if (side > 0.0) == (y[i + 1] > y[i]):
                inside = not inside
    return inside


@kernel
def keep_right_angles(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    importance: NDArray[np.float64],
    vertex_offsets: NDArray[np.int64],
    roles: NDArray[np.uint8],
    part_from: NDArray[np.int64],
    part_to: NDArray[np.int64],
    rows: NDArray[np.int64],
    tolerance: float,
    part_offsets: NDArray[np.int64],
    fates: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.uint8]]:
    """Simplify areas by a tolerance in world units; features as in `Features`, rings closed.

    Walls shorter than the tolerance go, as far as a ring keeps four of them and its area within a tenth; so do holes
    smaller than the tolerance squared. A polygon whose rings would touch themselves or each other is left as it is.
    Outputs: `part_offsets` [rows + 1], `fates` [3] counts of rings LEFT, KEPT and FEWER; returns x, y (world units,
    not rounded), importance, vertex offsets, roles of what becomes of `rows`, in their order.
    """
    vertices = np.int64(0)
    parts = np.int64(0)
    for row in rows:
        vertices += vertex_offsets[part_to[row]] - vertex_offsets[part_from[row]]
        parts += part_to[row] - part_from[row]
    n = np.int64(MOST_WALLS + 1)
    dx, dy = np.empty(n, np.float64), np.empty(n, np.float64)
    lx, ly = np.empty(n, np.float64), np.empty(n, np.float64)
    after, before = np.empty(n, np.int64), np.empty(n, np.int64)
    stays = np.empty(n, np.bool_)
    x, y = np.empty(vertices, np.float64), np.empty(vertices, np.float64)
    weight = np.empty(vertices, np.float64)
    out_vertices = np.empty(parts + 1, np.int64)
    out_roles = np.empty(parts, np.uint8)
    ring_fates = np.empty(parts, np.uint8)
    out_vertices[0] = 0
    part_offsets[0] = 0
    known = len(importance) > 0
    done = np.int64(0)
    for k in range(len(rows)):
        p: Any = part_from[rows[k]]
        while p < part_to[rows[k]]:
            stop = p + 1
            while stop < part_to[rows[k]] and roles[stop] == 2:
                stop += 1
            begin = done
            simplified = False
            for part in range(p, stop):
                s, e = vertex_offsets[part], vertex_offsets[part + 1]
                n = e - s - 1
                at = out_vertices[done]
                fate = LEFT
                if 3 <= n <= MOST_WALLS:
                    ox, oy = wx[s], wy[s]
                    n = np.int64(0)
                    twice = 0.0
                    for i in range(s, e - 1):
                        ex, ey = float(wx[i + 1] - wx[i]), float(wy[i + 1] - wy[i])
                        if ex == 0.0 and ey == 0.0:
                            continue
                        dx[n], dy[n] = ex, ey
                        lx[n], ly[n] = float(wx[i] - ox), float(wy[i] - oy)
                        twice += lx[n] * ey - ly[n] * ex
                        n += 1
                    if part > p and abs(twice) < 2.0 * tolerance * tolerance:
                        simplified = True
                        continue
                    if _needs_nothing(dx, dy, n, tolerance):
                        fate = KEPT
                    elif is_square(dx, dy, n):
                        n = take_walls_away(lx, ly, n, tolerance, dx, dy, after, before, stays)
                        fate = FEWER
                        for i in range(n):
                            x[at + i], y[at + i] = lx[i] + float(ox), ly[i] + float(oy)
                            weight[at + i] = np.inf
                        x[at + n], y[at + n], weight[at + n] = x[at], y[at], np.inf
                        at += n + 1
                        if _cross_over(x, y, out_vertices[done], at, out_vertices[done], at):
                            at = out_vertices[done]
                            fate = LEFT
                if fate != FEWER:
                    for i in range(s, e):
                        x[at], y[at] = float(wx[i]), float(wy[i])
                        weight[at] = importance[i] if fate == LEFT and known else np.inf
                        at += 1
                else:
                    simplified = True
                ring_fates[done] = fate
                out_roles[done] = roles[part]
                done += 1
                out_vertices[done] = at
            if simplified and done - begin > 1:
                broken = False
                for a in range(begin, done):
                    for b in range(a + 1, done):
                        broken |= _cross_over(
                            x, y, out_vertices[a], out_vertices[a + 1], out_vertices[b], out_vertices[b + 1]
                        )
                        inside = _holds(
                            x, y, out_vertices[a], out_vertices[a + 1], x[out_vertices[b]], y[out_vertices[b]]
                        )
                        broken |= inside != (a == begin)
                if broken:
                    done = begin
                    at = out_vertices[done]
                    for part in range(p, stop):
                        for i in range(vertex_offsets[part], vertex_offsets[part + 1]):
                            x[at], y[at] = float(wx[i]), float(wy[i])
                            weight[at] = importance[i] if known else np.inf
                            at += 1
                        ring_fates[done] = LEFT
                        out_roles[done] = roles[part]
                        done += 1
                        out_vertices[done] = at
            p = stop
        part_offsets[k + 1] = done
    for ring in range(done):
        fates[ring_fates[ring]] += 1
    used = out_vertices[done]
    return x[:used], y[:used], weight[:used], out_vertices[: done + 1], out_roles[:done]
