"""A build that is told what changed writes what a build from scratch writes, whatever the change and the rules."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.types import Bounds, FeatureBatch
from pipeline.vector.plan import (
    ArchivePlan,
    ArchiveResult,
    Changes,
    Clusters,
    LayerInput,
    LayerPlan,
    Previous,
    ZoomByField,
)
from pipeline.vector.state import state_path
from pipeline.vector.tiles import tile_layers
from tests.shapes import batch
from tests.vector import scenes

QUICK = settings(
    max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
DEEP = settings(QUICK, max_examples=150)
CODE = "the code"
COLUMNS = {"ID": pa.int64(), "CLASS": pa.string(), "POP": pa.int64(), "V": pa.float64(), "NAME": pa.string()}

Feature = tuple[shapely.Geometry, dict[str, Any]]
Features = dict[int, Feature]  # by number


class Notes:
    """A progress that remembers what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def start(self, stage: str, total: int | None, unit: str = "") -> None: ...
    def advance(self, n: int = 1) -> None: ...
    def done(self) -> None: ...

    def note(self, text: str) -> None:
        self.notes.append(text)


# ---------------------------------------------------------------- building


def table_of(features: Sequence[Feature]) -> FeatureBatch:
    columns = {name: pa.array([row[name] for _shape, row in features], kind) for name, kind in COLUMNS.items()}
    return batch([shape for shape, _row in features], **columns)


def same(a: Feature, b: Feature | None) -> bool:
    return b is not None and a[1] == b[1] and shapely.to_wkb(a[0]) == shapely.to_wkb(b[0])


def near(features: Features, areas: tuple[Bounds, ...]) -> list[Feature]:
    """The features whose boxes meet any of the areas; longitudes as they are given, like a source that is asked."""
    boxes = [shapely.box(*area) for area in areas]
    return [each for each in features.values() if any(shapely.box(*each[0].bounds).intersects(box) for box in boxes)]


def told(plan: LayerPlan, before: Features, after: Features) -> LayerInput:
    """The layer after its change, and the change."""
    removed = [each for key, each in before.items() if not same(each, after.get(key))]
    added = [each for key, each in after.items() if not same(each, before.get(key))]
    return LayerInput(
        plan,
        lambda _tally: iter([table_of(list(after.values()))]),
        lambda _tally, areas: iter([table_of(near(after, areas))]),
        Changes([table_of(removed)] if removed else [], [table_of(added)] if added else []),
    )


def build(out: Path, layers: Sequence[LayerInput], previous: Path | None = None, **options: Any) -> ArchiveResult:
    before = None if previous is None else Previous(previous, CODE)
    return tile_layers(
        ArchivePlan("t"), layers, out, threads=1, previous=before, **{"keep_state": CODE, "progress": Notes()} | options
    )


# ---------------------------------------------------------------- worlds


@dataclass
class World:
    """Layers by name with their features, and a way to change them."""

    plans: list[LayerPlan]
    layers: list[Features]
    mesh: Mesh | None = None

    def edited(self, draw: random.Random, kinds: Sequence[str]) -> World:
        """Another world with these edits; this one stays."""
        if self.mesh is not None:
            mesh = Mesh(dict(self.mesh.jitter), dict(self.mesh.noise), set(self.mesh.gone))
            for _kind in kinds:
                mesh.edit(draw)
            return World(self.plans, mesh.layers(), mesh)
        layers = [dict(layer) for layer in self.layers]
        for kind in kinds:
            EDITS[kind](draw, draw.choice(layers))
        return World(self.plans, layers)


def _any(draw: random.Random, features: Features) -> int:
    return draw.choice(list(features))


def _shifted(shape: shapely.Geometry, x: float, y: float) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + np.array([x, y]))


UNIT = 360 / 2**14 / 4096  # degrees of longitude of a tile unit at zoom 14


def _move(draw: random.Random, features: Features) -> None:
    key = _any(draw, features)
    shape, row = features[key]
    far = draw.choice([0.3, 2, 70, 900, 5000])
    features[key] = (_shifted(shape, draw.gauss(0, far) * UNIT, draw.gauss(0, far) * UNIT), row)


def _rename(draw: random.Random, features: Features) -> None:
    key = _any(draw, features)
    shape, row = features[key]
    features[key] = (shape, {**row, "NAME": draw.choice(["新", None, "renamed"]), "POP": draw.choice([None, 2, 700])})


def _reclass(draw: random.Random, features: Features) -> None:
    key = _any(draw, features)
    shape, row = features[key]
    features[key] = (shape, {**row, "CLASS": draw.choice(["a", "b", "z", None])})


def _remove(draw: random.Random, features: Features) -> None:
    if len(features) > 3:
        del features[_any(draw, features)]


def _next(features: Features) -> int:
    return max(features) + 1


def _new_row(draw: random.Random, key: int) -> dict[str, Any]:
    row = {name: values[0] for name, values in scenes.columns(draw, 1).items()}
    return {"ID": key + 1000, **row, "NAME": f"new {key}"}


def _add(draw: random.Random, features: Features) -> None:
    key = _next(features)
    features[key] = (_shifted(features[_any(draw, features)][0], 31 * UNIT, -17 * UNIT), _new_row(draw, key))


def _add_far(draw: random.Random, features: Features) -> None:
    key = _next(features)
    shape = features[_any(draw, features)][0]
    features[key] = (_shifted(shape, draw.choice([-0.7, 0.4]), draw.choice([-0.3, 0.5])), _new_row(draw, key))


def _first(draw: random.Random, features: Features) -> None:
    key = draw.choice([min(features), max(features)])
    shape, row = features[key]
    features[key] = (_shifted(shape, 3 * UNIT, 0), {**row, "NAME": "first or last"})


def _largest(draw: random.Random, features: Features) -> None:
    key = max(features, key=lambda key: (math.hypot(*_extent(features[key][0])), key))
    shape, row = features[key]
    features[key] = (_shifted(shape, 0, draw.choice([1, 50]) * UNIT), row)


def _extent(shape: shapely.Geometry) -> tuple[float, float]:
    west, south, east, north = shape.bounds
    return east - west, north - south


def _clear(draw: random.Random, features: Features) -> None:
    """Everything of a place goes."""
    x, y = draw.uniform(0, scenes.SIDE), draw.uniform(0, scenes.SIDE)
    place = scenes.box(x, y, x + 5000, y + 5000)
    for key in [key for key, (shape, _row) in features.items() if shape.intersects(place)]:
        if len(features) > 3:
            del features[key]


def _corner(draw: random.Random, features: Features) -> None:
    """Something at the corner of four tiles, or where their buffers end."""
    key = _next(features)
    x, y = (draw.randrange(0, 6) * 4096 + draw.choice([0, 80, -80, 81, -79.5]) for _ in range(2))
    side = draw.choice([0.4, 2, 30])
    shapes = [
        shapely.Point(scenes.at(x, y)),
        shapely.LineString([scenes.at(x, y), scenes.at(x + side, y + 2 * side)]),
        scenes.box(x, y, x + side, y + side),
    ]
    kind = features[_any(draw, features)][0].geom_type
    shape = shapes[0] if "Point" in kind else shapes[1] if "Line" in kind else shapes[2]
    features[key] = (shape, _new_row(draw, key))


EDITS: dict[str, Callable[[random.Random, Features], None]] = {
    "move": _move, "rename": _rename, "reclass": _reclass, "remove": _remove, "add": _add, "add far": _add_far,
    "first": _first, "largest": _largest, "clear": _clear, "corner": _corner,
}  # fmt: skip


@dataclass
class Mesh:
    """Fields between crinkled borders that meet in nodes, and the borders as lines."""

    jitter: dict[tuple[int, int], int] = field(default_factory=dict)  # node → seed of its place
    noise: dict[tuple[int, int, int], int] = field(default_factory=dict)  # border → seed of its course
    gone: set[tuple[int, int]] = field(default_factory=set)  # fields left out

    SIZE = 5

    def node(self, i: int, j: int) -> tuple[float, float]:
        draw = random.Random(f"{i} {j} {self.jitter.get((i, j), 0)}")
        return 1500.0 + 2300 * i + draw.uniform(-500, 500), 1500.0 + 2300 * j + draw.uniform(-500, 500)

    def border(self, i: int, j: int, down: int) -> list[tuple[float, float]]:
        a, b = self.node(i, j), self.node(i + 1 - down, j + down)
        draw = random.Random(f"{i} {j} {down} {self.noise.get((i, j, down), 0)}")
        steps = [k / 9 for k in range(10)]
        bends = [(draw.gauss(0, 30), draw.gauss(0, 30)) if 0 < k < 9 else (0.0, 0.0) for k in range(10)]
        line = [
            (a[0] + (b[0] - a[0]) * t + dx, a[1] + (b[1] - a[1]) * t + dy)
            for t, (dx, dy) in zip(steps, bends, strict=True)
        ]
        return [scenes.at(*xy) for xy in line]

    def layers(self) -> list[Features]:
        """Fields, and borders."""
        fields: Features = {}
        borders: Features = {}
        for i in range(self.SIZE):
            for j in range(self.SIZE):
                key = i * 100 + j
                row = {"ID": key + 1, "CLASS": "a", "POP": i, "V": 0.5, "NAME": f"{i} {j}"}
                ring = [
                    *self.border(i, j, 0),
                    *self.border(i + 1, j, 1)[1:],
                    *self.border(i, j + 1, 0)[::-1][1:],
                    *self.border(i, j, 1)[::-1][1:],
                ]
                if (i, j) not in self.gone:
                    fields[key] = (shapely.Polygon(ring), row)
                borders[key] = (shapely.LineString(self.border(i, j, 0)), row)
                borders[key + 10_000] = (shapely.LineString(self.border(i, j, 1)), {**row, "ID": key + 10_001})
        return [fields, borders]

    def edit(self, draw: random.Random) -> None:
        i, j = draw.randrange(self.SIZE), draw.randrange(self.SIZE)
        what = draw.choice(["node", "border", "field"])
        if what == "node":
            self.jitter[i, j] = draw.randrange(1000)
        elif what == "border":
            self.noise[i, j, draw.randrange(2)] = draw.randrange(1000)
        else:
            self.gone ^= {(i, j)}


def _features(draw: random.Random, shapes: Sequence[shapely.Geometry]) -> Features:
    columns = scenes.columns(draw, len(shapes))
    return {
        k: (shape, {"ID": k + 1, **{name: values[k] for name, values in columns.items()}})
        for k, shape in enumerate(shapes)
    }


PLANS: dict[str, tuple[str, dict[str, Any]]] = {
    "points": ("points", {"rate": 1.7, "where": "POP > 1 OR POP IS NULL OR zoom > 12"}),
    "density": ("points", {"density": 64, "priority": "POP", "key": "ID"}),
    "clusters": ("points", {"clusters": Clusters(256, 12, ("POP",))}),
    "zoom by": ("points", {"zoom_by": ZoomByField("CLASS", {"a": 9, "b": 11}, 13), "labels": True, "key": "ID"}),
    "lines": ("lines", {"merge_lines": ("CLASS",), "min_length": 3.0}),
    "roads": ("lines", {"merge_lines": (), "fields": ("CLASS",), "labels": True, "simplify": "area"}),
    "areas": ("areas", {"min_area": 0.01, "labels": True, "label_fields": ("NAME",)}),
    "keyed": ("areas", {"key": "ID", "simplification": 3.0, "buffer": 16}),
    "houses": ("areas", {"merge_near": 4.0, "simplify": "right-angle"}),
    "corners": ("areas", {"simplify": "right-angle", "simplification": 30.0}),
    "dissolve": ("areas", {"dissolve": ("CLASS",)}),
    "budget": ("areas", {"budget": 900, "priority": "POP", "key": "ID"}),
    "mixed": ("mixed", {"labels": True, "key": "ID"}),
}  # fmt: skip
PAIRS = {"two layers": ("lines", "houses"), "three layers": ("clusters", "mixed", "budget")}
SCENES = (*PLANS, *PAIRS, "coverage")
ZOOMS = {"min_zoom": 9, "max_zoom": 14}


def world(name: str, seed: int, n: int = 70) -> World:
    """A small world of one of SCENES."""
    draw = random.Random(seed)
    if name == "coverage":
        shared = {"coverage": "fields", **ZOOMS}
        plans = [
            LayerPlan("fields", labels=True, key="ID", **shared),
            LayerPlan("borders", **shared | {"max_zoom": 13}),
        ]
        mesh = Mesh()
        return World(plans, mesh.layers(), mesh)
    plans, layers = [], []
    for each in PAIRS.get(name, (name,)):
        kind, rules = PLANS[each]
        makers = {"points": scenes.points, "lines": scenes.lines, "areas": scenes.areas}
        makes = [makers[kind]] if kind in makers else list(makers.values())
        shapes = [shape for make in makes for shape in make(draw, n // len(makes))]
        plans.append(LayerPlan(each.replace(" ", "-"), **ZOOMS | rules))
        layers.append(_features(draw, shapes))
    return World(plans, layers)


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


# ---------------------------------------------------------------- what falls back, and what is refused


def _keyed(n: int = 60, **plan: Any) -> World:
    draw = random.Random(5)
    return World([LayerPlan("a", **{"key": "ID", **ZOOMS, **plan})], [_features(draw, scenes.areas(draw, n))])


def _changed(folder: Path, before: World, after: World) -> tuple[Path, list[LayerInput]]:
    """An archive of a world, and what there is to do for another one."""
    old = folder / "old.pmtiles"
    build(old, [told(*each) for each in zip(before.plans, [{}] * len(before.layers), before.layers, strict=True)])
    return old, [told(*each) for each in zip(after.plans, before.layers, after.layers, strict=True)]


def check_falls_back(folder: Path, before: World, after: World, why: str) -> None:
    old, layers = _changed(folder, before, after)
    progress = Notes()
    result = build(folder / "told.pmtiles", layers, old, progress=progress)
    build(folder / "scratch.pmtiles", layers, keep_state=None)
    assert progress.notes == [f"everything is built: {why}"]
    assert result.copied == 0
    assert (folder / "told.pmtiles").read_bytes() == (folder / "scratch.pmtiles").read_bytes()


def _with(world: World, key: int, feature: Feature | None) -> World:
    """The world with another feature in its first layer, or without it."""
    first = {k: each for k, each in {**world.layers[0], key: feature}.items() if each is not None}
    return World(world.plans, [first, *world.layers[1:]], world.mesh)


def test_most_tiles_are_copied(tmp_path: Path) -> None:
    before = _keyed()
    shape, row = before.layers[0][3]
    old, layers = _changed(tmp_path, before, _with(before, 3, (shape, {**row, "NAME": "other"})))
    progress = Notes()
    result = build(tmp_path / "told.pmtiles", layers, old, progress=progress)
    assert not progress.notes
    assert 0.5 * result.tiles < result.copied < result.tiles


def test_in_place(tmp_path: Path) -> None:
    before = _keyed()
    after = _with(before, 3, None)
    old, layers = _changed(tmp_path, before, after)
    build(old, layers, old)
    build(tmp_path / "scratch.pmtiles", layers, keep_state=None)
    assert old.read_bytes() == (tmp_path / "scratch.pmtiles").read_bytes()
    again = [told(plan, layer, layer) for plan, layer in zip(after.plans, after.layers, strict=True)]
    assert build(old, again, old).copied > 0, "the state is that of the new archive"


def test_nothing_changed(tmp_path: Path) -> None:
    before = _keyed()
    old, layers = _changed(tmp_path, before, before)
    result = build(tmp_path / "told.pmtiles", layers, old)
    assert result.copied == result.tiles
    assert (tmp_path / "told.pmtiles").read_bytes() == old.read_bytes()


def test_twins(tmp_path: Path) -> None:
    """Two features that are equal in all that is kept: one goes, and the other gets the id that both had asked for."""
    before = _keyed(key=None, fields=("CLASS",))
    before = _with(before, 900, before.layers[0][3])
    before = _with(before, 901, before.layers[0][3])
    check_chain(tmp_path, before, random.Random(0), [[]])
    for after in (_with(before, 3, None), _with(before, 902, before.layers[0][3])):
        old, layers = _changed(tmp_path, before, after)
        progress = Notes()
        build(tmp_path / "told.pmtiles", layers, old, progress=progress)
        build(tmp_path / "scratch.pmtiles", layers, keep_state=None)
        assert not progress.notes
        assert (tmp_path / "told.pmtiles").read_bytes() == (tmp_path / "scratch.pmtiles").read_bytes()


def check_same(folder: Path, before: World, after: World) -> None:
    """The same bytes, without falling back."""
    old, layers = _changed(folder, before, after)
    progress = Notes()
    build(folder / "told.pmtiles", layers, old, progress=progress)
    build(folder / "scratch.pmtiles", layers, keep_state=None)
    assert not progress.notes
    assert (folder / "told.pmtiles").read_bytes() == (folder / "scratch.pmtiles").read_bytes()


def test_who_asked_for_the_same_id_far_away(tmp_path: Path) -> None:
    """One of two features with the same key goes: the other, many tiles away, may get the id."""
    before = _keyed()
    row = before.layers[0][3][1]
    before = _with(before, 3, (scenes.box(9, 9, 99, 99), row))
    before = _with(before, 4, (scenes.box(20_000, 20_000, 20_099, 20_099), row))
    check_same(tmp_path, before, _with(before, 3, None))
    check_same(tmp_path, before, _with(before, 4, None))


def test_a_block_that_reaches_into_another_tile(tmp_path: Path) -> None:
    """The house farthest from the tile's edge becomes the largest of its block, which then has its id."""
    row = {"CLASS": "a", "POP": 1, "V": 0.5, "NAME": "n"}
    left = 8192 - 440  # the last cell of a tile of zoom 13, 256 of its units wide, begins 512 before its edge
    houses: Features = {
        k: (scenes.box(left + 70 * k, 9000, left + 70 * k + 66, 9060), {**row, "ID": k + 1}) for k in range(6)
    }
    before = World([LayerPlan("h", 13, 14, key="ID", merge_near=4.0, buffer=16, tiny_area=0.0)], [houses])
    before = _with(before, 0, (scenes.box(left, 9020, left + 66, 9060), houses[0][1]))
    check_same(tmp_path, before, _with(before, 0, (scenes.box(left, 8900, left + 66, 9060), houses[0][1])))


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
    before = _keyed()
    shape, row = before.layers[0][3]
    check_chain(tmp_path, _with(before, 4, (shape, {**row, "NAME": "b"})), random.Random(0), [["rename"], ["remove"]])


def test_equal_but_for_the_key_that_is_not_kept(tmp_path: Path) -> None:
    before = _keyed(fields=("CLASS",), where="POP > 1 OR zoom > 11")
    shape, row = before.layers[0][3]
    for k in range(5):
        before = _with(before, 900 + k, (shape, {**row, "ID": 5000 + k, "POP": (None, 1, 700)[k % 3]}))
    for key, each in ((902, None), (901, (shape, {**row, "ID": 77, "POP": 2})), (903, (shape, {**row, "POP": 1}))):
        old, layers = _changed(tmp_path, before, _with(before, key, each))
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


def test_falls_back_when_most_tiles_are_reached(tmp_path: Path) -> None:
    before = _keyed()
    wide = scenes.box(0, 0, 64 * 4096, 66 * 4096)
    after = _with(before, 3, (wide, before.layers[0][3][1]))
    check_falls_back(tmp_path, before, after, "the changes reach most of the tiles")


def test_falls_back_when_the_largest_of_many_values_goes(tmp_path: Path) -> None:
    before = _keyed(1)
    for k in range(5000):
        x, y = divmod(k, 80)
        row = {"ID": k + 10, "CLASS": "a", "POP": k, "V": 0.5, "NAME": "n"}
        before = _with(before, k + 10, (shapely.Point(scenes.at(x * 10, y * 10)), row))
    check_falls_back(tmp_path, before, _with(before, 5009, None), "the values of layer a have to be counted anew")


def test_falls_back_when_a_field_loses_its_last_value(tmp_path: Path) -> None:
    before = _keyed()
    rows = {k: (shape, {**row, "V": 0.5 if k == 3 else None}) for k, (shape, row) in before.layers[0].items()}
    before = World(before.plans, [rows])
    check_falls_back(tmp_path, before, _with(before, 3, None), "layer a has other fields")


def test_falls_back_when_a_layer_begins_or_ends(tmp_path: Path) -> None:
    one, mesh = _keyed(), Mesh().layers()
    plans = [*one.plans, LayerPlan("b", **ZOOMS)]
    without, with_it = World(plans, [one.layers[0], {}]), World(plans, [one.layers[0], mesh[1]])
    check_falls_back(tmp_path, with_it, without, "layer b begins or ends")
    check_falls_back(tmp_path, without, with_it, "layer b begins or ends")


def test_falls_back_when_twins_may_differ_in_their_priority(tmp_path: Path) -> None:
    before = _keyed(key=None, fields=("CLASS",), priority="POP", budget=300)
    shape, row = before.layers[0][3]
    before = _with(before, 900, (shape, {**row, "POP": 1}))
    before = _with(before, 901, (shape, {**row, "POP": 700}))
    after = _with(before, 902, (shape, {**row, "CLASS": "z"}))
    check_falls_back(tmp_path, before, after, "features of layer a share an id")


@pytest.mark.parametrize("other", [{"buffer": 16}, {"simplification": 2.0}, {"key": None}])
def test_other_rules_build_everything(tmp_path: Path, other: dict[str, Any]) -> None:
    before = _keyed()
    after = World([LayerPlan("a", **{"key": "ID", **ZOOMS, **other})], before.layers)
    why = "the previous archive was made by other rules or another version"
    check_falls_back(tmp_path, before, after, why)


def test_other_code_builds_everything(tmp_path: Path) -> None:
    before = _keyed()
    old, layers = _changed(tmp_path, before, before)
    progress = Notes()
    tile_layers(
        ArchivePlan("t"),
        layers,
        tmp_path / "told.pmtiles",
        previous=Previous(old, "other code"),
        progress=progress,
    )
    assert progress.notes == ["everything is built: the previous archive was made by other rules or another version"]
    assert (tmp_path / "told.pmtiles").read_bytes() == old.read_bytes()


def test_everything_goes(tmp_path: Path) -> None:
    before = _keyed()
    old, layers = _changed(tmp_path, before, World(before.plans, [{}]))
    with pytest.raises(InputError, match="nothing to tile"):
        build(tmp_path / "told.pmtiles", layers, old)
    assert not (tmp_path / "told.pmtiles").exists()


def test_refuses_removed_features_it_does_not_know(tmp_path: Path) -> None:
    before = _keyed()
    old, (layer,) = _changed(tmp_path, before, _with(before, 3, None))
    shape, row = before.layers[0][3]
    for stranger in ((shape, {**row, "NAME": "stranger"}), (_shifted(shape, UNIT, 0), row), (shape, {**row, "ID": 7})):
        wrong = replace(layer, changes=Changes([table_of([stranger])], []))
        with pytest.raises(InputError, match="remove 1 features that the previous archive of layer a"):
            build(tmp_path / "told.pmtiles", [wrong], old)
    twice = replace(layer, changes=Changes([table_of([(shape, row), (shape, row)])], []))
    with pytest.raises(InputError, match="remove 1 features"):
        build(tmp_path / "told.pmtiles", [twice], old)


def test_refuses_changes_that_do_not_tell_all(tmp_path: Path) -> None:
    """Found out where it is looked: near what is told."""
    before = _keyed()
    shape, row = before.layers[0][3]
    after = _with(before, 3, (shape, {**row, "NAME": "told"}))
    beside = (_shifted(shape, 3 * UNIT, 0), {**row, "ID": 999})
    old, _layers = _changed(tmp_path, before, after)
    (layer,) = (told(*each) for each in zip(after.plans, before.layers, after.layers, strict=True))
    untold = replace(layer, read_near=lambda _t, areas: iter([table_of([*near(after.layers[0], areas), beside])]))
    with pytest.raises(InputError, match="and 1 others"):
        build(tmp_path / "told.pmtiles", [untold], old)
    missing = replace(layer, read_near=lambda _t, areas: iter([table_of(near(after.layers[0], areas)[1:])]))
    with pytest.raises(InputError, match=r"of the \d+ features that it should hold here"):
        build(tmp_path / "told.pmtiles", [missing], old)


def test_refuses_without_a_sound_state(tmp_path: Path) -> None:
    before = _keyed()
    old, layers = _changed(tmp_path, before, before)
    state = state_path(old)
    kept = state.read_bytes()
    for damaged in (b"", kept[:100], kept[: len(kept) // 2], b"x" + kept[1:], kept[:16] + b"[" + kept[17:]):
        state.write_bytes(damaged)
        with pytest.raises(InputError, match="is damaged"):
            build(tmp_path / "told.pmtiles", layers, old)
    state.unlink()
    with pytest.raises(InputError, match="no state beside"):
        build(tmp_path / "told.pmtiles", layers, old)
    assert not (tmp_path / "told.pmtiles").exists()


def test_refuses_an_archive_that_is_not_the_one_of_its_state(tmp_path: Path) -> None:
    before = _keyed()
    old, layers = _changed(tmp_path, before, before)
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
