"""Differences of two versions: by hand, against a naive twin, and by the law that applying them to A gives B."""

from __future__ import annotations

import copy
import json
import math
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPoint, Point, Polygon, mapping

from pipeline.errors import InputError
from pipeline.intake.changes import Changes, find_changes
from pipeline.intake.changes_layers import write_layers
from pipeline.intake.changes_list import change_list
from pipeline.intake.changes_side import open_side

HOUSE = Polygon([(119.0, 28.0), (119.1, 28.0), (119.1, 28.1), (119.0, 28.0)])
TURNED = Polygon([(119.1, 28.1), (119.0, 28.0), (119.1, 28.0), (119.1, 28.1)])  # begins elsewhere
REVERSED = Polygon(list(HOUSE.exterior.coords)[::-1])
LARGER = Polygon([(119.0, 28.0), (119.2, 28.0), (119.1, 28.1), (119.0, 28.0)])


def write(path: Path, columns: Mapping[str, Any], shapes: Sequence[Any], *, groups: int = 3) -> Path:
    """A version as the store has it: GeoParquet 1.1 with a box, in row groups."""
    binary = pa.array([None if shape is None else shapely.to_wkb(shape) for shape in shapes], pa.binary())
    box = pa.array(
        [None for _shape in shapes], pa.struct([(side, pa.float64()) for side in ("xmin", "ymin", "xmax", "ymax")])
    )
    covering = {"bbox": {side: ["bbox", side] for side in ("xmin", "ymin", "xmax", "ymax")}}
    about = {"version": "1.1.0", "primary_column": "geometry",
             "columns": {"geometry": {"encoding": "WKB", "geometry_types": [], "covering": covering}}}  # fmt: skip
    arrays = {name: values if isinstance(values, pa.Array) else pa.array(values) for name, values in columns.items()}
    table = pa.table({**arrays, "geometry": binary, "bbox": box})
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(about).encode()}), path, row_group_size=groups)
    return path


def compare(folder: Path, one: tuple[Mapping[str, Any], Sequence[Any]], other: tuple[Mapping[str, Any], Sequence[Any]],
            key: str | None) -> Changes:  # fmt: skip
    before, after = write(folder / "a.parquet", *one), write(folder / "b.parquet", *other)
    return find_changes(open_side(before, "2026-Q2.1"), open_side(after, "2026-Q3.1"), key)


def told(changes: Changes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("".join(change_list(changes, "houses")))
    return found


def test_added_removed_and_changed_by_key(tmp_path: Path) -> None:
    one = {"ID": [1, 2, 3, 4], "NAME": ["东", "南", None, "北"], "HEIGHT": [3.0, math.nan, 5.0, 6.0]}, [HOUSE] * 4
    other = {"ID": [5, 4, 3, 2], "NAME": ["新", "北", "西", "南"], "HEIGHT": [9.0, 6.0, 5.5, math.nan]}, [
        HOUSE, LARGER, HOUSE, TURNED,
    ]  # fmt: skip
    found = told(compare(tmp_path, one, other, "ID"))
    house, larger = (json.loads(json.dumps(mapping(shape))) for shape in (HOUSE, LARGER))
    assert found == {
        "version": 1, "dataset": "houses", "from": "2026-Q2.1", "to": "2026-Q3.1", "key": "ID",
        "counts": {"removed": 1, "added": 1, "changed": 2, "unchanged": 1, "ambiguous": 0},
        "fields": {"NAME": 1, "HEIGHT": 1}, "geometry": 1, "schema": {},
        "removed": [{"key": 1, "properties": {"ID": 1, "NAME": "东", "HEIGHT": 3.0}, "geometry": house}],
        "added": [{"key": 5, "properties": {"ID": 5, "NAME": "新", "HEIGHT": 9.0}, "geometry": house}],
        "changed": [
            {"key": 4, "fields": {}, "geometry": {"old": house, "new": larger}},
            {"key": 3, "fields": {"NAME": {"old": None, "new": "西"}, "HEIGHT": {"old": 5.0, "new": 5.5}}},
        ],
    }  # fmt: skip


@pytest.mark.parametrize("key", ["ID", None])
def test_the_same_in_another_order_is_no_change(tmp_path: Path, key: str | None) -> None:
    one = {"ID": [1, 2, 3], "NAME": ["a", None, "c"]}, [HOUSE, None, Point(119, 28)]
    other = {"ID": [3, 2, 1], "NAME": ["c", None, "a"]}, [Point(119, 28), None, REVERSED]
    changes = compare(tmp_path, one, other, key)
    assert (changes.any, changes.unchanged, changes.ambiguous) == (False, 3, 0)


def test_without_a_key_a_change_is_one_removed_and_one_added(tmp_path: Path) -> None:
    one = {"NAME": ["a", "b", "b", "b"]}, [HOUSE, HOUSE, TURNED, HOUSE]  # written as they were, two are found first
    other = {"NAME": ["b", "c", "b"]}, [HOUSE, HOUSE, HOUSE]
    found = told(compare(tmp_path, one, other, None))
    assert [each["row"] for each in found["removed"]] == [0, 2] and [each["row"] for each in found["added"]] == [1]
    assert found["counts"] == {"removed": 2, "added": 1, "changed": 0, "unchanged": 2, "ambiguous": 0}


def test_keys_that_are_missing_or_not_unique_are_found_by_all_that_features_are(tmp_path: Path) -> None:
    one = {"ID": [1, 7, 7, None, None], "NAME": ["a", "b", "c", "d", "e"]}, [HOUSE] * 5
    other = {"ID": [1, 7, 7, None], "NAME": ["A", "c", "x", "e"]}, [HOUSE] * 4
    found = told(compare(tmp_path, one, other, "ID"))
    assert found["counts"] == {"removed": 2, "added": 1, "changed": 1, "unchanged": 2, "ambiguous": 7}
    assert [each["properties"]["NAME"] for each in found["removed"]] == ["b", "d"]
    assert [each["properties"]["NAME"] for each in found["added"]] == ["x"]


def test_fields_that_come_go_or_change_their_type(tmp_path: Path) -> None:
    one = {"ID": pa.array([1, 2], pa.int32()), "CLASS": [3, 4], "GONE": ["x", None]}, [HOUSE] * 2
    other = {"ID": pa.array([1, 2], pa.int64()), "CLASS": ["3", "four"], "LANES": [None, 2]}, [HOUSE] * 2
    found = told(compare(tmp_path, one, other, "ID"))
    assert found["schema"] == {
        "ID": {"old": "int32", "new": "int64"},
        "CLASS": {"old": "int64", "new": "large_string"},
        "GONE": {"old": "large_string", "new": None},
        "LANES": {"old": None, "new": "int64"},
    }
    assert found["changed"] == [
        {"key": 1, "fields": {"GONE": {"old": "x", "new": None}}},
        {"key": 2, "fields": {"CLASS": {"old": 4, "new": "four"}, "LANES": {"old": None, "new": 2}}},
    ]


def test_a_key_that_changed_its_type_is_still_the_key(tmp_path: Path) -> None:
    changes = compare(tmp_path, ({"ID": [1, 2]}, [HOUSE] * 2), ({"ID": ["2", "3"]}, [HOUSE] * 2), "ID")
    assert [len(rows) for rows in (changes.removed, changes.added, changes.changed_after)] == [1, 1, 0]


def test_every_type_of_value(tmp_path: Path) -> None:
    old: dict[str, list[Any]] = {
        "ID": [1],
        "D": [date(2026, 1, 1)],
        "B": [True],
        "L": [[1, 2]],
        "X": [b"\x01"],
        "F": [1e300],
    }
    new: dict[str, list[Any]] = {
        "ID": [1],
        "D": [date(2026, 1, 2)],
        "B": [False],
        "L": [[1, 3]],
        "X": [b"\x02"],
        "F": [math.inf],
    }
    found = told(compare(tmp_path, (old, [None]), (new, [Point(1, 2)]), "ID"))
    assert found["changed"] == [
        {
            "key": 1,
            "fields": {
                "D": {"old": "2026-01-01", "new": "2026-01-02"},
                "B": {"old": True, "new": False},
                "L": {"old": [1, 2], "new": [1, 3]},
                "X": {"old": "01", "new": "02"},
                "F": {"old": 1e300, "new": "Infinity"},
            },
            "geometry": {"old": None, "new": {"type": "Point", "coordinates": [1.0, 2.0]}},
        }
    ]


@pytest.mark.parametrize("key", ["ID", None])
def test_from_nothing_and_to_nothing(tmp_path: Path, key: str | None) -> None:
    empty, some = ({"ID": pa.array([], pa.int64())}, []), ({"ID": [1, 2]}, [HOUSE, None])
    assert told(compare(tmp_path, empty, some, key))["counts"]["added"] == 2
    assert told(compare(tmp_path, some, empty, key))["counts"]["removed"] == 2
    assert not compare(tmp_path, empty, empty, key).any


def test_whole_numbers_beyond_doubles_stay_apart(tmp_path: Path) -> None:
    one = {"ID": [1], "GNID": [2**53]}, [None]
    other = {"ID": [1], "GNID": [2**53 + 1]}, [None]
    assert told(compare(tmp_path, one, other, "ID"))["changed"][0]["fields"] == {
        "GNID": {"old": 2**53, "new": 2**53 + 1}
    }


def test_what_is_damaged_is_said(tmp_path: Path) -> None:
    bad = tmp_path / "data.parquet"
    bad.write_bytes(b"PAR1 no")
    with pytest.raises(InputError):
        open_side(bad, "2026-Q2.1")


def test_layers_to_look_at(tmp_path: Path) -> None:
    one = {"ID": [1, 2, 3], "NAME": ["a", "b", "c"]}, [HOUSE, HOUSE, HOUSE]
    other = {"ID": [2, 3, 4], "NAME": ["B", "c", "d"]}, [LARGER, LARGER, HOUSE]
    files = write_layers(compare(tmp_path, one, other, "ID"), tmp_path)
    assert [file.name for file in files] == ["added.parquet", "removed.parquet", "changed.parquet"]
    tables = [pq.read_table(file).drop_columns("geometry").to_pylist() for file in files]
    assert tables == [
        [{"ID": 4, "NAME": "d"}],
        [{"ID": 1, "NAME": "a"}],
        [
            {"changed": "NAME, geometry", "ID": 2, "NAME": "B", "old:NAME": "b"},
            {"changed": "geometry", "ID": 3, "NAME": "c", "old:NAME": None},
        ],
    ]
    assert shapely.from_wkb(pq.read_table(files[2])["geometry"][0].as_py()).equals(LARGER)


# ---------------------------------------------------------------------------------- the law, and a naive twin

SHAPES = [
    HOUSE,
    TURNED,
    LARGER,
    Point(119, 28),
    LineString([(119, 28), (119.1, 28.2)]),
    MultiPoint([(1, 2), (3, 4)]),
    None,
]
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "ID": st.none() | st.integers(0, 6),
            "NAME": st.none() | st.sampled_from(["", "龙泉", "a", "b"]),
            "WIDTH": st.none() | st.sampled_from([0.1, 2.0, math.nan, math.inf]),
            "shape": st.sampled_from(range(len(SHAPES))),
        }
    ),
    max_size=9,
)


def side(folder: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> Path:
    types = {"ID": pa.int64(), "NAME": pa.string(), "WIDTH": pa.float64()}
    columns = {field: pa.array([row[field] for row in rows], type) for field, type in types.items()}
    return write(folder / name, columns, [SHAPES[row["shape"]] for row in rows], groups=2)


def words(value: Any) -> Any:
    """A value as a change list has it."""
    return (
        value if not isinstance(value, float) or math.isfinite(value) else {"nan": "NaN", "inf": "Infinity"}[str(value)]
    )


def form(shape: Any) -> str | None:
    """A geometry in its one form, of shapely or of GeoJSON."""
    if shape is None:
        return None
    found = shape if isinstance(shape, shapely.Geometry) else shapely.from_geojson(json.dumps(shape))
    return str(shapely.to_wkb(shapely.normalize(found), hex=True))


def features(rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["ID"], row["NAME"], words(row["WIDTH"]), form(SHAPES[row["shape"]])) for row in rows]


def applied(rows: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> Counter[tuple[Any, ...]]:
    """What the change list makes of the features of the first version."""
    names = ("ID", "NAME", "WIDTH")
    left = features(rows)
    for gone in found["removed"]:
        left.remove((*(gone["properties"][name] for name in names), form(gone["geometry"])))
    for change in found["changed"]:
        (at,) = [n for n, feature in enumerate(left) if feature[0] == change["key"]]
        values = dict(zip((*names, "geometry"), left[at], strict=True))
        for name, (old, new) in {n: (v["old"], v["new"]) for n, v in change["fields"].items()}.items():
            assert values[name] == old
            values[name] = new
        if "geometry" in change:
            assert values["geometry"] == form(change["geometry"]["old"])
            values["geometry"] = form(change["geometry"]["new"])
        left[at] = tuple(values.values())
    for came in found["added"]:
        left.append((*(came["properties"][name] for name in names), form(came["geometry"])))
    return Counter(left)


@settings(max_examples=120, deadline=None)
@given(ROWS, ROWS, st.sampled_from(["ID", None]))
def test_changes_applied_to_the_first_version_give_the_second(
    one: list[dict[str, Any]], other: list[dict[str, Any]], key: str | None
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        changes = find_changes(
            open_side(side(folder, "a.parquet", one), "a"), open_side(side(folder, "b.parquet", other), "b"), key
        )
        found = told(changes)
        assert applied(one, found) == Counter(features(other))
        # Nothing is told that did not change: what was removed is not added again, as it was.
        gone = Counter(json.dumps(each["properties"]) + str(form(each["geometry"])) for each in found["removed"])
        came = Counter(json.dumps(each["properties"]) + str(form(each["geometry"])) for each in found["added"])
        assert not gone & came
        assert all(each["fields"] or "geometry" in each for each in found["changed"])
        counts = found["counts"]
        assert counts["unchanged"] + counts["changed"] + counts["removed"] == len(one)
        assert counts["unchanged"] + counts["changed"] + counts["added"] == len(other)
        if key:
            sole = [
                {n for n, times in Counter(r["ID"] for r in rows).items() if times == 1 and n is not None}
                for rows in (one, other)
            ]
            repeated = {n for rows in (one, other) for n, times in Counter(r["ID"] for r in rows).items() if times > 1}
            assert {each["key"] for each in found["changed"]} <= (sole[0] & sole[1]) - repeated


@settings(max_examples=30, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_a_shuffled_version_has_no_changes(rows: list[dict[str, Any]], random: Any) -> None:
    shuffled = copy.deepcopy(rows)
    random.shuffle(shuffled)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        a, b = side(folder, "a.parquet", rows), side(folder, "b.parquet", shuffled)
        for key in ("ID", None):
            assert not find_changes(open_side(a, "a"), open_side(b, "b"), key).any


def test_many_features_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same list, whatever the size of the blocks."""
    count = 500
    ids = np.arange(count)
    one = {"ID": ids, "NAME": [f"n{i}" for i in ids]}, [Point(119 + i / 1e4, 28) for i in ids]
    other = (
        {"ID": ids[::-1] + 5, "NAME": [f"n{i + 5 if i % 7 else 0}" for i in ids[::-1]]},
        [Point(119 + (i + 5) / 1e4, 28 + (i % 3 == 0) / 10) for i in ids[::-1]],
    )
    changes = compare(tmp_path, one, other, "ID")
    whole = "".join(change_list(changes, "houses"))
    monkeypatch.setattr("pipeline.intake.changes_list._BLOCK", 7)
    monkeypatch.setattr("pipeline.intake.changes._BLOCK", 11)
    again = compare(tmp_path, one, other, "ID")
    assert "".join(change_list(again, "houses")) == whole
    # Of 495 in both, 1/3 moved, 1/7 have another name.
    shared = range(495)
    moved = {i for i in shared if i % 3 == 0}
    renamed = {i for i in shared if i % 7 == 0}
    changed = len(moved | renamed)
    assert json.loads(whole)["counts"] == {
        "removed": 5, "added": 5, "changed": changed, "unchanged": 495 - changed, "ambiguous": 0,
    }  # fmt: skip
