"""Light, tints, slopes and aspects drawn tile by tile are those of the whole plane, bit for bit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.kernels.hillshade import hillshade_multi, hillshade_single, shade_alpha
from pipeline.kernels.slope import aspect as aspect_of
from pipeline.kernels.slope import slope as slope_of
from pipeline.raster.grid import HALF, make_grid
from pipeline.raster.height_tiles import HeightTiles, build_height_tiles
from pipeline.raster.plan import ImageFormat
from pipeline.raster.ramp import Ramp
from pipeline.raster.shade import PIVOT, Light, hillshade, light_of
from pipeline.raster.tint import aspect, slope, tint
from pipeline.types import PixelWindow
from tests.raster.elevations import X0, Y0, places, plane, swell

SIZE, ZOOM = 64, 14
SIDE = SIZE << ZOOM
COLUMN, ROW = int((X0 + HALF) / (2 * HALF) * SIDE), int((HALF - Y0) / (2 * HALF) * SIDE)
REACH = 220  # pixels of the terrain to each side of there: it ends within tiles


def terrain(window: PixelWindow) -> NDArray[np.float32] | None:
    """Swell, with a hole, within REACH of the middle."""
    x, y = places(window)
    column, row = np.meshgrid(np.arange(window.width) + window.column, np.arange(window.height) + window.row)
    heights = swell(x, y).astype(np.float32)
    heights[(np.abs(column - COLUMN) > REACH) | (np.abs(row - ROW) > REACH)] = np.nan
    heights[(np.abs(column - COLUMN - 50) < 30) & (np.abs(row - ROW + 60) < 41)] = np.nan
    return None if np.isnan(heights).all() else heights


def box() -> tuple[float, float, float, float]:
    metres = 2 * HALF / SIDE
    return X0 - REACH * metres, Y0 - REACH * metres, X0 + REACH * metres, Y0 + REACH * metres


@contextmanager
def height_tiles(folder: Path, lowest: int = ZOOM, threads: int = 2) -> Iterator[HeightTiles]:
    grid = make_grid(SIZE, lowest, ZOOM, [box()])
    with build_height_tiles(grid, terrain, folder / "t.pmtiles", threads=threads) as tiles:
        yield tiles


def whole_plane() -> tuple[NDArray[np.float32], PixelWindow, NDArray[np.float64]]:
    """All heights with a rim of one pixel, the window without the rim, and the ground size of its rows."""
    left, top = (COLUMN - REACH - 8) // SIZE * SIZE, (ROW - REACH - 8) // SIZE * SIZE
    side = 9 * SIZE
    read = terrain(PixelWindow(ZOOM, SIZE, left - 1, top - 1, side + 2, side + 2))
    assert read is not None
    rows = top + np.arange(side) + 0.5
    lat = np.arctan(np.sinh(np.pi * (1 - 2 * rows / SIDE)))
    return read, PixelWindow(ZOOM, SIZE, left, top, side, side), 40075016.685578488 / SIDE * np.cos(lat)


def together(tiles: HeightTiles, draw: object, window: PixelWindow, empty: object) -> NDArray[np.generic]:
    """The tiles of a window side by side."""
    rows = []
    for y in range(window.row // SIZE, (window.row + window.height) // SIZE):
        columns = range(window.column // SIZE, (window.column + window.width) // SIZE)
        parts = [draw(tiles, ZOOM, x, y) for x in columns]  # type: ignore[operator]
        rows.append(np.concatenate([np.asarray(empty) if part is None else part for part in parts], axis=1))
    return np.concatenate(rows, axis=0)


def test_ground_is_that_of_the_latitude(tmp_path: Path) -> None:
    """A pixel at 60° is half of one at the equator; row by row against the textbook formula."""
    with height_tiles(tmp_path) as tiles:
        _heights, window, ground = whole_plane()
        got = np.concatenate([tiles.ground(ZOOM, window.row // SIZE + k) for k in range(9)])
        np.testing.assert_allclose(got, ground, rtol=1e-12)
        middle = tiles.ground(0, 0)
        assert middle[SIZE // 2] == pytest.approx(40075016.7 / SIZE, rel=0.01)


@pytest.mark.parametrize("direction", ["multi", "single"])
def test_light_has_no_seams(tmp_path: Path, direction: str) -> None:
    light = Light(direction, azimuth=300.0, altitude=40.0, exaggeration=30.0, growth=0.0)  # type: ignore[arg-type]
    heights, window, _ground = whole_plane()
    wanted = np.empty((window.height, window.width), np.float32)
    with height_tiles(tmp_path) as tiles:
        ground = np.concatenate([tiles.ground(ZOOM, window.row // SIZE + k) for k in range(9)])
        if direction == "multi":
            hillshade_multi(heights, ground, 30.0, 40.0, wanted)
        else:
            hillshade_single(heights, ground, 30.0, 300.0, 40.0, wanted)
        got = together(tiles, lambda *place: light_of(light, *place), window, np.full((SIZE, SIZE), np.nan, np.float32))
        known = ~np.isnan(wanted)
        assert (~np.isnan(got) == known).all() and 0 < known.sum() < known.size
        assert got[known].tobytes() == wanted[known].tobytes()
        veil = np.empty((*wanted.shape, 4), np.uint8)
        shade_alpha(wanted, light.flat, 0.6, 0.35, 8, veil)
        drawn = together(tiles, hillshade(light).draw, window, np.zeros((SIZE, SIZE, 4), np.uint8))
        assert (drawn == veil).all() and 10 < len(np.unique(veil[..., 3])) <= 33


def test_the_division_into_tiles_and_threads_does_not_matter(tmp_path: Path) -> None:
    """One thread or two, and lower zooms with them: the same heights, the same light."""
    window = whole_plane()[1]
    empty = np.zeros((SIZE, SIZE, 4), np.uint8)
    drawn = []
    for threads, lowest in ((1, ZOOM), (2, ZOOM), (2, 9)):
        with height_tiles(tmp_path, lowest, threads) as tiles:
            drawn.append(together(tiles, hillshade().draw, window, empty).tobytes())
    assert drawn[0] == drawn[1] == drawn[2]


@pytest.mark.parametrize("what", ["slope", "aspect"])
def test_slopes_have_no_seams(tmp_path: Path, what: str) -> None:
    """A ramp that shows the value itself: grey 0 … 250 for 0 … 90° or 0 … 360°."""
    heights, window, ground = whole_plane()
    wanted = np.empty((window.height, window.width), np.float32)
    top = 90.0 if what == "slope" else 360.0
    ramp = Ramp("grey", (0.0, top), ((0, 0, 0, 255), (250, 250, 250, 255)))
    if what == "slope":
        slope_of(heights, ground, wanted)
    else:
        aspect_of(heights, 0.0, wanted)
    with height_tiles(tmp_path) as tiles:
        product = slope(ramp) if what == "slope" else aspect(ramp)
        got = together(tiles, product.draw, window, np.zeros((SIZE, SIZE, 4), np.uint8))
    known = ~np.isnan(wanted)
    assert ((got[..., 3] == 255) == known).all()
    assert np.abs(got[..., 0] - np.clip(wanted, 0, None) * 250 / top)[known].max() <= 0.51


def test_tints_with_and_without_light(tmp_path: Path) -> None:
    ramp = Ramp("grey", (400.0, 600.0), ((0, 0, 0, 255), (200, 200, 200, 255)))
    _heights, window, _ground = whole_plane()
    empty = np.zeros((SIZE, SIZE, 4), np.uint8)
    with height_tiles(tmp_path) as tiles:
        got = together(tiles, tint(ramp).draw, window, empty)
        lit = together(tiles, tint(ramp, strength=1.0).draw, window, empty)
    heights = terrain(window)
    assert heights is not None
    known = ~np.isnan(heights)
    assert np.abs(got[..., 0] - (heights - 400.0))[known].max() <= 0.51
    assert ((got[..., 3] == 255) == known).all() and (lit[..., 3] == got[..., 3]).all()
    assert (lit[known] != got[known]).any() and tint(ramp).reach == 0 and tint(ramp, strength=0.1).reach == 1


def test_heights_are_stretched_at_low_zooms() -> None:
    light = Light(exaggeration=2.0, growth=0.5)
    assert [light.factor(zoom, 512) for zoom in (PIVOT + 3, PIVOT, PIVOT - 2, PIVOT - 4)] == [2.0, 2.0, 4.0, 8.0]
    assert light.factor(PIVOT - 1, 256) == light.factor(PIVOT - 2, 512)
    assert Light(growth=0.0).factor(0, 512) == 1.0
    assert Light(altitude=30.0).flat == pytest.approx(0.5)


def test_a_plane_by_hand(tmp_path: Path) -> None:
    """On the plane of 1/10 east and 1/20 north the light is one number, but for the latitude's part of it."""

    def read(window: PixelWindow) -> NDArray[np.float32]:
        x, y = places(window)
        return plane(x, y).astype(np.float32)

    grid = make_grid(SIZE, ZOOM, ZOOM, [(X0 - 100, Y0 - 100, X0 + 100, Y0 + 100)])
    with build_height_tiles(grid, read, tmp_path / "t.pmtiles") as tiles:
        x, y = COLUMN // SIZE, ROW // SIZE
        got = light_of(Light("single", 315.0, 45.0, growth=0.0), tiles, ZOOM, x, y)
        k = np.cosh(Y0 / 6378137.0)  # the map's scale: on the ground slopes are so much steeper
        east, north = 0.1 * k, -0.05 * k
        half = math.sqrt(0.5)
        wanted = (half - half * (-half * east + half * north)) / math.sqrt(1 + east**2 + north**2)
        assert got is not None and np.abs(got[1:-1, 1:-1] - wanted).max() < 1e-3


@pytest.mark.parametrize(
    "choices",
    [
        {"altitude": 0.0},
        {"altitude": 90.0},
        {"azimuth": 361.0},
        {"azimuth": math.nan},
        {"exaggeration": 0},
        {"growth": 2},
    ],
)
def test_lights_that_cannot_be(choices: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Light(**choices)  # type: ignore[arg-type]


def test_products_that_cannot_be() -> None:
    for make in (
        lambda: hillshade(shadow=1.1),
        lambda: hillshade(form=ImageFormat("jpeg")),
        lambda: tint(strength=-0.1),
    ):
        with pytest.raises(UsageError):
            make()
