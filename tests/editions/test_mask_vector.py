"""Areas taken out of features: shapely's own difference, whole features, and borders that neighbours share."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from pipeline.editions.mask_vector import VectorMask, masked
from pipeline.types import Geometries
from tests.shapes import geometries

MASK = box(2, 2, 4, 4)


def shapes_of(found: Geometries) -> list[Any]:
    """What is left, put together feature by feature."""
    out: list[Any] = []
    for row, kind in enumerate(found.kinds.tolist()):
        parts = []
        for part in range(found.part_offsets[row], found.part_offsets[row + 1]):
            a, b = found.vertex_offsets[part], found.vertex_offsets[part + 1]
            parts.append(list(zip(found.x[a:b].tolist(), found.y[a:b].tolist(), strict=True)))
        if kind == 0:
            out.append(None)
        elif kind == 1:
            out.append(shapely.MultiPoint([p for part in parts for p in part]))
        elif kind == 2:
            out.append(shapely.MultiLineString(parts))
        else:
            roles = found.roles[found.part_offsets[row] : found.part_offsets[row + 1]].tolist()
            polygons: list[tuple[Any, list[Any]]] = []
            for role, ring in zip(roles, parts, strict=True):
                if role == 1:
                    polygons.append((ring, []))
                else:
                    polygons[-1][1].append(ring)
            out.append(MultiPolygon([Polygon(shell, holes) for shell, holes in polygons]))
    return out


FEATURES = [
    Point(3, 3),
    Point(1, 1),
    LineString([(0, 3), (6, 3)]),
    LineString([(2.5, 2.5), (3, 3)]),
    box(0, 0, 3, 3),
    box(2.5, 2.5, 3, 3),
    box(1, 1, 6, 6),
    box(5, 5, 6, 6),
    None,
    box(4, 2, 6, 4),  # only touches
]


def test_whole_features_go() -> None:
    found, gone = masked(geometries(FEATURES), VectorMask(MASK, cut=False))
    assert gone.tolist() == [True, False, True, True, True, True, True, False, False, True]
    assert found.kinds.tolist() == [0, 1, 0, 0, 0, 0, 0, 3, 0, 0]
    assert shapes_of(found)[7].equals(box(5, 5, 6, 6))


def test_only_the_parts_inside_go() -> None:
    found, gone = masked(geometries(FEATURES), VectorMask(MASK, cut=True))
    assert gone.tolist() == [True, False, False, True, False, True, False, False, False, False]
    for shape, before in zip(shapes_of(found), FEATURES, strict=True):
        if shape is not None:
            assert before is not None and shape.equals(before.difference(MASK))
    assert len(shapes_of(found)[6].geoms[0].interiors) == 1  # a hole where the area was


def test_what_is_far_away_is_not_looked_at() -> None:
    far = geometries([box(50, 50, 60, 60), None, Point(7, 7)])
    for cut in (False, True):
        found, gone = masked(far, VectorMask(MASK, cut))
        assert found is far and not gone.any()


def test_an_area_that_crosses_itself_hides_all_of_it() -> None:
    bow = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    _found, gone = masked(geometries([Point(0.3, 1), Point(1.7, 1), Point(1, 1.9)]), VectorMask(bow, cut=True))
    assert gone.tolist() == [True, True, False]


@pytest.mark.parametrize("cut", [False, True])
def test_crossing_and_empty_features_do_no_harm(cut: bool) -> None:
    bow = Polygon([(1, 1), (5, 5), (5, 1), (1, 5)])
    found, gone = masked(geometries([bow, None]), VectorMask(MASK, cut))
    left = shapes_of(found)[0]
    assert gone[0] or left.intersection(MASK.buffer(-1e-9)).area == 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 600)), min_size=4, max_size=10, unique=True))
def test_neighbours_that_are_cut_share_their_border(places: list[tuple[int, int]]) -> None:
    points = [(x / 100, y / 100) for x, y in places]
    whole = shapely.delaunay_triangles(shapely.MultiPoint(points))
    triangles = [t for t in shapely.get_parts(whole) if t.area > 1e-3]
    found, _gone = masked(geometries(triangles), VectorMask(MASK, cut=True))
    left = [shape for shape in shapes_of(found) if shape is not None]
    expected = shapely.union_all(triangles).difference(MASK)
    assert shapely.union_all(left).symmetric_difference(expected).area < 1e-6
    # Where a shared edge crosses the area's border, both have the very same vertex.
    corners = [set(map(tuple, shapely.get_coordinates(shape).tolist())) for shape in left]
    flat = [p for each in corners for p in each]
    for p in flat:
        for q in flat:
            assert p == q or max(abs(p[0] - q[0]), abs(p[1] - q[1])) > 1e-9 or p in points or q in points
