"""Large voids across tiles, against scipy's labels of the whole plane."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage
from numpy.typing import NDArray

from pipeline.raster.grid import HALF, make_grid
from pipeline.raster.height_tiles import build_height_tiles
from pipeline.raster.voids import Void, survey_voids
from pipeline.types import PixelWindow

SIZE, ZOOM, TOP, LEFT = 32, 12, 60 * 32, 100 * 32  # pixels


def survey(folder: Path, plane: NDArray[np.float32]) -> list[Void]:
    """The voids of a plane of whole tiles whose corner is at LEFT, TOP."""
    rows, columns = plane.shape

    def read(window: PixelWindow) -> NDArray[np.float32] | None:
        out = np.full((window.height, window.width), np.nan, np.float32)
        a, b = max(window.row, TOP), min(window.row + window.height, TOP + rows)
        c, d = max(window.column, LEFT), min(window.column + window.width, LEFT + columns)
        if a < b and c < d:
            part = plane[a - TOP : b - TOP, c - LEFT : d - LEFT]
            out[a - window.row : b - window.row, c - window.column : d - window.column] = part
        return None if np.isnan(out).all() else out

    metres = 2 * HALF / (SIZE << ZOOM)
    west, north = LEFT * metres - HALF, HALF - TOP * metres
    grid = make_grid(SIZE, ZOOM, ZOOM, [(west, north - rows * metres, west + columns * metres, north)])
    with build_height_tiles(grid, read, folder / "t.pmtiles") as tiles:
        return survey_voids(tiles)


def enclosed(plane: NDArray[np.float32]) -> list[int]:
    """Sizes of the voids that do not touch the plane's edge, by scipy."""
    labels, _count = scipy.ndimage.label(np.isnan(plane))
    edge = set(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]).tolist())
    sizes = np.bincount(labels.ravel())
    return sorted((int(n) for k, n in enumerate(sizes) if k and k not in edge), reverse=True)


@pytest.mark.parametrize("share", [0.2, 0.55, 0.65])
def test_as_scipy_finds_them(tmp_path: Path, share: float) -> None:
    draw = np.random.default_rng(4)
    plane = draw.random((5 * SIZE, 7 * SIZE)).astype(np.float32)
    plane[plane < share] = np.nan
    voids = survey(tmp_path, plane)
    assert [void.cells for void in voids] == enclosed(plane) and len(voids) > 3


def test_a_void_over_whole_tiles(tmp_path: Path) -> None:
    """Tiles in which nothing is known are not in the archive, yet a part of the void; its place is its first cell."""
    plane = np.ones((6 * SIZE, 6 * SIZE), np.float32)
    plane[40:140, 50:130] = np.nan
    plane[150, 150] = np.nan
    plane[0:20, 0:20] = np.nan  # at the edge: the terrain goes on outside, who knows
    (large, small) = survey(tmp_path, plane)
    assert (large.cells, small.cells) == (100 * 80, 1)
    side = SIZE << ZOOM
    assert large.lng == pytest.approx((LEFT + 50.5) / side * 360 - 180)
    lat = np.arctan(np.sinh(np.pi * (1 - 2 * (TOP + 40.5) / side)))
    assert large.lat == pytest.approx(np.degrees(lat))
    metres = 40075016.685578488 / side * np.cos(lat)
    assert large.area == pytest.approx(8000 * metres**2 / 1e6)


def test_no_voids(tmp_path: Path) -> None:
    assert survey(tmp_path, np.ones((2 * SIZE, 3 * SIZE), np.float32)) == []
    ring = np.full((2 * SIZE, 2 * SIZE), np.nan, np.float32)
    ring[20:40, 20:40] = 1
    assert survey(tmp_path, ring) == []
    ring[25:30, 25:30] = np.nan
    assert [void.cells for void in survey(tmp_path, ring)] == [25]
