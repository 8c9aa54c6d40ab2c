"""Ragged geometries as shapely's, and as well-known binary."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.sources.ragged import only
from pipeline.types import EXTERIOR, LINE, POINT, POLYGON, Geometries


def to_shapes(geometries: Geometries) -> NDArray[Any]:
    """One shapely geometry per feature [features], None where there is none; multi-part only where there are parts."""
    found = np.full(geometries.features, None, object)
    for kind, make in ((POINT, _points), (LINE, _lines), (POLYGON, _polygons)):
        rows = geometries.kinds == kind
        if rows.any():
            found[rows] = make(only(geometries, rows))
    return found


def _points(g: Geometries) -> NDArray[Any]:
    many = shapely.from_ragged_array(shapely.GeometryType.MULTIPOINT, _vertices(g), (_of_features(g),))
    return _single(many, np.diff(_of_features(g)) == 1)


def _lines(g: Geometries) -> NDArray[Any]:
    kind = shapely.GeometryType.MULTILINESTRING
    many = shapely.from_ragged_array(kind, _vertices(g), (g.vertex_offsets, g.part_offsets))
    return _single(many, np.diff(g.part_offsets) == 1)


def _polygons(g: Geometries) -> NDArray[Any]:
    outer = np.flatnonzero(g.roles == EXTERIOR)
    rings = np.append(outer, len(g.roles))  # where each polygon's rings begin
    polygons = np.searchsorted(outer, g.part_offsets)  # where each feature's polygons begin
    kind = shapely.GeometryType.MULTIPOLYGON
    many = shapely.from_ragged_array(kind, _vertices(g), (g.vertex_offsets, rings, polygons))
    return _single(many, np.diff(polygons) == 1)


def _single(many: NDArray[Any], alone: NDArray[np.bool_]) -> NDArray[Any]:
    """Collections of one, as that one."""
    return np.where(alone, shapely.get_geometry(many, 0), many)


def _of_features(g: Geometries) -> NDArray[np.int64]:
    """Where each feature's vertices begin [features + 1]."""
    return g.vertex_offsets[g.part_offsets]


def _vertices(g: Geometries) -> NDArray[np.float64]:
    return np.column_stack((g.x, g.y))
