"""The writer: read back by the `pmtiles` package, the same bytes every time, nothing left behind on failure."""

from __future__ import annotations

import errno
import hashlib
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pmtiles.reader import MemorySource, Reader, all_tiles
from pmtiles.tile import Entry, find_tile, tileid_to_zxy

from pipeline.archive import writer as writer_module
from pipeline.archive.header import ROOT_LIMIT, Compression, TileType
from pipeline.archive.reader import open_archive
from pipeline.archive.verify import verify_archive
from pipeline.archive.writer import Writer, Written
from pipeline.errors import ArchiveError, OutputError

WORLD = (-180.0, -85.0, 180.0, 85.0)


def write(path: Path, tiles: dict[int, bytes], **finish: Any) -> Written:
    with Writer(path, tile_type=TileType.MVT, tile_compression=Compression.GZIP) as writer:
        for tile_id, body in sorted(tiles.items()):
            writer.add(tile_id, body)
        return writer.finish(**{"metadata": {"vector_layers": []}, "bounds": WORLD} | finish)


tile_sets = st.dictionaries(
    st.integers(0, 400) | st.integers(0, 10**9),
    st.sampled_from([b"sea", b"land", b"town"]) | st.binary(min_size=1),
    min_size=1,
)


@settings(max_examples=150, deadline=None)
@given(tiles=tile_sets)
def test_the_package_reads_what_we_write(tmp_path_factory: pytest.TempPathFactory, tiles: dict[int, bytes]) -> None:
    path = tmp_path_factory.mktemp("w") / "a.pmtiles"
    written = write(path, tiles)
    data = path.read_bytes()
    source = MemorySource(data)
    assert dict(all_tiles(source)) == {tileid_to_zxy(i): body for i, body in tiles.items()}
    header = Reader(source).header()
    ordered = [body for _, body in sorted(tiles.items())]
    ids = sorted(tiles)
    starts = [i for i in range(len(ids)) if i == 0 or ids[i] != ids[i - 1] + 1 or ordered[i] != ordered[i - 1]]
    assert header["addressed_tiles_count"] == written.tiles == len(tiles)
    assert header["tile_entries_count"] == written.entries == len(starts)
    assert header["tile_contents_count"] == written.contents == len(set(ordered))
    assert header["tile_data_length"] == sum(map(len, set(ordered)))
    assert (header["min_zoom"], header["max_zoom"]) == (tileid_to_zxy(ids[0])[0], tileid_to_zxy(ids[-1])[0])
    assert header["clustered"] and header["version"] == 3
    assert (written.bytes, written.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert set(verify_archive(path).counts) <= {"bounds-fit"}
    again = path.with_name("b.pmtiles")
    write(again, tiles)
    assert again.read_bytes() == data


@settings(max_examples=50, deadline=None)
@given(tiles=tile_sets)
def test_we_read_what_we_write(tmp_path_factory: pytest.TempPathFactory, tiles: dict[int, bytes]) -> None:
    path = tmp_path_factory.mktemp("r") / "a.pmtiles"
    write(path, tiles)
    with open_archive(path) as archive:
        assert [(z, x, y) for z, x, y, _ in archive.tiles()] == [tileid_to_zxy(i) for i in sorted(tiles)]
        assert [body for *_, body in archive.tiles()] == [tiles[i] for i in sorted(tiles)]
        for tile_id in {0, *tiles, *(i + 1 for i in tiles)}:
            assert archive.raw(tile_id) == tiles.get(tile_id)


def test_sections_lie_in_the_recommended_order_without_gaps(tmp_path: Path) -> None:
    write(tmp_path / "a.pmtiles", {i * 3: b"%d" % i for i in range(30_000)})
    with open_archive(tmp_path / "a.pmtiles") as archive:
        h = archive.header
        assert h.root.offset == 127 and h.root.end < ROOT_LIMIT
        assert (h.metadata.offset, h.leaves.offset, h.data.offset) == (h.root.end, h.metadata.end, h.leaves.end)
        assert h.data.end == (tmp_path / "a.pmtiles").stat().st_size
        assert h.leaves.length > 0
        assert archive.raw(3 * 29_999) == b"29999" and archive.raw(3 * 29_999 - 1) is None


def test_a_run_is_one_entry_and_never_longer_than_readers_can_hold(tmp_path: Path) -> None:
    limit = writer_module.RUN_LIMIT
    with Writer(tmp_path / "a.pmtiles", tile_type=TileType.MVT, tile_compression=Compression.GZIP) as writer:
        writer.add(3, b"sea", 2)
        writer.add(5, b"sea", 3)  # goes on: one run of five, 3 … 7
        writer.add(8, b"land", 1)
        writer.add(9, b"sea", limit - 1)
        writer.add(9 + limit - 1, b"sea", 1)
        writer.add(9 + limit, b"sea", 5)
        writer.finish(metadata={}, bounds=WORLD)
    with open_archive(tmp_path / "a.pmtiles") as archive:
        expected = [(3, 0, 3, 5), (8, 3, 4, 1), (9, 0, 3, limit), (9 + limit, 0, 3, 5)]
        assert list(archive.entries()) == expected
        assert archive.header.addressed_tiles == 5 + 1 + limit + 5
        theirs = [Entry(*entry) for entry in expected]
        for tile_id in (2, 3, 7, 8, 9, 8 + limit, 9 + limit, 13 + limit, 14 + limit):
            assert (archive.raw(tile_id) is not None) == (find_tile(theirs, tile_id) is not None)


def test_header_fields(tmp_path: Path) -> None:
    write(
        tmp_path / "a.pmtiles",
        {1: b"x", 20: b"y"},
        bounds=(118.7, 27.7, 119.42, 28.34),
        center=(119.13, 28.07, 12),
        metadata={"b": "龙泉", "a": [1, 2.5, None]},
        min_zoom=0,
        max_zoom=14,
    )
    source = MemorySource((tmp_path / "a.pmtiles").read_bytes())
    header = Reader(source).header()
    assert (header["min_lon_e7"], header["min_lat_e7"]) == (1187000000, 277000000)
    assert (header["max_lon_e7"], header["max_lat_e7"]) == (1194200000, 283400000)
    assert (header["center_lon_e7"], header["center_lat_e7"], header["center_zoom"]) == (1191300000, 280700000, 12)
    assert (header["min_zoom"], header["max_zoom"]) == (1, 2), "the zooms that hold tiles, not those planned"
    assert Reader(source).metadata() == {"b": "龙泉", "a": [1, 2.5, None]}
    with open_archive(tmp_path / "a.pmtiles") as archive:
        assert archive.header.bounds == (118.7, 27.7, 119.42, 28.34)
        assert archive.header.center == (119.13, 28.07, 12)
        assert archive.metadata == {"b": "龙泉", "a": [1, 2.5, None]}


def test_metadata_does_not_depend_on_the_order_it_was_made_in(tmp_path: Path) -> None:
    one = write(tmp_path / "a.pmtiles", {0: b"x"}, metadata={"a": 1, "b": {"c": 2, "d": 3}})
    two = write(tmp_path / "b.pmtiles", {0: b"x"}, metadata={"b": {"d": 3, "c": 2}, "a": 1})
    assert one.sha256 == two.sha256


@pytest.mark.parametrize("ids", [(5, 5), (5, 4), (5, 0)])
def test_out_of_order_tiles_are_refused(tmp_path: Path, ids: tuple[int, int]) -> None:
    with (
        Writer(tmp_path / "a.pmtiles", tile_type=TileType.MVT, tile_compression=Compression.GZIP) as writer,
        pytest.raises(ArchiveError, match="ascending"),
    ):
        for tile_id in ids:
            writer.add(tile_id, b"x")
    assert list(tmp_path.iterdir()) == []


def test_nonsense_is_refused(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.pmtiles", tile_type=TileType.MVT, tile_compression=Compression.GZIP) as writer:
        with pytest.raises(ArchiveError, match="no tile"):
            writer.finish(metadata={}, bounds=WORLD)
        with pytest.raises(ArchiveError, match="0 bytes"):
            writer.add(0, b"")
        with pytest.raises(ArchiveError, match="run length"):
            writer.add(0, b"x", 0)
        writer.add(3, b"x", 4)
        with pytest.raises(ArchiveError, match="Tile 6 was added after tile 6"):
            writer.add(6, b"x")
        with pytest.raises(ArchiveError, match="zooms 1 to 2"):
            writer.finish(metadata={}, bounds=WORLD, min_zoom=2)
        with pytest.raises(ArchiveError, match="bounds"):
            writer.finish(metadata={}, bounds=(float("nan"), 0, 1, 1))
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_replaced_only_when_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.pmtiles"
    path.write_bytes(b"the last good one")
    with (
        pytest.raises(KeyboardInterrupt),
        Writer(path, tile_type=TileType.MVT, tile_compression=Compression.GZIP) as writer,
    ):
        writer.add(0, b"x")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"the last good one"
    write(path, {0: b"x"})
    assert verify_archive(path).accepted()
    assert list(tmp_path.iterdir()) == [path]


def test_no_clobber(tmp_path: Path) -> None:
    path = tmp_path / "a.pmtiles"
    with Writer(path, tile_type=TileType.MVT, tile_compression=Compression.GZIP, no_clobber=True) as writer:
        writer.add(0, b"x")
        path.write_bytes(b"came in between")
        with pytest.raises(OutputError, match="exists"):
            writer.finish(metadata={}, bounds=WORLD)
    with pytest.raises(OutputError, match="exists"):
        Writer(path, tile_type=TileType.MVT, tile_compression=Compression.GZIP, no_clobber=True)
    assert path.read_bytes() == b"came in between"
    path.unlink()
    with Writer(path, tile_type=TileType.MVT, tile_compression=Compression.GZIP, no_clobber=True) as writer:
        writer.add(0, b"x")
        writer.finish(metadata={"vector_layers": []}, bounds=WORLD)
    assert list(tmp_path.iterdir()) == [path] and verify_archive(path).accepted()


def test_a_new_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"")
    write(tmp_path / "a.pmtiles", {0: b"x"})
    assert (tmp_path / "a.pmtiles").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize(
    ("target", "match"), [("none/a.pmtiles", "folder does not exist"), ("file/a.pmtiles", "not a place")]
)
def test_impossible_places(tmp_path: Path, target: str, match: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=match):
        Writer(tmp_path / target, tile_type=TileType.MVT, tile_compression=Compression.GZIP)


class Full:
    """A file on a disk that is full after `room` bytes."""

    def __init__(self, file: Any, room: int) -> None:
        self.file, self.room = file, room

    def write(self, data: bytes) -> int:
        self.room -= len(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return int(self.file.write(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def test_a_full_disk_while_adding(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.pmtiles", tile_type=TileType.MVT, tile_compression=Compression.GZIP) as writer:
        writer._spool = Full(writer._spool, 100)  # type: ignore[assignment]
        with pytest.raises(OutputError, match="disk is full") as caught:
            for i in range(100):
                writer.add(i, b"%d" % i)
        assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_while_finishing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = writer_module.StagedFile.__init__

    def tight(self: Any, *args: Any, **options: Any) -> None:
        real(self, *args, **options)
        self.file = Full(self.file, 300)

    monkeypatch.setattr(writer_module.StagedFile, "__init__", tight)
    path = tmp_path / "a.pmtiles"
    path.write_bytes(b"the last good one")
    with pytest.raises(OutputError, match="disk is full"):
        write(path, {0: bytes(1000)})
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == b"the last good one"


LIMITED = """
import sys
from pathlib import Path
from pipeline.archive.header import Compression, TileType
from pipeline.archive.writer import Writer
with Writer(Path(sys.argv[1]), tile_type=TileType.MVT, tile_compression=Compression.GZIP) as writer:
    for i in range(int(sys.argv[2])):
        writer.add(i, i.to_bytes(4, "little") * 1000)
    print("adding done", flush=True)
    if len(sys.argv) > 3:
        import time
        time.sleep(60)
    writer.finish(metadata={}, bounds=(0.0, 0.0, 1.0, 1.0))
"""


@pytest.mark.parametrize(
    ("tiles", "limit"),
    [(600, 1_000_000), (250, 1_000_000)],
    ids=["while spooling", "in the finished file, which is larger by its header"],
)
def test_the_operating_systems_own_limit(tmp_path: Path, tiles: int, limit: int) -> None:
    """RLIMIT_FSIZE: a real OSError out of a real file, also when the buffer is flushed on close."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "a.pmtiles"), str(tiles)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "OutputError: The file grows larger than the system allows" in done.stderr
    assert ("adding done" in done.stdout) == (tiles * 4000 <= limit)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_killed_writer_leaves_nothing(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", LIMITED, str(tmp_path / "a.pmtiles"), "900", "wait"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdout is not None and child.stdout.readline() == b"adding done\n"
    time.sleep(0.05)
    child.send_signal(sent)
    assert child.wait(timeout=10) == code
    child.stdout.close()
    assert list(tmp_path.iterdir()) == []
