"""Contours as features: their fields, zooms and places, by hand; and in tiles, where pieces meet at the borders."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.raster.contour_lines import HeightGrid
from pipeline.raster.contour_rules import ContourRules, ContourStep, given_steps
from pipeline.raster.contours import SMALL_RINGS, WHERE, contour_batches, source_window
from pipeline.types import LINE, FeatureBatch, PixelWindow, Tally
from pipeline.vector import LayerInput, LayerPlan
from tests.decoded import tiled

SIDE = 1 << 18  # samples around the world: 153 m


def grid(heights: NDArray[np.floating], column: int = SIDE // 2, row: int = SIDE // 2) -> HeightGrid:
    given = heights.astype(np.float32)

    def read(window: PixelWindow) -> NDArray[np.float32]:
        r, c = window.row - row, window.column - column
        return given[r : r + window.height, c : c + window.width]

    return HeightGrid(PixelWindow(0, SIDE, column, row, given.shape[1], given.shape[0]), read)


def only(found: list[FeatureBatch]) -> FeatureBatch:
    assert len(found) == 1
    return found[0]


def slope(top: float = 100.0) -> NDArray[np.float64]:
    """West to east from 0 up to `top` in 10 steps, two rows."""
    return np.tile(np.linspace(0, top, 11), (2, 1))


def test_a_line_for_each_height_and_class() -> None:
    rules = ContourRules(given_steps({9: 200, 11: 100, 12: 50, 13: 20}), 14, sigma=0, refine=1, smallest=0, feet=True)
    table = only(list(contour_batches(grid(slope(101)), rules, Tally()))).attributes
    rows = sorted(zip(*(table.column(name).to_pylist() for name in table.column_names), strict=True))
    assert table.column_names == ["ele", "index", "ele_ft", "first_zoom", "last_zoom"]
    assert rows == [
        (20, 0, 66, 13, 14), (40, 0, 131, 13, 14), (50, 0, 164, 12, 12), (60, 0, 197, 13, 14), (80, 0, 262, 13, 14),
        (100, 0, 328, 11, 12), (100, 1, 328, 13, 14),
    ]  # fmt: skip


def test_heights_that_are_no_whole_metres() -> None:
    rules = ContourRules((ContourStep(12, 2.5),), 14, sigma=0, refine=1, smallest=0, feet=True)
    table = only(list(contour_batches(grid(slope(6)), rules, Tally()))).attributes.to_pydict()
    assert table["ele"] == [2.5, 5.0] and table["ele_ft"] == [8.2, 16.4] and table["index"] == [0, 0]


def test_lines_lie_where_the_samples_do() -> None:
    rules = ContourRules((ContourStep(12, 50),), 14, sigma=0, refine=1, smallest=0)
    geometries = only(list(contour_batches(grid(slope(100)), rules, Tally()))).geometries
    assert geometries.kinds.tolist() == [LINE, LINE]
    # The middle of sample 5 stands at 50 m; the grid's corner is at 0° N, 0° E; drawn a millimetre lower.
    assert geometries.x[:2].tolist() == pytest.approx([5.5 / SIDE * 360] * 2, rel=1e-4)
    lat = [math.degrees(math.atan(math.sinh(-2 * math.pi * k / SIDE))) for k in (0.5, 1.5)]
    assert sorted(geometries.y[:2].tolist(), reverse=True) == pytest.approx(lat)


def test_what_is_left_out_is_counted() -> None:
    high = np.zeros((9, 9))
    high[4, 4] = 30
    tally = Tally()
    rules = ContourRules((ContourStep(12, 20),), 14, sigma=0, refine=1)
    assert list(contour_batches(grid(high), rules, tally)) == [] and tally.counts == {SMALL_RINGS: 1}
    assert tally.samples[SMALL_RINGS].startswith("20 m, 0.0")


def test_the_window_of_a_source() -> None:
    half = math.pi * 6378137
    pixel = 2 * half / SIDE
    window = source_window((0.0, -3.2 * pixel, 10.5 * pixel, 2 * pixel), pixel, 1)
    assert window == PixelWindow(0, SIDE, SIDE // 2 - 1, SIDE // 2 - 3, 13, 8)
    assert source_window((-half, -half, half, half), half, 5) == PixelWindow(0, 2, 0, 0, 2, 2)


def hills() -> NDArray[np.float64]:
    y, x = np.mgrid[0:300, 0:300] / 20.0
    return 400 + 180 * np.sin(x) * np.cos(y * 0.8) + 90 * np.sin(2.3 * x + y) + 40 * np.cos(x * 3.7 - 2 * y)


def test_lines_go_on_across_the_borders_of_tiles(tmp_path: Path) -> None:
    rules = ContourRules((ContourStep(10, 50),), 12, smallest=0)
    plan = LayerPlan("contours", 10, 12, ("ele", "index"), where=WHERE, labels=True)
    source = grid(hills())
    made = tiled(tmp_path, LayerInput(plan, lambda tally: contour_batches(source, rules, tally)))
    for zoom, least in ((10, 10), (11, 40), (12, 100)):
        sides: dict[tuple[bool, int, int], list[list[tuple[int, float]]]] = defaultdict(list)
        ends = 0
        for feature in made.at(zoom, "contours"):
            assert feature.properties["ele"] % 50 == 0
        for tile in sorted({feature.tile for feature in made.at(zoom)}):
            lines = [
                (f.properties["ele"], part) for f in made.at(zoom, "contours") if f.tile == tile for part in f.parts
            ]
            _z, x, y = tile
            for upright, number, at in ((True, x, 0), (True, x + 1, 4096), (False, y, 0), (False, y + 1, 4096)):
                sides[upright, number, y if upright else x].append(sorted(crossings(lines, upright, at)))
            # Inside a tile a line ends only where the heights end: at the middles of the outermost samples. A ring that
            # leaves the tile is two pieces where it begins.
            loose = Counter((ele, end) for ele, part in lines for end in (part[0], part[-1]) if part[0] != part[-1])
            for (_ele, (px, py)), count in loose.items():
                if count == 1 and 0 < px < 4096 and 0 < py < 4096:
                    unit = SIDE / (4096 << zoom)
                    place = ((x * 4096 + px) * unit - SIDE // 2, (y * 4096 + py) * unit - SIDE // 2)
                    assert min(min(abs(v - 0.5), abs(v - 299.5)) for v in place) < 2 * unit
                    ends += 1
        shared = [both for both in sides.values() if len(both) == 2]
        assert sum(len(both[0]) for both in shared) > least and ends > 5
        for one, other in shared:
            assert [ele for ele, _place in one] == [ele for ele, _place in other]
            assert all(abs(p - q) <= 1 for (_, p), (_, q) in zip(one, other, strict=True))
    lines = {feature.id for feature in made.at(12, "contours")}
    anchors = [feature.id for feature in made.at(12, "contours_label")]
    assert sorted(anchors) == sorted(lines)


def crossings(lines: list[tuple[int, list[tuple[int, int]]]], upright: bool, at: int) -> Iterator[tuple[int, float]]:
    """Heights and places where lines cross one side of a tile, its corners and the buffer left out."""
    for ele, part in lines:
        for a, b in pairwise(part):
            (ax, ay), (bx, by) = (a, b) if upright else (a[::-1], b[::-1])
            if (ax < at) != (bx < at):
                place = ay + (by - ay) * (at - ax) / (bx - ax)
                if 4 < place < 4092:
                    yield ele, place
