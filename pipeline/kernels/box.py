"""Colours of a raster at the places of another grid's pixels, by boxes of one to two source pixels: the common case.

What comes out is what `sample` makes of such boxes (bilinear interpolation where they are one pixel wide), at a sixth
of its time: 7 ns for a pixel. A pixel is one word of 32 bits, so four bytes are fetched at once; nine of them are
fetched for each of up to 96 target pixels, which are then computed side by side, as LLVM's vectoriser wants it.

Weights are rounded to 1/2048 along each axis: less than an eighth of a grey value. Only pixels all of whose nine
neighbours are opaque and on the raster are computed that way; the others, at edges, exactly. Which way a pixel goes
depends on its neighbours alone, so it comes out of any window bit by bit.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.places import Places, along, breadth, line_of_cell
from pipeline.kernels.sample import Read

BROADEST: Final = 2.0  # source pixels: a broader box has more than three neighbours along an axis
_RUN: Final = 96  # target pixels at once: the widest cell of places
_ONE: Final = 2048  # what weights along an axis are in all
_FINE: Final = np.int32(4095)  # of eleven bits and one: tells LLVM that products of 16 bits are enough
_HALF: Final = np.int32(32767)


@helper
def _weigh(x: Any, y: Any, n: int, read: Any, broad_x: float, broad_y: float, out: Any) -> None:
    """Rows 0 to 4 of `out`: two weights along x, two along y, the first of nine neighbours, -1 where not all are."""
    scale_x, scale_y = _ONE / broad_x, _ONE / broad_y
    most_x, most_y = np.int32(scale_x + 0.5), np.int32(scale_y + 0.5)
    half_x, half_y = broad_x / 2, broad_y / 2
    width = read.values.shape[1]
    low_x, high_x = float(max(0, read.left)), float(min(read.width, read.left + width) - 2)
    low_y, high_y = float(max(0, read.top)), float(min(read.height, read.top + read.values.shape[0]) - 2)
    left, top = float(read.left), float(read.top)
    for k in range(n):
        west, north = x[k] - half_x, y[k] - half_y
        inside = low_x <= west < high_x and low_y <= north < high_y
        west, north = (west - left if inside else 0.0), (north - top if inside else 0.0)
        column, row = np.int32(west), np.int32(north)
        across = np.int32((column + 1 - west) * scale_x + 0.5)
        down = np.int32((row + 1 - north) * scale_y + 0.5)
        out[k] = across
        out[_RUN + k] = min(most_x, np.int32(_ONE - across))
        out[2 * _RUN + k] = down
        out[3 * _RUN + k] = min(most_y, np.int32(_ONE - down))
        out[4 * _RUN + k] = np.int32(row * np.int32(width)) + column if inside else np.int32(-1)


@helper
def _fetch(words: Any, width: int, n: int, out: Any) -> int:
    """The nine neighbours of each pixel into rows 5 to 13; row 4 becomes -2 where all are transparent, -1 where some.

    Returns how many pixels are left.
    """
    below = np.uint64(width)
    opaque = 0
    for k in range(n):
        at = np.uint64(max(out[4 * _RUN + k], 0))
        a, b, c = words[at], words[at + np.uint64(1)], words[at + np.uint64(2)]
        at += below
        d, e, f = words[at], words[at + np.uint64(1)], words[at + np.uint64(2)]
        at += below
        g, h, i = words[at], words[at + np.uint64(1)], words[at + np.uint64(2)]
        out[5 * _RUN + k], out[6 * _RUN + k], out[7 * _RUN + k] = a, b, c
        out[8 * _RUN + k], out[9 * _RUN + k], out[10 * _RUN + k] = d, e, f
        out[11 * _RUN + k], out[12 * _RUN + k], out[13 * _RUN + k] = g, h, i
        if out[4 * _RUN + k] >= 0:
            # Alpha is the topmost byte. As a number with a sign, -1 once the others are gone.
            if (a & b & c & d & e & f & g & h & i) >> 24 == -1:
                opaque += 1
            else:
                out[4 * _RUN + k] = np.int32(-2 if (a | b | c | d | e | f | g | h | i) >> 24 == 0 else -1)
    return opaque


@helper
def _line(a: Any, b: Any, c: Any, left: Any, middle: Any, right: Any, shift: Any) -> Any:
    """A byte of three neighbours, weighed: 15 bits."""
    byte = np.int32(255)
    total = np.int32(np.int32(np.int32(a >> shift) & byte) * left)
    total = np.int32(total + np.int32(np.int32(np.int32(b >> shift) & byte) * middle))
    total = np.int32(total + np.int32(np.int32(np.int32(c >> shift) & byte) * right))
    return np.int32(np.int32(total + np.int32(8)) >> np.int32(4)) & _HALF


@helper
def _mix(it: Any, n: int, out: Any) -> None:
    """Opaque words of nine opaque neighbours each."""
    one = np.int32(_ONE)
    for k in range(n):
        left, middle, up, level = (
            it[k] & _FINE,
            it[_RUN + k] & _FINE,
            it[2 * _RUN + k] & _FINE,
            it[3 * _RUN + k] & _FINE,
        )
        right, down = np.int32(one - left - middle) & _FINE, np.int32(one - up - level) & _FINE
        word = np.int32(-(1 << 24))
        for band in range(3):
            shift = np.int32(8 * band)
            upper = _line(it[5 * _RUN + k], it[6 * _RUN + k], it[7 * _RUN + k], left, middle, right, shift)
            mean = _line(it[8 * _RUN + k], it[9 * _RUN + k], it[10 * _RUN + k], left, middle, right, shift)
            lower = _line(it[11 * _RUN + k], it[12 * _RUN + k], it[13 * _RUN + k], left, middle, right, shift)
            total = np.int32(np.int32(upper * up) + np.int32(mean * level) + np.int32(lower * down))
            word |= np.int32(np.int32(np.int32(total + np.int32(1 << 17)) >> np.int32(18)) << shift)
        out[k] = word


@helper
def _exactly(read: Any, x: float, y: float, broad_x: float, broad_y: float, out: Any) -> int:
    """One pixel, by floats, where something is transparent or beyond the edge; whether it holds anything."""
    out[:] = 0
    if not (0.0 <= x < read.width and 0.0 <= y < read.height):
        return 0  # not a number lands here too
    source = read.values
    reduced = broad_x > 1.0 or broad_y > 1.0
    if not reduced:
        row, column = int(y) - read.top, int(x) - read.left
        if not (0 <= row < source.shape[0] and 0 <= column < source.shape[1]) or source[row, column, 3] == 0:
            return 0
    west, north = math.floor(x - broad_x / 2), math.floor(y - broad_y / 2)
    whole, present, total = 0.0, 0.0, 0.0
    red, green, blue = 0.0, 0.0, 0.0
    for row in range(max(north, 0), min(north + 3, read.height)):
        down = min(y + broad_y / 2, row + 1.0) - max(y - broad_y / 2, float(row))
        for column in range(max(west, 0), min(west + 3, read.width)):
            weight = max(0.0, down) * max(0.0, min(x + broad_x / 2, column + 1.0) - max(x - broad_x / 2, float(column)))
            i, j = row - read.top, column - read.left
            if weight == 0.0:
                continue
            if not (0 <= i < source.shape[0] and 0 <= j < source.shape[1]):
                return 0  # more than was read: places that are no places of this raster
            whole += weight
            opaque = float(source[i, j, 3])
            if opaque > 0.0:
                present += weight
                total += weight * opaque
                red += weight * opaque * source[i, j, 0]
                green += weight * opaque * source[i, j, 1]
                blue += weight * opaque * source[i, j, 2]
    if (reduced and present < 0.5 * whole) or not total > 0.0:
        return 0
    out[0], out[1], out[2] = int(red / total + 0.5), int(green / total + 0.5), int(blue / total + 0.5)
    out[3] = int(min(max(total / present + 0.5, 1.0), 255.0))
    return 1


@kernel
def box_colours(read: Read, places: Places, averaging: bool, out: NDArray[np.uint8]) -> int:
    """Red, green, blue, alpha of every target pixel; returns how many hold something.

    `read.values` [rows, columns, 4], at least 3 by 3 pixels, has its opacity as fourth band; `read.opacity` is not
    looked at. `averaging` lets boxes grow with the target's pixels, up to `BROADEST`. Outputs `out`
    [rows, columns, 4], 0 where there is nothing. Both in C order and on addresses that four divides.
    """
    rows, columns, _bands = out.shape
    words, written = read.values.view(np.int32).reshape(-1), out.view(np.int32).reshape(-1)
    width = read.values.shape[1]
    cell = 3 * places.spacing
    xs, ys = np.empty(_RUN), np.empty(_RUN)
    it = np.empty(14 * _RUN, np.int32)
    found = 0
    for i in range(rows):
        line = (i + places.skip_y) // cell
        v = (i + places.skip_y - line * cell + 0.5) / places.spacing
        j = 0
        while j < columns:
            column = (j + places.skip_x) // cell
            begin = j + places.skip_x - column * cell
            n = min(columns - j, cell - begin)
            x0, x1, x2, x3 = line_of_cell(places.x, 3 * line, 3 * column, v)
            y0, y1, y2, y3 = line_of_cell(places.y, 3 * line, 3 * column, v)
            broad_x, broad_y = 1.0, 1.0
            if averaging:
                broad_x = min(max(1.0, breadth(places.x, 3 * line, 3 * column, cell)), BROADEST)
                broad_y = min(max(1.0, breadth(places.y, 3 * line, 3 * column, cell)), BROADEST)
            for k in range(n):
                u = (begin + k + 0.5) / places.spacing
                xs[k], ys[k] = along(x0, x1, x2, x3, u), along(y0, y1, y2, y3, u)
            _weigh(xs, ys, n, read, broad_x, broad_y, it)
            opaque = _fetch(words, width, n, it)
            here = written[i * columns + j : i * columns + j + n]
            if opaque > 0:
                _mix(it, n, here)
            if opaque < n:
                for k in range(n):
                    if it[4 * _RUN + k] == -2:
                        here[k] = 0
                    elif it[4 * _RUN + k] == -1:
                        found += _exactly(read, xs[k], ys[k], broad_x, broad_y, out[i, j + k])
            found += opaque
            j += n
    return found
