"""Rules of a layer through the whole engine, with answers computed by hand.

Places are tile units of zoom 14 from a corner of tiles; a unit of zoom 13 is two of them.
"""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.decoded import Tiled, tiled
from tests.shapes import batch, layer
from tests.vector.scenes import at, box

QUICK = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def made(folder: Path, shapes: list[shapely.Geometry], columns: dict[str, Any] | None = None, **plan: Any) -> Tiled:
    """Features 1, 2, 3 … at zooms 12 to 14."""
    named = {"n": list(range(1, len(shapes) + 1)), **(columns or {})}
    options = {"key": "n", "min_zoom": 12, "max_zoom": 14, **plan}
    return tiled(folder, layer("a", batch(shapes, **named), **options))


def ids(found: Tiled, zoom: int) -> list[int]:
    """Distinct ids of a zoom, in order."""
    return sorted({f.id for f in found.at(zoom)})


def line(*places: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([at(*place) for place in places])


# ---------------------------------------------------------------- thinning


def test_density_keeps_the_most_important_point_of_each_cell(tmp_path: Path) -> None:
    shapes = [shapely.Point(at(*place)) for place in [(10, 10), (100, 100), (130, 10), (140, 10), (600, 10)]]
    pops = {"POP": [1, 9, None, -5, 3]}
    found = made(tmp_path, shapes, pops, density=64, priority="POP")
    assert ids(found, 14) == [1, 2, 3, 4, 5]
    assert ids(found, 13) == [2, 4, 5], "cells of 128: no value is less than any"
    assert ids(found, 12) == [2, 5], "cells of 256"
    assert found.result.dropped == {"thinned": 2 + 3}
    kept = {f.id: f.properties for f in found.at(13)}
    assert kept[2] == {"n": 2, "POP": 9}


@QUICK
@given(st.integers(0, 2**32), st.sampled_from([1, 16, 256, 4096]))
def test_density_keeps_one_point_of_each_cell(tmp_path: Path, seed: int, cell: int) -> None:
    draw = random.Random(seed)
    places = [(draw.uniform(0, 9000), draw.uniform(0, 9000)) for _ in range(200)]
    shapes = [shapely.Point(at(*place)) for place in places]
    found = made(tmp_path, shapes, density=cell)
    every = made(tmp_path, shapes)
    for zoom in (12, 13):
        kept = [(f.tile, f.parts[0][0][0] // cell, f.parts[0][0][1] // cell) for f in found.at(zoom)]
        assert len(kept) == len(set(kept))
        assert set(kept) == {(f.tile, f.parts[0][0][0] // cell, f.parts[0][0][1] // cell) for f in every.at(zoom)}
    order = list(range(len(shapes)))
    draw.shuffle(order)
    again = made(tmp_path, [shapes[i] for i in order], {"n": [i + 1 for i in order]}, density=cell)
    assert again.tiles == found.tiles, "whatever the order of the rows"


def test_only_points_are_thinned(tmp_path: Path) -> None:
    shapes = [
        shapely.Point(at(10, 10)), line((10, 10), (90, 90)), box(10, 10, 90, 90),
        shapely.MultiPoint([at(10, 10), at(20, 20)]), shapely.MultiPoint([at(12, 12)]),
    ]  # fmt: skip
    found = made(tmp_path, shapes, density=4096)
    assert ids(found, 14) == [1, 2, 3, 4, 5]
    assert len(ids(found, 13)) == 4 and {2, 3, 4} < set(ids(found, 13))


def test_a_rate_leaves_one_in_so_many_and_never_takes_back(tmp_path: Path) -> None:
    draw = random.Random(1)
    shapes = [shapely.Point(at(draw.uniform(0, 4000), draw.uniform(0, 4000))) for _ in range(4000)]
    found = made(tmp_path, shapes, rate=2.5)
    kept = [set(ids(found, zoom)) for zoom in (12, 13, 14)]
    assert kept[0] < kept[1] < kept[2] and len(kept[2]) == 4000
    for zoom, n in ((13, 1600), (12, 640)):
        assert len(kept[zoom - 12]) == pytest.approx(n, abs=4 * n**0.5)
    assert found.result.dropped == {"thinned": 8000 - len(kept[0]) - len(kept[1])}


# ---------------------------------------------------------------- merging


ROADS = [
    line((0, 100), (400, 100)),
    line((400, 100), (800, 100)),
    line((800, 100), (1200, 100)),
    line((0, 900), (400, 900)),
]
CLASSES = {"CLASS": ["a", "a", "b", "b"], "NAME": ["x", "y", "y", "z"]}


def test_lines_of_equal_fields_become_one(tmp_path: Path) -> None:
    found = made(tmp_path, ROADS, CLASSES, merge_lines=("CLASS",))
    at_13 = {tuple(sorted(f.properties.items())): f for f in found.at(13) if f.tile == (13, 6800, 3450)}
    assert set(at_13) == {(("CLASS", "a"),), (("CLASS", "b"),)}, "what they differ in is left out"
    joined = at_13[("CLASS", "a"),]
    assert [sorted(part) for part in joined.parts] == [[(0, 50), (400, 50)]] and joined.id in (1, 2)
    apart = at_13[("CLASS", "b"),]
    assert sorted(sorted(part) for part in apart.parts) == [[(0, 450), (200, 450)], [(400, 50), (600, 50)]]
    assert apart.id in (3, 4)
    assert ids(found, 14) == [1, 2, 3, 4] and {f.properties["NAME"] for f in found.at(14)} == {"x", "y", "z"}
    assert set(found.result.dropped) == {"merged"}


def test_a_line_that_is_alone_keeps_its_fields(tmp_path: Path) -> None:
    found = made(tmp_path, ROADS, {"CLASS": ["a", "a", "b", "c"]}, merge_lines=("CLASS",))
    assert {f.properties["CLASS"]: f.properties.get("n") for f in found.at(13)} == {"a": None, "b": 3, "c": 4}


def test_lines_equal_in_all_fields_become_one(tmp_path: Path) -> None:
    shapes = [*ROADS[:2], ROADS[1]]
    found = tiled(
        tmp_path,
        layer("a", batch(shapes, CLASS=["a", "a", None]), merge_lines=(), min_zoom=13, max_zoom=14),
    )
    assert sorted(str(f.properties) for f in found.at(13) if f.tile == (13, 6800, 3450)) == ["{'CLASS': 'a'}", "{}"]
    assert len({f.id for f in found.at(14)}) == 3


def test_areas_of_equal_fields_become_one(tmp_path: Path) -> None:
    shapes = [
        box(1000, 1000, 1400, 1200),
        box(1400, 1000, 1800, 1200),
        box(1800, 1000, 2000, 1200),
        box(100, 100, 140, 140),
    ]
    found = made(tmp_path, shapes, {"USE": ["a", "a", "b", None], "NAME": ["x", "y", "z", "t"]}, dissolve=("USE",))
    at_13 = {f.properties.get("USE"): f for f in found.at(13) if f.tile == (13, 6800, 3450)}
    assert at_13["a"].shape.equals(shapely.box(500, 500, 900, 600)) and at_13["a"].properties == {"USE": "a"}
    assert at_13["b"].shape.equals(shapely.box(900, 500, 1000, 600)) and at_13["b"].properties["NAME"] == "z"
    assert at_13[None].id == 4 and at_13[None].properties == {"n": 4, "NAME": "t"}
    assert ids(found, 14) == [1, 2, 3, 4]
    assert found.result.dropped == {"merged": 2}, "once at each of two zooms"


def test_near_areas_become_one(tmp_path: Path) -> None:
    shapes = [box(1000, 1000, 1100, 1080), box(1110, 1000, 1200, 1080), box(1230, 1000, 1300, 1080)]
    found = made(tmp_path, shapes, {"NAME": ["x", "y", "z"]}, merge_near=6.0)
    at_13 = {f.id: f for f in found.at(13)}
    assert sorted(at_13) == [1, 3], "5 units apart; the largest stands for both"
    assert at_13[1].shape.equals(shapely.box(500, 500, 600, 540)) and at_13[1].properties == {"n": 1, "NAME": "x"}
    assert at_13[3].shape.equals(shapely.box(615, 500, 650, 540))
    assert ids(found, 12) == [1, 3], "2.5 and 7.5 units apart"
    assert ids(found, 14) == [1, 2, 3]
    assert found.result.dropped == {"merged": 2}
    assert ids(made(tmp_path, shapes, merge_near=8.0), 12) == [1]


# ---------------------------------------------------------------- looks


def edges(ring: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(bx - ax, by - ay) for (ax, ay), (bx, by) in pairwise([*ring, ring[0]])]


def test_buildings_keep_right_angles(tmp_path: Path) -> None:
    """A house with a small bay and a stepped back wall, seen from afar: fewer walls, all of them square."""
    walls = [(0, 0), (40, 0), (40, -5), (48, -5), (48, 0), (100, 0), (100, 60), (60, 60), (60, 64), (0, 64)]
    house = shapely.Polygon([at(1000 + x, 1000 + y) for x, y in walls])
    square = made(tmp_path, [house], simplify="right-angle", simplification=6.0)
    for zoom, most in ((12, 4), (13, 6)):
        (seen,) = square.at(zoom)
        (ring,) = seen.parts
        assert 4 <= len(ring) <= most
        assert all(dx == 0 or dy == 0 for dx, dy in edges(ring)), (zoom, ring)
        scale = 4 ** (14 - zoom)
        assert seen.shape.area == pytest.approx(6400 / scale, rel=0.12)
    (full,) = square.at(14)
    assert len(full.parts[0]) == 10
    plain = made(tmp_path, [house], simplification=6.0)
    assert any(dx and dy for f in plain.at(12) for dx, dy in edges(f.parts[0])), "which is not so otherwise"


WIGGLE = line(*[(40 * k, 200 + 8 * (k % 2)) for k in range(51)])


def test_tolerances_of_single_zooms(tmp_path: Path) -> None:
    """A zigzag 8 units high: 4 at zoom 13, 2 at zoom 12."""

    def vertices(**plan: Any) -> dict[int, int]:
        found = made(tmp_path, [WIGGLE], **plan)
        return {
            zoom: len(f.parts[0]) for zoom in (12, 13, 14) for f in found.at(zoom) if f.tile[1] << (14 - zoom) == 13600
        }

    assert vertices(simplification=1.0) == {12: 51, 13: 51, 14: 51}
    assert vertices(simplification=1.0, simplification_by_zoom={12: 3.0}) == {12: 2, 13: 51, 14: 51}
    assert vertices(simplification=6.0) == {12: 2, 13: 2, 14: 51}
    assert vertices(simplification=6.0, simplification_by_zoom={13: 0.0}) == {12: 2, 13: 51, 14: 51}
    assert vertices(simplification=0.0, simplification_by_zoom={12: 3.0, 14: 50.0}) == {12: 2, 13: 51, 14: 51}


# ---------------------------------------------------------------- which features


def test_small_areas_and_short_lines_are_left_out_below_the_last_zoom(tmp_path: Path) -> None:
    sides = [10, 20, 40, 80]
    shapes = [box(1000 * k + 100, 100, 1000 * k + 100 + side, 100 + side) for k, side in enumerate(sides)]
    found = made(tmp_path, shapes, min_area=150.0)
    # Areas 100, 400, 1600, 6400; at zoom 13 a quarter, at zoom 12 a sixteenth.
    assert [ids(found, zoom) for zoom in (12, 13, 14)] == [[4], [3, 4], [1, 2, 3, 4]]
    assert found.result.dropped == {"too-small": 3 + 2}
    lines = [line((100, 100 * k + 50), (100 + length, 100 * k + 50)) for k, length in enumerate([10, 30, 90])]
    found = made(tmp_path, lines, min_length=14.0)
    assert [ids(found, zoom) for zoom in (12, 13, 14)] == [[3], [2, 3], [1, 2, 3]]
    found = made(tmp_path, [*lines, shapely.Point(at(5, 5)), shapes[3]], min_length=14.0, min_area=150.0)
    assert 4 in ids(found, 12), "a point has no size to be too small"


def test_where_may_ask_for_the_zoom(tmp_path: Path) -> None:
    shapes = [shapely.Point(at(1000 * k + 10, 10)) for k in range(4)]
    pops = {"POP": [5, 50, None, 500]}
    found = made(tmp_path, shapes, pops, where="POP > 100 OR (zoom >= 13 AND POP > 20) OR zoom = 14")
    assert [ids(found, zoom) for zoom in (12, 13, 14)] == [[4], [2, 4], [1, 2, 3, 4]]
    found = made(tmp_path, shapes, pops, where="POP < 100", fields=("n",))
    assert [ids(found, zoom) for zoom in (12, 14)] == [[1, 2], [1, 2]], "fields that are not kept may be asked"
    assert all(list(f.properties) == ["n"] for f in found.features)


def test_labels_follow_what_is_seen(tmp_path: Path) -> None:
    shapes = [box(1000 * k + 100, 100, 1000 * k + 500, 500) for k in range(3)]
    found = made(tmp_path, shapes, {"POP": [1, 2, 3]}, where="POP = 3 OR zoom > 12", labels=True)
    for zoom, want in ((12, [3]), (13, [1, 2, 3]), (14, [1, 2, 3])):
        assert sorted({f.id for f in found.at(zoom, "a")}) == want
        assert sorted(f.id for f in found.at(zoom, "a_label")) == want


def test_every_rule_sees_its_tile_only(tmp_path: Path) -> None:
    """A feature more in one tile changes no other tile."""
    draw = random.Random(3)
    shapes = [shapely.Point(at(draw.uniform(0, 20_000), draw.uniform(0, 20_000))) for _ in range(300)]
    shapes += [line((x := 2048 * k, y := 2048 * (k % 5)), (x + 2048, y)) for k in range(8)]
    more = shapely.Point(at(6000, 6000))
    for plan in ({"density": 256}, {"merge_lines": ()}):
        one = made(tmp_path, shapes, **plan)
        two = made(tmp_path, [*shapes, more], **plan)
        changed = {tile for tile in two.tiles if one.tiles.get(tile) != two.tiles[tile]}
        assert changed <= {
            (z, (13600 * 4096 + 6000) >> (26 - z), (6900 * 4096 + 6000) >> (26 - z)) for z in (12, 13, 14)
        }
        assert np.any([z == 14 for z, _, _ in changed])
