"""One cut, against GEOS: both sides, rings and lines."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.kernels.halfplane import clip_lines, clip_rings, crossing
from tests.kernels.pieces import EXAMPLES

Ring = list[tuple[float, float]]


def arena(rings: list[Ring]) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:  # type: ignore[type-arg]
    total = sum(map(len, rings))
    ax, ay = np.full(3 * total + 8, np.nan), np.full(3 * total + 8, np.nan)
    ro = np.zeros(2 * len(rings) + total + 8, np.int64)
    at = 0
    for k, ring in enumerate(rings):
        for x, y in ring:
            ax[at], ay[at] = x, y
            at += 1
        ro[k + 1] = at
    return ax, ay, ro, total


def read(ax, ay, ro, a: int, b: int) -> list[Ring]:  # type: ignore[no-untyped-def]
    return [list(zip(ax[ro[r] : ro[r + 1]].tolist(), ay[ro[r] : ro[r + 1]].tolist(), strict=True)) for r in range(a, b)]


def clip(rings: list[Ring], axis: int, cut: float, high: bool) -> list[Ring] | None:
    ax, ay, ro, total = arena(rings)
    n = len(rings)
    end = clip_rings(
        axis, cut, high, 0, n, n, ax, ay, ro, np.zeros(4 * total + 16, np.int64), np.zeros(2 * total + 8),
        np.zeros(total + 4, np.int64), np.zeros(2 * total + 8, np.int64),
    )  # fmt: skip
    return None if end < 0 else read(ax, ay, ro, n, end)


def clip_line(lines: list[Ring], axis: int, cut: float, high: bool) -> list[Ring]:
    ax, ay, ro, _total = arena(lines)
    n = len(lines)
    return read(ax, ay, ro, n, clip_lines(axis, cut, high, 0, n, n, ax, ay, ro))


def area(ring: Ring) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2


SQUARE: Ring = [(0, 0), (10, 0), (10, 10), (0, 10)]


def test_a_crossing_is_the_same_from_both_ends() -> None:
    assert crossing(0.0, 0.0, 10.0, 5.0, 2.5) == 1.25
    draw = random.Random(1)
    for _ in range(200):
        a, b, c, d, cut = (draw.uniform(-1e6, 1e6) for _ in range(5))
        assert crossing(a, b, c, d, cut) == crossing(c, d, a, b, cut)
    assert crossing(3.0, 7.0, 3.0, 9.0, 3.0) == 7.0


def test_a_square() -> None:
    assert clip([SQUARE], 0, 4.5, True) == [[(4.5, 0), (10, 0), (10, 10), (4.5, 10)]]
    assert [area(r) for r in clip([SQUARE], 1, 4.5, False) or []] == [45]
    assert clip([SQUARE], 0, 20.5, True) == []
    assert clip([SQUARE], 0, 20.5, False) == [SQUARE]
    assert clip([], 0, 0.5, True) == []


def test_a_u_becomes_two_rings_and_keeps_its_winding() -> None:
    u: Ring = [(0, 0), (30, 0), (30, 20), (20, 20), (20, 10), (10, 10), (10, 20), (0, 20)]
    for ring, sign in ((u, 1), (u[::-1], -1)):
        above = clip([ring], 1, 15.5, True)
        assert above is not None and sorted(area(r) for r in above) == [sign * 45.0] * 2
        below = clip([ring], 1, 15.5, False)
        assert below is not None and [area(r) for r in below] == [sign * (300 + 2 * 55.0)]


def test_a_hole_on_the_cut_becomes_a_bay() -> None:
    hole: Ring = [(2, 2), (2, 8), (8, 8), (8, 2)]
    left = clip([SQUARE, hole], 0, 5.5, False)
    assert left is not None and [area(r) for r in left] == [55 - 21]
    beside = clip([SQUARE, hole], 0, 9.5, False)
    assert beside is not None and sorted(area(r) for r in beside) == [-36, 95]


def test_rings_that_cross_each_other_are_refused() -> None:
    other = [(5.0, 5.0), (15.0, 5.0), (15.0, 15.0), (5.0, 15.0)]
    assert clip([SQUARE, other], 0, 7.5, True) is None


def test_two_rings_that_leave_and_enter_at_one_place() -> None:
    above = [(0.0, 10.0), (10.0, 10.0), (10.0, 20.0), (0.0, 20.0)]
    got = clip([SQUARE, above], 0, 4.5, True)
    assert got is not None and sum(area(r) for r in got) == pytest.approx(110)


def polygon(seed: int) -> shapely.Polygon:
    draw = random.Random(seed)
    n = draw.randrange(3, 30)
    ring = [
        (round(r * math.cos(2 * math.pi * i / n)), round(r * math.sin(2 * math.pi * i / n)))
        for i in range(n)
        for r in [draw.uniform(5, 100)]
    ]
    hole = [(round(2 * math.cos(2 * math.pi * i / 5)), round(2 * math.sin(2 * math.pi * i / 5))) for i in range(5)]
    return shapely.Polygon(ring, [hole] if draw.random() < 0.5 else [])


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.integers(0, 2**32), st.integers(-99, 99), st.integers(0, 1), st.booleans())
def test_polygons_against_geos(seed: int, at: int, axis: int, high: bool) -> None:
    shape = polygon(seed)
    if not shape.is_valid:
        return
    shape = shapely.orient_polygons(shape)
    rings = [list(r.coords)[:-1] for r in (shape.exterior, *shape.interiors)]
    cut = at + 0.5
    got = clip(rings, axis, cut, high)
    assert got is not None
    low, top = (cut, 999) if high else (-999, cut)
    side = shapely.box(low, -999, top, 999) if axis == 0 else shapely.box(-999, low, 999, top)
    assert sum(area(r) for r in got) == pytest.approx(shape.intersection(side).area, abs=1e-6)
    other = clip(rings, axis, cut, not high)
    assert other is not None
    assert sum(area(r) for r in got + other) == pytest.approx(shape.area, abs=1e-6), "both sides make the whole"
    again = clip(got, axis, cut, high)
    assert again == got, "cutting what was cut changes nothing"


def test_lines() -> None:
    zigzag: Ring = [(0, 0), (10, 10), (20, 0), (30, 10)]
    assert clip_line([zigzag], 1, 5.5, True) == [[(5.5, 5.5), (10, 10), (14.5, 5.5)], [(25.5, 5.5), (30, 10)]]
    assert clip_line([zigzag], 1, 5.5, False) == [[(0, 0), (5.5, 5.5)], [(14.5, 5.5), (20, 0), (25.5, 5.5)]]
    assert clip_line([zigzag], 0, 50.5, True) == []
    assert clip_line([zigzag, zigzag], 0, 50.5, False) == [zigzag, zigzag]
    assert clip_line([], 0, 0.5, True) == []


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=20),
    st.integers(-50, 50),
    st.integers(0, 1),
)
def test_the_two_sides_of_a_line_are_as_long_as_the_line(line: Ring, at: int, axis: int) -> None:
    halves = [r for high in (True, False) for r in clip_line([line], axis, at + 0.5, high)]
    assert sum(math.dist(*p) for r in halves for p in pairwise(r)) == pytest.approx(
        sum(math.dist(*p) for p in pairwise(line))
    )
    assert all(len(r) >= 2 for r in halves)
