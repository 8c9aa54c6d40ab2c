"""GeoParquet straight through pyarrow, row group by row group (GeoParquet 1.1.0; GDAL is not needed)."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources.assemble import assemble
from pipeline.sources.choose import check_columns, no_such_layer
from pipeline.sources.coordinates import table_parser
from pipeline.sources.crs import Locator
from pipeline.sources.files import Dataset, damaged
from pipeline.sources.options import GeometryName, ReadOptions, SourceLayer
from pipeline.sources.wkb import from_wkb
from pipeline.types import FeatureBatch, Tally

BATCH: Final = 65_536  # features


def layers(dataset: Dataset) -> tuple[SourceLayer, ...]:
    """The one layer of a Parquet file, named after it. Raises InputError."""
    with _open(dataset) as file:
        schema = file.schema_arrow
        geo = _geo(schema, dataset)
        kept = set(_attributes(schema, geo))
        return (
            SourceLayer(
                name=dataset.stem,
                geometry=_geometry_name(geo),
                features=file.metadata.num_rows,
                crs=_crs(geo),
                fields={field.name: str(field.type) for field in schema if field.name in kept},
                driver="Parquet",
            ),
        )


def batches(dataset: Dataset, options: ReadOptions, tally: Tally) -> Iterator[FeatureBatch]:
    """The features of the file in longitude and latitude. Raises InputError."""
    if options.layer not in (None, dataset.stem):
        raise no_such_layer(options.layer or "", [dataset.stem], dataset.name)
    with _open(dataset) as file:
        schema = file.schema_arrow
        geo = _geo(schema, dataset)
        there = _attributes(schema, geo)
        attributes = there if options.columns is None else options.columns
        placing = [c for c in (options.x, options.y) if c]
        check_columns([*attributes, *placing], there, dataset.name)
        shape = geo.get("primary_column")
        parse = from_wkb(shape, tally) if shape else table_parser(schema, options, tally)
        wanted = [*attributes, shape] if shape else list(there)
        locator = Locator(dataset.name, _crs(geo), options.crs, options.areas)
        tables = _tables(file, wanted, dataset)
        yield from assemble(tables, parse, attributes, locator, tally)


def _open(dataset: Dataset) -> pq.ParquetFile:
    try:
        source = dataset.path if dataset.inner is None else io.BytesIO(dataset.read() or b"")
        return pq.ParquetFile(source)
    except (pa.ArrowException, OSError) as error:
        raise damaged(dataset, str(error).split("\n")[0]) from error


def _tables(file: pq.ParquetFile, columns: list[str], dataset: Dataset) -> Iterator[pa.Table]:
    try:
        for batch in file.iter_batches(BATCH, columns=columns):
            yield pa.Table.from_batches([batch])
    except (pa.ArrowException, OSError) as error:
        raise damaged(dataset, str(error).split("\n")[0]) from error


def _geo(schema: pa.Schema, dataset: Dataset) -> dict[str, Any]:
    """The file's "geo" metadata; made up for a column of GeoArrow WKB without it, {} for a plain table."""
    text = (schema.metadata or {}).get(b"geo")
    if text is None:
        for field in schema:
            if (field.metadata or {}).get(b"ARROW:extension:name") == b"geoarrow.wkb":
                about = json.loads(field.metadata.get(b"ARROW:extension:metadata") or b"{}")
                column = {"encoding": "WKB", "geometry_types": [], "crs": about.get("crs")}
                return {"primary_column": field.name, "columns": {field.name: column}}
        return {}
    try:
        geo: dict[str, Any] = json.loads(text)
        column = geo["columns"][geo["primary_column"]]
        encoding = column["encoding"]
        schema.field(geo["primary_column"])
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(dataset, _('its "geo" metadata break the GeoParquet standard')) from error
    if encoding != "WKB":
        raise InputError(
            _('The geometries are stored as "{encoding}".').format(encoding=encoding),
            where=dataset.name,
            expected=_("GeoParquet with geometries as WKB"),
            hint=_("write the file again with geometry encoding WKB, the default of most programs"),
        )
    return geo


def _attributes(schema: pa.Schema, geo: dict[str, Any]) -> tuple[str, ...]:
    """All columns but geometries, the boxes that cover them and pandas' row numbers."""
    columns = geo.get("columns", {})
    hidden = set(columns)
    for column in columns.values():
        box = column.get("covering", {}).get("bbox", {})
        hidden.update(path[0] for path in box.values())
    return tuple(name for name in schema.names if name not in hidden and not name.startswith("__index_level_"))


def _crs(geo: dict[str, Any]) -> str | None:
    """The CRS of the primary column; where the key is absent, WGS 84 longitude and latitude (GeoParquet § crs)."""
    if not geo:
        return None
    column = geo["columns"][geo["primary_column"]]
    if "crs" not in column:
        return "OGC:CRS84"
    crs = column["crs"]
    if isinstance(crs, dict) and {"authority", "code"} <= crs.get("id", {}).keys():
        return f"{crs['id']['authority']}:{crs['id']['code']}"
    return crs if crs is None or isinstance(crs, str) else json.dumps(crs)


def _geometry_name(geo: dict[str, Any]) -> GeometryName:
    if not geo:
        return "none"
    names: set[GeometryName] = set()
    for text in geo["columns"][geo["primary_column"]].get("geometry_types", []):
        for word, name in (("Point", "point"), ("LineString", "line"), ("Polygon", "polygon"), ("", "mixed")):
            if word in text:
                names.add(name)  # type: ignore[arg-type]
                break
    return names.pop() if len(names) == 1 else "mixed"
