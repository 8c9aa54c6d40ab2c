"""Areas by hand as the features of a layer in world units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from pipeline.kernels.pieces import Features
from pipeline.vector.ragged import offsets_of


def area_features(areas: Sequence[shapely.Geometry], importance: float = 1.0) -> Features:
    """Polygons on the integer grid, each with its own place along the curve and its own visibility."""
    polygons, of_area = shapely.get_parts(np.array(areas), return_index=True)
    rings, of_polygon = shapely.get_rings(polygons, return_index=True)
    xy = shapely.get_coordinates(rings).astype(np.int64)
    ends = offsets_of(np.bincount(of_area[of_polygon], minlength=len(areas)))
    return Features(
        wx=np.ascontiguousarray(xy[:, 0]),
        wy=np.ascontiguousarray(xy[:, 1]),
        importance=np.full(len(xy), importance),
        vertex_offsets=offsets_of(shapely.get_num_coordinates(rings).astype(np.int64)),
        roles=np.where(np.diff(of_polygon, prepend=-1) > 0, 1, 2).astype(np.uint8),
        part_from=ends[:-1],
        part_to=ends[1:],
        visible=np.arange(100, 100 + len(areas), dtype=np.uint32),
        size=shapely.area(np.array(areas)),
        curve=np.arange(len(areas), dtype=np.int64),
    )


def shapes(features: Features) -> list[shapely.Geometry]:
    """The inverse of `area_features`."""
    out = []
    for first, last in zip(features.part_from.tolist(), features.part_to.tolist(), strict=True):
        polygons: list[list[list[tuple[int, int]]]] = []
        for part in range(first, last):
            at = slice(int(features.vertex_offsets[part]), int(features.vertex_offsets[part + 1]))
            ring = list(zip(features.wx[at].tolist(), features.wy[at].tolist(), strict=True))
            assert ring[0] == ring[-1]
            if features.roles[part] == 1:
                polygons.append([])
            polygons[-1].append(ring)
        out.append(shapely.MultiPolygon([shapely.Polygon(rings[0], rings[1:]) for rings in polygons]))
    return out
