"""Blocks of pixels at the highest zoom, halved down to the lowest one, as encoded tiles of every zoom.

A block is read once, cut into tiles and halved until it is one tile, all in one thread. The tiles of blocks become
those of lower zooms as soon as their four children are there: blocks come along the Hilbert curve, so a few tiles of
each zoom are all that waits. Results are taken in the order of the blocks, whichever thread is done first, so every
zoom's tiles come in ascending order, and nothing depends on the number of threads. As halving looks at four pixels
inside one tile only, nothing depends on the division into blocks either.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.progress import Progress, Silent
from pipeline.raster.grid import Grid, ancestors, column_row
from pipeline.raster.pixels import PixelKind, Pixels
from pipeline.raster.spool import Body
from pipeline.types import PixelWindow

ReadBlock = Callable[[PixelWindow], Pixels | None]  # the pixels of a window; None where nothing is known of any
Encode = Callable[[int, int, int, Pixels], bytes | None]  # zoom, x, y, a tile's pixels → its body; None: no tile
Known = Callable[[int, int], Pixels | None]  # zoom, position → a tile's pixels as they were
Keep = Callable[[int, int, Pixels], bytes]  # zoom, position, a tile's pixels → what is remembered of it

_AHEAD: Final = 2  # blocks beyond those at work: done, and waiting for one before them


@dataclass(frozen=True, slots=True)
class Anew:
    """Which tiles to make where others are there already.

    Among them may be tiles that the grid does not have any more: they are not made, but those above them are.
    """

    cells: Mapping[int, NDArray[np.int64]]  # zoom → ascending positions; with every tile all that are above it
    known: Known  # the other tiles, from the blocks' zoom on


@dataclass(frozen=True, slots=True)
class Recipe:
    """How pixels are read and become bytes. All of it is called from several threads at once."""

    kind: PixelKind
    read: ReadBlock
    encode: Encode
    keep: Keep | None = None  # pack tiles from the blocks' zoom on, so that a later pyramid knows them


class Made(NamedTuple):
    """What became of a block, or of the four tiles below one."""

    zoom: int
    position: int
    top: Pixels | None  # its pixels as one tile; None where nothing is known of any, or nobody needs it
    kept: bytes | None  # what `Recipe.keep` made of them
    bodies: list[Body]
    cells: int  # tiles that there might be


def build_pyramid(
    grid: Grid,
    recipe: Recipe,
    put: Callable[[Body], None],
    *,
    keep: Callable[[Made], None] | None = None,
    anew: Anew | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> None:
    """Make all tiles of a grid, or those of `anew`; `put` gets them in this thread, those of each zoom ascending.

    `keep` gets what was made at the blocks' zoom and below, in ascending order of each zoom. The caller has started
    the progress's task; it is told of every tile. Whatever fails in a thread is raised here once all have stopped.
    """
    work = _Work(grid, recipe, anew or Anew(grid.cells, _nothing))
    progress = progress or Silent()
    with ThreadPoolExecutor(threads, "pyramid") as pool:
        try:
            for made in _in_order(work, pool, threads + _AHEAD):
                for body in made.bodies:
                    put(body)
                if keep is not None:
                    keep(made)
                progress.advance(made.cells)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


@dataclass(frozen=True, slots=True)
class _Work:
    grid: Grid
    recipe: Recipe
    anew: Anew

    def block(self, position: int) -> Made:
        """Read, cut and halve a block."""
        grid, bodies, count = self.grid, list[Body](), 0
        there = len(_below(grid.blocks, position, 0)) > 0
        pixels = self.recipe.read(grid.window(position)) if there else None
        for level in range(grid.levels, -1, -1):
            zoom = grid.block_zoom + level
            if zoom < grid.min_zoom:
                break
            wanted = _below(self.anew.cells[zoom], position, level)
            count += len(wanted)
            wanted = np.intersect1d(wanted, _below(grid.cells[zoom], position, level), assume_unique=True)
            if pixels is not None:
                for cell in wanted.tolist():
                    body = self.body(zoom, cell, _tile(pixels, grid.tile_size, *_offset(zoom, cell, level)))
                    bodies.extend(body)
                pixels = self.recipe.kind.reduce(pixels) if level and zoom > grid.min_zoom else pixels
        return self.made(grid.block_zoom, position, pixels, bodies, count)

    def parent(self, zoom: int, position: int, children: dict[int, Pixels | None]) -> Made:
        """Put four tiles together and halve them; those that are not made anew are known."""
        kind, size = self.recipe.kind, self.grid.tile_size
        whole: Pixels | None = None
        for child in range(4 * position, 4 * position + 4):
            pixels = children[child] if child in children else self.anew.known(zoom + 1, child)
            if pixels is not None:
                whole = kind.empty(2 * size, 2 * size) if whole is None else whole
                x, y = _offset(zoom + 1, child, 1)
                whole[y * size : (y + 1) * size, x * size : (x + 1) * size] = pixels
        top = None if whole is None else kind.reduce(whole)
        bodies = [] if top is None else self.body(zoom, position, top)
        return self.made(zoom, position, top, bodies, 1)

    def made(self, zoom: int, position: int, top: Pixels | None, bodies: list[Body], cells: int) -> Made:
        if zoom <= self.grid.min_zoom or top is None or self.recipe.kind.is_empty(top):
            return Made(zoom, position, None, None, bodies, cells)
        keep = self.recipe.keep
        return Made(zoom, position, top, keep(zoom, position, top) if keep is not None else None, bodies, cells)

    def body(self, zoom: int, position: int, pixels: Pixels) -> list[Body]:
        """A tile's body, where it has one."""
        if self.recipe.kind.is_empty(pixels):
            return []
        data = self.recipe.encode(zoom, *column_row(zoom, position), pixels)
        return [] if data is None else [Body.of(zoom, position, data)]


def _in_order(work: _Work, pool: ThreadPoolExecutor, ahead: int) -> Iterator[Made]:
    """What became of every block and of every tile below, each after all that it is made of."""
    grid, cells = work.grid, work.anew.cells
    upcoming = iter(ancestors(cells[grid.max_zoom], grid.levels).tolist())
    waiting: deque[Future[Made]] = deque()
    trays: dict[int, dict[int, Pixels | None]] = {zoom: {} for zoom in range(grid.block_zoom + 1)}
    lasts = {zoom: _last_siblings(cells[zoom]) for zoom in range(grid.min_zoom + 1, grid.block_zoom + 1)}
    blocks = 0  # in flight
    while True:
        while blocks < ahead and (block := next(upcoming, None)) is not None:
            waiting.append(pool.submit(work.block, block))
            blocks += 1
        if not waiting:
            return
        made = waiting.popleft().result()
        blocks -= made.zoom == grid.block_zoom
        yield made
        if made.zoom <= grid.min_zoom:
            continue
        trays[made.zoom][made.position] = made.top
        if made.position in lasts[made.zoom]:
            waiting.append(pool.submit(work.parent, made.zoom - 1, made.position >> 2, trays[made.zoom]))
            trays[made.zoom] = {}


def _last_siblings(cells: NDArray[np.int64]) -> frozenset[int]:
    """The last one of every four siblings, as far as they are there."""
    parents = cells >> 2
    return frozenset(cells[np.append(parents[1:] != parents[:-1], True)].tolist() if len(cells) else ())


def _below(cells: NDArray[np.int64], position: int, levels: int) -> NDArray[np.int64]:
    """Which of the cells lie in a tile so many zooms lower."""
    low, high = np.searchsorted(cells, [position << (2 * levels), (position + 1) << (2 * levels)])
    return cells[low:high]


def _offset(zoom: int, position: int, levels: int) -> tuple[int, int]:
    """Column and row of a tile within the one that holds it so many zooms lower."""
    x, y = column_row(zoom, position)
    mask = (1 << levels) - 1
    return x & mask, y & mask


def _tile(pixels: Pixels, size: int, x: int, y: int) -> Pixels:
    return np.ascontiguousarray(pixels[y * size : (y + 1) * size, x * size : (x + 1) * size])


def _nothing(_zoom: int, _position: int) -> None:
    return None
