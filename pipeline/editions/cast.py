"""A column of whatever type a source gives → a field's type; what cannot be converted becomes null and is marked.

string → large_string, blanks around it cut, empty becomes null · integer → int64 · number → float64 · boolean → bool
· date → large_string as ISO 8601 (2026-09-30), because tiles know no dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.types import Tally

# Digits that int64 surely holds; spreadsheets hand whole numbers over as "12.0".
_INTEGER = r"^[+-]?[0-9]{1,18}(\.0*)?$"
_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ].*)?|(\d{4})(\d{2})(\d{2})")
_BOOLEANS = {
    **dict.fromkeys(("1", "true", "t", "yes", "y", "是", "有"), True),
    **dict.fromkeys(("0", "false", "f", "no", "n", "否", "无"), False),
}

TARGETS = {
    "string": pa.large_string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.large_string(),
}


NOT_OF_TYPE = "value-not-of-type"  # a value that its field's type cannot hold; it becomes null


def convert(column: pa.ChunkedArray, type: str, name: str, tally: Tally) -> tuple[pa.ChunkedArray, int]:
    """The column as `type`, and how many values it could not hold; they are counted, with a sample of field `name`."""
    values, lost = cast(column, type)
    if lost.true_count:
        tally.add(NOT_OF_TYPE, lost.true_count, f"{name}: {column.filter(lost)[0].as_py()!r} ({type})")
    return values, lost.true_count


def cast(column: pa.ChunkedArray, type: str) -> tuple[pa.ChunkedArray, pa.BooleanArray]:
    """The column as `type`, and which rows had a value that it cannot hold."""
    plain = _plain(column)
    values: pa.Array = _CASTS[type](plain)
    lost = pc.and_(pc.is_valid(plain), pc.is_null(values))
    return pa.chunked_array([values], TARGETS[type]), lost


def _plain(column: pa.ChunkedArray) -> pa.Array:
    """As one array of texts, numbers, booleans or dates; blank texts and NaN are null."""
    array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    kind = array.type
    if pa.types.is_null(kind):
        return array.cast(pa.large_string())
    if pa.types.is_boolean(kind) or pa.types.is_temporal(kind):
        return array
    if pa.types.is_integer(kind):
        return array
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        array = array.cast(pa.float64())
        return pc.if_else(pc.is_nan(array), pa.scalar(None, pa.float64()), array)
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array([None if v is None else str(v) for v in array.to_pylist()], pa.large_string())
    array = pc.utf8_trim_whitespace(array.cast(pa.large_string()))
    return pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.large_string()), array)


def _whole(array: pa.Array) -> pa.BooleanArray:
    """Which floats are whole numbers that a double holds exactly."""
    return pc.and_(pc.equal(array, pc.floor(array)), pc.less(pc.abs(array), pa.scalar(2.0**53)))


def _only(array: pa.Array, good: pa.BooleanArray) -> pa.Array:
    return pc.if_else(good, array, pa.scalar(None, array.type))


def _to_string(array: pa.Array) -> pa.Array:
    if pa.types.is_temporal(array.type):
        return _each(array, _iso, pa.large_string())
    if pa.types.is_floating(array.type):
        # 12.0 is how many formats hand over the code 12.
        whole = pc.fill_null(_whole(array), False)
        codes = _only(array, whole).cast(pa.int64()).cast(pa.large_string())
        return pc.if_else(whole, codes, array.cast(pa.large_string()))
    return array.cast(pa.large_string())


def _to_integer(array: pa.Array) -> pa.Array:
    if pa.types.is_temporal(array.type):
        return pa.nulls(len(array), pa.int64())
    if pa.types.is_floating(array.type):
        return _only(array, _whole(array)).cast(pa.int64())
    if pa.types.is_uint64(array.type):
        return _only(array, pc.less(array, pa.scalar(1 << 63, pa.uint64()))).cast(pa.int64())
    if pa.types.is_large_string(array.type):
        good = _only(array, pc.match_substring_regex(array, _INTEGER))
        bare = pc.replace_substring_regex(good, r"^\+|\.0*$", "")
        return bare.cast(pa.int64())
    return array.cast(pa.int64())


def _to_number(array: pa.Array) -> pa.Array:
    if pa.types.is_temporal(array.type):
        return pa.nulls(len(array), pa.float64())
    if pa.types.is_large_string(array.type):
        good = _only(array, pc.match_substring_regex(array, _NUMBER))
        return pc.replace_substring_regex(good, r"^\+", "").cast(pa.float64())
    if pa.types.is_floating(array.type):
        return _only(array, pc.is_finite(array))
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.int8())
    return array.cast(pa.float64(), safe=False)


def _to_boolean(array: pa.Array) -> pa.Array:
    if pa.types.is_boolean(array.type):
        return array
    if pa.types.is_temporal(array.type):
        return pa.nulls(len(array), pa.bool_())
    return _each(_to_string(array), lambda text: _BOOLEANS.get(str(text).lower()), pa.bool_())


def _to_date(array: pa.Array) -> pa.Array:
    if pa.types.is_boolean(array.type):
        return pa.nulls(len(array), pa.large_string())
    return _each(array if pa.types.is_temporal(array.type) else _to_string(array), _iso, pa.large_string())


def _iso(value: Any) -> str | None:
    """A day as 2026-09-30, from a date, a moment, or text as people write days in China and elsewhere."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    found = _DATE.fullmatch(str(value))
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups() if part is not None)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _each(array: pa.Array, convert: Callable[[Any], Any], target: pa.DataType) -> pa.Array:
    """Convert every distinct value once, in Python."""
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.timestamp("us", array.type.tz), safe=False)
    coded = array.dictionary_encode()
    table = pa.array([convert(v) for v in coded.dictionary.to_pylist()], target)
    return table.take(coded.indices)


_CASTS: dict[str, Callable[[pa.Array], pa.Array]] = {
    "string": _to_string,
    "integer": _to_integer,
    "number": _to_number,
    "boolean": _to_boolean,
    "date": _to_date,
}
