"""Pieces of lines that follow one another become whole lines, and these tidy ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel


@kernel
def chain(
    follower: NDArray[np.int64],
    offsets: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    first: NDArray[np.int64],
    out_offsets: NDArray[np.int64],
    out_x: NDArray[np.float64],
    out_y: NDArray[np.float64],
) -> int:
    """Put pieces together; returns how many lines they make.

    `follower` [pieces] the piece that begins where this one ends, −1 for none, each at most once; `offsets`
    [pieces + 1] into `x`, `y`. Outputs: `first` [≥ lines] a piece of each line (its first, of a ring the lowest),
    `out_offsets` [≥ lines + 1] into `out_x`, `out_y` [≥ vertices]. The vertex that two pieces share is written once;
    a ring ends with the vertex that it begins with.
    """
    pieces = len(follower)
    led = np.zeros(pieces, np.bool_)
    for p in range(pieces):
        if follower[p] >= 0:
            led[follower[p]] = True
    done = np.zeros(pieces, np.bool_)
    lines = 0
    at = 0
    out_offsets[0] = 0
    for rings in range(2):  # lines with a beginning, then what is left: rings
        for begin in range(pieces):
            if done[begin] or (rings == 0 and led[begin]):
                continue
            p = begin
            while p >= 0 and not done[p]:
                done[p] = True
                for i in range(offsets[p] + (1 if p != begin else 0), offsets[p + 1]):
                    out_x[at] = x[i]
                    out_y[at] = y[i]
                    at += 1
                p = int(follower[p])
            first[lines] = begin
            lines += 1
            out_offsets[lines] = at
    return lines


@helper
def _area(x: NDArray[np.float64], y: NDArray[np.float64], s: int, e: int) -> float:
    """Area that a ring encloses, ≥ 0 (shoelace formula about its first vertex)."""
    twice = 0.0
    for i in range(s + 1, e - 1):
        twice += (x[i] - x[s]) * (y[i + 1] - y[s]) - (x[i + 1] - x[s]) * (y[i] - y[s])
    return abs(twice) / 2.0


@kernel
def tidy(
    offsets: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    nearest: float,
    smallest: float,
    kept: NDArray[np.int64],
    out_offsets: NDArray[np.int64],
    out_x: NDArray[np.float64],
    out_y: NDArray[np.float64],
) -> int:
    """Whole lines without vertices that lie on top of each other, and without rings too small; returns how many.

    `offsets` [lines + 1] into `x`, `y`; lines whose ends are the same are rings. Left out are vertices nearer than
    `nearest` to the one before, rings of an area below `smallest`, and what is then shorter than `nearest`. A ring
    begins with its least vertex, by y, then x. Outputs: `kept` [≥ lines] the line that each was, `out_offsets`
    [≥ lines + 1], `out_x`, `out_y` [≥ vertices].
    """
    lines = 0
    at = 0
    out_offsets[0] = 0
    for line in range(len(offsets) - 1):
        s, e = offsets[line], offsets[line + 1]
        if e - s < 2:
            continue
        ring = x[s] == x[e - 1] and y[s] == y[e - 1]
        turn = s
        if ring:
            if _area(x, y, s, e) < smallest:
                continue
            for i in range(s + 1, e - 1):
                if y[i] < y[turn] or (y[i] == y[turn] and x[i] < x[turn]):
                    turn = i
        begin = at
        steps = e - s
        for k in range(steps):
            i = turn + k
            if i >= e:
                i -= steps - 1  # a ring's last vertex is its first
            if at > begin and (x[i] - out_x[at - 1]) ** 2 + (y[i] - out_y[at - 1]) ** 2 < nearest * nearest:
                if k < steps - 1:
                    continue
                if at - begin > 1:
                    at -= 1  # the last vertex stays, the one before it goes
                else:
                    break
            out_x[at] = x[i]
            out_y[at] = y[i]
            at += 1
        if at - begin < (4 if ring else 2):
            at = begin
            continue
        kept[lines] = line
        lines += 1
        out_offsets[lines] = at
    return lines
