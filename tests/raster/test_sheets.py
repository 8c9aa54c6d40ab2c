"""Elevation sheets that lie side by side: heights go on across their edges as if they were one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.raster.heights import HeightRules, HeightSource, open_heights
from pipeline.raster.packed import packed_heights
from pipeline.raster.plan import ImageFormat
from pipeline.raster.shade import hillshade
from pipeline.types import PixelWindow
from tests.oracles.rasters import EDGE, Floats, Frame, frame_at
from tests.raster.elevations import FRAMES, X0, Y0, bowl, build, dem, pictures, places, plane, source, swell
from tests.raster.elevations import window_around as around

RULES = HeightRules(void_span=0)


def part(frame: Frame, first: int, last: int) -> Frame:
    """Some columns of a frame, on its grid."""
    return replace(frame, west=frame.west + first * frame.pixel, width=last - first)


def read(files: Sequence[HeightSource], window: PixelWindow, rules: HeightRules = RULES) -> Any:
    with open_heights(files, rules) as heights:
        return heights.read(window)


def seam(frame: Frame, column: int, zoom: int, size: int = 160) -> PixelWindow:
    """A window around the middle of an edge."""
    x, y = (each[frame.height // 2, column] for each in frame.places())
    return around(float(x), float(y), zoom, size)


@pytest.mark.parametrize("zoom", [15, 12, 11, 10])  # pixels of 4.8, 38, 76 and 153 m, of the files 34
@pytest.mark.parametrize("frame", ["gauss", "degrees", "mercator"])
def test_two_sheets_are_one_file(tmp_path: Path, frame: str, zoom: int) -> None:
    """Cut at a column: what is read is what is read of the whole, to a millimetre, whichever comes first."""
    whole = FRAMES[frame]
    one = source(dem(tmp_path / "one.tif", whole, bowl))
    west = source(dem(tmp_path / "west.tif", part(whole, 0, 171), bowl))
    east = source(dem(tmp_path / "east.tif", part(whole, 171, 400), bowl))
    window = seam(whole, 171, zoom)
    want = read([one], window)
    for files in ([west, east], [east, west]):
        got = read(files, window)
        assert np.array_equal(np.isnan(got), np.isnan(want))
        assert np.nanmax(np.abs(got - want)) < 1e-3


def test_the_formula_is_met_on_the_edge(tmp_path: Path) -> None:
    """Bilinear is right for a plane. Alone, the half pixel at the edge is wrong by up to 15 m × 0.11 on it."""
    whole = FRAMES["mercator"]
    files = [
        source(dem(tmp_path / f"{n}.tif", part(whole, *ends), plane)) for n, ends in enumerate([(0, 171), (171, 400)])
    ]
    window = seam(whole, 171, 15)
    got = read(files, window)
    assert np.abs(got - plane(*places(window))).max() < 1e-3


def test_four_sheets_meet_in_a_corner(tmp_path: Path) -> None:
    whole = FRAMES["degrees"]
    lower = replace(whole, north=whole.north - 150 * whole.pixel, height=210)
    upper = replace(whole, height=150)
    frames = [part(half, *ends) for half in (upper, lower) for ends in ((0, 171), (171, 400))]
    files = [source(dem(tmp_path / f"{n}.tif", frame, plane)) for n, frame in enumerate(frames)]
    x, y = (each[150, 171] for each in whole.places())
    window = around(float(x), float(y), 15, 100)
    got = read(files, window)
    assert not np.isnan(got).any() and np.abs(got - plane(*places(window))).max() < 0.02


def test_whole_numbers_and_other_units_meet(tmp_path: Path) -> None:
    """Decimetres as integers beside metres as floats: right to the rounding of the integers, 0.05 m."""
    whole = FRAMES["mercator"]
    west = dem(tmp_path / "west.tif", part(whole, 0, 171), lambda x, y: np.round(10 * plane(x, y)), dtype="int16")
    east = dem(tmp_path / "east.tif", part(whole, 171, 400), plane)
    files = [source(west, unit="decimetre"), source(east)]
    window = seam(whole, 171, 15)
    assert np.abs(read(files, window) - plane(*places(window))).max() <= 0.0501


def test_another_system_and_resolution_meet(tmp_path: Path) -> None:
    """A sheet in degrees beside one in Gauss–Krüger metres of a third of its pixels."""
    left = frame_at("EPSG:4490", 119.05, 28.12, 1 / 3600, 200, 300)
    x, y = (each[0, -1] for each in left.places())
    right = frame_at("EPSG:4549", 119.05 + 197 / 3600, 28.12, 10.0, 500, 800)
    files = [source(dem(tmp_path / "l.tif", left, plane)), source(dem(tmp_path / "r.tif", right, plane))]
    window = around(float(x), float(y) - 4000, 15, 200)
    got = read(files, window)
    assert not np.isnan(got).any() and np.abs(got - plane(*places(window))).max() < 0.02


def test_what_cannot_be_does_not_spread_over_an_edge(tmp_path: Path) -> None:
    """Undeclared nodata in the next sheet's first column: the edge keeps its own heights."""
    whole = FRAMES["mercator"]

    def torn(x: Floats, y: Floats) -> Floats:
        return np.where(x < x.min() + 1.5 * whole.pixel, -32768.0, plane(x, y))

    files = [
        source(dem(tmp_path / "west.tif", part(whole, 0, 171), plane)),
        source(dem(tmp_path / "east.tif", part(whole, 171, 400), torn)),
    ]
    got = read(files, seam(whole, 171, 15))
    assert np.nanmin(got) > 500


def test_whichever_window_asks(tmp_path: Path) -> None:
    """The same heights, bit by bit."""
    whole = FRAMES["gauss"]
    files = [
        source(dem(tmp_path / f"{n}.tif", part(whole, *ends), swell)) for n, ends in enumerate([(0, 171), (171, 400)])
    ]
    for zoom in (15, 11):
        window = seam(whole, 171, zoom, 96)
        with open_heights(files, RULES) as heights:
            got = heights.read(window)
            for row in range(0, 96, 24):
                for column in range(0, 96, 24):
                    small = window._replace(column=window.column + column, row=window.row + row, width=24, height=24)
                    some = heights.read(small)
                    assert got is not None and some is not None
                    assert some.tobytes() == got[row : row + 24, column : column + 24].tobytes()


def test_hills_are_lit_as_those_of_one_file(tmp_path: Path) -> None:
    """No line in the shade where sheets meet."""
    whole = FRAMES["gauss"]
    sheets = [
        source(dem(tmp_path / f"{n}.tif", part(whole, *ends), swell)) for n, ends in enumerate([(0, 171), (171, 400)])
    ]
    alone = [source(dem(tmp_path / "one.tif", whole, swell))]
    grey = hillshade(style="grey", form=ImageFormat("webp", lossless=True))
    for name, files in (("two", sheets), ("one", alone)):
        build(tmp_path / f"{name}.pmtiles", files, grey, (13, 13))
    one, two = pictures(tmp_path / "one.pmtiles"), pictures(tmp_path / "two.pmtiles")
    assert one.keys() == two.keys()
    assert max(int(np.abs(one[k].astype(int) - two[k]).max()) for k in one) <= 1


def test_a_sheet_that_changes_changes_the_edge_of_the_next(tmp_path: Path) -> None:
    """Ten metres west of the edge tiles end; the half pixel of 34 m that hangs on the next sheet reaches beyond."""
    side = 2 * EDGE / 2**17  # of a tile
    edge = -EDGE + round((X0 + EDGE) / side) * side + 10
    whole = Frame("EPSG:3857", edge - 20 * 34.0, Y0, 34.0, 40, 30)
    west = dem(tmp_path / "west.tif", part(whole, 0, 20), plane)
    east = dem(tmp_path / "east.tif", part(whole, 20, 40), plane)
    out, product = tmp_path / "a.pmtiles", packed_heights()
    build(out, [source(west), source(east)], product, (16, 17), keep_state=True, code="x", rules=RULES)
    dem(east, part(whole, 20, 40), lambda x, y: plane(x, y) + 90)
    again = [source(west), source(east)]
    made = build(out, again, product, (16, 17), keep_state=True, previous=out, code="x", rules=RULES)
    build(tmp_path / "b.pmtiles", again, product, (16, 17), rules=RULES)
    old, new = pictures(out), pictures(tmp_path / "b.pmtiles")
    assert old.keys() == new.keys() and all(np.array_equal(old[k], new[k]) for k in old)
    assert made.copied > 0
