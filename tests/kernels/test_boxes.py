"""Which boxes meet which areas: a table by hand, shapely, and boxes of nothing."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.kernels.boxes import boxes_meet, features_meet

NAN = float("nan")
Box = tuple[float, float, float, float]


def meet(boxes: list[Box], areas: list[Box]) -> list[bool]:
    west, south, east, north = np.array(boxes, np.float64).reshape(-1, 4).T.copy()
    found = np.empty(len(boxes), np.bool_)
    count = boxes_meet(west, south, east, north, np.array(areas, np.float64).reshape(-1, 4), found)
    assert count == found.sum()
    return list(found.tolist())


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((0, 0, 1, 1), False),
        ((0, 0, 2, 2), True),  # touches a corner
        ((0, 0, 1.999, 9), False),
        ((2.5, 2.5, 2.6, 2.6), True),  # within
        ((0, 0, 9, 9), True),  # around
        ((2.5, 2.5, 2.5, 2.5), True),  # a point
        ((3, 0, 9, 2), True),
        ((170, 0, -170, 9), True),  # crosses the antimeridian: may be anywhere between
        ((170, 4, -170, 9), False),  # … but not above
        ((NAN, NAN, NAN, NAN), False),
    ],
)
def test_table(box: Box, expected: bool) -> None:
    assert meet([box], [(2, 2, 3, 3)]) == [expected]
    assert meet([box], [(50, 50, 51, 51), (2, 2, 3, 3)]) == [expected]
    assert meet([box], []) == [False]


numbers = st.integers(-4, 4).map(float)
ordered = st.tuples(numbers, numbers, numbers, numbers).map(
    lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
)
parts = st.lists(st.lists(st.tuples(numbers, numbers), max_size=4), max_size=3)


@settings(deadline=None)  # the first call compiles
@given(st.lists(ordered, max_size=6), st.lists(ordered, max_size=4))
def test_boxes_as_shapely_sees_them(boxes: list[Box], areas: list[Box]) -> None:
    near = shapely.MultiPolygon() if not areas else shapely.GeometryCollection([shapely.box(*area) for area in areas])
    assert meet(boxes, areas) == [any(shapely.box(*b).intersects(g) for g in near.geoms) for b in boxes]


@settings(deadline=None)  # the first call compiles
@given(st.lists(parts, max_size=5), st.lists(ordered, max_size=4))
def test_features_meet_as_their_boxes(features: list[list[list[tuple[float, float]]]], areas: list[Box]) -> None:
    part_offsets = np.cumsum([0, *(len(f) for f in features)], dtype=np.int64)
    vertex_offsets = np.cumsum([0, *(len(p) for f in features for p in f)], dtype=np.int64)
    vertices = np.array([v for f in features for p in f for v in p], np.float64).reshape(-1, 2)
    x, y = vertices.T.copy()
    found = np.empty(len(features), np.bool_)
    count = features_meet(part_offsets, vertex_offsets, x, y, np.array(areas, np.float64).reshape(-1, 4), found)
    boxes = []
    for feature in features:
        flat = np.array([v for part in feature for v in part]).reshape(-1, 2)
        boxes.append((*flat.min(0), *flat.max(0)) if len(flat) else (NAN, NAN, NAN, NAN))
    assert found.tolist() == meet(boxes, areas)
    assert count == found.sum()
