"""What comes out of redaction has the schema's names, types and order, and nothing else; tables worked out by hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.editions import Redaction, redact
from pipeline.editions.cast import cast
from pipeline.errors import InputError
from pipeline.framework import SchemaField, Text, Where
from pipeline.sources.ragged import points
from pipeline.types import FeatureBatch, Tally

TITLE = Text(zh="字段", en="Field")


def field(name: str, type: str = "string", **more: Any) -> SchemaField:
    return SchemaField(name=name, type=type, title=TITLE, **more)  # type: ignore[arg-type]


def batch(**columns: Any) -> FeatureBatch:
    table = pa.table(columns)
    along = np.arange(table.num_rows, dtype=np.float64)
    return FeatureBatch(points(118 + along, 28 + along, np.ones(table.num_rows, np.bool_)), table)


def test_columns_are_renamed_cast_ordered_and_the_others_dropped() -> None:
    source = batch(**{"等级": ["1", " 2 ", ""], "SECRET": ["a", "b", "c"], "NAME": ["甲", "乙", None]})
    wanted = Redaction("roads", "a.shp", (field("NAME"), field("CLASS", "integer", source="等级")))
    tally = Tally()
    geometries, table = redact(source, wanted, tally)
    assert table.to_pydict() == {"NAME": ["甲", "乙", None], "CLASS": [1, 2, None]}
    assert table.column_names == ["NAME", "CLASS"]
    assert table.schema.types == [pa.large_string(), pa.int64()]
    assert geometries.x.tolist() == [118, 119, 120]
    assert tally.counts == {}


def test_without_fields_the_rows_remain() -> None:
    geometries, table = redact(batch(A=[1, 2, 3]), Redaction("roads", "a.shp", ()), Tally())
    assert (table.num_rows, table.num_columns, geometries.features) == (3, 0, 3)


def test_where_keeps_the_right_features_with_their_places() -> None:
    source = batch(LEVEL=[1.0, 2.0, 3.0, 2.0, None], NAME=["a", "b", "c", "d", "e"])
    rule = Where.model_validate({"field": "LEVEL", "in": (2, 3)})
    wanted = Redaction("towns", "a.shp", (field("NAME"),), rule, field("LEVEL", "integer"))
    geometries, table = redact(source, wanted, Tally())
    assert table.to_pydict() == {"NAME": ["b", "c", "d"]}
    assert geometries.x.tolist() == [119, 120, 121]
    assert geometries.part_offsets.tolist() == [0, 1, 2, 3]


def test_faults_are_counted_once_with_a_sample() -> None:
    source = batch(N=["12", "zwölf", None, "x"], C=["a", "b", None, "q"], R=["1", None, "", "2"])
    domain = {"a": TITLE, "b": TITLE}
    fields = (field("N", "integer"), field("C", domain=domain), field("R", required=True))
    tally = Tally()
    _, table = redact(source, Redaction("roads", "a.shp", fields), tally)
    assert table.to_pydict() == {"N": [12, None, None, None], "C": ["a", "b", None, "q"], "R": ["1", None, None, "2"]}
    assert tally.counts == {"value-not-of-type": 2, "code-not-in-domain": 1, "required-value-missing": 2}
    assert tally.samples["value-not-of-type"] == "roads.N: 'zwölf' (integer)"
    assert tally.samples["code-not-in-domain"] == "roads.C: 'q'"


def test_filtered_features_cannot_be_at_fault() -> None:
    source = batch(N=["x", "1"], K=["no", "yes"])
    rule = Where.model_validate({"field": "K", "in": ("yes",)})
    tally = Tally()
    redact(source, Redaction("roads", "a.shp", (field("N", "integer"),), rule, field("K")), tally)
    assert tally.counts == {}


def test_codes_of_integer_fields_are_looked_up_as_text() -> None:
    tally = Tally()
    fields = (field("C", "integer", domain={"1": TITLE, "2": TITLE}),)
    redact(batch(C=[1.0, 2.0, 3.0, None]), Redaction("roads", "a.shp", fields), tally)
    assert tally.counts == {"code-not-in-domain": 1}
    assert tally.samples == {"code-not-in-domain": "roads.C: '3'"}


def test_a_missing_column_is_named_with_its_neighbours() -> None:
    with pytest.raises(InputError) as error:
        redact(
            batch(NAME_ZH=["a"], B=["b"]), Redaction("roads", "inbox/a.shp", (field("NAME", source="NAMEZH"),)), Tally()
        )
    assert error.value.message == 'dataset roads: there is no column "NAMEZH" — did you mean "NAME_ZH"?'
    assert (error.value.where, error.value.expected) == ("inbox/a.shp", "one of: NAME_ZH, B")


DAY, MOMENT = date(2026, 9, 3), datetime(2026, 9, 3, 23, 59, 58)


@pytest.mark.parametrize(
    ("type", "given_values", "expected", "lost"),
    [
        ("integer", ["+7", "12.0", "-3", "1e3", "9" * 19, "1.5"], [7, 12, -3, None, None, None], 3),
        ("integer", [1.0, 1.5, float("nan"), 2.0**60], [1, None, None, None], 2),
        ("integer", [True, False, None], [1, 0, None], 0),
        ("integer", [DAY], [None], 1),
        ("number", ["1", "1.5", ".5", "-2e-3", "+4.", "1,5", "abc"], [1.0, 1.5, 0.5, -0.002, 4.0, None, None], 2),
        ("number", [1, 2], [1.0, 2.0], 0),
        ("number", [float("inf"), 1.0], [None, 1.0], 1),
        ("number", [True, False], [1.0, 0.0], 0),
        ("string", [1, -2], ["1", "-2"], 0),
        ("string", [12.0, 0.5], ["12", "0.5"], 0),
        ("string", [True, None], ["true", None], 0),
        ("string", [DAY], ["2026-09-03"], 0),
        ("string", ["  x ", " ", "\u3000龙泉\u3000"], ["x", None, "龙泉"], 0),
        ("boolean", ["是", "否", "TRUE", "0", "maybe", ""], [True, False, True, False, None, None], 1),
        ("boolean", [1, 0, 2], [True, False, None], 1),
        ("date", [DAY, None], ["2026-09-03", None], 0),
        ("date", [MOMENT], ["2026-09-03"], 0),
        ("date", ["2026-9-3", "2026/09/03", "2026年9月3日", "20260903", "2026-09-03T01:02:03Z", "2026-02-30", "soon"],
         ["2026-09-03"] * 5 + [None] * 2, 2),
        ("date", [20260903], ["2026-09-03"], 0),
        ("date", [True], [None], 1),
        ("string", [None, None], [None, None], 0),
    ],
)  # fmt: skip
def test_cast(type: str, given_values: list[Any], expected: list[Any], lost: int) -> None:
    values, marked = cast(pa.chunked_array([pa.array(given_values)]), type)
    assert values.to_pylist() == expected
    assert marked.true_count == lost


@pytest.mark.parametrize("type", ["string", "integer", "number", "boolean", "date"])
@given(values=st.lists(st.one_of(st.none(), st.text(max_size=5), st.sampled_from(["1", "2.0", "是", "2026-1-1"]))))
def test_casting_twice_changes_nothing(type: str, values: list[str | None]) -> None:
    once, _ = cast(pa.chunked_array([pa.array(values, pa.string())]), type)
    twice, lost = cast(once, type)
    assert twice.equals(once)
    assert lost.true_count == 0


@pytest.mark.parametrize("kind", [pa.dictionary(pa.int32(), pa.string()), pa.string_view(), pa.large_string()])
def test_every_kind_of_text_is_text(kind: pa.DataType) -> None:
    column = pa.chunked_array([pa.array(["1", "2"], pa.string()).cast(kind), pa.array(["3"], pa.string()).cast(kind)])
    assert cast(column, "integer")[0].to_pylist() == [1, 2, 3]


def test_an_empty_batch_passes() -> None:
    empty = batch(A=pa.array([], pa.string()))
    _, table = redact(empty, Redaction("roads", "a.shp", (field("A", "number"),)), Tally())
    assert table.num_rows == 0
    assert table.schema.types == [pa.float64()]
