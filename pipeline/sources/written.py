"""A source as it was written: attributes and well-known binary in the source's own coordinates, nothing judged.

What `pack` and `check` read by: nothing here compiles, and coordinates that contradict their CRS are no error but what
one came to see.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources.arrow import whole
from pipeline.sources.assemble import plain_columns
from pipeline.sources.choose import check_columns, no_such_layer, which_layer
from pipeline.sources.coordinates import coordinate_columns, numbers_of, wkt_column
from pipeline.sources.database import Database, Source, check_path
from pipeline.sources.files import Dataset, datasets
from pipeline.sources.options import ReadOptions
from pipeline.sources.pace import portions
from pipeline.types import Tally

_NOWHERE: Final = 21  # bytes of a point: byte order, type, x, y


class Portion(NamedTuple):
    """Some rows in the order of the source."""

    attributes: pa.Table  # no geometry column
    shapes: pa.Array | None  # WKB, null where there is no geometry; None: the source has no place for any


class Written(NamedTuple):
    """An opened layer."""

    source: str  # for people: file and layer
    layer: str
    crs: str | None  # as the source declares it
    rows: Iterator[Portion]


@contextmanager
def open_written(source: Source, options: ReadOptions, tally: Tally) -> Iterator[Written]:
    """Open one layer of a file, table or database; faults of reading are counted in `tally`.

    Raises InputError where the source is missing, damaged or none that can be read, some of it only while reading.
    """
    if isinstance(source, Database):
        with _of_database(source, options) as written:
            yield written
        return
    dataset, layer = _chosen(datasets(check_path(source)), options)
    if dataset.osm or dataset.stdin:
        raise InputError(
            _("This is no file that a department hands in: {name}.").format(name=dataset.name),
            where=str(source),
            expected=_("GeoPackage, Shapefile, GeoJSON, FlatGeobuf, GeoParquet, File Geodatabase, DXF, CSV, XLSX …"),
            hint=_("write the features that are meant to a GeoPackage"),
        )
    if dataset.suffix in (".parquet", ".geoparquet"):
        yield _of_parquet(dataset, options)
    elif dataset.suffix in (".csv", ".tsv"):
        yield _of_table(dataset, options, tally)
    else:
        with _of_gdal(dataset, layer, options, tally) as written:
            yield written


def _chosen(found: tuple[Dataset, ...], options: ReadOptions) -> tuple[Dataset, str | None]:
    """The data set that holds the layer asked for, and the layer's name where it has to be told."""
    if len(found) == 1:
        return found[0], options.layer
    names = [dataset.stem for dataset in found]
    if options.layer is None:
        raise which_layer(names, found[0].path.name)
    for dataset in found:
        if dataset.stem == options.layer:
            return dataset, None
    raise no_such_layer(options.layer, names, found[0].path.name)


@contextmanager
def _of_gdal(dataset: Dataset, layer: str | None, options: ReadOptions, tally: Tally) -> Iterator[Written]:
    from pipeline.sources import vector

    with vector.open_tables(dataset, ReadOptions(layer=layer, encoding=options.encoding), tally) as opened:
        places = None if opened.shape else _places(opened.schema, options, opened.source)

        def counted() -> Iterator[Portion]:
            count = 0
            for portion in _portions(opened.tables, opened.shape, places):
                count += portion.attributes.num_rows
                yield portion
            vector.check_count(dataset, opened.layer, count, opened.source)

        name = opened.layer or vector.layer_names(dataset)[0]
        yield Written(opened.source, name, opened.crs, counted())


def _of_parquet(dataset: Dataset, options: ReadOptions) -> Written:
    from pipeline.sources import parquet

    if options.layer not in (None, dataset.stem):
        raise no_such_layer(options.layer or "", [dataset.stem], dataset.name)
    opened = parquet.open_tables(dataset)
    column = opened.column
    if column is None:
        places = _places(opened.schema, options, dataset.name)
        rows = _portions(opened.tables, None, places)
    else:
        rows = _portions(opened.tables, column.name, None, column.encoding)
    return Written(dataset.name, dataset.stem, column.crs if column else None, rows)


def _of_table(dataset: Dataset, options: ReadOptions, tally: Tally) -> Written:
    from pipeline.sources import table

    if options.layer not in (None, dataset.stem):
        raise no_such_layer(options.layer or "", [dataset.stem], dataset.name)
    opened = table.open_table(dataset, options.encoding, tally)
    places = _places(opened.schema, options, dataset.name)
    return Written(dataset.name, dataset.stem, None, _portions(opened.tables(), None, places))


@contextmanager
def _of_database(database: Database, options: ReadOptions) -> Iterator[Written]:
    from pipeline.sources import postgis

    with postgis.open_tables(database, options) as opened:
        yield Written(opened.source, opened.layer, opened.crs, _portions(opened.tables, opened.shape, None))


# ------------------------------------------------------------------------------------------ places of rows


class _Places(NamedTuple):
    """Which columns place a row: eastings and northings, or well-known text."""

    x: str
    y: str | None  # None: `x` is text


def _places(schema: pa.Schema, options: ReadOptions, where: str) -> _Places | None:
    if options.x and options.y:
        check_columns([options.x, options.y], schema.names, where)
        return _Places(options.x, options.y)
    if (pair := coordinate_columns(schema.names)) is not None:
        return _Places(*pair)
    text = wkt_column(schema)
    return None if text is None else _Places(text, None)


def _portions(
    tables: Iterator[pa.Table], shape: str | None, places: _Places | None, encoding: str = "wkb"
) -> Iterator[Portion]:
    for table in tables:
        for _begin, part in portions(table):
            if shape is not None:
                column = whole(part.column(shape))
                found = _binary(column) if encoding == "wkb" else _from_geoarrow(column, encoding)
                kept = part.remove_column(part.schema.get_field_index(shape))
            elif places is not None:
                found = _points(part, places.x, places.y) if places.y else _from_text(part, places.x)
                kept = part
            else:
                found, kept = None, part
            yield Portion(plain_columns(kept), found)


def _binary(column: pa.Array) -> pa.Array:
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    return column if pa.types.is_large_binary(column.type) else column.cast(pa.large_binary())


def _points(table: pa.Table, x: str, y: str) -> pa.Array:
    """Points of two columns of numbers; null where either is no number."""
    (xs, _no_x), (ys, _no_y) = numbers_of(table.column(x)), numbers_of(table.column(y))
    there = np.isfinite(xs) & np.isfinite(ys)
    return point_binary(xs, ys, there)


def point_binary(x: NDArray[np.float64], y: NDArray[np.float64], there: NDArray[np.bool_]) -> pa.Array:
    """Points as WKB, all arrays [rows]; null where not `there`."""
    made = np.zeros(int(there.sum()), np.dtype([("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")]))
    made["order"], made["type"], made["x"], made["y"] = 1, 1, x[there], y[there]
    offsets = np.concatenate(([0], np.cumsum(there, dtype=np.int64) * _NOWHERE))
    valid = pa.py_buffer(np.packbits(there, bitorder="little"))
    return pa.Array.from_buffers(
        pa.large_binary(), len(there), [valid, pa.py_buffer(offsets), pa.py_buffer(made.tobytes())]
    )


def _from_text(table: pa.Table, column: str) -> pa.Array:
    """Well-known text as WKB; what is none becomes bytes that are none either, so that it is not taken for nothing."""
    import shapely

    texts = table.column(column).to_pylist()
    shapes = shapely.from_wkt([text or None for text in texts], on_invalid="ignore")
    binary = shapely.to_wkb(shapes).tolist()
    for row, text in enumerate(texts):
        if text and shapes[row] is None:
            binary[row] = b""
    return pa.array(binary, pa.large_binary())


_GEOARROW: Final = {
    "point": (0, 0), "linestring": (1, 1), "polygon": (3, 2), "multipoint": (4, 1), "multilinestring": (5, 2),
    "multipolygon": (6, 3),
}  # fmt: skip  # encoding → GEOS's type, lists around a coordinate


def _from_geoarrow(column: pa.Array, encoding: str) -> pa.Array:
    """Nested lists of coordinates as WKB."""
    import shapely

    kind, depth = _GEOARROW[encoding]
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    there = column.is_valid()
    rows = column.drop_null()
    levels: list[NDArray[np.int64]] = []
    inner: Any = rows
    for _level in range(depth):
        lengths = inner.value_lengths().fill_null(0)
        levels.append(np.concatenate(([0], np.cumsum(np.asarray(lengths.to_numpy(zero_copy_only=False), np.int64)))))
        inner = inner.flatten()
    if pa.types.is_struct(inner.type):
        xy = [inner.flatten()[inner.type.get_field_index(name)].to_numpy(zero_copy_only=False) for name in ("x", "y")]
        coordinates = np.column_stack(xy).astype(np.float64)
    else:
        size = inner.type.list_size
        flat = inner.flatten().to_numpy(zero_copy_only=False)
        coordinates = np.asarray(flat, np.float64).reshape(-1, size)[:, :2]
    made = shapely.to_wkb(
        shapely.from_ragged_array(
            shapely.GeometryType(kind), np.ascontiguousarray(coordinates), tuple(reversed(levels)) or None
        )
    )
    result = np.full(len(column), None, object)
    result[np.asarray(there.to_numpy(zero_copy_only=False), np.bool_)] = made
    return pa.array(result.tolist(), pa.large_binary())
