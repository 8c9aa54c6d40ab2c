"""`longquan archive decode`: vector tiles as GeoJSON, an image as it is, the heights of terrain in figures."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._json import print_json
from pipeline.cli.archive._arguments import file_argument
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.archive.reader import Archive


@click.command()
@file_argument
@click.argument("tile", metavar="[Z X Y]", nargs=-1)
@click.option("--zoom", "zoom", type=click.IntRange(0, 31), help="All tiles of this zoom.")
@click.option("--layer", "layers", metavar="NAME", multiple=True, help="Only this layer; may be given several times.")
@click.option(
    "-o",
    "--output",
    "out",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help="Write the image of a raster tile into this file.",
)
def decode(file: Path, tile: tuple[str, ...], zoom: int | None, layers: tuple[str, ...], out: Path | None) -> None:
    """Print vector tiles as GeoJSON, longitude and latitude: one tile, a zoom, or everything.

    Features are as they lie in the tiles: cut at tile borders, simplified, and repeated at every zoom. Each says its
    layer and tile. They are printed as they are read, one per line.

    Of a raster archive it takes one tile, Z X Y or Z/X/Y. The image goes as it is stored to --output, or to a pipe.
    Of a terrain tile without --output it prints the heights: mean, lowest and highest, and where they are.
    """
    from pipeline.archive.header import TileType
    from pipeline.archive.reader import open_archive
    from pipeline.errors import InputError, UsageError
    from pipeline.raster.nature import is_raster

    place = _place(tile)
    if place is not None and zoom is not None:
        raise _unclear()
    with open_archive(file) as opened:
        if is_raster(opened.header.tile_type):
            if zoom is not None or layers or place is None:
                raise UsageError(
                    _("Of a raster archive one tile is decoded."),
                    where=str(file),
                    expected="longquan archive decode FILE Z X Y [--output OUT]",
                )
            _raster_tile(opened, place, out)
            return
        if opened.header.tile_type is not TileType.MVT:
            raise InputError(
                _("The tiles are of type {type}.").format(type=opened.header.tile_type.name.lower()),
                where=str(file),
                expected=_("vector tiles (mvt) or images"),
            )
        if out is not None:
            raise UsageError(
                _("--output is for the images of raster archives."),
                where=str(file),
                hint=_("send what is printed into a file: > FILE"),
            )
        _vector_tiles(opened, place, zoom, layers)


def _vector_tiles(
    opened: Archive, place: tuple[int, int, int] | None, zoom: int | None, layers: tuple[str, ...]
) -> None:
    from pipeline.cli.archive._layers import require_layers
    from pipeline.vector.decode import geojson_features

    require_layers(opened, layers)
    chosen = frozenset(layers) if layers else None
    tiles = _many_tiles(opened, zoom) if place is None else [(*place, _one_tile(opened, *place))]
    out = sys.stdout.buffer  # JSON is UTF-8 whatever the terminal speaks (RFC 8259 §8.1)
    out.write(b'{"type":"FeatureCollection","features":[')
    between = b"\n"
    for z, x, y, body in tiles:
        for feature in geojson_features(body, z, x, y, chosen):
            out.write(between + json.dumps(feature, ensure_ascii=False, allow_nan=False).encode())
            between = b",\n"
    out.write(b"\n]}\n")


def _raster_tile(opened: Archive, place: tuple[int, int, int], out: Path | None) -> None:
    from pipeline.archive.staging import StagedFile
    from pipeline.cli.archive._output import refuse_own_input
    from pipeline.errors import UsageError
    from pipeline.raster.nature import nature_of

    body = _one_tile(opened, *place)
    nature = nature_of(opened.metadata)
    if out is not None:
        refuse_own_input(out, [Path(opened.source.name)])
        with StagedFile(out) as staged:
            staged.file.write(body)
            staged.commit()
    elif nature.readable and nature.encoding is not None:
        from pipeline.raster.relief import relief_of

        found = relief_of(body, *place, nature.encoding)
        print_json(
            {"tile": list(place), "encoding": nature.encoding}
            | found._asdict()
            | {"lowest": found.lowest._asdict(), "highest": found.highest._asdict()}
        )
    elif sys.stdout.isatty():
        raise UsageError(
            _("A terminal does not show images."), hint=_("give a file with --output, or send the image into a pipe")
        )
    else:
        sys.stdout.buffer.write(body)


def _place(tile: tuple[str, ...]) -> tuple[int, int, int] | None:
    """The tile that was named, as three numbers or as z/x/y; None for none. Raises UsageError."""
    if not tile:
        return None
    numbers = tile[0].split("/") if len(tile) == 1 else tile
    try:
        z, x, y = map(int, numbers)
    except ValueError:
        raise _unclear() from None
    return z, x, y


def _unclear() -> Exception:
    from pipeline.errors import UsageError

    return UsageError(
        _("Name one tile, one zoom, or neither."),
        expected=_("`decode FILE Z X Y`, `decode FILE --zoom Z` or `decode FILE`"),
    )


def _one_tile(opened: Archive, z: int, x: int, y: int) -> bytes:
    from pipeline.errors import InputError

    body = opened.tile(z, x, y)
    if body is None:
        low, high = opened.header.min_zoom, opened.header.max_zoom
        raise InputError(
            _("The archive has no tile {z}/{x}/{y}.").format(z=z, x=x, y=y),
            where=opened.source.name,
            expected=_("a tile of zooms {low} to {high} within {bounds}").format(
                low=low, high=high, bounds=", ".join(map(str, opened.header.bounds))
            ),
        )
    return body


def _many_tiles(opened: Archive, zoom: int | None) -> Iterator[tuple[int, int, int, bytes]]:
    from pipeline.archive.compress import decompress

    for z, x, y, packed in opened.tiles(zoom):
        yield z, x, y, decompress(packed, opened.header.tile_compression)
