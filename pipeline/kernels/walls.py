"""A ring as walls: edges on lines of fixed direction, taken away one after the other until none is too short.

Where a wall goes its neighbours are extended until they meet; directions are kept, so right angles stay right and
parallels parallel. Three shapes, told by the short wall's neighbours (after Sester 2000, Haunert & Wolff 2010):

    offset ──┐        the neighbours run on         notch ──┐  ┌──  they run back       corner ──╲   they meet
             └──      beside each other: one wall           └──┘    the shorter goes              │  in a point
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper
from pipeline.kernels.wall_moves import PARALLEL, WEIGHED, cross, facade, meet, merge

SQUARE = 0.12  # sine of the angle, 7°, by which a wall may differ from a right angle
AREA = 0.1  # of its area is what a ring may win or lose
FEWEST = 4  # walls of a building
MOST_WALLS = 512  # rings with more are no buildings; the search for the shortest wall is quadratic
_REACH = 2.0  # tolerances by which a corner may move


@helper
def is_square(dx: NDArray[np.float64], dy: NDArray[np.float64], n: int) -> bool:
    """Whether three quarters of the outline run along two directions, or between corners, at right angles.

    `dx`, `dy` [≥ n] edges.
    """
    longest = 0
    total = 0.0
    best: Any = 0.0
    for i in range(n):
        length = math.hypot(dx[i], dy[i])
        total += length
        if length > best:
            best = length
            longest = i
    along = 0.0
    between = 0.0
    for i in range(n):
        length = math.hypot(dx[i], dy[i])
        across = abs(cross(dx[longest], dy[longest], dx[i], dy[i]))
        dot = abs(dx[longest] * dx[i] + dy[longest] * dy[i])
        if min(across, dot) <= SQUARE * best * length:
            along += length
        h, j = (i - 1 if i > 0 else n - 1), (i + 1 if i + 1 < n else 0)
        if (
            abs(dx[h] * dx[i] + dy[h] * dy[i]) <= SQUARE * math.hypot(dx[h], dy[h]) * length
            or abs(dx[j] * dx[i] + dy[j] * dy[i]) <= SQUARE * math.hypot(dx[j], dy[j]) * length
        ):
            between += length
    return max(along, between) >= 0.75 * total


@helper
def take_walls_away(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    n: int,
    tolerance: float,
    ux: NDArray[np.float64],
    uy: NDArray[np.float64],
    after: NDArray[np.int64],
    before: NDArray[np.int64],
    stays: NDArray[np.bool_],
) -> int:
    """Simplify the unclosed ring [0, n) in place until no wall shorter than the tolerance can go; returns its vertices.

    No two vertices in a row may be the same. Scratch `ux` … `stays` [≥ n].
    """
    twice = 0.0
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        length = math.hypot(x[j] - x[i], y[j] - y[i])
        ux[i], uy[i] = (x[j] - x[i]) / length, (y[j] - y[i]) / length
        after[i], before[j] = j, i
        stays[i] = False
        twice += cross(x[i] - x[0], y[i] - y[0], x[j] - x[0], y[j] - y[0])
    least, most = twice - AREA * abs(twice), twice + AREA * abs(twice)
    slack = 0.1 * tolerance
    walls = n
    first: Any = np.int64(0)
    a: Any = np.int64(0)
    for _wall in range(n):  # straight on, or nearly: no wall ends here
        b = after[a]
        if walls > FEWEST and ux[a] * ux[b] + uy[a] * uy[b] > 0.0:
            la = math.hypot(x[b] - x[a], y[b] - y[a])
            lb = math.hypot(x[after[b]] - x[b], y[after[b]] - y[b])
            c = abs(cross(ux[a], uy[a], ux[b], uy[b]))
            if c < PARALLEL and c * min(la, lb) < 0.5 * tolerance:
                done, twice = merge(a, b, x, y, ux, uy, after, before, twice, least, most, WEIGHED, 0.0)
                if done:
                    walls -= 1
                    if b == first:
                        first = a
                    continue
        a = b
    while walls > FEWEST:
        e: Any = np.int64(-1)
        shortest: Any = tolerance
        wall: Any = first
        for _wall in range(walls):
            length = math.hypot(x[after[wall]] - x[wall], y[after[wall]] - y[wall])
            if length < shortest and not stays[wall]:
                e, shortest = wall, length
            wall = after[wall]
        if e < 0:
            break
        p, q = before[e], after[e]
        c = cross(ux[p], uy[p], ux[q], uy[q])
        done = False
        gone = 2
        if abs(c) >= PARALLEL:
            done, twice = meet(
                p, q, x, y, ux, uy, after, before, twice, least, most, _REACH * tolerance, 0.0
            )  # fmt: skip
            gone = 1
        elif walls - 2 < FEWEST:
            done = False
        elif ux[p] * ux[q] + uy[p] * uy[q] > 0.0:
            where = facade(p, q, x, y, ux, uy, after, before, 0.25 * shortest)
            done, twice = merge(p, q, x, y, ux, uy, after, before, twice, least, most, where, slack)
            if not done and where != WEIGHED:
                done, twice = merge(p, q, x, y, ux, uy, after, before, twice, least, most, WEIGHED, slack)
        else:
            lp, lq = math.hypot(x[e] - x[p], y[e] - y[p]), math.hypot(x[after[q]] - x[q], y[after[q]] - y[q])
            far = 2.0 * (lp + lq) + tolerance
            if lp <= lq:
                done, twice = meet(before[p], q, x, y, ux, uy, after, before, twice, least, most, far, slack)
                p = before[p]
            else:
                done, twice = meet(p, after[q], x, y, ux, uy, after, before, twice, least, most, far, slack)
                q = after[q]
        if not done:
            stays[e] = True
            continue
        walls -= gone
        first = p
        stays[p] = stays[after[p]] = stays[before[p]] = stays[after[after[p]]] = False
    start: Any = first
    for _wall in range(walls):  # the ring begins with the vertex that came first
        first = after[first]
        start = min(start, first)
    for k in range(walls):  # the scratch of directions holds the result until all is read
        ux[k], uy[k] = x[start], y[start]
        start = after[start]
    for k in range(walls):
        x[k], y[k] = ux[k], uy[k]
    return walls
