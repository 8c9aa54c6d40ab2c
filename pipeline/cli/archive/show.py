"""`longquan archive show`: what an archive holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli.archive._arguments import file_argument
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.archive.reader import Archive


@click.command()
@file_argument
@json_option
def show(file: Path, as_json: bool) -> None:
    """Show what an archive holds and what takes the space: sizes by zoom and layer, the largest tiles.

    Sizes of tiles are as stored; a body that several tiles share counts once, at its first zoom. Sizes of layers are
    those inside decompressed tiles, counted in every body. Of a raster archive it tells whether it holds imagery or
    terrain, and the format and size of its images, by the first one of each zoom.
    """
    from pipeline.archive.reader import open_archive
    from pipeline.archive.summary import summarise
    from pipeline.cli.archive import _show_page as page

    with open_archive(file) as opened:
        described = page.described(opened, summarise(opened), _layer_sizes(opened), _content(opened))
    if as_json:
        print_json(described)
    else:
        click.echo(page.written(described))


def _content(opened: Archive) -> dict[str, Any]:
    """What the tiles are: vector data, imagery or terrain; of images also their formats and sizes."""
    from pipeline.archive.header import TileType
    from pipeline.raster.inspect import inspect
    from pipeline.raster.nature import is_raster

    if not is_raster(opened.header.tile_type):
        vector = opened.header.tile_type in (TileType.MVT, TileType.MLT)
        return {"kind": "vector" if vector else "unknown"}
    found = inspect(opened)
    return {
        "kind": found.nature.kind,
        "product": found.nature.product,
        "encoding": found.nature.encoding,
        "images": [image._asdict() for image in found.images],
    }


def _layer_sizes(opened: Archive) -> dict[int, dict[str, tuple[int, int]]]:
    """Zoom → layer → bodies that hold it and its bytes in them; empty when the tiles are not MVT."""
    from pipeline.archive.compress import decompress
    from pipeline.archive.header import TileType
    from pipeline.archive.summary import bodies
    from pipeline.cli._progress import Bars
    from pipeline.vector.decode import layer_sizes

    sizes: dict[int, dict[str, tuple[int, int]]] = {}
    if opened.header.tile_type is not TileType.MVT:
        return sizes
    with Bars() as progress:
        progress.start(_("Measuring layers"), opened.header.tile_contents or None, _("tiles"))
        for zoom, packed in bodies(opened):
            here = sizes.setdefault(zoom, {})
            for name, size in layer_sizes(decompress(packed, opened.header.tile_compression)):
                count, total = here.get(name, (0, 0))
                here[name] = (count + 1, total + size)
            progress.advance()
        progress.clear()
    return sizes
