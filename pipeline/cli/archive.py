"""`longquan archive …`: look into PMTiles archives and check them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli._options import json_option
from pipeline.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.archive.reader import Archive
    from pipeline.archive.rules import Report
    from pipeline.progress import Progress

_file = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))


@click.group()
def archive() -> None:
    """Look into PMTiles archives and check them."""


@archive.command()
@_file
@json_option
def show(file: Path, as_json: bool) -> None:
    """Show what an archive holds: header, metadata, sizes by zoom and layer, the largest tiles.

    Sizes of tiles are as stored; a body that several tiles share counts once, at its first zoom. Sizes of layers are
    those inside decompressed tiles, counted in every body.
    """
    from pipeline.archive.reader import open_archive
    from pipeline.archive.summary import summarise
    from pipeline.cli import _archive_page as page

    with open_archive(file) as opened:
        described = page.described(opened, summarise(opened), _layer_sizes(opened))
    if as_json:
        _print_json(described)
    else:
        click.echo(page.written(described))


@archive.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Refuse archives with warnings too: what this tool builds has none.")
@click.option("--structure-only", is_flag=True, help="Do not look inside tiles.")
@click.option("--threads", type=click.IntRange(min=1), help="Threads to use; by default one per processor.")
@json_option
def verify(files: tuple[Path, ...], strict: bool, structure_only: bool, threads: int | None, as_json: bool) -> int:
    """Check archives: structure, and every tile of vector archives.

    Errors break the PMTiles or MVT specification or the archive's own metadata; warnings break habits of this
    platform (ids on every feature, extent 4096, no unused bytes …). Exit code 1 when an archive is refused.
    """
    from pipeline.cli import _archive_page as page
    from pipeline.cli._progress import Bars

    results = []
    with Bars() as progress:
        for file in files:
            result = _verified(file, structure_only, threads, progress)
            result["accepted"] = not result["errors"] and not (strict and result["warnings"])
            results.append(result)
            if not as_json:
                click.echo(page.judged(result))
    accepted = all(result["accepted"] for result in results)
    if as_json:
        _print_json({"accepted": accepted, "archives": results})
    return 0 if accepted else 1


@archive.command()
@_file
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
                out.write(between + _json(feature).encode())
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


def _verified(file: Path, structure_only: bool, threads: int | None, progress: Progress) -> dict[str, Any]:
    """One archive's faults and figures as a JSON object."""
    from pipeline.archive.header import TileType
    from pipeline.archive.reader import open_archive
    from pipeline.archive.verify import verify_archive

    report = verify_archive(file)
    result: dict[str, Any] = {"path": str(file), "tile_type": None, "looked_inside": False, "zooms": []}
    reports: list[Report] = [report]
    if not report.errors:
        with open_archive(file) as opened:
            result["tile_type"] = opened.header.tile_type.name.lower()
            if opened.header.tile_type is TileType.MVT and not structure_only:
                from pipeline.vector.verify import verify_tiles

                found = verify_tiles(opened, threads=threads, progress=progress)
                reports.append(found.report)
                result["looked_inside"] = True
                result["zooms"] = [figures._asdict() for figures in found.zooms]
    return result | {
        "errors": sum(each.errors for each in reports),
        "warnings": sum(each.warnings for each in reports),
        "counts": {rule: n for each in reports for rule, n in each.counts.items()},
        "faults": [fault.as_json() for each in reports for fault in each.faults],
    }


def _json(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _print_json(value: object) -> None:
    import json

    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
