"""Ground that is mapped without a gap: against shapely's areas, by hand, and its laws."""

from __future__ import annotations

import math

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from pipeline.editions.area_scale import COLUMNS, PER_DEGREE, box_cells, cells_area, continua, mapped_cells
from tests.shapes import geometries

CELL = 1 / PER_DEGREE


def geodesic_km2(shape: Polygon) -> float:
    dense = shapely.segmentize(shape, 0.01)  # a parallel is no geodesic
    return abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(dense)[0]) / 1e6


def places(cells: np.ndarray) -> set[tuple[int, int]]:
    return {(int(c % COLUMNS), int(c // COLUMNS)) for c in cells}


def at(column: int, row: int) -> Point:
    """The middle of a cell."""
    return Point((column + 0.5) * CELL - 180, (row + 0.5) * CELL - 90)


def test_a_degree_square_has_the_area_of_the_ellipsoid() -> None:
    square = box(119.0, 28.0, 120.0, 29.0)
    assert cells_area(mapped_cells(geometries([square]))) == pytest.approx(geodesic_km2(square), rel=1.2e-2)
    assert cells_area(box_cells((119.0, 28.0, 120.0, 29.0))) == pytest.approx(geodesic_km2(square), rel=4e-3)


def test_holes_are_not_mapped() -> None:
    outer, inner = box(119, 28, 119.5, 28.5), box(119.1, 28.1, 119.4, 28.4)
    ring = Polygon(outer.exterior, [inner.exterior])
    expected = geodesic_km2(outer) - geodesic_km2(inner)
    assert cells_area(mapped_cells(geometries([ring]))) == pytest.approx(expected, rel=0.03)  # borders take cells


def test_a_line_covers_the_cells_along_it_and_not_its_box() -> None:
    """From one corner of a box of 480 by 480 cells to the other: three cells a row at most."""
    line = LineString([(119.0, 28.0), (120.0, 29.0)])
    assert 480 <= len(mapped_cells(geometries([line]))) <= 3 * 480


def test_points_have_a_cell_each() -> None:
    found = mapped_cells(geometries([at(7, 9), at(7, 9), at(8, 9), None]))
    assert places(found) == {(7, 9), (8, 9)}


def test_what_touches_is_one_and_a_gap_divides() -> None:
    points = {
        "a": [at(100, 56640), at(101, 56641)],  # a corner
        "b": [at(102, 56641), at(105, 56641)],  # beside a; then two cells of nothing
        "c": [at(107, 56641)],
        "d": [at(106, 56640)],  # joins the last of b and c
    }
    found = continua({name: mapped_cells(geometries(shapes)) for name, shapes in points.items()})
    cell = cells_area(np.array([56640 * COLUMNS + 100]))
    assert [each.datasets for each in found] == [("a", "b"), ("b", "c", "d")]
    assert [each.area for each in found] == [pytest.approx(3 * cell, rel=1e-4)] * 2
    assert continua({}) == [] == continua({"a": np.empty(0, np.int64)})


def test_nothing_touches_around_the_edge_of_the_world() -> None:
    ends = [at(COLUMNS - 1, 56640), at(0, 56641)]
    assert len(continua({"a": mapped_cells(geometries(ends))})) == 2


shapes = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=12
)


@settings(max_examples=30, deadline=None)
@given(shapes)
def test_components_are_those_of_a_naive_search(boxes: list[tuple[int, int, int, int]]) -> None:
    drawn: list[BaseGeometry] = [
        box(*(at(x, y).coords[0]), *(at(x + w - 1, y + h - 1).coords[0])) if w > 1 and h > 1 else at(x, y)
        for x, y, w, h in boxes
    ]
    cells = mapped_cells(geometries(drawn))
    left = places(cells)
    sizes = []
    while left:
        todo, size = [left.pop()], 0
        while todo:
            x, y = todo.pop()
            size += 1
            near = {(x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1)} & left
            left -= near
            todo += near
        sizes.append(size)
    one = cells_area(np.array([0 * COLUMNS + 5]))
    found = [each.area / one for each in continua({"a": cells})]
    assert len(found) == len(sizes)
    assert sum(found) == pytest.approx(cells_area(cells) / one)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.floats(119, 119.2), st.floats(28, 28.2)), min_size=3, max_size=9))
def test_every_cell_meets_the_shape_and_no_middle_of_it_is_missing(points: list[tuple[float, float]]) -> None:
    shape = shapely.make_valid(Polygon(points))
    polygons = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon | MultiPolygon)]
    if not polygons:
        return
    found = places(mapped_cells(geometries(polygons)))
    for x, y in found:
        cell = box(x * CELL - 180, y * CELL - 90, (x + 1) * CELL - 180, (y + 1) * CELL - 90).buffer(1e-9)
        assert cell.intersects(shape)
    west, south, east, north = shape.bounds
    for x in range(math.floor((west + 180) * PER_DEGREE), math.ceil((east + 180) * PER_DEGREE)):
        for y in range(math.floor((south + 90) * PER_DEGREE), math.ceil((north + 90) * PER_DEGREE)):
            if any(part.buffer(-1e-9).contains(at(x, y)) for part in polygons):
                assert (x, y) in found
