"""`longquan archive diff`: what differs between two archives, and the file that makes one out of the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.archive.diff import ArchiveDiff
    from pipeline.archive.reader import Archive
    from pipeline.progress import Progress
    from pipeline.raster.pixel_diff import PixelDiff
    from pipeline.vector.diff import LayerDiff


@click.command()
@click.argument("before", metavar="A", type=click.Path(path_type=Path))
@click.argument("after", metavar="B", type=click.Path(path_type=Path))
@click.option("--layers", is_flag=True, help="Look inside the vector tiles that differ: by layer and feature.")
@click.option("--pixels", is_flag=True, help="Decode the images that differ: the largest difference of each.")
@click.option(
    "-o",
    "--output",
    "delta",
    metavar="DELTA",
    type=click.Path(path_type=Path),
    help="Also write what `longquan archive patch` needs to make B from A, byte for byte.",
)
@click.option("--no-clobber", is_flag=True, help="Refuse to replace an existing DELTA.")
@json_option
def diff(
    before: Path,
    after: Path,
    layers: bool,
    pixels: bool,
    delta: Path | None,
    no_clobber: bool,
    as_json: bool,
) -> int:
    """Show what differs between two archives: header, metadata, tiles by zoom.

    Exit code 0 when the files are the same, byte for byte, 1 when they differ. Repacked tiles hold the same content,
    compressed to other bytes. With --layers features are told apart by their id, those without one by what they show.
    With --pixels pictures are compared in grey values from 0 to 255, terrain in metres.
    """
    from pipeline.archive.delta_writer import write_delta
    from pipeline.archive.diff import diff_archives
    from pipeline.archive.reader import open_archive
    from pipeline.archive.staging import refuse_existing, require_file_name
    from pipeline.cli._progress import Bars
    from pipeline.cli.archive import _diff_page as page
    from pipeline.cli.archive._output import refuse_own_input

    if delta is not None:
        require_file_name(delta)
        refuse_own_input(delta, [before, after])
        if no_clobber:
            refuse_existing(delta)
    with open_archive(before) as a, open_archive(after) as b, Bars() as progress:
        found = diff_archives(a, b, progress=progress)
        within = _layers(a, b, found, progress) if layers else None
        seen = _pixels(a, b, found, progress) if pixels else None
        written = write_delta(a, b, delta, no_clobber=no_clobber, progress=progress) if delta is not None else None
    described = page.described(before, after, found, within, written, seen)
    if as_json:
        print_json(described)
    else:
        click.echo(page.told(described))
    return 0 if found.identical else 1


def _layers(a: Archive, b: Archive, found: ArchiveDiff, progress: Progress) -> tuple[LayerDiff, ...]:
    from pipeline.archive.header import TileType
    from pipeline.errors import UsageError

    for archive in (a, b):
        if archive.header.tile_type is not TileType.MVT:
            raise UsageError(
                _("The tiles are of type {type}.").format(type=archive.header.tile_type.name.lower()),
                where=archive.source.name,
                expected=_("vector tiles (mvt)"),
                hint=_("leave --layers out"),
            )
    from pipeline.vector.diff import diff_layers

    return diff_layers(a, b, found.changes, progress=progress)


def _pixels(a: Archive, b: Archive, found: ArchiveDiff, progress: Progress) -> PixelDiff:
    from pipeline.raster.pixel_diff import diff_pixels

    return diff_pixels(a, b, found.changes, progress=progress)
