"""GeoParquet straight through pyarrow, row group by row group."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.sources.assemble import assemble, from_wkb, without_geometry
from pipeline.sources.crs import Locator
from pipeline.sources.options import GeometryName, ReadOptions, SourceLayer
from pipeline.types import FeatureBatch, Tally

BATCH: Final = 65_536  # features


def layers(path: Path) -> tuple[SourceLayer, ...]:
    """The one layer of a GeoParquet file, named after it."""
    with pq.ParquetFile(path) as file:
        geo = _geo(file.schema_arrow)
        return (
            SourceLayer(
                name=path.stem,
                geometry=_geometry_name(geo),
                features=file.metadata.num_rows,
                crs=_crs(geo),
                fields={
                    f.name: str(f.type) for f in file.schema_arrow if f.name in _attributes(file.schema_arrow, geo)
                },
                driver="Parquet",
            ),
        )


def batches(path: Path, options: ReadOptions, tally: Tally) -> Iterator[FeatureBatch]:
    """The features of the file in longitude and latitude."""
    with pq.ParquetFile(path) as file:
        geo = _geo(file.schema_arrow)
        attributes = options.columns or _attributes(file.schema_arrow, geo)
        parse = from_wkb(geo["primary_column"], tally) if geo else without_geometry
        wanted = list(attributes)
        if geo:
            wanted.append(geo["primary_column"])
        locator = Locator(path.name, _crs(geo), options.crs, options.bounds)
        tables = (pa.Table.from_batches([b]) for b in file.iter_batches(BATCH, columns=wanted))
        yield from assemble(tables, parse, attributes, locator, tally)


def _geo(schema: pa.Schema) -> dict[str, Any]:
    """The file's "geo" metadata (GeoParquet 1.1), {} for a plain table."""
    text = (schema.metadata or {}).get(b"geo")
    return json.loads(text) if text else {}


def _attributes(schema: pa.Schema, geo: dict[str, Any]) -> tuple[str, ...]:
    """All columns but geometries and their bounding boxes."""
    columns = geo.get("columns", {})
    hidden = set(columns)
    for column in columns.values():
        box = column.get("covering", {}).get("bbox", {})
        hidden.update(path[0] for path in box.values())
    return tuple(name for name in schema.names if name not in hidden)


def _crs(geo: dict[str, Any]) -> str | None:
    """The CRS of the primary column; one that is not given means longitude and latitude on WGS 84 (§ crs)."""
    if not geo:
        return None
    column = geo["columns"][geo["primary_column"]]
    if "crs" not in column:
        return "OGC:CRS84"
    crs = column["crs"]
    if crs is None:
        return None
    if "id" in crs:
        return f"{crs['id']['authority']}:{crs['id']['code']}"
    return json.dumps(crs)


def _geometry_name(geo: dict[str, Any]) -> GeometryName:
    if not geo:
        return "none"
    types = geo["columns"][geo["primary_column"]].get("geometry_types", [])
    names: set[GeometryName] = set()
    for text in types:
        names.add(
            "point" if "Point" in text else "line" if "Line" in text else "polygon" if "Polygon" in text else "mixed"
        )
    return names.pop() if len(names) == 1 else "mixed"
