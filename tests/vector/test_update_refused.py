"""What a build that is told what changed leaves to a build from scratch, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import shapely

from pipeline.errors import InputError, UsageError
from pipeline.vector.plan import (
    ArchivePlan,
    Changes,
    LayerPlan,
    Previous,
)
from pipeline.vector.state import state_path
from pipeline.vector.tiles import tile_layers
from tests.vector import scenes
from tests.vector.worlds import (
    UNIT,
    ZOOMS,
    Mesh,
    Notes,
    World,
    build,
    changed,
    keyed,
    near,
    shifted,
    table_of,
    told,
    with_,
)


def check_falls_back(folder: Path, before: World, after: World, why: str) -> None:
    old, layers = changed(folder, before, after)
    progress = Notes()
    result = build(folder / "told.pmtiles", layers, old, progress=progress)
    build(folder / "scratch.pmtiles", layers, keep_state=None)
    assert progress.notes == [f"everything is built: {why}"]
    assert result.copied == 0
    assert (folder / "told.pmtiles").read_bytes() == (folder / "scratch.pmtiles").read_bytes()


def test_falls_back_when_most_tiles_are_reached(tmp_path: Path) -> None:
    before = keyed()
    wide = scenes.box(0, 0, 64 * 4096, 66 * 4096)
    after = with_(before, 3, (wide, before.layers[0][3][1]))
    check_falls_back(tmp_path, before, after, "the changes reach most of the tiles")


def test_falls_back_when_the_largest_of_many_values_goes(tmp_path: Path) -> None:
    before = keyed(1)
    for k in range(5000):
        x, y = divmod(k, 80)
        row = {"ID": k + 10, "CLASS": "a", "POP": k, "V": 0.5, "NAME": "n"}
        before = with_(before, k + 10, (shapely.Point(scenes.at(x * 10, y * 10)), row))
    check_falls_back(tmp_path, before, with_(before, 5009, None), "the values of layer a have to be counted anew")


def test_falls_back_when_a_field_loses_its_last_value(tmp_path: Path) -> None:
    before = keyed()
    rows = {k: (shape, {**row, "V": 0.5 if k == 3 else None}) for k, (shape, row) in before.layers[0].items()}
    before = World(before.plans, [rows])
    check_falls_back(tmp_path, before, with_(before, 3, None), "layer a has other fields")


@pytest.mark.parametrize("now", [58, 60])
def test_falls_back_when_the_source_has_more_or_fewer_features_than_was_told(tmp_path: Path, now: int) -> None:
    """Far from what was told nobody looks; but a source that knows its size tells it without being read."""
    before = keyed()
    other = (40, None) if now == 58 else (77, before.layers[0][7])  # one more is gone, or is there twice
    lost = with_(with_(before, 3, None), *other)
    old = tmp_path / "old.pmtiles"
    (layer,) = changed(tmp_path, before, with_(before, 3, None))[1]
    build(old, [replace(told(before.plans[0], {}, before.layers[0]), features=60)])
    after = replace(told(before.plans[0], before.layers[0], lost.layers[0]), changes=layer.changes, features=now)
    progress = Notes()
    result = build(tmp_path / "told.pmtiles", [after], old, progress=progress)
    assert progress.notes == [f"everything is built: layer a has {now} features, and 59 by its changes"]
    assert result.copied == 0
    build(tmp_path / "scratch.pmtiles", [after], keep_state=None)
    assert (tmp_path / "told.pmtiles").read_bytes() == (tmp_path / "scratch.pmtiles").read_bytes()


def test_sizes_that_agree_or_are_not_known_are_passed_over(tmp_path: Path) -> None:
    before = keyed()
    old = tmp_path / "old.pmtiles"
    for then, now in ((60, 59), (None, 7), (60, None)):
        (layer,) = changed(tmp_path, before, with_(before, 3, None))[1]
        build(old, [replace(told(before.plans[0], {}, before.layers[0]), features=then)])
        assert build(tmp_path / "told.pmtiles", [replace(layer, features=now)], old).copied > 0


def test_falls_back_when_a_layer_begins_or_ends(tmp_path: Path) -> None:
    one, mesh = keyed(), Mesh().layers()
    plans = [*one.plans, LayerPlan("b", **ZOOMS)]
    without, with_it = World(plans, [one.layers[0], {}]), World(plans, [one.layers[0], mesh[1]])
    check_falls_back(tmp_path, with_it, without, "layer b begins or ends")
    check_falls_back(tmp_path, without, with_it, "layer b begins or ends")


def test_falls_back_when_twins_may_differ_in_their_priority(tmp_path: Path) -> None:
    before = keyed(key=None, fields=("CLASS",), priority="POP", budget=300)
    shape, row = before.layers[0][3]
    before = with_(before, 900, (shape, {**row, "POP": 1}))
    before = with_(before, 901, (shape, {**row, "POP": 700}))
    after = with_(before, 902, (shape, {**row, "CLASS": "z"}))
    check_falls_back(tmp_path, before, after, "features of layer a share an id")


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"buffer": 16}, "layer a: buffer was 80 and is 16"),
        ({"key": None}, "layer a: key was 'ID' and is None"),
        (
            {"simplification": 2.0, "min_area": 9.0},
            "layer a: min_area was 0.0 and is 9.0; layer a: simplification was 1.0 and is 2.0",
        ),
        ({"name": "b"}, "the previous archive has other layers: a"),
    ],
)
def test_other_rules_build_everything(tmp_path: Path, other: dict[str, Any], why: str) -> None:
    before = keyed()
    after = World([LayerPlan(**{"name": "a", "key": "ID", **ZOOMS, **other})], before.layers)
    check_falls_back(tmp_path, before, after, why)


def test_other_code_builds_everything(tmp_path: Path) -> None:
    before = keyed()
    old, layers = changed(tmp_path, before, before)
    progress = Notes()
    tile_layers(
        ArchivePlan("t"),
        layers,
        tmp_path / "told.pmtiles",
        previous=Previous(old, "other code"),
        progress=progress,
    )
    assert progress.notes == ["everything is built: the previous archive was made by another version"]
    assert (tmp_path / "told.pmtiles").read_bytes() == old.read_bytes()


def test_everything_goes(tmp_path: Path) -> None:
    before = keyed()
    old, layers = changed(tmp_path, before, World(before.plans, [{}]))
    with pytest.raises(InputError, match="nothing to tile"):
        build(tmp_path / "told.pmtiles", layers, old)
    assert not (tmp_path / "told.pmtiles").exists()


def test_refuses_removed_features_it_does_not_know(tmp_path: Path) -> None:
    before = keyed()
    old, (layer,) = changed(tmp_path, before, with_(before, 3, None))
    shape, row = before.layers[0][3]
    for stranger in ((shape, {**row, "NAME": "stranger"}), (shifted(shape, UNIT, 0), row), (shape, {**row, "ID": 7})):
        wrong = replace(layer, changes=Changes([table_of([stranger])], []))
        with pytest.raises(InputError, match="remove 1 features that the previous archive of layer a"):
            build(tmp_path / "told.pmtiles", [wrong], old)
    twice = replace(layer, changes=Changes([table_of([(shape, row), (shape, row)])], []))
    with pytest.raises(InputError, match="remove 1 features"):
        build(tmp_path / "told.pmtiles", [twice], old)


def test_refuses_changes_that_do_not_tell_all(tmp_path: Path) -> None:
    """Found out where it is looked: near what is told."""
    before = keyed()
    shape, row = before.layers[0][3]
    after = with_(before, 3, (shape, {**row, "NAME": "told"}))
    beside = (shifted(shape, 3 * UNIT, 0), {**row, "ID": 999})
    old, _layers = changed(tmp_path, before, after)
    (layer,) = (told(*each) for each in zip(after.plans, before.layers, after.layers, strict=True))
    untold = replace(layer, read_near=lambda _t, areas: iter([table_of([*near(after.layers[0], areas), beside])]))
    with pytest.raises(InputError, match="and 1 others"):
        build(tmp_path / "told.pmtiles", [untold], old)
    missing = replace(layer, read_near=lambda _t, areas: iter([table_of(near(after.layers[0], areas)[1:])]))
    with pytest.raises(InputError, match=r"of the \d+ features that it should hold here"):
        build(tmp_path / "told.pmtiles", [missing], old)


def test_a_damaged_state_builds_everything(tmp_path: Path) -> None:
    before = keyed()
    shape, row = before.layers[0][3]
    old, layers = changed(tmp_path, before, with_(before, 3, (shape, {**row, "NAME": "other"})))
    build(tmp_path / "scratch.pmtiles", layers, keep_state=None)
    state = state_path(old)
    kept = state.read_bytes()
    flipped = bytearray(kept)
    flipped[len(kept) // 2] ^= 4  # amid the arrays
    for damaged in (b"", kept[:100], kept[: len(kept) // 2], b"x" + kept[1:], bytes(flipped)):
        state.write_bytes(damaged)
        progress = Notes()
        result = build(tmp_path / "told.pmtiles", layers, old, progress=progress)
        assert progress.notes == [f"everything is built: the state of the previous archive is damaged: {state}"]
        assert result.copied == 0
        assert (tmp_path / "told.pmtiles").read_bytes() == (tmp_path / "scratch.pmtiles").read_bytes()


def test_refuses_without_a_state(tmp_path: Path) -> None:
    before = keyed()
    old, layers = changed(tmp_path, before, before)
    state_path(old).unlink()
    with pytest.raises(InputError, match="no state beside"):
        build(tmp_path / "told.pmtiles", layers, old)
    assert not (tmp_path / "told.pmtiles").exists()


def test_a_rule_that_the_changes_leave_no_use_for(tmp_path: Path) -> None:
    """As in a build from scratch: the only area goes, and with it what min_area could be applied to."""
    before = keyed(8, min_area=4.0)
    mixed = World(before.plans, [{k: (s.centroid, row) if k else (s, row) for k, (s, row) in before.layers[0].items()}])
    old, layers = changed(tmp_path, mixed, with_(mixed, 0, None))
    for previous in (old, None):
        with pytest.raises(UsageError, match="min_area is for areas only"):
            build(tmp_path / "told.pmtiles", layers, previous)


def test_what_the_changes_leave_nothing_of(tmp_path: Path) -> None:
    """The only feature that the filter lets in is removed: nothing is copied, and nothing is there to be drawn."""
    before = keyed(where=f"ID = {keyed().layers[0][3][1]['ID']}")
    old, layers = changed(tmp_path, before, with_(before, 3, None))
    with pytest.raises(InputError, match="no zoom shows a feature of layer a"):
        build(tmp_path / "told.pmtiles", layers, old)
    assert not (tmp_path / "told.pmtiles").exists()


def test_refuses_an_archive_that_is_not_the_one_of_its_state(tmp_path: Path) -> None:
    before = keyed()
    old, layers = changed(tmp_path, before, before)
    kept = old.read_bytes()
    flipped = bytearray(kept)
    flipped[-10] ^= 1
    for other in (bytes(flipped), kept[:-1], b""):
        old.write_bytes(other)
        with pytest.raises(InputError, match="not the one that the state"):
            build(tmp_path / "told.pmtiles", layers, old)
    old.unlink()
    with pytest.raises(InputError, match="not the one that the state"):
        build(tmp_path / "told.pmtiles", layers, old)
    assert not (tmp_path / "told.pmtiles").exists()
