"""One of the two versions that are compared: a GeoParquet file of the store, read column by column."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources.arrow import whole
from pipeline.sources.files import datasets
from pipeline.sources.geoparquet import attributes, geometry_column


@dataclass(frozen=True, slots=True)
class Side:
    """A file of features; only one column of it is in memory at a time."""

    path: Path
    label: str  # its version, for people
    rows: int
    types: dict[str, pa.DataType]  # of its attributes, in order
    shape: str | None  # the column of its geometries, WKB

    def column(self, name: str) -> pa.Array:
        """The values of a field, [rows]; all null where it has no such field."""
        if name not in self.types:
            return pa.nulls(self.rows)
        return _simple(pq.ParquetFile(self.path).read(columns=[name]).column(name))

    def shapes(self) -> pa.Array:
        """Its geometries as WKB, [rows] of large binary; null where a feature has none."""
        if self.shape is None:
            return pa.nulls(self.rows, pa.large_binary())
        return _simple(pq.ParquetFile(self.path).read(columns=[self.shape]).column(self.shape))


def open_side(path: Path, label: str) -> Side:
    """Open a stored file of features. Raises InputError where it is damaged or its geometries are no WKB."""
    (dataset,) = datasets(path)
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            _("The stored version cannot be read: {reason}").format(reason=error),
            where=str(path),
            hint=_("restore the folder from a copy"),
        ) from error
    with file:
        column = geometry_column(file, dataset)
        if column is not None and column.encoding != "wkb":
            raise InputError(
                _('The geometries are stored as "{encoding}".').format(encoding=column.encoding),
                where=str(path),
                expected=_("a version as submit wrote it"),
            )
        schema = file.schema_arrow
        types = {name: _plain_type(schema.field(name).type) for name in attributes(schema, column)}
        return Side(path, label, file.metadata.num_rows, types, column.name if column else None)


def aligned(one: pa.Array, other: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Two columns in a type that can hold the values of both: numbers as numbers, else as texts."""
    for type in _common(one.type, other.type):
        try:
            return one.cast(type), other.cast(type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            continue  # numbers too large for it, types that have no texts
    return _texts(one), _texts(other)


def differing(one: pa.Array, other: pa.Array) -> NDArray[np.bool_]:
    """Where the values of two columns of the same length differ, [rows]; nothing equals nothing, NaN equals NaN."""
    one, other = aligned(one, other)
    if pa.types.is_null(one.type):
        return np.zeros(len(one), np.bool_)
    found = pc.not_equal(one, other)
    if pa.types.is_floating(one.type):
        found = pc.and_not(found, pc.and_(pc.is_nan(one), pc.is_nan(other)))
    found = pc.or_(pc.fill_null(found, False), pc.xor(one.is_null(), other.is_null()))
    return bits(found)


def bits(array: pa.Array) -> NDArray[np.bool_]:
    """Booleans without nulls as numpy has them, [rows]; `to_numpy` would import pandas."""
    packed = np.frombuffer(array.buffers()[1] or b"", np.uint8)
    return np.unpackbits(packed, count=array.offset + len(array), bitorder="little")[array.offset :].astype(np.bool_)


def row_numbers(rows: NDArray[np.int64]) -> pa.Array:
    """Row numbers as Arrow has them, for `take`."""
    return pa.Array.from_buffers(pa.int64(), len(rows), [None, pa.py_buffer(np.ascontiguousarray(rows, np.int64))])


def _common(one: pa.DataType, other: pa.DataType) -> list[pa.DataType]:
    """Types that both may be cast to without loss, the best first."""
    kinds = pa.types
    if kinds.is_nested(one) or kinds.is_nested(other):
        return []
    if one == other:
        return [one]
    if kinds.is_null(one) or kinds.is_null(other):
        return [other if kinds.is_null(one) else one]
    if all(kinds.is_integer(type) for type in (one, other)):
        return [pa.int64(), pa.large_string()]
    if all(kinds.is_integer(type) or kinds.is_floating(type) for type in (one, other)):
        return [pa.float64(), pa.large_string()]
    if all(kinds.is_date(type) or kinds.is_timestamp(type) for type in (one, other)):
        return [pa.timestamp("us"), pa.large_string()]
    return [pa.large_string()]


def _texts(column: pa.Array) -> pa.Array:
    """Values of types that Arrow cannot compare (lists, structures) as texts."""
    texts = [None if v is None else json.dumps(v, default=str, sort_keys=True) for v in column.to_pylist()]
    return pa.array(texts, pa.large_string())


def _simple(column: pa.ChunkedArray) -> pa.Array:
    """One array of a plain type: texts and bytes with 64-bit offsets, so that any number of them fits."""
    if isinstance(column.type, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
    if (type := _plain_type(column.type)) != column.type:
        column = column.cast(type)
    return whole(column) if column.num_chunks else pa.nulls(0, type)


def _plain_type(type: pa.DataType) -> Any:
    if isinstance(type, pa.BaseExtensionType):
        type = type.storage_type
    if pa.types.is_dictionary(type):
        type = type.value_type
    if pa.types.is_string(type) or pa.types.is_string_view(type):
        return pa.large_string()
    return pa.large_binary() if pa.types.is_binary(type) or pa.types.is_binary_view(type) else type
