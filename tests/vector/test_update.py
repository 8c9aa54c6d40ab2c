"""A build that is told what changed writes what a build from scratch writes, whatever the change and the rules."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipeline.vector.plan import LayerPlan
from tests.vector import scenes
from tests.vector.worlds import (
    DEEP,
    EDITS,
    QUICK,
    SCENES,
    ZOOMS,
    Features,
    Notes,
    World,
    build,
    changed,
    keyed,
    told,
    with_,
    world,
)


def check_chain(folder: Path, start: World, draw: random.Random, edits: Sequence[Sequence[str]]) -> list[str]:
    """Builds that are told what changed, each upon the one before, beside builds from scratch; returns their notes."""
    now = start
    previous = folder / "0.pmtiles"
    build(previous, [told(plan, {}, layer) for plan, layer in zip(now.plans, now.layers, strict=True)])
    notes = []
    for step, kinds in enumerate(edits):
        after = now.edited(draw, kinds)
        layers = [told(*each) for each in zip(now.plans, now.layers, after.layers, strict=True)]
        out, scratch = folder / f"{step + 1}.pmtiles", folder / "scratch.pmtiles"
        progress = Notes()
        build(out, layers, previous, progress=progress)
        build(scratch, layers, keep_state=None)
        notes += progress.notes
        assert out.read_bytes() == scratch.read_bytes(), (step, kinds, progress.notes)
        now, previous = after, out
    return notes


EDIT = st.lists(st.sampled_from(sorted(EDITS)), min_size=1, max_size=4)


@pytest.mark.parametrize("name", SCENES)
@QUICK
@given(seed=st.integers(0, 1000), edits=st.lists(EDIT, min_size=1, max_size=2))
def test_the_same_bytes(tmp_path_factory: pytest.TempPathFactory, name: str, seed: int, edits: list[list[str]]) -> None:
    check_chain(tmp_path_factory.mktemp("chain"), world(name, seed), random.Random(seed), edits)


@pytest.mark.long
@pytest.mark.parametrize("name", SCENES)
@DEEP
@given(seed=st.integers(0, 10**6), edits=st.lists(EDIT, min_size=5, max_size=5))
def test_the_same_bytes_in_chains(
    tmp_path_factory: pytest.TempPathFactory, name: str, seed: int, edits: list[list[str]]
) -> None:
    check_chain(tmp_path_factory.mktemp("chain"), world(name, seed), random.Random(seed), edits)


def test_most_tiles_are_copied(tmp_path: Path) -> None:
    before = keyed()
    shape, row = before.layers[0][3]
    old, layers = changed(tmp_path, before, with_(before, 3, (shape, {**row, "NAME": "other"})))
    progress = Notes()
    result = build(tmp_path / "told.pmtiles", layers, old, progress=progress)
    assert not progress.notes
    assert 0.5 * result.tiles < result.copied < result.tiles


def test_in_place(tmp_path: Path) -> None:
    before = keyed()
    after = with_(before, 3, None)
    old, layers = changed(tmp_path, before, after)
    build(old, layers, old)
    build(tmp_path / "scratch.pmtiles", layers, keep_state=None)
    assert old.read_bytes() == (tmp_path / "scratch.pmtiles").read_bytes()
    again = [told(plan, layer, layer) for plan, layer in zip(after.plans, after.layers, strict=True)]
    assert build(old, again, old).copied > 0, "the state is that of the new archive"


def test_nothing_changed(tmp_path: Path) -> None:
    before = keyed()
    old, layers = changed(tmp_path, before, before)
    result = build(tmp_path / "told.pmtiles", layers, old)
    assert result.copied == result.tiles
    assert (tmp_path / "told.pmtiles").read_bytes() == old.read_bytes()


def test_twins(tmp_path: Path) -> None:
    """Two features that are equal in all that is kept: one goes, and the other gets the id that both had asked for."""
    before = keyed(key=None, fields=("CLASS",))
    before = with_(before, 900, before.layers[0][3])
    before = with_(before, 901, before.layers[0][3])
    check_chain(tmp_path, before, random.Random(0), [[]])
    for after in (with_(before, 3, None), with_(before, 902, before.layers[0][3])):
        old, layers = changed(tmp_path, before, after)
        progress = Notes()
        build(tmp_path / "told.pmtiles", layers, old, progress=progress)
        build(tmp_path / "scratch.pmtiles", layers, keep_state=None)
        assert not progress.notes
        assert (tmp_path / "told.pmtiles").read_bytes() == (tmp_path / "scratch.pmtiles").read_bytes()


def check_same(folder: Path, before: World, after: World) -> None:
    """The same bytes, without falling back."""
    old, layers = changed(folder, before, after)
    progress = Notes()
    build(folder / "told.pmtiles", layers, old, progress=progress)
    build(folder / "scratch.pmtiles", layers, keep_state=None)
    assert not progress.notes
    assert (folder / "told.pmtiles").read_bytes() == (folder / "scratch.pmtiles").read_bytes()


def test_who_asked_for_the_same_id_far_away(tmp_path: Path) -> None:
    """One of two features with the same key goes: the other, many tiles away, may get the id."""
    before = keyed()
    row = before.layers[0][3][1]
    before = with_(before, 3, (scenes.box(9, 9, 99, 99), row))
    before = with_(before, 4, (scenes.box(20_000, 20_000, 20_099, 20_099), row))
    check_same(tmp_path, before, with_(before, 3, None))
    check_same(tmp_path, before, with_(before, 4, None))


def test_a_block_that_reaches_into_another_tile(tmp_path: Path) -> None:
    """The house farthest from the tile's edge becomes the largest of its block, which then has its id."""
    row = {"CLASS": "a", "POP": 1, "V": 0.5, "NAME": "n"}
    left = 8192 - 440  # the last cell of a tile of zoom 13, 256 of its units wide, begins 512 before its edge
    houses: Features = {
        k: (scenes.box(left + 70 * k, 9000, left + 70 * k + 66, 9060), {**row, "ID": k + 1}) for k in range(6)
    }
    before = World([LayerPlan("h", 13, 14, key="ID", merge_near=4.0, buffer=16, tiny_area=0.0)], [houses])
    before = with_(before, 0, (scenes.box(left, 9020, left + 66, 9060), houses[0][1]))
    check_same(tmp_path, before, with_(before, 0, (scenes.box(left, 8900, left + 66, 9060), houses[0][1])))


def test_a_border_that_gets_a_node(tmp_path: Path) -> None:
    """A short line touches the middle of a border: both halves are simplified anew, tiles away from it."""
    draw = random.Random(2)
    bends = [(200 + 60 * k, 4000 + draw.gauss(0, 12)) for k in range(600)]
    ring = [scenes.at(*xy) for xy in (*bends, (bends[-1][0], 9000), (200, 9000), bends[0])]
    row = {"ID": 1, "CLASS": "a", "POP": 1, "V": 0.5, "NAME": "n"}
    fields: Features = {1: (shapely.Polygon(ring), row)}
    lines: Features = {1: (shapely.LineString([scenes.at(*xy) for xy in bends]), row)}
    shared = {"coverage": "fields", "simplification": 8.0, **ZOOMS}
    before = World([LayerPlan("f", **shared), LayerPlan("l", **shared)], [fields, lines])
    for k in range(290, 300):
        x, y = bends[k]
        spur = shapely.LineString([scenes.at(x, y), scenes.at(x, y - 20)])
        after = World(before.plans, [fields, {**lines, 2: (spur, {**row, "ID": 2})}])
        check_same(tmp_path, before, after)
        check_same(tmp_path, after, before)


def test_a_key_given_twice(tmp_path: Path) -> None:
    before = keyed()
    shape, row = before.layers[0][3]
    check_chain(tmp_path, with_(before, 4, (shape, {**row, "NAME": "b"})), random.Random(0), [["rename"], ["remove"]])


def test_equal_but_for_the_key_that_is_not_kept(tmp_path: Path) -> None:
    before = keyed(fields=("CLASS",), where="POP > 1 OR zoom > 11")
    shape, row = before.layers[0][3]
    for k in range(5):
        before = with_(before, 900 + k, (shape, {**row, "ID": 5000 + k, "POP": (None, 1, 700)[k % 3]}))
    for key, each in ((902, None), (901, (shape, {**row, "ID": 77, "POP": 2})), (903, (shape, {**row, "POP": 1}))):
        old, layers = changed(tmp_path, before, with_(before, key, each))
        build(tmp_path / "told.pmtiles", layers, old)
        build(tmp_path / "scratch.pmtiles", layers, keep_state=None)
        assert (tmp_path / "told.pmtiles").read_bytes() == (tmp_path / "scratch.pmtiles").read_bytes()


def test_what_a_source_says_beyond_the_world(tmp_path: Path) -> None:
    """Longitudes from 0 to 360 and latitudes up to the pole are brought into the world after they are read."""
    draw = random.Random(3)
    shapes = [shapely.Point(x, y) for x, y in ((179.99, 10), (180.01, 10), (190, 89.5), (359, -89), (-540, 3), (2, 2))]
    shapes += [shapely.LineString([(179.9, k), (180.2, k + 1)]) for k in range(3)]
    rows = [{"ID": k + 1, "CLASS": "a", "POP": 1, "V": 0.5, "NAME": f"{k}"} for k in range(len(shapes))]
    before = World([LayerPlan("p", 0, 5, labels=True)], [dict(enumerate(zip(shapes, rows, strict=True)))])
    for _step in range(4):
        check_chain(tmp_path, before, draw, [["rename"], ["move", "rename"], ["remove"]])
