"""Which tiles meet an area: against every tile of the world, asked one by one."""

from __future__ import annotations

import mercantile
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pmtiles.tile import tileid_to_zxy

from pipeline.archive.region import Region, area, box, ranges_of
from pipeline.errors import InputError, UsageError

LAST = 4
ALL = [mercantile.Tile(x, y, z) for z in range(LAST + 1) for x in range(1 << z) for y in range(1 << z)]
INDEX = {tile: i for i, tile in enumerate(ALL)}
SQUARES = np.array([shapely.box(*mercantile.bounds(tile)) for tile in ALL])
INNER = shapely.buffer(SQUARES, -1e-3, join_style="mitre")
degrees = st.tuples(st.integers(-185, 185), st.integers(-88, 88))


def found(region: Region, low: int = 0, high: int = LAST) -> set[mercantile.Tile]:
    ranges = ranges_of(region, low, high)
    assert (ranges.starts < ranges.stops).all() and (ranges.starts[1:] > ranges.stops[:-1]).all()
    ids = [i for a, b in zip(ranges.starts.tolist(), ranges.stops.tolist(), strict=True) for i in range(a, b)]
    return {mercantile.Tile(x, y, z) for z, x, y in map(tileid_to_zxy, ids)}


@settings(max_examples=60, deadline=None)
@given(st.lists(degrees, min_size=3, max_size=7, unique=True), st.lists(degrees, min_size=3, max_size=4, unique=True))
def test_the_tiles_of_a_polygon_are_those_it_overlaps(
    outline: list[tuple[int, int]], hole: list[tuple[int, int]]
) -> None:
    shape = shapely.make_valid(shapely.Polygon(outline)).difference(shapely.make_valid(shapely.Polygon(hole)))
    if shape.area == 0:
        return
    met = np.isin(range(len(ALL)), [INDEX[tile] for tile in found(area(shape))])
    share = shapely.area(shapely.intersection(shape, SQUARES)) / shapely.area(SQUARES)
    assert met[share > 1e-5].all(), "what it overlaps"
    apart = ~shapely.intersects(shape, INNER)  # no sliver, of which intersection finds no area
    assert not met[(share == 0) & apart].any(), "what it only touches, or not even that"


def test_a_hole_holds_no_tiles_and_islands_in_it_do() -> None:
    # tile columns of zoom 4 are 22.5 degrees wide
    ring = shapely.box(-90, -60, 90, 60).difference(shapely.box(-45, -41, 45, 41))
    island = shapely.box(1, 1, 2, 2)
    met = {(t.x, t.y) for t in found(area(shapely.union_all([ring, island])), 4, 4)}
    assert (8, 7) in met, "north-east of 0, 0: the island"
    assert not {(7, 7), (7, 8), (8, 8)} & met, "beside it: nothing"
    assert {(4, 5), (11, 10)} <= met and (3, 5) not in met


@pytest.mark.parametrize(
    ("bounds", "columns"),
    [
        ((0.0, -10.0, 90.0, 10.0), {2}),  # borders of tiles belong to one side
        ((0.0001, -10.0, 90.0001, 10.0), {2, 3}),
        ((170.0, -10.0, -170.0, 10.0), {0, 3}),  # across the antimeridian
        ((-180.0, -10.0, 180.0, 10.0), {0, 1, 2, 3}),
    ],
)
def test_boxes(bounds: tuple[float, float, float, float], columns: set[int]) -> None:
    assert {tile.x for tile in found(box(bounds), 2, 2)} == columns


@pytest.mark.parametrize(
    "bounds", [(1, 1, 1, 2), (1, 2, 2, 1), (-181, 0, 0, 1), (0, 0, 1, 91), (float("nan"), 0, 1, 1)]
)
def test_boxes_that_hold_nothing(bounds: tuple[float, float, float, float]) -> None:
    with pytest.raises(UsageError, match="hold no area"):
        box(bounds)


def test_the_world_is_one_range() -> None:
    ranges = ranges_of(None, 1, 3)
    assert (ranges.starts.tolist(), ranges.stops.tolist()) == ([1], [85])  # 1 + 4 + 16 + 64 tiles before zoom 4
    ranges = ranges_of(box((-180.0, -90.0, 180.0, 90.0)), 0, 20)
    assert (ranges.starts.tolist(), ranges.stops.tolist()) == ([0], [(4**21 - 1) // 3])


def test_a_bow_tie_is_two_triangles() -> None:
    tie = shapely.Polygon([(-80, -60), (80, 60), (80, -60), (-80, 60)])
    met = found(area(tie), 3, 3)
    assert {(t.x, t.y) for t in met if t.x == 4} == {(4, 3), (4, 4)}, "near the knot only the middle rows"


@pytest.mark.parametrize("wkt", ["POINT (1 1)", "LINESTRING (0 0, 1 1)", "POLYGON EMPTY", "POLYGON ((0 0, 1 1, 0 0))"])
def test_what_is_no_area(wkt: str) -> None:
    with pytest.raises(InputError, match="no area"):
        area(shapely.from_wkt(wkt), "a.geojson")


def test_many_tiles_at_a_deep_zoom_are_few_ranges() -> None:
    shape = shapely.Point(119, 28).buffer(0.3, quad_segs=64)
    ranges = ranges_of(area(shape), 14, 14)
    tiles = int(np.sum(ranges.stops - ranges.starts))
    square = (360 / (1 << 14)) ** 2 * np.cos(np.radians(28))
    assert tiles == pytest.approx(shape.area / square, rel=0.15) and len(ranges.starts) < tiles / 3
