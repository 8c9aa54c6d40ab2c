"""What differs between two archives, held against a comparison that takes every tile by itself."""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pmtiles.reader import MmapSource, all_tiles
from pmtiles.tile import Compression, zxy_to_tileid

from pipeline.archive.compare import BLOCK, same_ranges
from pipeline.archive.diff import ArchiveDiff, Kind, diff_archives
from pipeline.archive.json_diff import ABSENT, Difference, differences
from pipeline.archive.reader import Archive, open_archive
from pipeline.archive.source import MemorySource
from pipeline.errors import ArchiveError
from tests.archive.archives import Content, edited, write, write_theirs
from tests.broken.archive.forge import BROKEN, Parts, pack, with_leaves


def of(a: Parts, b: Parts) -> ArchiveDiff:
    return diff_archives(Archive(MemorySource(a.bytes(), "a")), Archive(MemorySource(b.bytes(), "b")))


def expanded(diff: ArchiveDiff) -> dict[int, Kind]:
    """Tile by tile."""
    found: dict[int, Kind] = {}
    for first, run, kind in zip(*(column.tolist() for column in diff.changes[:3]), strict=True):
        for tile_id in range(first, first + run):
            assert tile_id not in found
            found[tile_id] = Kind(kind)
    return found


def stored(path: Path) -> dict[int, bytes]:
    with path.open("rb") as file:
        return {zxy_to_tileid(*zxy): bytes(body) for zxy, body in all_tiles(MmapSource(file))}


def expected(a: dict[int, bytes], b: dict[int, bytes]) -> dict[int, Kind]:
    found = {}
    for tile_id in a.keys() | b.keys():
        if a.get(tile_id) == b.get(tile_id):
            continue
        if tile_id not in a:
            found[tile_id] = Kind.ADDED
        elif tile_id not in b:
            found[tile_id] = Kind.REMOVED
        else:
            same = gzip.decompress(a[tile_id]) == gzip.decompress(b[tile_id])
            found[tile_id] = Kind.REPACKED if same else Kind.CHANGED
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("diffs")


@settings(max_examples=80, deadline=None)
@given(pair=edited(), theirs=st.tuples(st.booleans(), st.booleans()))
def test_every_tile_that_differs(folder: Path, pair: tuple[Content, Content], theirs: tuple[bool, bool]) -> None:
    paths = [
        (write_theirs if foreign else write)(folder / name, content)
        for name, content, foreign in zip("ab", pair, theirs, strict=True)
    ]
    with open_archive(paths[0]) as a, open_archive(paths[1]) as b:
        found = diff_archives(a, b)
        before, after = stored(paths[0]), stored(paths[1])
        assert expanded(found) == expected(before, after)
        assert found.identical == (paths[0].read_bytes() == paths[1].read_bytes())
        for zoom in found.zooms:
            ids = range(sum(4**z for z in range(zoom.zoom)), sum(4**z for z in range(zoom.zoom + 1)))
            assert (zoom.before, zoom.after) == tuple(sum(i in tiles for i in ids) for tiles in (before, after))
            here = [kind for tile_id, kind in expanded(found).items() if tile_id in ids]
            assert zoom[3:] == tuple(here.count(kind) for kind in Kind)
        assert sum(zoom.before for zoom in found.zooms) == len(before)
        for tile_id, _run, _kind, at, length, bt, size in zip(*(c.tolist() for c in found.changes), strict=True):
            assert before.get(tile_id) == (a.body(at, length) if at >= 0 else None)
            assert after.get(tile_id) == (b.body(bt, size) if bt >= 0 else None)


@settings(max_examples=20, deadline=None)
@given(pair=edited())
def test_backwards_is_the_opposite(folder: Path, pair: tuple[Content, Content]) -> None:
    paths = [write(folder / name, content) for name, content in zip("ab", pair, strict=True)]
    opposite = {Kind.ADDED: Kind.REMOVED, Kind.REMOVED: Kind.ADDED}
    with open_archive(paths[0]) as a, open_archive(paths[1]) as b:
        there, back = expanded(diff_archives(a, b)), expanded(diff_archives(b, a))
    assert {tile_id: opposite.get(kind, kind) for tile_id, kind in there.items()} == back


def test_leaves_of_different_lengths_are_walked_together() -> None:
    a = with_leaves([(0, 0, 4, 1)], [(1, 4, 5, 2), (3, 9, 6, 1)])
    b = with_leaves([(0, 0, 4, 1), (1, 4, 5, 1)], [(2, 9, 6, 2)], [(5, 9, 6, 100)])
    b.header["max_zoom"] = 4
    found = of(a, b)
    assert expanded(found) == {2: Kind.CHANGED} | dict.fromkeys(range(5, 105), Kind.ADDED)
    assert [zoom.added for zoom in found.zooms] == [0, 0, 16, 64, 20]
    assert len(found.changes.runs) == 4, "a run ends where its zoom does"


def test_runs_are_not_taken_apart() -> None:
    """The whole of zooms 0 to 12 in one entry."""
    whole = sum(4**z for z in range(13))
    a, b = Parts(entries=[(0, 0, 4, whole)]), Parts(entries=[(0, 4, 5, whole)])
    found = of(a, b)
    assert (len(found.changes.runs), int(found.changes.runs.sum())) == (13, whole)
    assert [zoom.changed for zoom in found.zooms] == [4**z for z in range(13)]


def test_the_same_archive() -> None:
    found = of(Parts(), Parts())
    assert found.identical and found.same_content
    assert (found.header, found.metadata, expanded(found)) == ((), (), {})
    assert [(zoom.before, zoom.after) for zoom in found.zooms] == [(1, 1), (2, 2)]


def test_header_and_metadata() -> None:
    after = Parts(
        header={"max_lon_e7": 0, "center_zoom": 1}, metadata=pack({"name": "u", "vector_layers": [{"id": "b"}]})
    )
    found = of(Parts(), after)
    assert [difference.path for difference in found.header] == ["bounds", "center"]
    assert found.header[0].after == (-179.0, -80.0, 0.0, 80.0)
    assert found.metadata == (
        Difference("name", "t", "u"),
        Difference("vector_layers[a]", {"id": "a", "fields": {"n": "String"}}, ABSENT),
        Difference("vector_layers[b]", ABSENT, {"id": "b"}),
    )
    assert not found.same_content and not found.identical and expanded(found) == {}


def test_the_same_content_in_other_bytes() -> None:
    """Other order of metadata, other gzip, unclustered, unknown counters: a map shows the same."""
    body = b"tile" * 50
    fast, best = gzip.compress(body, 1, mtime=0), gzip.compress(body, 9, mtime=1)
    a = Parts(entries=[(0, 0, len(fast), 1)], data=fast, header={"tile_compression": Compression.GZIP, "max_zoom": 0})
    b = Parts(
        entries=[(0, 2, len(best), 1)],
        data=b"--" + best,
        header={**a.header, "clustered": False, "tile_entries_count": 0},
    )
    found = of(a, b)
    assert expanded(found) == {0: Kind.REPACKED}
    assert found.same_content and not found.identical
    assert {difference.path for difference in found.header} == {"clustered", "tile_entries"}
    # The same bytes are another tile when they are to be unpacked in another way.
    plain = Parts(entries=a.entries, data=fast, header={"max_zoom": 0})
    assert expanded(of(a, plain)) == {0: Kind.CHANGED}
    assert expanded(of(a, Parts(entries=[(0, 0, len(body), 1)], data=body, header={"max_zoom": 0}))) == {
        0: Kind.REPACKED
    }


def test_bodies_that_cannot_be_unpacked_are_changed() -> None:
    gzipped = {"tile_compression": Compression.GZIP}
    assert expanded(of(Parts(header=gzipped), Parts(data=b"AAAABBBBXCCCCCC", header=gzipped))) == {1: Kind.CHANGED}
    brotli = {"tile_compression": Compression.BROTLI}
    assert expanded(of(Parts(header=brotli), Parts(data=b"AAAABBBBXCCCCCC", header=brotli))) == {1: Kind.CHANGED}


def test_entries_that_lead_nowhere_are_changed(tmp_path: Path) -> None:
    """What both archives do not have is not known to be the same, nor is it looked for."""
    for at in (1 << 62, (1 << 63) - 10, 14):
        lost = Parts(entries=[(0, 0, 4, 1), (1, at, 5, 1)])
        padded = Parts(entries=lost.entries, tail=b"tail that belongs to nothing")
        for other in (Parts(entries=[(0, 0, 4, 1), (1, 4, 5, 1)]), lost, padded):
            (tmp_path / "a").write_bytes(padded.bytes())
            (tmp_path / "b").write_bytes(other.bytes() + b"!")
            with open_archive(tmp_path / "a") as a, open_archive(tmp_path / "b") as b:
                assert expanded(diff_archives(a, b)) == {1: Kind.CHANGED}


def test_leaves_out_of_order_are_refused() -> None:
    mixed = with_leaves([(2, 0, 4, 1), (3, 4, 5, 1)], [(1, 9, 6, 1)], announce={1: 4})
    with pytest.raises(ArchiveError, match="not in the order of the tiles"):
        of(mixed, Parts())


@pytest.mark.parametrize("rule", ["ascending", "runs-apart", "ids-exist", "sections-inside", "directory-readable"])
def test_archives_that_cannot_be_walked_are_refused(rule: str) -> None:
    for pair in ((Parts(), BROKEN[rule]()), (BROKEN[rule](), Parts())):
        with pytest.raises(ArchiveError) as caught:
            of(*pair)
        assert caught.value.where


def test_archives_are_read_in_blocks(tmp_path: Path) -> None:
    """8 MB each, and no read is larger than two blocks."""

    class Watched(MemorySource):
        largest = 0

        def read(self, offset: int, length: int) -> bytes:
            self.largest = max(self.largest, length)
            return super().read(offset, length)

    noise = random.Random(4)
    tiles = {i: noise.randbytes(4000) for i in range(2000)}
    a = write(tmp_path / "a", Content(tiles)).read_bytes()
    b = write(tmp_path / "b", Content({**tiles, 77: b"new"})).read_bytes()
    sources = Watched(a), Watched(b)
    assert expanded(diff_archives(*(Archive(source) for source in sources))) == {77: Kind.CHANGED}
    assert all(source.largest <= 2 * BLOCK for source in sources)


# --- stretches


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_ranges_are_compared_as_if_one_by_one(data: st.DataObject) -> None:
    a = data.draw(st.binary(min_size=50, max_size=50))
    b = data.draw(st.one_of(st.just(a), st.binary(max_size=3).map(lambda head: head + a), st.binary(max_size=60)))
    ranges = data.draw(st.lists(st.tuples(st.integers(0, 55), st.integers(0, 55), st.integers(1, 9)), max_size=20))
    follow = data.draw(st.booleans())
    if follow:  # ranges one after the other in both
        lengths = [length for _a, _b, length in ranges]
        starts = [sum(lengths[:i]) for i in range(len(lengths))]
        shift = len(b) - 50 if len(b) > 50 else 0
        ranges = [(start, start + shift, length) for start, length in zip(starts, lengths, strict=True)]
    columns = [np.array([row[i] for row in ranges], dtype=np.int64) for i in range(3)]
    found = same_ranges(MemorySource(a), MemorySource(b), columns[0], columns[1], columns[2])
    assert found.tolist() == [
        at + n <= len(a) and bt + n <= len(b) and a[at : at + n] == b[bt : bt + n] for at, bt, n in ranges
    ]


def test_huge_bodies_are_compared_block_by_block() -> None:
    a = bytes(3 * BLOCK)
    b = bytearray(a)
    b[-1] = 1
    zero, size = np.zeros(1, dtype=np.int64), np.array([3 * BLOCK])
    assert same_ranges(MemorySource(a), MemorySource(a), zero, zero, size).tolist() == [True]
    assert same_ranges(MemorySource(a), MemorySource(bytes(b)), zero, zero, size).tolist() == [False]


# --- metadata


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": 1}, {"a": 1.0}, [("a", 1, 1.0)]),
        ({"a": True}, {"a": 1}, [("a", True, 1)]),
        ({"a": None}, {}, [("a", None, ABSENT)]),
        ({}, {"a": {"b": 1}}, [("a", ABSENT, {"b": 1})]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "d": 4}}, [("a.b", 1, 3), ("a.c", 2, ABSENT), ("a.d", ABSENT, 4)]),
        ({"a": [1, 2]}, {"a": [1, 3]}, [("a", [1, 2], [1, 3])]),
        (
            {"vector_layers": [{"id": "r", "fields": {"n": "String"}}, {"id": "s"}]},
            {"vector_layers": [{"id": "r", "fields": {"n": "Number"}}, {"id": "t"}]},
            [
                ("vector_layers[r].fields.n", "String", "Number"),
                ("vector_layers[s]", {"id": "s"}, ABSENT),
                ("vector_layers[t]", ABSENT, {"id": "t"}),
            ],
        ),
        ({"l": [{"id": 1}, {"id": 2}]}, {"l": [{"id": 2}, {"id": 1}]}, [("l", ["1", "2"], ["2", "1"])]),
        ({"l": [{"id": 1}, {"id": 1}]}, {"l": [{"id": 1}]}, [("l", [{"id": 1}, {"id": 1}], [{"id": 1}])]),
        ({"l": [{"id": 1}]}, {"l": 5}, [("l", [{"id": 1}], 5)]),
    ],
)
def test_where_json_differs(before: Any, after: Any, found: list[tuple[str, Any, Any]]) -> None:
    assert [tuple(difference) for difference in differences(before, after)] == found


def test_the_absent_side_is_missing() -> None:
    assert Difference("a", ABSENT, None).as_json() == {"path": "a", "after": None}
