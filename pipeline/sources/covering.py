"""What of a Parquet file lies near some windows, told by boxes before any geometry is parsed.

Row groups by the statistics of their box columns (GeoParquet 1.1 § covering) or of Parquet's own GEOMETRY columns, rows
by the box columns themselves. Both err on the side of reading more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.sources.arrow import floats, whole
from pipeline.sources.geoparquet import GeometryColumn
from pipeline.sources.ragged import as_array
from pipeline.types import Bounds

_FLOAT32 = 2.0**-23  # boxes in single precision may have been rounded either way


def near_groups(file: pq.ParquetFile, column: GeometryColumn, windows: Sequence[Bounds]) -> list[int]:
    """The row groups that may hold a feature whose box meets any of the windows (the source's units)."""
    about = file.metadata
    paths = {file.schema.column(at).path: at for at in range(len(file.schema))}
    sides = [paths.get(path) for path in column.box or ()]
    leaves = [at for path, at in paths.items() if path.startswith(column.name + ".") and path[-2:] in (".x", ".y")]
    boxes = np.empty((about.num_row_groups, 4))
    for group in range(about.num_row_groups):
        row_group = about.row_group(group)
        if sides and None not in sides:
            box = _of_covering([row_group.column(at) for at in sides])
        elif len(leaves) == 2:
            box = _of_coordinates([row_group.column(at) for at in leaves])
        else:
            box = _of_geometries(row_group.column(paths[column.name])) if column.name in paths else None
        boxes[group] = box or (-np.inf, -np.inf, np.inf, np.inf)
    return np.flatnonzero(_meet(boxes, windows)).tolist()


def near_rows(table: pa.Table, column: GeometryColumn, windows: Sequence[Bounds]) -> NDArray[np.bool_] | None:
    """Which rows have a box that meets any of the windows; None where the table has no boxes."""
    if column.box is None or any(path.partition(".")[0] not in table.column_names for path in column.box):
        return None
    sides, step = [], 0.0
    for path in column.box:
        name, *inner = path.split(".")
        values = whole(table.column(name))
        there = values
        for child in inner:
            there = there.flatten()[there.type.get_field_index(child)]
        step = _FLOAT32 if pa.types.is_float32(there.type) else step
        sides.append(floats(there))
    boxes = np.column_stack(sides)
    # No box: nothing is there, or the writer left it out; parsing tells.
    boxes[np.isnan(boxes).any(1)] = (-np.inf, -np.inf, np.inf, np.inf)
    return _meet(boxes, windows, step)


def _meet(boxes: NDArray[np.float64], windows: Sequence[Bounds], step: float = 0.0) -> NDArray[np.bool_]:
    from pipeline.kernels.boxes import boxes_meet  # here, because `pack` and `check` read without numba

    west, south, east, north = (side.copy() for side in boxes.T)
    if step:
        for low in (west, south):
            low -= np.abs(low) * step
        for high in (east, north):
            high += np.abs(high) * step
    found = np.empty(len(boxes), np.bool_)
    boxes_meet(west, south, east, north, as_array(windows), found)
    return found


def _of_covering(columns: list[Any]) -> Bounds | None:
    """The box around a row group's boxes; None where it cannot be known."""
    found = [_extremes(column) for column in columns]
    if any(side is None for side in found):
        return None
    (west, last_west), (south, _), (first_east, east), (_, north) = found  # type: ignore[misc]
    step = _FLOAT32 if columns[0].physical_type == "FLOAT" else 0.0
    box = west - abs(west) * step, south - abs(south) * step, east + abs(east) * step, north + abs(north) * step
    around = first_east < west or east < last_west  # at least one crosses the antimeridian
    return (-np.inf, box[1], np.inf, box[3]) if around else box


def _of_coordinates(columns: list[Any]) -> Bounds | None:
    x, y = (_extremes(column) for column in columns)
    return None if x is None or y is None else (x[0], y[0], x[1], y[1])


def _of_geometries(column: Any) -> Bounds | None:
    """By the geospatial statistics of Parquet 2.11, where pyarrow knows them."""
    if not getattr(column, "is_geo_stats_set", False):
        return None
    found = column.geo_statistics
    if found is None or None in (found.xmin, found.ymin, found.xmax, found.ymax):
        return None
    return found.xmin, found.ymin, found.xmax, found.ymax


def _extremes(column: Any) -> tuple[float, float] | None:
    """The least and the greatest value of a column; None where the writer did not say.

    What has no box (a missing or empty geometry) meets nothing anyway.
    """
    if not column.is_stats_set or not column.statistics.has_min_max:
        return None
    return float(column.statistics.min), float(column.statistics.max)
