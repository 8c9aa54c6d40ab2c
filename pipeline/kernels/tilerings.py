"""Rings on the tile grid: cleaning, area, and which hole belongs to which shell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper


@helper
def clean_ring(x: NDArray[np.int64], y: NDArray[np.int64], s: int, e: int) -> int:
    """Drop repeated, collinear and spike vertices of the unclosed ring [s, e) in place; returns the new end.

    All are exact on integers and change no area; fewer than three vertices left: returns `s`.
    """
    o = s
    for i in range(s, e):
        px, py = x[i], y[i]
        while o > s:
            if x[o - 1] == px and y[o - 1] == py:
                o -= 1
                continue
            if o - s >= 2:
                ax, ay = x[o - 2], y[o - 2]
                bx, by = x[o - 1], y[o - 1]
                if (bx - ax) * (py - by) == (by - ay) * (px - bx):
                    o -= 1
                    continue
            break
        x[o] = px
        y[o] = py
        o += 1
    first = s
    changed = True
    while changed and o - first >= 3:  # the seam between the last and the first vertex
        changed = False
        if x[o - 1] == x[first] and y[o - 1] == y[first]:
            o -= 1
            changed = True
            continue
        ax, ay, bx, by, cx, cy = x[o - 2], y[o - 2], x[o - 1], y[o - 1], x[first], y[first]
        if (bx - ax) * (cy - by) == (by - ay) * (cx - bx):
            o -= 1
            changed = True
            continue
        ax, ay, bx, by, cx, cy = x[o - 1], y[o - 1], x[first], y[first], x[first + 1], y[first + 1]
        if (bx - ax) * (cy - by) == (by - ay) * (cx - bx):
            first += 1
            changed = True
    if o - first < 3:
        return s
    if first > s:
        for i in range(first, o):
            x[i - first + s] = x[i]
            y[i - first + s] = y[i]
        o -= first - s
    return o


@helper
def clean_line(x: NDArray[np.int64], y: NDArray[np.int64], s: int, e: int) -> int:
    """Drop repeated vertices and those in the middle of a straight run of line [s, e) in place; returns the new end."""
    o = s
    for i in range(s, e):
        px, py = x[i], y[i]
        if o > s and x[o - 1] == px and y[o - 1] == py:
            continue
        if o - s >= 2:
            ux, uy = x[o - 1] - x[o - 2], y[o - 1] - y[o - 2]
            vx, vy = px - x[o - 1], py - y[o - 1]
            if ux * vy == uy * vx and ux * vx + uy * vy > 0:
                o -= 1
        x[o] = px
        y[o] = py
        o += 1
    return o if o - s >= 2 else s


@helper
def area2(x: NDArray[np.int64], y: NDArray[np.int64], s: int, e: int) -> np.int64:
    """Twice the signed area of the unclosed ring [s, e): positive where MVT 2.1 §4.3.3.3 wants an exterior."""
    total = np.int64(0)
    ox, oy = x[s], y[s]  # relative, so that products stay small
    for i in range(s + 1, e - 1):
        total += (x[i] - ox) * (y[i + 1] - oy) - (x[i + 1] - ox) * (y[i] - oy)
    return total


@helper
def side_of(x: NDArray[np.int64], y: NDArray[np.int64], s: int, e: int, px: int, py: int) -> int:
    """Point against the unclosed ring [s, e): 1 inside, 0 on it, -1 outside (crossing number, exact)."""
    inside = False
    j = e - 1
    for i in range(s, e):
        ax, ay, bx, by = x[j], y[j], x[i], y[i]
        j = i
        cross = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
        if cross == 0 and min(ax, bx) <= px <= max(ax, bx) and min(ay, by) <= py <= max(ay, by):
            return 0
        if (ay > py) != (by > py) and (cross > 0) == (by > ay):
            inside = not inside
    return 1 if inside else -1


@helper
def hole_in(x: NDArray[np.int64], y: NDArray[np.int64], hs: int, he: int, s: int, e: int) -> int:
    """Hole [hs, he) against shell [s, e): 1 inside, -1 outside, 0 when every vertex touches the shell."""
    for i in range(hs, he):
        side = side_of(x, y, s, e, x[i], y[i])
        if side != 0:
            return int(side)
    return 0
