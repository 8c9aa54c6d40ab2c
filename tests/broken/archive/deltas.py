"""Makes deltas, sound and broken, from docs/delta.md with the standard library, not with our own writer."""

from __future__ import annotations

import gzip
import hashlib
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from tests.broken.archive.forge import varints

OLD = b"The old archive: 0123456789 abcdefghijklmnopqrstuvwxyz."
NEW = b"The new archive: 0123456789 abcdefghijklm and nothing else."


def find(text: bytes) -> int:
    return OLD.index(text)


@dataclass
class DeltaParts:
    """A sound delta from OLD to NEW, ready to be broken."""

    magic: bytes = b"LQDelta\x01"
    base_size: int = len(OLD)
    base_sha256: bytes = hashlib.sha256(OLD).digest()
    target_size: int = len(NEW)
    target_sha256: bytes = hashlib.sha256(NEW).digest()
    # insert so many bytes, copy so many from there
    steps: list[tuple[int, int, int]] = field(
        default_factory=lambda: [(7, 34, find(b" archive: ")), (18, 0, 0)]  # "The new" + copy + " and nothing else."
    )
    numbers: list[int] | None = None  # instead of the steps
    packed: bytes | None = None  # instead of packed numbers
    packed_size: int | None = None
    inserts: bytes = b"The new and nothing else."
    members: bytes | None = None  # instead of packed inserts
    cut: int | None = None
    tail: bytes = b""

    def bytes(self) -> bytes:
        columns = [len(self.steps), *(step[i] for i in range(3) for step in self.steps)]
        packed = gzip.compress(varints(columns if self.numbers is None else self.numbers), mtime=0)
        packed = packed if self.packed is None else self.packed
        head = self.magic + struct.pack(
            "<Q32sQ32s", self.base_size, self.base_sha256, self.target_size, self.target_sha256
        )
        head += struct.pack("<Q", len(packed) if self.packed_size is None else self.packed_size)
        # several members, one of them empty: the format allows it
        half = len(self.inserts) // 2
        parts = (self.inserts[:half], b"", self.inserts[half:])
        members = b"".join(gzip.compress(part, mtime=0) for part in parts) if self.members is None else self.members
        return (head + packed + members + self.tail)[: self.cut]


def _with_copy(length: int, offset: int, *, target: int | None = None) -> DeltaParts:
    steps = [(7, length, offset), (18, 0, 0)]
    return DeltaParts(steps=steps, target_size=7 + length + 18 if target is None else target)


def _flipped_member() -> DeltaParts:
    packed = bytearray(gzip.compress(DeltaParts().inserts, mtime=0))
    packed[-5] ^= 1  # in the checksum
    return DeltaParts(members=bytes(packed))


@cache
def _bomb() -> DeltaParts:
    """300 MiB of instructions in 1.4 MB."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    zeros = bytes(1 << 20)
    return DeltaParts(packed=b"".join([*(packer.compress(zeros) for _ in range(300)), packer.flush()]))


_SOUND = DeltaParts()

# What is wrong with each, and words of the refusal.
BROKEN_DELTAS: dict[str, tuple[Callable[[], DeltaParts], str]] = {
    "empty": (lambda: DeltaParts(cut=0), "This is not a delta"),
    "another-file": (lambda: DeltaParts(magic=b"PMTiles\x03"), "This is not a delta"),
    "magic-alone": (lambda: DeltaParts(cut=7), "its header is cut off"),
    "newer-version": (lambda: DeltaParts(magic=b"LQDelta\x02"), "This is a delta of version 2"),
    "header-cut": (lambda: DeltaParts(cut=95), "its header is cut off"),
    "instructions-cut": (lambda: DeltaParts(cut=110), "its instructions are cut off"),
    "instructions-huge": (lambda: DeltaParts(packed_size=(1 << 64) - 1), "its instructions are cut off"),
    "instructions-not-gzip": (lambda: DeltaParts(packed=b"plain bytes"), "Gzip data is damaged"),
    "instructions-empty": (lambda: DeltaParts(packed=gzip.compress(b"")), "not as many as it announces"),
    "instructions-bomb": (_bomb, "expands to more than 268435456 bytes"),
    "instructions-fewer": (lambda: DeltaParts(numbers=[3, 7, 18, 34, 0, 7, 0]), "not as many as it announces"),
    "instructions-more": (lambda: DeltaParts(numbers=[1, 7, 18, 34, 0, 7, 0]), "not as many as it announces"),
    "instructions-countless": (lambda: DeltaParts(numbers=[(1 << 62) + 2, 7, 18, 34, 0, 7, 0]), "not as many"),
    "instructions-unfinished": (
        lambda: DeltaParts(packed=gzip.compress(varints([2, 7, 18, 34, 0, 7, 0]) + b"\x80")),
        "not as many as it announces",
    ),
    "instructions-64-bit": (lambda: DeltaParts(numbers=[1, 1 << 63, 0, 0]), "numbers beyond 63 bits"),
    "instructions-negative": (lambda: DeltaParts(numbers=[1, 7, 34, (1 << 64) - 1]), "numbers beyond 63 bits"),
    "copy-outside": (lambda: _with_copy(40, 17), "copies from outside"),
    "copy-far-outside": (lambda: _with_copy(1, (1 << 63) - 1), "copies from outside"),
    "copy-huge": (lambda: _with_copy((1 << 63) - 1, 0), "copies from outside"),
    "target-larger": (lambda: DeltaParts(target_size=len(NEW) + 1), "do not add up"),
    "target-smaller": (lambda: DeltaParts(target_size=1), "do not add up"),
    "target-huge": (lambda: DeltaParts(steps=[((1 << 62) + 1, 0, 0)] * 4, target_size=4), "do not add up"),
    "target-beyond-any-disk": (
        lambda: DeltaParts(steps=[((1 << 63) - 1, 0, 0)], target_size=(1 << 63) - 1),
        "The disk has no room",
    ),
    "inserts-cut": (lambda: DeltaParts(cut=-9), "its inserts are cut off"),
    "inserts-without-checksum": (lambda: DeltaParts(cut=-1), "its inserts are cut off"),
    "inserts-missing": (lambda: DeltaParts(members=b""), "its inserts are cut off"),
    "inserts-not-gzip": (lambda: DeltaParts(members=b"The new and nothing else."), "no sound gzip data"),
    "inserts-flipped": (_flipped_member, "no sound gzip data"),
    "inserts-too-many": (lambda: DeltaParts(inserts=_SOUND.inserts + b"!"), "more inserts than its instructions"),
    "inserts-bomb": (lambda: DeltaParts(inserts=_SOUND.inserts + bytes(1 << 24)), "more inserts than its instructions"),
    "tail": (lambda: DeltaParts(tail=b"more"), "no sound gzip data"),
    "for-a-shorter-archive": (lambda: DeltaParts(base_size=54), "made for another archive"),
    "for-another-archive": (lambda: DeltaParts(base_sha256=bytes(32)), "made for another archive"),
    "other-result": (lambda: DeltaParts(target_sha256=bytes(32)), "what it makes is not what it promises"),
    "other-inserts": (lambda: DeltaParts(inserts=b"The odd and nothing else."), "is not what it promises"),
}
