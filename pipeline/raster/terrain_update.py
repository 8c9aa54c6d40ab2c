"""After a change of elevation files: which tiles are drawn anew, and which heights that takes.

A tile of a product that looks at neighbours changes where a tile beside it does. So the tiles under what changed are
widened by one, and the heights that are read by one more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.tileids import FIRST_IDS, columns_rows, zxy_of
from pipeline.raster.grid import Grid, ancestors, positions
from pipeline.raster.height_tiles import COUNTED
from pipeline.raster.pixels import Pixels
from pipeline.raster.pyramid import Anew, Known
from pipeline.raster.update import Update


@dataclass(frozen=True, slots=True)
class Partly:
    """What is done after a change of files."""

    update: Update
    heights: Anew  # the heights that the tiles to be drawn need
    drawn: NDArray[np.int64]  # ids of the tiles under what changed, and of those around that look at them; ascending


class Remembered:
    """Heights that the state remembers, of tiles that are not made anew."""

    def __init__(self, grid: Grid, partly: Partly) -> None:
        self._grid, self._known = grid, partly.heights.known
        self._made = {zoom: frozenset(cells.tolist()) for zoom, cells in partly.heights.cells.items()}

    def __call__(self, zoom: int, position: int) -> Pixels | None:
        grid = self._grid
        if zoom > grid.block_zoom or position in self._made.get(zoom, ()):
            return None
        if zoom > grid.min_zoom:
            return self._known(zoom, position)
        return self._lowest(position)

    def _lowest(self, position: int) -> Pixels | None:
        """A tile of the lowest zoom, which no state holds, out of its four children."""
        zoom, size = self._grid.min_zoom + 1, self._grid.tile_size
        whole, found = COUNTED.empty(2 * size, 2 * size), False
        for child in range(4 * position, 4 * position + 4):
            pixels = self(zoom, child)
            if pixels is not None:
                _zoom, x, y = zxy_of(FIRST_IDS[zoom] + child)
                x, y = (x & 1) * size, (y & 1) * size
                whole[y : y + size, x : x + size], found = pixels, True
        return COUNTED.reduce(whole) if found else None


def widen(grid: Grid, update: Update, reach: int) -> Partly:
    """Widen what changed by the tiles that look at it, and its heights by those that these look at.

    Heights are read in whole blocks; those of zooms below the blocks' come out of the state, but for those above
    what is read.
    """
    if not reach:
        return Partly(update, Anew(update.anew.cells, _unchanged(update)), np.array(update.ids, np.int64))
    drawn: dict[int, NDArray[np.int64]] = {}
    changed = np.array(update.ids, np.int64)
    for zoom in range(grid.min_zoom, grid.max_zoom + 1):
        first = FIRST_IDS[zoom]
        here = changed[(changed >= first) & (changed < FIRST_IDS[zoom + 1])] - first
        drawn[zoom] = _widened(zoom, here)
    blocks = [
        ancestors(_widened(zoom, cells), zoom - grid.block_zoom)
        for zoom, cells in drawn.items()
        if zoom >= grid.block_zoom
    ]
    read = np.intersect1d(np.unique(np.concatenate([np.empty(0, np.int64), *blocks])), grid.blocks)
    cells = {
        zoom: each[np.isin(each >> (2 * (zoom - grid.block_zoom)), read)]
        if zoom >= grid.block_zoom
        else np.unique(read >> (2 * (grid.block_zoom - zoom)))
        for zoom, each in grid.cells.items()
    }
    ids = np.concatenate([FIRST_IDS[zoom] + drawn[zoom] for zoom in sorted(drawn)])
    return Partly(update, Anew(cells, _unchanged(update)), ids)


def _unchanged(update: Update) -> Known:
    """Tiles as the state remembers them, without those under what changed: some of these may be gone."""
    changed = frozenset(update.ids)

    def known(zoom: int, position: int) -> Pixels | None:
        return None if FIRST_IDS[zoom] + position in changed else update.anew.known(zoom, position)

    return known


def _widened(zoom: int, cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Tiles and their eight neighbours, around the world; ascending."""
    x, y = columns_rows(zoom, cells)
    side = 1 << zoom
    found = [cells]
    for down in (-1, 0, 1):
        inside = (y + down >= 0) & (y + down < side)
        found += [positions(zoom, (x[inside] + right) % side, y[inside] + down) for right in (-1, 0, 1)]
    return np.unique(np.concatenate(found))
