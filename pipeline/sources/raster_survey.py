"""What the pixels of a raster are, all of them read once: how many show something, from where to where they reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.sources.raster import RasterInfo, RasterOptions, describe_raster
from pipeline.sources.raster_open import open_raster, settings
from pipeline.sources.raster_pixels import Box, PixelReader

Grid = tuple[float, float, float, float]  # x and y of the upper left corner, step in x and step in y; the CRS's units

# Values by which programs mark pixels without one (GDAL, ArcGIS, SRTM, the lowest float32).
MARKS: Final = (-9999.0, -99999.0, -32768.0, -32767.0, float(np.finfo(np.float32).min), 1e20)
_STEEP: Final = 5.67  # the tangent of 80°: natural ground is not so steep on all sides of a cell
_LOWEST_SPIKE: Final = 10.0  # units; less is a tree or a house of a surface model
_WIDE: Final = 2048  # pixels of a box that is read at once, each way
_KEPT: Final = 100  # places of spikes


@dataclass(frozen=True, slots=True)
class PixelSurvey:
    """All pixels of one raster."""

    pixels: int
    shown: int  # those that are something: not nodata, masked, transparent, or not a number
    lowest: tuple[float, ...]  # of the shown pixels, for each band; NaN where there are none
    highest: tuple[float, ...]
    lowest_height: float  # of elevations, without those of `MARKS`; NaN where there are none
    highest_height: float
    marked: tuple[tuple[float, int], ...]  # shown pixels of elevations with a value of `MARKS`: value, number
    spikes: int  # pixels of elevations far above or below all their neighbours
    spike_at: tuple[tuple[int, int], ...]  # column and row of the first of them
    grid: Grid | None  # None of a raster that is turned, or placed by control points
    own_crs: str | None  # WKT that the file itself declares


def survey_raster(info: RasterInfo, spike: float | None = None) -> PixelSurvey:
    """Read every pixel of a raster, box by box.

    `spike` is by how much, in units of its values, a pixel of elevations stands out of all eight around it; without it
    as much as a slope of 80° makes of a pixel's width, at least 10. Pixels at the edge are none. Raises InputError for
    a file that turns out to be damaged.
    """
    heights = info.kind == "elevation"
    limit = spike if spike is not None else max(_LOWEST_SPIKE, _STEEP * ground_resolution(info))
    limit /= abs(info.scale)  # as the file stores them
    with settings(), open_raster(info.path) as dataset:
        reader = PixelReader(info, dataset)
        low, high = np.full(reader.bands, np.inf), np.full(reader.bands, -np.inf)
        lowest, highest, shown, spikes = np.inf, -np.inf, 0, 0
        marked = dict.fromkeys(MARKS, 0)
        places: list[tuple[int, int]] = []
        for left, top, right, bottom in _boxes(info.width, info.height):
            around = (left - 1, top - 1, right + 1, bottom + 1)
            values, opacity = reader.read(dataset, (info.width, info.height), 1, around)
            there = opacity > 0
            inner, seen = values[1:-1, 1:-1], there[1:-1, 1:-1]
            shown += int(seen.sum())
            for band in range(reader.bands):
                some = inner[:, :, band][seen]
                if some.size:
                    low[band], high[band] = min(low[band], float(some.min())), max(high[band], float(some.max()))
            if heights:
                for value in marked:
                    marks = _equal(values[:, :, 0], value) & there
                    marked[value] += int(marks[1:-1, 1:-1].sum())
                    there &= ~marks
                some = inner[:, :, 0][there[1:-1, 1:-1]]
                if some.size:
                    lowest, highest = min(lowest, float(some.min())), max(highest, float(some.max()))
                rows, columns = _spikes(values[:, :, 0].astype(np.float64), there, limit)
                spikes += len(rows)
                found = zip((columns + left).tolist(), (rows + top).tolist(), strict=True)
                places += list(found)[: _KEPT - len(places)]
        ends = [each * info.scale + info.offset for each in (lowest, highest)]
        place = dataset.transform
        plain = not place.is_identity and not place.b and not place.d
        own = dataset.crs or dataset.gcps[1]
        return PixelSurvey(
            pixels=info.width * info.height,
            shown=shown,
            lowest=tuple(low.tolist()) if shown else (np.nan,) * reader.bands,
            highest=tuple(high.tolist()) if shown else (np.nan,) * reader.bands,
            lowest_height=min(ends) if lowest <= highest else np.nan,
            highest_height=max(ends) if lowest <= highest else np.nan,
            marked=tuple((value, n) for value, n in marked.items() if n),
            spikes=spikes,
            spike_at=tuple(places),
            grid=(place.c, place.f, place.a, place.e) if plain else None,
            own_crs=own.to_wkt() if own else None,
        )


def ground_resolution(info: RasterInfo) -> float:
    """Metres on the ground that a pixel measures at the raster's centre, the finer of both axes.

    A metre of web Mercator is cos φ of one on the sphere, at most 0.7 % off one on the ellipsoid.
    """
    middle = np.radians((info.extent[1] + info.extent[3]) / 2)
    return float(info.pixel * np.cos(middle))


def apart(info: RasterInfo, own: str | None) -> float | None:
    """Metres between the centre of a raster read in the CRS that was said of it, and in the one that it declares.

    None where nothing else was said, or where it declares none.
    """
    if own is None or info.options.crs is None:
        return None
    from pyproj import Geod

    itself = describe_raster(info.path, RasterOptions())
    (west, south, east, north), (w, s, e, n) = info.extent, itself.extent
    _forth, _back, metres = Geod(ellps="GRS80").inv((west + east) / 2, (south + north) / 2, (w + e) / 2, (s + n) / 2)
    return float(metres)


def _boxes(width: int, height: int) -> Iterator[Box]:
    for top in range(0, height, _WIDE):
        for left in range(0, width, _WIDE):
            yield left, top, min(left + _WIDE, width), min(top + _WIDE, height)


def _equal(values: NDArray[Any], value: float) -> NDArray[np.bool_]:
    """Where pixels have a value; nowhere where their type cannot have it."""
    if values.dtype.kind != "f" and not np.iinfo(values.dtype).min <= value <= np.iinfo(values.dtype).max:
        return np.zeros(values.shape, bool)
    return np.asarray(values == values.dtype.type(value), bool)


def _spikes(
    heights: NDArray[np.float64], there: NDArray[np.bool_], limit: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns, within the outermost, of pixels that stand out of all that surround them."""
    rows, columns = heights.shape[0] - 2, heights.shape[1] - 2
    middle = heights[1:-1, 1:-1]
    above, below, whole = np.full((rows, columns), np.inf), np.full((rows, columns), np.inf), there[1:-1, 1:-1].copy()
    for down in (0, 1, 2):
        for right in (0, 1, 2):
            if (down, right) == (1, 1):
                continue
            part = (slice(down, down + rows), slice(right, right + columns))
            np.minimum(above, middle - heights[part], out=above)
            np.minimum(below, heights[part] - middle, out=below)
            whole &= there[part]
    found = np.nonzero(whole & (np.maximum(above, below) > limit))
    return found[0], found[1]
