"""PostgreSQL's types → few that Arrow has, cast by the server, so that every value arrives in a type of its own.

Numbers, truths, dates, times and bytes stay what they are, and arrays of them; everything else becomes the text that
PostgreSQL writes for it (uuid, json, enumerations, ranges, hstore …).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.sources.postgis_session import quoted

# Type → what to select, what Arrow calls it.
_KEPT: Final = {
    "bool": "bool", "int2": "int16", "int4": "int32", "int8": "int64", "float4": "float", "float8": "double",
    "text": "string", "bytea": "binary",
}  # fmt: skip
_MOMENTS: Final = {"date": "date32[day]", "timestamp": "timestamp[us]", "timestamptz": "timestamp[us, tz=UTC]"}
_IN_ARRAYS: Final = {name: name for name in _KEPT} | {"numeric": "float8"}
_EXACT: Final = 18  # digits that an int64 holds, whatever they are


@dataclass(frozen=True, slots=True)
class Type:
    """A row of pg_type."""

    name: str
    schema: str
    base: int  # of a domain, else 0
    modifier: int  # that a domain gives its base, else -1
    element: int  # of an array, else 0
    is_array: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table or view."""

    name: str
    type: int  # oid
    modifier: int


def column_sql(column: Column, types: Mapping[int, Type]) -> tuple[str, str]:
    """What to select of a column, and its Arrow type."""
    name = quoted(column.name)
    type, modifier = _base(column.type, column.modifier, types)
    if type.is_array:
        element, _modifier = _base(type.element, -1, types)
        cast = _IN_ARRAYS.get(element.name if element.schema == "pg_catalog" else "", "text")
        return f"{name}::pg_catalog.{cast}[]", f"list<item: {_KEPT[cast]}>"
    if type.schema != "pg_catalog":
        return f"{name}::pg_catalog.text", "string"
    if type.name in _KEPT:
        return name, _KEPT[type.name]
    if type.name in _MOMENTS:  # Arrow has no infinity
        return f"CASE WHEN pg_catalog.isfinite({name}) THEN {name} END", _MOMENTS[type.name]
    if type.name == "numeric":
        precision, scale = (modifier - 4) >> 16 & 0xFFFF, (modifier - 4) & 0x7FF
        if modifier >= 4 and scale == 0 and precision <= _EXACT:
            return f"NULLIF({name}, 'NaN')::pg_catalog.int8", "int64"
        return f"{name}::pg_catalog.float8", "double"
    if type.name == "money":
        return f"{name}::pg_catalog.numeric::pg_catalog.float8", "double"
    if type.name == "oid":
        return f"{name}::pg_catalog.int8", "int64"
    return f"{name}::pg_catalog.text", "string"


def _base(oid: int, modifier: int, types: Mapping[int, Type]) -> tuple[Type, int]:
    """The type that a domain, or a domain over domains, is made of, and its modifier."""
    found = types[oid]
    while found.base:
        modifier = found.modifier if modifier < 0 else modifier
        found = types[found.base]
    return found, modifier
