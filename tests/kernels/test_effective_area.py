"""Effective areas against Visvalingam–Whyatt itself, and what neighbours share."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.kernels.effective_area import effective_areas
from tests.kernels.pieces import EXAMPLES, ragged
from tests.oracles import effective_area

Point = tuple[int, int]


def areas(
    parts: Sequence[Sequence[Point]], roles: Sequence[int], pinned: Sequence[int] = (), floor: float = 0.0
) -> list[NDArray[np.float64]]:
    """Effective areas part by part."""
    x, y, offsets = ragged(parts)
    out = np.full(len(x), np.nan)
    effective_areas(
        x, y, offsets, np.array(roles, np.uint8), np.array(pinned, np.uint8), float(floor), 0, len(parts), out
    )
    return [out[a:b] for a, b in pairwise(offsets)]


def closed(*ring: Point) -> list[Point]:
    return [*ring, ring[0]]


def test_a_line_by_hand() -> None:
    line = [(0, 0), (10, 2), (20, 0), (30, 10), (40, 0)]
    # 20, 60 and 100 at first; without the first the others span 100 each, and without the second the last spans 200.
    (got,) = areas([line], [0])
    assert list(got) == [math.inf, 20, 100, 200, math.inf]


def test_what_goes_late_is_never_worth_less() -> None:
    line = [(0, 0), (10, 10), (11, -10), (12, 10), (22, 0)]
    (got,) = areas([line], [0])
    assert list(got) == [math.inf, 20, 20, 110, math.inf], "20, then (0|0 … 12|10 with 11|−10 gone): 110"


def test_degenerate_parts() -> None:
    assert [list(p) for p in areas([[(5, 5)]], [0])] == [[math.inf]]
    assert list(areas([[(0, 0), (9, 9)]], [0])[0]) == [math.inf, math.inf]
    assert list(areas([[(0, 0), (5, 5), (9, 9)]], [0])[0]) == [math.inf, 0, math.inf]
    assert list(areas([[(0, 0), (9, 0), (0, 0)]], [0])[0]) == [math.inf, 0, math.inf], "there and back: no area"
    assert list(areas([[(4, 4)] * 5], [0])[0]) == [math.inf, 0, 0, 0, math.inf], "five times the same"
    assert list(areas([closed((0, 0), (9, 0))], [1])[0]) == [math.inf] * 3, "a ring of two"
    assert list(areas([closed((0, 0))], [1])[0]) == [math.inf] * 2, "a ring of one"
    assert [len(p) for p in areas([[], [(1, 1), (2, 2)], []], [1, 0, 0])] == [0, 2, 0]
    assert areas([], []) == []


def test_rings_keep_a_triangle() -> None:
    (got,) = areas([closed((0, 0), (100, 0), (100, 100), (0, 100))], [1])
    assert sorted(got[:4]) == [5000, math.inf, math.inf, math.inf] and got[4] == got[0]
    (flat,) = areas([closed((0, 0), (50, 0), (100, 0), (70, 0))], [1], floor=1000.0)
    assert sorted(flat[:4]) == [0, math.inf, math.inf, math.inf]


def test_below_the_floor_is_0() -> None:
    line = [(0, 0), (10, 3), (20, 0), (30, 50), (40, 0)]
    (everything,), (rough,) = areas([line], [0]), areas([line], [0], floor=100)
    assert everything[1] == 30 and rough[1] == 0
    assert [v for v in rough if v >= 100] == [v for v in everything if v >= 100]


COORDINATE = st.integers(-(2**20), 2**20)
NEAR = st.integers(0, 6)  # many ties, many vertices in a row or in the same place
LINES = st.one_of(
    st.lists(st.tuples(COORDINATE, COORDINATE), min_size=2, max_size=40),
    st.lists(st.tuples(NEAR, NEAR), min_size=2, max_size=40),
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(LINES)
def test_as_the_paper_has_it(line: list[Point]) -> None:
    """In the kernel's canonical direction: a vertex that is met twice leaves the tie to its place."""
    forward = line if line[0] < line[-1] or (line[0] == line[-1] and line[1] <= line[-2]) else line[::-1]
    (got,) = areas([forward], [0])
    assert list(got) == effective_area.effective_areas(forward)


@settings(max_examples=EXAMPLES, deadline=None)
@given(LINES, st.integers(0, 39))
def test_an_arc_is_worth_the_same_both_ways_and_in_a_ring(line: list[Point], turn: int) -> None:
    (forward,), (back,) = areas([line], [0]), areas([line[::-1]], [0])
    if line[0] == line[-1]:
        return
    assert list(forward) == list(back[::-1])
    ring = [*line, (2**21, 2**21)]
    turn %= len(ring)
    pins = [int(k in (0, len(line) - 1)) for k in range(len(ring))]
    pins = pins[turn:] + pins[:turn]
    for way in (1, -1):
        turned = (ring[turn:] + ring[:turn])[::way]
        (got,) = areas([closed(*turned)], [1], [*pins[::way], pins[::way][0]])
        assert list(np.roll(got[:-1][::way], turn)[: len(line)]) == list(forward)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(st.tuples(COORDINATE, COORDINATE), min_size=3, max_size=30, unique=True), st.integers(0, 29), st.booleans()
)
def test_a_ring_without_nodes_is_worth_the_same_wherever_it_starts(ring: list[Point], turn: int, back: bool) -> None:
    turn %= len(ring)
    other = ring[turn:] + ring[:turn]
    if back:
        other = other[::-1]
    (a,), (b,) = areas([closed(*ring)], [1]), areas([closed(*other)], [2])
    assert dict(zip(ring, a[:-1], strict=True)) == dict(zip(other, b[:-1], strict=True))
    assert sum(v == math.inf for v in a[:-1]) == 3


@settings(max_examples=EXAMPLES, deadline=None)
@given(LINES, st.floats(0, 2.0**40), st.floats(0, 2.0**40))
def test_a_coarse_zoom_is_nested_in_a_finer_one(line: list[Point], a: float, b: float) -> None:
    """And is what the paper gives when it stops at that area."""
    (got,) = areas([line], [0])
    coarse, fine = (tuple(k for k, v in enumerate(got) if v >= area) for area in (max(a, b), min(a, b)))
    assert set(coarse) <= set(fine)
    forward = line if line[0] < line[-1] or (line[0] == line[-1] and line[1] <= line[-2]) else line[::-1]
    kept = effective_area.kept(forward, max(a, b))
    assert coarse == tuple(kept if forward == line else sorted(len(line) - 1 - k for k in kept))


def test_parts_outside_the_range_are_left_alone() -> None:
    x, y, offsets = ragged([[(0, 0), (5, 5), (9, 0)]] * 3)
    out = np.full(9, -1.0)
    effective_areas(x, y, offsets, np.zeros(3, np.uint8), np.empty(0, np.uint8), 0.0, 1, 2, out)
    assert [v != -1 for v in out] == [False] * 3 + [True] * 3 + [False] * 3


def test_far_from_the_origin_nothing_is_lost() -> None:
    near = [(0, 0), (1000, 7), (2000, -9), (3000, 0)]
    far = [(x + 2**36, y + 2**36) for x, y in near]
    assert list(areas([near], [0])[0]) == list(areas([far], [0])[0])


@pytest.mark.skipif(EXAMPLES < 100, reason="interpreted kernels are slow whatever they do")
def test_a_long_arc_takes_no_square_of_time() -> None:
    rng = np.random.default_rng(1)
    line = list(zip(range(200_000), rng.integers(0, 1000, 200_000).tolist(), strict=True))
    areas([line[:9]], [0])
    started = time.thread_time()
    (got,) = areas([line], [0])
    assert time.thread_time() - started < 2 and math.isfinite(got[1:-1].max())
