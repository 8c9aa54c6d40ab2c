"""Which tiles there are, and in which blocks they are read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.tileids import FIRST_IDS, zxy_of
from pipeline.types import Bounds, PixelWindow

HALF: Final = math.pi * 6378137.0  # metres of EPSG:3857 from the middle of the world to its edge
BLOCK: Final = 2048  # pixels of a block's side; GDAL warps it at one go, and its neighbours share few source blocks
_FEW: Final = 16  # blocks; a small picture is read in smaller ones, so that threads share the work
_AT_ONCE: Final = 1 << 20  # tiles whose positions are found at once
_SLACK: Final = 1e-3  # of a pixel: an edge this near to a tile's lies on it


@dataclass(frozen=True, slots=True)
class Grid:
    """The tiles that a pyramid may have, by zoom, and its blocks; a position is a tile's on the Hilbert curve."""

    tile_size: int  # pixels
    min_zoom: int
    max_zoom: int
    levels: int  # a block is a tile of zoom max_zoom − levels, read whole at max_zoom
    cells: Mapping[int, NDArray[np.int64]]  # zoom, from min_zoom or the blocks' → ascending positions

    @property
    def block_zoom(self) -> int:
        """The zoom at which a block is one tile."""
        return self.max_zoom - self.levels

    @property
    def blocks(self) -> NDArray[np.int64]:
        """Positions of the blocks at `block_zoom`, ascending."""
        return self.cells[self.block_zoom]

    @property
    def tiles(self) -> int:
        """How many tiles there may be, over all zooms."""
        return sum(len(self.cells[zoom]) for zoom in range(self.min_zoom, self.max_zoom + 1))

    def window(self, block: int) -> PixelWindow:
        """The pixels of a block, always all of them: the same ones, whatever else there is."""
        x, y = column_row(self.block_zoom, block)
        side = self.tile_size << self.levels
        return PixelWindow(self.max_zoom, self.tile_size, x * side, y * side, side, side)


def make_grid(tile_size: int, min_zoom: int, max_zoom: int, boxes: Sequence[Bounds]) -> Grid:
    """The tiles that meet any of `boxes`: west, south, east, north in metres of EPSG:3857."""
    cells = cover(tile_size, max_zoom, boxes)
    most = min(max_zoom, max(0, int(math.log2(BLOCK / tile_size))))
    levels = next((n for n in range(most, 1, -1) if len(ancestors(cells, n)) >= _FEW), min(most, 1))
    lowest = min(min_zoom, max_zoom - levels)
    return Grid(
        tile_size, min_zoom, max_zoom, levels, {z: ancestors(cells, max_zoom - z) for z in range(lowest, max_zoom + 1)}
    )


def cover(tile_size: int, zoom: int, boxes: Iterable[Bounds], margin: float = 0.0) -> NDArray[np.int64]:
    """Positions of the tiles of a zoom that meet boxes in EPSG:3857 metres, widened by `margin` pixels; ascending."""
    found = [np.empty(0, np.int64)]
    for low_x, low_y, high_x, high_y in _ranges(zoom, boxes, (margin - _SLACK) / tile_size):
        columns, rows = high_x - low_x + 1, max(1, _AT_ONCE // (high_x - low_x + 1))
        for top in range(low_y, high_y + 1, rows):  # the curve of many tiles at once takes twenty times their memory
            y, x = np.divmod(np.arange(columns * min(rows, high_y + 1 - top)), columns)
            found.append(positions(zoom, low_x + x, top + y))
    return ancestors(np.sort(np.concatenate(found)), 0)  # each once; numpy.unique imports all of numpy.ma


def count_tiles(zoom: int, boxes: Iterable[Bounds]) -> int:
    """How many tiles of a zoom boxes in EPSG:3857 metres meet, at most: those that meet several count for each."""
    return sum((right - left + 1) * (low - top + 1) for left, top, right, low in _ranges(zoom, boxes, 0.0))


def _ranges(zoom: int, boxes: Iterable[Bounds], slack: float) -> Iterator[tuple[int, int, int, int]]:
    """First and last columns and rows (left, top, right, low) of boxes, widened by `slack` tiles."""
    last = (1 << zoom) - 1
    for west, south, east, north in boxes:
        left, top, right, bottom = ((value / HALF + 1) / 2 * (last + 1) for value in (west, -north, east, -south))
        if right < 0 or bottom < 0 or left > last + 1 or top > last + 1:
            continue
        low_x, low_y = (min(max(math.floor(value - slack), 0), last) for value in (left, top))
        high_x, high_y = (
            min(max(math.ceil(value + slack) - 1, low), last) for value, low in ((right, low_x), (bottom, low_y))
        )
        yield low_x, low_y, high_x, high_y


def ancestors(cells: NDArray[np.int64], levels: int) -> NDArray[np.int64]:
    """The tiles so many zooms lower that hold any of these; ascending as these are."""
    above = cells >> (2 * levels)
    return above[np.concatenate([[True], above[1:] != above[:-1]])] if len(above) else above


def positions(zoom: int, x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.int64]:
    """Hilbert positions of tiles [n] of one zoom, without compiling anything (PMTiles v3 §4.1)."""
    x, y = x.astype(np.int64), y.astype(np.int64)
    found = np.zeros_like(x)
    for bit in range(zoom - 1, -1, -1):
        side = np.int64(1) << bit
        right, low = (x >> bit) & 1, (y >> bit) & 1
        found = (found << 2) | ((3 * right) ^ low)
        x, y = x & (side - 1), y & (side - 1)
        flip = (low == 0) & (right == 1)
        x, y = np.where(flip, side - 1 - x, x), np.where(flip, side - 1 - y, y)
        turn = low == 0
        x, y = np.where(turn, y, x), np.where(turn, x, y)
    return found


def column_row(zoom: int, position: int) -> tuple[int, int]:
    """x and y of one tile."""
    _zoom, x, y = zxy_of(FIRST_IDS[zoom] + position)
    return x, y
