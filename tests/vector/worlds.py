"""Layers that change in random ways, and builds that are told of it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from hypothesis import HealthCheck, settings

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


def shifted(shape: shapely.Geometry, x: float, y: float) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + np.array([x, y]))


UNIT = 360 / 2**14 / 4096  # degrees of longitude of a tile unit at zoom 14


def _move(draw: random.Random, features: Features) -> None:
    key = _any(draw, features)
    shape, row = features[key]
    far = draw.choice([0.3, 2, 70, 900, 5000])
    features[key] = (shifted(shape, draw.gauss(0, far) * UNIT, draw.gauss(0, far) * UNIT), row)


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
    features[key] = (shifted(features[_any(draw, features)][0], 31 * UNIT, -17 * UNIT), _new_row(draw, key))


def _add_far(draw: random.Random, features: Features) -> None:
    key = _next(features)
    shape = features[_any(draw, features)][0]
    features[key] = (shifted(shape, draw.choice([-0.7, 0.4]), draw.choice([-0.3, 0.5])), _new_row(draw, key))


def _first(draw: random.Random, features: Features) -> None:
    key = draw.choice([min(features), max(features)])
    shape, row = features[key]
    features[key] = (shifted(shape, 3 * UNIT, 0), {**row, "NAME": "first or last"})


def _largest(draw: random.Random, features: Features) -> None:
    key = max(features, key=lambda key: (math.hypot(*_extent(features[key][0])), key))
    shape, row = features[key]
    features[key] = (shifted(shape, 0, draw.choice([1, 50]) * UNIT), row)


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


def features_of(draw: random.Random, shapes: Sequence[shapely.Geometry]) -> Features:
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
        layers.append(features_of(draw, shapes))
    return World(plans, layers)


def keyed(n: int = 60, **plan: Any) -> World:
    draw = random.Random(5)
    return World([LayerPlan("a", **{"key": "ID", **ZOOMS, **plan})], [features_of(draw, scenes.areas(draw, n))])


def changed(folder: Path, before: World, after: World) -> tuple[Path, list[LayerInput]]:
    """An archive of a world, and what there is to do for another one."""
    old = folder / "old.pmtiles"
    build(old, [told(*each) for each in zip(before.plans, [{}] * len(before.layers), before.layers, strict=True)])
    return old, [told(*each) for each in zip(after.plans, before.layers, after.layers, strict=True)]


def with_(world: World, key: int, feature: Feature | None) -> World:
    """The world with another feature in its first layer, or without it."""
    first = {k: each for k, each in {**world.layers[0], key: feature}.items() if each is not None}
    return World(world.plans, [first, *world.layers[1:]], world.mesh)
