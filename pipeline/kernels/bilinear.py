"""Bilinear values of a raster at the places of another grid's pixels, three to ten times as fast as `sample`.

What comes out is what `sample` makes of boxes one source pixel wide; see there for what counts as holding something.
What was read must reach a pixel beyond whatever target pixels lie on, the raster's outermost pixels being repeated
outside it, so that there always are four neighbours.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.places import Places, along, line_of_cell
from pipeline.kernels.sample import Range, Read


@helper
def _reach(begin: int, read: int, size: int) -> tuple[float, float]:
    """Along one axis: from where to where places lie on the raster and have their neighbours in what was read."""
    return max(0.0, begin + 0.5), min(float(size), begin + read - 0.5)


@helper
def _shares(o00: int, o10: int, o01: int, o11: int, fx: float, fy: float) -> Any:
    """The neighbours' weights by place and opacity (one in all), and how opaque the pixel is."""
    w00, w10, w01, w11 = (1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy
    present = 0.0
    present += w00 if o00 > 0 else 0.0
    present += w10 if o10 > 0 else 0.0
    present += w01 if o01 > 0 else 0.0
    present += w11 if o11 > 0 else 0.0
    w00, w10, w01, w11 = w00 * o00, w10 * o10, w01 * o01, w11 * o11
    total = w00 + w10 + w01 + w11
    return w00 / total, w10 / total, w01 / total, w11 / total, max(1, int(total / present + 0.5))


@kernel
def bilinear(
    read: Read,
    places: Places,
    values: Range,
    out: NDArray[Any],
    alpha: NDArray[np.uint8],
) -> int:
    """Bilinear values of any type at every target pixel; returns how many hold something.

    Outputs `out` [rows, columns, bands], 0 where there is nothing, and `alpha` [rows, columns].
    """
    rows, columns, bands = out.shape
    source, opacity = read.values, read.opacity
    cell = 3 * places.spacing
    width = source.shape[1]
    first_x, last_x = _reach(read.left, width, read.width)
    first_y, last_y = _reach(read.top, source.shape[0], read.height)
    flat, opacities, written = source.reshape(-1), opacity.reshape(-1), out.reshape(-1)
    one, step, below = np.uint64(1), np.uint64(bands), np.uint64(width)
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
            at = np.uint64((i * columns + j) * bands)
            for k in range(n):
                u = (begin + k + 0.5) / places.spacing
                x, y = along(x0, x1, x2, x3, u), along(y0, y1, y2, y3, u)
                if not (first_x <= x < last_x and first_y <= y < last_y):
                    alpha[i, j + k] = 0
                    for band in range(bands):
                        written[at + np.uint64(band)] = 0
                    at += step
                    continue
                west, north = int(x + 0.5) - 1, int(y + 0.5) - 1  # never below -1, so cutting off is rounding down
                fx, fy = x - 0.5 - west, y - 0.5 - north
                corner = np.uint64((north - read.top) * width + (west - read.left))
                o00, o10 = int(opacities[corner]), int(opacities[corner + one])
                o01, o11 = int(opacities[corner + below]), int(opacities[corner + below + one])
                w00, w10, w01, w11 = (1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy
                opaque = 255
                if o00 + o10 + o01 + o11 != 1020:
                    nearest = (o00 if fx < 0.5 else o10) if fy < 0.5 else (o01 if fx < 0.5 else o11)
                    if nearest == 0:
                        alpha[i, j + k] = 0
                        for band in range(bands):
                            written[at + np.uint64(band)] = 0
                        at += step
                        continue
                    w00, w10, w01, w11, opaque = _shares(o00, o10, o01, o11, fx, fy)
                    # What weighs nothing may be no number.
                    corner *= step
                    for band in range(bands):
                        b = corner + np.uint64(band)
                        value = 0.0
                        if o00 > 0:
                            value += w00 * flat[b]
                        if o10 > 0:
                            value += w10 * flat[b + step]
                        b += below * step
                        if o01 > 0:
                            value += w01 * flat[b]
                        if o11 > 0:
                            value += w11 * flat[b + step]
                        written[at + np.uint64(band)] = math.floor(value + 0.5) if values.whole else value
                else:
                    corner *= step
                    for band in range(bands):
                        b = corner + np.uint64(band)
                        value = w00 * flat[b] + w10 * flat[b + step]
                        b += below * step
                        value += w01 * flat[b] + w11 * flat[b + step]
                        written[at + np.uint64(band)] = math.floor(value + 0.5) if values.whole else value
                alpha[i, j + k] = opaque
                found += 1
                at += step
            j += n
    return found
