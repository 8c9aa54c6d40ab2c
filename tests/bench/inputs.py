"""Input files: GeoParquet that every tool can read, FlatGeobuf of the same, and copies shifted side by side.

The files are rewritten with Snappy because freestiler's wheel is built without Zstandard; everything that reads
GeoParquet reads the same file. Copies keep latitudes, so that each is the same work, and attributes.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from tests.bench.cases import WORK, Case

GEOMETRY = "geometry"
_TURN = 360.0


def parquet(case: Case, copies: int = 1, rows: int | None = None) -> Path:
    """The case's file so many times over, or its first `rows`; written on first use.

    Copies are a row group each. So are the halves of `rows`: what only happens with several groups happens there too.
    """
    path = WORK / (f"{case.name}-{rows}-rows.parquet" if rows else f"{case.name}-x{copies}.parquet")
    if not path.exists():
        table = pq.read_table(case.source)
        # Readers do not agree whether the index of a data frame is a field.
        table = table.drop_columns([name for name in table.column_names if name.startswith("__index_level_")])
        if rows:
            table = table.slice(0, rows)
        at = table.column_names.index(GEOMETRY)
        shapes = shapely.from_wkb(table.column(GEOMETRY).to_numpy())
        shifted = [shapes if k == 0 else shift(shapes, k * case.shift) for k in range(copies)]
        bounds = np.array([shapely.total_bounds(copy) for copy in shifted])
        schema = _described(table.schema, [*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0)])
        unfinished = path.with_suffix(".part")
        with pq.ParquetWriter(unfinished, schema, compression="snappy") as writer:
            for copy in shifted:
                column = pa.array(shapely.to_wkb(copy, flavor="iso"), pa.binary())
                writer.write_table(
                    table.set_column(at, schema.field(at), column).cast(schema),
                    row_group_size=(rows + 1) // 2 if rows else 1 << 20,
                )
        unfinished.rename(path)
    return path


def shift(shapes: NDArray[np.object_], degrees: float) -> NDArray[np.object_]:
    """Shapes moved east; whoever comes over the antimeridian as a whole goes on in the west.

    Raises ValueError when one would lie across it.
    """
    west, _south, east, _north = shapely.bounds(shapes).T
    turns = np.floor((west + degrees + _TURN / 2) / _TURN) * _TURN
    if bool((east + degrees - turns > _TURN / 2).any()):
        raise ValueError(f"a shape shifted by {degrees} degrees lies across the antimeridian")
    xy, of_shape = shapely.get_coordinates(shapes, return_index=True)
    xy[:, 0] += (degrees - turns)[of_shape]
    return shapely.set_coordinates(shapes.copy(), xy)


def _described(schema: pa.Schema, bounds: list[float]) -> pa.Schema:
    """The schema with the bounds of what is written."""
    geo = json.loads(schema.metadata[b"geo"])
    geo["columns"][GEOMETRY]["bbox"] = bounds
    return schema.with_metadata({b"geo": json.dumps(geo).encode()})


def flatgeobuf(source: Path) -> Path:
    """The same features as FlatGeobuf, for tools that cannot read GeoParquet; written on first use."""
    path = source.with_suffix(".fgb")
    if not path.exists():
        from pyogrio.raw import write_arrow

        table = pq.read_table(source)
        kinds = np.unique(shapely.get_type_id(shapely.from_wkb(table.column(GEOMETRY).to_numpy())))
        name = {(0,): "Point", (1,): "LineString", (3,): "Polygon", (6,): "MultiPolygon"}.get(tuple(kinds), "Unknown")
        unfinished = path.with_suffix(".part.fgb")
        write_arrow(
            table.replace_schema_metadata(),
            unfinished,
            driver="FlatGeobuf",
            geometry_name=GEOMETRY,
            geometry_type=name,
            crs="EPSG:4326",
        )
        unfinished.rename(path)
    return path


def one_feature(case: Case) -> Path:
    """A file of one feature, to see what starting costs."""
    return parquet(case, rows=1)
