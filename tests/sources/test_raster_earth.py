"""Rasters placed by control points, across the antimeridian, and around the world."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import rasterio

from pipeline.sources.raster import describe_raster
from pipeline.sources.raster_windows import open_windows
from pipeline.types import PixelWindow
from tests.oracles import rasters
from tests.oracles.rasters import Frame, tile_window, window_over
from tests.sources.test_raster_windows import FRAMES, full_windows, inside


def test_control_points_are_followed(tmp_path: Path) -> None:
    """The same picture placed by nine points instead of a geotransform lies where it lay."""
    frame = FRAMES["utm"]
    values = rasters.write(tmp_path / "plain.tif", frame)
    points = [
        rasterio.control.GroundControlPoint(row=r, col=c, x=frame.west + 5.0 * c, y=frame.north - 5.0 * r)
        for r in (0, 150, 300)
        for c in (0, 200, 400)
    ]
    with rasterio.open(
        tmp_path / "points.tif", "w", driver="GTiff", width=400, height=300, count=3, dtype="uint8", gcps=points,
        crs="EPSG:32650",
    ) as out:  # fmt: skip
        out.write(values)
    info, plain = describe_raster(tmp_path / "points.tif"), describe_raster(tmp_path / "plain.tif")
    assert info.notes == ("gcps",) and info.crs == "EPSG:32650"
    assert np.allclose(info.bounds, plain.bounds, atol=0.01)
    window, got, alpha = full_windows(tmp_path / "points.tif", 15)
    surely = inside(frame, window, 1.0)
    assert (alpha[surely] == 255).all()
    assert np.abs(got - frame.waves(*rasters.centres(window)))[:, surely].max() <= 1.2


def test_a_raster_across_the_antimeridian_is_on_both_sides(tmp_path: Path) -> None:
    frame = Frame("EPSG:32701", 100_000.0, 8_000_000.0, 500.0, 400, 200)  # UTM zone 1 from 177.2° E
    rasters.write(tmp_path / "fiji.tif", frame, lambda x, y: np.full((200, 400), 90.0))
    info = describe_raster(tmp_path / "fiji.tif")
    assert info.bounds[0] == pytest.approx(-rasters.EDGE) and info.bounds[2] == pytest.approx(rasters.EDGE)
    with open_windows(info) as windows:
        row = int((0.5 + math.asinh(math.tan(math.radians(18.4))) / (2 * math.pi)) * (512 << 8)) - 20
        west = windows.read(PixelWindow(8, 512, 0, row, 100, 40))
        east = windows.read(PixelWindow(8, 512, (512 << 8) - 100, row, 100, 40))
        middle = windows.read(PixelWindow(8, 512, 256 << 8, row, 100, 40))
    assert west is not None and (west[1][:, 0] == 255).all()
    assert east is not None and (east[1][:, -1] == 255).all()
    assert middle is None


def test_degrees_counted_to_360_are_the_same_meridians(tmp_path: Path) -> None:
    frame = Frame("EPSG:4326", 285.0, 42.0, 0.001, 300, 200)  # 75° W
    rasters.write(tmp_path / "far.tif", frame)
    info = describe_raster(tmp_path / "far.tif")
    assert info.extent[0] == pytest.approx(-75.0) and info.extent[2] == pytest.approx(-74.7)
    with open_windows(info) as windows:
        got = windows.read(window_over(info.bounds, 11, 512))
    assert got is not None and (got[1] == 255).mean() > 0.8


def test_the_whole_world_from_pole_to_pole(tmp_path: Path) -> None:
    frame = Frame("EPSG:4326", -180.0, 90.0, 1.0, 360, 180)
    rasters.write(tmp_path / "world.tif", frame, lambda x, y: np.linspace(0, 250, 180)[:, None] + np.zeros((1, 360)))
    info = describe_raster(tmp_path / "world.tif")
    assert np.allclose(info.bounds, (-rasters.EDGE, -rasters.EDGE, rasters.EDGE, rasters.EDGE))
    with open_windows(info) as windows:
        got = windows.read(tile_window(0, 0, 0))
    assert got is not None and (got[1] == 255).all()
    y = rasters.centres(tile_window(0, 0, 0))[1][:, 0]
    lat = np.degrees(np.arctan(np.sinh(y / 6378137.0)))
    assert np.abs(got[0][0] - ((89.5 - lat) * 250 / 179)[:, None]).max() <= 1.0
