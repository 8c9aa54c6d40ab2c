"""What rules ask of every geometry, measured once while the source is read, so that geometries need not be kept."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

MISSING: Final = -1  # GEOS's type of what is no geometry
BROKEN: Final = -2  # bytes that are no geometry
CURVED: Final = -3  # circular arcs, which GEOS cannot judge
POINTS: Final = (0, 4)  # GEOS's types: Point, MultiPoint
LINES: Final = (1, 2, 5)  # LineString, LinearRing, MultiLineString
AREAS: Final = (3, 6)  # Polygon, MultiPolygon
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio
_MIX: Final = np.uint64(0xBF58476D1CE4E5B9)  # of SplitMix64

Shapes = NDArray[np.object_]


class Measures(NamedTuple):
    """Of every feature, in the source's order."""

    kind: NDArray[np.int8]  # GEOS's type, MISSING, BROKEN or CURVED
    empty: NDArray[np.bool_]  # a geometry without a vertex
    finite: NDArray[np.bool_]  # without NaN and infinite coordinates
    box: NDArray[np.float64]  # [features, 4] west, south, east, north in metres; NaN where there is none
    area: NDArray[np.float32]  # square metres
    length: NDArray[np.float32]  # metres; of areas their perimeter
    valid: NDArray[np.bool_]  # by the OGC's rules, and finite; true of what is none
    print: NDArray[
        np.uint64
    ]  # the same for geometries of the same vertices, wherever they begin and wherever they lead


def measure(shapes: Shapes, odd: NDArray[np.int8], scaled: Shapes) -> Measures:
    """Measure shapes [features], and the same in metres; where `odd` is BROKEN or CURVED there is none."""
    kind = shapely.get_type_id(shapes).astype(np.int8)
    kind[odd != 0] = odd[odd != 0]
    empty = shapely.is_empty(shapes)
    areal = np.isin(kind, AREAS)
    valid = np.ones(len(shapes), np.bool_)
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    finite = finite_of(coordinates, owner, len(shapes))
    judged = areal | np.isin(kind, (*LINES, 7))  # points are valid
    valid[judged] = shapely.is_valid(shapes[judged])
    valid &= finite
    area = np.zeros(len(shapes), np.float32)
    area[areal] = shapely.area(scaled[areal])
    length = np.zeros(len(shapes), np.float32)
    extended = areal | np.isin(kind, LINES)
    length[extended] = shapely.length(scaled[extended])
    prints = _prints(coordinates, owner, len(shapes))
    return Measures(kind, empty, finite, shapely.bounds(scaled), area, length, valid, prints)


def finite_of(coordinates: NDArray[np.float64], owner: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Which of so many shapes have no vertex [vertices, 2] that is NaN or infinite; GEOS's overlays fail over those."""
    found = np.ones(count, np.bool_)
    found[owner[~np.isfinite(coordinates).all(1)]] = False
    return found


def fingerprint(shapes: Shapes) -> NDArray[np.uint64]:
    """A number of each shape [features] that does not depend on where a ring begins nor on the direction of a line."""
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    return _prints(coordinates, owner, len(shapes))


def _prints(coordinates: NDArray[np.float64], owner: NDArray[np.int64], count: int) -> NDArray[np.uint64]:
    """The same of vertices [vertices, 2] and whose they are [vertices]."""
    found = np.zeros(count, np.uint64)
    if not len(owner):
        return found
    bits = np.ascontiguousarray(coordinates + 0.0).view(np.uint64)  # -0.0 as 0.0
    with np.errstate(over="ignore"):
        vertex = _mixed(_mixed(bits[:, 0]) * _ODD + bits[:, 1])
        step = np.zeros(len(vertex), np.uint64)
        same = owner[1:] == owner[:-1]
        step[1:][same] = _mixed(vertex[1:][same] + vertex[:-1][same])
        single = np.ones(len(vertex), np.bool_)  # a vertex that follows none and is followed by none
        single[1:] &= ~same
        single[:-1] &= ~same
        step[single] = vertex[single]
        starts = np.flatnonzero(np.concatenate(([True], ~same)))
        found[owner[starts]] = np.add.reduceat(step, starts)
    return found


def joined(parts: list[Measures]) -> Measures:
    """The measures of batches that follow one another."""
    if not parts:
        none = np.empty(0, np.object_)
        return measure(none, np.empty(0, np.int8), none)
    return Measures(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Bits that depend on all bits."""
    bits = (bits ^ (bits >> np.uint64(30))) * _MIX
    return bits ^ (bits >> np.uint64(27))
