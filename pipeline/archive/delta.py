"""A delta: what makes one file out of another, byte for byte. The format is described in docs/delta.md.

A header, then batches. The target is written from front to back: each step of a batch takes bytes of the batch's
content, as they are or packed as one gzip member, and copies a range of the base. A batch's content is a zstd frame
that starts from ranges of the base, unpacked where they are gzip: so a tile is told by what the older tile has not.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.compress import LEVEL, gzip_bytes
from pipeline.archive.directory import DIRECTORY_LEVEL, read_varints, write_varints
from pipeline.archive.source import Source
from pipeline.archive.zstd import CONTENT_LIMIT, PREFIX_LIMIT, compress_frame, expand_frame
from pipeline.errors import ArchiveError, InputError, LongquanError
from pipeline.i18n import _

MAGIC: Final = b"LQDelta"
VERSION: Final = 2
_HEADER: Final = struct.Struct("<7sBQ32sQ32s8s")  # magic, version, base size and sha256, target's, compressor
_BATCH: Final = struct.Struct("<4I")  # bytes of the instructions, packed and not, and of the content
HEADER_BYTES: Final = _HEADER.size
NO_COMPRESSOR: Final = bytes(8)  # nothing is packed anew
INSTRUCTIONS_LIMIT: Final = 1 << 20  # bytes of a batch's instructions once unpacked
_LEVELS: Final = 12  # libdeflate's highest
_INT64: Final = (1 << 63) - 1


class Identity(NamedTuple):
    """Which file is meant."""

    size: int
    sha256: bytes


class Front(NamedTuple):
    """The header of a delta."""

    base: Identity
    target: Identity
    compressor: bytes  # eight bytes of what `compressor_mark` gives; zeros where nothing is packed anew


class Prefix(NamedTuple):
    """Ranges of the base that a frame starts from, one after the other; columns of one length."""

    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]
    sizes: NDArray[np.int64]  # once unpacked; 0: as they are


class Steps(NamedTuple):
    """Rows in the order of the target; columns of one length."""

    takes: NDArray[np.int64]  # bytes of the content
    levels: NDArray[np.int64]  # at which these are packed by gzip; 0: as they are
    copies: NDArray[np.int64]  # bytes of the base that follow them
    offsets: NDArray[np.int64]  # where in the base


class Batch(NamedTuple):
    """Some megabytes of the target at most, but for what is copied."""

    prefix: Prefix
    steps: Steps
    size: int  # of the content
    frame: bytes  # the content, packed


@cache
def compressor_mark() -> bytes:
    """Eight bytes that tell this machine's gzip from one that makes other bytes.

    A version would tell too much: most releases of libdeflate make the same bytes. So a text of numbers, whose
    repetitions are near and far, is packed as tiles and as directories are.
    """
    text = b"".join(b"%d %d %x\n" % (i, i * i % 977, i * 2654435761 % 2**32) for i in range(12_000))
    return hashlib.sha256(gzip_bytes(text, LEVEL) + gzip_bytes(text, DIRECTORY_LEVEL)).digest()[:8]


def format_front(front: Front) -> bytes:
    """The header's bytes."""
    return _HEADER.pack(MAGIC, VERSION, *front.base, *front.target, front.compressor)


def format_batch(prefix: Prefix, steps: Steps, content: bytes, frame: bytes) -> bytes:
    """One batch; offsets are told by how far they lie from the end of the range before."""
    columns = (
        np.array([len(prefix.offsets), len(steps.takes)]),
        _steps_between(prefix.offsets, prefix.lengths), prefix.lengths, prefix.sizes,
        steps.takes, steps.levels, steps.copies, _steps_between(steps.offsets, steps.copies),
    )  # fmt: skip
    raw = write_varints(np.concatenate(columns).astype(np.uint64))
    packed = compress_frame(raw)
    return _BATCH.pack(len(packed), len(raw), len(frame), len(content)) + packed + frame


def parse_front(source: Source) -> Front:
    """The header of a delta. Raises InputError for anything that is not a delta of this version or is cut off."""
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
            hint=_("make it again, or apply it with the longquan that made it"),
        )
    if len(head) < HEADER_BYTES:
        raise damaged(source, _("its header is cut off"))
    _magic, _version, base_size, base_sha, target_size, target_sha, compressor = _HEADER.unpack(head)
    return Front(Identity(base_size, base_sha), Identity(target_size, target_sha), compressor)


def parse_batches(source: Source, front: Front) -> Iterator[Batch]:
    """The batches one by one, each held to the sizes that it announces and to the base.

    Raises InputError for one that is cut off, announces more than a batch may have, or reaches outside the base.
    """
    at = HEADER_BYTES
    while at < source.size:
        head = source.read(at, _BATCH.size)
        if len(head) < _BATCH.size:
            raise damaged(source, _("a batch of it is cut off"))
        packed, raw, frame, size = _BATCH.unpack(head)
        at += _BATCH.size
        if raw > INSTRUCTIONS_LIMIT or size > CONTENT_LIMIT:
            raise damaged(source, _("a batch of it is larger than batches may be"))
        if at + packed + frame > source.size:
            raise damaged(source, _("a batch of it is cut off"))
        try:
            prefix, steps = _instructions(expand_frame(source.read(at, packed), raw))
            _require_inside(prefix, steps, front.base.size, size)
        except LongquanError as err:
            raise damaged(source, err.message) from err
        yield Batch(prefix, steps, size, source.read(at + packed, frame))
        at += packed + frame


def _instructions(raw: bytes) -> tuple[Prefix, Steps]:
    data = np.frombuffer(raw, dtype=np.uint8)
    ends = np.flatnonzero(data < 0x80)
    if len(ends) < 2 or ends[-1] != len(data) - 1:
        raise InputError(_("its instructions are not as many as it announces"))
    try:
        numbers = read_varints(data, ends)
    except ArchiveError as err:  # it speaks of directories
        raise InputError(_("its instructions hold numbers beyond 63 bits")) from err
    ranges, count = numbers[:2].tolist()
    if len(numbers) != 2 + 3 * ranges + 4 * count:
        raise InputError(_("its instructions are not as many as it announces"))
    between, lengths, sizes = numbers[2 : 2 + 3 * ranges].reshape(3, -1)
    takes, levels, copies, gaps = numbers[2 + 3 * ranges :].reshape(4, -1)
    prefix = Prefix(_places(between, lengths), lengths, sizes)
    return prefix, Steps(takes, levels, copies, _places(gaps, copies))


def _require_inside(prefix: Prefix, steps: Steps, base: int, size: int) -> None:
    """No range leaves the base; what a frame starts from and what is taken of it is as much as it may be."""
    for offsets, lengths in ((prefix.offsets, prefix.lengths), (steps.offsets, steps.copies)):
        end = min(base, _INT64)
        if ((lengths > end) | (offsets < 0) | (offsets > end - np.minimum(lengths, end))).any():
            raise InputError(_("it copies from outside the archive it is for"))
    # Sums of Python's: those of a hostile file may not fit 64 bits.
    read = sum(prefix.lengths.tolist())
    unpacked = sum(np.where(prefix.sizes > 0, prefix.sizes, prefix.lengths).tolist())
    if unpacked > PREFIX_LIMIT or read > 2 * PREFIX_LIMIT:
        raise InputError(_("a batch of it is larger than batches may be"))
    if sum(steps.takes.tolist()) != size:
        raise InputError(_("its steps do not take what a batch holds"))
    if (steps.levels > _LEVELS).any():
        raise InputError(_("it packs at a level that gzip does not have"))


def _steps_between(offsets: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """How far each range begins from the end of the one before, never negative: 2 n forward, 2 n − 1 back."""
    before = np.concatenate([np.zeros(1, np.int64), (offsets + lengths)[:-1]])[: len(offsets)]
    distance = offsets - before
    told: NDArray[np.int64] = np.where(distance >= 0, 2 * distance, -2 * distance - 1)
    return told


def _places(between: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The inverse; of a hostile file whatever comes out, which is then held against the base."""
    moved = np.where(between & 1, -(between >> 1) - 1, between >> 1).astype(np.int64)
    moved[1:] += lengths[:-1]
    places: NDArray[np.int64] = np.cumsum(moved)
    return places


def damaged(source: Source, reason: str) -> InputError:
    """The refusal of a delta that breaks the format."""
    return InputError(
        _("The delta is damaged: {reason}.").format(reason=reason.rstrip(".")),
        where=source.name,
        hint=_("copy or download the file again; nothing was changed"),
    )
