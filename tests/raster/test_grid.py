"""Which tiles meet a box, and their places on the curve."""

from __future__ import annotations

import mercantile
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pmtiles.tile import zxy_to_tileid

from pipeline.archive.tileids import FIRST_IDS
from pipeline.raster.grid import HALF, column_row, cover, make_grid, positions
from pipeline.types import PixelWindow

WHITNEY = (-13171628.714101572, 4377089.987722333, -13164290.759386195, 4383204.9499851465)


@given(st.integers(0, 25), st.integers(0, 2**25 - 1), st.integers(0, 2**25 - 1))
def test_positions_are_those_of_pmtiles(zoom: int, x: int, y: int) -> None:
    x, y = x % (1 << zoom), y % (1 << zoom)
    (position,) = positions(zoom, np.array([x]), np.array([y]))
    assert FIRST_IDS[zoom] + int(position) == zxy_to_tileid(zoom, x, y)
    assert column_row(zoom, int(position)) == (x, y)


def test_a_picture_that_fills_its_tiles_exactly() -> None:
    """Six by five tiles of zoom 15, by the numbers of the file: 3072 × 2560 pixels of 2.388657 m."""
    found = {column_row(15, int(position)) for position in cover(512, 15, [WHITNEY])}
    assert found == {(x, y) for x in range(5614, 5620) for y in range(12800, 12805)}


@given(st.integers(0, 9), st.floats(-180, 179), st.floats(-85, 84), st.floats(1e-3, 60), st.floats(1e-3, 60))
def test_cover_as_mercantile(zoom: int, west: float, south: float, width: float, height: float) -> None:
    east, north = min(west + width, 180), min(south + height, 85)
    metres = (*mercantile.xy(west, south), *mercantile.xy(east, north))
    expected = {(tile.x, tile.y) for tile in mercantile.tiles(west, south, east, north, zoom)}
    found = {column_row(zoom, int(position)) for position in cover(512, zoom, [metres])}
    # an edge within a thousandth of a pixel of a tile's edge lies on it
    near = {column_row(zoom, int(position)) for position in cover(512, zoom, [metres], margin=0.01)}
    assert found <= near and (found == expected or found <= expected <= near or expected <= found)


@pytest.mark.parametrize(
    ("box", "tiles"),
    [
        ((-HALF, -HALF, HALF, HALF), {(0, 0), (0, 1), (1, 0), (1, 1)}),
        ((-9 * HALF, 1.0, -HALF / 2, 9 * HALF), {(0, 0)}),  # beyond the world's edge there is nothing
        ((2 * HALF, 0.0, 3 * HALF, 1.0), set()),
        ((1e6, 1e6, 1e6, 1e6), {(1, 0)}),  # a point
        ((HALF, -HALF, HALF, -HALF), {(1, 1)}),  # the last corner
    ],
)
def test_edges_of_the_world(box: tuple[float, float, float, float], tiles: set[tuple[int, int]]) -> None:
    assert {column_row(1, int(position)) for position in cover(256, 1, [box])} == tiles


def test_a_margin_reaches_over_the_edge() -> None:
    assert len(cover(512, 15, [WHITNEY], margin=1)) == 8 * 7


def test_blocks() -> None:
    small = make_grid(512, 8, 15, [WHITNEY])
    assert small.levels == 1 and small.block_zoom == 14 and small.tiles == 30 + len(small.blocks) + 4 + 2 + 2 + 3
    assert small.window(int(small.blocks[0]))._replace(column=0, row=0) == PixelWindow(15, 512, 0, 0, 1024, 1024)
    large = make_grid(512, 8, 15, [(WHITNEY[0], WHITNEY[1], WHITNEY[0] + 40000, WHITNEY[1] + 30000)])
    assert large.levels == 2 and {large.window(int(b)).width for b in large.blocks} == {2048}
    assert make_grid(256, 0, 12, [WHITNEY]).levels == 1
    assert make_grid(512, 0, 0, [WHITNEY]).levels == 0
    lone = make_grid(512, 15, 15, [WHITNEY])  # blocks are still read, below the lowest zoom
    assert lone.tiles == 30 and lone.block_zoom == 14 and len(lone.blocks) == 9


def test_many_boxes_count_once() -> None:
    assert len(cover(512, 15, [WHITNEY, WHITNEY])) == 30
