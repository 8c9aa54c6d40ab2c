"""What an archive of imagery or of heights would hold and take, from some of its blocks; nothing is built.

Tiles are counted exactly, as far as footprints tell. Blocks spread evenly along the Hilbert curve are read, halved and
encoded as they would be; below the blocks' zoom their tops stand for the tiles.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import gettempdir
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.tileids import zoom_of
from pipeline.i18n import _
from pipeline.progress import Progress
from pipeline.raster.grid import BLOCK, Grid
from pipeline.raster.height_tiles import COUNTED, build_height_tiles
from pipeline.raster.heights import Heights
from pipeline.raster.imagery import Mosaic
from pipeline.raster.images import encode_image
from pipeline.raster.pixels import RGBA, RGBA_LINEAR, PixelKind
from pipeline.raster.plan import ImageryPlan
from pipeline.raster.product import Product
from pipeline.raster.pyramid import Anew, Recipe, build_pyramid
from pipeline.raster.share import BASE
from pipeline.raster.spool import Body, TileSpool
from pipeline.raster.state import Origin
from pipeline.raster.terrain import TerrainPlan, draw_tiles
from pipeline.raster.work import Work
from pipeline.raster.zooms import plan_grid, tell_zooms

Cells = Mapping[int, NDArray[np.int64]]  # zoom → ascending positions

_SHRINKING: Final = 3.5
SAMPLE: Final = 12  # blocks; the first also loads what all of them need


@dataclass(frozen=True, slots=True)
class ZoomFigures:
    """One zoom."""

    zoom: int
    tiles: int
    bytes: int


@dataclass(frozen=True, slots=True)
class RasterEstimate:
    """An archive that was not built."""

    zooms: tuple[ZoomFigures, ...]  # ascending
    seconds: float  # on as many threads
    threads: int
    memory: int  # bytes
    sampled: int  # blocks
    blocks: int

    @property
    def tiles(self) -> int:
        """Of all zooms."""
        return sum(each.tiles for each in self.zooms)

    @property
    def bytes(self) -> int:
        """Of all tiles; those of equal content, and the directory, are not looked at."""
        return sum(each.bytes for each in self.zooms)


def estimate_imagery(
    plan: ImageryPlan, mosaic: Mosaic, origins: Sequence[Origin], threads: int, cache: int, progress: Progress
) -> RasterEstimate:
    """Figures of what `tile_imagery` would write with the same arguments. Raises as it does."""
    grid = plan_grid(plan, mosaic, origins)
    tell_zooms(plan, mosaic, grid, progress)
    kind = RGBA_LINEAR if plan.linear_light else RGBA
    recipe = Recipe(kind, mosaic.read, lambda _zoom, _x, _y, pixels: encode_image(pixels, plan.format))

    def render(lone: Grid, cells: Cells) -> Iterator[tuple[int, int]]:
        bodies: list[Body] = []
        build_pyramid(lone, recipe, bodies.append, anew=Anew(cells, _nothing))
        return ((body.zoom, len(body.data)) for body in bodies)

    return _estimate(grid, kind, render, threads, cache, progress)


def estimate_terrain(
    plan: TerrainPlan,
    heights: Heights,
    origins: Sequence[Origin],
    product: Product,
    threads: int,
    cache: int,
    progress: Progress,
) -> RasterEstimate:
    """Figures of what `tile_terrain` would write with the same arguments. Raises as it does.

    At the edges of a sampled block its neighbours are unknown; what is drawn there says little of sizes.
    """
    grid = plan_grid(plan, heights, origins)
    tell_zooms(plan, heights, grid, progress)
    aside = Path(gettempdir()) / "estimate"  # nothing of that name is written: heights wait in a nameless file

    def render(lone: Grid, cells: Cells) -> Iterator[tuple[int, int]]:
        anew = Anew(cells, _nothing)
        with build_height_tiles(lone, heights.read, aside, anew=anew) as tiles, TileSpool(aside) as spool:
            draw_tiles(tiles, tiles.ids(), product, spool, Work())
            return iter([(zoom_of(each.tile_id), len(each.data)) for each in spool.tiles()])

    return _estimate(grid, COUNTED, render, threads, cache, progress)


def _estimate(
    grid: Grid,
    kind: PixelKind,
    render: Callable[[Grid, Cells], Iterator[tuple[int, int]]],
    threads: int,
    cache: int,
    progress: Progress,
) -> RasterEstimate:
    """Figures from some blocks; `render` makes tiles of one and tells the zoom and bytes of each."""
    blocks = grid.blocks
    picks = blocks[np.unique(np.linspace(0, len(blocks) - 1, min(SAMPLE, len(blocks))).round().astype(np.int64))]
    top = max(grid.block_zoom, grid.min_zoom)  # what lies below is like it
    lone = replace(grid, min_zoom=top)
    found: dict[int, list[int]] = {zoom: [] for zoom in range(top, grid.max_zoom + 1)}
    asked = dict.fromkeys(found, 0)
    progress.start(_("tiling a sample"), len(picks), _("blocks"))
    spent = []
    for block in picks.tolist():
        cells = {zoom: _below(grid, zoom, block) for zoom in range(grid.block_zoom, grid.max_zoom + 1)}
        for zoom in found:
            asked[zoom] += len(cells[zoom])
        began = time.process_time()
        for zoom, length in render(lone, cells):
            found[zoom].append(length)
        spent.append(time.process_time() - began)
        progress.advance()
    progress.done()
    usual = sorted(spent)[len(spent) // 2]  # the first one pays for loading
    figures: list[ZoomFigures] = []
    for zoom in range(grid.max_zoom, grid.min_zoom - 1, -1):
        like = max(zoom, top)
        tiles = round(len(grid.cells[zoom]) * len(found[like]) / max(asked[like], 1))
        size: float = tiles * sum(found[like]) / max(len(found[like]), 1)
        if zoom < top:  # few pixels fill few tiles: a quarter of those below, somewhat richer in detail
            size = min(size, figures[-1].bytes / _SHRINKING)
        figures.append(ZoomFigures(zoom, tiles, round(size)))
    needed = BASE + cache + threads * BLOCK * BLOCK * kind.bytes * 4
    seconds = spent[0] + usual * (len(blocks) - 1) / threads
    return RasterEstimate(tuple(reversed(figures)), seconds, threads, needed, len(picks), len(blocks))


def _nothing(_zoom: int, _position: int) -> None:
    return None


def _below(grid: Grid, zoom: int, block: int) -> NDArray[np.int64]:
    """The tiles of a zoom in a block."""
    cells: NDArray[np.int64] = grid.cells[zoom]
    inside: NDArray[np.bool_] = cells >> (2 * (zoom - grid.block_zoom)) == block
    return cells[inside]
