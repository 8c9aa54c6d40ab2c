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


class Read(NamedTuple):
    """What was read of a raster, and where it lies in it; source pixels."""

    values: NDArray[Any]  # [rows, columns, bands]
    opacity: NDArray[np.uint8]  # [rows, columns], 0 where there is nothing
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
        first, last = math.floor(at - broad / 2), math.ceil(at + broad / 2) - 1
    elif method == CUBIC:
        first = math.floor(at - 0.5) - 1
        last = first + 3
    else:
        first = math.floor(at - 0.5) - 2
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
    read: Read,
    places: Places,
    method: int,
    averaging: bool,
    values: Range,
    out: NDArray[Any],
    alpha: NDArray[np.uint8],
) -> int:
    """Sample every target pixel; returns how many hold something.

    `averaging` lets boxes grow with the target's pixels. Outputs `out` [rows, columns, bands], 0 where there is
    nothing, and `alpha` [rows, columns].
    """
    rows, columns, bands = out.shape
    source, opacity = read.values, read.opacity
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
    last_x, last_y = read.left + source.shape[1], read.top + source.shape[0]
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
            if not (0.0 <= x < read.width and 0.0 <= y < read.height):
                continue  # not a number lands here too
            reduced = broad_x > 1.0 or broad_y > 1.0
            left, wide = _weigh(method, x, broad_x, read.width, across)
            top, high = _weigh(method, y, broad_y, read.height, down)
            if left < read.left or left + wide > last_x or top < read.top or top + high > last_y:
                continue  # more than was read: places that are no places of this raster
            if not reduced and opacity[int(y) - read.top, int(x) - read.left] == 0:
                continue
            sums[:] = 0.0
            present, total = 0.0, 0.0
            for r in range(high):
                row = top + r - read.top
                for c in range(wide):
                    pixel = left + c - read.left
                    opaque = opacity[row, pixel]
                    if opaque == 0:
                        continue
                    weight = down[r] * across[c]
                    present += weight
                    weight *= float(opaque)
                    total += weight
                    for band in range(bands):
                        sums[band] += weight * source[row, pixel, band]
            if (reduced and present < 0.5) or not total > 0.0:
                continue
            found += 1
            alpha[i, j] = int(min(max(total / present + 0.5, 1.0), 255.0))
            for band in range(bands):
                value = min(max(sums[band] / total, values.low), values.high)
                out[i, j, band] = math.floor(value + 0.5) if values.whole else value
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
