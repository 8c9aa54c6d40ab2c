"""Part of an archive as an archive of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from pipeline.archive.claims import Reach, narrowed, restated
from pipeline.archive.reader import Archive
from pipeline.archive.region import Region, ranges_of
from pipeline.archive.spans import Change, carry, spans_of
from pipeline.archive.tileids import zoom_of
from pipeline.archive.writer import Writer, Written
from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.progress import Progress, Silent

# The metadata, where the tiles lie, whether all tiles of the archive were among those asked for → the metadata.
Describe = Callable[[dict[str, Any], Reach, bool], dict[str, Any]]


def extract_tiles(
    archive: Archive,
    out: Path,
    *,
    region: Region | None = None,
    min_zoom: int | None = None,
    max_zoom: int | None = None,
    change: Change | None = None,
    describe: Describe | None = None,
    no_clobber: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Written:
    """Write the tiles that share more than a border with `region`, at the zooms asked for, into the archive `out`.

    Bodies are copied as they are stored unless `change` makes others of them or leaves them out (None). Header and
    what the metadata repeats of it are made true; `describe` may change the rest when all tiles have been seen.

    Raises InputError when no tile is left, UsageError for zooms that are no range, ArchiveError for a damaged
    archive, OutputError when `out` cannot be written.
    """
    progress = progress or Silent()
    if min_zoom is not None and max_zoom is not None and min_zoom > max_zoom:
        raise UsageError(
            _("Zooms {low} to {high} are no range.").format(low=min_zoom, high=max_zoom), hint=_("Correct -Z and -z.")
        )
    lowest, highest = archive.zooms()
    low, high = max(lowest, min_zoom or 0), min(highest, highest if max_zoom is None else max_zoom)
    if low > high:
        raise _nothing(archive, lowest, highest)
    spans = spans_of(archive, ranges_of(region, low, high))
    everything = region is None and (low, high) == (lowest, highest)
    progress.start(_("Extracting tiles"), archive.header.tile_entries or None if everything else None, _("tiles"))
    header = archive.header
    with (
        Writer(
            out, tile_type=header.tile_type, tile_compression=header.tile_compression, no_clobber=no_clobber
        ) as writer,
        closing(carry([archive], spans, change, threads=threads)) as carried,
    ):
        first, last, tiles = -1, -1, 0
        for tile_id, run, body, _places in carried:
            if body is not None:
                writer.add(tile_id, body, run)
                first, last = tile_id if first < 0 else first, tile_id + run - 1
            tiles += run
            progress.advance()
        if first < 0:
            raise _nothing(archive, lowest, highest)
        reach = narrowed(header, region.bounds if region else None, zoom_of(first), zoom_of(last))
        metadata = restated(archive.metadata, reach)
        if describe:
            metadata = describe(metadata, reach, everything or tiles == header.addressed_tiles)
        written = writer.finish(metadata=metadata, bounds=reach.bounds, center=reach.center)
    progress.done()
    return written


def _nothing(archive: Archive, lowest: int, highest: int) -> InputError:
    return InputError(
        _("No tile of the archive is among those asked for."),
        where=archive.source.name,
        expected=_("zooms within {low}–{high}, an area that meets {bounds}").format(
            low=lowest, high=highest, bounds=", ".join(map(str, archive.header.bounds))
        ),
    )
