"""Peaks of hills by hand, and of noise against prominence and isolation told the slow way."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, label

from pipeline.raster import peaks
from pipeline.raster.contour_lines import HeightGrid
from pipeline.raster.peaks import PeakRules, find_tops, first_zooms, peak_batches
from pipeline.types import PixelWindow, Tally

SIDE = 1 << 16  # samples around the world: 611 m at the equator
ROW = COLUMN = SIDE // 2 - 10  # the grid's corner, near 0° N, 0° E


def grid(heights: NDArray[np.floating]) -> HeightGrid:
    given = heights.astype(np.float32)

    def read(window: PixelWindow) -> NDArray[np.float32] | None:
        row, column = window.row - ROW, window.column - COLUMN
        assert row >= 0 and column >= 0 and row + window.height <= given.shape[0]
        found = given[row : row + window.height, column : column + window.width]
        return None if np.isnan(found).all() else found

    return HeightGrid(PixelWindow(0, SIDE, COLUMN, ROW, given.shape[1], given.shape[0]), read)


def slowly(heights: NDArray[np.float32], least: float) -> dict[tuple[int, int], float]:
    """Prominence of every top: the sea falls by one height at a time, islands are labelled anew each time."""
    found: dict[tuple[int, int], float] = {}
    width = heights.shape[1]
    rank = {}
    for r, c in np.argwhere(~np.isnan(heights)).tolist():
        rank[r, c] = (-float(heights[r, c]), r * width + c)
    alive: set[tuple[int, int]] = set()
    for level in sorted(set(heights[~np.isnan(heights)].tolist()), reverse=True):
        islands, n = label(heights >= level, np.ones((3, 3)))
        now = set()
        for island in range(1, n + 1):
            inside = [tuple(each) for each in np.argwhere(islands == island).tolist()]
            top = min(inside, key=rank.__getitem__)
            now.add(top)
            for old in alive & set(inside) - {top}:
                found[old] = float(heights[old]) - level
        alive = now
    islands, _n = label(~np.isnan(heights), np.ones((3, 3)))
    for top in alive:
        found[top] = float(heights[top]) - float(heights[islands == islands[top]].min())
    padded = np.pad(heights, 1, constant_values=np.nan)
    return {
        (r, c): stands
        for (r, c), stands in found.items()
        if stands >= least and not np.isnan(padded[r : r + 3, c : c + 3]).any()
    }


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 1 << 30),
    st.integers(1, 24),
    st.integers(1, 24),
    st.booleans(),
    st.booleans(),
    st.sampled_from([1.0, 20.0, 90.0]),
    st.integers(1, 25),
)
def test_prominence_is_what_it_is_the_slow_way(
    seed: int, rows: int, cols: int, whole: bool, voids: bool, least: float, block: int
) -> None:
    rng = np.random.default_rng(seed)
    high = gaussian_filter(rng.normal(0, 1, (rows, cols)), 1.0) * 200
    if whole:
        high = np.round(high / 25) * 25
    if voids:
        high[rng.random((rows, cols)) < 0.15] = np.nan
    if np.isnan(high).all():
        high[0, 0] = 0
    high = high.astype(np.float32)
    cells = peaks._CELL
    try:
        peaks._CELL = block  # type: ignore[misc]
        tops, highest = find_tops(grid(high), least, block=block)
    finally:
        peaks._CELL = cells  # type: ignore[misc]
    expected = slowly(high, least)
    got = {(r, c): p for r, c, p in zip(tops.row.tolist(), tops.column.tolist(), tops.prominence.tolist(), strict=True)}
    assert got.keys() == expected.keys()
    assert all(math.isclose(got[place], expected[place], abs_tol=1e-4) for place in got)
    assert np.nanmax(high) == highest.max()
    order = list(zip((-tops.prominence).tolist(), (-tops.height).tolist(), tops.row.tolist(), strict=True))
    assert order == sorted(order)


def two_hills() -> NDArray[np.float64]:
    """Hills of 100 (at row 5, column 5) and 80 (5, 14) on a plain of 10, with a pass of 30 between them."""
    high = np.full((11, 20), 10.0)
    high[5, 5:15] = 30
    high[5, 5], high[5, 14] = 100, 80
    return high


def test_two_hills_by_hand() -> None:
    (batch,) = peak_batches(grid(two_hills()), PeakRules(20, 8, 12), Tally())
    table = batch.attributes.to_pydict()
    assert table["ele"] == [100, 80] and table["prominence"] == [90, 50]
    # Nine samples of the equator's circle of the sphere away, which has 65,536 of them.
    assert table["isolation"][1] == round(9 * 2 * math.pi * 6_371_008.8 / SIDE) and math.isnan(table["isolation"][0])
    # The places are the middles of the samples.
    assert batch.geometries.x.tolist() == pytest.approx([(5.5 - 10) / SIDE * 360, (14.5 - 10) / SIDE * 360])
    assert batch.geometries.y.tolist() == pytest.approx([(10 - 5.5) / SIDE * 360] * 2, rel=1e-6)
    # An eighth of a tile of zoom z is SIDE / 2^(z + 3) samples: 9 samples are that from zoom 10 on.
    assert table["rank"] == [1, 3]
    assert list(peak_batches(grid(two_hills()), PeakRules(91, 8, 12), Tally())) == []
    (only,) = peak_batches(grid(two_hills()), PeakRules(51, 8, 12), Tally())
    assert only.attributes.num_rows == 1


def test_nothing_known_has_no_peaks() -> None:
    rules = PeakRules(1, 8, 12)
    for high in (np.full((9, 9), np.nan), np.full((9, 9), 50.0), np.full((1, 1), 5.0), np.arange(81.0).reshape(9, 9)):
        assert list(peak_batches(grid(high), rules, Tally())) == []


def test_what_stands_at_a_void_or_at_the_edge_is_no_peak() -> None:
    high = two_hills()
    high[4, 13] = np.nan
    (batch,) = peak_batches(grid(high), PeakRules(20, 8, 12), Tally())
    assert batch.attributes.to_pydict()["ele"] == [100]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1 << 30))
def test_isolation_is_the_nearest_higher_sample(seed: int) -> None:
    high = (gaussian_filter(np.random.default_rng(seed).normal(0, 1, (40, 300)), 2.0) * 500).astype(np.float32)
    tops, highest = find_tops(grid(high), 5.0)
    found = peaks._isolations(grid(high), tops, highest)
    for r, c, h, metres in zip(tops.row, tops.column, tops.height, found, strict=True):
        higher = np.argwhere(high > h)
        if not len(higher):
            assert math.isnan(metres)
            continue
        nearest = math.sqrt(((higher - (r, c)) ** 2).sum(axis=1).min())
        # At the equator a sample is as wide as high, but for one part in 10,000 here.
        assert metres == pytest.approx(nearest * 2 * math.pi * 6_371_008.8 / SIDE, rel=1e-3)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 0.01), st.floats(0, 0.01)), min_size=1, max_size=60))
def test_peaks_keep_their_distance_at_every_zoom_but_the_last(places: list[tuple[float, float]]) -> None:
    rules = PeakRules(10, 5, 12)
    x, y = np.array(places).T
    zoom = first_zooms(x, y, rules)
    assert zoom[0] == 5 and zoom.min() >= 5 and zoom.max() <= 12
    for z in range(5, 12):
        shown = np.flatnonzero(zoom <= z)
        for i in shown:
            for j in shown[shown < i]:
                assert math.hypot(x[i] - x[j], y[i] - y[j]) * 2**z >= rules.spacing * (1 - 1e-9)
    # None waits without a reason.
    for i in np.flatnonzero(zoom > 5):
        z = zoom[i] - 1
        near = [j for j in range(i) if math.hypot(x[i] - x[j], y[i] - y[j]) * 2.0**z < rules.spacing]
        assert near


def test_ranks_are_zooms() -> None:
    assert PeakRules(10, 8, 11).zooms == {1: 8, 2: 9, 3: 10, 4: 11}
