"""An area of the world, and the tiles that meet it.

Tile borders are parallels and meridians, so a tile is a rectangle in degrees too, and polygons are taken as GeoJSON
means them: straight between their vertices in longitude and latitude (RFC 7946 §3.1.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.tileids import FIRST_IDS, columns_rows
from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.types import Bounds

if TYPE_CHECKING:
    from shapely import Geometry

_CHUNK: Final = 1 << 16  # rectangles that exist at once as objects of GEOS
_TOUCH: Final = 2.0**-20  # of a tile's edge, 1/256 of a unit of 4096: what overlaps by less only touches


class Ranges(NamedTuple):
    """Tile ids in ascending ranges [start, stop) that neither overlap nor touch."""

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Region:
    """An area in longitude and latitude degrees."""

    shape: Geometry  # a valid (multi)polygon, prepared

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north; a region on both sides of the antimeridian reaches from −180 to 180."""
        import shapely

        west, south, east, north = shapely.bounds(self.shape).tolist()
        return west, south, east, north


def box(bounds: Bounds) -> Region:
    """The region between two meridians and two parallels; west > east crosses the antimeridian (RFC 7946 §5.2).

    Raises UsageError for bounds that hold no area or lie outside the world.
    """
    import shapely

    west, south, east, north = bounds
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south < north <= 90 and west != east):
        raise UsageError(
            _("These bounds hold no area: {bounds}.").format(bounds=", ".join(f"{value:g}" for value in bounds)),
            expected=_("west, south, east, north in degrees, south below north"),
        )
    if west < east:
        return _prepared(shapely.box(west, south, east, north))
    return _prepared(shapely.union_all([shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)]))


def area(shape: Geometry, where: str | None = None) -> Region:
    """The region of a (multi)polygon; crossing rings are mended, lines and points in a collection passed over.

    Raises InputError when no area is left.
    """
    import shapely

    if not shapely.is_valid(shape):
        shape = shapely.make_valid(shape)
    parts = shapely.get_parts(shape)
    while (shapely.get_type_id(parts) == shapely.GeometryType.GEOMETRYCOLLECTION).any():
        parts = np.concatenate([shapely.get_parts(part) for part in parts])
    areas = parts[np.isin(shapely.get_type_id(parts), (3, 6))] if len(parts) else parts
    areas = areas[shapely.area(areas) > 0]
    if not len(areas):
        raise InputError(_("There is no area in it."), where=where, expected=_("at least one polygon"))
    return _prepared(shapely.union_all(areas))


def ranges_of(region: Region | None, min_zoom: int, max_zoom: int) -> Ranges:
    """The ids of the tiles of some zooms that share more than a border with a region; None is the world.

    The quadtree is walked from the top: what lies wholly inside a tile's square goes on as a range of the Hilbert
    curve, what is cut by the border is asked again one zoom further down.
    """
    if region is None:
        return Ranges(np.array([FIRST_IDS[min_zoom]]), np.array([FIRST_IDS[max_zoom + 1]]))
    inside = Ranges(np.zeros(0, np.int64), np.zeros(0, np.int64))
    cut = np.zeros(1, dtype=np.int64)
    found: list[Ranges] = []
    for zoom in range(max_zoom + 1):
        if zoom:
            inside = Ranges(inside.starts * 4, inside.stops * 4)
            cut = (cut[:, None] * 4 + np.arange(4)).ravel()
        met, held = _asked(region, zoom, cut)
        whole = cut[held]
        inside = _merged(np.append(inside.starts, whole), np.append(inside.stops, whole + 1))
        cut = cut[met & ~held]
        if zoom >= min_zoom:
            first = FIRST_IDS[zoom]
            found.append(Ranges(np.append(inside.starts, cut) + first, np.append(inside.stops, cut + 1) + first))
    return _merged(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _merged(starts: NDArray[np.int64], stops: NDArray[np.int64]) -> Ranges:
    """Disjoint ranges in order, joined where they touch."""
    if not len(starts):
        return Ranges(starts, stops)
    order = np.argsort(starts, kind="stable")
    starts, stops = starts[order], stops[order]
    apart = starts[1:] > stops[:-1]
    return Ranges(starts[np.append(True, apart)], stops[np.append(apart, True)])


def _asked(region: Region, zoom: int, positions: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which tiles of a zoom, by their place on the curve, meet the region, and which lie wholly inside."""
    import shapely

    met = np.zeros(len(positions), dtype=bool)
    held = np.zeros(len(positions), dtype=bool)
    for at in range(0, len(positions), _CHUNK):
        here = slice(at, at + _CHUNK)
        x, y = columns_rows(zoom, positions[here])
        touch = _TOUCH
        west, east = _longitude(x + touch, zoom), _longitude(x + 1 - touch, zoom)
        north, south = _latitude(y + touch, zoom), _latitude(y + 1 - touch, zoom)
        met[here] = shapely.intersects(region.shape, shapely.box(west, south, east, north))
        west, east, north, south = (
            _longitude(x, zoom), _longitude(x + 1, zoom), _latitude(y, zoom), _latitude(y + 1, zoom)
        )  # fmt: skip
        near = np.flatnonzero(met[here])
        held[at + near] = shapely.covers(region.shape, shapely.box(west[near], south[near], east[near], north[near]))
    return met, held


def _longitude(x: NDArray[Any], zoom: int) -> NDArray[np.float64]:
    return x / float(1 << zoom) * 360 - 180


def _latitude(y: NDArray[Any], zoom: int) -> NDArray[np.float64]:
    degrees: NDArray[np.float64] = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / float(1 << zoom)))))
    return degrees


def _prepared(shape: Geometry) -> Region:
    import shapely

    shapely.prepare(shape)
    return Region(shape)
