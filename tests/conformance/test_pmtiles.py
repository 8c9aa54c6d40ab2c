"""The archives of protomaps/PMTiles: the good ones go through every verb, the bad ones are refused with the reason."""

from __future__ import annotations

import gzip
import json
import sqlite3
from pathlib import Path

import pytest
from pmtiles.tile import TileType

from pipeline.cli import main
from tests.archive.made import their_reader, theirs

GOOD = [
    "test_fixture_1.pmtiles",
    "test_fixture_2.pmtiles",
    "stamen_toner(raster)CC-BY+ODbL_z3.pmtiles",
    "usgs-mt-whitney-8-15-webp-512.pmtiles",
]
BAD = {
    "empty.pmtiles": "the file is empty",
    "invalid.pmtiles": "This is not a PMTiles archive",
    "invalid_v4.pmtiles": "This is PMTiles version 4",
}


@pytest.fixture
def archives(shared_data: Path) -> Path:
    return shared_data / "conformance" / "pmtiles"


def test_every_archive_is_spoken_of(archives: Path) -> None:
    assert {path.name for path in archives.glob("*.pmtiles")} == {*GOOD, *BAD, "test_fixture_mlt.pmtiles"}


@pytest.mark.parametrize("name", GOOD)
def test_good_archives(archives: Path, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = archives / name
    tiles = theirs(path)
    reader = their_reader(path)
    assert main(["archive", "show", str(path), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["header"]["addressed_tiles"] == len(tiles) and shown["metadata"] == reader.metadata()
    assert sum(zoom["tiles"] for zoom in shown["zooms"]) == len(tiles)
    assert main(["archive", "verify", "--structure-only", str(path)]) == 0

    assert main(["archive", "extract", str(path), str(tmp_path / "all.pmtiles")]) == 0
    assert theirs(tmp_path / "all.pmtiles") == tiles
    one, other = their_reader(tmp_path / "all.pmtiles").header(), reader.header()
    for key in ("tile_type", "tile_compression", "min_zoom", "max_zoom", "min_lon_e7", "max_lat_e7", "center_lon_e7"):
        assert one[key] == other[key], key
    west, east = tmp_path / "w.pmtiles", tmp_path / "e.pmtiles"
    middle = (other["min_lon_e7"] + other["max_lon_e7"]) / 2e7
    for half, bounds in ((west, f"-180,-90,{middle},90"), (east, f"{middle},-90,180,90")):
        assert main(["archive", "extract", str(path), str(half), "--bbox", bounds]) == 0
    assert main(["archive", "merge", str(tmp_path / "both.pmtiles"), str(west), str(east)]) == 0
    assert theirs(tmp_path / "both.pmtiles") == tiles
    assert their_reader(tmp_path / "both.pmtiles").metadata().keys() <= reader.metadata().keys() | {"name"}

    assert main(["archive", "export", str(path), str(tmp_path / "a.mbtiles")]) == 0
    database = sqlite3.connect(tmp_path / "a.mbtiles")
    rows = database.execute("SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles").fetchall()
    database.close()
    assert {(z, x, 2**z - 1 - y): body for z, x, y, body in rows} == tiles
    assert main(["archive", "export", str(path), str(tmp_path / "folder")]) == 0
    vector = other["tile_type"] == TileType.MVT
    files = {
        tuple(map(int, file.relative_to(tmp_path / "folder").with_suffix("").parts)): file.read_bytes()
        for file in (tmp_path / "folder").glob("*/*/*")
    }
    assert files == {zxy: gzip.decompress(body) if vector else body for zxy, body in tiles.items()}


@pytest.mark.parametrize(("name", "reason"), BAD.items())
def test_bad_archives(
    archives: Path, name: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = str(archives / name), str(tmp_path / "out")
    for words in (["show", path], ["extract", path, out], ["merge", out, path, path], ["export", path, out]):
        assert main(["archive", *words]) == 1
        assert reason in capsys.readouterr().err
    assert main(["archive", "verify", path]) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_archive_without_a_tile(archives: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """MapLibre tiles, header and metadata only: shown, but there is nothing to take out of it."""
    path, out = str(archives / "test_fixture_mlt.pmtiles"), str(tmp_path / "out")
    assert main(["archive", "show", path, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["header"]["tile_type"] == "mlt" and shown["zooms"] == [] and shown["largest"] == []
    assert shown["metadata"]["name"] == "Overture"
    assert main(["archive", "show", path]) == 0
    assert "mlt, gzip" in capsys.readouterr().out
    for words in (["extract", path, out], ["export", path, out]):
        assert main(["archive", *words]) == 1
        assert "The archive holds no tile." in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
