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

PARALLEL = 0.34  # sine of the angle, 20°, below which two walls count as parallel
SQUARE = 0.12  # sine of the angle, 7°, by which a wall may differ from a right angle
FACADE = 2.0  # times the length of another wall: is not moved for its sake
_WEIGHED, _FIRST, _SECOND = 0, 1, 2  # where two walls that become one shall lie
AREA = 0.1  # of its area is what a ring may win or lose
FEWEST = 4  # walls of a building
MOST_WALLS = 512  # rings with more are no buildings; the search for the shortest wall is quadratic
_REACH = 2.0  # tolerances by which a corner may move


@helper
def _cross(ax: float, ay: float, bx: float, by: float) -> float:
    return ax * by - ay * bx


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
        cross = abs(_cross(dx[longest], dy[longest], dx[i], dy[i]))
        dot = abs(dx[longest] * dx[i] + dy[longest] * dy[i])
        if min(cross, dot) <= SQUARE * best * length:
            along += length
        h, j = (i - 1 if i > 0 else n - 1), (i + 1 if i + 1 < n else 0)
        if (
            abs(dx[h] * dx[i] + dy[h] * dy[i]) <= SQUARE * math.hypot(dx[h], dy[h]) * length
            or abs(dx[j] * dx[i] + dy[j] * dy[i]) <= SQUARE * math.hypot(dx[j], dy[j]) * length
        ):
            between += length
    return max(along, between) >= 0.75 * total


@helper
def _merge(
    a: int,
    b: int,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    ux: NDArray[np.float64],
    uy: NDArray[np.float64],
    after: NDArray[np.int64],
    before: NDArray[np.int64],
    twice: float,
    least: float,
    most: float,
    where: int,
    slack: float,
) -> tuple[bool, float]:
    """Make walls a and b, and what is between them, one wall a; returns whether that could be, and the area.

    It takes the direction of the longer, or of the one that `where` names with its place; `_WEIGHED` is the place that
    keeps the area. `slack` is by how much the walls around may become shorter than nothing: they go next.
    """
    o, p, q, z = before[a], after[a], after[b], after[after[b]]
    la = (x[p] - x[a]) * ux[a] + (y[p] - y[a]) * uy[a]
    lb = (x[q] - x[b]) * ux[b] + (y[q] - y[b]) * uy[b]
    if la + lb <= 0.0:
        return False, twice
    first = where == _FIRST or (where == _WEIGHED and la >= lb)
    vx, vy = (ux[a], uy[a]) if first else (ux[b], uy[b])
    co, cz = _cross(ux[o], uy[o], vx, vy), _cross(vx, vy, ux[q], uy[q])
    if abs(co) < PARALLEL or abs(cz) < PARALLEL:
        return False, twice
    if where == _FIRST:
        mx, my = x[a], y[a]
    elif where == _SECOND:
        mx, my = x[b], y[b]
    else:
        mx = (la * (x[a] + x[p]) + lb * (x[b] + x[q])) / (2.0 * (la + lb))
        my = (la * (y[a] + y[p]) + lb * (y[b] + y[q])) / (2.0 * (la + lb))
    s = _cross(mx - x[o], my - y[o], vx, vy) / co
    ax, ay = x[o] + s * ux[o], y[o] + s * uy[o]
    r = _cross(vx, vy, x[z] - mx, y[z] - my) / cz
    bx, by = x[z] - r * ux[q], y[z] - r * uy[q]
    if s < -slack or r < -slack or (bx - ax) * vx + (by - ay) * vy <= 0.0:
        return False, twice
    change = _cross(x[o] - x[a], y[o] - y[a], ax - x[a], ay - y[a]) + _cross(
        ax - x[a], ay - y[a], bx - x[a], by - y[a]
    ) + _cross(bx - x[a], by - y[a], x[z] - x[a], y[z] - y[a])  # fmt: skip
    i: Any = after[a]
    while i != z:  # the old outline from o to z, seen from the start of a
        j = after[i]
        change -= _cross(x[i] - x[a], y[i] - y[a], x[j] - x[a], y[j] - y[a])
        i = j
    if not least <= twice + change <= most:
        return False, twice
    x[a], y[a], ux[a], uy[a] = ax, ay, vx, vy
    x[q], y[q] = bx, by
    after[a], before[q] = q, a
    return True, twice + change


@helper
def _facade(
    a: int,
    b: int,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    ux: NDArray[np.float64],
    uy: NDArray[np.float64],
    after: NDArray[np.int64],
    before: NDArray[np.int64],
    near: float,
) -> int:
    """Which of the walls a and b is a facade, to stay where it is because a neighbour may have it too.

    The one that goes on in line (within `near`) beyond the other, which is then the bottom of a notch or the top of a
    bump; else one that is much longer.
    """
    for wall, other in ((a, after[after[b]]), (b, before[before[a]])):
        if ux[wall] * ux[other] + uy[wall] * uy[other] > 1.0 - 0.5 * PARALLEL * PARALLEL and wall != other:
            mx = 0.5 * (x[other] + x[after[other]]) - x[wall]
            my = 0.5 * (y[other] + y[after[other]]) - y[wall]
            if abs(_cross(ux[wall], uy[wall], mx, my)) < near:
                return _FIRST if wall == a else _SECOND
    la, lb = math.hypot(x[after[a]] - x[a], y[after[a]] - y[a]), math.hypot(x[after[b]] - x[b], y[after[b]] - y[b])
    if la > FACADE * lb:
        return _FIRST
    return _SECOND if lb > FACADE * la else _WEIGHED


@helper
def _meet(
    a: int,
    b: int,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    ux: NDArray[np.float64],
    uy: NDArray[np.float64],
    after: NDArray[np.int64],
    before: NDArray[np.int64],
    twice: float,
    least: float,
    most: float,
    reach: float,
    slack: float,
) -> tuple[bool, float]:
    """Let walls a and b meet, taking away what is between them; returns whether that could be, and the area.

    `reach` is how far the corners may move, `slack` by how much b may become shorter than nothing.
    """
    z = after[b]
    c = _cross(ux[a], uy[a], ux[b], uy[b])
    if abs(c) < PARALLEL:
        return False, twice
    s = _cross(x[z] - x[a], y[z] - y[a], ux[b], uy[b]) / c
    mx, my = x[a] + s * ux[a], y[a] + s * uy[a]
    r = (x[z] - mx) * ux[b] + (y[z] - my) * uy[b]
    p = after[a]
    if s < -slack or r < -slack or math.hypot(mx - x[p], my - y[p]) > reach or math.hypot(mx - x[b], my - y[b]) > reach:
        return False, twice
    change = _cross(mx - x[a], my - y[a], x[z] - x[a], y[z] - y[a])
    i: Any = p
    while i != z:
        j = after[i]
        change -= _cross(x[i] - x[a], y[i] - y[a], x[j] - x[a], y[j] - y[a])
        i = j
    if not least <= twice + change <= most:
        return False, twice
    x[b], y[b] = mx, my
    after[a], before[b] = b, a
    return True, twice + change


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
        twice += _cross(x[i] - x[0], y[i] - y[0], x[j] - x[0], y[j] - y[0])
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
            c = abs(_cross(ux[a], uy[a], ux[b], uy[b]))
            if c < PARALLEL and c * min(la, lb) < 0.5 * tolerance:
                done, twice = _merge(a, b, x, y, ux, uy, after, before, twice, least, most, _WEIGHED, 0.0)
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
        c = _cross(ux[p], uy[p], ux[q], uy[q])
        done = False
        gone = 2
        if abs(c) >= PARALLEL:
            done, twice = _meet(
                p, q, x, y, ux, uy, after, before, twice, least, most, _REACH * tolerance, 0.0
            )  # fmt: skip
            gone = 1
        elif walls - 2 < FEWEST:
            done = False
        elif ux[p] * ux[q] + uy[p] * uy[q] > 0.0:
            where = _facade(p, q, x, y, ux, uy, after, before, 0.25 * shortest)
            done, twice = _merge(p, q, x, y, ux, uy, after, before, twice, least, most, where, slack)
            if not done and where != _WEIGHED:
                done, twice = _merge(p, q, x, y, ux, uy, after, before, twice, least, most, _WEIGHED, slack)
        else:
            lp, lq = math.hypot(x[e] - x[p], y[e] - y[p]), math.hypot(x[after[q]] - x[q], y[after[q]] - y[q])
            far = 2.0 * (lp + lq) + tolerance
            if lp <= lq:
                done, twice = _meet(before[p], q, x, y, ux, uy, after, before, twice, least, most, far, slack)
                p = before[p]
            else:
                done, twice = _meet(p, after[q], x, y, ux, uy, after, before, twice, least, most, far, slack)
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
