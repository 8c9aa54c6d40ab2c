"""Contours of cones, planes, saddles, flats and voids by hand, and of noise as contourpy draws the whole at once."""

from __future__ import annotations

import math
from collections.abc import Iterator

import contourpy
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from pipeline.raster.contour_lines import BELOW, HeightGrid, Lines, contour_lines, tidied
from pipeline.raster.contour_rules import ContourRules, ContourStep
from pipeline.types import PixelWindow

PLAIN = ContourRules((ContourStep(10, 20.0),), 12, sigma=0, refine=1, smallest=0)
Line = tuple[int, tuple[tuple[float, float], ...]]


def grid(heights: NDArray[np.floating]) -> HeightGrid:
    given = heights.astype(np.float32)
    rows, cols = given.shape

    def read(window: PixelWindow) -> NDArray[np.float32] | None:
        row, column = window.row - 7000, window.column - 9000
        assert min(row, column) >= 0 and row + window.height <= rows and column + window.width <= cols
        found = given[row : row + window.height, column : column + window.width]
        return None if np.isnan(found).all() else found

    return HeightGrid(PixelWindow(0, 1 << 20, 9000, 7000, cols, rows), read)


def drawn(heights: NDArray[np.floating], rules: ContourRules = PLAIN, block: int = 512, threads: int = 1) -> list[Line]:
    found = contour_lines(grid(heights), rules, block=block, threads=threads)
    return sorted(line for lines in found for line in listed(lines))


def listed(lines: Lines) -> Iterator[Line]:
    """Each line as (level, points); rings from their least point on."""
    for level, a, b in zip(lines.levels.tolist(), lines.offsets[:-1], lines.offsets[1:], strict=True):
        points = tuple(zip(lines.x[a:b].tolist(), lines.y[a:b].tolist(), strict=True))
        if points[0] == points[-1]:
            turn = points.index(min(points))
            points = (*points[turn:-1], *points[:turn], points[turn])
        yield level, points


def at_once(heights: NDArray[np.floating], rules: ContourRules = PLAIN) -> list[Line]:
    """The oracle: contourpy on the whole grid."""
    high = heights.astype(np.float32).astype(np.float64)
    masked = np.ma.masked_invalid(high)
    generator = contourpy.contour_generator(z=masked, name="serial", corner_mask=False)
    out: list[Line] = []
    for level in rules.levels(float(np.nanmin(high)), float(np.nanmax(high))).tolist():
        for line in generator.lines(level / 1000 - BELOW):
            points = tuple(map(tuple, np.asarray(line).tolist()))
            if points[0] == points[-1]:
                turn = points.index(min(points))
                points = (*points[turn:-1], *points[:turn], points[turn])
            out.append((level, points))
    return sorted(out)


def noise(seed: int, rows: int, cols: int, whole: bool, voids: bool) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    high = gaussian_filter(rng.normal(0, 1, (rows, cols)), 1.5) * 300
    if whole:
        high = np.round(high / 5) * 5  # many samples on the very height of a line, flats of several
    if voids:
        high[gaussian_filter(rng.normal(0, 1, (rows, cols)), 1.0) > 0.25] = np.nan
        high[0, 0] = 1.0
    return high


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 1 << 30),
    st.integers(2, 40),
    st.integers(2, 40),
    st.booleans(),
    st.booleans(),
    st.integers(1, 41),
    st.integers(1, 3),
)
def test_blocks_make_what_contourpy_makes_at_once(
    seed: int, rows: int, cols: int, whole: bool, voids: bool, block: int, threads: int
) -> None:
    high = noise(seed, rows, cols, whole, voids)
    assert drawn(high, block=block, threads=threads) == at_once(high)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1 << 30), st.booleans(), st.integers(3, 30), st.sampled_from([(1.0, 1), (0.0, 2), (0.8, 3)]))
def test_smoothed_lines_do_not_depend_on_blocks(seed: int, voids: bool, block: int, how: tuple[float, int]) -> None:
    high = noise(seed, 30, 33, False, voids)
    rules = ContourRules(PLAIN.steps, 12, sigma=how[0], refine=how[1], smallest=0)
    assert drawn(high, rules, block) == drawn(high, rules)


def test_a_cone_has_circles() -> None:
    y, x = np.mgrid[0:101, 0:121]
    high = np.maximum(
        105 - 2.0 * np.hypot(x - 60, y - 50), 1.0
    )  # at 20, 40, 60, 80, 100: circles of radius (105 − h) / 2
    lines = drawn(high, block=16)
    assert [level for level, _points in lines] == [20_000, 40_000, 60_000, 80_000, 100_000]
    for level, points in lines:
        assert points[0] == points[-1] and len(points) > 8
        radii = [math.hypot(px - 60, py - 50) for px, py in points]
        assert max(abs(r - (105 - level / 1000) / 2) for r in radii) < 0.06
    # The summit is on the right of the way, y growing south.
    (ax, ay), (bx, by) = lines[0][1][:2]
    right = ((ax + bx) / 2 - (by - ay), (ay + by) / 2 + (bx - ax))
    assert math.hypot(right[0] - 60, right[1] - 50) < math.hypot((ax + bx) / 2 - 60, (ay + by) / 2 - 50)


def test_a_plane_has_straight_lines_from_edge_to_edge() -> None:
    high = np.tile(np.arange(11.0) * 8, (7, 1))  # 0 … 80: lines at x = 2.5, 5, 7.5, and 80 on the last samples
    for level, points in drawn(high, block=3):
        # Drawn a millimetre below: a 1/8000 of a sample to the west.
        assert {round(px, 3) for px, _py in points} == {level / 8000} or level == 0
        assert sorted(py for _px, py in points) == [0, 1, 2, 3, 4, 5, 6]
    assert [level for level, _points in drawn(high, block=3)] == [20_000, 40_000, 60_000, 80_000]


def test_a_saddle_is_passed_on_two_sides() -> None:
    y, x = np.mgrid[-4:5, -4:5]
    lines = drawn(110.0 + 2 * (x * x - y * y), block=3)  # the pass is 110 high: lines of 100 bend round it, so do 120
    for level in (100_000, 120_000):
        mine = [points for high, points in lines if high == level]
        assert len(mine) == 2 and all(points[0] != points[-1] for points in mine)
    below = [points for high, points in lines if high == 100_000]
    assert sorted(np.sign(points[len(points) // 2][1] - 4) for points in below) == [-1, 1]


def test_a_flat_on_the_height_of_a_line_has_it_once_around_or_not_at_all() -> None:
    lake = np.full((9, 9), 130.0)
    lake[3:6, 3:6] = 100.0  # a lake at 100 among hills: nothing falls away from it
    assert [level for level, _points in drawn(lake)] == [120_000]
    table = np.full((9, 9), 70.0)
    table[3:6, 3:6] = 100.0  # a table of 100: one line on its rim, 80 outside of it
    lines = drawn(table)
    assert [level for level, _points in lines] == [80_000, 100_000]
    rim = shapely.Polygon(lines[1][1])
    assert rim.is_valid and 4.0 < rim.area < 4.01 and shapely.Polygon(lines[0][1]).contains(rim)
    assert drawn(np.full((9, 9), 100.0)) == []  # a plain on the very height
    sea = np.zeros((9, 9))
    sea[:, 6:] = 5.0
    assert drawn(sea) == []  # land rises from a sea of 0: no line runs over the sea


def test_whole_metres_make_no_line_that_touches_itself() -> None:
    high = noise(5, 60, 60, True, False)
    for _level, points in drawn(high, block=20):
        assert len(set(points)) >= len(points) - 1
    lines = [shapely.LineString(points) for _level, points in drawn(high, block=20)]
    tree = shapely.STRtree(lines)
    a, b = tree.query(lines, predicate="intersects")
    assert (a == b).all() and all(line.is_simple for line in lines)


@pytest.mark.parametrize(("sigma", "refine"), [(0.0, 1), (1.0, 1), (1.0, 2), (0.0, 3)])
def test_lines_never_cross(sigma: float, refine: int) -> None:
    rng = np.random.default_rng(9)
    high = gaussian_filter(rng.normal(0, 1, (50, 50)), 1.0) * 600
    rules = ContourRules(PLAIN.steps, 12, sigma=sigma, refine=refine)
    lines = [shapely.LineString(points) for _level, points in drawn(high, rules, 17)]
    a, b = shapely.STRtree(lines).query(lines, predicate="intersects")
    assert len(lines) > 60 and (a == b).all()


def test_lines_end_at_what_is_unknown() -> None:
    high = np.tile(np.arange(11.0) * 10, (9, 1))
    high[4, 4] = np.nan
    # A line at x = 4 (40 m) would pass the void: it ends on both sides, a cell before it.
    mine = [points for level, points in drawn(high, block=3) if level == 40_000]
    assert sorted((min(py for _px, py in points), max(py for _px, py in points)) for points in mine) == [(0, 3), (5, 8)]
    everywhere = [points for level, points in drawn(high, block=3) if level == 80_000]
    assert len(everywhere) == 1
    assert drawn(np.full((9, 9), np.nan)) == []
    assert drawn(np.full((1, 9), 40.0)) == [] and drawn(np.full((9, 1), 40.0)) == []
    smooth = ContourRules(PLAIN.steps, 12, sigma=1.0, refine=2)
    for _level, points in drawn(high, smooth, 4):
        assert not any(abs(px - 4) < 1 and abs(py - 4) < 1 for px, py in points)


def test_small_rings_are_left_out() -> None:
    high = np.zeros((20, 20))
    high[5, 5] = 25.0  # one sample: the ring of 20 m is a diamond of half-diagonals 0.2
    high[10:16, 10:16] = 25.0
    (found,) = contour_lines(grid(high), PLAIN)
    kept, numbers = tidied(found, 2.0)
    assert len(found.levels) == 2 and len(kept.levels) == len(numbers) == 1
    assert shapely.Polygon(next(listed(kept))[1]).area > 25


def test_faults_of_reading_are_passed_on() -> None:
    def read(window: PixelWindow) -> NDArray[np.float32]:
        raise OSError(window.row)

    with pytest.raises(OSError):
        list(contour_lines(HeightGrid(PixelWindow(0, 64, 0, 0, 40, 40), read), PLAIN, block=8, threads=2))


def test_windows_within_a_block_make_no_difference() -> None:
    high = noise(11, 300, 290, True, True)
    assert drawn(high) == at_once(high)  # a block of 512 is drawn in windows of 128
