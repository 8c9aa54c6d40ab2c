"""Cutting ragged geometries down, against lists of shapely geometries."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.ragged import features_of, meets, nothing, only, points, without
from pipeline.sources.wkb import ragged
from pipeline.types import NONE, Geometries

SHAPES = [
    None,
    shapely.Point(1, 2),
    shapely.MultiPoint([(3, 3), (9, 9)]),
    shapely.LineString([(0, 0), (5, 1)]),
    shapely.MultiLineString([[(0, 0), (1, 1)], [(7, 7), (8, 8), (9, 6)]]),
    shapely.box(2, 2, 4, 4),
    shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 9, 9).difference(shapely.box(6, 6, 7, 7))]),
]


def parsed(shapes: list[object]) -> Geometries:
    return ragged(pa.array([None if s is None else shapely.to_wkb(s) for s in shapes], pa.binary()))[0]


def same(a: Geometries, b: Geometries) -> None:
    for name, left, right in zip(Geometries._fields, a, b, strict=True):
        assert left.tolist() == right.tolist(), name
        assert left.dtype == right.dtype, name


some = st.lists(st.tuples(st.sampled_from(SHAPES), st.booleans()), max_size=12)


@given(some)
def test_without_and_only(features: list[tuple[object, bool]]) -> None:
    shapes = [s for s, _ in features]
    kept = np.array([k for _, k in features], np.bool_)
    same(without(parsed(shapes), ~kept), parsed([s if k else None for s, k in features]))
    same(only(parsed(shapes), kept), parsed([s for s, k in features if k]))


@given(some)
def test_meets(features: list[tuple[object, bool]]) -> None:
    shapes = [s for s, _ in features]
    areas = [(4.0, 4.0, 6.0, 6.0), (-1.0, 1.0, 0.0, 1.5)]
    near = shapely.union_all([shapely.box(*area) for area in areas])
    found = meets(parsed(shapes), areas)
    assert found.tolist() == [s is not None and shapely.box(*s.bounds).intersects(near) for s in shapes]
    assert not meets(parsed(shapes), ()).any()


@given(some, st.integers(0, 100))
def test_features_of(features: list[tuple[object, bool]], at: int) -> None:
    geometries = parsed([s for s, _ in features])
    marked = np.zeros(len(geometries.x), np.bool_)
    if len(marked):
        marked[at % len(marked)] = True
    found = features_of(geometries, marked)
    assert found.sum() == (1 if len(marked) else 0)
    for row in np.flatnonzero(found):
        start, end = geometries.vertex_offsets[geometries.part_offsets[[row, row + 1]]]
        assert start <= at % len(marked) < end


def test_points_and_nothing() -> None:
    present = np.array([True, False, True])
    made = points(np.array([1.0, np.nan, 3.0]), np.array([4.0, 5.0, 6.0]), present)
    same(made, parsed([shapely.Point(1, 4), None, shapely.Point(3, 6)]))
    same(nothing(2), parsed([None, None]))
    assert nothing(2).kinds.tolist() == [NONE, NONE]
