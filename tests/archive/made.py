"""Archives made for tests, and what the `pmtiles` package reads in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pmtiles.reader import MemorySource, Reader, all_tiles
from pmtiles.tile import zxy_to_tileid

from pipeline.archive.header import Compression, TileType
from pipeline.archive.writer import Writer, Written

WORLD = (-180.0, -85.0, 180.0, 85.0)
Tile = tuple[int, int, int]


def write(
    path: Path,
    tiles: Mapping[int, bytes],
    *,
    kind: TileType = TileType.MVT,
    compression: Compression = Compression.GZIP,
    **finish: Any,
) -> Written:
    """An archive of these bodies by tile id."""
    with Writer(path, tile_type=kind, tile_compression=compression) as writer:
        for tile_id, body in sorted(tiles.items()):
            writer.add(tile_id, body)
        return writer.finish(**{"metadata": {"vector_layers": []}, "bounds": WORLD} | finish)


def theirs(path: Path) -> dict[Tile, bytes]:
    """Every tile as the `pmtiles` package reads it."""
    return {zxy: bytes(body) for zxy, body in all_tiles(MemorySource(path.read_bytes()))}


def their_reader(path: Path) -> Reader:
    """The `pmtiles` package's reader."""
    return Reader(MemorySource(path.read_bytes()))


def ids(*tiles: Tile) -> list[int]:
    """Ids by the `pmtiles` package."""
    return [zxy_to_tileid(*tile) for tile in tiles]
