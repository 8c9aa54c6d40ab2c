"""Our column-wise directory codec against the `pmtiles` package's entry-wise one."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pmtiles.tile import Entry, deserialize_directory, serialize_directory

from pipeline.archive.compress import gunzip_bytes, gzip_bytes
from pipeline.archive.directory import (
    Directory,
    decode_directory,
    encode_directory,
    lay_out,
    read_varints,
    write_varints,
)
from pipeline.errors import ArchiveError
from tests.broken.archive.forge import varints

Row = tuple[int, int, int, int]  # tile_id, offset, length, run_length


def columns(rows: list[Row]) -> Directory:
    ids, offsets, lengths, runs = (np.array(c, dtype=np.int64) for c in zip(*rows, strict=True))
    return Directory(ids, runs, lengths, offsets)


def rows_of(directory: Directory) -> list[Row]:
    order = (directory.tile_ids, directory.offsets, directory.lengths, directory.run_lengths)
    return list(zip(*(column.tolist() for column in order), strict=True))


@st.composite
def directories(draw: st.DrawFn) -> list[Row]:
    """Ascending ids; bodies right after one another, shared, or anywhere; leaves among them."""
    rows: list[Row] = []
    tile_id = draw(st.integers(0, 1 << 40))
    for step, length, run, jump in draw(
        st.lists(
            st.tuples(st.integers(1, 1 << 30), st.integers(1, 1 << 32), st.integers(0, 300), st.integers(-1, 1 << 45)),
            min_size=1,
            max_size=60,
        )
    ):
        offset = rows[-1][1] + rows[-1][2] if rows and jump < 0 else max(jump, 0)
        rows.append((tile_id, offset, length, run))
        tile_id += max(run, 1) + step
    return rows


@settings(deadline=None)
@given(directories())
def test_both_codecs_write_the_same_and_read_it_back(rows: list[Row]) -> None:
    ours = encode_directory(columns(rows))
    assert ours == gzip.decompress(serialize_directory([Entry(*row) for row in rows]))
    theirs = [(e.tile_id, e.offset, e.length, e.run_length) for e in deserialize_directory(gzip_bytes(ours))]
    assert rows_of(decode_directory(ours)) == theirs == rows


@settings(deadline=None)
@given(st.lists(st.integers(0, (1 << 63) - 1)))
def test_varints_of_every_length(values: list[int]) -> None:
    written = write_varints(np.array(values, dtype=np.uint64))
    assert written == varints(values)
    raw = np.frombuffer(written, dtype=np.uint8)
    assert read_varints(raw, np.flatnonzero(raw < 0x80)).tolist() == values


def test_the_example_by_hand() -> None:
    """Two entries: id 5 at 0, 3 bytes; id 7, run 2, right behind it, 200 bytes (varint c8 01)."""
    assert encode_directory(columns([(5, 0, 3, 1), (7, 3, 200, 2)])).hex(" ") == "02 05 02 01 02 03 c8 01 01 00"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80",  # a varint that does not end
        varints([2, 1, 1, 1, 1]),  # two announced, one there
        varints([1, 1, 1, 1, 1, 1]),  # one too many
        varints([1, 5, 1, 4, 0]),  # the first entry cannot follow another
        varints([1, 1 << 63, 1, 1, 1]),  # beyond 63 bits
        varints([2, (1 << 63) - 1, 9, 1, 1, 1, 1, 1, 1]),  # the ids wrap around
        varints([1 << 62]),
    ],
)
def test_damaged_directories_are_refused(data: bytes) -> None:
    with pytest.raises(ArchiveError):
        decode_directory(data)


def test_an_empty_directory_is_left_to_verify() -> None:
    assert decode_directory(b"\x00").size == 0


@pytest.mark.parametrize("n", [1, 3000, 4097, 30_000])
def test_root_and_leaves_hold_every_entry_within_the_limit(n: int) -> None:
    rng = np.random.default_rng(n)
    lengths = rng.integers(1, 1 << 20, n)
    whole = Directory(np.cumsum(rng.integers(1, 99, n)), np.ones(n, np.int64), lengths, np.cumsum(lengths) - lengths)
    for limit in (16_256, 700, 45):  # 45 bytes hold three or four leaves: they have to grow
        laid = lay_out(whole, limit=limit)
        assert len(laid.root) <= limit
        found = []
        for tile_id, offset, length, run in rows_of(decode_directory(gunzip_bytes(laid.root))):
            if run:
                found.append((tile_id, offset, length, run))
            else:
                leaf = rows_of(decode_directory(gunzip_bytes(laid.leaves[offset : offset + length])))
                assert leaf[0][0] == tile_id
                found += leaf
        assert found == rows_of(whole)
        assert laid.leaf_count == len(
            {row[1] for row in rows_of(decode_directory(gunzip_bytes(laid.root))) if not row[3]}
        )
