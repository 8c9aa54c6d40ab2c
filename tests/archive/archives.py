"""Random archives: what they hold, and what our writer and other people's make of it."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from pmtiles.tile import Compression, TileType, tileid_to_zxy
from pmtiles.writer import Writer as TheirWriter

from pipeline.archive.writer import Writer

BOUNDS = (-10.0, -20.0, 30.0, 40.0)


@dataclass(frozen=True)
class Content:
    """Tiles by id, and the metadata."""

    tiles: dict[int, bytes]
    metadata: dict[str, Any] = field(default_factory=dict)


def write(path: Path, content: Content, tile_type: TileType = TileType.MVT) -> Path:
    """As our own writer does."""
    with Writer(path, tile_type=tile_type, tile_compression=Compression.GZIP) as writer:
        for tile_id, body in sorted(content.tiles.items()):
            writer.add(tile_id, gzip.compress(body, mtime=0))
        writer.finish(metadata=content.metadata, bounds=BOUNDS)
    return path


def write_theirs(path: Path, content: Content) -> Path:
    """As the `pmtiles` package does, from the last tile to the first: an archive that is not clustered."""
    with path.open("wb") as file:
        writer = TheirWriter(file)
        for tile_id, body in sorted(content.tiles.items(), reverse=True):
            writer.write_tile(tile_id, gzip.compress(body, mtime=0))
        zooms = [tileid_to_zxy(tile_id)[0] for tile_id in content.tiles]
        writer.finalize(
            {
                "tile_type": TileType.MVT,
                "tile_compression": Compression.GZIP,
                "min_zoom": min(zooms),
                "max_zoom": max(zooms),
                "min_lon_e7": -100_000_000,
                "min_lat_e7": -200_000_000,
                "max_lon_e7": 300_000_000,
                "max_lat_e7": 400_000_000,
                "center_zoom": 0,
                "center_lon_e7": 0,
                "center_lat_e7": 0,
            },
            content.metadata,
        )
    return path


# Few different bodies and ids close together: runs and repetitions are common.
BODIES = st.one_of(
    st.sampled_from([b"a", b"b", b"water" * 9]),
    st.binary(min_size=1, max_size=60),
    st.binary(min_size=300, max_size=400),
)
CONTENTS = st.builds(
    Content,
    st.dictionaries(st.integers(0, 400), BODIES, min_size=1, max_size=60),
    st.dictionaries(st.sampled_from(["name", "version", "样式"]), st.text(max_size=5), max_size=3),
)


@st.composite
def edited(draw: st.DrawFn) -> tuple[Content, Content]:
    """An archive and its successor: tiles added, removed, changed, moved."""
    before = draw(CONTENTS)
    tiles = dict(before.tiles)
    for tile_id in draw(st.lists(st.sampled_from(sorted(tiles)), max_size=5, unique=True)):
        del tiles[tile_id]
    tiles.update(draw(st.dictionaries(st.integers(0, 400), BODIES, min_size=0 if tiles else 1, max_size=8)))
    moved = draw(st.integers(0, 3))
    tiles = {tile_id + moved: body for tile_id, body in tiles.items()}
    return before, Content(tiles, draw(st.sampled_from([before.metadata, {"name": "new"}])))
