"""`longquan archive decode`: vector tiles as GeoJSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.archive._arguments import file_argument
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.archive.reader import Archive


@click.command()
@file_argument
@click.argument("tile", metavar="[Z X Y]", nargs=-1, type=int)
@click.option("--zoom", "zoom", type=click.IntRange(0, 31), help="All tiles of this zoom.")
@click.option("--layer", "layers", metavar="NAME", multiple=True, help="Only this layer; may be given several times.")
def decode(file: Path, tile: tuple[int, ...], zoom: int | None, layers: tuple[str, ...]) -> None:
    """Print vector tiles as GeoJSON, longitude and latitude: one tile, a zoom, or everything.

    Features are as they lie in the tiles: cut at tile borders, simplified, and repeated at every zoom. Each says its
    layer and tile. They are printed as they are read, one per line.
    """
    from pipeline.archive.header import TileType
    from pipeline.archive.reader import open_archive
    from pipeline.errors import ArchiveError, UsageError
    from pipeline.vector.decode import geojson_features

    if len(tile) not in (0, 3) or (tile and zoom is not None):
        raise UsageError(
            _("Name one tile, one zoom, or neither."),
            expected=_("`decode FILE Z X Y`, `decode FILE --zoom Z` or `decode FILE`"),
        )
    with open_archive(file) as opened:
        if opened.header.tile_type is not TileType.MVT:
            raise ArchiveError(
                _("The tiles are of type {type}.").format(type=opened.header.tile_type.name.lower()),
                where=str(file),
                expected=_("vector tiles (mvt)"),
            )
        _known_layers(opened, layers)
        chosen = frozenset(layers) if layers else None
        tiles = _one_tile(opened, *tile) if tile else _many_tiles(opened, zoom)
        out = sys.stdout.buffer  # JSON is UTF-8 whatever the terminal speaks (RFC 8259 §8.1)
        out.write(b'{"type":"FeatureCollection","features":[')
        between = b"\n"
        for z, x, y, body in tiles:
            for feature in geojson_features(body, z, x, y, chosen):
                out.write(between + json.dumps(feature, ensure_ascii=False, allow_nan=False).encode())
                between = b",\n"
        out.write(b"\n]}\n")


def _one_tile(opened: Archive, z: int, x: int, y: int) -> list[tuple[int, int, int, bytes]]:
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
    return [(z, x, y, body)]


def _many_tiles(opened: Archive, zoom: int | None) -> Iterator[tuple[int, int, int, bytes]]:
    from pipeline.archive.compress import decompress

    for z, x, y, packed in opened.tiles(zoom):
        yield z, x, y, decompress(packed, opened.header.tile_compression)


def _known_layers(opened: Archive, layers: tuple[str, ...]) -> None:
    from pipeline.errors import UsageError

    known = [str(layer.get("id")) for layer in opened.metadata.get("vector_layers", []) if isinstance(layer, dict)]
    for name in layers:
        if known and name not in known:
            raise UsageError(
                _("The archive has no layer {name}.").format(name=name),
                where=opened.source.name,
                expected=", ".join(known),
            )
