"""Which ring lies in which: by hand, and against shapely for boxes anywhere."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon

from pipeline.kernels.sides import misplaced

Ring = list[tuple[int, int]]


def is_misplaced(rings: list[Ring], shell_of: list[int]) -> bool:
    """The kernel on unclosed rings."""
    xy = np.array([point for ring in rings for point in ring], np.int32)
    offsets = np.cumsum([0, *map(len, rings)])
    to = np.concatenate([np.r_[a + 1 : b, a] for a, b in pairwise(offsets)])
    x = np.ascontiguousarray(xy[:, 0])
    low, high = np.minimum(x, x[to]), np.maximum(x, x[to])
    order = np.argsort(low, kind="stable")
    y = np.ascontiguousarray(xy[:, 1])
    return bool(misplaced(x, y, offsets, 0, len(rings), np.array(shell_of, np.int64), low, high, to, order))


def box(x0: int, y0: int, x1: int, y1: int) -> Ring:
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


DIAMOND = [(50, 0), (100, 50), (50, 100), (0, 50)]
U = [(0, 0), (100, 0), (100, 100), (80, 100), (80, 20), (20, 20), (20, 100), (0, 100)]


@pytest.mark.parametrize(
    ("rings", "shell_of", "wrong"),
    [
        ([DIAMOND], [0], False),
        ([DIAMOND, box(40, 40, 60, 60)], [0, 0], False),
        ([DIAMOND, box(1, 1, 9, 9)], [0, 0], True),  # in its box, but outside
        ([DIAMOND, box(200, 40, 260, 60)], [0, 0], True),
        ([DIAMOND, box(50, 200, 60, 260)], [0, 0], True),
        ([U, box(40, 40, 60, 60)], [0, 0], True),  # between the arms
        ([U, box(4, 40, 16, 60)], [0, 0], False),
        ([box(0, 0, 9, 9), box(20, 0, 29, 9)], [0, 1], False),  # two parts
        ([box(0, 0, 90, 90), box(20, 20, 29, 29)], [0, 1], True),  # a part in a part
        ([box(0, 0, 90, 90), box(20, 20, 80, 80), box(30, 30, 40, 40)], [0, 0, 2], True),  # an island: GEOS is asked
        ([box(0, 0, 90, 90), box(20, 20, 80, 80), box(30, 30, 40, 40)], [0, 0, 0], True),  # a hole in a hole
        ([box(0, 0, 9, 9), box(20, 0, 29, 9), box(22, 2, 24, 4)], [0, 1, 1], False),
        ([box(0, 0, 9, 9), box(20, 0, 29, 9), box(2, 2, 4, 4)], [0, 1, 1], True),  # the other's hole
        ([box(2, 2, 4, 4)], [-1], True),  # a hole of nothing
        ([box(-(1 << 30), -(1 << 30), (1 << 30) - 1, (1 << 30) - 1), DIAMOND], [0, 0], False),
    ],
)
def test_by_hand(rings: list[Ring], shell_of: list[int], wrong: bool) -> None:
    assert is_misplaced(rings, shell_of) == wrong
    mirrored = [[(y, x) for x, y in ring] for ring in rings]
    assert is_misplaced(mirrored, shell_of) == wrong


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_against_shapely(data: st.DataObject) -> None:
    """Diamonds and boxes anywhere that do not touch: the sweep sees what every pair by itself says."""
    rings: list[Ring] = []
    shapes: list[Polygon] = []
    for _ in range(data.draw(st.integers(1, 14))):
        x, y, w, h = (data.draw(st.integers(0, 60)) for _ in range(4))
        ring = box(x, y, x + w + 1, y + h + 1)
        if data.draw(st.booleans()):
            ring = [(x + w + 1, y), (x + 2 * w + 2, y + h + 1), (x + w + 1, y + 2 * h + 2), (x, y + h + 1)]
        shape = Polygon(ring)
        if not any(shape.exterior.intersects(other.exterior) for other in shapes):
            turn = data.draw(st.integers(0, 3))
            rings.append(ring[turn:] + ring[:turn])
            shapes.append(shape)
    shell_of, shell = [], -1
    for k in range(len(rings)):
        shell = k if data.draw(st.booleans()) else shell
        shell_of.append(shell)
    expected = False
    for k, ring in enumerate(shapes):
        around = {m for m, other in enumerate(shapes) if m != k and other.contains(ring)}
        expected |= shell_of[k] < 0 or around != ({shell_of[k]} - {k})
    assert is_misplaced(rings, shell_of) == expected
