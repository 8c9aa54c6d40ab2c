"""Vertices where edges cross, against shapely's intersections and by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.crossings import LARGEST, split_crossings

Ring = list[tuple[int, int]]


def _split(areas: list[list[Ring]]) -> tuple[list[list[Ring]], list[int]]:
    rings = [ring for area in areas for ring in area]
    xy = np.array([point for ring in rings for point in ring], np.int32).reshape(-1, 2)
    ring_offsets = np.cumsum([0, *(len(area) for area in areas)]).astype(np.int64)
    vertex_offsets = np.cumsum([0, *(len(ring) for ring in rings)]).astype(np.int64)
    crossings, out = np.empty(len(areas), np.int64), np.empty(len(rings) + 1, np.int64)
    x, y = np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
    fx, fy = split_crossings(ring_offsets, vertex_offsets, x, y, crossings, out)
    points = list(zip(fx.tolist(), fy.tolist(), strict=True))
    found = [points[out[r] : out[r + 1]] for r in range(len(rings))]
    return [found[a:b] for a, b in pairwise(ring_offsets.tolist())], crossings.tolist()


def test_a_bow_tie_gets_its_knot() -> None:
    """Both edges through (5, 5) get the vertex; the edges that only meet at their ends get none."""
    assert _split([[[(0, 0), (10, 10), (10, 0), (0, 10)]]]) == (
        [[[(0, 0), (5, 5), (10, 10), (10, 0), (5, 5), (0, 10)]]],
        [1],
    )


def test_crossings_are_rounded_half_up_and_stand_in_order_along_an_edge() -> None:
    """Two teeth cross the edge from (0, 0) to (20, 0) of another ring, at 3.5 → 4, 4.5 → 5 and 14.5, 15.5."""
    ring = [(0, 0), (20, 0), (20, -9), (0, -9)]
    teeth = [(16, 1), (15, -1), (14, 1), (5, 1), (4, -1), (3, 1)]
    found, crossings = _split([[ring, teeth]])
    assert crossings == [4]
    assert found[0][0] == [(0, 0), (4, 0), (5, 0), (15, 0), (16, 0), (20, 0), (20, -9), (0, -9)]
    assert found[0][1] == [
        (16, 1), (16, 0), (15, -1), (15, 0), (14, 1), (5, 1), (5, 0), (4, -1), (4, 0), (3, 1),
    ]  # fmt: skip


def test_what_does_not_cross_stays() -> None:
    """Edges that touch, overlap or lie apart; areas that cross each other; nothing at all; and very large ones."""
    touching = [[(0, 0), (10, 0), (10, 10), (5, 0)], [(2, 0), (4, 0), (3, 9)]]
    other = [[(1, -5), (2, -5), (2, 50)]]
    assert _split([touching, other]) == ([touching, other], [0, 0])
    assert _split([]) == ([], [])
    assert _split([[], [[(0, 0), (1, 1), (0, 1)]]]) == ([[], [[(0, 0), (1, 1), (0, 1)]]], [0, 0])
    large = [(i, i % 2) for i in range(LARGEST)] + [(5, 9), (5, -9)]
    assert _split([[large]]) == ([[large]], [0])


_POINT = st.tuples(st.integers(-40, 40), st.integers(-40, 40))


@given(st.lists(_POINT, min_size=3, max_size=12, unique=True))
def test_as_shapely_finds_them(ring: Ring) -> None:
    """Every place where two edges cross between their ends is a vertex of both, rounded; no other vertex is new."""
    edges = [shapely.LineString([a, b]) for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)]
    pairs = [(a, b) for i, a in enumerate(edges) for b in edges[i + 1 :] if a.crosses(b)]
    ((found,),), (crossings,) = _split([[ring]])
    assert crossings == len(pairs)
    wanted = shapely.get_coordinates([a.intersection(b) for a, b in pairs])
    new = set(found) - set(ring)
    for x, y in new:
        assert len(wanted) and np.abs(wanted - (x, y)).max(axis=1).min() <= 0.5 + 1e-9
    for x, y in wanted:
        assert np.abs(np.array(found) - (x, y)).max(axis=1).min() <= 0.5 + 1e-9
    rest = iter(found)
    assert all(point in rest for point in ring)  # in their order
