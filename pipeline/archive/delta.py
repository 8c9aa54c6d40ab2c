"""A delta: what makes one file out of another, byte for byte. The format is described in docs/delta.md.

Header, instructions, inserts. The target is written from front to back: each instruction takes bytes from the inserts,
then copies a range of the base. Nothing is compressed anew on the way, so the result cannot depend on anybody's
version of a compressor.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.compress import gunzip_bytes, gzip_bytes
from pipeline.archive.directory import DIRECTORY_LEVEL, read_varints, write_varints
from pipeline.archive.source import Source
from pipeline.errors import ArchiveError, InputError
from pipeline.i18n import _

MAGIC: Final = b"LQDelta"
VERSION: Final = 1
_HEADER: Final = struct.Struct("<7sBQ32sQ32sQ")  # magic, version, base size and sha256, target's, instruction bytes
HEADER_BYTES: Final = _HEADER.size
_INT64: Final = (1 << 63) - 1
EXPANSION_LIMIT: Final = 1 << 28  # bytes of instructions once unpacked; some fifty million of them


class Identity(NamedTuple):
    """Which file is meant."""

    size: int
    sha256: bytes


class Instructions(NamedTuple):
    """Rows in the order of the target; column arrays of one length."""

    inserts: NDArray[np.int64]  # bytes to take from the inserts
    copies: NDArray[np.int64]  # bytes to copy from the base then
    offsets: NDArray[np.int64]  # where in the base

    @property
    def inserted(self) -> int:
        """Bytes that come from the inserts."""
        return sum(self.inserts.tolist())  # of a hostile file the sum may not fit 64 bits

    @property
    def copied(self) -> int:
        """Bytes that come from the base."""
        return sum(self.copies.tolist())


class Delta(NamedTuple):
    """A delta but for its inserts, which begin at `inserts_at` and go to the end of the file."""

    base: Identity
    target: Identity
    instructions: Instructions
    inserts_at: int


def format_delta(base: Identity, target: Identity, instructions: Instructions) -> bytes:
    """Everything that lies before the inserts."""
    numbers = np.concatenate([np.array([len(instructions.inserts)]), *instructions]).astype(np.uint64)
    packed = gzip_bytes(write_varints(numbers), DIRECTORY_LEVEL)
    return _HEADER.pack(MAGIC, VERSION, *base, *target, len(packed)) + packed


def parse_delta(source: Source) -> Delta:
    """The header and the instructions of a delta, held against one another.

    Raises InputError for anything that is not a delta, is cut off or damaged, copies from outside the base, or does
    not add up to the size of the target.
    """
    head = source.read(0, HEADER_BYTES)
    if head[: len(MAGIC)] != MAGIC:
        raise InputError(
            _("This is not a delta between archives."),
            where=source.name,
            expected=_('a file that begins with "LQDelta", as `longquan archive diff -o` writes it'),
        )
    if head[7:8] not in (bytes([VERSION]), b""):
        raise InputError(
            _("This is a delta of version {found}.").format(found=head[7]),
            where=source.name,
            expected=_("version {version}").format(version=VERSION),
            hint=_("apply it with a newer longquan"),
        )
    if len(head) < HEADER_BYTES:
        raise damaged(source, _("its header is cut off"))
    _magic, _version, base_size, base_sha, target_size, target_sha, packed_size = _HEADER.unpack(head)
    inserts_at = HEADER_BYTES + packed_size
    if inserts_at > source.size:
        raise damaged(source, _("its instructions are cut off"))
    try:
        raw = gunzip_bytes(source.read(HEADER_BYTES, packed_size), limit=EXPANSION_LIMIT)
    except ArchiveError as err:
        raise damaged(source, err.message.rstrip(".")) from err
    instructions = _instructions(source, raw)
    end = min(base_size, _INT64)
    outside = instructions.copies > end
    outside |= instructions.offsets > end - np.minimum(instructions.copies, end)
    if outside.any():
        raise damaged(source, _("it copies from outside the archive it is for"))
    if instructions.inserted + instructions.copied != target_size:
        raise damaged(source, _("its instructions do not add up to the size of the result"))
    return Delta(Identity(base_size, base_sha), Identity(target_size, target_sha), instructions, inserts_at)


def _instructions(source: Source, raw: bytes) -> Instructions:
    data = np.frombuffer(raw, dtype=np.uint8)
    ends = np.flatnonzero(data < 0x80)
    try:
        numbers = read_varints(data, ends)
    except ArchiveError as err:  # it speaks of directories
        raise damaged(source, _("its instructions hold numbers beyond 63 bits")) from err
    if not len(ends) or ends[-1] != len(data) - 1 or len(numbers) != 1 + 3 * int(numbers[0]):
        raise damaged(source, _("its instructions are not as many as it announces"))
    return Instructions(*numbers[1:].reshape(3, -1))


def damaged(source: Source, reason: str) -> InputError:
    """The refusal of a delta that breaks the format."""
    return InputError(
        _("The delta is damaged: {reason}.").format(reason=reason),
        where=source.name,
        hint=_("copy or download the file again; nothing was changed"),
    )
