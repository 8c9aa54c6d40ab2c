"""Shares that other features cover, by hand and against shapely one feature at a time."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, box

from pipeline.errors import ConfigError
from pipeline.intake.coverage_share import Cover, sound, subdivide
from pipeline.intake.leads import Ground, LeadCounts, find_leads, lead_collection
from tests.shapes import batch


def measured(shapes: Sequence[Any], against: Sequence[Any], within: float) -> list[tuple[float, float]]:
    cover = Cover(np.array([*against, None], object)[:-1], within, threads=2)
    sizes, covered = cover.measure(np.array([*shapes, None], object)[:-1])
    return list(zip(sizes.tolist(), covered.tolist(), strict=True))


STREET = LineString([(0, 0), (100, 0)])


@pytest.mark.parametrize(
    ("shape", "size", "covered"),
    [
        (LineString([(0, 9), (100, 9)]), 100, 100),  # beside it
        (LineString([(0, 11), (100, 11)]), 100, 0),
        (LineString([(50, 0), (50, 40)]), 40, 10),  # away from it at a right angle
        (LineString([(100, 0), (150, 0)]), 50, 10),  # goes on where it ends: a round end of ten metres
        (LineString([(50, -30), (50, 30)]), 60, 20),  # across
        (MultiLineString([[(0, 0), (10, 0)], [(0, 50), (30, 50)]]), 40, 10),
        (Point(5, 5), 1, 1),
        (Point(5, 15), 1, 0),
        (MultiPoint([(5, 5), (5, 15), (5, -5)]), 3, 2),
        (box(0, 0, 20, 40), 800, 200),
        (box(0, 20, 20, 40), 400, 0),
        (MultiPolygon([box(0, 0, 10, 10), box(0, 50, 10, 60)]), 200, 100),
        (LineString([(5, 5), (5, 5)]), 1, 1),  # of no length: a point
        (Polygon([(5, 5), (9, 5), (5, 5)]), 1, 1),
    ],
)
def test_what_lies_within_ten_metres_of_a_street(shape: Any, size: float, covered: float) -> None:
    ((found, part),) = measured([shape], [STREET], 10)
    assert found == pytest.approx(size)
    assert part == pytest.approx(covered, abs=0.06 if part % 10 else 1e-9)  # round corners lie 0.5 % further in


def test_several_cover_together_what_no_single_one_does() -> None:
    halves = [LineString([(0, 3), (60, 3)]), LineString([(40, -3), (100, -3)])]
    assert measured([STREET], halves, 10) == [(pytest.approx(100), pytest.approx(100))]
    assert measured([box(0, 0, 10, 10)], [box(0, 0, 5, 10), box(5, 0, 10, 10)], 0.001)[0][1] == pytest.approx(100)


def test_an_overlap_counts_once() -> None:
    ((size, covered),) = measured([STREET], [LineString([(0, 0), (30, 0)]), LineString([(0, 1), (30, 1)])], 10)
    assert (size, covered) == (100, pytest.approx(30 + math.sqrt(10**2 - 0), abs=0.06))


def test_nothing_to_ask_and_nothing_to_cover() -> None:
    assert measured([], [STREET], 10) == []
    assert measured([STREET], [], 10) == [(100, 0)]
    assert measured([STREET], [None, Polygon()], 10) == [(100, 0)]
    ((size, covered), (empty, _covered)) = measured([None, LineString()], [STREET], 10)
    assert math.isnan(size) and math.isnan(covered) and math.isnan(empty)


def test_an_area_that_crosses_itself() -> None:
    bow = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])  # two triangles of 25 m² each
    assert measured([bow], [box(5, 0, 10, 10).buffer(0)], 0.001)[0] == (50, pytest.approx(25, abs=0.02))
    assert measured([box(0, 0, 10, 10)], [bow], 0.001)[0][1] == pytest.approx(50, abs=0.05)


def test_long_features_are_taken_in_pieces() -> None:
    """A spiral of 20,000 vertices beside itself, half of it moved away."""
    t = np.linspace(0, 60 * math.pi, 20_000)
    spiral = LineString(np.stack([t * 20 * np.cos(t), t * 20 * np.sin(t)], 1))
    pieces, owner = subdivide(np.array([None, spiral], object))
    assert set(owner.tolist()) == {1} and int(shapely.get_num_coordinates(pieces).max()) <= 256
    assert float(shapely.length(pieces).sum()) == pytest.approx(spiral.length, rel=1e-12)
    disc = Point(0, 0).buffer(2000, quad_segs=3000)
    ((size, covered),) = measured([spiral], [disc], 5)
    assert size == pytest.approx(spiral.length)
    assert covered == pytest.approx(spiral.intersection(Point(0, 0).buffer(2005, quad_segs=3000)).length, rel=1e-5)


def test_pieces_together_are_the_whole() -> None:
    comb = [(x, y) for x in range(0, 1000) for y in ((0, 500) if x % 2 else (500, 0))]  # runs along its own middle
    line = LineString(comb)
    turns = np.linspace(0, 6.28, 5000)
    star = Polygon([(math.cos(t) * (9 + t % 2), math.sin(t) * (9 + t % 2)) for t in turns]).buffer(0)
    heap = LineString([(1e6, 1e6)] * 300 + [(1e6, 1e6 + 1e-9)])
    exact = LineString([(x, 0) for x in range(256)]), LineString([(x, 0) for x in range(257)])
    shapes = np.array([line, star, heap, *exact, MultiLineString([line, exact[0]])], object)
    pieces, owner = subdivide(shapes)
    lengths = np.bincount(owner, np.where(shapely.get_dimensions(pieces) == 2, 0, shapely.length(pieces)))
    areas = np.bincount(owner, shapely.area(pieces))
    assert lengths.tolist() == pytest.approx([line.length, 0, heap.length, 255, 256, line.length + 255])
    assert areas[1] == pytest.approx(star.area)
    assert shapely.union_all(pieces[owner == 1]).symmetric_difference(star).area < 1e-9
    assert np.bincount(owner).tolist()[2:5] == [2, 1, 2] and shapely.get_num_coordinates(pieces).max() <= 256


def test_sound_leaves_what_is_valid_alone() -> None:
    shapes = np.array([STREET, None, box(0, 0, 1, 1)], object)
    assert sound(shapes) is shapes


COORDINATE = st.integers(0, 40).map(float)
LINES = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=2, max_size=5).map(LineString)
AREAS = st.tuples(COORDINATE, COORDINATE, st.integers(1, 20), st.integers(1, 20)).map(
    lambda b: box(b[0], b[1], b[0] + b[2], b[1] + b[3])
)
POINTS = st.tuples(COORDINATE, COORDINATE).map(Point)
SHAPES = st.lists(LINES | AREAS | POINTS, max_size=6)


@settings(max_examples=80, deadline=None)
@given(SHAPES, SHAPES, st.sampled_from([0.5, 3.0, 10.0]))
def test_the_same_as_one_by_one(shapes: list[Any], against: list[Any], within: float) -> None:
    near = shapely.union_all([each.buffer(within, quad_segs=8) for each in against]) if against else Polygon()
    for shape, (size, covered) in zip(shapes, measured(shapes, against, within), strict=True):
        if shape.geom_type == "Point" or shape.length == 0:
            expected = (1.0, float(near.intersects(Point(shape.coords[0]))))
        elif shape.geom_type == "LineString":
            once = shapely.unary_union(shape)  # what it runs over twice
            expected = (once.length, once.intersection(near).length)
        else:
            expected = (shape.area, shape.intersection(near).area)
        assert (size, covered) == (pytest.approx(expected[0]), pytest.approx(expected[1], abs=1e-6))


def test_leads_with_their_fields_and_what_is_missing() -> None:
    roads = [
        LineString([(120, 28), (120, 28.01)]),  # on the central meridian: 1,108.1 m
        LineString([(120.1, 28), (120.1, 28.01)]),
        None,
        Point(120.2, 28),
    ]
    features = batch(roads, NAME=["known", "new", "nowhere", "stop"], WIDTH=[1.0, math.nan, None, 2.0])
    counts = LeadCounts()
    ground = Ground("EPSG:4549")
    against = [batch([roads[0]]), batch([LineString([(120.1, 28), (120.1, 28.004)])])]
    leads = find_leads([features, features], against, ground, counts, within=20, least=0.5, threads=1)
    found = json.loads("".join(lead_collection(leads)))
    assert (counts.features, counts.leads, counts.nowhere) == (8, 4, 2)
    new, stop, *again = found["features"]
    assert again == [new, stop]
    # GRS 80 at 28.005°: a hundredth of a degree of latitude is 1,108.13 m; 9.8 km east of the meridian scale 1.0000012.
    missing = new["properties"].pop("lead:metres")
    assert missing == pytest.approx(0.6 * 1108.13 - 20, abs=0.3)
    assert new["properties"] == {
        "NAME": "new",
        "WIDTH": "NaN",
        "lead:covered": pytest.approx(1 - missing / 1108.13, abs=1e-4),
    }
    assert new["geometry"] == {"type": "LineString", "coordinates": [[120.1, 28.0], [120.1, 28.01]]}
    assert stop["properties"] == {"NAME": "stop", "WIDTH": 2.0, "lead:covered": 0.0, "lead:points": 1.0}


def test_features_without_fields() -> None:
    leads = find_leads([batch([Point(120, 28)])], [], Ground("EPSG:4549"), LeadCounts(), within=1, least=0.5, threads=1)
    (lead,) = json.loads("".join(lead_collection(leads)))["features"]
    assert lead["properties"] == {"lead:covered": 0.0, "lead:points": 1.0}


def test_no_leads_are_an_empty_collection() -> None:
    assert json.loads("".join(lead_collection([]))) == {"type": "FeatureCollection", "features": []}


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:2263"])  # degrees, US survey feet
def test_distances_need_metres(crs: str) -> None:
    with pytest.raises(ConfigError):
        Ground(crs)


def test_places_that_the_crs_does_not_reach_are_counted() -> None:
    """Transverse Mercator has no place for the point a quarter of the globe away from its meridian."""
    counts = LeadCounts()
    features = batch([Point(-150, 0), Point(120, 28)])
    list(find_leads([features], [features], Ground("EPSG:4549"), counts, within=1, least=0.5, threads=1))
    assert (counts.features, counts.leads, counts.nowhere) == (2, 0, 1)
