"""Heights across the edges of sheets: what lies beyond a raster's edge is asked of those around it.

Between the centres of the outermost pixels and the edge, half a pixel wide, a raster alone knows only the outermost
pixel: slopes would end in a step at every sheet. With what others know at the centres of the pixels that would come
next, heights are interpolated as if both were one raster, exactly so where they share a grid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.sources.raster_pixels import Box
from pipeline.sources.raster_place import RasterPlace

Floats = NDArray[np.float64]
Beyond = Callable[[Floats, Floats], Floats]  # x and y in EPSG:3857 metres → values, NaN where nobody knows one
ReadBox = Callable[[Box], tuple[NDArray[Any], NDArray[np.uint8]]]  # left, top, right, bottom → values, opacity

_EDGE: Final = 1e-6  # of a pixel: so near beyond the edge a place still lies on it
_MOST: Final = 1 << 22  # pixels read at once for places that may lie anywhere


def fill_beyond(
    source: NDArray[Any], opacity: NDArray[np.uint8], box: Box, place: RasterPlace, beyond: Beyond, *, only: bool
) -> NDArray[Any]:
    """The pixels of a box [rows, columns, 1] with those beyond the raster's edge as others know them.

    Integers become 32-bit floats. `opacity` [rows, columns] is changed; what nobody knows beyond the edge is nothing
    with `only`, else it stays as it is.
    """
    left, top, _right, _bottom = box
    for first_row, last_row, first_column, last_column in _strips(box, place.width, place.height):
        rows, columns = slice(first_row - top, last_row - top), slice(first_column - left, last_column - left)
        if only:
            opacity[rows, columns] = 0
        column, row = np.meshgrid(np.arange(first_column, last_column) + 0.5, np.arange(first_row, last_row) + 0.5)
        found = beyond(*place.to_mercator(column, row))
        known = np.isfinite(found)
        if known.any():
            if not np.issubdtype(source.dtype, np.floating):
                source = source.astype(np.float32)
            source[rows, columns, 0][known] = found[known]
            opacity[rows, columns][known] = 255
    return source


def _strips(box: Box, width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    """First and last rows and columns of the parts of a box that lie beyond a raster."""
    left, top, right, bottom = box
    inner_top, inner_bottom = max(top, 0), min(bottom, height)
    for strip in (
        (top, inner_top, left, right),
        (inner_bottom, bottom, left, right),
        (inner_top, inner_bottom, left, max(left, 0)),
        (inner_top, inner_bottom, min(right, width), right),
    ):
        if strip[0] < strip[1] and strip[2] < strip[3]:
            yield strip


def values_at(place: RasterPlace, read: ReadBox, x: Floats, y: Floats) -> Floats:
    """A raster's values at places in EPSG:3857 metres [n], bilinear; NaN beyond its edge and where it holds nothing."""
    out = np.full(len(x), np.nan)
    columns, rows = place.to_pixels(x, y)
    with np.errstate(invalid="ignore"):
        inside = (
            (columns >= -_EDGE) & (columns <= place.width + _EDGE) & (rows >= -_EDGE) & (rows <= place.height + _EDGE)
        )
    for some in _near_another(np.flatnonzero(inside), columns, rows):
        column, row = columns[some] - 0.5, rows[some] - 0.5
        i, j = (
            np.clip(np.floor(each), 0, max(size - 2, 0)).astype(np.int64)
            for each, size in ((row, place.height), (column, place.width))
        )
        box = (int(j.min()), int(i.min()), min(int(j.max()) + 2, place.width), min(int(i.max()) + 2, place.height))
        values, opacity = read(box)
        v, u = np.clip(row - i, 0, 1), np.clip(column - j, 0, 1)
        total, weight = np.zeros(len(some)), np.zeros(len(some))
        for down, across, share in ((0, 0, (1 - v) * (1 - u)), (0, 1, (1 - v) * u), (1, 0, v * (1 - u)), (1, 1, v * u)):
            at = (np.minimum(i + down, place.height - 1) - box[1], np.minimum(j + across, place.width - 1) - box[0])
            share = np.where(opacity[at] > 0, share, 0.0)
            total += share * np.where(share > 0, values[at][:, 0].astype(np.float64), 0.0)
            weight += share
        with np.errstate(invalid="ignore"):
            out[some] = np.where(weight >= 0.5, total / weight, np.nan)
    return out


def _near_another(places: NDArray[np.int64], columns: Floats, rows: Floats) -> Iterator[NDArray[np.int64]]:
    """The places in parts whose pixels are read at once."""
    if not len(places):
        return
    size = (np.ptp(columns[places]) + 3) * (np.ptp(rows[places]) + 3)
    if size <= _MOST or len(places) == 1:
        yield places
        return
    yield from _near_another(places[: len(places) // 2], columns, rows)
    yield from _near_another(places[len(places) // 2 :], columns, rows)
