"""GeoParquet straight through pyarrow, row group by row group (GeoParquet 1.1.0; GDAL is not needed).

A data set is one file or a folder of parts; only row groups and rows near the areas asked for are read.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources.assemble import Rows, assemble_rows, mask
from pipeline.sources.choose import check_columns, no_such_layer
from pipeline.sources.coordinates import table_parser
from pipeline.sources.covering import near_groups, near_rows
from pipeline.sources.crs import Locator
from pipeline.sources.files import Dataset, damaged
from pipeline.sources.geoarrow import from_geoarrow
from pipeline.sources.geoparquet import WKB, GeometryColumn, attributes, geometry_column
from pipeline.sources.options import ReadOptions, SourceLayer
from pipeline.sources.pace import ahead, batch_size
from pipeline.sources.parts import partition_values
from pipeline.sources.wkb import from_wkb
from pipeline.types import Bounds, FeatureBatch, Tally

_BUFFER: Final = 1 << 20  # read from a column at a time; without it a column of a row group is held whole
_FAULTS: Final = (pa.ArrowException, OSError)


@dataclass(frozen=True, slots=True)
class _Part:
    """One file of a data set."""

    dataset: Dataset
    path: Path | None  # None: inside a zip
    values: tuple[tuple[str, pa.Scalar], ...]  # the same for all its rows, from the names of its folders


def layers(dataset: Dataset) -> tuple[SourceLayer, ...]:
    """The one layer of a Parquet file or folder, named after it. Raises InputError."""
    parts = _parts(dataset)
    column, schema, count = _describe(parts)
    kept = attributes(schema, column)
    return (
        SourceLayer(
            name=dataset.stem,
            geometry="none" if column is None else column.geometry,
            features=count,
            crs=None if column is None else column.crs,
            fields={name: str(schema.field(name).type) for name in kept},
            driver="Parquet",
        ),
    )


def batches(dataset: Dataset, options: ReadOptions, tally: Tally) -> Iterator[FeatureBatch]:
    """The features of the file in longitude and latitude. Raises InputError."""
    if options.layer not in (None, dataset.stem):
        raise no_such_layer(options.layer or "", [dataset.stem], dataset.name)
    parts = _parts(dataset)
    column, schema, _count = _describe(parts)
    there = attributes(schema, column)
    kept = there if options.columns is None else options.columns
    check_columns([*kept, *(c for c in (options.x, options.y) if c)], there, dataset.name)
    locator = Locator(dataset.name, None if column is None else column.crs, options.crs, options.areas)
    if column is None:
        parse, wanted = table_parser(schema, options, tally), list(there)
    else:
        wanted = [*dict.fromkeys(kept), column.name]
        read = from_wkb(column.name, tally) if column.encoding == WKB else None
        parse = read or from_geoarrow(column.name, column.encoding, tally)
    windows = None if column is None else locator.windows()
    rows = _rows(parts, column, windows, pa.schema([schema.field(name) for name in wanted]))
    with closing(ahead(rows)) as found:
        yield from assemble_rows(found, parse, kept, locator, tally)


class Opened(NamedTuple):
    """A data set as it is stored, geometries in whatever encoding it has."""

    column: GeometryColumn | None  # None: a plain table
    schema: pa.Schema  # of the attributes
    tables: Iterator[pa.Table]  # attributes, then the geometries


def open_tables(dataset: Dataset) -> Opened:
    """Open a file or folder with all its attributes, in its own coordinates. Raises InputError, also while reading."""
    parts = _parts(dataset)
    column, schema, _count = _describe(parts)
    kept = pa.schema([schema.field(name) for name in attributes(schema, column)])
    wanted = kept if column is None else kept.append(schema.field(column.name))
    return Opened(column, kept, (rows.table for rows in _rows(parts, column, None, wanted)))


def _rows(
    parts: tuple[_Part, ...], column: GeometryColumn | None, windows: tuple[Bounds, ...] | None, schema: pa.Schema
) -> Iterator[Rows]:
    """The rows of all parts that may lie in the windows, with the columns of `schema`."""
    before = 0
    for part in parts:
        with _open(part) as file:
            about = file.metadata
            starts = np.cumsum([0, *(about.row_group(group).num_rows for group in range(about.num_row_groups))])
            groups = list(range(about.num_row_groups))
            if column is not None and windows is not None:
                groups = near_groups(file, column, windows)
            for run in _runs(groups):
                first = before + int(starts[run[0]])
                for table in _tables(file, part, run, schema, column if windows is not None else None):
                    rows = Rows(table, first)
                    first += table.num_rows
                    yield _near(rows, column, windows, schema)
            before += about.num_rows


def _near(rows: Rows, column: GeometryColumn | None, windows: tuple[Bounds, ...] | None, schema: pa.Schema) -> Rows:
    """Without the rows whose boxes tell that they are not wanted, and without the boxes."""
    near = near_rows(rows.table, column, windows) if column is not None and windows is not None else None
    table = rows.table.select(schema.names)
    if near is None or near.all():
        return rows._replace(table=table)
    return Rows(table.filter(mask(near)), rows.first, np.flatnonzero(near))


def _tables(
    file: pq.ParquetFile, part: _Part, run: list[int], schema: pa.Schema, boxed: GeometryColumn | None
) -> Iterator[pa.Table]:
    """The rows of neighbouring row groups in the columns of `schema`, and those of the boxes of `boxed`."""
    own = set(file.schema_arrow.names)
    names = [name for name in schema.names if name in own]
    if boxed is not None and boxed.box is not None and {path.partition(".")[0] for path in boxed.box} <= own:
        names += [path for path in dict.fromkeys(boxed.box) if path.partition(".")[0] not in names]
    about = [file.metadata.row_group(group) for group in run]
    size = batch_size(sum(group.num_rows for group in about), sum(group.total_byte_size for group in about))
    values = dict(part.values)
    try:
        for batch in file.iter_batches(size, row_groups=run, columns=names):
            table = pa.Table.from_batches([batch])
            for at, field in enumerate(schema):
                if field.name not in table.column_names:
                    filled = pa.repeat(values.get(field.name, pa.scalar(None, field.type)), table.num_rows)
                    table = table.add_column(at, field, filled)
                elif table.schema.field(field.name).type != field.type:
                    index = table.schema.get_field_index(field.name)
                    table = table.set_column(index, field.name, table.column(index).cast(field.type))
            yield table
    except _FAULTS as error:
        raise damaged(part.dataset, str(error).split("\n")[0]) from error


def _parts(dataset: Dataset) -> tuple[_Part, ...]:
    if not dataset.parts:
        return (_Part(dataset, None if dataset.inner else dataset.path, ()),)
    keys = partition_values(dataset.path, dataset.parts)
    numbers = {int, NoneType}
    types = {key: pa.int64() if {*map(type, values)} <= numbers else pa.string() for key, values in keys.items()}
    return tuple(
        _Part(Dataset(path), path, tuple((key, pa.scalar(keys[key][at], kind)) for key, kind in types.items()))
        for at, path in enumerate(dataset.parts)
    )


def _describe(parts: tuple[_Part, ...]) -> tuple[GeometryColumn | None, pa.Schema, int]:
    """The geometries, all columns and the number of rows of the parts. Raises InputError where they do not agree."""
    schemas, count, found = [], 0, None
    for at, part in enumerate(parts):
        with _open(part) as file:
            column = geometry_column(file, part.dataset)
            schemas.append(file.schema_arrow.remove_metadata())
            count += file.metadata.num_rows
        if at == 0:
            found = column
        elif _essence(column) != _essence(found):
            raise InputError(
                _("The geometries of this part are stored in another way than those of the first."),
                where=part.dataset.path.as_posix(),
                expected=_("the same geometry column, encoding and CRS in all parts of a folder"),
                hint=_("take the file out of the folder, or write it again like the others"),
            )
    own = set(schemas[0].names)
    schemas.append(pa.schema([(key, value.type) for key, value in parts[0].values if key not in own]))
    try:
        return found, schemas[0] if len(parts) == 1 else pa.unify_schemas(schemas, promote_options="permissive"), count
    except _FAULTS as error:
        raise InputError(
            _("The parts of this folder do not fit together: {reason}.").format(reason=str(error).split("\n")[0]),
            where=str(parts[0].path and parts[0].path.parent),
            expected=_("columns of the same types in all parts of a folder"),
            hint=_("write the parts again from one source"),
        ) from error


def _essence(column: GeometryColumn | None) -> tuple[str, str, str | None] | None:
    return None if column is None else (column.name, column.encoding, column.crs)


def _runs(groups: list[int]) -> Iterator[list[int]]:
    """Neighbouring row groups together."""
    run: list[int] = []
    for group in groups:
        if run and group != run[-1] + 1:
            yield run
            run = []
        run.append(group)
    if run:
        yield run


@contextmanager
def _open(part: _Part) -> Iterator[pq.ParquetFile]:
    with ExitStack() as stack:
        try:
            source = part.path if part.path is not None else io.BytesIO(part.dataset.read() or b"")
            # Buffers ahead would hold all row groups asked for.
            file = stack.enter_context(pq.ParquetFile(source, pre_buffer=False, buffer_size=_BUFFER))
        except _FAULTS as error:
            raise damaged(part.dataset, str(error).split("\n")[0]) from error
        yield file
