"""Merging lines: chains by hand, the plane covered as before, whatever the order."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.types import LINE, POINT, POLYGON
from pipeline.vector.merge_lines import merge_lines
from tests.kernels.pieces import EXAMPLES, Ring
from tests.vector.records import as_entries, records

A, B, C, D, E = (0, 0), (10, 0), (10, 10), (0, 10), (30, 0)


def merged(*lines: Ring, directed: bool = False) -> list[list[tuple[int, int]]]:
    """The chains of lines of one tile and group, one feature each."""
    held = records(*((0, row, LINE, [line]) for row, line in enumerate(lines)))
    out, into = merge_lines(held, np.zeros(len(lines), np.int64), directed=directed)
    assert into.tolist() == [0] * len(lines)
    assert (out.rows.tolist(), out.kinds.tolist()) == ([0], [LINE])
    return as_entries(out)[0][3]


@pytest.mark.parametrize(
    ("lines", "chains"),
    [
        ([[A, B], [B, C]], [[A, B, C]]),
        ([[B, C], [A, B]], [[A, B, C]]),
        ([[A, B], [C, B]], [[A, B, C]]),  # the second is turned round
        ([[B, A], [B, C]], [[C, B, A]]),  # the first keeps its direction
        ([[A, B], [C, D], [B, C]], [[A, B, C, D]]),
        ([[A, B], [C, D]], [[A, B], [C, D]]),
        ([[A, B], [B, E]], [[A, E]]),  # straight on: the joint is left out
        ([[A, B], [(20, 0), B], [(20, 0), E]], [[A, E]]),
        ([[E, B], [A, B, C]], [[E, B], [A, B, C]]),  # an end in the middle of another line joins nothing
        ([[A, B], [B, A]], [[A, B]]),  # twice the same
        ([[A, B, C], [C, B, A], [C, D]], [[A, B, C, D]]),
        ([[A, B], [B, C], [B, E]], [[A, B], [B, C], [B, E]]),  # a junction of three
        ([[A, B], [B, C], [C, D], [D, A]], [[A, B, C, D, A]]),  # a loop begins with its first line
        ([[B, C], [A, B], [A, D], [D, C]], [[B, C, D, A, B]]),
        ([[A, B, C, A]], [[A, B, C, A]]),
        ([[A, B, C, A], [A, E]], [[A, B, C, A], [A, E]]),  # loop and stem: three ends
        ([[E, B], [A, B]], [[E, A]]),
        ([[B, E], [E, A]], [[B, E, A]]),  # and back: not straight on
    ],
)
def test_chains(lines: list[Ring], chains: list[Ring]) -> None:
    assert merged(*lines) == chains


@pytest.mark.parametrize(
    ("lines", "chains"),
    [
        ([[B, C], [A, B]], [[A, B, C]]),
        ([[A, B], [C, B]], [[A, B], [C, B]]),
        ([[B, A], [B, C]], [[B, A], [B, C]]),
        ([[A, B], [B, A]], [[A, B, A]]),  # there and back are two lines
        ([[A, B], [A, B], [B, C]], [[A, B, C]]),
        ([[A, B], [B, C], [C, A]], [[A, B, C, A]]),
    ],
)
def test_directed_chains(lines: list[Ring], chains: list[Ring]) -> None:
    assert merged(*lines, directed=True) == chains


def test_tiles_groups_and_kinds_stay_apart() -> None:
    area, point = [[(0, 0), (9, 0), (0, 9)]], [[(3, 3), (4, 4)]]
    held = records(
        (1, 2, LINE, [[A, B]]),
        (1, 3, POLYGON, area),
        (1, 4, LINE, [[B, C]]),
        (1, 5, LINE, [[B, E]]),
        (1, 6, POINT, point),
        (2, 2, LINE, [[A, B]]),
        (2, 5, LINE, [[C, D], [B, C]]),
    )
    out, into = merge_lines(held, np.array([7, 7, 7, 5, 7, 7, 5]))
    assert as_entries(out) == [
        (1, 2, LINE, [[A, B, C]]),
        (1, 3, POLYGON, area),
        (1, 5, LINE, [[B, E]]),
        (1, 6, POINT, point),
        (2, 2, LINE, [[A, B]]),
        (2, 5, LINE, [[B, C, D]]),
    ]
    assert into.tolist() == [0, 1, 0, 2, 3, 4, 5]


def test_nothing_and_no_lines() -> None:
    out, into = merge_lines(records(), np.empty(0, np.int64))
    assert len(out.kinds) == len(into) == 0
    held = records((0, 0, POINT, [[(1, 1)]]))
    out, into = merge_lines(held, np.zeros(1, np.int64))
    assert as_entries(out) == as_entries(held) and into.tolist() == [0]


GRID = st.tuples(st.integers(0, 4), st.integers(0, 4))
LINES = st.lists(
    st.lists(GRID, min_size=2, max_size=5).filter(lambda p: all(a != b for a, b in pairwise(p))),
    min_size=1,
    max_size=9,
)


def ends(lines: list[Ring]) -> dict[tuple[int, int], int]:
    counts: dict[tuple[int, int], int] = {}
    for line in lines:
        for point in (line[0], line[-1]):
            counts[point] = counts.get(point, 0) + 1
    return counts


@settings(max_examples=2 * EXAMPLES, deadline=None)
@given(LINES, st.booleans())
def test_the_same_is_drawn_and_no_joint_is_left(lines: list[Ring], directed: bool) -> None:
    chains = merged(*lines, directed=directed)
    drawn = shapely.union_all(shapely.MultiLineString([list(line) for line in lines]))
    assert shapely.equals(shapely.union_all(shapely.MultiLineString([list(chain) for chain in chains])), drawn)
    if directed:
        return
    for point, count in ends(chains).items():
        loop = any(chain[0] == chain[-1] == point for chain in chains)
        assert count != 2 or loop, "two ends that meet are joined"
    assert len(merged(*chains)) == len(chains), "merged lines have nothing more to merge"


@settings(max_examples=EXAMPLES, deadline=None)
@given(LINES, st.randoms())
def test_the_order_decides_about_directions_only(lines: list[Ring], random: object) -> None:
    other = list(lines)
    random.shuffle(other)  # type: ignore[attr-defined]

    def edges(chains: list[Ring]) -> list[shapely.Geometry]:
        return sorted((shapely.normalize(shapely.LineString(chain)) for chain in chains), key=lambda g: g.wkt)

    a, b = merged(*lines), merged(*other)
    open_a, open_b = ([c for c in chains if c[0] != c[-1]] for chains in (a, b))
    assert edges(open_a) == edges(open_b)
    loops_a, loops_b = ([shapely.MultiLineString([c]) for c in chains if c[0] == c[-1]] for chains in (a, b))
    assert shapely.equals(shapely.union_all(loops_a), shapely.union_all(loops_b))
