"""Anything GDAL reads (through pyogrio, as Arrow) → layers and batches.

GeoPackage, FlatGeobuf, GeoJSON, Shapefile, File Geodatabase, DXF, KML, GML, spreadsheets, … and zips of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyogrio
from pyogrio.raw import open_arrow

from pipeline.sources.assemble import assemble, from_wkb, without_geometry
from pipeline.sources.crs import Locator
from pipeline.sources.options import GeometryName, ReadOptions, SourceLayer
from pipeline.types import FeatureBatch, Tally

BATCH: Final = 65_536  # features


def layers(path: Path) -> tuple[SourceLayer, ...]:
    """The layers of a file, in its own order."""
    return tuple(_describe(path, str(name)) for name, _geometry in pyogrio.list_layers(path))


def batches(path: Path, options: ReadOptions, tally: Tally) -> Iterator[FeatureBatch]:
    """The features of one layer in longitude and latitude."""
    source = path.name if options.layer is None else f"{path.name}, {options.layer}"
    with open_arrow(path, layer=options.layer, use_pyarrow=True, batch_size=BATCH) as (meta, reader):
        shapes = geometry_columns(reader.schema)
        attributes = options.columns or tuple(n for n in reader.schema.names if n not in shapes)
        parse = from_wkb(shapes[0], tally) if shapes else without_geometry
        locator = Locator(source, meta["crs"], options.crs, options.bounds)
        tables = (pa.Table.from_batches([batch]) for batch in reader)
        yield from assemble(tables, parse, attributes, locator, tally)


def geometry_columns(schema: pa.Schema) -> list[str]:
    """The columns that hold WKB, in order."""
    return [
        field.name
        for field in schema
        if (field.metadata or {}).get(b"ARROW:extension:name") in (b"geoarrow.wkb", b"ogc.wkb")
    ]


def _describe(path: Path, layer: str) -> SourceLayer:
    info = pyogrio.read_info(path, layer=layer)
    return SourceLayer(
        name=layer,
        geometry=_geometry_name(info["geometry_type"]),
        features=info["features"] if info["features"] >= 0 else None,
        crs=info["crs"],
        fields=dict(zip(info["fields"].tolist(), info["dtypes"].tolist(), strict=True)),
        driver=info["driver"],
    )


def _geometry_name(geometry_type: str | None) -> GeometryName:
    """What GDAL's name of a geometry type means here: "2.5D MultiPolygon", "Polygon ZM", "Unknown" …"""
    text = (geometry_type or "").lower()
    if not text:
        return "none"
    for word, name in _NAMES:
        if word in text:
            return name
    return "mixed"


_NAMES: Final[tuple[tuple[str, GeometryName], ...]] = (
    ("point", "point"),
    ("polygon", "polygon"),
    ("surface", "polygon"),
    ("tin", "polygon"),
    ("triangle", "polygon"),
    ("line", "line"),
    ("curve", "line"),
    ("circularstring", "line"),
)
