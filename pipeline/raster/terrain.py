"""Elevation → a raster archive: heights of all zooms, then one product drawn from them, tile by tile."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.reader import open_archive
from pipeline.archive.tileids import FIRST_IDS, columns_rows, zoom_of, zxy_of
from pipeline.i18n import _
from pipeline.raster.assemble import Before, degrees, write_archive
from pipeline.raster.grid import HALF, Grid
from pipeline.raster.height_tiles import COUNTED, HeightTiles, build_height_tiles
from pipeline.raster.heights import IMPLAUSIBLE, Heights
from pipeline.raster.images import encode_image, image_software
from pipeline.raster.metadata import raster_metadata
from pipeline.raster.packing import pack_pixels
from pipeline.raster.pixels import Pixels
from pipeline.raster.plan import About
from pipeline.raster.product import Product
from pipeline.raster.pyramid import ReadBlock
from pipeline.raster.result import RasterResult
from pipeline.raster.spool import Body, TileSpool
from pipeline.raster.state import Origin, StateWriter
from pipeline.raster.terrain_update import Partly, Remembered, widen
from pipeline.raster.update import find_update, keep_others
from pipeline.raster.voids import survey_voids
from pipeline.raster.work import Work
from pipeline.raster.zooms import plan_grid, tell_zooms
from pipeline.types import Bounds, Tally

VOIDS = "large-voids"  # kinds in a tally
FILLED = "filled-void-cells"
_AHEAD = 2  # tiles beyond those at work: done, and waiting for one before them


@dataclass(frozen=True, slots=True)
class TerrainPlan:
    """How elevation is tiled, whatever is drawn of it."""

    about: About
    min_zoom: int | None = None  # None: the last one at which everything is no larger than a tile
    max_zoom: int | None = None  # None: by the finest file
    tile_size: int = 512  # pixels: 256 or 512
    said: str = ""  # what stands for `wrap`: what it does decides over the heights


def tile_terrain(
    plan: TerrainPlan,
    heights: Heights,
    origins: Sequence[Origin],
    product: Product,
    out: Path,
    work: Work | None = None,
    *,
    wrap: Callable[[ReadBlock], ReadBlock] | None = None,
) -> RasterResult:
    """Draw one product of elevation files into an archive; an existing one is replaced when the new one is whole.

    `origins` are the files of `heights` in their order. `wrap` changes what is read before anything is derived from it
    (a coarser grid, masks). Work is that of imagery: with the state of a previous archive only the tiles under what
    changed are drawn, and where the product looks at neighbours also those around; the bytes are the same.

    Raises UsageError for zooms that are no range, InputError where no height is known, OutputError.
    """
    work = work or Work()
    grid = plan_grid(plan, heights, origins)
    print_ = fingerprint(plan, grid, heights, product, work.code)
    tell_zooms(plan, heights, grid, work.progress)
    reaching = replace(work, margin=heights.reach(grid.max_zoom, grid.tile_size))
    changed = find_update(reaching, grid, COUNTED, origins, print_)
    update = None if changed is None else widen(grid, changed, product.reach)
    read = heights.read if wrap is None else wrap(heights.read)
    with ExitStack() as stack:
        state = stack.enter_context(StateWriter(out)) if work.keep_state else None
        tasks = sum(map(len, update.heights.cells.values())) if update else grid.tiles
        work.progress.start(_("reading heights"), tasks, _("tiles"))
        tiles = stack.enter_context(
            build_height_tiles(
                grid,
                read,
                out,
                keep=state.add if state is not None else None,
                pack=_pack if work.keep_state else None,
                anew=update.heights if update is not None else None,
                known=Remembered(grid, update) if update is not None else None,
                threads=work.threads,
                progress=work.progress,
            )
        )
        tally = heights.tally()
        if update is None and not tiles.zooms() and tally.counts.get(IMPLAUSIBLE):
            raise heights.unbelieved()
        tally.add(FILLED, heights.filled)
        if update is None:
            _tell_voids(tiles, tally)
        result = _archive(plan, tiles, heights, origins, product, out, work, update, state, print_)
    return replace(result, tally=tally)


def draw_tiles(
    tiles: HeightTiles,
    ids: NDArray[np.int64],
    product: Product,
    spool: TileSpool,
    work: Work,
) -> None:
    """Draw and encode a product's tiles in the order of their ids, ascending, and put them aside."""
    waiting: deque[Future[Body | None]] = deque()
    with ThreadPoolExecutor(work.threads, "draw") as pool:
        try:
            for tile_id in ids.tolist():
                waiting.append(pool.submit(_draw, tiles, product, tile_id))
                if len(waiting) >= work.threads + _AHEAD:
                    _take(waiting, spool, work)
            while waiting:
                _take(waiting, spool, work)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def fingerprint(plan: TerrainPlan, grid: Grid, heights: Heights, product: Product, code: str) -> str:
    """What must be the same for tiles of a previous archive to be of use."""
    facts = (product.name, product.form, product.encoding, product.facts)
    words = (code, plan.said, heights.rules, facts, plan.tile_size, grid.min_zoom, grid.max_zoom, grid.levels)
    return hashlib.sha256(repr((*words, image_software())).encode()).hexdigest()


def _archive(
    plan: TerrainPlan,
    tiles: HeightTiles,
    heights: Heights,
    origins: Sequence[Origin],
    product: Product,
    out: Path,
    work: Work,
    update: Partly | None,
    state: StateWriter | None,
    print_: str,
) -> RasterResult:
    """Draw the tiles and write the archive, with what it remembers."""
    grid = tiles.grid
    ids = tiles.ids() if update is None else update.drawn
    with TileSpool(out) as spool:
        work.progress.start(_("drawing {product}").format(product=product.name), len(ids), _("tiles"))
        draw_tiles(tiles, ids, product, spool, work)
        if update is not None and state is not None:
            made = [FIRST_IDS[zoom] + cells for zoom, cells in update.heights.cells.items()]
            gone = np.array(update.update.ids, np.int64)
            others = np.union1d(np.concatenate(made), gone).tolist()
            keep_others(replace(update.update, ids=tuple(others)), state)
        work.progress.start(_("writing the archive"))
        bounds = degrees(_shown(grid, heights.bounds, spool, update, work.previous))
        metadata = partial(
            raster_metadata, replace(plan.about, extra={**_facts(heights), **product.facts, **plan.about.extra}),
            product.name, product.form, plan.tile_size, bounds=bounds, sources=[each.fact for each in origins],
            kind=product.kind, encoding=product.encoding,
        )  # fmt: skip
        before = (
            Before(work.previous, update.update.state.digests, tuple(update.drawn.tolist()))
            if update is not None and work.previous is not None
            else None
        )
        if update is not None:
            update.update.state.close()
        written, digests, copied = write_archive(
            out, spool, product.form.kind, metadata, bounds, before=before, no_clobber=work.no_clobber
        )
        if state is not None:
            state.finish(written, digests, print_, origins)
        work.progress.done()
    return RasterResult(
        product.name, out, written.tiles, written.contents, written.bytes, written.sha256,
        written.min_zoom, written.max_zoom, bounds, grid.tile_size, product.form.kind, copied,
    )  # fmt: skip


def _shown(grid: Grid, bounds: Bounds, spool: TileSpool, update: Partly | None, previous: Path | None) -> Bounds:
    """The part of the files' bounds that tiles of the largest zoom show; all of it where there are none.

    Files often have wide margins in which nothing is known. With an update the tiles that are copied count as well.
    """
    first, last = FIRST_IDS[grid.max_zoom], FIRST_IDS[grid.max_zoom + 1]
    found = spool.positions(grid.max_zoom)
    if update is not None and previous is not None:
        with open_archive(previous) as archive:
            runs = [(each.tile_id, each.tile_id + each.run_length) for each in archive.entries()]
        copied = [np.arange(max(a, first), min(b, last)) for a, b in runs if b > first and a < last]
        ids = np.setdiff1d(np.concatenate([np.empty(0, np.int64), *copied]), update.drawn)
        found = np.union1d(found, ids - first)
    if not len(found):
        return bounds
    x, y = columns_rows(grid.max_zoom, found)
    metres = 2 * HALF / (1 << grid.max_zoom)
    west, north = float(x.min()) * metres - HALF, HALF - float(y.min()) * metres
    east, south = float(x.max() + 1) * metres - HALF, HALF - float(y.max() + 1) * metres
    return max(west, bounds[0]), max(south, bounds[1]), min(east, bounds[2]), min(north, bounds[3])


def _facts(heights: Heights) -> dict[str, object]:
    """The vertical reference systems of the files, as far as they name any, in the order of the files."""
    named = dict.fromkeys(each.info.vertical for each in heights.sources if each.info.vertical)
    return {"vertical_datum": ", ".join(named)} if named else {}


def _tell_voids(tiles: HeightTiles, tally: Tally) -> None:
    voids = survey_voids(tiles)
    if voids:
        first = voids[0]
        tally.add(VOIDS, len(voids), f"{first.area:.3f} km², {first.lng:.5f} {first.lat:.5f}")


def _draw(tiles: HeightTiles, product: Product, tile_id: int) -> Body | None:
    """A tile; clear ones are left out but at the lowest zoom, where they say that there is land and it is flat."""
    zoom, x, y = zxy_of(tile_id)
    picture = product.draw(tiles, zoom, x, y)
    if picture is None or (zoom > tiles.grid.min_zoom and not picture[..., 3].any()):
        return None
    return Body.of(zoom, tile_id - FIRST_IDS[zoom_of(tile_id)], encode_image(picture, product.form))


def _take(waiting: deque[Future[Body | None]], spool: TileSpool, work: Work) -> None:
    body = waiting.popleft().result()
    if body is not None:
        spool.put(body)
    work.progress.advance()


def _pack(_zoom: int, _position: int, pixels: Pixels) -> bytes:
    return pack_pixels(pixels)
