"""Hand-made layers: shapely geometries in degrees → FeatureBatch and LayerInput, the slow and obvious way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from pipeline.types import EXTERIOR, INTERIOR, LINE, NONE, OPEN, POINT, POLYGON, FeatureBatch, Geometries
from pipeline.vector.plan import LayerInput, LayerPlan

KINDS = {"Point": POINT, "MultiPoint": POINT, "LineString": LINE, "MultiLineString": LINE}


def geometries(shapes: Iterable[shapely.Geometry | None]) -> Geometries:
    """Ragged arrays of points, lines and polygons; None and empty ones become NONE."""
    kinds: list[int] = []
    part_offsets, vertex_offsets, roles = [0], [0], []
    coords: list[tuple[float, float]] = []

    def part(points: Iterable[Sequence[float]], role: int) -> None:
        coords.extend((p[0], p[1]) for p in points)
        vertex_offsets.append(len(coords))
        roles.append(role)

    for shape in shapes:
        if shape is None or shape.is_empty:
            kinds.append(NONE)
        else:
            kinds.append(KINDS.get(shape.geom_type, POLYGON))
            members = list(getattr(shape, "geoms", [shape]))
            if kinds[-1] == POINT:
                part([member.coords[0] for member in members], OPEN)
            elif kinds[-1] == LINE:
                for member in members:
                    part(member.coords, OPEN)
            else:
                for member in members:
                    part(member.exterior.coords, EXTERIOR)
                    for hole in member.interiors:
                        part(hole.coords, INTERIOR)
        part_offsets.append(len(roles))
    xy = np.array(coords, np.float64).reshape(-1, 2)
    return Geometries(
        np.array(kinds, np.uint8),
        np.array(part_offsets, np.int64),
        np.array(vertex_offsets, np.int64),
        np.array(roles, np.uint8),
        np.ascontiguousarray(xy[:, 0]),
        np.ascontiguousarray(xy[:, 1]),
    )


def batch(shapes: Sequence[shapely.Geometry | None], **columns: Any) -> FeatureBatch:
    """A batch; columns are lists or Arrow arrays. Without any, the table still knows its number of rows."""
    table = pa.table(columns) if columns else pa.table({"_": pa.nulls(len(shapes))}).select([])
    return FeatureBatch(geometries(shapes), table)


def layer(name: str, *batches: FeatureBatch, min_zoom: int = 0, max_zoom: int = 0, **plan: Any) -> LayerInput:
    """A layer that hands out these batches."""
    return LayerInput(LayerPlan(name, min_zoom, max_zoom, **plan), lambda tally: iter(batches))
