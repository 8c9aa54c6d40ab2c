"""Dissolving areas: by hand, and against the union of GEOS."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.types import LINE, POLYGON
from pipeline.vector import dissolve as module
from pipeline.vector.dissolve import dissolve
from pipeline.vector.geos_areas import from_geos, to_geos
from tests.kernels.pieces import EXAMPLES, Ring, area2
from tests.vector.records import Parts, as_entries, entry, records, shape


def box(x: int, y: int, size: int = 10) -> Ring:
    return [(x, y), (x + size, y), (x + size, y + size), (x, y + size)]


def united(*areas: Parts) -> list[list[tuple[int, int]]]:
    """The rings of areas of one tile and group."""
    out, into = dissolve(records(*((0, k, POLYGON, a) for k, a in enumerate(areas))), np.zeros(len(areas), np.int64))
    assert into.tolist() == [0] * len(areas)
    return as_entries(out)[0][3]


# Nine boxes around a middle one; what is left without it has a hole.
AROUND = [[box(10 * i, 10 * j)] for i in range(3) for j in range(3) if (i, j) != (1, 1)]
L_SHAPE: Ring = [(0, 0), (20, 0), (20, 10), (10, 10), (10, 20), (0, 20)]
BY_EDGES = {
    "two boxes": ([[box(0, 0)], [box(10, 0)]], [{(0, 0), (20, 0), (20, 10), (0, 10)}]),
    "apart": ([[box(0, 0)], [box(20, 0)]], [set(box(0, 0)), set(box(20, 0))]),
    "corner to corner": ([[box(0, 0)], [box(10, 10)]], [set(box(0, 0)), set(box(10, 10))]),
    "around a middle": (AROUND, [set(box(0, 0, 30)), set(box(10, 10))]),
    "and the middle": ([*AROUND, [box(10, 10)]], [set(box(0, 0, 30))]),
    "hole filled": ([[box(0, 0, 30), box(10, 10)[::-1]], [box(10, 10)]], [set(box(0, 0, 30))]),
    "island in a hole": (
        [[box(0, 0, 30), box(10, 10)[::-1]], [box(12, 12, 2)]],
        [set(box(0, 0, 30)), set(box(10, 10)), set(box(12, 12, 2))],
    ),
    "hole that meets the shell": (
        [[box(0, 0)], [box(0, 10)], [box(0, 20)], [box(10, 20)], [box(20, 0, 10)], [box(20, 10)], [box(10, 0)]],
        # the middle and one corner are open; they meet in a point
        [{(0, 0), (30, 0), (30, 20), (20, 20), (20, 30), (0, 30)}, set(box(10, 10))],
    ),
    "two holes that meet": (
        [[box(10 * i, 10 * j)] for i in range(4) for j in range(4) if (i, j) not in ((1, 1), (2, 2))],
        [set(box(0, 0, 40)), set(box(10, 10)), set(box(20, 20))],
    ),
    "holes that part the interior": (
        [[box(10 * i, 10 * j)] for i in range(3) for j in range(3) if i != j],
        [{(10, 0), (30, 0), (30, 20), (20, 20), (20, 10), (10, 10)},
         {(0, 10), (10, 10), (10, 20), (20, 20), (20, 30), (0, 30)}],
    ),
    "a part of an edge": (
        [[box(0, 0, 30)], [box(30, 10)]],
        [{(0, 0), (30, 0), (30, 10), (40, 10), (40, 20), (30, 20), (30, 30), (0, 30)}],
    ),
    "parts of edges": (
        [[box(0, 0, 30)], [box(30, -5, 20)], [box(30, 15, 15)]],
        [{(0, 0), (30, 0), (30, -5), (50, -5), (50, 15), (45, 15), (45, 30), (0, 30)}],
    ),
    "several parts": ([[box(0, 0), box(20, 0)], [box(10, 0)]], [{(0, 0), (30, 0), (30, 10), (0, 10)}]),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_EDGES)
def test_shared_edges_vanish_without_geos(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    areas, expected = BY_EDGES[name]
    monkeypatch.setattr(shapely, "buffer", None)
    rings = united(*areas)
    assert sorted(map(sorted, rings)) == sorted(map(sorted, expected))
    assert shape(rings, POLYGON).is_valid
    assert sum(map(area2, rings)) == sum(area2(ring) for area in areas for ring in area)


@pytest.mark.parametrize(
    "areas",
    [
        [[box(0, 0)], [box(5, 5)]],  # overlap
        [[box(0, 0)], [box(0, 0)]],  # twice the same
        [[box(0, 0, 30)], [box(10, 10)]],  # one within the other
        [[box(0, 0, 30)], [box(10, 0)]],
        [[box(0, 0, 30), box(10, 10)[::-1]], [box(5, 5)]],
        [[L_SHAPE], [box(5, 5)], [box(10, 10)]],
    ],
)
def test_the_rest_is_united_by_geos(areas: list[Parts]) -> None:
    rings = united(*areas)
    expected = shapely.union_all([shape(area, POLYGON) for area in areas])
    assert shape(rings, POLYGON).is_valid
    assert shapely.equals(shape(rings, POLYGON), expected)


def test_a_bow_tie_of_equal_halves() -> None:
    """Two triangles over one another; what is linked from their edges has no area of its own."""
    a, b = [(0, 0), (10, 0), (0, 10)], [(0, 0), (10, 10), (0, 10)]
    rings = united([a], [b])
    assert shapely.equals(shape(rings, POLYGON), shapely.Polygon([(0, 0), (10, 0), (5, 5), (10, 10), (0, 10)]))


def test_tiles_groups_and_kinds_stay_apart() -> None:
    held = records(
        (1, 2, POLYGON, [box(0, 0)]),
        (1, 3, LINE, [[(0, 0), (5, 5)]]),
        (1, 4, POLYGON, [box(10, 0)]),
        (1, 6, POLYGON, [box(20, 0)]),
        (2, 2, POLYGON, [box(0, 0)]),
        (2, 4, POLYGON, [box(5, 5)]),
    )
    out, into = dissolve(held, np.array([7, 7, 7, 5, 7, 7]))
    assert into.tolist() == [0, 1, 0, 2, 3, 3]
    entries = as_entries(out)
    assert [e[:3] for e in entries] == [(1, 2, POLYGON), (1, 3, LINE), (1, 6, POLYGON), (2, 2, POLYGON)]
    assert sorted(entries[0][3][0]) == [(0, 0), (0, 10), (20, 0), (20, 10)]
    assert entries[2][3] == [box(20, 0)]
    assert shape(entries[3][3], POLYGON).area == 175


def test_nothing() -> None:
    out, into = dissolve(records(), np.empty(0, np.int64))
    assert len(out.kinds) == len(into) == 0


def test_areas_go_to_geos_and_back() -> None:
    entries = [
        (0, k, POLYGON, area) for k, area in enumerate([AROUND[0], [box(0, 0, 30), box(10, 10)[::-1], box(40, 0)]])
    ]
    held = records(*entries)
    made = to_geos(*held[3:], np.array([1, 0]))
    assert [g.area for g in made] == [900 - 100 + 100, 100]
    assert to_geos(*held[3:], np.array([], np.int64)).tolist() == []
    part_offsets, vertex_offsets, x, y = from_geos(np.array([made[0], shapely.Point(1, 1), made[1]]))
    assert (part_offsets.tolist(), vertex_offsets.tolist()) == ([0, 3, 3, 4], [0, 4, 8, 12, 16])
    assert [area2(list(zip(x[a : a + 4], y[a : a + 4], strict=True))) for a in (0, 4, 8, 12)] == [1800, -200, 200, 200]
    mixed = shapely.GeometryCollection([shapely.LineString([(0, 0), (9, 9)]), made[1]])
    assert from_geos(np.array([mixed]))[0].tolist() == [0, 1]


def check(areas: list[Parts]) -> None:
    """Valid, and the union that GEOS makes of the same areas."""
    rings = united(*areas)
    mine = shape(rings, POLYGON)
    assert mine.is_valid, shapely.is_valid_reason(mine)
    exact = shapely.union_all([shape(area, POLYGON) for area in areas])
    assert (
        shapely.area(shapely.symmetric_difference(mine, exact)) <= 0.5 * exact.length
    )  # half a unit along the outline


CELLS = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2)


@settings(max_examples=EXAMPLES, deadline=None)
@given(CELLS, st.booleans(), st.randoms())
def test_cells_of_a_grid(cells: set[tuple[int, int]], cut: bool, random: object) -> None:
    """Boxes, whole or cut in triangles: all shared edges are whole, so the union is exact."""
    areas: list[Parts] = []
    for i, j in sorted(cells):
        a, b, c, d = box(10 * i, 10 * j)
        areas += [[[a, b, c]], [[a, c, d]]] if cut else [[[a, b, c, d]]]
    random.shuffle(areas)  # type: ignore[attr-defined]
    rings = united(*areas)
    mine = shape(rings, POLYGON)
    assert mine.is_valid, shapely.is_valid_reason(mine)
    assert shapely.equals(mine, shapely.union_all([shape(area, POLYGON) for area in areas]))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(4, 25), st.booleans())
def test_coverages_and_what_rounding_makes_of_them(seed: int, count: int, fine: bool) -> None:
    """Cells of a Voronoi diagram; on the fine grid they still fit together, on the coarse one they overlap."""
    rng = np.random.default_rng(seed)
    points = shapely.MultiPoint(rng.uniform(0, 4096, (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=shapely.box(0, 0, 4096, 4096)))
    cells = shapely.intersection(cells, shapely.box(0, 0, 4096, 4096))
    cells = shapely.set_precision(cells, 1.0 if fine else 300.0)
    keep = [entry(0, 0, cell)[3] for cell in cells if cell.area > 0]
    keep = [area for area in keep if shape(area, POLYGON).is_valid and rng.uniform() < 0.7]
    if len(keep) > 1:
        check(keep)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 20)), min_size=2, max_size=6))
def test_boxes_anywhere(boxes: list[tuple[int, int, int]]) -> None:
    check([[box(*b)] for b in boxes])


def test_geos_is_not_asked_about_a_sound_coverage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_united", None)
    assert united(*[[box(10 * i, 10 * j)] for i in range(20) for j in range(20)]) == [
        [(0, 0), (200, 0), (200, 200), (0, 200)]
    ]
