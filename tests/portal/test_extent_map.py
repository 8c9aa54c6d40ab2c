"""Small maps of extents: where places fall, what is cut, what stays visible."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.portal.extent_map import WIDTH, ExtentFrame, backdrop_svg
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
