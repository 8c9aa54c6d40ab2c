"""Small tables of a GeoPackage through SQLite itself.

GDAL needs 50 ms to open a city's GeoPackage with 120 layers, and pyogrio opens it anew for each of them: 6 s, of which
reading takes 0.3 s. Rows cost 3 µs each here, 0.5 µs in GDAL, so beyond `ROWS` it is GDAL's turn; so it is for whatever
is not quite usual: views, values of another type than their column's, coded domains, extended geometries.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from pipeline.sources import geopackage
from pipeline.sources.assemble import mask
from pipeline.sources.files import Dataset
from pipeline.sources.options import SourceLayer
from pipeline.types import Bounds

ROWS: Final = 20_000
_BYTES: Final = 64 << 20
_CHUNK: Final = 1000  # rows between two looks at the bytes
_LOCK: Final = threading.Lock()
_DATE: Final = re.compile(r"\d{4}-[01]\d-[0-3]\d")
# Older writers leave out the Z.
_MOMENT: Final = re.compile(r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(\.\d{1,3})?Z?")
# OGC 12-128r19, clause 2.1.3: envelope code → bytes of the envelope; codes above 4 are invalid.
_ENVELOPES: Final = (0, 32, 48, 48, 64)


class Rows(NamedTuple):
    """A whole table, or what of it lies near some windows."""

    table: pa.Table
    layer: SourceLayer  # what it is of
    shape: str | None  # the column of WKB


class _Unusual(Exception):
    """Something that is better left to GDAL."""


def small_table(
    dataset: Dataset, name: str, columns: Sequence[str] | None, near: Callable[[str | None], Sequence[Bounds] | None]
) -> Rows | None:
    """The table of a layer with these columns (None: all); None where GDAL has to read it.

    `near` says for its CRS in which windows features are wanted; where the table has an index, only those are read.
    """
    state = dataset.path.stat()
    try:
        with _LOCK:
            return _read(_connected(dataset.path, state.st_size, state.st_mtime_ns), name, columns, near)
    except (_Unusual, sqlite3.Error, OverflowError, TypeError, ValueError):
        return None


@lru_cache(maxsize=1)  # 120 layers are read one by one; parsing the schema takes 20 ms each time
def _connected(path: Path, size: int, changed: int) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, check_same_thread=False)


def _read(
    file: sqlite3.Connection,
    name: str,
    columns: Sequence[str] | None,
    near: Callable[[str | None], Sequence[Bounds] | None],
) -> Rows | None:
    layer, shape = geopackage.describe(file, name)
    wanted = list(dict.fromkeys(layer.fields if columns is None else columns))
    key = _key(file, name)
    if key is None or not layer.fields.keys() >= set(wanted) or _is_long(file, name):
        return None
    terms = [geopackage.quoted(column) for column in (*wanted, *([shape] if shape else ()))]
    windows = near(layer.crs) if shape else None
    where, box = _near(file, name, shape, key, windows) if shape and windows else ("", [])
    # Without any column the key still tells how many rows there are.
    query = f"SELECT {', '.join(terms) or key} FROM {geopackage.quoted(name)}{where} ORDER BY {key}"
    cursor = file.execute(query, box)
    rows: list[tuple[Any, ...]] = []
    size = 0
    while chunk := cursor.fetchmany(_CHUNK):
        rows += chunk
        size += sum(len(row[-1]) for row in chunk if isinstance(row[-1], bytes))
        if size > _BYTES:
            return None
    found = list(zip(*rows, strict=True)) or [() for _term in terms]
    arrays = [_MAKERS[layer.fields[column]](found[at]) for at, column in enumerate(wanted)]
    if shape:
        arrays.append(_binary([None if value is None else _body(value) for value in found[-1]]))
    return Rows(pa.Table.from_arrays(arrays, names=[*wanted, *([shape] if shape else ())]), layer, shape)


def _key(file: sqlite3.Connection, table: str) -> str | None:
    """The column of row numbers, as SQL; None for views and for tables with columns of some further meaning."""
    if file.execute("SELECT type FROM sqlite_master WHERE name = ?", (table,)).fetchone() != ("table",):
        return None
    keys = [row for row in file.execute(f"PRAGMA table_info({geopackage.quoted(table)})") if row[5]]
    if len(keys) != 1 or keys[0][2].upper() != "INTEGER" or _coded(file, table):
        return None
    return geopackage.quoted(keys[0][1])


def _is_long(file: sqlite3.Connection, table: str) -> bool:
    few = f"SELECT 1 FROM {geopackage.quoted(table)} LIMIT {ROWS + 1}"
    return bool(file.execute(f"SELECT count(*) FROM ({few})").fetchone()[0] > ROWS)


def _coded(file: sqlite3.Connection, table: str) -> bool:
    """Whether columns are described further (clause 2.3.2), by codes or as JSON."""
    if not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'gpkg_data_columns'").fetchone():
        return False
    return file.execute("SELECT 1 FROM gpkg_data_columns WHERE table_name = ?", (table,)).fetchone() is not None


def _near(
    file: sqlite3.Connection, table: str, shape: str, key: str, windows: Sequence[Bounds]
) -> tuple[str, list[float]]:
    """The condition that a feature's box in the index meets a window (clause F.3: boxes rounded outwards)."""
    index = f"rtree_{table}_{shape}"
    if not file.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (index,)).fetchone():
        return "", []
    west, south, east, north = zip(*windows, strict=True)
    box = [max(east), min(west), max(north), min(south)]
    name = geopackage.quoted(index)
    return f" WHERE {key} IN (SELECT id FROM {name} WHERE minx <= ? AND maxx >= ? AND miny <= ? AND maxy >= ?)", box


def _body(value: Any) -> bytes:
    """The WKB behind the header of a geometry (clause 2.1.3)."""
    if not isinstance(value, bytes) or len(value) < 8 or value[:2] != b"GP" or value[3] & 0x20:
        raise _Unusual
    envelope = value[3] >> 1 & 7
    if envelope >= len(_ENVELOPES):
        raise _Unusual
    return value[8 + _ENVELOPES[envelope] :]


# Arrays are put together by hand: `pa.array` would import pandas where it is installed, 0.3 s.
def _numbers(kind: pa.DataType, numpy: str, python: type) -> Callable[[Sequence[Any]], pa.Array]:
    def make(values: Sequence[Any]) -> pa.Array:
        _check(values, (python, int))
        data = np.array([0 if value is None else value for value in values], numpy)
        return pa.Array.from_buffers(kind, len(values), [_there(values), pa.py_buffer(data)])

    return make


def _flags(values: Sequence[Any]) -> pa.Array:
    if not {0, 1, None}.issuperset(values):
        raise _Unusual
    data = mask(np.array([value == 1 for value in values], np.bool_)).buffers()[1]
    return pa.Array.from_buffers(pa.bool_(), len(values), [_there(values), data])


def _texts(values: Sequence[Any]) -> pa.Array:
    _check(values, (str,))
    return _bytes(pa.string(), [None if value is None else value.encode() for value in values])


def _binary(values: Sequence[Any]) -> pa.Array:
    _check(values, (bytes,))
    return _bytes(pa.binary(), values)


def _times(kind: pa.DataType, numpy: str, pattern: re.Pattern[str]) -> Callable[[Sequence[Any]], pa.Array]:
    def make(values: Sequence[Any]) -> pa.Array:
        _check(values, (str,))
        if not all(value is None or pattern.fullmatch(value) for value in values):
            raise _Unusual
        moments = np.array(["1970-01-01" if value is None else value.removesuffix("Z") for value in values], numpy)
        data = moments.astype(np.int32 if numpy.endswith("[D]") else np.int64)
        return pa.Array.from_buffers(kind, len(values), [_there(values), pa.py_buffer(data)])

    return make


def _bytes(kind: pa.DataType, values: Sequence[bytes | None]) -> pa.Array:
    ends = np.cumsum([0, *(0 if value is None else len(value) for value in values)]).astype(np.int32)
    content = b"".join(value for value in values if value is not None)
    return pa.Array.from_buffers(kind, len(values), [_there(values), pa.py_buffer(ends), pa.py_buffer(content)])


def _there(values: Sequence[Any]) -> pa.Buffer | None:
    if None not in values:
        return None
    return mask(np.array([value is not None for value in values], np.bool_)).buffers()[1]


def _check(values: Sequence[Any], types: tuple[type, ...]) -> None:
    if not {*types, type(None)}.issuperset(map(type, values)):  # SQLite takes any value in any column
        raise _Unusual


_MAKERS: Final = {
    "bool": _flags,
    "int16": _numbers(pa.int16(), "int16", int),
    "int32": _numbers(pa.int32(), "int32", int),
    "int64": _numbers(pa.int64(), "int64", int),
    "float": _numbers(pa.float32(), "float32", float),
    "double": _numbers(pa.float64(), "float64", float),
    "string": _texts,
    "binary": _binary,
    "date32[day]": _times(pa.date32(), "datetime64[D]", _DATE),
    "timestamp[ms, tz=UTC]": _times(pa.timestamp("ms", "UTC"), "datetime64[ms]", _MOMENT),
}
