"""Areas as ragged arrays ↔ GEOS multipolygons, many at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.vector.ragged import offsets_of, runs


def to_geos(
    part_offsets: NDArray[np.int64],
    vertex_offsets: NDArray[np.int64],
    x: NDArray[Any],
    y: NDArray[Any],
    picks: NDArray[np.int64],
) -> NDArray[np.object_]:
    """The picked areas as multipolygons: rings unclosed, those with positive doubled area begin a polygon."""
    rings = runs(part_offsets, picks)
    starts, sizes = vertex_offsets[rings], np.diff(vertex_offsets)[rings]
    closed = offsets_of(sizes + 1)
    step = np.arange(closed[-1]) - np.repeat(closed[:-1], sizes + 1)
    at = np.repeat(starts, sizes + 1) + np.where(step == np.repeat(sizes, sizes + 1), 0, step)
    xy = np.column_stack([x[at], y[at]]).astype(np.float64)
    local = xy - np.repeat(xy[closed[:-1]], sizes + 1, axis=0)  # small numbers: exact products
    cross = local[:-1, 0] * local[1:, 1] - local[1:, 0] * local[:-1, 1] if len(xy) else np.empty(0)
    cross[closed[1:-1] - 1] = 0.0  # from one ring to the next
    shells = np.flatnonzero(np.add.reduceat(cross, closed[:-1]) > 0) if len(rings) else np.empty(0, np.int64)
    of_pick = np.repeat(np.arange(len(picks)), np.diff(part_offsets)[picks])
    return np.asarray(
        shapely.from_ragged_array(
            shapely.GeometryType.MULTIPOLYGON,
            xy,
            (
                closed,
                np.append(shells, len(rings)),
                offsets_of(np.bincount(of_pick[shells], minlength=len(picks))),
            ),
        )
    )


def from_geos(
    areas: NDArray[np.object_],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """The polygons of each geometry as ragged arrays: part offsets [geometries + 1], vertex offsets, x, y.

    Rings unclosed; exteriors, with positive doubled area, before their holes. What is no area is left out.
    """
    polygons, of_area = shapely.get_parts(areas, return_index=True)
    polygons, of_polygon = shapely.get_parts(polygons, return_index=True)  # of collections
    of_area = of_area[of_polygon]
    areal = shapely.area(polygons) > 0
    polygons, of_area = shapely.orient_polygons(polygons[areal], exterior_cw=False), of_area[areal]
    rings, of_polygon = shapely.get_rings(polygons, return_index=True)
    xy = shapely.get_coordinates(rings)
    closed = offsets_of(shapely.get_num_coordinates(rings).astype(np.int64))
    keep = np.ones(len(xy), bool)
    keep[closed[1:] - 1] = False
    return (
        offsets_of(np.bincount(of_area[of_polygon], minlength=len(areas))),
        offsets_of(np.diff(closed) - 1),
        np.ascontiguousarray(xy[keep, 0]),
        np.ascontiguousarray(xy[keep, 1]),
    )
