"""Tiles that were put aside → an archive."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.archive.header import Compression
from pipeline.archive.reader import open_archive
from pipeline.archive.tileids import zoom_of
from pipeline.archive.writer import Writer, Written
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.raster.grid import HALF
from pipeline.raster.images import TILE_TYPES
from pipeline.raster.plan import ImageKind
from pipeline.raster.spool import Spooled, TileSpool
from pipeline.types import Bounds


@dataclass(frozen=True, slots=True)
class Before:
    """An archive whose tiles are copied, but for those that were made anew."""

    archive: Path
    digests: Mapping[int, bytes]  # of its contents, by their offsets
    anew: Sequence[int]  # ids of the tiles made anew, ascending; those among them that are not spooled are gone


def write_archive(
    out: Path,
    spool: TileSpool,
    kind: ImageKind,
    metadata: Callable[[tuple[int, int]], Mapping[str, Any]],
    bounds: Bounds,
    *,
    before: Before | None = None,
    no_clobber: bool = False,
) -> tuple[Written, dict[bytes, int], int]:
    """Write the tiles of a spool under their final name; `metadata` is asked with the zooms that hold tiles.

    `bounds` are degrees. Returns what was written, the digests of its contents with their offsets, and how many tiles
    were copied. Raises InputError where there is no tile, OutputError.
    """
    copied = 0
    with Writer(out, tile_type=TILE_TYPES[kind], tile_compression=Compression.NONE, no_clobber=no_clobber) as writer:
        lowest, highest = math.inf, -1
        for run in _runs(spool.tiles(), before):
            writer.add(run.tile_id, run.data, run.length, run.digest)
            copied += run.length if run.copied else 0
            lowest, highest = min(lowest, run.tile_id), run.tile_id + run.length - 1
        if highest < 0:
            raise InputError(
                _("No pixel of the input holds anything."),
                hint=_("Look at the value that means nodata, at the mask and at the cutline; --nodata overrides."),
            )
        zooms = zoom_of(int(lowest)), zoom_of(highest)
        written = writer.finish(metadata=metadata(zooms), bounds=bounds)
        return written, dict(writer.digests), copied


def degrees(box: Bounds) -> Bounds:
    """A box in metres of EPSG:3857 as degrees, within the square of the world."""
    west, south, east, north = (min(max(value, -HALF), HALF) for value in box)
    return _lng(west), _lat(south), _lng(east), _lat(north)


def _lng(x: float) -> float:
    return x / HALF * 180


def _lat(y: float) -> float:
    return math.degrees(math.atan(math.sinh(y / HALF * math.pi)))


@dataclass(frozen=True, slots=True)
class _Run:
    tile_id: int
    data: bytes
    length: int
    digest: bytes | None
    copied: bool


def _runs(made: Iterable[Spooled], before: Before | None) -> Iterator[_Run]:
    """What was made, and between it what is kept, in ascending order."""
    waiting = iter(made)
    following = next(waiting, None)
    for run in _copies(before) if before is not None else ():
        while following is not None and following.tile_id < run.tile_id:
            yield _Run(following.tile_id, following.data, 1, following.digest, False)
            following = next(waiting, None)
        yield run
    while following is not None:
        yield _Run(following.tile_id, following.data, 1, following.digest, False)
        following = next(waiting, None)


def _copies(before: Before) -> Iterator[_Run]:
    with open_archive(before.archive) as archive:
        for entry in archive.entries():
            body: bytes | None = None
            for first, count in _kept(entry.tile_id, entry.run_length, before.anew):
                body = bytes(archive.body(entry.offset, entry.length)) if body is None else body
                yield _Run(first, body, count, before.digests.get(entry.offset), True)


def _kept(first: int, count: int, anew: Sequence[int]) -> Iterator[tuple[int, int]]:
    """A run of tiles without those that were made anew, as runs."""
    for hole in (*anew[bisect_left(anew, first) : bisect_left(anew, first + count)], first + count):
        if hole > first:
            yield first, hole - first
        first = hole + 1
