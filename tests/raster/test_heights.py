"""Elevation files as one plane of heights: exact places, units, order, faults and voids."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import InputError, UsageError
from pipeline.raster.heights import IMPLAUSIBLE, HeightRules, open_heights
from pipeline.sources.height_units import metres_of, unit_named
from pipeline.types import PixelWindow
from tests.oracles.rasters import Floats, Frame, frame_at
from tests.raster.elevations import FORMULAS, FRAMES, X0, Y0, dem, places, plane, source, window_around


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("frame", FRAMES)
def test_heights_are_those_of_the_place(tmp_path: Path, frame: str, formula: str) -> None:
    """Within 0.02 m at zooms whose pixels are finer than the file's; as a mean over four times coarser ones."""
    path = dem(tmp_path / "a.tif", FRAMES[frame], FORMULAS[formula])
    with open_heights([source(path)]) as heights:
        for zoom, most in ((14, 0.02), (13, 0.02), (11, 0.5)):
            window = window_around(X0, Y0, zoom, 64)
            got = heights.read(window)
            assert got is not None and got.dtype == np.float32 and not np.isnan(got).any()
            assert np.abs(got - FORMULAS[formula](*places(window))).max() < most


def test_whole_numbers_are_interpolated_without_rounding(tmp_path: Path) -> None:
    """Integers of the file, but not of its interpolation: GDAL's own warp of int16 would round to metres."""
    path = dem(tmp_path / "a.tif", FRAMES["mercator"], lambda x, y: np.round((x - X0) / 34.0), dtype="int16")
    with open_heights([source(path)]) as heights:
        got = heights.read(window_around(X0, Y0, 16, 64))
    assert got is not None and np.abs(got - np.round(got)).max() > 0.3
    assert np.abs(np.diff(got, axis=1) - np.diff(got, axis=1).mean()).max() < 1e-3


def test_a_pixel_is_the_same_in_every_window(tmp_path: Path) -> None:
    nothing = np.random.default_rng(1).random((360, 400)) < 0.3
    path = dem(tmp_path / "a.tif", FRAMES["gauss"], nothing=nothing, nodata=-9999.0)
    with open_heights([source(path)]) as heights:
        whole = heights.read(window_around(X0, Y0, 13, 200))
        assert whole is not None and heights.filled > 100
        w = window_around(X0, Y0, 13, 200)
        for row, column, rows, columns in ((0, 0, 200, 33), (77, 12, 1, 1), (50, 99, 100, 101)):
            got = heights.read(PixelWindow(13, 256, w.column + column, w.row + row, columns, rows))
            assert got is not None
            assert got.tobytes() == whole[row : row + rows, column : column + columns].tobytes()


@pytest.mark.parametrize(
    ("unit", "metres"), [("m", 1.0), ("ft", 0.3048), ("US survey foot", 1200 / 3937), ("dm", 0.1), ("cm", 0.01)]
)
def test_units_of_the_file_become_metres(tmp_path: Path, unit: str, metres: float) -> None:
    path = dem(tmp_path / "a.tif", FRAMES["mercator"], lambda x, y: plane(x, y) / metres, unit=unit)
    window = window_around(X0, Y0, 13, 16)
    with open_heights([source(path)]) as heights:
        got = heights.read(window)
    assert got is not None and np.abs(got - plane(*places(window))).max() < 0.02


def test_units_of_the_vertical_reference_system(tmp_path: Path) -> None:
    """EPSG:6360 is NAVD88 height in US survey feet, EPSG:5703 in metres; the band says nothing."""
    window = window_around(X0, Y0, 13, 16)
    for vertical, metres in (("6360", 1200 / 3937), ("5703", 1.0)):
        frame = replace(FRAMES["gauss"], crs=f"EPSG:4549+{vertical}")
        path = dem(tmp_path / f"{vertical}.tif", frame, lambda x, y, m=metres: plane(x, y) / m)
        assert "NAVD88" in str(source(path).info.vertical)
        with open_heights([source(path)]) as heights:
            got = heights.read(window)
        assert got is not None and np.abs(got - plane(*places(window))).max() < 0.02


def test_a_unit_given_is_believed_instead(tmp_path: Path) -> None:
    path = dem(tmp_path / "a.tif", FRAMES["mercator"], lambda x, y: plane(x, y) * 10, unit="furlong")
    with pytest.raises(InputError, match="furlong"), open_heights([source(path)]):
        pass
    window = window_around(X0, Y0, 13, 16)
    with open_heights([source(path, unit="decimetre")]) as heights:
        got = heights.read(window)
    assert got is not None and np.abs(got - plane(*places(window))).max() < 0.02
    with pytest.raises(UsageError, match="furlong"):
        metres_of("furlong")
    assert unit_named(" US Survey  Foot ") == "us-foot" and unit_named(None) is None
    assert metres_of("us-ft") == pytest.approx(0.3048006096, abs=1e-10)  # NIST


def test_the_first_or_the_higher_priority_says_the_height(tmp_path: Path) -> None:
    frame = FRAMES["mercator"]
    holes = np.zeros((360, 400), np.bool_)
    holes[:, 200:] = True  # the east of the first file is unknown
    paths = [
        dem(tmp_path / "a.tif", frame, lambda x, y: x * 0 + 100, nothing=holes, nodata=-1.0),
        dem(tmp_path / "b.tif", FRAMES["degrees"], lambda x, y: x * 0 + 200),
    ]
    window = window_around(frame.west + 200 * 34.0, frame.north - 180 * 34.0, 12, 40)
    for priorities, west, east in (((0, 0), 100, 200), ((0, 1), 200, 200), ((2, 1), 100, 200)):
        files = [source(path, priority=p) for path, p in zip(paths, priorities, strict=True)]
        with open_heights(files) as heights:
            got = heights.read(window)
        assert got is not None and (got[:, 0] == west).all() and (got[:, -1] == east).all()


def test_two_zones_have_no_gap(tmp_path: Path) -> None:
    """Sheets of two Gauss–Krüger zones that overlap a little: everything between is known, and right."""

    def hill(x: Floats, y: Floats) -> Floats:
        return 900 + plane(x - 13_191_359 + X0, y) / 10

    west = dem(tmp_path / "w.tif", frame_at("EPSG:4548", 118.44, 28.1, 30.0, 210, 200), hill)
    east = dem(tmp_path / "e.tif", frame_at("EPSG:4549", 118.495, 28.1, 30.0, 210, 200), hill)
    with open_heights([source(west), source(east)]) as heights:
        window = window_around(13_191_359.0, 3_258_500.0, 13, 100)  # 118.5° E, between the zones
        got = heights.read(window)
        assert got is not None and not np.isnan(got).any()
        assert np.abs(got - hill(*places(window))).max() < 0.01


def test_heights_that_cannot_be_are_counted_and_left_out(tmp_path: Path) -> None:
    """Undeclared nodata: what interpolation mixed with it goes too, and the void is filled from around it."""

    def spoilt(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        values = plane(x, y)
        values[100:103, 200:203] = -32768
        values[50, 50] = math.inf
        values[60, 60] = math.nan
        return values

    path = dem(tmp_path / "a.tif", FRAMES["mercator"], spoilt)
    frame = FRAMES["mercator"]
    x, y = frame.west + 201.5 * 34, frame.north - 101.5 * 34
    window = window_around(x, y, 13, 60)
    with open_heights([source(path)], HeightRules(void_span=0)) as heights:
        bare = heights.read(window)
        tally = heights.tally()
    assert bare is not None and np.isnan(bare).any()
    known = ~np.isnan(bare)
    assert np.abs(bare - plane(*places(window)))[known].max() < 0.02
    assert tally.counts[IMPLAUSIBLE] >= 9 and tally.samples[IMPLAUSIBLE].startswith("a.tif: -")
    with open_heights([source(path)]) as heights:
        got = heights.read(window)
        again = heights.read(window_around(X0, Y0, 13, 16))
    assert got is not None and again is not None and not np.isnan(got).any()
    assert np.abs(got - plane(*places(window))).max() < 0.05
    with open_heights([source(path)], HeightRules(lowest=-40000, void_span=0)) as heights:
        believed = heights.read(window)
    assert believed is not None and np.nanmin(believed) < -30000


def test_small_voids_are_filled_and_large_ones_left(tmp_path: Path) -> None:
    nothing = np.zeros((360, 400), np.bool_)
    nothing[100:105, 100:106] = True
    nothing[200:260, 200:260] = True
    frame = FRAMES["mercator"]
    path = dem(tmp_path / "a.tif", frame, nothing=nothing, nodata=-9999.0)
    window = window_around(frame.west + 200 * 34, frame.north - 180 * 34, 13, 520)
    with open_heights([source(path)]) as heights:
        got = heights.read(window)
        filled = heights.filled
    assert got is not None and 50 < filled < 200  # 5 × 6 pixels of 34 m are 9 × 11 of 19 m, less what is interpolated
    unknown = np.isnan(got)
    assert 0 < unknown.sum() <= (60 * 34 / 19) ** 2
    # Beside a void half a pixel of the file is the nearest known height: 17 m on a slope of 1/10 and one of 1/20.
    assert np.abs(got - plane(*places(window)))[~unknown].max() < 17 * (0.1 + 0.05)


def test_outside_and_nothing(tmp_path: Path) -> None:
    path = dem(tmp_path / "a.tif", FRAMES["gauss"])
    empty = dem(tmp_path / "b.tif", FRAMES["gauss"], nothing=np.ones((360, 400), np.bool_), nodata=-1.0)
    with open_heights([source(path), source(empty)]) as heights:
        assert heights.read(PixelWindow(13, 256, 0, 0, 64, 64)) is None
        assert heights.read(PixelWindow(13, 256, -100, -100, 64, 64)) is None
        assert heights.read(window_around(X0, Y0, 13, 64)) is not None
    with open_heights([source(empty)]) as heights:
        assert heights.read(window_around(X0, Y0, 13, 64)) is None


def test_the_largest_zoom_is_that_of_the_finest_file(tmp_path: Path) -> None:
    """Pixels of 256 px: zoom 12 has 38.2 m, zoom 13 19.1 m."""
    fine = Frame("EPSG:3857", X0, Y0, 38.3, 50, 50)
    coarse = Frame("EPSG:3857", X0, Y0, 153.0, 50, 50)
    paths = [dem(tmp_path / "a.tif", coarse), dem(tmp_path / "b.tif", fine)]
    with open_heights([source(path) for path in paths]) as heights:
        assert heights.max_zoom(256) == 12 and heights.max_zoom(512) == 11
    with open_heights([source(dem(tmp_path / "c.tif", Frame("EPSG:3857", X0, Y0, 37.0, 50, 50)))]) as heights:
        assert heights.max_zoom(256) == 13


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    path = dem(tmp_path / "a.tif", FRAMES["gauss"])
    colours = dem(tmp_path / "b.tif", FRAMES["gauss"], lambda x, y: np.stack([x * 0, x * 0 + 1, x * 0]), dtype="uint8")
    with pytest.raises(UsageError, match="No elevation file"), open_heights([]):
        pass
    with pytest.raises(InputError, match="3 bands"), open_heights([source(colours)]):
        pass
    for rules in (HeightRules(lowest=5, highest=5), HeightRules(void_span=-1), HeightRules(void_span=10_000)):
        with pytest.raises(UsageError), open_heights([source(path)], rules):
            pass
