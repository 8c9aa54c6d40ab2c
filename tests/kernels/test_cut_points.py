"""Points into their tiles, against the pmtiles way of counting tiles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.kernels.cut_points import cut_points
from pipeline.kernels.pieces import HIDDEN, KEPT
from tests.kernels.pieces import EXAMPLES, as_lists, features

WORLD = 1 << 36
Point = tuple[int, int]


def cut(*shapes: list[Point], zoom: int = 3, first_zoom: int = 0) -> list[tuple[int, int, int, list[list[Point]]]]:
    fates = np.full(len(shapes), HIDDEN, np.uint8)
    given_ = features(*[[(0, points)] for points in shapes], first_zoom=first_zoom)
    pieces = cut_points(given_, np.arange(len(shapes)), zoom, 24 - zoom, fates)
    assert set(fates.tolist()) <= {KEPT if first_zoom <= zoom else HIDDEN}
    return as_lists(pieces)


@pytest.mark.parametrize(
    ("point", "want"),
    [
        ((0, 0), (0, 0, 0, 0)),
        ((2**21, 2**22), (0, 0, 1, 2)),
        ((2**33, 0), (1, 0, 0, 0)),  # on a border: the eastern tile's
        ((2**33, 2**33), (1, 1, 0, 0)),
        ((2**33 - 1, 2**33 - 1), (1, 1, 0, 0)),  # rounds onto the corner
        ((2**33 - 2**20 - 1, 0), (0, 0, 4095, 0)),
        ((WORLD, WORLD), (7, 7, 4095, 4095)),  # the far edge of the world belongs to the last tile
        ((WORLD - 1, 0), (7, 0, 4095, 0)),
        ((-5, WORLD * 3), (0, 7, 0, 4095)),
    ],
)
def test_single_points(point: Point, want: tuple[int, int, int, int]) -> None:
    tx, ty, x, y = want
    assert cut([point]) == [(tx, ty, 0, [[(x, y)]])]


def test_a_multipoint_is_split_and_points_that_fall_together_are_one() -> None:
    a, b = (2**21, 2**21), (2**21 + 5, 2**21 - 5)
    far = (2**35, 2**35)
    assert cut([a, far, b, a], [b]) == [(0, 0, 0, [[(1, 1)]]), (0, 0, 1, [[(1, 1)]]), (4, 4, 0, [[(0, 0)]])]


def test_the_order_of_the_points_is_kept_within_a_tile() -> None:
    points = [(k * 2**21, 0) for k in (5, 3, 9, 1)]
    assert cut(points) == [(0, 0, 0, [[(5, 0), (3, 0), (9, 0), (1, 0)]])]


def test_later_features_wait_and_nothing_is_nothing() -> None:
    assert cut([(0, 0)], first_zoom=4) == []
    assert cut() == []
    assert cut([]) == []


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, WORLD - 1), st.integers(0, WORLD - 1)), min_size=1, max_size=80),
        min_size=1,
        max_size=5,
    ),
    st.integers(0, 22),
)
def test_every_point_is_in_the_tile_it_rounds_to(shapes: list[list[Point]], zoom: int) -> None:
    size = 4096 << zoom
    want: dict[tuple[int, int, int], set[Point]] = {}
    for row, points in enumerate(shapes):
        for px, py in points:
            x, y = (min((2 * v * size // WORLD + 1) // 2, size - 1) for v in (px, py))
            want.setdefault((x // 4096, y // 4096, row), set()).add((x % 4096, y % 4096))
    got = cut(*shapes, zoom=zoom)
    assert {(tx, ty, row): set(points) for tx, ty, row, (points,) in got} == want
    assert len(got) == len(want)
