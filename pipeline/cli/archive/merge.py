"""`longquan archive merge`: several archives as one."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._options import json_option
from pipeline.i18n import _, ngettext

if TYPE_CHECKING:
    from pipeline.archive.merge import Prefer


@click.command()
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.argument("files", metavar="IN…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--prefer",
    type=click.Choice(["first", "last"]),
    help="Where tiles that cannot be joined differ, take that of the first or of the last archive.",
)
@click.option("--name", help="Name of the new archive; without it the names of all.")
@click.option("--threads", type=click.IntRange(1), help="Threads to use; the bytes do not depend on it.")
@click.option("--no-clobber", is_flag=True, help="Refuse to replace an existing archive.")
@json_option
def merge(
    out: Path,
    files: tuple[Path, ...],
    prefer: Prefer | None,
    name: str | None,
    threads: int | None,
    no_clobber: bool,
    as_json: bool,
) -> None:
    """Put the tiles of several archives into one.

    A tile that one archive has, or that is the same in all, is copied as it is stored. Other vector tiles get the
    layers of all; layers of one name become one layer with the features of all, and ids that are then there twice are
    told. Other pictures cannot be joined: the merge is refused unless --prefer says which one to take. So is a merge
    of imagery with terrain, of terrain in two encodings, and of images of different sizes.
    """
    from pipeline.archive.header import TileType
    from pipeline.archive.merge import Choice, merge_archives
    from pipeline.archive.reader import open_archive
    from pipeline.archive.tileids import zxy_of
    from pipeline.cli._progress import Bars
    from pipeline.cli.archive._output import refuse_own_input, told
    from pipeline.errors import UsageError
    from pipeline.raster.kinship import merged_sources, require_kin
    from pipeline.raster.nature import is_raster
    from pipeline.vector.joining import LayerJoin
    from pipeline.vector.picking import merged_layers

    if len(files) < 2:  # who forgets OUT would lose the first archive
        raise UsageError(
            _("There is only one archive to merge."), where=str(files[0]), expected="longquan archive merge OUT IN IN…"
        )
    refuse_own_input(out, files)
    with ExitStack() as stack:
        archives = [stack.enter_context(open_archive(file)) for file in files]
        progress = stack.enter_context(Bars())
        header = archives[0].header
        join = LayerJoin(header.tile_compression) if header.tile_type is TileType.MVT else None
        if join and prefer:
            raise UsageError(
                _("Vector tiles are joined, none is preferred."), where=str(files[0]), hint=_("leave --prefer out")
            )
        pictures = all(is_raster(archive.header.tile_type) for archive in archives)
        if pictures and len({archive.header.tile_type for archive in archives}) == 1:  # else the merge refuses them
            require_kin(archives)
        choice = Choice(archives, prefer)
        written = merge_archives(
            archives,
            out,
            change=join.change if join else choice.change,
            unite=merged_layers if join else merged_sources if pictures else None,
            name=name,
            no_clobber=no_clobber,
            threads=threads,
            progress=progress,
        )
        if join and join.shared_ids and join.first_shared is not None:
            text = ngettext(
                "{n} id is used by features of two archives in one layer, in tile {tile}",
                "{n} times an id is used by features of two archives in one layer, first in tile {tile}",
                join.shared_ids,
            )
            tile = "/".join(map(str, zxy_of(join.first_shared)))
            progress.note(text.format(n=f"{join.shared_ids:,}", tile=tile))
        if choice.taken:
            text = ngettext(
                "{n} tile differed: one was taken", "{n} tiles differed: one of each was taken", choice.taken
            )
            progress.note(text.format(n=f"{choice.taken:,}"))
    extra = {"shared_ids": join.shared_ids if join else 0, "tiles_chosen": choice.taken}
    click.echo(told(written, as_json, extra))
