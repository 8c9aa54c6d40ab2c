"""Label anchors, against GEOS's largest inscribed circle."""

from __future__ import annotations

import math
import random
from time import perf_counter

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.kernels.anchor import anchors
from tests.kernels.pieces import EXAMPLES, Ring, ragged


def anchor(kind: int, *parts: tuple[int, Ring]) -> tuple[int, int]:
    x, y, offsets = ragged([ring for _, ring in parts])
    out_x, out_y = np.full(1, -1, np.int64), np.full(1, -1, np.int64)
    anchors(
        x, y, offsets, np.array([role for role, _ in parts], np.uint8), np.zeros(1, np.int64),
        np.array([len(parts)], np.int64), np.array([kind], np.uint8), out_x, out_y,
    )  # fmt: skip
    return int(out_x[0]), int(out_y[0])


def area(shape: shapely.Geometry) -> tuple[int, int]:
    parts: list[tuple[int, Ring]] = []
    for polygon in shapely.get_parts(shape):
        parts.append((1, [(int(x), int(y)) for x, y in polygon.exterior.coords]))
        parts += [(2, [(int(x), int(y)) for x, y in hole.coords]) for hole in polygon.interiors]
    return anchor(3, *parts)


def room(shape: shapely.Geometry, at: tuple[int, int]) -> float:
    point = shapely.Point(at)
    return shape.boundary.distance(point) * (1 if shape.contains(point) else -1)


def test_a_square_and_its_holes() -> None:
    square = shapely.box(0, 0, 1000, 1000)
    assert area(square) == (500, 500)
    x, y = area(square.difference(shapely.box(0, 0, 1000, 600)))
    assert (x, y) == (500, 800)
    ring = square.difference(shapely.box(300, 300, 700, 700))
    assert room(ring, area(ring)) >= 165, "the corner circle: 1000·(1 − 0.7)/(1 + 1/√2) = 175.7, less 1 %"


def test_the_largest_polygon_is_the_one() -> None:
    small, large = shapely.box(0, 0, 100, 100), shapely.box(1000, 1000, 2000, 2000)
    assert area(shapely.MultiPolygon([small, large])) == area(shapely.MultiPolygon([large, small])) == (1500, 1500)


def test_lines() -> None:
    assert anchor(2, (0, [(0, 0), (100, 0)])) == (50, 0)
    assert anchor(2, (0, [(0, 0), (100, 0), (100, 300)])) == (100, 150)
    assert anchor(2, (0, [(0, 0), (10, 0)]), (0, [(0, 50), (90, 50)])) == (45, 50)
    assert anchor(2, (0, [(3, 3), (3, 3)])) == (3, 3)
    assert anchor(2, (0, [(7, 8)])) == (7, 8)


def turned(line: Ring, degrees: float) -> Ring:
    t = math.radians(degrees)
    return [(round(x * math.cos(t) - y * math.sin(t)), round(x * math.sin(t) + y * math.cos(t))) for x, y in line]


@pytest.mark.parametrize("turn", range(0, 360, 45))
@pytest.mark.parametrize(
    ("line", "at"),
    [
        ([(0, 0), (4000, 0), (7000, 3000), (7000, 8000)], (7000, 5500)),
        ([(0, 0), (4000, 0), (8123, 0), (8123, 8000)], (4061, 0)),
        # bends of 18° are straight enough
        ([(0, 0), (3000, 0), (6000, 1000), (9000, 1000), (9000, 2000)], (4500, 500)),
        # of equals that nearest to the middle
        ([(0, 0), (1000, 0), (1000, 1000), (2000, 1000), (2000, 2000), (3000, 2000)], (1500, 1000)),
        # a fine zigzag is straight
        ([(0, 0), (0, 900), *[(k * 10, 900 + k % 2 * 10) for k in range(1, 900)]], (4490, 900)),
        ([(0, 0), (0, 900), (9000, 900), (9000, 500), (4000, 500), (4000, 0)], (4500, 900)),
    ],
)  # fmt: skip
def test_lines_have_their_anchor_where_they_are_straight(line: Ring, at: tuple[int, int], turn: int) -> None:
    for points in (line, line[::-1]):
        assert math.dist(anchor(2, (0, turned(points, turn))), turned([at], turn)[0]) < 120


def test_a_circle_is_straight_nowhere() -> None:
    circle = [(round(1e6 * math.cos(t)), round(1e6 * math.sin(t))) for t in np.linspace(0, 2 * math.pi, 721)]
    assert math.dist(anchor(2, (0, circle)), (-1e6, 0)) < 2, "its middle"
    tail = [(-3_000_000, 0), *circle[360:], *circle[:360]]
    assert math.dist(anchor(2, (0, tail)), (-2_000_000, 0)) < 2e5


def test_points_are_their_first() -> None:
    assert anchor(1, (0, [(7, 8)])) == (7, 8)
    assert anchor(1, (0, [(7, 8), (100, 200), (9, 9)])) == (7, 8)


def test_degenerate_areas() -> None:
    assert anchor(3, (1, [(5, 5), (5, 5)])) == (5, 5)
    assert anchor(3, (1, [(0, 0), (10, 0), (0, 0)])) == (0, 0), "flat"
    assert anchor(3, (1, [(0, 0), (0, 10), (0, 5), (0, 0)])) == (0, 0), "upright"
    x, y = anchor(3, (1, [(0, 0), (10, 10), (5, 5), (0, 0)]))
    assert x == y and 0 <= x <= 10, "slanting"
    assert anchor(3, (1, [(4, 6)])) == (4, 6)


def star(seed: int) -> shapely.Polygon:
    draw = random.Random(seed)
    n = draw.randrange(3, 40)
    stretch = draw.choice([1, 1, 30])
    points = [
        (round(stretch * r * math.cos(2 * math.pi * k / n)), round(r * math.sin(2 * math.pi * k / n)))
        for k in range(n)
        for r in [draw.uniform(10_000, 1_000_000)]
    ]
    return shapely.Polygon(points)


@settings(max_examples=max(EXAMPLES // 2, 5), deadline=None)
@given(st.integers(0, 2**32))
def test_stars_have_their_anchor_where_there_is_room(seed: int) -> None:
    shape = star(seed)
    if not shape.is_valid:
        return
    west, south, east, north = shape.bounds
    smaller = min(east - west, north - south)
    best = shapely.maximum_inscribed_circle(shape, tolerance=smaller / 1000).length
    assert room(shape, area(shape)) >= best - 0.011 * smaller - 2


@pytest.mark.parametrize("length", [10**5, 10**8, 10**10])
@pytest.mark.parametrize("turn", [False, True])
def test_slivers_take_no_time(length: int, turn: bool) -> None:
    """A hand's breadth wide and as long as a road; slanting, bent, and with a head."""
    for points in (
        [(0, 0), (length, 100), (length, 300), (0, 200)],
        [(0, 0), (length, length // 2), (length, length // 2 + 200), (0, 200)],
        [(0, 0), (length, 0), (length, length // 3), (length - 90, length // 3), (length - 90, 90), (0, 90)],
    ):
        shape = shapely.Polygon([p[::-1] if turn else p for p in points])
        start = perf_counter()
        at = area(shape)
        assert perf_counter() - start < 20  # the first call compiles
        assert shape.distance(shapely.Point(at)) <= 1
