"""Imagery → an archive: the mosaic read in blocks, halved zoom by zoom, encoded, written."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.progress import Progress, Silent
from pipeline.raster.assemble import Before, degrees, write_archive
from pipeline.raster.grid import HALF, Grid, make_grid
from pipeline.raster.images import encode_image, image_software
from pipeline.raster.metadata import raster_metadata
from pipeline.raster.packing import pack_pixels
from pipeline.raster.pixels import RGBA, RGBA_LINEAR, PixelKind, Pixels
from pipeline.raster.plan import LAST_ZOOM, ImageryPlan
from pipeline.raster.pyramid import Recipe, build_pyramid
from pipeline.raster.result import RasterResult
from pipeline.raster.spool import TileSpool
from pipeline.raster.state import Origin, StateWriter
from pipeline.raster.update import MARGIN, Scratch, Update, keep_others, plan_update
from pipeline.types import Bounds, PixelWindow


class Mosaic(Protocol):
    """Where pixels come from; read by several threads at once."""

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north in metres of EPSG:3857."""

    def read(self, window: PixelWindow) -> Pixels | None:
        """The colours of a window, uint8 [rows, columns, 4]; None where there are none."""

    def max_zoom(self, tile_size: int) -> int:
        """The zoom that shows everything that the finest file shows."""


@dataclass(frozen=True, slots=True)
class Work:
    """How the work is done; the archive's bytes do not depend on it."""

    threads: int = 1
    keep_state: bool = False
    previous: Path | None = None  # an archive of the files before their changes, built with its state kept
    code: str = ""  # stands for the code: an archive of other code is of no use
    margin: int = MARGIN  # pixels that a file may reach beyond its boxes
    no_clobber: bool = False
    progress: Progress = Silent()  # noqa: RUF009 - without state


def tile_imagery(
    plan: ImageryPlan, mosaic: Mosaic, origins: Sequence[Origin], out: Path, work: Work | None = None
) -> RasterResult:
    """Tile a mosaic as `plan` says; an existing archive is replaced when the new one is whole.

    `origins` are its files in their order; their boxes say where there is anything, and with the state of a previous
    archive which tiles have to be rendered. The result is the same as one from scratch.

    Raises UsageError for zooms that are no range, InputError where no pixel holds anything, OutputError.
    """
    work = work or Work()
    grid = plan_grid(plan, mosaic, origins)
    kind = RGBA_LINEAR if plan.linear_light else RGBA
    print_ = fingerprint(plan, grid, work.code)
    update = _update(grid, kind, origins, print_, work)
    encode = partial(_encode, plan)
    recipe = Recipe(kind, mosaic.read, encode, _pack if work.keep_state else None)
    with ExitStack() as stack:
        spool = stack.enter_context(TileSpool(out))
        state = stack.enter_context(StateWriter(out)) if work.keep_state else None
        work.progress.start(_("tiling"), len(update.ids) if update else grid.tiles, _("tiles"))
        build_pyramid(
            grid,
            recipe,
            spool.put,
            keep=state.add if state is not None else None,
            anew=update.anew if update is not None else None,
            threads=work.threads,
            progress=work.progress,
        )
        if update is not None:
            if state is not None:
                keep_others(update, state)
            update.state.close()
        work.progress.start(_("writing the archive"))
        bounds = degrees(mosaic.bounds)
        metadata = partial(
            raster_metadata, plan.about, "imagery", plan.format, plan.tile_size,
            bounds=bounds, sources=[each.fact for each in origins],
        )  # fmt: skip
        before = Before(work.previous, update.state.digests, update.ids) if update and work.previous else None
        written, digests, copied = write_archive(
            out, spool, plan.format.kind, metadata, bounds, before=before, no_clobber=work.no_clobber
        )
        if state is not None:
            state.finish(written, digests, print_, origins)
        work.progress.done()
    return RasterResult(
        "imagery", out, written.tiles, written.contents, written.bytes, written.sha256,
        written.min_zoom, written.max_zoom, bounds, plan.tile_size, plan.format.kind, copied,
    )  # fmt: skip


def plan_grid(plan: ImageryPlan, mosaic: Mosaic, origins: Sequence[Origin]) -> Grid:
    """The tiles of a mosaic: zooms as planned, else by ground resolution and extent. Raises UsageError."""
    highest = plan.max_zoom
    if highest is None:
        highest = max(mosaic.max_zoom(plan.tile_size), plan.min_zoom or 0)
    lowest = plan.min_zoom
    if lowest is None:
        lowest = min(whole_zoom(mosaic.bounds), highest)
    if not 0 <= lowest <= highest <= LAST_ZOOM:
        raise UsageError(
            _("Zooms {low} to {high} are no range.").format(low=lowest, high=highest),
            expected=_("0 ≤ minimum ≤ maximum ≤ {last}").format(last=LAST_ZOOM),
            hint=_("Correct -Z and -z."),
        )
    grid = make_grid(plan.tile_size, lowest, highest, [box for each in origins for box in each.boxes])
    if not grid.tiles:
        raise InputError(_("The input lies beyond the map."), expected=_("latitudes from 85.05° south to 85.05° north"))
    return grid


def whole_zoom(bounds: Bounds) -> int:
    """The last zoom at which bounds in metres of EPSG:3857 are no larger than a tile."""
    west, south, east, north = bounds
    side = max(east - west, north - south, 2 * HALF / 2**LAST_ZOOM)
    return max(0, math.floor(math.log2(2 * HALF / side) + 1e-9))


def fingerprint(plan: ImageryPlan, grid: Grid, code: str) -> str:
    """What must be the same for tiles of a previous archive to be of use."""
    rules = replace(plan, about=replace(plan.about, name="", description="", attribution="", date=None, extra={}))
    words = (code, rules, grid.min_zoom, grid.max_zoom, grid.levels, image_software())
    return hashlib.sha256(repr(words).encode()).hexdigest()


def _update(grid: Grid, kind: PixelKind, origins: Sequence[Origin], print_: str, work: Work) -> Update | None:
    if work.previous is None:
        return None
    work.progress.start(_("finding what changed"))
    try:
        return plan_update(work.previous, grid, kind, origins, print_, margin=work.margin)
    except Scratch as why:
        work.progress.note(_("everything is built: {why}").format(why=why))
        return None


def _encode(plan: ImageryPlan, _zoom: int, _x: int, _y: int, pixels: Pixels) -> bytes:
    return encode_image(pixels, plan.format)


def _pack(_zoom: int, _position: int, pixels: Pixels) -> bytes:
    return pack_pixels(pixels)
