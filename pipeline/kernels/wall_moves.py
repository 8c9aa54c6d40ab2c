"""What is done with two walls of a ring when the wall between them goes: they become one, or they meet.

Directions are kept; a change that would move the ring's area out of its bounds is refused.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper

PARALLEL = 0.34  # sine of the angle, 20°, below which two walls count as parallel
FACADE = 2.0  # times the length of another wall: is not moved for its sake
WEIGHED, FIRST, SECOND = 0, 1, 2  # where two walls that become one shall lie


@helper
def cross(ax: float, ay: float, bx: float, by: float) -> float:
    """Twice the signed area between two vectors."""
    return ax * by - ay * bx


@helper
def merge(
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

    It takes the direction of the longer, or of the one that `where` names with its place; `WEIGHED` is the place that
    keeps the area. `slack` is by how much the walls around may become shorter than nothing: they go next.
    """
    o, p, q, z = before[a], after[a], after[b], after[after[b]]
    la = (x[p] - x[a]) * ux[a] + (y[p] - y[a]) * uy[a]
    lb = (x[q] - x[b]) * ux[b] + (y[q] - y[b]) * uy[b]
    if la + lb <= 0.0:
        return False, twice
    first = where == FIRST or (where == WEIGHED and la >= lb)
    vx, vy = (ux[a], uy[a]) if first else (ux[b], uy[b])
    co, cz = cross(ux[o], uy[o], vx, vy), cross(vx, vy, ux[q], uy[q])
    if abs(co) < PARALLEL or abs(cz) < PARALLEL:
        return False, twice
    if where == FIRST:
        mx, my = x[a], y[a]
    elif where == SECOND:
        mx, my = x[b], y[b]
    else:
        mx = (la * (x[a] + x[p]) + lb * (x[b] + x[q])) / (2.0 * (la + lb))
        my = (la * (y[a] + y[p]) + lb * (y[b] + y[q])) / (2.0 * (la + lb))
    s = cross(mx - x[o], my - y[o], vx, vy) / co
    ax, ay = x[o] + s * ux[o], y[o] + s * uy[o]
    r = cross(vx, vy, x[z] - mx, y[z] - my) / cz
    bx, by = x[z] - r * ux[q], y[z] - r * uy[q]
    if s < -slack or r < -slack or (bx - ax) * vx + (by - ay) * vy <= 0.0:
        return False, twice
    change = cross(x[o] - x[a], y[o] - y[a], ax - x[a], ay - y[a]) + cross(
        ax - x[a], ay - y[a], bx - x[a], by - y[a]
    ) + cross(bx - x[a], by - y[a], x[z] - x[a], y[z] - y[a])  # fmt: skip
    i: Any = after[a]
    while i != z:  # the old outline from o to z, seen from the start of a
        j = after[i]
        change -= cross(x[i] - x[a], y[i] - y[a], x[j] - x[a], y[j] - y[a])
        i = j
    if not least <= twice + change <= most:
        return False, twice
    x[a], y[a], ux[a], uy[a] = ax, ay, vx, vy
    x[q], y[q] = bx, by
    after[a], before[q] = q, a
    return True, twice + change


@helper
def facade(
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
            if abs(cross(ux[wall], uy[wall], mx, my)) < near:
                return FIRST if wall == a else SECOND
    la, lb = math.hypot(x[after[a]] - x[a], y[after[a]] - y[a]), math.hypot(x[after[b]] - x[b], y[after[b]] - y[b])
    if la > FACADE * lb:
        return FIRST
    return SECOND if lb > FACADE * la else WEIGHED


@helper
def meet(
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
    c = cross(ux[a], uy[a], ux[b], uy[b])
    if abs(c) < PARALLEL:
        return False, twice
    s = cross(x[z] - x[a], y[z] - y[a], ux[b], uy[b]) / c
    mx, my = x[a] + s * ux[a], y[a] + s * uy[a]
    r = (x[z] - mx) * ux[b] + (y[z] - my) * uy[b]
    p = after[a]
    if s < -slack or r < -slack or math.hypot(mx - x[p], my - y[p]) > reach or math.hypot(mx - x[b], my - y[b]) > reach:
        return False, twice
    change = cross(mx - x[a], my - y[a], x[z] - x[a], y[z] - y[a])
    i: Any = p
    while i != z:
        j = after[i]
        change -= cross(x[i] - x[a], y[i] - y[a], x[j] - x[a], y[j] - y[a])
        i = j
    if not least <= twice + change <= most:
        return False, twice
    x[b], y[b] = mx, my
    after[a], before[b] = b, a
    return True, twice + change
