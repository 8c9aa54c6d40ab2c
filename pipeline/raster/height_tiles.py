"""Heights of every zoom in one nameless file beside the archive, from which all products of a terrain are drawn.

Products such as shading look at a cell's neighbours; they get a tile with one pixel of the tiles around it, so a
product of the whole plane, cut into tiles, is the same as one drawn tile by tile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.tileids import FIRST_IDS
from pipeline.progress import Progress, Silent
from pipeline.raster.grid import HALF, Grid, positions
from pipeline.raster.pixels import PixelKind, Pixels
from pipeline.raster.pyramid import Anew, Known, Made, ReadBlock, Recipe, build_pyramid
from pipeline.raster.spool import TileSpool
from pipeline.types import PixelWindow

Plane = NDArray[np.float32]


def _reduce(pixels: Pixels) -> Pixels:
    from pipeline.kernels.pack_heights import mean_heights, mean_known

    out = np.empty((pixels.shape[0] // 2, pixels.shape[1] // 2, 2), np.float32)
    (mean_known if pixels.ndim == 2 else mean_heights)(pixels, out)
    return out


# Heights and of how many of the largest zoom they are the mean; at the largest zoom heights alone.
COUNTED: Final = PixelKind("counted-heights", "float32", (2,), float("nan"), _reduce)


class HeightTiles:
    """Tiles of heights; any thread may read. `known` gives those that were not made but are as they were."""

    def __init__(self, grid: Grid, spool: TileSpool, known: Known | None = None) -> None:
        self.grid = grid
        self._spool = spool
        self._known = known

    @property
    def tile_size(self) -> int:
        """Pixels of a tile's side."""
        return self.grid.tile_size

    def zooms(self) -> list[int]:
        """Those that hold tiles, ascending."""
        return self._spool.zooms()

    def ids(self) -> NDArray[np.int64]:
        """The ids of all tiles in which a height is known, ascending."""
        return np.concatenate(
            [np.empty(0, np.int64), *(FIRST_IDS[zoom] + self._spool.positions(zoom) for zoom in self.zooms())]
        )

    def tile(self, zoom: int, x: int, y: int) -> Plane | None:
        """Metres [rows, columns], NaN = unknown, read-only; None where nothing is known. `x` goes around the world."""
        side = 1 << zoom
        if not 0 <= y < side:
            return None
        position = int(positions(zoom, np.array([x % side]), np.array([y]))[0])
        body = self._spool.get(zoom, position)
        if body is not None:
            return np.frombuffer(body, np.float32).reshape(self.tile_size, self.tile_size)
        as_it_was = None if self._known is None else self._known(zoom, position)
        return None if as_it_was is None else as_it_was[..., 0]

    def padded(self, zoom: int, x: int, y: int) -> Plane | None:
        """A tile with one pixel of its eight neighbours around it [rows + 2, columns + 2]; None where it has none."""
        middle = self.tile(zoom, x, y)
        if middle is None:
            return None
        out = np.full((self.tile_size + 2, self.tile_size + 2), np.nan, np.float32)
        out[1:-1, 1:-1] = middle
        places = {-1: (slice(0, 1), slice(-1, None)), 0: (slice(1, -1), slice(None)), 1: (slice(-1, None), slice(0, 1))}
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                if (down or right) and (beside := self.tile(zoom, x + right, y + down)) is not None:
                    (to_row, row), (to_column, column) = places[down], places[right]
                    out[to_row, to_column] = beside[row, column]
        return out

    def ground(self, zoom: int, y: int) -> NDArray[np.float64]:
        """Metres on the ground that a pixel measures in each row of the tiles of row `y`, on the sphere [rows]."""
        side = self.tile_size << zoom
        rows = y * self.tile_size + np.arange(self.tile_size) + 0.5
        return (2 * HALF / side) / np.cosh(np.pi * (1 - 2 * rows / side))


@contextmanager
def build_height_tiles(
    grid: Grid,
    read: ReadBlock,
    out: Path,
    *,
    keep: Callable[[Made], None] | None = None,
    pack: Callable[[int, int, Pixels], bytes] | None = None,
    anew: Anew | None = None,
    known: Known | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> Iterator[HeightTiles]:
    """The heights of all tiles of a grid, or of those of `anew`, while the context lasts; the file lies beside `out`.

    A height of a lower zoom is the mean of those of the largest zoom that are known in its place. `keep` and `pack` are
    those of the pyramid, for a later one; `known` are tiles that `anew` leaves out. The caller has started the
    progress's task. Raises OutputError when the disk is full and whatever `read` raises.
    """

    def blocks(window: PixelWindow) -> Pixels | None:
        heights = read(window)
        if heights is None or grid.levels:
            return heights
        return np.stack([heights, np.where(np.isnan(heights), np.float32(np.nan), np.float32(1))], axis=-1)

    def body(zoom: int, x: int, y: int, pixels: Pixels) -> bytes:
        plane = pixels if pixels.ndim == 2 else pixels[..., 0]
        return np.ascontiguousarray(plane, np.float32).tobytes()

    with TileSpool(out) as spool:
        recipe = Recipe(COUNTED, blocks, body, pack)
        build_pyramid(grid, recipe, spool.put, keep=keep, anew=anew, threads=threads, progress=progress or Silent())
        yield HeightTiles(grid, spool, known)
