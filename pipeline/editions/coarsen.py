"""A coarser grid of heights: what an edition may show of the ground, applied before anything is derived from it.

Heights become the means of square cells that are anchored to the grid of world pixels, and between the centres of
cells they are interpolated, so that shading and contours show no steps. Nothing finer than the cells is left: every
pixel is a mixture of at most four means.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.types import PixelWindow

Heights = NDArray[np.float32]
ReadHeights = Callable[[PixelWindow], Heights | None]  # metres [rows, columns], NaN = unknown; None: nothing known

_CIRCUMFERENCE: Final = 2 * math.pi * 6378137.0  # metres of EPSG:3857 around the world
_WHOLE: Final = 1e-9  # a cell this much wider than whole pixels is taken for whole


def cell_pixels(metres: float, zoom: int, tile_size: int, latitude: float) -> int:
    """How many world pixels a cell's side has, so that it measures at least `metres` on the ground.

    `latitude` is the one of all that is shown that lies farthest from the equator, in degrees: there pixels are
    smallest. At lower latitudes cells are larger than asked for.
    """
    pixel = _CIRCUMFERENCE / (tile_size << zoom) * math.cos(math.radians(latitude))
    return max(1, math.ceil(metres / pixel - _WHOLE))


def coarsest_zoom(metres: float, tile_size: int, latitude: float) -> int:
    """The last zoom whose pixels measure at least `metres` on the ground at `latitude`; 0 where none does."""
    widest = _CIRCUMFERENCE / tile_size * math.cos(math.radians(latitude))
    return max(0, math.floor(math.log2(widest / metres) + _WHOLE)) if metres > 0 else 31


def coarsen(read: ReadHeights, metres: float, latitude: float) -> ReadHeights:
    """A reader of heights that knows cells of `metres` on the ground at `latitude` only; see `cell_pixels`.

    A mean is that of the heights known in a cell. A pixel is unknown where its own cell is; where one beside it is, the
    pixel's own cell stands for it. A window gives each pixel the same height as any other window does.
    """

    def coarse(window: PixelWindow) -> Heights | None:
        cell = cell_pixels(metres, window.zoom, window.tile_size, latitude)
        if cell == 1:
            return read(window)
        west, east = window.column // cell - 1, (window.column + window.width - 1) // cell + 2
        north, south = window.row // cell - 1, (window.row + window.height - 1) // cell + 2
        wide = window._replace(
            column=west * cell, row=north * cell, width=(east - west) * cell, height=(south - north) * cell
        )
        heights = read(wide)
        if heights is None:
            return None
        means = _means(heights, cell)
        out = _between(means, cell, window.row - north * cell, window.column - west * cell, window.height, window.width)
        return None if np.isnan(out).all() else out

    return coarse


def _means(heights: Heights, cell: int) -> NDArray[np.float64]:
    """Means of what is known in each cell, NaN where nothing is."""
    rows, columns = heights.shape[0] // cell, heights.shape[1] // cell
    cells = heights.reshape(rows, cell, columns, cell)
    known = ~np.isnan(cells)
    count = known.sum(axis=(1, 3))
    total = np.where(known, cells, 0.0).sum(axis=3, dtype=np.float64).sum(axis=1)  # in an order that is always the same
    means: NDArray[np.float64] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return means


def _between(means: NDArray[np.float64], cell: int, top: int, left: int, height: int, width: int) -> Heights:
    """Pixels between the centres of cells: rows `top` …, columns `left` … of the plane that the cells cover."""
    rows, down = _shares(top, height, cell)
    columns, right = _shares(left, width, cell)
    own_rows, own_columns = (top + np.arange(height)) // cell, (left + np.arange(width)) // cell
    own = means[own_rows[:, None], own_columns[None, :]]
    out = np.zeros((height, width))
    for step_down, weight_down in ((0, 1 - down), (1, down)):
        for step_right, weight_right in ((0, 1 - right), (1, right)):
            value = means[rows[:, None] + step_down, columns[None, :] + step_right]
            value = np.where(np.isnan(value), own, value)
            out += weight_down[:, None] * weight_right[None, :] * value
    return out.astype(np.float32)


def _shares(start: int, count: int, cell: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The cell whose centre lies before each pixel, and how far the pixel is on the way to the next centre."""
    halves = 2 * (start + np.arange(count, dtype=np.int64)) + 1 - cell  # whole numbers: the same share in every window
    return halves // (2 * cell), (halves % (2 * cell)) / (2 * cell)
