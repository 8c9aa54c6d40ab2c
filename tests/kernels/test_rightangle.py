"""Buildings with fewer walls: shapes by hand, and what must hold for all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.kernels.rightangle import FEWER, KEPT, LEFT, keep_right_angles
from tests.kernels.pieces import EXAMPLES, Ring, ragged

FAR = 2**35


def simplified(
    *parts: tuple[int, Ring], tolerance: float = 10.0, importance: float = 0.5
) -> tuple[list[NDArray[np.float64]], list[int], list[list[float]]]:
    """One feature's rings (unclosed) afterwards, the counts of fates, the importance of every vertex."""
    x, y, offsets = ragged([[*ring, ring[0]] for _, ring in parts])
    part_offsets, fates = np.empty(2, np.int64), np.zeros(3, np.int64)
    out_x, out_y, weight, vertices, roles = keep_right_angles(
        x,
        y,
        np.full(len(x), importance),
        offsets,
        np.array([role for role, _ in parts], np.uint8),
        np.zeros(1, np.int64),
        np.array([len(parts)]),
        np.zeros(1, np.int64),
        float(tolerance),
        part_offsets,
        fates,
    )
    assert part_offsets.tolist() == [0, len(roles)] and roles[0] == 1
    rings = [np.column_stack([out_x[a:b], out_y[a:b]]) for a, b in pairwise(vertices)]
    assert all((ring[0] == ring[-1]).all() for ring in rings), "closed, as they came"
    weights = [weight[a:b].tolist() for a, b in pairwise(vertices)]
    return [ring[:-1] for ring in rings], fates.tolist(), weights


def one(ring: Ring, tolerance: float = 10.0) -> list[tuple[float, float]]:
    """A single ring afterwards."""
    rings, _, _ = simplified((1, ring), tolerance=tolerance)
    return [(float(x), float(y)) for x, y in rings[0]]


BLOCK: Ring = [(0, 0), (100, 0), (100, 60), (0, 60)]
SHAPES: dict[str, tuple[Ring, list[tuple[float, float]]]] = {
    "offset": ([(0, 0), (50, 0), (50, 4), (100, 4), (100, 60), (0, 60)], [(0, 2), (100, 2), (100, 60), (0, 60)]),
    "offset of unlike walls": (
        [(0, 0), (60, 0), (60, 5), (100, 5), (100, 60), (0, 60)],
        [(0, 2), (100, 2), (100, 60), (0, 60)],  # 60 × 2 lost, 40 × 3 won
    ),
    "offset beside a facade": (
        [(0, 0), (75, 0), (75, 4), (100, 4), (100, 60), (0, 60)],
        [(0, 0), (100, 0), (100, 60), (0, 60)],  # the long wall stays, a neighbour may have it
    ),
    "wide notch in a facade": (
        [(0, 0), (30, 0), (30, 4), (65, 4), (65, 0), (100, 0), (100, 60), (0, 60)],
        [(0, 0), (100, 0), (100, 60), (0, 60)],
    ),
    "wide bump on a facade": (
        [(0, 0), (30, 0), (30, -4), (65, -4), (65, 0), (100, 0), (100, 60), (0, 60)],
        [(0, 0), (100, 0), (100, 60), (0, 60)],
    ),
    "notch too large to be filled": (
        [(0, 0), (20, 0), (20, 9), (100, 9), (100, 0), (120, 0), (120, 30), (0, 30)],
        [(0, 7.2), (120, 7.2), (120, 30), (0, 30)],  # 20 × 7.2 lost, 80 × 1.8 won; the rest is small beside
    ),
    "notch": ([(0, 0), (40, 0), (40, 20), (45, 20), (45, 0), *BLOCK[1:]], BLOCK),
    "bump": ([(0, 0), (40, 0), (40, -20), (45, -20), (45, 0), *BLOCK[1:]], BLOCK),
    "notch at a corner": ([(0, 5), (5, 5), (5, 0), *BLOCK[1:]], BLOCK),
    "chamfer": ([(5, 0), (100, 0), (100, 60), (0, 60), (0, 5)], [(0, 0), (100, 0), (100, 60), (0, 60)]),
    "straight on": ([(0, 0), (50, 0), (100, 0), (100, 60), (30, 60), (0, 60)], BLOCK),
    "thin wing": ([(0, 0), (100, 0), (100, 90), (95, 90), (95, 60), (0, 60)], BLOCK),
    "Z with a notch": (
        [(0, 0), (60, 0), (60, 40), (120, 40), (120, 100), (93, 100), (93, 95), (87, 95), (87, 100), (40, 100),
         (40, 50), (0, 50)],
        [(0, 0), (60, 0), (60, 40), (120, 40), (120, 100), (40, 100), (40, 50), (0, 50)],
    ),
    "T": (
        [(0, 0), (120, 0), (120, 30), (80, 30), (80, 26), (75, 26), (75, 100), (45, 100), (45, 30), (0, 30)],
        [(0, 0), (120, 0), (120, 30), (75, 30), (75, 100), (45, 100), (45, 30), (0, 30)],
    ),
}  # fmt: skip


def turned(ring: Sequence[tuple[float, float]], degrees: float, scale: float = 1.0) -> list[tuple[float, float]]:
    c, s = scale * math.cos(math.radians(degrees)), scale * math.sin(math.radians(degrees))
    return [(c * x - s * y, s * x + c * y) for x, y in ring]


def same_ring(a: list[tuple[float, float]], b: list[tuple[float, float]], within: float) -> bool:
    """Whether the rings have the same corners in the same order, wherever they begin."""
    if len(a) != len(b):
        return False
    return any(all(math.dist(p, q) <= within for p, q in zip(a, b[k:] + b[:k], strict=True)) for k in range(len(b)))


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("back", [False, True])
def test_shapes(name: str, back: bool) -> None:
    ring, expected = SHAPES[name]
    if back:
        ring, expected = ring[::-1], expected[::-1]
    assert same_ring(one(ring), [(float(x), float(y)) for x, y in expected], 1e-9)


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_turned_by_30_degrees(name: str) -> None:
    """In world units a building has thousands, so that rounding its corners turns no wall."""
    ring, expected = SHAPES[name]
    placed = [(FAR + round(x), FAR + round(y)) for x, y in turned(ring, 30, 1000)]
    wanted = [(FAR + x, FAR + y) for x, y in turned(expected, 30, 1000)]
    assert same_ring(one(placed, 10_000), wanted, 20), "0.02 of what the shapes are drawn in"


def test_stairs_become_fewer_steps() -> None:
    stairs = [
        (0, 0),
        (100, 0),
        (100, 60),
        (80, 60),
        (80, 55),
        (60, 55),
        (60, 50),
        (40, 50),
        (40, 45),
        (20, 45),
        (20, 40),
    ]
    ring = one([*stairs, (0, 40)])
    assert len(ring) == 6
    assert math.isclose(shapely.Polygon(ring).area, shapely.Polygon([*stairs, (0, 40)]).area)


def test_what_needs_nothing_stays_as_it_is() -> None:
    l_shape = [(0, 0), (100, 0), (100, 50), (40, 50), (40, 100), (0, 100)]
    for ring in (l_shape, BLOCK, [(0, 0), (3, 0), (3, 60), (0, 60)], [(0, 0), (50, 0), (0, 50)]):
        rings, fates, weights = simplified((1, ring))
        assert [tuple(p) for p in rings[0].tolist()] == ring
        assert fates[KEPT] == 1 and set(weights[0]) == {np.inf}


def test_what_is_not_built_at_right_angles_is_left_to_its_importance() -> None:
    circle = [(round(500 * math.cos(t)), round(500 * math.sin(t))) for t in np.linspace(0, 2 * np.pi, 200)[:-1]]
    rings, fates, weights = simplified((1, circle), tolerance=100)
    assert [tuple(p) for p in rings[0].tolist()] == circle
    assert fates[LEFT] == 1 and set(weights[0]) == {0.5}


def test_a_building_of_two_directions_is_still_one() -> None:
    wing = turned([(0, 0), (80, 0), (80, 30), (42, 30), (42, 33), (38, 33), (38, 30), (0, 30)], 35, 1000)
    ring = [(-60_000, -40_000), (0, -40_000), *[(round(x), round(y)) for x, y in wing], (-60_000, round(wing[-1][1]))]
    rings, fates, _ = simplified((1, ring), tolerance=6000)
    assert fates[FEWER] == 1 and len(rings[0]) == len(ring) - 4


def test_area_decides_what_may_go() -> None:
    comb = [(0, 0), (40, 0), (40, 100), (36, 100), (36, 10), (24, 10), (24, 100), (20, 100), (20, 10), (0, 10)]
    assert len(one(comb, 10)) > 4, "the teeth are most of it"


def test_holes() -> None:
    small, large = [(20, 20), (20, 28), (28, 28), (28, 20)], [(40, 20), (40, 40), (60, 40), (60, 20)]
    rings, fates, _ = simplified((1, BLOCK), (2, small), (2, large))
    assert [len(ring) for ring in rings] == [4, 4] and rings[1].tolist() == [list(p) for p in large]
    assert sum(fates) == 2


def test_a_hole_in_what_would_go_keeps_the_polygon() -> None:
    wing = [(0, 0), (1000, 0), (1000, 190), (991, 190), (991, 160), (0, 160)]
    hole = [(992, 162), (992, 188), (999, 188), (999, 162)]
    rings, fates, _ = simplified((1, wing), (2, hole))
    assert [ring.tolist() for ring in rings] == [[list(p) for p in ring] for ring in (wing, hole)]
    assert fates == [2, 0, 0]
    assert simplified((1, wing))[1][FEWER] == 1, "without the hole the wing goes"


def test_what_rounding_would_bring_into_touch_stays() -> None:
    """From OpenStreetMap: the two wings' walls would meet in a point."""
    ring = [(1654, 107), (1581, 457), (2033, 552), (1099, 5062), (3179, 5493), (4113, 983), (4186, 632), (2106, 201),
            (2467, -1543), (2014, -1636), (-5574, -3207), (-5935, -1465)]  # fmt: skip
    rings, _, _ = simplified((1, ring), tolerance=1000)
    assert shapely.Polygon(np.rint(rings[0])).is_valid


def test_several_polygons_and_degenerate_rings() -> None:
    notched = SHAPES["notch"][0]
    moved = [(x + 500, y) for x, y in notched]
    rings, fates, _ = simplified((1, notched), (1, moved))
    assert [len(ring) for ring in rings] == [4, 4] and fates[FEWER] == 2
    for ring in ([(5, 5)], [(5, 5), (6, 6)], [(0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0)]):
        assert [tuple(p) for p in simplified((1, ring))[0][0].tolist()] == ring
    twice = [p for p in notched for _ in (0, 1)]
    assert same_ring(one(twice), [(float(x), float(y)) for x, y in BLOCK], 1e-9)


def test_rings_of_very_many_vertices_are_not_searched() -> None:
    comb = [(0, 0), *[(i, 100 + i % 4 // 2 * 2) for i in range(0, 2000)], (2000, 0)]
    assert simplified((1, comb))[1] == [1, 0, 0]


@st.composite
def rectilinear(draw: st.DrawFn) -> shapely.Polygon:
    """Boxes put together on a grid, all edges along the axes."""
    boxes = draw(
        st.lists(
            st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 60), st.integers(1, 60)),
            min_size=1,
            max_size=6,
        )
    )
    area = shapely.union_all([shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes])
    return max(shapely.get_parts(shapely.simplify(area, 0)), key=shapely.area)


@settings(max_examples=2 * EXAMPLES, deadline=None)
@given(rectilinear(), st.integers(1, 30), st.sampled_from([0, 30, 77]))
def test_right_angles_stay_right_and_areas_nearly_as_they_were(
    area: shapely.Polygon, tolerance: int, degrees: int
) -> None:
    scale = 1 if degrees == 0 else 1_000_000  # turned corners fall on the grid so finely that 1e-6 can be asked for
    corners = [(round(x), round(y)) for x, y in turned(area.exterior.coords[:-1], degrees, scale)]
    rings, fates, _ = simplified((1, corners), tolerance=float(tolerance * scale))
    made = shapely.Polygon(rings[0])
    assert made.is_valid, shapely.is_valid_reason(made)
    assert abs(made.area / shapely.Polygon(corners).area - 1) <= 0.1 + 1e-9
    assert 4 <= len(rings[0]) <= len(corners)
    assert fates[LEFT] == 0 or not made.equals(shapely.Polygon(corners)) or len(rings[0]) == len(corners)
    edges = np.roll(rings[0], -1, axis=0) - rings[0]
    lengths = np.hypot(edges[:, 0], edges[:, 1])
    cosine = (edges * np.roll(edges, -1, axis=0)).sum(axis=1) / (lengths * np.roll(lengths, -1))
    if fates[FEWER]:
        assert (np.abs(cosine) < 1e-5).all(), "only right angles"
    assert made.hausdorff_distance(shapely.Polygon(corners)) <= 200 * scale
