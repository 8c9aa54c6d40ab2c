"""Makes deltas, sound and broken, from docs/delta.md with zstandard and struct, not with our own writer."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import deflate
import zstandard

from tests.broken.archive.forge import varints

OLD_TILE, NEW_TILE = b"a tile, a tile, an old tile", b"a tile, a tile, a new tile!"
OLD_PACKED = bytes(deflate.gzip_compress(OLD_TILE, 6))
OLD = b"The old archive: 0123456789 abcdefghijklmnopqrstuvwxyz." + OLD_PACKED
NEW = b"The new archive: 0123456789 abcdefghijklm and nothing else." + bytes(deflate.gzip_compress(NEW_TILE, 6))


def find(text: bytes) -> int:
    return OLD.index(text)


def pack(content: bytes, prefix: bytes = b"", **how: int) -> bytes:
    """A zstd frame that starts from `prefix`."""
    raw = zstandard.ZstdCompressionDict(prefix, dict_type=zstandard.DICT_TYPE_RAWCONTENT) if prefix else None
    parameters = zstandard.ZstdCompressionParameters(**{"write_content_size": 1, "write_checksum": 0} | how)
    return zstandard.ZstdCompressor(dict_data=raw, compression_params=parameters).compress(content)


def apart(ranges: list[tuple[int, int]]) -> list[int]:
    """Offsets as they are told: from the end of the range before, forward 2 n, back 2 n − 1."""
    told, end = [], 0
    for offset, length in ranges:
        told.append(2 * (offset - end) if offset >= end else 2 * (end - offset) - 1)
        end = offset + length
    return told


@dataclass
class BatchParts:
    """A sound batch that makes NEW, ready to be broken."""

    ranges: list[tuple[int, int, int]] = field(  # offset, length, and the size once unpacked
        default_factory=lambda: [(find(OLD_PACKED), len(OLD_PACKED), len(OLD_TILE))]
    )
    steps: list[tuple[int, int, int, int]] = field(  # bytes to take, level, bytes to copy and from where
        default_factory=lambda: [(7, 0, 34, find(b" archive: ")), (18, 0, 0, 0), (len(NEW_TILE), 6, 0, 0)]
    )
    numbers: list[int] | None = None  # instead of ranges and steps
    raw: bytes | None = None  # instead of numbers
    packed: bytes | None = None  # instead of packed instructions
    content: bytes = b"The new and nothing else." + NEW_TILE
    prefix: bytes = OLD_TILE
    frame: bytes | None = None  # instead of packed content
    sizes: dict[int, int] = field(default_factory=dict)  # instead of what is said in the batch's first 16 bytes

    def bytes(self) -> bytes:
        numbers = [len(self.ranges), len(self.steps)]
        numbers += apart([each[:2] for each in self.ranges])
        numbers += [each[i] for i in (1, 2) for each in self.ranges]
        numbers += [each[i] for i in (0, 1, 2) for each in self.steps]
        numbers += apart([(each[3], each[2]) for each in self.steps])
        raw = varints(numbers if self.numbers is None else self.numbers) if self.raw is None else self.raw
        packed = pack(raw) if self.packed is None else self.packed
        frame = pack(self.content, self.prefix) if self.frame is None else self.frame
        said = [len(packed), len(raw), len(frame), len(self.content)]
        for at, size in self.sizes.items():
            said[at] = size
        return struct.pack("<4I", *said) + packed + frame


@cache
def this_compressor() -> bytes:
    """What docs/delta.md says of the header's last eight bytes."""
    text = b"".join(b"%d %d %x\n" % (i, i * i % 977, i * 2654435761 % 2**32) for i in range(12_000))
    return hashlib.sha256(b"".join(deflate.gzip_compress(text, level) for level in (6, 9))).digest()[:8]


@dataclass
class DeltaParts:
    """A sound delta from OLD to NEW, ready to be broken."""

    magic: bytes = b"LQDelta\x02"
    base_size: int = len(OLD)
    base_sha256: bytes = hashlib.sha256(OLD).digest()
    target_size: int = len(NEW)
    target_sha256: bytes = hashlib.sha256(NEW).digest()
    compressor: bytes = field(default_factory=this_compressor)
    batches: list[BatchParts] = field(default_factory=lambda: [BatchParts()])
    cut: int | None = None
    tail: bytes = b""

    def bytes(self) -> bytes:
        head = self.magic + struct.pack(
            "<Q32sQ32s", self.base_size, self.base_sha256, self.target_size, self.target_sha256
        )
        return (head + self.compressor + b"".join(each.bytes() for each in self.batches) + self.tail)[: self.cut]


def _one(**parts: object) -> DeltaParts:
    return DeltaParts(batches=[BatchParts(**parts)])  # type: ignore[arg-type]


def _copying(length: int, offset: int) -> DeltaParts:
    return _one(steps=[(7, 0, length, offset), (18, 0, 0, 0), (len(NEW_TILE), 6, 0, 0)])


def _starting(offset: int, length: int, size: int) -> DeltaParts:
    return _one(ranges=[(offset, length, size)])


def _flipped_frame() -> DeltaParts:
    frame = bytearray(pack(BatchParts().content, OLD_TILE))
    frame[0] ^= 1  # in its magic number
    return _one(frame=bytes(frame))


@cache
def _bomb() -> bytes:
    """A frame of 300 MiB in some ten thousand bytes."""
    return zstandard.ZstdCompressor().compress(bytes(300 << 20))


_SOUND = BatchParts()
_ALL = len(_SOUND.content)
_COUNT = [1, 3, 2 * find(OLD_PACKED), len(OLD_PACKED), len(OLD_TILE), 7, 18, 27, 0, 0, 6, 34, 0, 0, 14, 0, 0]
_HUGE = (1 << 63) - 1

# What is wrong with each, and words of the refusal.
BROKEN_DELTAS: dict[str, tuple[Callable[[], DeltaParts], str]] = {
    "empty": (lambda: DeltaParts(cut=0), "This is not a delta"),
    "another-file": (lambda: DeltaParts(magic=b"PMTiles\x03"), "This is not a delta"),
    "magic-alone": (lambda: DeltaParts(cut=7), "its header is cut off"),
    "newer-version": (lambda: DeltaParts(magic=b"LQDelta\x03"), "This is a delta of version 3"),
    "older-version": (lambda: DeltaParts(magic=b"LQDelta\x01"), "This is a delta of version 1"),
    "header-cut": (lambda: DeltaParts(cut=95), "its header is cut off"),
    "other-compressor": (lambda: DeltaParts(compressor=b"deflate9"), "The delta packs tiles"),
    "batch-header-cut": (lambda: DeltaParts(cut=100), "a batch of it is cut off"),
    "batch-cut": (lambda: DeltaParts(cut=-1), "a batch of it is cut off"),
    "instructions-huge": (lambda: _one(sizes={0: (1 << 32) - 1}), "a batch of it is cut off"),
    "frame-huge": (lambda: _one(sizes={2: (1 << 32) - 1}), "a batch of it is cut off"),
    "instructions-too-many": (lambda: _one(sizes={1: (1 << 20) + 1}), "larger than batches may be"),
    "content-too-large": (lambda: _one(sizes={3: (1 << 24) + 1}), "larger than batches may be"),
    "instructions-not-zstd": (lambda: _one(packed=b"plain bytes"), "no sound zstd data"),
    "instructions-bomb": (lambda: _one(packed=_bomb()), "more or less than it announces"),
    "instructions-empty": (lambda: _one(raw=b""), "not as many as it announces"),
    "instructions-fewer": (lambda: _one(numbers=[1, 4, *_COUNT[2:]]), "not as many as it announces"),
    "instructions-more": (lambda: _one(numbers=[1, 2, *_COUNT[2:]]), "not as many as it announces"),
    "instructions-countless": (lambda: _one(numbers=[_HUGE, _HUGE, *_COUNT[2:]]), "not as many as it announces"),
    "instructions-unfinished": (lambda: _one(raw=varints(_COUNT) + b"\x80"), "not as many as it announces"),
    "instructions-64-bit": (lambda: _one(numbers=[1 << 63, 0]), "numbers beyond 63 bits"),
    "copy-outside": (lambda: _copying(len(OLD), 1), "copies from outside"),
    "copy-far-outside": (lambda: _copying(1, _HUGE // 2), "copies from outside"),
    "copy-huge": (lambda: _one(steps=[(_ALL, 0, _HUGE, 0)]), "copies from outside"),
    "copy-before": (lambda: _one(numbers=[0, 1, _ALL, 0, 1, 1], prefix=b""), "copies from outside"),
    "prefix-outside": (lambda: _starting(1, len(OLD), 0), "copies from outside"),
    "prefix-huge": (
        lambda: _one(ranges=[(find(OLD_PACKED), len(OLD_PACKED), 1 << 20)] * 33),
        "larger than batches may be",
    ),
    "prefix-bomb": (lambda: _starting(find(OLD_PACKED), len(OLD_PACKED), (1 << 25) + 1), "larger than batches may be"),
    "prefix-not-packed": (lambda: _starting(0, 20, 20), "Gzip data is damaged"),
    "prefix-smaller-than-said": (lambda: _starting(find(OLD_PACKED), len(OLD_PACKED), 28), "has another size than"),
    "prefix-larger-than-said": (lambda: _starting(find(OLD_PACKED), len(OLD_PACKED), 26), "expands to more than"),
    "level": (lambda: _one(steps=[(_ALL, 13, 0, 0)]), "a level that gzip does not have"),
    "takes-less": (lambda: _one(steps=[(_ALL - 1, 0, 0, 0)]), "do not take what a batch holds"),
    "takes-more": (lambda: _one(steps=[(_ALL + 1, 0, 0, 0)]), "do not take what a batch holds"),
    "takes-huge": (lambda: _one(steps=[((1 << 62) + _ALL // 4, 0, 0, 0)] * 4), "do not take what a batch holds"),
    "content-not-zstd": (lambda: _one(frame=b"The new and nothing else."), "no sound zstd data"),
    "content-flipped": (_flipped_frame, "no sound zstd data"),
    "content-bomb": (lambda: _one(frame=_bomb()), "more or less than it announces"),
    "content-without-size": (
        lambda: _one(frame=pack(_SOUND.content, OLD_TILE, write_content_size=0)),
        "more or less than it announces",
    ),
    "content-two-frames": (lambda: _one(frame=pack(_SOUND.content, OLD_TILE) + pack(b"more")), "no sound zstd data"),
    "content-of-nothing": (
        lambda: DeltaParts(batches=[BatchParts(), BatchParts(steps=[], content=b"", frame=b"more")]),
        "more or less than it announces",
    ),
    "target-larger": (lambda: DeltaParts(target_size=len(NEW) + 1), "is not what it promises"),
    "target-smaller": (lambda: DeltaParts(target_size=1), "it makes more than it promises"),
    "target-beyond-any-disk": (lambda: DeltaParts(target_size=_HUGE), "The disk has no room"),
    "copies-without-end": (
        lambda: _one(steps=[(7, 0, len(OLD), 0), *[(0, 0, len(OLD), 0)] * 90_000, (_ALL - 7, 0, 0, 0)]),
        "it makes more than it promises",
    ),
    "batches-missing": (lambda: DeltaParts(batches=[]), "is not what it promises"),
    "batch-twice": (lambda: DeltaParts(batches=[BatchParts(), BatchParts()]), "it makes more than it promises"),
    "tail": (lambda: DeltaParts(tail=b"more"), "a batch of it is cut off"),
    "for-a-shorter-archive": (lambda: DeltaParts(base_size=len(OLD) - 1), "made for another archive"),
    "for-another-archive": (lambda: DeltaParts(base_sha256=bytes(32)), "made for another archive"),
    "other-result": (lambda: DeltaParts(target_sha256=bytes(32)), "what it makes is not what it promises"),
    "other-content": (lambda: _one(content=b"The odd and nothing else." + NEW_TILE), "is not what it promises"),
}
