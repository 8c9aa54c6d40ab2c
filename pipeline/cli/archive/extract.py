"""`longquan archive extract`: part of an archive as an archive of its own."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli._options import json_option
from pipeline.i18n import _


@click.command()
@click.argument("file", metavar="IN", type=click.Path(path_type=Path))
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--bbox", metavar="W,S,E,N", help="Only tiles that meet this box, in degrees; W > E crosses 180°.")
@click.option(
    "--polygon",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Only tiles that meet the areas of this file: GeoJSON or any other vector file, in any CRS.",
)
@click.option("-Z", "--min-zoom", type=click.IntRange(0, 31), help="First zoom.")
@click.option("-z", "--max-zoom", type=click.IntRange(0, 31), help="Last zoom.")
@click.option(
    "--layer",
    "layers",
    metavar="NAME",
    multiple=True,
    help="Keep only this layer in tiles; may be given several times.",
)
@click.option("--threads", type=click.IntRange(1), help="Threads to use; the bytes do not depend on it.")
@click.option("--no-clobber", is_flag=True, help="Refuse to replace an existing archive.")
@json_option
def extract(
    file: Path,
    out: Path,
    bbox: str | None,
    polygon: Path | None,
    min_zoom: int | None,
    max_zoom: int | None,
    layers: tuple[str, ...],
    threads: int | None,
    no_clobber: bool,
    as_json: bool,
) -> None:
    """Copy part of an archive: an area, some zooms, some layers.

    Tiles that share more than a border with the area are copied whole, as they are stored. With --layer, tiles keep
    only these layers, byte for byte, and tiles in which nothing is left are left out. Works on vector and raster
    archives of any tool.
    """
    from pipeline.archive.extract import extract_tiles
    from pipeline.archive.header import TileType
    from pipeline.archive.reader import open_archive
    from pipeline.archive.region import area, box
    from pipeline.cli._progress import Bars
    from pipeline.cli.archive._output import refuse_own_input, told
    from pipeline.errors import UsageError
    from pipeline.vector.picking import LayerPick

    if bbox is not None and polygon is not None:
        raise UsageError(_("Give --bbox or --polygon, not both."))
    refuse_own_input(out, [file])
    with open_archive(file) as archive, Bars() as progress:
        vector = archive.header.tile_type is TileType.MVT
        if layers and not vector:
            raise UsageError(
                _("The tiles are of type {type}.").format(type=archive.header.tile_type.name.lower()),
                where=str(file),
                expected=_("vector tiles (mvt)"),
                hint=_("leave --layer out"),
            )
        region = box(_numbers(bbox)) if bbox is not None else None
        if polygon is not None:
            from pipeline.sources.area import read_area

            region = area(read_area(polygon), str(polygon))
        pick = LayerPick(archive, layers or None) if vector else None
        written = extract_tiles(
            archive,
            out,
            region=region,
            min_zoom=min_zoom,
            max_zoom=max_zoom,
            change=pick.change if pick else None,
            describe=pick.describe if pick else None,
            no_clobber=no_clobber,
            threads=threads,
            progress=progress,
        )
    click.echo(told(written, as_json))


def _numbers(text: str) -> tuple[float, float, float, float]:
    from pipeline.errors import UsageError

    try:
        west, south, east, north = map(float, text.split(","))
    except ValueError:
        raise UsageError(
            _("--bbox is not four numbers: {text}.").format(text=text),
            expected=_("west, south, east, north in degrees, such as 118.7,27.7,119.42,28.34"),
        ) from None
    return west, south, east, north
