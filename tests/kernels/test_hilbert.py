"""Hilbert positions, against the pmtiles package."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pmtiles.tile import zxy_to_tileid

from pipeline.kernels.hilbert import hilbert, sort_keys, tile_ids
from tests.kernels.pieces import EXAMPLES


def ids(zoom: int, cells: list[tuple[int, int]]) -> list[int]:
    xy = np.array(cells, np.int32).reshape(-1, 2)
    out = np.full(len(xy), -1, np.int64)
    tile_ids(zoom, xy[:, 0].copy(), xy[:, 1].copy(), out)
    return out.tolist()


def test_the_first_tiles_are_those_of_the_specification() -> None:
    """PMTiles v3 §4.1's table."""
    assert ids(0, [(0, 0)]) == [0]
    assert ids(1, [(0, 0), (0, 1), (1, 1), (1, 0)]) == [1, 2, 3, 4]
    assert ids(2, [(0, 0)]) == [5]
    assert ids(12, [(3423, 1763)]) == [19078479]


@pytest.mark.parametrize("zoom", range(5))
def test_every_cell_once(zoom: int) -> None:
    cells = [(x, y) for x in range(1 << zoom) for y in range(1 << zoom)]
    got = ids(zoom, cells)
    assert got == [zxy_to_tileid(zoom, x, y) for x, y in cells]
    first = (4**zoom - 1) // 3
    assert sorted(got) == list(range(first, first + 4**zoom))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.integers(0, 26), st.data())
def test_deep_zooms(zoom: int, data: st.DataObject) -> None:
    last = (1 << zoom) - 1
    cells = data.draw(st.lists(st.tuples(st.integers(0, last), st.integers(0, last)), min_size=1, max_size=10))
    assert ids(zoom, cells) == [zxy_to_tileid(zoom, x, y) for x, y in cells]


def test_the_corners_of_zoom_30() -> None:
    last = (1 << 30) - 1
    for x, y in [(0, 0), (last, 0), (0, last), (last, last)]:
        assert hilbert(30, x, y) == zxy_to_tileid(30, x, y) - (4**30 - 1) // 3


def test_neighbours_on_the_curve_are_neighbours_on_the_ground() -> None:
    at = {hilbert(4, x, y): (x, y) for x in range(16) for y in range(16)}
    for d in range(255):
        (ax, ay), (bx, by) = at[d], at[d + 1]
        assert abs(ax - bx) + abs(ay - by) == 1


def test_sort_keys_are_the_cells_positions_and_hold_what_lies_outside() -> None:
    wx = np.array([0, (1 << 36) - 1, 1 << 36, -5, 1 << 62], np.int64)
    wy = np.array([0, (1 << 36) - 1, 1 << 36, 1 << 40, -(1 << 62)], np.int64)
    out = np.full(5, -1, np.int64)
    sort_keys(wx, wy, 36, 24, out)
    last = (1 << 24) - 1
    want = [(0, 0), (last, last), (last, last), (0, last), (last, 0)]
    assert out.tolist() == [zxy_to_tileid(24, x, y) - (4**24 - 1) // 3 for x, y in want]


def test_nothing() -> None:
    assert ids(3, []) == []
