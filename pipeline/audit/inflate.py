"""The content of gzip bodies, fast, and only where nothing else is in them."""

from __future__ import annotations

import struct
from typing import Final

import deflate

from pipeline.archive.compress import EXPANSION_LIMIT, gunzip_bytes
from pipeline.archive.header import Compression
from pipeline.errors import ArchiveError
from pipeline.i18n import _

_PLAIN: Final = b"\x1f\x8b\x08\x00"  # RFC 1952 §2.3: deflate, no flags: no name, comment or extra field
_SHORTEST: Final = 18  # bytes of a gzip member


def inflate(body: bytes | memoryview, compression: Compression) -> bytes | bytearray:
    """The content of a tile body or a metadata section.

    libdeflate takes half of zlib's time but believes the size in the trailer; where what it gives does not agree with
    the trailer, zlib reads once more. Raises ArchiveError for what is damaged, too large, or has room for more than
    its content: a name, a comment or an extra field in the header.
    """
    if compression is Compression.NONE:
        return bytes(body)
    if compression is not Compression.GZIP:
        raise ArchiveError(_("Compression {name} cannot be read.").format(name=compression.name.lower()))
    if bytes(body[:4]) != _PLAIN:
        raise ArchiveError(_("Gzip data begins with a header that holds more than it must."))
    crc, size = struct.unpack_from("<II", body, max(0, len(body) - 8)) if len(body) >= _SHORTEST else (0, 0)
    if 0 < size <= EXPANSION_LIMIT:
        try:
            content: bytearray = deflate.gzip_decompress(body)
        except (deflate.DeflateError, ValueError):
            content = bytearray()
        if len(content) == size and deflate.crc32(content) == crc:
            return content
    return gunzip_bytes(body)
