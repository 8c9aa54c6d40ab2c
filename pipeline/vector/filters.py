"""Which features a CQL2 filter lets through, at which zooms: whole Arrow columns at once.

Comparisons with null are neither true nor false (three-valued logic); only what is true passes. NaN counts as null, as
it does in tiles, and so does a number that is not finite, such as one divided by zero. Numbers are compared as
integers where both sides are, else as doubles; texts by code points; a text beside a date is read as ISO 8601, in UTC
where it names no zone, and a date is its midnight.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.vector.arrow import flags, numbers, validity, whole
from pipeline.vector.arrow_from import from_numbers, from_texts

if TYPE_CHECKING:  # at run time only where there is a filter: the framework's models cost 0.2 s of start-up
    from pipeline.framework.filter import Call, Filter, Kind, Node

_DAY = 86_400_000_000  # microseconds
_COMPARE: dict[str, Callable[..., Any]] = {
    "=": pc.equal,
    "<>": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
_COMPUTE: dict[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,  # the sign of the dividend, as in SQL
    "div": lambda a, b: np.trunc(np.divide(a, b)),
    "^": np.power,
}


def compile_filter(text: str) -> Filter:
    """Read a filter; see `pipeline.framework.filter`. Raises FilterError (a UsageError)."""
    from pipeline.framework.filter import compile_filter

    return compile_filter(text)


def visible(filter: Filter, table: pa.Table, zooms: range, rows: int | None = None) -> NDArray[np.uint32]:
    """Where each row of `table` passes, [rows]: bit z is set where it does at zoom z of `zooms` (0 to 31).

    `rows` is for a table without columns, which forgets how many it has. Raises FilterError for fields that the table
    does not have or that hold something else than the filter asks for.
    """
    from pipeline.framework.filter import check_kinds

    check_kinds(
        filter, {name: kind_of(type) for name, type in zip(table.column_names, table.schema.types, strict=True)}
    )
    asked = _Asked(table, table.num_rows if rows is None else rows, {})
    out = np.zeros(asked.rows, np.uint32)
    if filter.uses_zoom:
        for zoom in zooms:
            out[asked.true(filter.tree, zoom)] |= np.uint32(1 << zoom)
    else:
        out[asked.true(filter.tree, 0)] = sum(1 << zoom for zoom in zooms)
    return out


def kind_of(type: pa.DataType) -> Kind:
    """What a column of that type holds, in the words of filters."""
    if pa.types.is_dictionary(type):
        type = type.value_type
    if pa.types.is_null(type):
        return "nothing"
    if pa.types.is_boolean(type):
        return "boolean"
    if pa.types.is_integer(type) or pa.types.is_floating(type) or pa.types.is_decimal(type):
        return "number"
    if pa.types.is_string(type) or pa.types.is_large_string(type) or pa.types.is_string_view(type):
        return "text"
    if pa.types.is_date(type) or pa.types.is_timestamp(type):
        return "time"
    return "other"


class _Answer(NamedTuple):
    """What a node gives: one Arrow value per row, or one for all."""

    kind: Kind
    data: pa.Array | pa.Scalar  # boolean, large_string, int64 or float64; int64 microseconds for times


class _Asked:
    """The rows of one table; what does not depend on the zoom is computed once."""

    def __init__(self, table: pa.Table, rows: int, known: dict[Node, _Answer]) -> None:
        self.table = table
        self.rows = rows
        self._known = known

    def true(self, tree: Node, zoom: int) -> NDArray[np.bool_]:
        """Which rows pass at a zoom, [rows]; null does not."""
        answer = self.answer(tree, zoom)
        if answer.kind == "nothing":
            return np.zeros(self.rows, np.bool_)
        data = self._spread(answer.data)
        return flags(data) & validity(data)

    def answer(self, node: Node, zoom: int) -> _Answer:
        from pipeline.framework.filter import ZOOM, Property, Value

        if isinstance(node, Value):
            return _Answer(node.kind, _scalar(node.value))
        if isinstance(node, Property):
            if node.name == ZOOM:
                return _Answer("number", _scalar(zoom))
            if node not in self._known:
                self._known[node] = _column(self.table.column(node.name))
            return self._known[node]
        if node in self._known:
            return self._known[node]
        answer = self._call(node, zoom)
        if not _uses_zoom(node):
            self._known[node] = answer
        return answer

    def _call(self, node: Call, zoom: int) -> _Answer:
        from pipeline.framework.filter import ARITHMETIC, FOLDS

        args = [self.answer(each, zoom) for each in node.args]
        if node.op in FOLDS:
            return _Answer(args[0].kind, self._each_text(args[0], FOLDS[node.op]))
        if node.op in ARITHMETIC:
            return self._arithmetic(node.op, *args)
        return _Answer("boolean", self._predicate(node.op, args))

    def _predicate(self, op: str, args: list[_Answer]) -> pa.Array | pa.Scalar:
        match op:
            case "and" | "or":
                join = pc.and_kleene if op == "and" else pc.or_kleene
                out = self._truth(args[0])
                for each in args[1:]:
                    out = join(out, self._truth(each))
                return out
            case "not":
                return pc.invert(self._truth(args[0]))
            case "isNull":
                return pc.is_null(args[0].data)
            case "like":
                if args[0].kind == "nothing":
                    return self._nulls()
                return pc.match_like(args[0].data, args[1].data.as_py())
            case "between":
                return pc.and_kleene(self._compare(">=", args[0], args[1]), self._compare("<=", args[0], args[2]))
            case "in":
                return self._within(args[0], args[1:])
        return self._compare(op, *args)

    def _truth(self, answer: _Answer) -> pa.Array | pa.Scalar:
        return self._nulls() if answer.kind == "nothing" else answer.data

    def _compare(self, op: str, left: _Answer, right: _Answer) -> pa.Array | pa.Scalar:
        if "nothing" in (left.kind, right.kind):
            return self._nulls()
        if left.kind != right.kind:  # a text beside a time
            left, right = self._as_time(left), self._as_time(right)
        a, b = left.data, right.data
        if a.type != b.type:  # an integer beside a double
            a, b = _cast(a, pa.float64()), _cast(b, pa.float64())
        return _COMPARE[op](a, b)

    def _within(self, value: _Answer, choices: list[_Answer]) -> pa.Array | pa.Scalar:
        """One of the choices; literals of a text column are looked up together."""
        if value.kind == "text" and all(each.kind == "text" and isinstance(each.data, pa.Scalar) for each in choices):
            found = pc.is_in(self._spread(value.data), value_set=from_texts([each.data.as_py() for each in choices]))
            return pc.if_else(pc.is_valid(self._spread(value.data)), found, _nothing(pa.bool_()))
        out = self._compare("=", value, choices[0])
        for each in choices[1:]:
            out = pc.or_kleene(out, self._compare("=", value, each))
        return out

    def _arithmetic(self, op: str, left: _Answer, right: _Answer) -> _Answer:
        """In doubles; what is not finite is null."""
        if "nothing" in (left.kind, right.kind):
            return _Answer("nothing", pa.nulls(self.rows))
        a, b = (_cast(self._spread(each.data), pa.float64()) for each in (left, right))
        with np.errstate(all="ignore"):
            out = _COMPUTE[op](numbers(a), numbers(b))
        return _Answer("number", from_numbers(out, validity(a) & validity(b) & np.isfinite(out)))

    def _as_time(self, answer: _Answer) -> _Answer:
        from pipeline.framework.filter import moment

        if answer.kind == "time":
            return answer
        coded = self._spread(answer.data).dictionary_encode()
        found = [moment(text) for text in coded.dictionary.to_pylist()]
        times = np.array([0 if each is None else each for each in found], np.int64)
        known = np.array([each is not None for each in found], np.bool_)
        return _Answer("time", from_numbers(times, known).take(coded.indices))

    def _each_text(self, answer: _Answer, change: Callable[[str], str]) -> pa.Array:
        """Every distinct text changed once."""
        if answer.kind == "nothing":
            return answer.data
        coded = self._spread(answer.data).dictionary_encode()
        return from_texts([change(text) for text in coded.dictionary.to_pylist()]).take(coded.indices)

    def _spread(self, data: pa.Array | pa.Scalar) -> pa.Array:
        """One value per row."""
        if isinstance(data, pa.Array):
            return data
        one = pa.nulls(1, data.type) if not data.is_valid else _array(data.as_py())
        return one.take(from_numbers(np.zeros(self.rows, np.int64)))

    def _nulls(self) -> pa.Array:
        return pa.nulls(self.rows, pa.bool_())


def _uses_zoom(node: Node) -> bool:
    from pipeline.framework.filter import ZOOM, Call, Property

    if isinstance(node, Call):
        return any(_uses_zoom(each) for each in node.args)
    return isinstance(node, Property) and node.name == ZOOM


def _column(column: pa.ChunkedArray) -> _Answer:
    """A column as one array of the few types that are compared here."""
    kind = kind_of(column.type)
    array = whole(column)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if kind == "text":
        array = array.cast(pa.large_string())
    elif kind == "time":
        if pa.types.is_date(array.type):
            days = array.cast(pa.date32()).view(pa.int32())
            array = from_numbers(numbers(days).astype(np.int64) * _DAY, validity(days))
        else:
            array = array.cast(pa.timestamp("us", array.type.tz), safe=False).view(pa.int64())
    elif kind == "number":
        if pa.types.is_integer(array.type) and not pa.types.is_uint64(array.type):
            array = array.cast(pa.int64())
        else:  # identifiers above 2⁶³ keep their order beside any literal, which is below 2⁵³
            array = array.cast(pa.float64(), safe=False)
            array = pc.if_else(pc.is_finite(array), array, _nothing(pa.float64()))
    return _Answer(kind, array)


def _cast(data: pa.Array | pa.Scalar, type: pa.DataType) -> pa.Array | pa.Scalar:
    return data if data.type == type else pc.cast(data, type, safe=False)


def _scalar(value: Any) -> pa.Scalar:
    return _array(value)[0]


def _array(value: Any) -> pa.Array:
    """One literal: whole numbers as int64, which doubles below 2⁵³ are exactly."""
    if isinstance(value, bool):
        return pa.Array.from_buffers(pa.bool_(), 1, [None, pa.py_buffer(b"\x01" if value else b"\x00")])
    if isinstance(value, str):
        return from_texts([value])
    if isinstance(value, float) and not value.is_integer():
        return from_numbers(np.array([value], np.float64))
    return from_numbers(np.array([value], np.int64))


def _nothing(type: pa.DataType) -> pa.Scalar:
    return pa.nulls(1, type)[0]
