"""The one door to compression: deterministic gzip out, guarded gzip in."""

from __future__ import annotations

import zlib
from importlib.metadata import version
from typing import Final

import deflate
from pmtiles.tile import Compression

from pipeline.errors import ArchiveError
from pipeline.i18n import _

LEVEL: Final = 6  # libdeflate 1 … 12; 6 is its default: within 2 % of level 9 on MVT at a third of the time
EXPANSION_LIMIT: Final = 1 << 28  # bytes; no tile, directory or metadata is honestly larger than 256 MiB
_GZIP_WINDOW: Final = 31  # zlib: 16 (gzip wrapper) + 15 (32 KiB window)


def gzip_bytes(data: bytes | bytearray | memoryview, level: int = LEVEL) -> bytes:
    """`data` as one gzip member that depends on nothing but `data`, `level` and the version of libdeflate.

    The header has mtime 0, no name and OS 255 (unknown), see RFC 1952 §2.3. The GIL is released, so threads compress
    side by side.
    """
    return bytes(deflate.gzip_compress(data, level))


def gunzip_bytes(data: bytes | memoryview, *, limit: int = EXPANSION_LIMIT) -> bytes:
    """The content of one or more gzip members; never more than `limit` bytes.

    zlib, not libdeflate: `deflate.gzip_decompress` believes the size written in the trailer, so it returns nothing
    for a trailer of zero, stops after the first member, and allocates whatever a forged trailer asks for.

    Raises ArchiveError for data that is not gzip, is cut off, fails its checksum or expands beyond `limit`.
    """
    parts: list[bytes] = []
    rest: bytes | memoryview = data
    room = limit
    while True:
        member = zlib.decompressobj(_GZIP_WINDOW)
        try:
            part = member.decompress(rest, room + 1)
        except zlib.error as err:
            raise ArchiveError(_("Gzip data is damaged: {reason}.").format(reason=err)) from err
        room -= len(part)
        if room < 0:
            raise ArchiveError(
                _("Gzip data expands to more than {limit} bytes.").format(limit=limit),
                hint=_("do not use this file; it may have been made to exhaust memory"),
            )
        if not member.eof:
            raise ArchiveError(_("Gzip data is cut off."))
        if not parts and not member.unused_data:
            return part
        parts.append(part)
        if not member.unused_data:
            return b"".join(parts)
        rest = member.unused_data


def decompress(data: bytes | memoryview, compression: Compression) -> bytes:
    """The content of `data`; `Compression.NONE` and `GZIP` are understood.

    Raises ArchiveError for damaged data and for any other compression.
    """
    if compression is Compression.GZIP:
        return gunzip_bytes(data)
    if compression is Compression.NONE:
        return bytes(data)
    raise ArchiveError(
        _("Compression {name} cannot be read.").format(name=compression.name.lower()),
        expected=_("gzip or none"),
        hint=_("convert the archive with the tool that wrote it"),
    )


def compressor() -> str:
    """Name and version of what writes compressed bytes, for release.json: other versions may write other bytes."""
    return f"deflate {version('deflate')}"
