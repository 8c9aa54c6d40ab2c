"""The file of an index: a header, a description, directories, and then everything in small pieces."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.archive.compress import gunzip_bytes, gzip_bytes
from pipeline.errors import ArchiveError
from pipeline.i18n import _
from pipeline.portal.search.entries import BLOCK, LEVEL
from pipeline.portal.search.shards import HEAD
from pipeline.portal.search.varints import Varints, encode

MAGIC: Final = b"LQSEARCH"
VERSION: Final = 1
_SECTIONS: Final = ("description", "block_directory", "shard_directory", "blocks", "shards", "tails", "numbers")
_FORMAT: Final = "<8s6I14Q"
HEADER_BYTES: Final = struct.calcsize(_FORMAT)  # 144


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the file."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Header:
    """What the first 144 bytes say."""

    entries: int
    numbers: int
    bits: int
    sections: Mapping[str, Section]

    @property
    def head(self) -> int:
        """The bytes up to the end of the directories."""
        last = self.sections["shard_directory"]
        return last.offset + last.length


def compose(
    *,
    entries: int,
    numbers: int,
    bits: int,
    description: Mapping[str, Any],
    blocks: Sequence[bytes],
    shards: Sequence[bytes],
    tails: bytes,
    doors: bytes,
) -> bytes:
    """The whole file."""
    told = json.dumps(description, ensure_ascii=False, separators=(",", ":")).encode()
    parts = [
        gzip_bytes(told, LEVEL),
        gzip_bytes(encode([len(block) for block in blocks]), LEVEL),
        gzip_bytes(encode([len(shard) for shard in shards]), LEVEL),
        b"".join(blocks),
        b"".join(shards),
        tails,
        doors,
    ]
    places: list[int] = []
    at = HEADER_BYTES
    for part in parts:
        places += [at, len(part)]
        at += len(part)
    header = struct.pack(_FORMAT, MAGIC, VERSION, entries, numbers, BLOCK, bits, HEAD, *places)
    return b"".join([header, *parts])


def read_header(data: bytes, where: str) -> Header:
    """The header of a file that begins with `data`. Raises ArchiveError for what is no index of this version."""
    if len(data) < HEADER_BYTES or not data.startswith(MAGIC):
        raise ArchiveError(_("The file is no search index."), where=where)
    _magic, version, entries, numbers, block, bits, head, *places = struct.unpack_from(_FORMAT, data)
    if (version, block, head) != (VERSION, BLOCK, HEAD) or bits > 32:
        raise ArchiveError(
            _("The search index is of version {found}.").format(found=version),
            where=where,
            expected=_("version {version}").format(version=VERSION),
            hint=_("build the edition again"),
        )
    pairs = zip(places[0::2], places[1::2], strict=True)
    sections = {name: Section(*pair) for name, pair in zip(_SECTIONS, pairs, strict=True)}
    return Header(entries, numbers, bits, sections)


def read_lengths(data: bytes, count: int) -> list[int]:
    """Where each of `count` pieces begins, and the end of the last one, by a directory."""
    lengths = Varints(gunzip_bytes(data)).many(count).tolist()
    at = [0]
    for length in lengths:
        at.append(at[-1] + length)
    return at
