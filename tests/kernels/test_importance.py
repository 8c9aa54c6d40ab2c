"""Importance against Douglas–Peucker itself, and what neighbours share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.kernels.importance import importances
from tests.kernels.pieces import EXAMPLES, ragged
from tests.oracles import douglas_peucker

Point = tuple[int, int]


def importance(
    parts: Sequence[Sequence[Point]], roles: Sequence[int], pinned: Sequence[int] = (), floor: float = 0.0
) -> list[NDArray[np.float64]]:
    """Importances (not squared) part by part."""
    x, y, offsets = ragged(parts)
    out = np.zeros(len(x))
    importances(
        x, y, offsets, np.array(roles, np.uint8), np.array(pinned, np.uint8), float(floor**2), 0, len(parts), out
    )
    return [np.sqrt(out[a:b]) for a, b in pairwise(offsets)]


def closed(*ring: Point) -> list[Point]:
    return [*ring, ring[0]]


def test_lines_by_hand() -> None:
    line = [(0, 0), (10, 3), (20, -4), (30, 0)]
    (got,) = importance([line], [0])
    assert got[0] == got[3] == math.inf
    assert got[2] == pytest.approx(4)  # the farthest from the chord
    # (10, 3) lies |20·3 + 4·10| / √416 from the chord to (20, −4), farther than its parent: limited by it
    assert got[1] == pytest.approx(4)


def test_degenerate_parts() -> None:
    assert [list(p) for p in importance([[(5, 5)]], [0])] == [[math.inf]]
    assert list(importance([[(0, 0), (9, 9)]], [0])[0]) == [math.inf, math.inf]
    assert list(importance([[(0, 0), (5, 5), (9, 9)]], [0])[0]) == [math.inf, 0, math.inf]
    assert list(importance([[(0, 0), (9, 0), (0, 0)]], [0])[0]) == [math.inf, 9, math.inf], "there and back"
    assert list(importance([closed((0, 0), (9, 0))], [1])[0]) == [math.inf] * 3, "a ring of two"
    assert list(importance([closed((0, 0))], [1])[0]) == [math.inf] * 2, "a ring of one"
    assert [len(p) for p in importance([[], [(1, 1), (2, 2)], []], [1, 0, 0])] == [0, 2, 0]


def test_rings_keep_a_triangle() -> None:
    square = closed((0, 0), (100, 0), (100, 100), (0, 100))
    (got,) = importance([square], [1])
    assert sorted(got[:4])[1:] == [math.inf] * 3 and got[4] == got[0]
    (flat,) = importance([closed((0, 0), (50, 0), (100, 0), (70, 0))], [1])
    assert sum(v == math.inf for v in flat[:4]) == 3


def test_below_the_floor_is_0() -> None:
    line = [(0, 0), (10, 3), (20, 0), (30, 50), (40, 0)]
    (all_of_it,), (rough,) = importance([line], [0]), importance([line], [0], floor=5)
    assert all_of_it[1] > 0 and rough[1] == 0
    assert [v for v in rough if v >= 5] == [v for v in all_of_it if v >= 5]


COORDINATE = st.integers(-(2**20), 2**20)
LINES = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=2, max_size=40)


@settings(max_examples=EXAMPLES, deadline=None)
@given(LINES, st.floats(0.5, 2.0**20))
def test_a_filter_is_douglas_peucker(line: list[Point], tolerance: float) -> None:
    """In the kernel's canonical direction; equal distances may be split elsewhere the other way round."""
    forward = line if line[0] < line[-1] or (line[0] == line[-1] and line[1] <= line[-2]) else line[::-1]
    (got,) = importance([forward], [0])
    distances = [v for v in got if math.isfinite(v)]
    if any(abs(v - tolerance) < 1e-6 * tolerance for v in distances):
        return  # the two may round to either side
    assert [k for k, v in enumerate(got) if v >= tolerance] == douglas_peucker.kept(forward, tolerance)


@settings(max_examples=EXAMPLES, deadline=None)
@given(LINES, st.integers(0, 39))
def test_an_arc_is_worth_the_same_both_ways_and_in_a_ring(line: list[Point], turn: int) -> None:
    (forward,), (back,) = importance([line], [0]), importance([line[::-1]], [0])
    if line[0] != line[-1]:
        assert list(forward) == list(back[::-1])
    # The same arc as a piece of a ring whose two nodes are its ends, starting anywhere.
    ring = [*line, (2**21, 2**21)]
    if line[0] == line[-1]:
        return
    turn %= len(ring)
    turned = ring[turn:] + ring[:turn]
    pins = [int(k in (0, len(line) - 1)) for k in range(len(ring))]
    pins = pins[turn:] + pins[:turn]
    (got,) = importance([closed(*turned)], [1], [*pins, pins[0]])
    body = got[:-1]
    unturned = np.roll(body, turn)
    assert list(unturned[: len(line)]) == list(forward)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(st.tuples(COORDINATE, COORDINATE), min_size=3, max_size=30, unique=True), st.integers(0, 29), st.booleans()
)
def test_a_ring_without_nodes_is_worth_the_same_wherever_it_starts(ring: list[Point], turn: int, back: bool) -> None:
    turn %= len(ring)
    other = ring[turn:] + ring[:turn]
    if back:
        other = other[::-1]
    (a,), (b,) = importance([closed(*ring)], [1]), importance([closed(*other)], [2])
    assert dict(zip(ring, a[:-1], strict=True)) == dict(zip(other, b[:-1], strict=True))
    assert sum(v == math.inf for v in a[:-1]) == 3


def test_parts_outside_the_range_are_left_alone() -> None:
    x, y, offsets = ragged([[(0, 0), (5, 5), (9, 0)]] * 3)
    out = np.full(9, -1.0)
    importances(x, y, offsets, np.zeros(3, np.uint8), np.empty(0, np.uint8), 0.0, 1, 2, out)
    assert [v != -1 for v in out] == [False] * 3 + [True] * 3 + [False] * 3


def test_far_from_the_origin_nothing_is_lost() -> None:
    near = [(0, 0), (1000, 7), (2000, -9), (3000, 0)]
    far = [(x + 2**36, y + 2**36) for x, y in near]
    assert list(importance([near], [0])[0]) == pytest.approx(list(importance([far], [0])[0]), rel=1e-12)
