"""Rings on the grid: cleaning changes no area, and points know their side."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.kernels.grow import grown, sort_by
from pipeline.kernels.tilerings import area2, clean_line, clean_ring, hole_in, side_of
from tests.kernels import pieces as by_hand
from tests.kernels.pieces import EXAMPLES

Points = list[tuple[int, int]]


def arrays(points: Points) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    xy = np.array(points, np.int64).reshape(-1, 2)
    return xy[:, 0].copy(), xy[:, 1].copy()


def cleaned(points: Points, line: bool = False) -> Points:
    x, y = arrays([(99, 99), *points])
    end = (clean_line if line else clean_ring)(x, y, 1, len(points) + 1)
    assert (x[0], y[0]) == (99, 99), "what lies before is left alone"
    return list(zip(x[1:end].tolist(), y[1:end].tolist(), strict=True))


@pytest.mark.parametrize(
    ("ring", "want"),
    [
        ([], []),
        ([(0, 0)], []),
        ([(0, 0), (5, 5)], []),
        ([(0, 0)] * 5, []),
        ([(0, 0), (5, 0), (9, 0)], []),  # no area
        ([(0, 0), (5, 0), (9, 0), (9, 9)], [(0, 0), (9, 0), (9, 9)]),
        ([(0, 0), (0, 0), (9, 0), (9, 9), (0, 0)], [(0, 0), (9, 0), (9, 9)]),  # repeated, and closed
        ([(5, 0), (9, 0), (9, 9), (0, 0)], [(9, 0), (9, 9), (0, 0)]),  # collinear over the seam
        ([(0, 0), (9, 0), (20, 0), (9, 0), (9, 9)], [(0, 0), (9, 0), (9, 9)]),  # a spike
        ([(0, 0), (9, 0), (9, 9), (9, 20)], [(0, 0), (9, 0), (9, 20)]),
        ([(9, 0), (9, 9), (0, 0), (-5, 0), (0, 0)], [(9, 0), (9, 9), (0, 0)]),  # a spike before the seam
        ([(0, 0), (7, 7), (0, 0), (7, 7)], []),
    ],
)
def test_rings(ring: Points, want: Points) -> None:
    assert cleaned(ring) == want


@pytest.mark.parametrize(
    ("line", "want"),
    [
        ([], []),
        ([(1, 1)], []),
        ([(1, 1), (1, 1)], []),
        ([(0, 0), (1, 1), (1, 1), (3, 3)], [(0, 0), (3, 3)]),
        ([(0, 0), (5, 0), (0, 0)], [(0, 0), (5, 0), (0, 0)]),  # there and back stays
        ([(0, 0), (5, 0), (3, 0), (9, 0)], [(0, 0), (5, 0), (3, 0), (9, 0)]),
        ([(0, 0), (1, 2), (2, 4), (3, 5)], [(0, 0), (2, 4), (3, 5)]),
    ],
)
def test_lines(line: Points, want: Points) -> None:
    assert cleaned(line, line=True) == want


SMALL = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=14)


@settings(max_examples=2 * EXAMPLES, deadline=None)
@given(SMALL)
def test_cleaning_keeps_the_area_and_leaves_nothing_to_clean(ring: Points) -> None:
    got = cleaned(ring)
    if not got:
        assert len(set(ring)) < 3 or by_hand.area2(ring) == 0
        return
    assert by_hand.area2(got) == by_hand.area2(ring)
    n = len(got)
    assert n >= 3
    for k in range(n):
        (ax, ay), (bx, by), (cx, cy) = got[k - 1], got[k], got[(k + 1) % n]
        assert (bx - ax) * (cy - by) != (by - ay) * (cx - bx), "no three in a row, no repeat, no spike"
    assert cleaned(got) == got


@settings(max_examples=EXAMPLES, deadline=None)
@given(SMALL)
def test_cleaning_a_line_keeps_its_course(line: Points) -> None:
    got = cleaned(line, line=True)
    if got:
        assert got[0] == line[0] and got[-1] == line[-1]
        assert shapely.LineString(got).length == pytest.approx(shapely.LineString(line).length)
    else:
        assert len(set(line)) < 2


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.tuples(st.integers(-(2**30), 2**30), st.integers(-(2**30), 2**30)), min_size=3, max_size=9))
def test_area_is_exact_and_signed(ring: Points) -> None:
    x, y = arrays(ring)
    if len(ring) <= 3 or all(abs(a) < 2**27 for p in ring for a in p):
        assert area2(x, y, 0, len(ring)) == by_hand.area2(ring)
    turned = arrays(ring[::-1])
    assert area2(x, y, 0, len(ring)) == -area2(*turned, 0, len(ring))


@settings(max_examples=EXAMPLES, deadline=None)
@given(SMALL.filter(lambda r: len(r) >= 3), st.integers(-1, 5), st.integers(-1, 5))
def test_sides_against_geos(ring: Points, px: int, py: int) -> None:
    shape = shapely.Polygon(ring)
    if not shape.is_valid:
        return
    point = shapely.Point(px, py)
    want = 0 if shape.touches(point) else (1 if shape.contains(point) else -1)
    assert side_of(*arrays(ring), 0, len(ring), px, py) == want


def test_holes() -> None:
    shell: Points = [(0, 0), (10, 0), (10, 10), (0, 10)]
    for hole, want in (
        ([(1, 1), (2, 1), (2, 2)], 1),
        ([(0, 0), (5, 5), (0, 10)], 1),  # touches with two vertices, the third tells
        ([(20, 1), (21, 1), (21, 2)], -1),
        (shell[::-1], 0),
        ([(0, 5), (10, 5), (5, 0)], 0),  # every vertex on the shell
    ):
        x, y = arrays(shell + hole)
        assert hole_in(x, y, 4, 4 + len(hole), 0, 4) == want


# ---------------------------------------------------------------- arrays that grow, and the sort


def test_grown_arrays_hold_what_they_held() -> None:
    a = np.arange(5, dtype=np.int32)
    for need, length in ((0, 10), (7, 10), (100, 100)):
        b = grown(a, need)
        assert len(b) == length and b.dtype == a.dtype and list(b[:5]) == [0, 1, 2, 3, 4]
    assert len(grown(np.empty(0), 3)) == 3


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.integers(-9, 9) | st.floats(-9, 9), max_size=200))
def test_the_sort_is_stable(values: list[float]) -> None:
    keys = np.array([*values, -99.0], np.float64)
    order = np.full(len(values) + 3, -1, np.int64)
    sort_by(keys, order, len(values))
    assert order[: len(values)].tolist() == np.argsort(keys[:-1], kind="stable").tolist()
    assert order[len(values) :].tolist() == [-1, -1, -1]
