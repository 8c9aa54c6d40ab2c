"""Nodes of a coverage, against a dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.kernels.coverage import ROW, collect_neighbours, mark_nodes
from tests.kernels.pieces import EXAMPLES, ragged
from tests.oracles import coverage as oracle

Point = tuple[int, int]

# Hashes wrap around on purpose; interpreted, numpy says so.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")


def found(parts: Sequence[tuple[bool, Sequence[Point]]], divided: int = 1) -> set[Point]:
    x, y, offsets = ragged([points for _, points in parts])
    roles = np.array([int(ring) for ring, _ in parts], np.uint8)
    pinned = np.zeros(len(x), np.uint8)
    count = 0
    for part in range(divided):
        table = np.zeros((256, ROW), np.uint64)
        collect_neighbours(x, y, offsets, roles, part, divided, table)
        count += mark_nodes(x, y, part, divided, table, pinned)
    assert set(pinned.tolist()) <= {0, 1} and count == pinned.sum()
    at = [(int(a), int(b)) for a, b in zip(x, y, strict=True)]
    marked = {p for p, pin in zip(at, pinned, strict=True) if pin}
    assert not marked & {p for p, pin in zip(at, pinned, strict=True) if not pin}, "one place, one answer"
    return marked


LEFT = [(0, 0), (5, 0), (5, 3), (5, 7), (5, 9), (0, 9), (0, 0)]
RIGHT = [(5, 0), (9, 0), (9, 9), (5, 9), (5, 7), (5, 3), (5, 0)]


def test_two_neighbours_part_where_their_border_ends() -> None:
    assert found([(True, LEFT), (True, RIGHT)]) == {(5, 0), (5, 9)}


def test_direction_and_start_do_not_matter() -> None:
    turned = [*RIGHT[3:], *RIGHT[1:4]]
    assert found([(True, LEFT), (True, turned[::-1])]) == {(5, 0), (5, 9)}


def test_a_line_along_the_border_ends_in_nodes() -> None:
    assert found([(True, LEFT), (True, RIGHT), (False, LEFT[2:4])]) == {(5, 0), (5, 9), (5, 3), (5, 7)}


def test_an_enclave_has_no_node() -> None:
    ring = [(1, 1), (2, 1), (2, 2), (1, 1)]
    assert found([(True, ring), (True, ring[::-1])]) == set()
    assert found([(True, ring), (False, ring)]) == {(1, 1)}, "but a line has ends"


def test_a_vertex_that_only_one_neighbour_has_makes_nodes_of_those_beside_it() -> None:
    without = [p for p in RIGHT if p != (5, 3)]
    assert found([(True, LEFT), (True, without)]) == {(5, 0), (5, 7), (5, 9)}


def test_degenerate_parts() -> None:
    assert found([]) == set()
    assert found([(False, [(3, 3)])]) == {(3, 3)}
    assert found([(True, []), (False, [(1, 1), (2, 2)])]) == {(1, 1), (2, 2)}
    assert found([(True, [(0, 0), (9, 0), (0, 0)])]) == set()
    assert found([(False, [(-5, -5), (0, 0), (-5, -5)])]) == {(-5, -5)}, "there and back, west of the origin"


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(
        st.tuples(st.booleans(), st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), min_size=3, max_size=9)),
        max_size=6,
    )
)
def test_the_dictionary_agrees(drawn: list[tuple[bool, list[Point]]]) -> None:
    parts = []
    for ring, points in drawn:
        points = [p for p, _ in groupby(points)]
        if ring:
            points = [p for p, _ in groupby([*points, points[0]])]
        if len(points) >= (4 if ring else 2):
            parts.append((ring, points))
    assert found(parts) == found(parts, 3) == oracle.nodes(parts)
