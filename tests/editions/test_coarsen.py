"""Heights on a coarser grid: by hand, by formula, and the same in every window."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.editions.coarsen import ReadHeights, cell_pixels, coarsen, coarsest_zoom
from pipeline.types import PixelWindow

ZOOM, SIZE = 12, 512
PIXEL = 40075016.6855784861531768 / (SIZE << ZOOM)  # EPSG:3857 metres


def reader(formula: object) -> ReadHeights:
    def read(window: PixelWindow) -> NDArray[np.float32] | None:
        rows, columns = np.mgrid[
            window.row : window.row + window.height, window.column : window.column + window.width
        ].astype(float)
        return np.asarray(formula(rows, columns), np.float32)  # type: ignore[operator]

    return read


def window(row: int, column: int, height: int, width: int) -> PixelWindow:
    return PixelWindow(ZOOM, SIZE, column, row, width, height)


@pytest.mark.parametrize(
    ("metres", "latitude", "pixels"),
    [
        (PIXEL, 0.0, 1),
        (PIXEL * 1.01, 0.0, 2),
        (PIXEL * 4, 0.0, 4),
        (PIXEL * 4, 60.0, 8),  # cos 60° is ½
        (PIXEL * 4, -60.0, 8),
        (0.0, 0.0, 1),
    ],
)
def test_cells_measure_as_much_on_the_ground(metres: float, latitude: float, pixels: int) -> None:
    assert cell_pixels(metres, ZOOM, SIZE, latitude) == pixels


def test_the_zoom_that_is_coarse_enough() -> None:
    """100 m: at the equator zoom 9 of 512 px has pixels of 152.9 m, zoom 10 of 76.4 m; at 60° half of these."""
    assert [coarsest_zoom(100.0, 512, latitude) for latitude in (0.0, 60.0, -60.0)] == [9, 8, 8]
    assert coarsest_zoom(100.0, 256, 0.0) == 10
    for zoom in range(20):
        assert coarsest_zoom(40075016.685578488 / (512 << zoom), 512, 0.0) == zoom
    assert coarsest_zoom(1e9, 512, 0.0) == 0


def test_means_by_hand() -> None:
    """Cells of two: the western mean is 2, the eastern 6; pixels lie 1/4 and 3/4 of the way between the centres."""
    plane = np.array([[1, 3, 5, 7], [1, 3, 5, 7], [1, 3, 5, 7], [1, 3, 5, 7]], np.float32)
    coarse = coarsen(
        reader(lambda r, c: plane[np.clip(r, 0, 3).astype(int), np.clip(c, 0, 3).astype(int)]), PIXEL * 2, 0
    )
    got = coarse(window(0, 0, 2, 4))
    assert got is not None and got[0].tolist() == got[1].tolist() == [1.75, 3.0, 5.0, 6.25]


def test_a_plane_stays_a_plane() -> None:
    coarse = coarsen(reader(lambda r, c: 0.5 * r - 0.25 * c), PIXEL * 5, 0)
    got = coarse(window(103, 211, 17, 23))
    rows, columns = np.mgrid[103:120, 211:234]
    assert got is not None
    np.testing.assert_allclose(got, 0.5 * rows - 0.25 * columns, atol=1e-4)


def test_nothing_finer_than_a_cell_is_left() -> None:
    """A tower of one pixel is spread over its cell: nowhere more than its share of 1/64."""
    coarse = coarsen(reader(lambda r, c: np.where((r == 100) & (c == 100), 640.0, 0.0)), PIXEL * 8, 0)
    got = coarse(window(64, 64, 80, 80))
    assert got is not None and got.max() < 10.0
    assert got.sum() == pytest.approx(640.0, rel=1e-4)  # and none of it is lost


def test_the_same_in_every_window() -> None:
    draw = np.random.default_rng(5)
    plane = draw.uniform(0, 2000, (200, 200)).astype(np.float32)
    plane[draw.random(plane.shape) < 0.7] = np.nan
    plane[40:90, 50:120] = np.nan
    read = reader(lambda r, c: plane[r.astype(int) % 200, c.astype(int) % 200])
    coarse = coarsen(read, PIXEL * 7, 0)
    whole = coarse(window(20, 20, 140, 140))
    assert whole is not None and 0 < np.isnan(whole).sum() < 140 * 140
    for row, column, height, width in ((20, 20, 1, 1), (33, 47, 50, 61), (99, 21, 61, 139)):
        got = coarse(window(row, column, height, width))
        assert got is not None
        wanted = whole[row - 20 : row - 20 + height, column - 20 : column - 20 + width]
        np.testing.assert_array_equal(got, wanted)


def test_unknown_cells_stay_unknown() -> None:
    coarse = coarsen(reader(lambda r, c: np.where(c < 10, 7.0, math.nan)), PIXEL * 10, 0)
    got = coarse(window(0, 0, 3, 20))
    assert got is not None
    assert (got[:, :10] == 7.0).all() and np.isnan(got[:, 10:]).all()
    assert coarse(window(0, 40, 5, 5)) is None
    assert coarsen(lambda _window: None, PIXEL * 10, 0)(window(0, 0, 5, 5)) is None


def test_as_fine_as_the_grid_changes_nothing() -> None:
    read = reader(lambda r, c: r * c)
    got, wanted = coarsen(read, PIXEL, 0)(window(5, 6, 4, 3)), read(window(5, 6, 4, 3))
    assert got is not None and wanted is not None and got.tobytes() == wanted.tobytes()
