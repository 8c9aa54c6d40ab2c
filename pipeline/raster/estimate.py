"""What an archive of imagery would hold and take, from some of its blocks; nothing is built.

Tiles are counted exactly, as far as footprints tell. Blocks spread evenly along the Hilbert curve are read, halved and
encoded as they would be; below the blocks' zoom their tops stand for the tiles.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.i18n import _
from pipeline.progress import Progress
from pipeline.raster.grid import BLOCK, Grid
from pipeline.raster.imagery import Mosaic
from pipeline.raster.images import encode_image
from pipeline.raster.pixels import RGBA, RGBA_LINEAR
from pipeline.raster.plan import ImageryPlan
from pipeline.raster.pyramid import Anew, Recipe, build_pyramid
from pipeline.raster.share import BASE
from pipeline.raster.spool import Body
from pipeline.raster.state import Origin
from pipeline.raster.zooms import plan_grid

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
    blocks = grid.blocks
    picks = blocks[np.unique(np.linspace(0, len(blocks) - 1, min(SAMPLE, len(blocks))).round().astype(np.int64))]
    top = max(grid.block_zoom, grid.min_zoom)  # what lies below is like it
    lone = replace(grid, min_zoom=top)
    found: dict[int, list[int]] = {zoom: [] for zoom in range(top, grid.max_zoom + 1)}
    asked = dict.fromkeys(found, 0)
    progress.start(_("tiling a sample"), len(picks), _("blocks"))
    kind = RGBA_LINEAR if plan.linear_light else RGBA
    recipe = Recipe(kind, mosaic.read, lambda _zoom, _x, _y, pixels: encode_image(pixels, plan.format))

    def put(body: Body) -> None:
        found[body.zoom].append(len(body.data))

    spent = []
    for block in picks.tolist():
        cells = {zoom: _below(grid, zoom, block) for zoom in range(grid.block_zoom, grid.max_zoom + 1)}
        for zoom in found:
            asked[zoom] += len(cells[zoom])
        began = time.process_time()
        build_pyramid(lone, recipe, put, anew=Anew(cells, lambda _zoom, _position: None))
        spent.append(time.process_time() - began)
        progress.advance()
    progress.done()
    usual = sorted(spent)[len(spent) // 2]  # the first one pays for loading
    figures: list[ZoomFigures] = []
    for zoom in range(grid.max_zoom, grid.min_zoom - 1, -1):
        like = max(zoom, top)
        tiles = round(len(grid.cells[zoom]) * len(found[like]) / max(asked[like], 1))
        size = tiles * sum(found[like]) / max(len(found[like]), 1)
        if zoom < top:  # few pixels fill few tiles: a quarter of those below, somewhat richer in detail
            size = min(size, figures[-1].bytes / _SHRINKING)
        figures.append(ZoomFigures(zoom, tiles, round(size)))
    needed = BASE + cache + threads * BLOCK * BLOCK * kind.bytes * 4
    seconds = spent[0] + usual * (len(blocks) - 1) / threads
    return RasterEstimate(tuple(reversed(figures)), seconds, threads, needed, len(picks), len(blocks))


def _below(grid: Grid, zoom: int, block: int) -> NDArray[np.int64]:
    """The tiles of a zoom in a block."""
    cells: NDArray[np.int64] = grid.cells[zoom]
    inside: NDArray[np.bool_] = cells >> (2 * (zoom - grid.block_zoom)) == block
    return cells[inside]
