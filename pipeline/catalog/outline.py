"""Sets of cells and areas as GeoJSON."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.catalog.cells import Cells
from pipeline.catalog.grid import latitude, longitude
from pipeline.types import EXTERIOR, INTERIOR, POLYGON, Geometries

_DIGITS = 7  # of degrees: 1 cm


def outline(cells: Cells) -> dict[str, Any] | None:
    """The area of a set of cells as a MultiPolygon in degrees; None for the empty set. The same set, the same text."""
    if not len(cells):
        return None
    import shapely

    west, east, north, south = cells.boxes()
    whole = shapely.union_all(shapely.box(west, north, east, south))  # in cells, y south: whole numbers
    plain = shapely.normalize(shapely.simplify(whole, 0))  # without vertices inside straight edges
    polygons = []
    for polygon in shapely.get_parts(plain):
        polygon = shapely.orient_polygons(polygon, exterior_cw=True)  # y turns: RFC 7946 wants the reverse of cw
        polygons.append([_degrees(shapely.get_coordinates(ring)) for ring in (polygon.exterior, *polygon.interiors)])
    return {"type": "MultiPolygon", "coordinates": polygons}


def area_geometry(area: Geometries) -> dict[str, Any]:
    """The polygons of an area as a MultiPolygon, their coordinates as they were read."""
    polygons: list[list[list[list[float]]]] = []
    parts = np.flatnonzero(np.repeat(area.kinds == POLYGON, np.diff(area.part_offsets)))
    for part in parts.tolist():
        a, b = int(area.vertex_offsets[part]), int(area.vertex_offsets[part + 1])
        ring = [[x, y] for x, y in zip(area.x[a:b].tolist(), area.y[a:b].tolist(), strict=True)]
        if area.roles[part] == EXTERIOR or not polygons:
            polygons.append([ring])
        else:
            polygons[-1].append(ring)
    return {"type": "MultiPolygon", "coordinates": polygons}


def area_from(geometry: dict[str, Any]) -> Geometries:
    """The area that `area_geometry` wrote."""
    rings = [(i, ring) for polygon in geometry["coordinates"] for i, ring in enumerate(polygon)]
    sizes = [len(polygon) for polygon in geometry["coordinates"]]
    places = np.array([place for _i, ring in rings for place in ring], np.float64).reshape(-1, 2)
    return Geometries(
        np.full(len(sizes), POLYGON, np.uint8),
        np.cumsum([0, *sizes]),
        np.cumsum([0, *(len(ring) for _i, ring in rings)]),
        np.array([INTERIOR if i else EXTERIOR for i, _ring in rings], np.uint8),
        np.ascontiguousarray(places[:, 0]),
        np.ascontiguousarray(places[:, 1]),
    )


def _degrees(corners: Any) -> list[list[float]]:
    return [[round(longitude(x), _DIGITS), round(latitude(y), _DIGITS)] for x, y in corners.tolist()]
