"""The grid, sets of its cells, and which cells shapes cover."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.catalog.cells import Cells, joined, nothing, union
from pipeline.catalog.grid import HALF, SIDE, UNIT_BITS, UNITS, ZOOM, latitude, longitude, square_metres, units
from pipeline.catalog.shapes import area_cells, touched_cells
from pipeline.types import EXTERIOR, INTERIOR, LINE, OPEN, POINT, POLYGON, Geometries

COLUMN, ROW = 217_900, 109_600  # a cell at Longquan

Ring = Sequence[tuple[float, float]]


def ragged(kinds: Sequence[int], features: Sequence[Sequence[tuple[int, Ring]]]) -> Geometries:
    """Features as parts (role, places); places in cells from the corner of (COLUMN, ROW), y south."""
    parts = [part for feature in features for part in feature]
    places = [place for _role, ring in parts for place in ring]
    return Geometries(
        np.array(kinds, np.uint8),
        np.cumsum([0, *(len(feature) for feature in features)]),
        np.cumsum([0, *(len(ring) for _role, ring in parts)]),
        np.array([role for role, _ring in parts], np.uint8),
        np.array([longitude(COLUMN + x) for x, _y in places]),
        np.array([latitude(ROW + y) for _x, y in places]),
    )


def areas(*polygons: Sequence[Ring]) -> Geometries:
    features = [[(INTERIOR if i else EXTERIOR, ring) for i, ring in enumerate(rings)] for rings in polygons]
    return ragged([POLYGON] * len(polygons), features)


def box(west: float, north: float, east: float, south: float) -> Ring:
    return [(west, north), (east, north), (east, south), (west, south), (west, north)]


def members(cells: Cells) -> set[tuple[int, int]]:
    """Columns and rows from (COLUMN, ROW)."""
    row, begin, end = cells.by_row()
    return {(x - COLUMN, int(r) - ROW) for r, b, e in zip(row, begin, end, strict=True) for x in range(int(b), int(e))}


# ---------------------------------------------------------------- the grid


@pytest.mark.parametrize(
    ("lng", "lat", "x", "y"),
    [
        (0.0, 0.0, UNITS // 2, UNITS // 2),
        (-180.0, 85.0511287798066, 0, 0),
        (180.0, -85.0511287798066, UNITS, UNITS),
        (-200.0, 90.0, 0, 0),  # moved onto the edge of the square
        (90.0, 0.0, 3 * UNITS // 4, UNITS // 2),
    ],
)
def test_places_that_are_known(lng: float, lat: float, x: int, y: int) -> None:
    found = units(np.array([lng]), np.array([lat]))
    assert (found[0][0], found[1][0]) == (x, y)


@given(st.floats(-180, 180), st.floats(-85.05, 85.05))
def test_the_projection_is_that_of_web_mercator(lng: float, lat: float) -> None:
    x, y = units(np.array([lng]), np.array([lat]))
    sine = math.sin(math.radians(lat))
    exact = (lng / 360 + 0.5) * UNITS, (0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)) * UNITS
    assert abs(x[0] - exact[0]) <= 0.5 + 1e-7 and abs(y[0] - exact[1]) <= 0.5 + 1e-6


def test_a_cell_measures_what_it_does_on_the_ellipsoid() -> None:
    from pyproj import Geod

    cell = shapely.box(longitude(COLUMN), latitude(ROW + 1), longitude(COLUMN + 1), latitude(ROW))
    area, _length = Geod(ellps="GRS80").geometry_area_perimeter(cell)
    assert square_metres(np.array([ROW]))[0] == pytest.approx(area, rel=1e-6)


# ---------------------------------------------------------------- sets

FEW = st.sets(st.integers(0, 40).map(lambda n: ROW * SIDE + SIDE - 20 + n))  # across the end of a row


def cells(numbers: set[int]) -> Cells:
    starts = np.array(sorted(numbers), np.int64)
    return joined(starts, starts + 1)


def numbers(found: Cells) -> set[int]:
    return {n for a, b in zip(found.starts, found.stops, strict=True) for n in range(int(a), int(b))}


@given(FEW, FEW)
def test_sets_of_cells_are_sets(a: set[int], b: set[int]) -> None:
    x, y = cells(a), cells(b)
    assert numbers(x) == a and len(x) == len(a)
    assert numbers(x | y) == a | b
    assert numbers(x & y) == a & b
    assert numbers(x - y) == a - b
    for found in (x | y, x & y, x - y, union(x, y, x)):
        assert (found.stops > found.starts).all() and (found.starts[1:] > found.stops[:-1]).all()  # canonical


@given(FEW, st.integers(0, 3))
def test_widening_reaches_in_a_square_and_not_around_the_world(a: set[int], reach: int) -> None:
    wanted = {
        (y << ZOOM) + x
        for n in a
        for y in range((n >> ZOOM) - reach, (n >> ZOOM) + reach + 1)
        for x in range((n & SIDE - 1) - reach, (n & SIDE - 1) + reach + 1)
        if 0 <= x < SIDE
    }
    assert numbers(cells(a).widened(reach)) == wanted


@given(FEW)
def test_boxes_are_the_set(a: set[int]) -> None:
    found = [
        (y << ZOOM) + x
        for west, east, north, south in zip(*cells(a).boxes(), strict=True)
        for y in range(north, south)
        for x in range(west, east)
    ]
    assert sorted(found) == sorted(a)


def test_nothing_is_a_set_too() -> None:
    none = nothing()
    assert len(none) == 0 and union() == none and none.widened(3) == none and (none | none) == none - none
    assert [len(each) for each in none.boxes()] == [0, 0, 0, 0]


# ---------------------------------------------------------------- areas


def test_a_box_of_cells_has_its_cells() -> None:
    found = area_cells(areas([box(0, 0, 4, 2)]))
    assert members(found) == {(x, y) for x in range(4) for y in range(2)}


def test_centres_decide_at_the_edge() -> None:
    # A centre on a western or northern edge is inside; on an eastern or southern one outside.
    assert members(area_cells(areas([box(0.5, 0.5, 2.5, 2.5)]))) == {(x, y) for x in (0, 1) for y in (0, 1)}
    assert members(area_cells(areas([box(0.51, 0.51, 2.51, 2.51)]))) == {(x, y) for x in (1, 2) for y in (1, 2)}


def test_a_hole_is_no_area_and_an_island_in_it_is() -> None:
    ring, hole, island = box(0, 0, 5, 5), box(1, 1, 4, 4), box(2, 2, 3, 3)
    assert len(area_cells(areas([ring, hole]))) == 25 - 9
    assert len(area_cells(areas([ring, hole], [island]))) == 25 - 9 + 1


def test_polygons_that_overlap_count_once() -> None:
    assert len(area_cells(areas([box(0, 0, 3, 3)], [box(1, 1, 4, 4)]))) == 9 + 9 - 4


def test_neighbours_share_no_cell_and_leave_none_out() -> None:
    corner = [(0.0, 0.0), (6.3, 0.4), (5.2, 7.7), (-0.6, 6.1), (0.0, 0.0)]
    inside = (2.9, 3.3)
    parts = [[corner[i], corner[i + 1], inside, corner[i]] for i in range(4)]
    pieces = [area_cells(areas([part])) for part in parts]
    assert union(*pieces) == area_cells(areas([corner]))
    assert sum(map(len, pieces)) == len(union(*pieces))


def test_an_area_too_small_for_a_centre_has_the_cells_it_touches() -> None:
    assert members(area_cells(areas([box(0.1, 0.1, 0.2, 0.2)]))) == {(0, 0)}
    assert members(area_cells(areas([box(0.6, 0.6, 3.4, 0.8)]))) == {(0, 0), (1, 0), (2, 0), (3, 0)}
    both = area_cells(areas([box(0.1, 0.1, 0.2, 0.2)], [box(3, 3, 5, 5)]))
    assert members(both) == {(0, 0), (3, 3), (4, 3), (3, 4), (4, 4)}


def test_points_and_lines_are_no_areas_and_areas_are_no_lines() -> None:
    mixed = ragged(
        [POINT, LINE, POLYGON],
        [[(OPEN, [(7.5, 7.5)])], [(OPEN, [(9.5, 9.5), (9.5, 11.5)])], [(EXTERIOR, box(0, 0, 2, 2))]],
    )
    assert members(area_cells(mixed)) == {(0, 0), (1, 0), (0, 1), (1, 1)}
    assert members(touched_cells(mixed)) == {(7, 7), (9, 9), (9, 10), (9, 11)}


corner = st.tuples(st.floats(-3, 12), st.floats(-3, 12))


@given(st.lists(st.lists(corner, min_size=3, max_size=9), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_areas_have_the_centres_that_lie_inside_them(rings: list[list[tuple[float, float]]]) -> None:
    """Against a crossing count in whole numbers, one centre at a time; rings may cross themselves."""
    polygons = [[[*ring, ring[0]]] for ring in rings]
    geometries = areas(*polygons)
    x, y = units(geometries.x, geometries.y)
    found = area_cells(geometries)
    wanted: set[tuple[int, int]] = set()
    for a, b in zip(geometries.vertex_offsets[:-1], geometries.vertex_offsets[1:], strict=True):
        ring = list(zip(x[a:b].tolist(), y[a:b].tolist(), strict=True))
        inside = {(c, r) for c in range(-4, 14) for r in range(-4, 14) if _inside(ring, c, r)}
        if not inside:  # what the ring touches
            lines = shapely.LineString(ring) if len(set(ring)) > 1 else shapely.Point(ring[0])
            touched = members(area_cells(_one(geometries, int(a), int(b))))
            corners = {((px >> UNIT_BITS) - COLUMN, (py >> UNIT_BITS) - ROW) for px, py in ring}
            assert corners <= touched
            for c, r in touched:
                west, north = (COLUMN + c) << UNIT_BITS, (ROW + r) << UNIT_BITS
                assert lines.distance(shapely.box(west, north, west + 256, north + 256)) == 0
            inside = touched
        wanted |= inside
    assert members(found) == wanted


def _one(geometries: Geometries, a: int, b: int) -> Geometries:
    return Geometries(
        np.array([POLYGON], np.uint8), np.array([0, 1]), np.array([0, b - a]), np.array([EXTERIOR], np.uint8),
        geometries.x[a:b], geometries.y[a:b],
    )  # fmt: skip


def _inside(ring: Sequence[tuple[int, int]], column: int, row: int) -> bool:
    cx, cy = ((COLUMN + column) << UNIT_BITS) + HALF, ((ROW + row) << UNIT_BITS) + HALF
    west = 0
    for (ax, ay), (bx, by) in pairwise(ring):
        if (ay <= cy) == (by <= cy):
            continue
        if ay > by:
            ax, ay, bx, by = bx, by, ax, ay
        west += ax * (by - ay) + (cy - ay) * (bx - ax) <= cx * (by - ay)
    return west % 2 == 1


# ---------------------------------------------------------------- lines and points


def test_a_line_has_the_cells_it_runs_through() -> None:
    flat = ragged([LINE], [[(OPEN, [(0.2, 0.3), (3.7, 0.3)])]])
    assert members(touched_cells(flat)) == {(0, 0), (1, 0), (2, 0), (3, 0)}
    steep = ragged([LINE], [[(OPEN, [(0.5, 2.9), (1.5, 0.1)])]])  # leaves column 0 at half its height, in row 1
    assert members(touched_cells(steep)) == {(0, 2), (0, 1), (1, 1), (1, 0)}


def test_the_last_cell_of_the_world_is_one() -> None:
    edge = Geometries(
        np.array([POINT], np.uint8), np.array([0, 1]), np.array([0, 1]), np.array([OPEN], np.uint8),
        np.array([180.0]), np.array([-86.0]),
    )  # fmt: skip
    assert numbers(touched_cells(edge)) == {SIDE * SIDE - 1}


@given(st.lists(corner, min_size=2, max_size=6))
@settings(deadline=None)
def test_lines_touch_what_they_cross(line: list[tuple[float, float]]) -> None:
    geometries = ragged([LINE], [[(OPEN, line)]])
    x, y = units(geometries.x, geometries.y)
    drawn = shapely.LineString(list(zip(x.tolist(), y.tolist(), strict=True)))
    found = members(touched_cells(geometries))
    for c in range(-4, 14):
        for r in range(-4, 14):
            west, north = (COLUMN + c) << UNIT_BITS, (ROW + r) << UNIT_BITS
            if drawn.intersects(shapely.box(west + 1, north + 1, west + 255, north + 255)):
                assert (c, r) in found
            if (c, r) in found:
                assert drawn.distance(shapely.box(west, north, west + 256, north + 256)) < 1e-6
