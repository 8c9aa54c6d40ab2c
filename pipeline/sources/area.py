"""The area that the polygons of a file cover, for cutting other things to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources.options import ReadOptions
from pipeline.sources.read import list_layers, read_batches
from pipeline.types import EXTERIOR, POLYGON, Geometries, Tally

if TYPE_CHECKING:
    from shapely import Geometry


def read_area(path: Path, *, crs: str | None = None) -> Geometry:
    """All polygons of a file as one multipolygon in longitude and latitude, as they stand: they may overlap.

    Points and lines are passed over. `crs` overrides the file's. Raises InputError when the file cannot be read or
    holds no polygon.
    """
    import shapely

    found = [
        each
        for layer in list_layers(path)
        if layer.geometry != "none"
        for batch in read_batches(path, ReadOptions(layer=layer.name, crs=crs), Tally())
        for each in _polygons(batch.geometries)
    ]
    if not found:
        raise InputError(_("There is no area in it."), where=str(path), expected=_("at least one polygon"))
    whole: Geometry = shapely.multipolygons(np.array(found, dtype=object))  # type: ignore[assignment]
    return whole


def _polygons(geometries: Geometries) -> list[Geometry]:
    import shapely

    sizes = np.diff(geometries.part_offsets)
    rings = np.flatnonzero(np.repeat(geometries.kinds == POLYGON, sizes) & (np.diff(geometries.vertex_offsets) >= 4))
    if not len(rings):
        return []
    starts, stops = geometries.vertex_offsets[rings], geometries.vertex_offsets[rings + 1]
    lengths = stops - starts
    ends = np.cumsum(lengths)
    picks = np.repeat(starts - (ends - lengths), lengths) + np.arange(ends[-1])
    xy = np.column_stack([geometries.x[picks], geometries.y[picks]])
    begins = np.flatnonzero(geometries.roles[rings] == EXTERIOR)
    shapes: list[Geometry] = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, xy, (np.concatenate([[0], ends]), np.append(begins, len(rings)))
    ).tolist()
    return shapes
