"""Coordinates on a grid: the grid's size on the ground by pyproj, shared vertices, and what falls together."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from pipeline.editions.coarsen_vector import Grid, coarsened, grid_of, mean_error
from tests.shapes import geometries

BOUNDS = (118.70, 27.70, 119.42, 28.34)
UNIT = Grid(1.0, 1.0)


@pytest.mark.parametrize("bounds", [BOUNDS, (0.0, -40.0, 10.0, 5.0), (100.0, -10.0, 110.0, 60.0)])
def test_cells_measure_at_least_what_was_asked_for_and_little_more(bounds: tuple[float, ...]) -> None:
    west, south, east, north = bounds
    grid = grid_of(120.0, (west, south, east, north))
    geod = pyproj.Geod(ellps="WGS84")
    latitudes = np.linspace(south, north, 41)
    wide = [geod.inv(100, lat, 100 + grid.lng, lat)[2] for lat in latitudes]
    high = [geod.inv(100, lat - grid.lat / 2, 100, lat + grid.lat / 2)[2] for lat in latitudes]
    assert min(wide) == pytest.approx(120.0, abs=0.01)
    assert min(high) == pytest.approx(120.0, abs=0.02)


def test_rounding_adds_its_variance() -> None:
    """By sampling: the error of uniformly spread places that are rounded, beside the formula."""
    assert mean_error(10.0, None) == 10.0
    rng = np.random.default_rng(7)
    true = rng.uniform(0, 1e5, (400_000, 2))
    known = true + rng.normal(0, 30.0 / math.sqrt(2), true.shape)
    off = np.rint(known / 120.0) * 120.0 - true
    assert mean_error(30.0, 120.0) == pytest.approx(math.sqrt((off**2).sum(axis=1).mean()), rel=5e-3)


def test_what_is_left_by_hand() -> None:
    found, gone = coarsened(
        geometries(
            [
                Point(0.6, -0.4),
                MultiPoint([(0.1, 0.1), (0.2, 0.2)]),  # both stay, at one place
                LineString([(0.1, 0), (0.2, 0.3), (2.2, 0), (2.4, 0), (3.6, 0)]),
                LineString([(0.1, 0), (0.4, 0.4)]),  # falls together
                None,
                Polygon([(0, 0), (3.1, 0.2), (3, 3.3), (0.4, 2.8)], [[(1, 1), (1.2, 1), (1.2, 1.2)]]),
                box(5.1, 5.1, 5.4, 5.4),  # falls together
                MultiPolygon([box(7.1, 7.1, 7.3, 7.3), box(8, 8, 10, 10)]),
            ]
        ),
        UNIT,
    )
    assert gone.tolist() == [False, False, False, True, False, False, True, False]
    assert found.kinds.tolist() == [1, 1, 2, 0, 0, 3, 0, 3]
    assert found.part_offsets.tolist() == [0, 1, 2, 3, 3, 3, 4, 4, 5]
    assert found.vertex_offsets.tolist() == [0, 1, 3, 6, 11, 16]
    xy = list(zip(found.x.tolist(), found.y.tolist(), strict=True))
    assert xy[:6] == [(1, 0), (0, 0), (0, 0), (0, 0), (2, 0), (4, 0)]
    assert {*xy[6:11]} == {(0, 0), (3, 0), (3, 3), (0, 3)} and xy[6] == xy[10]
    assert {*xy[11:]} == {(8, 8), (10, 8), (10, 10), (8, 10)}
    assert not any(math.copysign(1, value) < 0 for pair in xy for value in pair)  # -0.0 would be another vertex


def test_an_exterior_that_goes_takes_its_holes_and_no_other() -> None:
    tiny = Polygon([(0.1, 0.1), (0.3, 0.1), (0.3, 0.3)])
    ring = Polygon(box(2, 2, 9, 9).exterior, [box(4, 4, 6, 6).exterior])
    found, _gone = coarsened(geometries([MultiPolygon([tiny, ring])]), UNIT)
    assert found.roles.tolist() == [1, 2]
    # A hole wider than its exterior, as damaged data have it, goes with that.
    odd = geometries([Polygon([(0.1, 0.1), (0.3, 0.1), (0.3, 0.3)], [[(0, 0), (5, 0), (5, 5), (0, 5)]])])
    found, gone = coarsened(odd, UNIT)
    assert gone.tolist() == [True] and not len(found.roles)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 300)), min_size=4, max_size=14, unique=True))
def test_neighbours_share_their_borders_still(places: list[tuple[int, int]]) -> None:
    """An edge that two triangles share is shared by what is left of them on the grid, and no vertex is new."""
    points = [(118.9 + x / 1000, 27.9 + y / 1000) for x, y in places]
    triangles = [t for t in shapely.get_parts(shapely.delaunay_triangles(MultiPoint(points))) if t.area > 1e-9]
    grid = grid_of(2000.0, BOUNDS)
    found, _gone = coarsened(geometries(triangles), grid)
    rings = [
        list(zip(found.x[a:b].tolist(), found.y[a:b].tolist(), strict=True))
        for a, b in zip(found.vertex_offsets[:-1], found.vertex_offsets[1:], strict=True)
    ]
    # Every inner edge is still there from both sides, every outer one once: the sum of signed edges is the border's.
    edges: dict[tuple[tuple[float, float], ...], int] = {}
    for ring in rings:
        for a, b in pairwise(ring):
            key = (min(a, b), max(a, b))
            edges[key] = edges.get(key, 0) + 1
    on_grid = {(round(x / grid.lng), round(y / grid.lat)) for ring in rings for x, y in ring}
    assert all(abs(x / grid.lng - round(x / grid.lng)) < 1e-6 for ring in rings for x, _y in ring)
    before = {(round(x / grid.lng), round(y / grid.lat)) for x, y in points}
    assert on_grid <= before
    shared = {key for key, n in edges.items() if n > 1}
    moved = {p: (np.rint(p[0] / grid.lng) * grid.lng + 0.0, np.rint(p[1] / grid.lat) * grid.lat + 0.0) for p in points}
    for one, other in ((a, b) for a in triangles for b in triangles if a is not b):
        common = set(one.exterior.coords) & set(other.exterior.coords)
        if len(common) == 2:
            a, b = sorted(moved[p] for p in common)
            kept = [t for t in (one, other) if len({moved[p] for p in t.exterior.coords}) == 3]
            if a != b and len(kept) == 2:
                assert (a, b) in shared


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(118, 120), st.floats(27, 29)), min_size=2, max_size=12), st.floats(1, 5000))
def test_again_changes_nothing(points: list[tuple[float, float]], metres: float) -> None:
    grid = grid_of(metres, BOUNDS)
    once, _ = coarsened(geometries([LineString(points)]), grid)
    twice, gone = coarsened(once, grid)
    assert not gone.any()
    assert [a.tolist() for a in once] == [a.tolist() for a in twice]
