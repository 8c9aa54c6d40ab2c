"""Values of a raster at the places of another grid's pixels: nearest, box, cubic or Lanczos.

A box as wide as a target pixel, and never narrower than a source pixel, is the area average where the source is finer
and bilinear interpolation, exactly, where it is coarser.

All arithmetic is done in coordinates of the whole raster, so that the same pixel comes out of any window bit by bit.
A target pixel holds something where its centre lies on a source pixel that does, so rasters that share an edge leave
neither gap nor overlap; only where pixels are averaged, half of those under the box have to. Neighbours weigh as much
as they are opaque, and those that hold nothing, or lie beyond the raster's edge, weigh nothing.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.places import Places, along, breadth, line_of_cell

NEAREST: Final = 0
BOX: Final = 1
CUBIC: Final = 2
LANCZOS: Final = 3


class Part(NamedTuple):
    """Where the pixels that were read lie in the raster; source pixels."""

    left: int
    top: int
    width: int  # of the raster
    height: int


class Range(NamedTuple):
    """What values of the target's type can be."""

    low: float
    high: float
    whole: bool  # integers: values are rounded, halves upwards


@helper
def _cubic(t: float) -> float:
    """Keys 1981 with a = −1/2, which GDAL takes too."""
    t = abs(t)
    if t < 1.0:
        return (1.5 * t - 2.5) * t * t + 1.0
    if t < 2.0:
        return ((-0.5 * t + 2.5) * t - 4.0) * t + 2.0
    return 0.0


@helper
def _lanczos(t: float) -> float:
    """sinc(t)·sinc(t/3), three pixels to either side."""
    if t == 0.0:
        return 1.0
    if abs(t) >= 3.0:
        return 0.0
    a = math.pi * t
    return 3.0 * math.sin(a) * math.sin(a / 3.0) / (a * a)


@helper
def _weigh(method: int, at: float, broad: float, size: int, weights: Any) -> Any:
    """The first pixel of an axis that counts, and how many do; their weights are written down, 1 in all."""
    if method == NEAREST:
        first, last = int(at), int(at)
    elif method == BOX:
        first, last = int(math.floor(at - broad / 2)), int(math.ceil(at + broad / 2)) - 1
    elif method == CUBIC:
        first = int(math.floor(at - 0.5)) - 1
        last = first + 3
    else:
        first = int(math.floor(at - 0.5)) - 2
        last = first + 5
    first, last = max(first, 0), min(last, size - 1)
    total = 0.0
    for k in range(last - first + 1):
        pixel = first + k
        if method == NEAREST:
            weight = 1.0
        elif method == BOX:
            weight = max(0.0, min(at + broad / 2, pixel + 1.0) - max(at - broad / 2, float(pixel)))
        elif method == CUBIC:
            weight = _cubic(pixel + 0.5 - at)
        else:
            weight = _lanczos(pixel + 0.5 - at)
        weights[k] = weight
        total += weight
    for k in range(last - first + 1):
        weights[k] /= total
    return first, last - first + 1


@kernel
def sample(
    source: NDArray[Any],
    opacity: NDArray[np.uint8],
    part: Part,
    places: Places,
    method: int,
    averaging: bool,
    values: Range,
    out: NDArray[Any],
    alpha: NDArray[np.uint8],
) -> int:
    """Sample every target pixel; returns how many hold something.

    `source` [rows, columns, bands] and its `opacity` [rows, columns], 0 where there is nothing; `averaging` lets boxes
    grow with the target's pixels. Outputs `out` [rows, columns, bands], 0 where there is nothing, and `alpha` [rows,
    columns].
    """
    rows, columns, bands = out.shape
    cell = 3 * places.spacing
    broadest = 1.0
    if averaging:
        for a in range(0, places.x.shape[0] - 3, 3):
            for b in range(0, places.x.shape[1] - 3, 3):
                here = max(breadth(places.x, a, b, cell), breadth(places.y, a, b, cell))
                if here > broadest and math.isfinite(here):
                    broadest = here
    across, down = np.empty(int(broadest) + 8), np.empty(int(broadest) + 8)
    sums = np.empty(bands)
    last_x, last_y = part.left + source.shape[1], part.top + source.shape[0]
    found = 0
    for i in range(rows):
        line = (i + places.skip_y) // cell
        v = (i + places.skip_y - line * cell + 0.5) / places.spacing
        column = -1
        broad_x, broad_y, u = 1.0, 1.0, 0.0
        x0 = x1 = x2 = x3 = y0 = y1 = y2 = y3 = 0.0
        for j in range(columns):
            if (j + places.skip_x) // cell != column:
                column = (j + places.skip_x) // cell
                x0, x1, x2, x3 = line_of_cell(places.x, 3 * line, 3 * column, v)
                y0, y1, y2, y3 = line_of_cell(places.y, 3 * line, 3 * column, v)
                if averaging:
                    broad_x = max(1.0, breadth(places.x, 3 * line, 3 * column, cell))
                    broad_y = max(1.0, breadth(places.y, 3 * line, 3 * column, cell))
            u = (j + places.skip_x - column * cell + 0.5) / places.spacing
            x, y = along(x0, x1, x2, x3, u), along(y0, y1, y2, y3, u)
            alpha[i, j] = 0
            for band in range(bands):
                out[i, j, band] = 0
            if not (0.0 <= x < part.width and 0.0 <= y < part.height):
                continue  # not a number lands here too
            reduced = broad_x > 1.0 or broad_y > 1.0
            left, wide = _weigh(method, x, broad_x, part.width, across)
            top, high = _weigh(method, y, broad_y, part.height, down)
            if left < part.left or left + wide > last_x or top < part.top or top + high > last_y:
                continue  # more than was read: places that are no places of this raster
            if not reduced and opacity[int(y) - part.top, int(x) - part.left] == 0:
                continue
            sums[:] = 0.0
            present, total = 0.0, 0.0
            for r in range(high):
                row = top + r - part.top
                for c in range(wide):
                    pixel = left + c - part.left
                    opaque = opacity[row, pixel]
                    if opaque == 0:
                        continue
                    weight = down[r] * across[c]
                    present += weight
                    weight *= float(opaque)
                    total += weight
                    for band in range(bands):
                        sums[band] += weight * source[row, pixel, band]
            if reduced and present < 0.5 or not total > 0.0:
                continue
            found += 1
            alpha[i, j] = int(min(max(total / present + 0.5, 1.0), 255.0))
            for band in range(bands):
                value = min(max(sums[band] / total, values.low), values.high)
                out[i, j, band] = math.floor(value + 0.5) if values.whole else value
    return found


@kernel
def sample_bytes(
    source: NDArray[np.uint8],
    opacity: NDArray[np.uint8],
    opaque: bool,
    part: Part,
    places: Places,
    out: NDArray[np.uint8],
    alpha: NDArray[np.uint8],
) -> int:
    """Bilinear values of bytes at every target pixel, three to four times as fast; returns how many hold something.

    As `sample`, but places are rounded to 1/2048 pixel, of which a byte feels an eighth at most, and what was read
    must reach a pixel beyond whatever target pixels lie on, the raster's outermost pixels being repeated outside.
    `opacity` is not looked at where all is `opaque`.
    """
    rows, columns, bands = out.shape
    cell = 3 * places.spacing
    width = source.shape[1]
    flat, opacities, written = source.reshape(-1), opacity.reshape(-1), out.reshape(-1)
    # What lies on the raster, and has its neighbours in what was read.
    first_x, last_x = max(0.0, part.left + 0.5), min(float(part.width), part.left + width - 0.5)
    first_y, last_y = max(0.0, part.top + 0.5), min(float(part.height), part.top + source.shape[0] - 0.5)
    one, step, below = np.uint64(1), np.uint64(bands), np.uint64(width)
    corner = np.empty(cell, np.uint64)  # the north-western of the four neighbours
    right, down = np.empty(cell, np.int32), np.empty(cell, np.int32)  # 1/2048 pixel from its centre
    inside = np.empty(cell, np.bool_)
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
            met = 0
            for k in range(n):
                u = (begin + k + 0.5) / places.spacing
                x, y = along(x0, x1, x2, x3, u), along(y0, y1, y2, y3, u)
                inside[k] = first_x <= x < last_x and first_y <= y < last_y
                if not inside[k]:
                    continue
                met += 1
                fine_x, fine_y = int((x + 0.5) * 2048.0), int((y + 0.5) * 2048.0)  # one pixel is added: never negative
                right[k], down[k] = fine_x & 2047, fine_y & 2047
                corner[k] = ((fine_y >> 11) - 1 - part.top) * width + ((fine_x >> 11) - 1 - part.left)
            at = np.uint64((i * columns + j) * bands)
            if met == n and opaque and bands == 3:
                for k in range(n):
                    north = corner[k] * step
                    south = north + below * step
                    fx, fy = right[k], down[k]
                    for band in range(3):
                        b = np.uint64(band)
                        west, east = np.int32(flat[north + b]), np.int32(flat[north + b + step])
                        upper = np.int32((west << 11) + (east - west) * fx)
                        west, east = np.int32(flat[south + b]), np.int32(flat[south + b + step])
                        lower = np.int32((west << 11) + (east - west) * fx)
                        written[at + b] = ((upper << 11) + (lower - upper) * fy + (1 << 21)) >> 22
                    at += step
                    alpha[i, j + k] = 255
                found += n
                j += n
                continue
            for k in range(n):
                present = 0.0
                o00 = o10 = o01 = o11 = 255
                if inside[k] and not opaque:
                    north = corner[k]
                    o00, o10 = int(opacities[north]), int(opacities[north + one])
                    o01, o11 = int(opacities[north + below]), int(opacities[north + below + one])
                    if down[k] < 1024:
                        inside[k] = (o00 if right[k] < 1024 else o10) > 0
                    else:
                        inside[k] = (o01 if right[k] < 1024 else o11) > 0
                if not inside[k]:
                    alpha[i, j + k] = 0
                    for band in range(bands):
                        written[at + np.uint64(band)] = 0
                    at += step
                    continue
                found += 1
                north = corner[k] * step
                south = north + below * step
                fx, fy = right[k], down[k]
                if o00 == 255 and o10 == 255 and o01 == 255 and o11 == 255:
                    for band in range(bands):
                        b = np.uint64(band)
                        west, east = np.int32(flat[north + b]), np.int32(flat[north + b + step])
                        upper = np.int32((west << 11) + (east - west) * fx)
                        west, east = np.int32(flat[south + b]), np.int32(flat[south + b + step])
                        lower = np.int32((west << 11) + (east - west) * fx)
                        written[at + b] = ((upper << 11) + (lower - upper) * fy + (1 << 21)) >> 22
                    alpha[i, j + k] = 255
                else:
                    w00, w10 = float((2048 - fx) * (2048 - fy)), float(fx * (2048 - fy))
                    w01, w11 = float((2048 - fx) * fy), float(fx * fy)
                    present += w00 if o00 > 0 else 0.0
                    present += w10 if o10 > 0 else 0.0
                    present += w01 if o01 > 0 else 0.0
                    present += w11 if o11 > 0 else 0.0
                    w00, w10, w01, w11 = w00 * o00, w10 * o10, w01 * o01, w11 * o11
                    total = w00 + w10 + w01 + w11
                    for band in range(bands):
                        b = np.uint64(band)
                        value = w00 * flat[north + b] + w10 * flat[north + b + step]
                        value += w01 * flat[south + b] + w11 * flat[south + b + step]
                        written[at + b] = int(value / total + 0.5)
                    alpha[i, j + k] = max(1, int(total / present + 0.5))
                at += step
            j += n
    return found


@kernel
def find_nothing(source: NDArray[Any], nodata: NDArray[np.float64], opacity: NDArray[np.uint8]) -> int:
    """Set `opacity` [rows, columns] to 0 where `source` [rows, columns, bands] holds nothing; returns how often.

    Nothing is a pixel all of whose bands have their value of `nodata` [bands], or any of whose bands is no finite
    number. A nodata value that is no number means no value.
    """
    rows, columns, bands = source.shape
    cleared = 0
    for i in range(rows):
        for j in range(columns):
            if opacity[i, j] == 0:
                continue
            same, finite = True, True
            for band in range(bands):
                value = float(source[i, j, band])
                same = same and value == nodata[band]
                finite = finite and math.isfinite(value)
            if same or not finite:
                opacity[i, j] = 0
                cleared += 1
    return cleared
