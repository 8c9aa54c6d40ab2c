"""Anything GDAL reads (through pyogrio, as Arrow) → layers and batches.

GeoPackage, FlatGeobuf, GeoJSON, Shapefile, File Geodatabase, DXF, KML, GML, spreadsheets, … and zips of them.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError
from pyogrio.raw import open_arrow

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources import dbf, dxf, flatgeobuf, geopackage
from pipeline.sources.assemble import assemble, feature
from pipeline.sources.choose import check_columns, no_such_layer, which_layer
from pipeline.sources.coordinates import coordinate_columns, table_parser
from pipeline.sources.crs import Locator
from pipeline.sources.files import Dataset, damaged
from pipeline.sources.gdal_words import plainly
from pipeline.sources.geopackage_rows import Rows, small_table
from pipeline.sources.options import GeometryName, ReadOptions, SourceLayer
from pipeline.sources.pace import BYTES, FEATURES, batch_size
from pipeline.sources.recode import BYTEWISE, check_utf8, recode, recode_name
from pipeline.sources.wkb import from_wkb
from pipeline.types import FeatureBatch, Tally

# GDAL takes a sheet's first row for its header only if the second looks different; ours always have one.
# The texts of drawings and of Shapefiles (by an option when opening) it shall pass on byte for byte.
# A batch of Arrow ends where it would grow beyond the limit, and so does a FlatGeobuf for GDAL 3.12: see _tables.
_SETTINGS: Final = {
    "OGR_XLSX_HEADERS": "FORCE", "OGR_ODS_HEADERS": "FORCE", "DXF_ENCODING": BYTEWISE,
    "OGR_ARROW_MEM_LIMIT": str(BYTES),
}  # fmt: skip
_UNCOUNTED: Final = 4096  # features of a FlatGeobuf in a batch, where it does not say how many it has
_LISTENING = threading.Lock()  # Python's warnings are caught for the whole process
_ARROW: Final = {
    "object": "string", "int8": "int8", "int16": "int16", "int32": "int32", "int64": "int64", "float32": "float",
    "float64": "double", "bool": "bool", "datetime64[D]": "date32[day]", "datetime64[ms]": "timestamp[ms]",
}  # fmt: skip
_GEOMETRIES: Final[tuple[tuple[str, GeometryName], ...]] = (
    ("point", "point"), ("polygon", "polygon"), ("surface", "polygon"), ("tin", "polygon"), ("triangle", "polygon"),
    ("line", "line"), ("curve", "line"), ("circularstring", "line"),
)  # fmt: skip


def layers(dataset: Dataset) -> tuple[SourceLayer, ...]:
    """The layers of a data set, in its own order. Raises InputError."""
    names = _names(dataset)
    if dataset.suffix == ".gpkg" and dataset.inner is None:
        return geopackage.layers(dataset, list(names))
    encoding = _encoding(dataset, None)
    return tuple(_describe(dataset, name, inside, encoding) for name, inside in names.items())


def batches(dataset: Dataset, options: ReadOptions, tally: Tally) -> Iterator[FeatureBatch]:
    """The features of one layer in longitude and latitude. Raises InputError."""
    layer = _chosen(dataset, options)
    source = dataset.name if layer is None else f"{dataset.name}, {layer}"
    if dataset.suffix == ".gpkg" and dataset.inner is None:
        name = layer or next(iter(_names(dataset)))
        rows = small_table(
            dataset, name, _needed(options), lambda crs: Locator(source, crs, options.crs, options.areas).windows()
        )
        if rows is not None:
            yield from _of_rows(rows, source, options, tally)
            return
    with open_tables(dataset, options, tally) as opened:
        there = opened.schema.names
        check_columns([*(options.columns or ()), *(c for c in (options.x, options.y) if c)], there, source)
        parse = from_wkb(opened.shape, tally) if opened.shape else table_parser(opened.schema, options, tally)
        locator = Locator(source, opened.crs, options.crs, options.areas)
        kept, count = there if options.columns is None else options.columns, 0
        for batch in assemble(opened.tables, parse, kept, locator, tally):
            count += batch.geometries.features
            yield batch
    if options.areas is None:
        check_count(dataset, layer, count, source)


class Opened(NamedTuple):
    """A layer as GDAL gives it, texts decoded."""

    source: str  # for people
    layer: str | None  # None for a format that has but one
    crs: str | None
    schema: pa.Schema  # of the attributes
    shape: str | None  # the column of WKB, the last of each table
    tables: Iterator[pa.Table]


@contextmanager
def open_tables(dataset: Dataset, options: ReadOptions, tally: Tally) -> Iterator[Opened]:
    """Open one layer with all its columns, in the source's own coordinates. Raises InputError, also while reading."""
    layer = _chosen(dataset, options)
    source = dataset.name if layer is None else f"{dataset.name}, {layer}"
    encoding = _encoding(dataset, options.encoding)
    with _opened(dataset, layer, encoding, tally) as (meta, reader):
        shapes = geometry_columns(reader.schema)
        names = {n: recode_name(n, encoding) if encoding else n for n in reader.schema.names if n not in shapes}
        described = pa.schema([pa.field(names[f.name], f.type) for f in reader.schema if f.name in names])
        # Not read ahead: in another thread GDAL would write its errors to the terminal.
        with closing(_tables(reader, dataset, layer, source, names, shapes[:1], encoding, tally)) as tables:
            yield Opened(source, layer, meta["crs"], described, shapes[0] if shapes else None, tables)


def layer_names(dataset: Dataset) -> list[str]:
    """The names of a data set's layers, for people, in its own order. Raises InputError."""
    return list(_names(dataset))


def _needed(options: ReadOptions) -> list[str] | None:
    """The columns to read; None for all."""
    if options.columns is None:
        return None
    return [*options.columns, *(c for c in (options.x, options.y) if c and c not in options.columns)]


def _of_rows(rows: Rows, source: str, options: ReadOptions, tally: Tally) -> Iterator[FeatureBatch]:
    """The features of a table that is there as a whole."""
    table, layer, shape = rows
    described = table.schema if shape is None else table.schema.remove(table.schema.get_field_index(shape))
    parse = from_wkb(shape, tally) if shape else table_parser(described, options, tally)
    locator = Locator(source, layer.crs, options.crs, options.areas)
    yield from assemble(
        [table], parse, list(layer.fields) if options.columns is None else options.columns, locator, tally
    )


def geometry_columns(schema: pa.Schema) -> list[str]:
    """The columns that hold WKB, in order."""
    return [
        field.name
        for field in schema
        if (field.metadata or {}).get(b"ARROW:extension:name") in (b"geoarrow.wkb", b"ogc.wkb")
    ]


def _encoding(dataset: Dataset, given: str | None) -> str | None:
    """The encoding of texts that GDAL is to pass on as bytes; None where it gives UTF-8 by itself."""
    if dataset.suffix in (".shp", ".dbf"):
        return dbf.text_encoding(dataset, given)
    return dxf.text_encoding(dataset, given) if dataset.suffix == ".dxf" else None


def _tables(
    reader: pa.RecordBatchReader,
    dataset: Dataset,
    layer: str | None,
    source: str,
    names: dict[str, str],
    shapes: list[str],
    encoding: str | None,
    tally: Tally,
) -> Generator[pa.Table]:
    """The stream's batches with readable names and texts.

    The stream of a FlatGeobuf ends without a word at the first batch that would be too large; then it is opened again
    behind what was read, with smaller batches.
    """
    with ExitStack() as stack:
        first, begun, size = 0, -1, _batch_size(dataset)
        while True:
            for table in _rest(reader, dataset, source, names, shapes, encoding, tally, first):
                first += table.num_rows
                yield table
            if first >= _announced(dataset) or first == begun:
                return
            begun, size = first, max(1, size // 16)
            _meta, reader = stack.enter_context(_opened(dataset, layer, encoding, tally, first, size))


def _rest(
    reader: pa.RecordBatchReader,
    dataset: Dataset,
    source: str,
    names: dict[str, str],
    shapes: list[str],
    encoding: str | None,
    tally: Tally,
    first: int,
) -> Iterator[pa.Table]:
    """What a stream gives that begins with feature `first`."""
    while True:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return
        except (pa.ArrowException, OSError, RuntimeError) as error:
            raise damaged(dataset, plainly(error, dataset.gdal), source) from error
        table = pa.Table.from_batches([batch]).select([*names, *shapes])
        table = table.rename_columns([*names.values(), *shapes])

        def place(row: int, first: int = first) -> str:
            return feature(source, first + row)

        if encoding:
            table = recode(table, encoding, tally, place)
            table = dxf.unescape(table) if dataset.suffix == ".dxf" else table
        else:
            check_utf8(table, place)
        first += table.num_rows
        yield table


@contextmanager
def _opened(
    dataset: Dataset, layer: str | None, encoding: str | None, tally: Tally, first: int = 0, size: int | None = None
) -> Iterator[tuple[dict[str, Any], pa.RecordBatchReader]]:
    """A layer's stream from feature `first`, at most `size` to a batch; GDAL's warnings are counted "gdal-warning"."""
    pyogrio.set_gdal_config_options(_SETTINGS)
    inside = None if layer is None else _names(dataset)[layer] if dataset.inner else layer
    extra = {"ENCODING": BYTEWISE} if encoding and dataset.suffix != ".dxf" else {}
    with ExitStack() as stack:
        try:
            with _LISTENING, warnings.catch_warnings(record=True) as heard:
                warnings.simplefilter("always")
                stream = open_arrow(
                    dataset.gdal,
                    layer=inside,
                    use_pyarrow=True,
                    batch_size=size or _batch_size(dataset),
                    skip_features=first,
                    **extra,
                )
                meta, reader = stack.enter_context(stream)
        except (DataSourceError, DataLayerError, pa.ArrowException, OSError, RuntimeError, ValueError) as error:
            raise _refused(dataset, layer, error) from error
        for warning in heard:
            tally.add("gdal-warning", 1, f"{dataset.name}: {warning.message}")
        yield meta, reader


def _batch_size(dataset: Dataset) -> int:
    """How many features to ask for at a time."""
    if dataset.suffix != ".fgb":
        return FEATURES
    count, size = _announced(dataset), dataset.path.stat().st_size
    return batch_size(count, 4 * size) if count else _UNCOUNTED  # fewer than the limit allows: features differ


def _announced(dataset: Dataset) -> int:
    """How many features a FlatGeobuf says it has; 0 where it does not know, and of other formats."""
    if dataset.suffix != ".fgb":
        return 0
    found = flatgeobuf.extent(dataset.read(limit=flatgeobuf.HEAD) or b"")
    return found.features if found else 0


def _chosen(dataset: Dataset, options: ReadOptions) -> str | None:
    """The layer to read; None for a format that has but one."""
    if options.layer is not None:
        return options.layer
    names = list(_names(dataset))
    if len(names) == 1:
        return None
    shaped = [str(name) for name, geometry in _listed(dataset) if geometry is not None]
    if len(shaped) == 1:
        return shaped[0]
    raise which_layer(names, dataset.name)


def _names(dataset: Dataset) -> dict[str, str]:
    """The layers' names for people and for GDAL; they differ for Shapefiles in zips."""
    found = [str(name) for name, _geometry in _listed(dataset)]
    if dataset.inner is not None and len(found) == 1:
        return {dataset.stem: found[0]}
    return {name: name for name in found}


def _listed(dataset: Dataset) -> list[tuple[str, str | None]]:
    pyogrio.set_gdal_config_options(_SETTINGS)
    try:
        with _LISTENING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = [(str(name), geometry) for name, geometry in pyogrio.list_layers(dataset.gdal)]
    except (DataSourceError, DataLayerError, OSError, RuntimeError, ValueError) as error:
        raise _refused(dataset, None, error) from error
    if not found:
        raise InputError(
            _("The file holds no layers."),
            where=dataset.name,
            expected=_("at least one layer or table"),
            hint=_("open it in QGIS and export the layer again"),
        )
    return found


def _describe(dataset: Dataset, name: str, inside: str, encoding: str | None) -> SourceLayer:
    extra = {"ENCODING": BYTEWISE} if encoding and dataset.suffix != ".dxf" else {}
    try:
        with _LISTENING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            info = pyogrio.read_info(dataset.gdal, layer=inside, **extra)
    except (DataSourceError, DataLayerError, OSError, RuntimeError, ValueError) as error:
        raise _refused(dataset, name, error) from error
    fields = [recode_name(str(field), encoding) if encoding else str(field) for field in info["fields"]]
    geometry = _geometry_name(info["geometry_type"])
    if geometry == "none" and coordinate_columns(fields):
        geometry = "point"
    return SourceLayer(
        name=name,
        geometry=geometry,
        features=info["features"] if info["features"] >= 0 else None,
        crs=info["crs"],
        fields={f: _ARROW.get(str(t), str(t)) for f, t in zip(fields, info["dtypes"], strict=True)},
        driver=info["driver"],
    )


def _geometry_name(geometry_type: str | None) -> GeometryName:
    """What GDAL's name of a geometry type means here: "2.5D MultiPolygon", "Polygon ZM", "Unknown" …"""
    text = (geometry_type or "").lower()
    if not text:
        return "none"
    return next((name for word, name in _GEOMETRIES if word in text), "mixed")


def check_count(dataset: Dataset, layer: str | None, count: int, source: str) -> None:
    """GDAL ends a stream early and says nothing where pages of a GeoPackage are damaged or a FlatGeobuf was cut off."""
    expected = count
    if dataset.suffix == ".gpkg" and dataset.inner is None:
        counted = geopackage.counts(dataset)
        expected = counted.get(layer or "", count) if layer else next(iter(counted.values()), count)
    elif dataset.suffix == ".fgb":
        expected = _announced(dataset)
    if count < expected:
        raise damaged(dataset, _("only {n} of {total} features can be read").format(n=count, total=expected), source)


def _refused(dataset: Dataset, layer: str | None, error: Exception) -> InputError:
    """What an error of GDAL means to the one who handed in the file."""
    if isinstance(error, DataLayerError) and layer is not None:
        there = list(_names(dataset))
        if layer not in there:
            return no_such_layer(layer, there, dataset.name)
    if "not recognized as being in a supported file format" in str(error):
        return InputError(
            _("This is no vector file or table that can be read."),
            where=dataset.name,
            expected=_("GeoPackage, Shapefile, GeoJSON, FlatGeobuf, GeoParquet, File Geodatabase, DXF, CSV, XLSX …"),
            hint=_("export the data to one of these formats; an old .xls has to be saved as .xlsx"),
        )
    return damaged(dataset, plainly(error, dataset.gdal))
