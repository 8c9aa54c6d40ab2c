"""What the fields of a layer hold, gathered run by run: the same however the features are divided."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.types import LINE, POINT, POLYGON, Tally
from pipeline.vector.attributes import encode_attributes
from pipeline.vector.plan import LayerPlan
from pipeline.vector.stats import LayerStats, layer_stats
from tests.decoded import tiled
from tests.shapes import batch, layer
from tests.vector.prepared import prepared


def stats_of(*tables: dict[str, Any], kinds: tuple[int, ...] = (POINT,)) -> LayerStats:
    """Each table is a run of features."""
    whole = LayerStats()
    for columns in tables:
        table = pa.table(columns)
        whole.merge(layer_stats(*encode_attributes(table, table.num_rows, Tally()), kinds))
    return whole


def told(stats: LayerStats) -> list[dict[str, Any]]:
    return [each.as_json(name) for name, each in stats.fields.items()]


def test_values_are_listed_truths_first_then_numbers_then_texts() -> None:
    assert told(stats_of({"b": [True, False, None]}, {"b": [True]})) == [
        {"attribute": "b", "count": 2, "type": "boolean", "values": [False, True]}
    ]
    assert told(stats_of({"n": [3, 1]}, {"n": [2.5, None, 1.0]})) == [
        {"attribute": "n", "count": 3, "type": "number", "values": [1, 2.5, 3], "min": 1, "max": 3}
    ]
    (mixed,) = told(stats_of({"m": [2, 10]}, {"m": ["b", "a"]}))
    assert mixed == {"attribute": "m", "count": 4, "type": "string", "values": [2, 10, "a", "b"]}


def test_more_than_a_thousand_values_are_not_counted() -> None:
    """As mapbox-geostats does; numbers keep their range."""
    for n, count in ((100, 100), (101, 101), (1000, 1000), (1001, 1000), (5000, 1000)):
        (one,) = told(stats_of({"v": list(range(n))}))
        assert one["count"] == count and one["values"] == (list(range(n)) if n <= 100 else [])
        assert (one["min"], one["max"]) == (0, n - 1)
        halves = [{"v": list(range(0, n, 2))}, {"v": list(range(1, n, 2))}]
        assert told(stats_of(*halves)) == told(stats_of(*halves[::-1])) == [one]
    (texts,) = told(stats_of({"v": [f"{k}" for k in range(1001)]}))
    assert texts == {"attribute": "v", "count": 1000, "type": "string", "values": []}


def test_a_field_without_values_is_named() -> None:
    empty = told(stats_of({"v": pa.nulls(2, pa.float64()), "t": pa.nulls(2, pa.string())}))
    assert empty == [
        {"attribute": "v", "count": 0, "type": "number", "values": []},
        {"attribute": "t", "count": 0, "type": "string", "values": []},
    ]


def test_infinities_are_counted_but_json_does_not_hear_of_them() -> None:
    (one,) = told(stats_of({"v": [math.inf, 1.0]}, {"v": [-math.inf, 5.0]}))
    assert one == {"attribute": "v", "count": 4, "type": "number", "values": [1.0, 5.0]}
    assert json.loads(json.dumps(one, allow_nan=False)) == one


def test_fields_stand_in_order_of_appearance() -> None:
    whole = stats_of({"b": [1], "a": [1]}, {"c": ["x"], "a": [2]})
    assert list(whole.fields) == ["b", "a", "c"] and whole.features == 2


@pytest.mark.parametrize(
    ("kinds", "word"),
    [((POINT,), "point"), ((LINE,), "line"), ((POLYGON,), "polygon"), ((LINE, POINT), "mixed"), ((), "none")],
)
def test_the_word_for_the_geometry(kinds: tuple[int, ...], word: str) -> None:
    assert stats_of({"a": [1]}, kinds=kinds).geometry == word


def test_the_label_layer_has_the_fields_it_keeps() -> None:
    whole = stats_of({"b": [1], "a": [1], "c": ["x"]}, kinds=(POLYGON,))
    some = whole.labels(("c", "nix", "b"))
    assert (list(some.fields), some.features, some.geometry) == (["c", "b"], 1, "point")
    assert list(whole.labels(None).fields) == ["b", "a", "c"] and whole.geometry == "polygon"


VALUES = st.lists(st.none() | st.integers(-5, 5), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(VALUES, st.sampled_from(["i", "f", "t"])), min_size=1, max_size=6), st.randoms())
def test_the_division_into_runs_does_not_show(runs: list[tuple[list[int | None], str]], draw: random.Random) -> None:
    def column(values: list[int | None], kind: str) -> pa.Array:
        if kind == "t":
            return pa.array([None if v is None else str(v) for v in values], pa.string())
        return (
            pa.array([None if v is None else v / 2 for v in values], pa.float64())
            if kind == "f"
            else pa.array(values, pa.int64())
        )

    tables: list[dict[str, Any]] = [{kind: column(values, kind)} for values, kind in runs]
    whole = {name: each.as_json(name) for name, each in stats_of(*tables).fields.items()}
    for name, each in whole.items():
        values = [v for table in tables for v in table.get(name, pa.array([])).to_pylist() if v is not None]
        assert each["count"] == len(set(values)) and each["values"] == sorted(set(values))
        if name != "t" and values:
            assert (each["min"], each["max"]) == (min(values), max(values))
    draw.shuffle(tables)
    assert {name: each.as_json(name) for name, each in stats_of(*tables).fields.items()} == whole


def test_batches_and_files_are_counted_together(tmp_path: Path) -> None:
    batches = [batch([shapely.Point(k, 1)], a=[k]) for k in range(5)] + [batch([shapely.Point(9, 1)], b=["x"])]
    whole = prepared(LayerPlan("a", 0, 0), *batches)
    assert whole.count == 6 and list(whole.stats.fields) == ["a", "b"]
    found = tiled(tmp_path, layer("a", *batches))
    (stats,) = found.metadata["tilestats"]["layers"]
    assert stats["attributes"] == [
        {"attribute": "a", "count": 5, "type": "number", "values": [0, 1, 2, 3, 4], "min": 0, "max": 4},
        {"attribute": "b", "count": 1, "type": "string", "values": ["x"]},
    ]
