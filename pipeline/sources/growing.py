"""Columns whose types are known only at the end: each batch has its own, and the whole gets what holds them all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from pipeline.sources.spill import Spill

_SIGNED: Final = (-(1 << 63), (1 << 63) - 1)


class GrowingTable:
    """Tables are added in order, and come back with the same columns throughout.

    Kept in files of a folder that is the caller's, one for each time that a column is new or its type grows wider.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._spills: list[Spill] = []
        self.schema = pa.schema([])
        self.rows = 0

    def add(self, table: pa.Table) -> None:
        """Append a table."""
        schema = _union(self.schema, table.schema)
        if not self._spills or schema != self.schema:
            self.close()
            self._spills.append(Spill(self._folder / f"{len(self._spills)}.arrow", schema))
            self.schema = schema
        self._spills[-1].add(_promoted(table, schema))
        self.rows += table.num_rows

    def close(self) -> None:
        """End writing; only now it can be read."""
        if self._spills:
            self._spills[-1].close()

    def tables(self, columns: tuple[str, ...]) -> Iterator[pa.Table]:
        """What was added, in order, with these columns only."""
        wanted = pa.schema([self.schema.field(name) for name in columns])
        for spill in self._spills:
            there = tuple(name for name in columns if name in spill.schema.names)
            for table in spill.tables(there):
                yield _promoted(table, wanted)


def column(values: Sequence[Any]) -> pa.Array:
    """Values that json has read as an Arrow array: of one type if they are, else their JSON texts."""
    kinds = set(map(type, values)) - {type(None)}
    if not kinds:
        return pa.nulls(len(values))
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int} and _fit(values):
        return pa.array(values, pa.int64())
    if kinds <= {int, float}:
        return pa.array([None if value is None else _float(value) for value in values], pa.float64())
    texts = [value if value is None or isinstance(value, str) else _text(value) for value in values]
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can escape and UTF-8 cannot hold
        return pa.array([text and text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in texts])


def _fit(values: Sequence[int | None]) -> bool:
    low, high = _SIGNED
    return all(value is None or low <= value <= high for value in values)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer of more than 308 digits
        return float("inf") if value > 0 else float("-inf")


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _union(before: pa.Schema, new: pa.Schema) -> pa.Schema:
    """All columns, those known before first, each of a type that holds both."""
    types = {field.name: field.type for field in before}
    for field in new:
        types[field.name] = _wider(types.get(field.name, field.type), field.type)
    return pa.schema(list(types.items()))


def _wider(a: pa.DataType, b: pa.DataType) -> pa.DataType:
    if a == b or pa.types.is_null(b):
        return a
    if pa.types.is_null(a):
        return b
    if {a, b} == {pa.int64(), pa.float64()}:
        return pa.float64()
    return pa.string()


def _promoted(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        table.column(field.name).cast(field.type, safe=False)
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)
