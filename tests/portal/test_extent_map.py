"""Small maps of extents: where places fall, what is cut, what stays visible."""

from __future__ import annotations

import gzip
import math
import re
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import mercantile
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from shapely.geometry import LineString, box

from pipeline.catalog.cells import Cells, joined
from pipeline.catalog.coverage import Coverage, coverage_bytes
from pipeline.portal.dataset_pages import dataset_pages
from pipeline.portal.extent_map import WIDTH, ExtentFrame, backdrop_svg, footprint, read_borders
from pipeline.portal.pages import Frame
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
    assert "".join("M{} {}H{}V{}H{}z".format(*one) for one in found) == path
    return [tuple(float(value) for value in one[:4]) for one in found]


def test_a_covered_cell_is_drawn_as_the_tile_of_zoom_16_that_it_is_in() -> None:
    frame = ExtentFrame.of(CITY)
    (drawn,) = boxes(footprint(frame, coverage(mercantile.tile(119.1, 28.05, 18))))
    tile = mercantile.bounds(mercantile.tile(119.1, 28.05, 16))
    expected = (*frame.place(tile.west, tile.north), *frame.place(tile.east, tile.south))
    assert drawn == pytest.approx(expected, abs=0.06)


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


# What is read of a published folder -----------------------------------------------------------------------------------


def town(dist: Path, *layers: str) -> dict[str, Any]:
    """A catalogue whose archive `framework` shows one line from 119.05, 28.05 to 119.15, 28.15 in each layer."""
    content = catalog(*(dataset(name.lower(), ("framework", name, "line")) for name in layers))
    (dist / "tiles").mkdir(parents=True)
    with (dist / content["archives"][0]["file"]).open("wb") as file:
        writer = Writer(file)
        for tile in mercantile.tiles(119.05, 28.05, 119.15, 28.15, zooms=9):
            bounds = mercantile.xy_bounds(tile)
            line = LineString([mercantile.xy(119.05, 28.05), mercantile.xy(119.15, 28.15)])
            part = line.intersection(box(bounds.left, bounds.bottom, bounds.right, bounds.top))
            body = mapbox_vector_tile.encode(
                [{"name": name, "features": [{"geometry": part, "properties": {}, "id": 1}]} for name in layers],
                default_options={
                    "quantize_bounds": (bounds.left, bounds.bottom, bounds.right, bounds.top),
                    "extents": 4096,
                },
            )
            writer.write_tile(zxy_to_tileid(tile.z, tile.x, tile.y), gzip.compress(body, mtime=0))
        header = {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP}
        header |= {"min_lon_e7": 1190000000, "min_lat_e7": 280000000, "max_lon_e7": 1192000000, "max_lat_e7": 282000000}
        header |= {"center_zoom": 9, "center_lon_e7": 1191000000, "center_lat_e7": 281000000}
        writer.finalize(header, {"vector_layers": [{"id": name, "fields": {}} for name in layers]})
    return content


def test_borders_are_read_from_the_archive_that_shows_them(tmp_path: Path) -> None:
    lines = read_borders(tmp_path, town(tmp_path, "LRDL", "BOUL"))
    places = sorted(place for line in lines for place in map(tuple, line))
    assert places[0] == pytest.approx((119.05, 28.05), abs=2e-4)  # a unit of a tile of zoom 9 is 0.00017°
    assert places[-1] == pytest.approx((119.15, 28.15), abs=2e-4)


def test_an_edition_without_borders_shows_none(tmp_path: Path) -> None:
    assert read_borders(tmp_path, town(tmp_path, "LRDL")) == []


def test_a_page_draws_what_the_edition_says_is_covered(tmp_path: Path) -> None:
    content = town(tmp_path, "LRDL")
    frame = Frame(content, css="assets/pages-1.css", fonts="assets/fonts-1.css")
    assert 'class="covered"' not in dict(dataset_pages(tmp_path, frame))["data/lrdl.html"].decode()
    covered = coverage(mercantile.tile(119.1, 28.05, 18))
    (tmp_path / "coverage").mkdir()
    (tmp_path / "coverage" / "lrdl.json").write_bytes(coverage_bytes(covered))
    drawn = footprint(ExtentFrame.of((119.0, 28.0, 119.2, 28.2)), covered)
    assert f'class="covered" d="{drawn}"' in dict(dataset_pages(tmp_path, frame))["data/lrdl.html"].decode()
