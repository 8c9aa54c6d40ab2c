"""The reader: what it hands out, lazily, and how it refuses."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pmtiles.reader import MmapSource, all_tiles
from pmtiles.tile import Compression

from pipeline.archive.header import TileType, format_header, parse_header
from pipeline.archive.reader import Archive, open_archive
from pipeline.archive.source import MemorySource
from pipeline.archive.verify import verify_archive
from pipeline.archive.writer import Writer
from pipeline.errors import ArchiveError, InputError, UsageError
from tests.broken.archive.forge import BROKEN, Parts, pack, with_leaves

GOOD = [
    "test_fixture_1.pmtiles",
    "test_fixture_2.pmtiles",
    "stamen_toner(raster)CC-BY+ODbL_z3.pmtiles",
    "usgs-mt-whitney-8-15-webp-512.pmtiles",
]


class Watched(MemorySource):
    """Remembers what was read."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data, "watched.pmtiles")
        self.reads: list[tuple[int, int]] = []

    def read(self, offset: int, length: int) -> bytes:
        self.reads.append((offset, length))
        return super().read(offset, length)


def of(parts: Parts) -> Archive:
    return Archive(MemorySource(parts.bytes(), "t.pmtiles"))


def test_the_parts_of_an_archive() -> None:
    with of(Parts(entries=[(0, 0, 4, 1), (1, 4, 5, 3), (4, 0, 4, 1)])) as archive:
        assert archive.header.tile_type is TileType.MVT
        assert archive.metadata["vector_layers"][0]["id"] == "a"
        assert list(archive.entries()) == [(0, 0, 4, 1), (1, 4, 5, 3), (4, 0, 4, 1)]
        assert [t[:3] for t in archive.tiles()] == [(0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0)]
        assert archive.tile(1, 1, 1) == b"BBBBB"
        assert archive.tile(1, 1, 0) == b"AAAA"
        assert archive.tile(2, 0, 0) is None


def test_tiles_are_decompressed_and_raw_ones_are_not() -> None:
    body = gzip.compress(b"tile", mtime=0)
    parts = Parts(
        entries=[(0, 0, len(body), 1)], data=body, header={"tile_compression": Compression.GZIP, "max_zoom": 0}
    )
    with of(parts) as archive:
        assert archive.tile(0, 0, 0) == b"tile"
        assert archive.raw(0) == body


def test_leaves_are_read_when_their_turn_comes() -> None:
    source = Watched(with_leaves([(0, 0, 4, 1)], [(1, 4, 5, 1)], [(2, 9, 6, 1)]).bytes())
    with Archive(source) as archive:
        assert len(source.reads) == 1, "header and root come with the first request"
        assert archive.raw(1) == b"BBBBB"
        assert len(source.reads) == 3, "one leaf, one body"
        assert archive.raw(1) == b"BBBBB"
        assert len(source.reads) == 4, "the leaf was kept"
        first = next(archive.entries())
        assert first == (0, 0, 4, 1)
        assert len(source.reads) == 5, "only the first leaf"


def test_many_leaves_are_not_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.pmtiles"
    with Writer(path, tile_type=TileType.MVT, tile_compression=Compression.NONE) as writer:
        for i in range(300_000):
            writer.add(2 * i, b"x")
        writer.finish(metadata={}, bounds=(0.0, 0.0, 1.0, 1.0))
    with open_archive(path) as archive:
        assert sum(1 for _ in archive.entries()) == 300_000
        assert archive.root.size > 70 and len(archive._leaves) <= 64
        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(archive.raw, range(0, 600_000, 997))) == {b"x", None}


def test_there_is_no_such_tile() -> None:
    with of(Parts()) as archive:
        for z, x, y in [(-1, 0, 0), (32, 0, 0), (1, 2, 0), (1, 0, -1)]:
            with pytest.raises(UsageError):
                archive.tile(z, x, y)


@pytest.mark.parametrize(
    ("rule", "match"),
    [
        ("magic", "not a PMTiles"),
        ("version", "version 4"),
        ("header-whole", "cut off"),
        ("compression-known", "unknown compression: 9"),
        ("tile-type-known", "unknown tile type: 42"),
        ("compression-readable", "zstd"),
        ("directory-readable", "damaged"),
    ],
)
def test_refusals_name_the_file(rule: str, match: str) -> None:
    with pytest.raises(ArchiveError, match=match) as caught:
        of(BROKEN[rule]())
    assert "t.pmtiles" in str(caught.value)


def test_older_versions_are_told_apart_from_other_files() -> None:
    with pytest.raises(ArchiveError, match="version 2"):
        Archive(MemorySource(b"PM\x02\x00" + bytes(600)))


def test_a_cut_off_archive_is_refused_where_the_cut_is_felt() -> None:
    with of(Parts(cut=-3)) as archive:
        assert archive.tile(0, 0, 0) == b"AAAA"
        with pytest.raises(ArchiveError, match="cut off"):
            archive.tile(1, 0, 1)


@pytest.mark.parametrize(("offset", "length"), [(1 << 63, 9), (0, 1 << 62), ((1 << 64) - 1, (1 << 64) - 1)])
def test_places_no_file_can_have_are_refused_before_they_are_read(tmp_path: Path, offset: int, length: int) -> None:
    path = tmp_path / "a.pmtiles"
    path.write_bytes(Parts(header={"metadata_offset": offset, "metadata_length": length}).bytes())
    with open_archive(path) as archive, pytest.raises(ArchiveError, match="cut off"):
        _ = archive.metadata
    assert not verify_archive(path).accepted()


def test_leaves_that_go_on_forever_end() -> None:
    with of(BROKEN["directory-depth"]()) as archive, pytest.raises(ArchiveError, match="nested"):
        archive.raw(0)
    with of(BROKEN["directory-depth"]()) as archive, pytest.raises(ArchiveError, match="nested"):
        list(archive.entries())


def test_metadata_that_is_no_object_is_refused() -> None:
    for metadata in (pack([1]), gzip.compress(b"\xff"), gzip.compress(b"{")):
        with of(Parts(metadata=metadata)) as archive, pytest.raises(ArchiveError, match="JSON"):
            _ = archive.metadata


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        open_archive(tmp_path / "none.pmtiles")
    with pytest.raises(InputError):
        open_archive(tmp_path)


def test_the_header_comes_back_as_it_was() -> None:
    data = Parts().bytes()[:127]
    assert format_header(parse_header(data)) == data


@pytest.mark.parametrize("name", GOOD)
def test_both_readers_agree_on_the_conformance_archives(shared_data: Path, name: str) -> None:
    path = shared_data / "conformance" / "pmtiles" / name
    with path.open("rb") as file, open_archive(path) as archive:
        theirs = [(*zxy, bytes(body)) for zxy, body in all_tiles(MmapSource(file))]
        assert list(archive.tiles()) == theirs
        assert format_header(archive.header) == path.read_bytes()[:127]
