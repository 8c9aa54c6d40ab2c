"""Imagery → an archive: the mosaic read in blocks, halved zoom by zoom, encoded, written."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from pipeline.i18n import _
from pipeline.raster.assemble import Before, degrees, write_archive
from pipeline.raster.grid import Grid
from pipeline.raster.images import encode_image, image_software
from pipeline.raster.metadata import raster_metadata
from pipeline.raster.packing import pack_pixels
from pipeline.raster.pixels import RGBA, RGBA_LINEAR, Pixels
from pipeline.raster.plan import ImageryPlan
from pipeline.raster.pyramid import Recipe, build_pyramid
from pipeline.raster.result import RasterResult
from pipeline.raster.spool import TileSpool
from pipeline.raster.state import Origin, StateWriter
from pipeline.raster.update import find_update, keep_others
from pipeline.raster.work import Work
from pipeline.raster.zooms import plan_grid, tell_zooms
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
    tell_zooms(plan, mosaic, grid, work.progress)
    update = find_update(work, grid, kind, origins, print_)
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


def fingerprint(plan: ImageryPlan, grid: Grid, code: str) -> str:
    """What must be the same for tiles of a previous archive to be of use."""
    rules = replace(plan, about=replace(plan.about, name="", description="", attribution="", date=None, extra={}))
    words = (code, rules, grid.min_zoom, grid.max_zoom, grid.levels, image_software())
    return hashlib.sha256(repr(words).encode()).hexdigest()


def _encode(plan: ImageryPlan, _zoom: int, _x: int, _y: int, pixels: Pixels) -> bytes:
    return encode_image(pixels, plan.format)


def _pack(_zoom: int, _position: int, pixels: Pixels) -> bytes:
    return pack_pixels(pixels)
