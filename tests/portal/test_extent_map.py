"""Small maps of extents: where places fall, what is cut, what stays visible."""

from __future__ import annotations

import math
import re

import mercantile
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.catalog.cells import Cells, joined
from pipeline.catalog.coverage import Coverage
from pipeline.portal.extent_map import WIDTH, ExtentFrame, backdrop_svg, footprint
from tests.portal.conftest import catalog, dataset

CITY = (118.7, 27.7, 119.42, 28.34)


def test_corners_lie_inside_a_margin_of_a_twentieth() -> None:
    frame = ExtentFrame.of(CITY)
    left, top = frame.place(CITY[0], CITY[3])
    right, bottom = frame.place(CITY[2], CITY[1])
    # 320 units hold the width and two margins of 5 %: 320 · 0.05 / 1.1 each
    assert (left, WIDTH - right) == pytest.approx((14.545, 14.545), abs=1e-3)
    assert (top, frame.height - bottom) == pytest.approx((14.545, 14.545), abs=1e-3)


def test_a_degree_of_longitude_is_shorter_by_the_cosine_of_the_latitude() -> None:
    frame = ExtentFrame.of(CITY)
    x0, y0 = frame.place(119, 28)
    x1, _ = frame.place(119.1, 28)
    _, y1 = frame.place(119, 28.1)
    assert (x1 - x0) / (y0 - y1) == pytest.approx(math.cos(math.radians(28.02)), rel=1e-9)


def test_a_point_is_still_seen_and_what_leaves_the_frame_is_cut() -> None:
    frame = ExtentFrame.of(CITY)
    x, y, width, height = frame.box((119.0, 28.0, 119.0, 28.0))
    assert (width, height) == pytest.approx((6, 6))
    assert (x + 3, y + 3) == pytest.approx(frame.place(119.0, 28.0))
    assert frame.box((100.0, 10.0, 130.0, 50.0)) == pytest.approx((0, 0, WIDTH, frame.height))


@given(st.floats(-179, 178), st.floats(-80, 79), st.floats(0.001, 1), st.floats(0.001, 1))
def test_the_citys_own_box_is_always_inside(west: float, south: float, wide: float, high: float) -> None:
    bounds = (west, south, west + wide, south + high)
    frame = ExtentFrame.of(bounds)
    x, y, width, height = frame.box(bounds)
    assert x > 0 and y > 0 and x + width < WIDTH and y + height < frame.height + 1e-6


def test_the_backdrop_draws_borders_or_the_citys_box() -> None:
    content = catalog(dataset("roads", ("framework", "LRDL", "line")))
    drawn = backdrop_svg(content, [[(119.0, 28.0), (119.1, 28.1)], [(119.0, 28.0), (119.0, 28.0)]]).decode()
    frame = ExtentFrame.of((119.0, 28.0, 119.2, 28.2))
    places = [f"{value:.1f}" for lng, lat in ((119.0, 28.0), (119.1, 28.1)) for value in frame.place(lng, lat)]
    assert re.findall(r'd="([^"]+)"', drawn) == ["M{} {}L{} {}".format(*places)]  # a line of one place is none
    assert backdrop_svg(content, []).decode().count("<rect") == 2


def coverage(*tiles: mercantile.Tile) -> Coverage:
    starts = np.array(sorted((tile.y << 18) + tile.x for tile in tiles), np.int64)
    return Coverage("roads", "areas", 0, joined(starts, starts + 1))


def boxes(path: str) -> list[tuple[float, ...]]:
    """Left, top, right, bottom of the rectangles of path data."""
    found = re.findall(r"M([-\d.]+) ([-\d.]+)H([-\d.]+)V([-\d.]+)H([-\d.]+)z", path)
    assert "".join("M{} {}H{}V{}H{}z".format(*box) for box in found) == path
    return [tuple(float(value) for value in box[:4]) for box in found]


def test_a_covered_cell_is_drawn_as_the_tile_of_zoom_16_that_it_is_in() -> None:
    frame = ExtentFrame.of(CITY)
    (box,) = boxes(footprint(frame, coverage(mercantile.tile(119.1, 28.05, 18))))
    tile = mercantile.bounds(mercantile.tile(119.1, 28.05, 16))
    expected = (*frame.place(tile.west, tile.north), *frame.place(tile.east, tile.south))
    assert box == pytest.approx(expected, abs=0.06)


def test_what_is_scattered_is_drawn_coarser_and_still_all_of_it() -> None:
    frame = ExtentFrame.of(CITY)
    tiles = [mercantile.tile(118.71 + i * 0.0142, 27.71 + j * 0.0124, 18) for i in range(50) for j in range(50)]
    drawn = boxes(footprint(frame, coverage(*tiles)))
    assert len(drawn) <= 600
    for tile in tiles:
        middle = mercantile.bounds(tile)
        x, y = frame.place((middle.west + middle.east) / 2, (middle.south + middle.north) / 2)
        assert any(
            left - 0.1 <= x <= right + 0.1 and top - 0.1 <= y <= bottom + 0.1 for left, top, right, bottom in drawn
        )


def test_nothing_covered_is_nothing_drawn() -> None:
    none = Cells(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert footprint(ExtentFrame.of(CITY), Coverage("roads", "areas", 0, none)) == ""
