"""Attributes through the whole engine: what goes in as a column comes out of the tile as the same value."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.types import Tally
from pipeline.vector.attributes import encode_attributes
from tests.decoded import tiled
from tests.oracles import mvt
from tests.shapes import batch, layer


def through(folder: Path, column: Any, **plan: Any) -> list[Any]:
    """The values of a column in the tile, None where the feature has none, by the order of the column."""
    n = len(column)
    shapes = [shapely.Point(k / 100, 1) for k in range(n)]
    found = tiled(folder, layer("a", batch(shapes, k=list(range(1, n + 1)), v=column), key="k", **plan))
    by_id = {f.id: f.properties for f in found.features}
    assert sorted(by_id) == list(range(1, n + 1))
    return [by_id[k].get("v") for k in range(1, n + 1)]


def same(got: Any, want: Any) -> bool:
    return type(got) is type(want) and got == want


BIG = "剑" * 21846  # 64 KB of UTF-8
INTEGERS = [-(2**63), -1, 0, 1, 127, 128, 2**53, 2**63 - 1]
TEXTS = ["", "a", "龙泉", "𠮷🀄🏺", "a\x00b", '"quoted"\n', None]
EXACT: dict[str, tuple[Any, list[Any]]] = {
    "int64": (pa.array(INTEGERS, pa.int64()), INTEGERS),
    "int8": (pa.array([-128, 127], pa.int8()), [-128, 127]),
    "uint64": (pa.array([0, 2**63, 2**64 - 1], pa.uint64()), [0, 2**63, 2**64 - 1]),
    "uint64 that fits": (pa.array([0, 5, None], pa.uint64()), [0, 5, None]),
    "uint64 all null": (pa.array([None, None], pa.uint64()), [None, None]),
    "float64": (pa.array([0.1, -2.5, 1e300, 5e-324, 16777217.0]), [0.1, -2.5, 1e300, 5e-324, 16777217.0]),
    "infinities": (pa.array([math.inf, -math.inf, 1.5]), [math.inf, -math.inf, 1.5]),
    "NaN is null": (pa.array([math.nan, 1.5, None]), [None, 1.5, None]),
    "only NaN": (pa.array([math.nan, math.nan]), [None, None]),
    "float32": (pa.array([np.float32(0.1)], pa.float32()), [float(np.float32(0.1))]),
    "float16": (pa.array([np.float16(0.5)], pa.float16()), [0.5]),
    "bool": (pa.array([True, False, None]), [True, False, None]),
    "text": (pa.array(TEXTS), TEXTS),
    "large text": (pa.array([BIG, "b"], pa.large_string()), [BIG, "b"]),
    "text view": (pa.array(["a", "more than twelve bytes"], pa.string_view()), ["a", "more than twelve bytes"]),
    "dictionary": (pa.array(["x", None, "y", "x"]).dictionary_encode(), ["x", None, "y", "x"]),
    "dictionary of integers": (pa.array([3, 1, 3]).dictionary_encode(), [3, 1, 3]),
    "decimal": (pa.array([Decimal("1.50"), Decimal("-2")]), [1.5, -2.0]),
    "date": (pa.array([date(2026, 9, 30), None, date(1, 1, 1)]), ["2026-09-30", None, "0001-01-01"]),
    "date64": (pa.array([date(2026, 9, 30)], pa.date64()), ["2026-09-30"]),
    "time": (pa.array([time(8, 30), time(0, 0, 1)], pa.time32("s")), ["08:30:00", "00:00:01"]),
    "timestamp": (pa.array([datetime(2026, 9, 30, 8, 30)], pa.timestamp("s")), ["2026-09-30T08:30:00"]),
    "timestamp with zone": (
        pa.array([datetime(2026, 9, 30, 0, 30, tzinfo=UTC)], pa.timestamp("ms", "Asia/Shanghai")),
        ["2026-09-30T08:30:00+08:00"],
    ),
    "timestamp to the nanosecond": (pa.array([1_000_000_001], pa.timestamp("ns")), ["1970-01-01T00:00:01"]),
    "list": (pa.array([[1, None, 2], [], None]), ["[1,null,2]", "[]", None]),
    "list with NaN": (pa.array([[math.nan, 1.5]]), ["[null,1.5]"]),
    "struct": (pa.array([{"b": "剑", "a": 1}]), ['{"a":1,"b":"剑"}']),
    "null": (pa.nulls(3), [None, None, None]),
    "chunked": (pa.chunked_array([["a"], [], ["b", None]]), ["a", "b", None]),
    "sliced": (pa.array(["x", "a", None, "b"])[1:], ["a", None, "b"]),
    "sliced floats": (pa.array([9.0, 1.5, None, 2.5])[1:], [1.5, None, 2.5]),
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_values_and_their_types(tmp_path: Path, name: str) -> None:
    column, want = EXACT[name]
    got = through(tmp_path, column)
    assert len(got) == len(want) and all(same(a, b) for a, b in zip(got, want, strict=True)), got


def test_columns_of_several_kinds_may_be_empty_together(tmp_path: Path) -> None:
    shapes = [shapely.Point(1, 1)]
    empty = {"t": pa.nulls(1, pa.string()), "i": pa.nulls(1, pa.int64()), "f": pa.nulls(1, pa.float64())}
    found = tiled(tmp_path, layer("a", batch(shapes, **empty, b=[True])))
    assert found.features[0].properties == {"b": True}
    assert found.result.layers[0].fields == {"t": "String", "i": "Number", "f": "Number", "b": "Boolean"}


def test_durations_are_text(tmp_path: Path) -> None:
    (got,) = through(tmp_path, pa.array([timedelta(seconds=90)], pa.duration("s")))
    assert isinstance(got, str) and "90" in got


def test_minus_zero_is_zero_whichever_comes_first(tmp_path: Path) -> None:
    for column in ([0.0, -0.0], [-0.0, 0.0], [-0.0]):
        assert [math.copysign(1, v) for v in through(tmp_path, pa.array(column))] == [1.0] * len(column)


def test_binary_columns_are_left_out_and_counted(tmp_path: Path) -> None:
    shapes = [shapely.Point(1, 1)]
    found = tiled(tmp_path, layer("a", batch(shapes, b=pa.array([b"\xff"]), n=[1])))
    assert found.features[0].properties == {"n": 1}
    assert found.result.layers[0].tally.counts == {"binary-column": 1}
    assert found.result.layers[0].tally.samples == {"binary-column": "b"}


def test_equal_values_are_stored_once_but_not_across_types(tmp_path: Path) -> None:
    shapes = [shapely.Point(1, 1), shapely.Point(2, 2)]
    found = tiled(
        tmp_path, layer("a", batch(shapes, a=["1", "x"], b=["x", "1"], c=[1, 1], d=[1.0, 1.0], e=[True, True]))
    )
    (raw,) = mvt.decode(found.tiles[0, 0, 0])
    assert sorted(raw.keys) == ["a", "b", "c", "d", "e"]
    assert len(raw.values) == 5
    assert sorted(raw.values) == sorted([b"\x0a\x011", b"\x0a\x01x", b"\x28\x01", b"\x15\x00\x00\x80\x3f", b"\x38\x01"])


def test_numbers_take_the_shortest_exact_form() -> None:
    table = pa.table({"i": [300, -300], "f": [0.5, 0.1]})
    encoded, _plain = encode_attributes(table, 2, Tally())
    ends = encoded.value_offsets.tolist()
    fields = [encoded.values[a:b].tobytes() for a, b in pairwise(ends)]
    assert fields == [
        b"\x22\x03\x28\xac\x02",  # uint_value 300
        b"\x22\x03\x30\xd7\x04",  # sint_value −300 → zigzag 599
        b"\x22\x05\x15\x00\x00\x00\x3f",  # float_value
        b"\x22\x09\x19\x9a\x99\x99\x99\x99\x99\xb9\x3f",  # double_value
    ]


def test_a_number_is_one_value_in_columns_of_both_signs() -> None:
    table = pa.table({"u": pa.array([7, 2**63], pa.uint64()), "i": pa.array([7, -1], pa.int64())})
    encoded, _plain = encode_attributes(table, 2, Tally())
    assert encoded.codes[0, 0] == encoded.codes[1, 0]
    assert len(set(encoded.codes.ravel().tolist())) == 3


VALUES = {
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float64(): st.floats(allow_nan=False).filter(lambda v: v != 0 or math.copysign(1, v) > 0),
    pa.string(): st.text(max_size=30),
    pa.bool_(): st.booleans(),
}


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_table_comes_back(tmp_path: Path, data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 30))
    names = data.draw(st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=5))
    columns = {}
    for name in names:
        kind = data.draw(st.sampled_from(list(VALUES)))
        columns[name] = pa.array(data.draw(st.lists(st.none() | VALUES[kind], min_size=n, max_size=n)), kind)
    shapes = [shapely.Point(k, 1) for k in range(n)]
    found = tiled(tmp_path, layer("a", batch(shapes, **columns)))
    got = {f.parts[0][0][0]: f.properties for f in found.features}
    for k in range(n):
        want = {name: column[k].as_py() for name, column in columns.items() if column[k].is_valid}
        have = got[math.floor((k / 360 + 0.5) * 4096 + 0.5)]
        assert have == want
        assert {name: type(v) for name, v in have.items()} == {name: type(v) for name, v in want.items()}


def test_batches_may_differ_in_width_and_order_of_columns(tmp_path: Path) -> None:
    one = batch([shapely.Point(0, 0)], a=pa.array([1], pa.int32()), b=["x"])
    two = batch([shapely.Point(90, 0)], b=pa.array(["y"], pa.large_string()), a=pa.array([2**40], pa.int64()), c=[None])
    found = tiled(tmp_path, layer("a", one, two))
    assert [f.properties for f in sorted(found.features, key=lambda f: f.parts)] == [
        {"a": 1, "b": "x"},
        {"a": 2**40, "b": "y"},
    ]


def test_the_plan_chooses_and_orders_the_fields(tmp_path: Path) -> None:
    found = tiled(tmp_path, layer("a", batch([shapely.Point(0, 0)], a=[1], b=[2], c=[3]), fields=("c", "a"), key="b"))
    (raw,) = mvt.decode(found.tiles[0, 0, 0])
    assert raw.keys == ["c", "a"] and raw.features[0].id == 2
    assert found.result.layers[0].fields == {"c": "Number", "a": "Number"}


def test_the_words_of_the_types() -> None:
    table = pa.table(
        {"s": ["x"], "i": [1], "f": [1.5], "b": [True], "d": [date(2026, 1, 1)], "l": [[1]], "n": pa.nulls(1)}
    )
    encoded, _plain = encode_attributes(table, 1, Tally())
    assert dict(zip(encoded.names, encoded.types, strict=True)) == {
        "s": "String", "i": "Number", "f": "Number", "b": "Boolean", "d": "String", "l": "String"
    }  # fmt: skip


def test_json_of_lists_is_json(tmp_path: Path) -> None:
    (text,) = through(tmp_path, pa.array([[{"when": date(2026, 1, 2), "x": math.inf}]]))
    assert json.loads(text, parse_constant=pytest.fail) == [{"when": "2026-01-02", "x": None}]
