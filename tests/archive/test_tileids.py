"""Many tile ids at once against the package's one at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pmtiles.tile import tileid_to_zxy, zxy_to_tileid

from pipeline.archive.tileids import FIRST_IDS, columns_rows, extent_of, zooms_of


@pytest.mark.parametrize("zoom", range(7))
def test_every_tile_of_a_zoom(zoom: int) -> None:
    x, y = columns_rows(zoom, np.arange(4**zoom))
    expected = [tileid_to_zxy(FIRST_IDS[zoom] + i) for i in range(4**zoom)]
    assert list(zip([zoom] * 4**zoom, x.tolist(), y.tolist(), strict=True)) == expected


@settings(deadline=None)
@given(st.integers(0, 31), st.data())
def test_any_tile(zoom: int, data: st.DataObject) -> None:
    tx, ty = data.draw(st.integers(0, 2**zoom - 1)), data.draw(st.integers(0, 2**zoom - 1))
    tile_id = zxy_to_tileid(zoom, tx, ty)
    assert zooms_of(np.array([tile_id])).tolist() == [zoom]
    x, y = columns_rows(zoom, np.array([tile_id - FIRST_IDS[zoom]]))
    assert (x[0], y[0]) == (tx, ty)


@settings(deadline=None)
@given(st.integers(0, 6), st.data())
def test_the_extent_of_runs(zoom: int, data: st.DataObject) -> None:
    x, y = columns_rows(zoom, np.arange(4**zoom))
    runs = data.draw(st.lists(st.tuples(st.integers(0, 4**zoom - 1), st.integers(1, 4**zoom)), min_size=1, max_size=4))
    runs = [(a, min(a + n, 4**zoom)) for a, n in runs]
    covered = np.unique(np.concatenate([np.arange(a, b) for a, b in runs]))
    box = (x[covered].min(), y[covered].min(), x[covered].max(), y[covered].max())
    starts, stops = (np.array(column, dtype=np.int64) for column in zip(*runs, strict=True))
    assert extent_of(zoom, starts, stops) == box


def test_no_runs_have_no_extent_and_huge_ones_cost_nothing() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert extent_of(5, none, none) is None
    assert extent_of(25, np.array([0]), np.array([4**25])) == (0, 0, 2**25 - 1, 2**25 - 1)
