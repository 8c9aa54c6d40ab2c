"""gzip that depends on nothing but its input, and gunzip that does not believe what it is told."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pmtiles.tile import Compression

from pipeline.archive.compress import compressor, decompress, gunzip_bytes, gzip_bytes
from pipeline.errors import ArchiveError


@settings(deadline=None)
@given(st.binary(max_size=5000), st.integers(1, 12))
def test_the_standard_library_reads_what_we_write(data: bytes, level: int) -> None:
    packed = gzip_bytes(data, level)
    assert gzip.decompress(packed) == data == gunzip_bytes(packed)
    assert packed == gzip_bytes(bytearray(data), level) == gzip_bytes(memoryview(data), level)


def test_the_header_holds_no_time_name_or_system() -> None:
    """RFC 1952 §2.3: magic, deflate, no flags, mtime 0, extra flags, OS 255."""
    assert gzip_bytes(b"x")[:8].hex() == "1f8b080000000000"
    assert gzip_bytes(b"x")[9] == 255


def test_members_are_joined() -> None:
    assert gunzip_bytes(gzip.compress(b"one ") + gzip.compress(b"two")) == b"one two"


PACKED = gzip.compress(b"some tile or other" * 20, mtime=0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x1f\x8b",
        b"plain",
        PACKED[:-1],  # cut off
        PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:],  # wrong checksum
        PACKED[:-4] + b"\0\0\0\0",  # says it is empty
        PACKED[:-4] + b"\xff\xff\xff\xff",  # says it is 4 GiB
        PACKED + b"tail",
    ],
)
def test_damage_is_refused(data: bytes) -> None:
    with pytest.raises(ArchiveError):
        gunzip_bytes(data)


def test_a_bomb_stops_at_the_limit() -> None:
    with pytest.raises(ArchiveError, match="more than 1000 bytes"):
        gunzip_bytes(gzip.compress(bytes(1001)), limit=1000)
    assert gunzip_bytes(gzip.compress(bytes(1000)), limit=1000) == bytes(1000)


def test_other_compressions() -> None:
    assert decompress(b"as it is", Compression.NONE) == b"as it is"
    for code in (Compression.UNKNOWN, Compression.BROTLI, Compression.ZSTD):
        with pytest.raises(ArchiveError, match=code.name.lower()):
            decompress(zlib.compress(b""), code)


def test_the_compressor_names_its_version() -> None:
    name, number = compressor().split()
    assert name == "deflate" and number[0].isdigit()
