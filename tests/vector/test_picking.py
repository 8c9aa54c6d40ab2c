"""Some layers of an archive, and metadata of several: nothing more is said than is there."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest

from pipeline.archive.extract import extract_tiles
from pipeline.archive.header import Compression
from pipeline.archive.reader import Archive, open_archive
from pipeline.archive.region import box
from pipeline.archive.source import MemorySource
from pipeline.errors import ArchiveError, UsageError
from pipeline.vector.picking import LayerPick, merged_layers
from tests.archive.made import theirs
from tests.broken.archive.forge import Parts, pack
from tests.broken.archive.tiles import SOUND, archive, feature, layer

ROADS = layer([feature()], name="道路".encode())
WATER = layer([feature()], name=b"water", extra=b"\xfa\x01\x01?")
LISTED = [
    {"id": "a", "fields": {}, "minzoom": 0, "maxzoom": 14},
    {"id": "道路", "fields": {}, "minzoom": 0, "maxzoom": 0},
    {"id": "water", "fields": {}},
]
STATS = {"layerCount": 3, "layers": [{"layer": name, "count": 1} for name in ("a", "道路", "water")]}


def sound() -> Archive:
    """0/0/0 with all three layers, 1/0/0 with one, 1/0/1 with another."""
    parts = archive(SOUND + ROADS + WATER, SOUND, WATER)
    parts.metadata = pack({"name": "t", "vector_layers": LISTED, "tilestats": STATS})
    return Archive(MemorySource(parts.bytes(), "t.pmtiles"))


def picked(out: Path, layers: list[str] | None = None, **options: Any) -> dict[str, Any]:
    with sound() as opened:
        pick = LayerPick(opened, layers)
        extract_tiles(opened, out, change=pick.change, describe=pick.describe, **options)
    with open_archive(out) as part:
        return part.metadata


def test_layers_are_copied_byte_for_byte(tmp_path: Path) -> None:
    metadata = picked(tmp_path / "b.pmtiles", ["water", "a"])
    found = {tile: gzip.decompress(body) for tile, body in theirs(tmp_path / "b.pmtiles").items()}
    assert found == {(0, 0, 0): SOUND + WATER, (1, 0, 0): SOUND, (1, 0, 1): WATER}
    assert [one["id"] for one in metadata["vector_layers"]] == ["a", "water"]
    assert metadata["vector_layers"][0]["maxzoom"] == 1, "there is nothing deeper"
    assert metadata["tilestats"] == {"layerCount": 2, "layers": [STATS["layers"][0], STATS["layers"][2]]}  # type: ignore[index]


def test_tiles_without_the_layer_are_left_out_and_whole_tiles_stay_as_stored(tmp_path: Path) -> None:
    metadata = picked(tmp_path / "b.pmtiles", ["a"])
    found = theirs(tmp_path / "b.pmtiles")
    assert sorted(found) == [(0, 0, 0), (1, 0, 0)]
    with sound() as opened:
        assert found[1, 0, 0] == opened.raw(1), "not compressed again"
    assert mapbox_vector_tile.decode(gzip.decompress(found[0, 0, 0])).keys() == {"a"}
    assert [one["id"] for one in metadata["vector_layers"]] == ["a"]


def test_layers_that_no_tile_of_the_part_has_are_not_listed(tmp_path: Path) -> None:
    metadata = picked(tmp_path / "b.pmtiles", region=box((-170.0, 10.0, -10.0, 80.0)), min_zoom=1)
    assert [one["id"] for one in metadata["vector_layers"]] == ["a"]
    assert metadata["vector_layers"][0]["minzoom"] == 1
    assert "tilestats" not in metadata, "they count features of the whole"
    metadata = picked(tmp_path / "b.pmtiles", region=box((-180.0, -90.0, 180.0, 90.0)))
    assert metadata["tilestats"] == STATS and len(metadata["vector_layers"]) == 3, "nothing was cut off"


def test_layers_stay_listed_when_tiles_cannot_be_looked_into(tmp_path: Path) -> None:
    parts = Parts(metadata=pack({"vector_layers": LISTED}), header={"tile_compression": Compression.ZSTD})
    with Archive(MemorySource(parts.bytes())) as opened:
        pick = LayerPick(opened)
        extract_tiles(opened, tmp_path / "b.pmtiles", change=pick.change, describe=pick.describe)
        with open_archive(tmp_path / "b.pmtiles") as part:
            assert [one["id"] for one in part.metadata["vector_layers"]] == ["a", "道路", "water"]
        assert list(theirs(tmp_path / "b.pmtiles").values()) == [b"AAAA", b"BBBBB", b"CCCCCC"]
        pick = LayerPick(opened, ["a"])
        with pytest.raises(ArchiveError, match="zstd"):
            extract_tiles(opened, tmp_path / "c.pmtiles", change=pick.change, describe=pick.describe)


def test_unknown_layers_and_damaged_tiles(tmp_path: Path) -> None:
    with sound() as opened, pytest.raises(UsageError, match="no layer b"):
        LayerPick(opened, ["a", "b"])
    with Archive(MemorySource(archive(SOUND, SOUND[:-1]).bytes())) as opened:
        pick = LayerPick(opened, ["a"])
        with pytest.raises(ArchiveError, match="1/0/0"):
            extract_tiles(opened, tmp_path / "b.pmtiles", change=pick.change, describe=pick.describe)
    assert list(tmp_path.iterdir()) == []


def test_layers_of_several_archives() -> None:
    one = {
        "vector_layers": [
            {"id": "a", "minzoom": 3, "maxzoom": 9, "fields": {"n": "String", "h": "Number"}, "description": ""},
            {"id": "b", "fields": {}},
        ],
        "tilestats": {"layerCount": 2, "layers": [{"layer": "a", "count": 5}, {"layer": "b", "count": 6}]},
    }
    two = {
        "vector_layers": [{"id": "a", "minzoom": 0, "maxzoom": 5, "fields": {"h": "String"}, "description": "d"}],
        "tilestats": {"layerCount": 1, "layers": [{"layer": "a", "count": 7}]},
    }
    assert merged_layers([one, two], {"name": "x", "tilestats": "whatever"}) == {
        "name": "x",
        "vector_layers": [
            {"id": "a", "minzoom": 0, "maxzoom": 9, "fields": {"n": "String", "h": "Mixed"}, "description": "d"},
            {"id": "b", "fields": {}},
        ],
        "tilestats": {"layerCount": 1, "layers": [{"layer": "b", "count": 6}]},
    }
    assert merged_layers([{}, {}], {}) == {"vector_layers": []}
