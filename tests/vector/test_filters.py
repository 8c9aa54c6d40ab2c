"""CQL2 filters: against SQLite (three-valued logic), by hand, and the standard's own examples."""

from __future__ import annotations

import datetime as dt
import sqlite3
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.framework.filter import FilterError
from pipeline.vector.filters import compile_filter, visible

ROWS = {
    "n": [1, 2, None, -4, 7, 0],
    "m": [1, 3, 5, None, -7, 0],
    "x": [1.5, None, 0.0, -4.0, 7.0, 2.25],
    "s": ["a", "ab", None, "龙泉", "50%", "Ab_c\n"],
    "t": ["b", "ab", "a", None, "龙", "A"],
    "b": [True, False, None, True, False, None],
}


def passes(text: str, table: pa.Table, zoom: int = 5) -> list[bool]:
    return (visible(compile_filter(text), table, range(zoom, zoom + 1)) > 0).tolist()


# --- against SQLite -------------------------------------------------------------------------------------------------

numbers = st.sampled_from(["n", "m", "x", "0", "1", "2.25", "-4", "7"])
texts = st.sampled_from(["s", "t", "'a'", "'ab'", "'龙泉'", "''", "'it''s'"])
compare = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
patterns = st.sampled_from(["'a%'", "'%b'", "'_b'", "'%\\%'", "'龙_'", "'%'", "'A%c%'", "'%.%'"])
sums = st.tuples(numbers, st.sampled_from(["+", "-", "*"]), numbers).map(lambda p: f"({p[0]} {p[1]} {p[2]})")
amounts = numbers | sums
simple = st.one_of(
    st.tuples(amounts, compare, amounts).map(" ".join),
    st.tuples(texts, compare, texts).map(" ".join),
    st.tuples(st.sampled_from(["s", "t"]), st.sampled_from(["LIKE", "NOT LIKE"]), patterns).map(" ".join),
    st.tuples(st.sampled_from(["n", "m", "x", "s", "b"]), st.sampled_from(["IS NULL", "IS NOT NULL"])).map(" ".join),
    st.tuples(amounts, st.sampled_from(["BETWEEN", "NOT BETWEEN"]), amounts, amounts).map(
        lambda p: f"{p[0]} {p[1]} {p[2]} AND {p[3]}"
    ),
    st.tuples(numbers, st.sampled_from(["IN", "NOT IN"]), st.lists(numbers, min_size=1, max_size=3)).map(
        lambda p: f"{p[0]} {p[1]} ({', '.join(p[2])})"
    ),
    st.tuples(texts, st.sampled_from(["IN", "NOT IN"]), st.lists(texts, min_size=1, max_size=3)).map(
        lambda p: f"{p[0]} {p[1]} ({', '.join(p[2])})"
    ),
    st.sampled_from(["b", "b = true", "b <> false", "zoom > 4", "zoom = n", "true"]),
)
conditions = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda p: f"({p[0]}) {p[1]} ({p[2]})"),
        inner.map(lambda p: f"NOT ({p})"),
    ),
    max_leaves=6,
)


def by_sqlite(text: str, zoom: int) -> list[bool]:
    """SQLite on the same rows: NULL and three-valued logic as in SQL-92, texts by their UTF-8 bytes."""
    with sqlite3.connect(":memory:") as base:
        base.execute("PRAGMA case_sensitive_like = ON")
        base.execute("CREATE TABLE f (n INTEGER, m INTEGER, x REAL, s TEXT, t TEXT, b INTEGER)")
        base.executemany("INSERT INTO f VALUES (?, ?, ?, ?, ?, ?)", list(zip(*ROWS.values(), strict=True)))
        sql = text.replace("zoom", str(zoom))
        for pattern in ("'%\\%'",):
            sql = sql.replace(f"LIKE {pattern}", f"LIKE {pattern} ESCAPE '\\'")
        return [bool(row[0]) for row in base.execute(f"SELECT {sql} FROM f ORDER BY rowid")]


@settings(max_examples=400, deadline=None)
@given(conditions, st.integers(0, 9))
@example("s NOT IN ('a', t)", 5)
@example("NOT (n > 1 AND s = 'a')", 5)
@example("(b) OR (n IS NULL)", 5)
def test_agrees_with_sqlite(text: str, zoom: int) -> None:
    assert passes(text, pa.table(ROWS), zoom) == by_sqlite(text, zoom)


# --- by hand --------------------------------------------------------------------------------------------------------


def table(**columns: object) -> pa.Table:
    return pa.table(columns)


def test_zooms_become_bits() -> None:
    filter = compile_filter("zoom >= 8 OR POP > 1000 AND zoom >= 6")
    assert (filter.fields, filter.uses_zoom) == (frozenset({"POP"}), True)
    out = visible(filter, table(POP=[5, 2000, None]), range(5, 10))
    assert out.dtype == np.uint32
    assert out.tolist() == [0b11_0000_0000, 0b11_1100_0000, 0b11_0000_0000]


def test_without_zoom_all_asked_zooms_are_set() -> None:
    filter = compile_filter("POP > 10")
    assert not filter.uses_zoom
    assert visible(filter, table(POP=[5, 20]), range(0, 3)).tolist() == [0, 0b111]


def test_a_table_without_columns_is_told_its_rows() -> None:
    assert visible(compile_filter("zoom = 1"), pa.table({}), range(0, 3), rows=2).tolist() == [2, 2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a / 2 = 3.5", [1, 0, 0, 0]),
        ("a / 0 > 0 OR a / 0 <= 0", [0, 0, 0, 0]),  # null
        ("a DIV 2 = 3", [1, 0, 0, 0]),
        ("a DIV 2 = -3", [0, 1, 0, 0]),  # towards zero
        ("a % 4 = -3", [0, 1, 0, 0]),  # the sign of the dividend
        ("a ^ 2 = 49", [1, 1, 0, 0]),
        ("-a = 7", [0, 1, 0, 0]),
        ("a - 1 - 1 = 5", [1, 0, 0, 0]),
        ("2 + a * 2 = 16", [1, 0, 0, 0]),
        ("zoom * 2 > a", [1, 1, 0, 1]),
    ],
)
def test_arithmetic(text: str, expected: list[int]) -> None:
    assert passes(text, table(a=[7, -7, None, 0])) == [bool(each) for each in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CASEI(s) = CASEI('STRASSE')", [1, 1, 0, 0, 0]),  # full case folding: ß is ss
        ("CASEI(s) LIKE CASEI('Stra%')", [1, 1, 0, 0, 0]),
        ("CASEI(s) IN (CASEI('ΟΔΟΣ'), 'x')", [0, 0, 1, 0, 0]),  # final sigma
        ("ACCENTI(s) = ACCENTI('débárquér')", [0, 0, 0, 1, 0]),
        ("CASEI(ACCENTI(s)) = CASEI('DEBARQUER')", [0, 0, 0, 1, 0]),
    ],
)
def test_folding(text: str, expected: list[int]) -> None:
    folded = table(s=["Straße", "STRASSE", "Οδος", "débarquer", None])
    assert passes(text, folded) == [bool(each) for each in expected]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["2019-12-31", "2020-01-01", "2020-01-01T09:00:00+08:00", "tomorrow", None]),
        pa.array(
            [
                dt.datetime(2019, 12, 31),
                dt.datetime(2020, 1, 1),
                dt.datetime(2020, 1, 1, 1),
                dt.datetime(1900, 1, 1),
                None,
            ],
            pa.timestamp("ms"),
        ),
        pa.array(
            [
                dt.datetime(2019, 12, 31),
                dt.datetime(2020, 1, 1),
                dt.datetime(2020, 1, 1, 1),
                dt.datetime(1900, 1, 1),
                None,
            ],
            pa.timestamp("ns", "Asia/Shanghai"),
        ),
    ],
    ids=["texts", "timestamps", "zoned"],
)
def test_times(column: pa.Array) -> None:
    assert passes("d >= DATE('2020-01-01')", table(d=column)) == [False, True, True, False, False]
    assert passes("d > TIMESTAMP('2020-01-01T00:00:00Z')", table(d=column)) == [False, False, True, False, False]
    assert passes("d = TIMESTAMP('2020-01-01T02:00:00+01:00')", table(d=column)) == [False, False, True, False, False]


def test_days() -> None:
    days = table(d=pa.array([dt.date(2020, 1, 1), dt.date(1969, 12, 31), None], pa.date32()))
    assert passes("d < DATE('1970-01-01')", days) == [False, True, False]
    assert passes("d = '2020-01-01'", days) == [True, False, False]


@pytest.mark.parametrize("type", [pa.int8(), pa.uint64(), pa.float32(), pa.decimal128(9, 2)])
def test_every_type_of_number(type: pa.DataType) -> None:
    assert passes("a >= 3 AND a < 100", table(a=pa.array([2, 3, 100, None], type))) == [False, True, False, False]


def test_large_identifiers_are_compared_as_integers() -> None:
    ids = table(a=[2**62 + 1, 2**53 + 1, 5], b=[2**62, 2**53 + 1, 5])
    assert passes("a = b", ids) == [False, True, True]
    assert passes("a > 9007199254740991", ids) == [True, True, False]
    assert passes("a > 9007199254740991", table(a=pa.array([2**64 - 1, 5], pa.uint64()))) == [True, False]


@pytest.mark.parametrize("type", [pa.dictionary(pa.int8(), pa.string()), pa.large_string(), pa.string_view()])
def test_every_type_of_text(type: pa.DataType) -> None:
    column = pa.array(["a", "b", None]).cast(type)
    assert passes("s = 'a'", table(s=column)) == [True, False, False]
    assert passes("s LIKE 'a%' OR s IS NULL", table(s=column)) == [True, False, True]


def test_nan_is_null() -> None:
    assert passes("x IS NULL", table(x=[float("nan"), 1.0, None])) == [True, False, True]
    assert passes("x <> 1", table(x=[float("nan"), 1.0, None])) == [False, False, False]


def test_a_column_of_nulls_takes_any_comparison() -> None:
    nothing = table(a=pa.nulls(2))
    for text in ("a = 1", "a LIKE 'x'", "a", "NOT a", "a + 1 > 0", "CASEI(a) = 'x'", "a < DATE('2020-01-01')"):
        assert passes(text, nothing) == [False, False]
    assert passes("a IS NULL AND zoom = 5", nothing) == [True, True]


def test_chunks_and_slices() -> None:
    column = pa.chunked_array([pa.array([9, 1, 2, None])[1:], pa.array([5, 6])[1:]])
    assert passes("a > 1", table(a=column)) == [False, True, False, True]
    assert passes("a = 1", pa.table({"a": pa.array([], pa.int64())})) == []


def test_unusual_names() -> None:
    odd = pa.table({"名称": ["龙泉", "x"], "a b": [1, 2], 'q"q': [3, 4]})
    assert passes('名称 = \'龙泉\' AND "a b" = 1 AND "q""q" = 3', odd) == [True, False]


# --- examples of the standard, OGC 21-065r2 §6–§8 ------------------------------------------------------------------

BUILDING = {
    "city": ["Toronto", "Bonn"],
    "balance": [200.0, 150.0],
    "floors": [6, 2],
    "swimming_pool": [True, False],
    "material": ["brick", "wood"],
    "owner": ["Mike", "Jane"],
    "geophys:SURVEY_NAME": ["OIL-7", None],
    "eo:cloud_cover": [0.1, 0.3],
    "updated": [dt.datetime(2012, 8, 10, 5, 30), dt.datetime(2012, 8, 9)],
    "value": [9.0, 4.0],
    "field": [3.0, 3.0],
    "category": [5, 1],
    "vehicle_height": [5, 3],
    "bridge_clearance": [5, 5],
    "depth": [120.0, 90.0],
    "road_class": ["ΟΔΟΣ", "path"],
    "etat_vol": ["debarquer", "x"],
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("city='Toronto'", [1, 0]),
        ("balance-150.0 > 0", [1, 0]),
        ("floors>5", [1, 0]),
        ("floors>5 AND swimming_pool=true", [1, 0]),
        ("swimming_pool=true AND (floors>5 OR material LIKE 'brick%' OR material LIKE '%brick')", [1, 0]),
        ("(floors>5 AND material='brick') OR swimming_pool=true", [1, 0]),
        ("NOT (floors<5) OR swimming_pool=true", [1, 0]),
        ("(owner LIKE 'mike%' OR owner LIKE 'Mike%') AND floors<4", [0, 0]),
        ("eo:cloud_cover=0.1 OR eo:cloud_cover=0.2", [1, 0]),
        ("updated >= DATE('2012-08-10')", [1, 0]),
        ("updated >= TIMESTAMP('2012-08-10T05:30:00Z')", [1, 0]),
        ("geophys:SURVEY_NAME LIKE 'OIL%'", [1, 0]),
        ("geophys:SURVEY_NAME IS NOT NULL", [1, 0]),
        ("value=field^2", [1, 0]),
        ("value<>field^2", [0, 1]),
        ("category NOT IN (1,2,3,4)", [1, 0]),
        ("depth BETWEEN 100.0 and 150.0", [1, 0]),
        ("depth NOT BETWEEN 100.0 and 150.0", [0, 1]),
        ("vehicle_height > (bridge_clearance-1)", [1, 0]),
        ("owner NOT LIKE '%Mike%'", [0, 1]),
        ("CASEI(road_class) IN (CASEI('Οδος'),CASEI('Straße'))", [1, 0]),
        ("ACCENTI(etat_vol) = ACCENTI('débárquér')", [1, 0]),
    ],
)
def test_examples_of_the_standard(text: str, expected: list[int]) -> None:
    assert passes(text, pa.table(BUILDING)) == [bool(each) for each in expected]


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message", "where"),
    [
        ("floor > 5", 'There is no field floor. — did you mean "floors"?', "▸floor > 5"),
        ("floors > 1 AND citi = 'x'", 'There is no field citi. — did you mean "city"?', "floors > 1 AND ▸citi = 'x'"),
        ("floors = 'x'", "= compares a number with a text.", "▸floors = 'x'"),
        ("floors IN (1, 'x')", "IN compares a number with a text.", "▸floors IN (1, 'x')"),
        ("swimming_pool > false", "True and false have no order.", "▸swimming_pool > false"),
        ("city", "The filter gives a text, not yes or no.", "▸city"),
        ("city + 1 > 2", "+ takes a number, and finds a text.", "▸city + 1 > 2"),
        ("NOT city", "NOT takes true or false, and finds a text.", "NOT ▸city"),
        ("CASEI(floors) = 'x'", "CASEI takes a text, and finds a number.", "CASEI(▸floors) = 'x'"),
        ("updated > 'soon'", "'soon' is no date.", "updated > ▸'soon'"),
        ("updated > DATE('2012-13-01')", "'2012-13-01' is no date.", "updated > DATE('▸2012-13-01')"),
        ("city = NULL", "Nothing equals NULL.", "city = NULL"),
        ("floors >", "The filter cannot be read from column 9 on.", "floors >▸"),
        ("city = 'x' AND\nfloors >< 2", "The filter cannot be read from column 9 on.", "city = 'x' AND floors >▸< 2"),
        ("  ", "The filter is empty.", None),
        ("S_INTERSECTS(geom, POINT(1 2))", "There is no function S_INTERSECTS with 2 arguments.", None),
        ("T_AFTER(updated, DATE('2012-01-01'))", "There is no function T_AFTER with 2 arguments.", None),
        (
            "CASE(city) = 'x'",
            'There is no function CASE with 1 arguments. — did you mean "CASEI"?',
            "▸CASE(city) = 'x'",
        ),
        ("city LIKE owner", "LIKE compares with a text in quotes.", "▸city LIKE owner"),
        ("floors = 9007199254740993", "The number 9007199254740992 cannot be told from its neighbours.", None),
        ("floors = 1e400", "The number inf cannot be told from its neighbours.", None),
        ("A_CONTAINS(city, ('x'))", "There is no function A_CONTAINS with 2 arguments.", None),
    ],
)
def test_refused(text: str, message: str, where: str | None) -> None:
    with pytest.raises(FilterError) as caught:
        visible(compile_filter(text), pa.table(BUILDING), range(3))
    assert caught.value.message == message
    assert caught.value.exit_code == 2
    if where:
        assert caught.value.where == where


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "a = 1" + ")" * 5000,
        "NOT " * 20_000 + "a",
        "a = " + "-" * 20_000 + "1",
        "a" + " + a" * 20_000 + " = 1",
        "NOT " * 150 + "a = 1",
    ],
    ids=["brackets", "not", "minus", "sum", "deep"],
)
def test_endless_filters_are_refused_before_the_parser_overflows(text: str) -> None:
    with pytest.raises(FilterError, match="too long or too deep"):
        compile_filter(text)


def test_long_lists_are_not_deep() -> None:
    values = ", ".join(f"'K-{n}'" for n in range(5000))
    assert passes(f"s IN ({values})", table(s=["K-4999", "K-5000"])) == [True, False]


def test_filters_do_not_import_pandas() -> None:
    script = (
        "import sys, pyarrow as pa\n"
        "from pipeline.vector.filters import compile_filter, visible\n"
        "t = pa.Table.from_batches([pa.RecordBatch.from_arrays([pa.nulls(1, pa.int64()), pa.nulls(1, pa.string())],"
        " names=['a', 's'])])\n"
        "visible(compile_filter(\"a > 1.5 AND zoom = 3 OR s IN ('a', 'b') OR CASEI(s) LIKE 'x%'\"), t, range(5))\n"
        "print('pandas' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
