"""Whether a TIFF ends before its pixels do: GDAL opens such a file gladly and fails hours later.

TIFF 6.0 §2 (8-byte header, little or big endian, a chain of directories) and BigTIFF (16-byte header, 64-bit counts).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

_OFFSETS: Final = (273, 324)  # StripOffsets, TileOffsets
_COUNTS: Final = (279, 325)  # StripByteCounts, TileByteCounts
_SUB: Final = 330  # SubIFDs: overviews of some writers
_SIZES: Final = {1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8}  # of BYTE, SHORT, LONG, IFD, LONG8, IFD8
_MOST: Final = 10_000  # directories; a chain that bites its tail ends there


def is_tiff(path: Path) -> bool:
    """Whether a file begins like a TIFF."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def missing(path: Path) -> tuple[int, int] | None:
    """How many bytes there are and how many it would take, where a TIFF is cut off; None for whole and other files."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(16)
        order = {b"II": "<", b"MM": ">"}.get(head[:2])
        if order is None or len(head) < 8:
            return None
        magic = struct.unpack(order + "H", head[2:4])[0]
        if magic not in (42, 43) or (magic == 43 and len(head) < 16):
            return None
        big = magic == 43
        waiting = [struct.unpack(order + ("Q" if big else "I"), head[8:16] if big else head[4:8])[0]]
        seen: set[int] = set()
        needed = 0
        while waiting and len(seen) < _MOST:
            at = waiting.pop()
            if at == 0 or at in seen:
                continue
            seen.add(at)
            end, follows = _directory(file, at, order, big)
            needed = max(needed, end)
            waiting += follows
    return (size, needed) if needed > size else None


def _directory(file: BinaryIO, at: int, order: str, big: bool) -> tuple[int, list[int]]:
    """Where what a directory names ends, as far as can be seen, and the directories it leads to."""
    count_size, entry_size, word = (8, 20, "Q") if big else (2, 12, "I")
    file.seek(at)
    raw = file.read(count_size)
    if len(raw) < count_size:
        return at + count_size, []
    entries = struct.unpack(order + ("Q" if big else "H"), raw)[0]
    length = min(entries, 4096) * entry_size + struct.calcsize(word)
    body = file.read(length)
    if len(body) < length:
        return at + count_size + length, []
    found: dict[int, np.ndarray[tuple[int], np.dtype[np.uint64]]] = {}
    needed = at + count_size + length
    for i in range(min(entries, 4096)):
        tag, kind, n = struct.unpack(
            order + "HH" + word, body[i * entry_size : i * entry_size + 4 + struct.calcsize(word)]
        )
        if tag not in (*_OFFSETS, *_COUNTS, _SUB) or kind not in _SIZES:
            continue
        inline = body[i * entry_size + 4 + struct.calcsize(word) : (i + 1) * entry_size]
        if n * _SIZES[kind] > len(inline):
            where = struct.unpack(order + word, inline)[0]
            needed = max(needed, where + n * _SIZES[kind])
            file.seek(where)
            inline = file.read(n * _SIZES[kind])
        inline = inline[: n * _SIZES[kind]]
        values = np.frombuffer(inline[: len(inline) // _SIZES[kind] * _SIZES[kind]], f"{order}u{_SIZES[kind]}")
        found[tag] = values.astype(np.uint64)
    for offsets, counts in zip(_OFFSETS, _COUNTS, strict=True):
        if offsets in found and counts in found and len(found[offsets]) == len(found[counts]) and len(found[offsets]):
            needed = max(needed, int((found[offsets] + found[counts]).max()))  # absent blocks are 0 and 0
    follows = [int(each) for each in found.get(_SUB, ())]
    return needed, [*follows, struct.unpack(order + word, body[-struct.calcsize(word) :])[0]]
