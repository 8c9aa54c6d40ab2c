"""Archives as MBTiles and as folders: what SQLite, GDAL and a file manager find there."""

from __future__ import annotations

import errno
import gzip
import json
import os
import sqlite3
import zlib
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pmtiles.tile import tileid_to_zxy

from pipeline.archive.folder import export_folder
from pipeline.archive.header import Compression, TileType
from pipeline.archive.mbtiles import export_mbtiles
from pipeline.archive.reader import Archive, open_archive
from pipeline.archive.source import MemorySource
from pipeline.errors import ArchiveError, OutputError, UsageError
from pipeline.progress import Silent
from tests.archive.made import theirs, write
from tests.broken.archive.forge import BROKEN, Parts, pack
from tests.broken.archive.tiles import POINT, SOUND, archive, feature, layer, move, text

SOME = st.dictionaries(
    st.integers(0, 340) | st.integers(0, 10**6), st.sampled_from([b"sea", b"land"]) | st.binary(max_size=9), min_size=1
)


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    database = sqlite3.connect(path)
    try:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return database.execute(query).fetchall()
    finally:
        database.close()


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@settings(max_examples=40, deadline=None)
@given(tiles=SOME)
def test_mbtiles_hold_every_tile_from_the_south_and_every_body_once(
    tmp_path_factory: pytest.TempPathFactory, tiles: dict[int, bytes]
) -> None:
    folder = tmp_path_factory.mktemp("x")
    packed = {tile_id: gzip.compress(body, mtime=0) for tile_id, body in tiles.items()}
    write(folder / "a.pmtiles", packed)
    with open_archive(folder / "a.pmtiles") as opened:
        exported = export_mbtiles(opened, folder / "a.mbtiles", threads=2)
        export_mbtiles(opened, folder / "b.mbtiles", threads=1)
    expected = {}
    for tile_id, body in packed.items():
        z, x, y = tileid_to_zxy(tile_id)
        expected[z, x, 2**z - 1 - y] = body
    found = rows(folder / "a.mbtiles", "SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles")
    assert {(z, x, y): data for z, x, y, data in found} == expected and len(found) == exported.tiles == len(expected)
    assert rows(folder / "a.mbtiles", "SELECT count(*) FROM images") == [(len(set(packed.values())),)]
    data = (folder / "a.mbtiles").read_bytes()
    assert data == (folder / "b.mbtiles").read_bytes() and len(data) == exported.bytes
    assert data[68:72] == b"MPBX" and data[96:100] == (3_040_000).to_bytes(4, "big")
    assert sorted(path.name for path in folder.iterdir()) == ["a.mbtiles", "a.pmtiles", "b.mbtiles"]


def test_metadata_of_mbtiles(tmp_path: Path) -> None:
    metadata = {
        "name": "龙泉", "attribution": "©", "type": "overlay", "description": "d", "sample": True, "json": "old",
        "vector_layers": [{"id": "a", "fields": {"n": "String"}}], "tilestats": {"layerCount": 1, "layers": []},
    }  # fmt: skip
    finish = {"bounds": (118.7, 27.7, 119.42, 28.34), "center": (119.13, 28.07, 1), "metadata": metadata}
    write(tmp_path / "a.pmtiles", {0: gzip.compress(b"x"), 20: gzip.compress(b"y")}, **finish)
    with open_archive(tmp_path / "a.pmtiles") as opened:
        export_mbtiles(opened, tmp_path / "a.mbtiles")
    found = rows(tmp_path / "a.mbtiles", "SELECT name, value FROM metadata ORDER BY rowid")
    assert found[:-1] == [
        ("name", "龙泉"), ("format", "pbf"), ("bounds", "118.7,27.7,119.42,28.34"), ("center", "119.13,28.07,1"),
        ("minzoom", "0"), ("maxzoom", "2"), ("attribution", "©"), ("description", "d"), ("type", "overlay"),
    ]  # fmt: skip
    assert json.loads(found[-1][1]) == {
        "sample": True, "tilestats": metadata["tilestats"], "vector_layers": metadata["vector_layers"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name", "extension"),
    [(TileType.PNG, "png", "png"), (TileType.JPEG, "jpg", "jpg"), (TileType.WEBP, "webp", "webp"),
     (TileType.AVIF, "image/avif", "avif")],
)  # fmt: skip
def test_pictures_are_copied_as_they_are(tmp_path: Path, kind: TileType, name: str, extension: str) -> None:
    write(tmp_path / "a.pmtiles", {0: b"picture", 3: b"other"}, kind=kind, compression=Compression.NONE, metadata={})
    with open_archive(tmp_path / "a.pmtiles") as opened:
        export_mbtiles(opened, tmp_path / "a.mbtiles")
        export_folder(opened, tmp_path / "f")
        with pytest.raises(UsageError, match="compressed already"):
            export_folder(opened, tmp_path / "g", gzip=True)
    said = dict(rows(tmp_path / "a.mbtiles", "SELECT * FROM metadata"))
    assert said["format"] == name and said["name"] == "a" and "json" not in said
    assert rows(tmp_path / "a.mbtiles", "SELECT * FROM tiles") == [(0, 0, 0, b"picture"), (1, 1, 0, b"other")]
    found = files(tmp_path / "f")
    assert json.loads(found.pop("metadata.json")) == said
    assert found == {f"0/0/0.{extension}": b"picture", f"1/1/1.{extension}": b"other"}
    assert not (tmp_path / "g").exists()


@settings(max_examples=25, deadline=None)
@given(tiles=SOME)
def test_folders_hold_every_tile(tmp_path_factory: pytest.TempPathFactory, tiles: dict[int, bytes]) -> None:
    folder = tmp_path_factory.mktemp("x")
    write(folder / "a.pmtiles", {tile_id: gzip.compress(body, mtime=0) for tile_id, body in tiles.items()})
    with open_archive(folder / "a.pmtiles") as opened:
        plain = export_folder(opened, folder / "plain", threads=2)
        packed = export_folder(opened, folder / "packed", gzip=True)
    expected = {"{}/{}/{}.pbf".format(*tileid_to_zxy(tile_id)): body for tile_id, body in tiles.items()}
    found = files(folder / "plain")
    assert json.loads(found.pop("metadata.json"))["format"] == "pbf"
    assert found == expected and plain.tiles == len(tiles) and plain.bytes == sum(map(len, tiles.values()))
    stored = {"{}/{}/{}.pbf".format(*zxy): body for zxy, body in theirs(folder / "a.pmtiles").items()}
    assert {k: v for k, v in files(folder / "packed").items() if k != "metadata.json"} == stored
    assert packed.tiles == len(tiles)


def test_tiles_stored_without_compression_are_packed_where_they_should_be(tmp_path: Path) -> None:
    with Archive(MemorySource(Parts().bytes(), "t.pmtiles")) as opened:
        export_mbtiles(opened, tmp_path / "a.mbtiles")
        export_folder(opened, tmp_path / "f", gzip=True)
    assert [zlib.decompress(body, 31) for (body,) in rows(tmp_path / "a.mbtiles", "SELECT tile_data FROM tiles")] == [
        b"AAAA", b"BBBBB", b"CCCCCC",
    ]  # fmt: skip
    assert gzip.decompress((tmp_path / "f/1/0/1.pbf").read_bytes()) == b"CCCCCC"


def test_a_run_of_a_hundred_thousand_tiles(tmp_path: Path) -> None:
    """From id 1 on: zooms 1 to 9, all one body, told in parts."""
    with Archive(MemorySource(Parts(entries=[(1, 0, 4, 100_000)], metadata=pack({})).bytes())) as opened:
        export_mbtiles(opened, tmp_path / "a.mbtiles")
    found = rows(tmp_path / "a.mbtiles", "SELECT zoom_level, count(*) FROM map GROUP BY 1 ORDER BY 1")
    assert found == [(z, 4**z) for z in range(1, 9)] + [(9, 100_000 - sum(4**z for z in range(1, 9)))]
    assert rows(tmp_path / "a.mbtiles", "SELECT count(*) FROM images") == [(1,)]


def test_gdal_reads_both(tmp_path: Path) -> None:
    """A point in the south-east of 1/0/1, with an attribute."""
    point = feature(move((3072, 3072)), POINT, 5, tags=[0, 0])
    tile = layer([point], name=b"a", keys=[b"n"], values=[text("青瓷")])
    parts = archive(SOUND, SOUND, tile)
    parts.header |= {"min_zoom": 0}
    (tmp_path / "a.pmtiles").write_bytes(parts.bytes())
    with open_archive(tmp_path / "a.pmtiles") as opened:
        export_mbtiles(opened, tmp_path / "a.mbtiles")
        export_folder(opened, tmp_path / "f")
    # the metadata says zooms 0 to 1; the driver reads the last one
    for path in (f"MVT:{tmp_path}/f/1", str(tmp_path / "a.mbtiles")):
        assert [name for name, _kind in pyogrio.list_layers(path).tolist()] == ["a"], path
        frame = pyogrio.read_dataframe(path, layer="a").to_crs(4326)
        (chinese,) = frame[frame["n"] == "青瓷"].geometry
        # by hand: x = 0.375 of the world, y = 0.875 of it from the north
        assert (chinese.x, chinese.y) == (pytest.approx(-45, abs=0.1), pytest.approx(-79.17, abs=0.01)), path


def test_what_stands_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("x")
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    with Archive(MemorySource(Parts().bytes(), "t.pmtiles")) as opened:
        for name, words in (("full", "not empty"), ("file", "a file of this name")):
            with pytest.raises(OutputError, match=words):
                export_folder(opened, tmp_path / name)
        with pytest.raises(OutputError, match="folder does not exist"):
            export_folder(opened, tmp_path / "none" / "f")
        with pytest.raises(OutputError, match="folder does not exist"):
            export_mbtiles(opened, tmp_path / "none" / "a.mbtiles")
        with pytest.raises(OutputError, match="exists"):
            export_mbtiles(opened, tmp_path / "file", no_clobber=True)
        assert export_folder(opened, tmp_path / "empty").tiles == 3
        assert export_mbtiles(opened, tmp_path / "file").tiles == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file", "full"]
    assert (tmp_path / "full" / "mine").read_text() == "x"


@pytest.mark.parametrize(
    ("rule", "match"),
    [("ascending", "not in order"), ("entries-inside", "cut off"), ("directory-filled", "no tile"),
     ("metadata-object", "JSON")],
)  # fmt: skip
def test_broken_archives_are_refused_and_nothing_is_left(tmp_path: Path, rule: str, match: str) -> None:
    for export in (export_mbtiles, export_folder):
        with (
            Archive(MemorySource(BROKEN[rule]().bytes(), "t.pmtiles")) as opened,
            pytest.raises(ArchiveError, match=match),
        ):
            export(opened, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_tile_is_named(tmp_path: Path) -> None:
    parts = archive(SOUND, SOUND)
    parts.data = parts.data[:-4] + b"\0\0\0\0"
    with Archive(MemorySource(parts.bytes())) as opened, pytest.raises(ArchiveError, match="1/0/0"):
        export_folder(opened, tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


def test_unknown_tiles_and_compressions(tmp_path: Path) -> None:
    with (
        Archive(MemorySource(Parts(header={"tile_type": TileType.UNKNOWN}).bytes())) as opened,
        pytest.raises(ArchiveError, match="type unknown"),
    ):
        export_mbtiles(opened, tmp_path / "a.mbtiles")
    with (
        Archive(MemorySource(Parts(header={"tile_compression": Compression.ZSTD}).bytes())) as opened,
        pytest.raises(ArchiveError, match="zstd cannot be read"),
    ):
        export_mbtiles(opened, tmp_path / "a.mbtiles")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "raised"),
    [(OSError(errno.ENOSPC, "No space left on device"), OutputError), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_a_full_disk_or_a_signal_leaves_nothing(
    tmp_path: Path, error: BaseException, raised: type[BaseException]
) -> None:
    class Stopped(Silent):
        def advance(self, n: int = 1) -> None:
            raise error

    for export in (export_mbtiles, export_folder):
        with Archive(MemorySource(Parts().bytes())) as opened, pytest.raises(raised):
            export(opened, tmp_path / "out", progress=Stopped())
    assert list(tmp_path.iterdir()) == []


def test_sqlite_says_the_disk_is_full(tmp_path: Path) -> None:
    import resource
    import subprocess
    import sys

    tiles = {i: os.urandom(900) for i in range(600)}
    write(tmp_path / "a.pmtiles", tiles, kind=TileType.PNG, compression=Compression.NONE, metadata={})
    code = (
        "import sys; from pathlib import Path; from pipeline.archive.reader import open_archive;"
        "from pipeline.archive.mbtiles import export_mbtiles;"
        "export_mbtiles(open_archive(sys.argv[1]), Path(sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.pmtiles"), str(tmp_path / "a.mbtiles")],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1 and "OutputError: Cannot write" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.pmtiles"]
