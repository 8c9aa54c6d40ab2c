"""Are bytes of one archive those of another? Whole stretches at once, never more than a block of each in memory."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.reader import Archive
from pipeline.archive.source import Source
from pipeline.errors import ArchiveError
from pipeline.i18n import _

BLOCK: Final = 1 << 20  # bytes of each file held at once


def same_ranges(
    a: Source, b: Source, a_offsets: NDArray[np.int64], b_offsets: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether `lengths` bytes of `a` from `a_offsets` are those of `b` from `b_offsets`; positions count from 0.

    Ranges that follow one another in both files are read together, so that a file compared with its successor costs
    a few large reads. A range that reaches beyond the end of either file is the same as nothing.
    """
    same = np.zeros(len(lengths), dtype=bool)
    ends = np.cumsum(lengths)
    breaks = np.ones(len(lengths) + 1, dtype=bool)
    breaks[1:-1] = a_offsets[1:] != a_offsets[:-1] + lengths[:-1]
    breaks[1:-1] |= b_offsets[1:] != b_offsets[:-1] + lengths[:-1]
    breaks[1:-1] |= ends[1:] // BLOCK != ends[:-1] // BLOCK
    cuts = np.flatnonzero(breaks).tolist()
    for first, stop in pairwise(cuts):
        at, bt = int(a_offsets[first]), int(b_offsets[first])
        size = int(ends[stop - 1] - ends[first] + lengths[first])
        if size > 2 * BLOCK:  # one huge body
            same[first:stop] = stop == first + 1 and same_bytes(a, b, at, bt, size)
            continue
        left, right = a.read(at, size), b.read(bt, size)
        if len(left) == len(right) == size and left == right:
            same[first:stop] = True
            continue
        ours, theirs = memoryview(left), memoryview(right)
        begin = 0
        for i, length in enumerate(lengths[first:stop].tolist(), first):
            end = begin + length
            same[i] = end <= len(left) and ours[begin:end] == theirs[begin:end]
            begin = end
    return same


def same_bytes(a: Source, b: Source, at: int, bt: int, size: int) -> bool:
    """Whether `size` bytes of `a` from `at` are those of `b` from `bt`, block by block."""
    for done in range(0, size, BLOCK):
        n = min(BLOCK, size - done)
        left = a.read(at + done, n)
        if len(left) != n or left != b.read(bt + done, n):
            return False
    return True


def digest_of(source: Source, at: int = 0, size: int | None = None) -> bytes:
    """The sha256 of `size` bytes from `at`, by default of the whole file, block by block."""
    digest = hashlib.sha256()
    end = source.size if size is None else at + size
    while at < end:
        block = source.read(at, min(BLOCK, end - at))
        if not block:
            break
        digest.update(block)
        at += len(block)
    return digest.digest()


def require_whole(archive: Archive) -> None:
    """Raise ArchiveError when a section of the archive reaches beyond its file."""
    h = archive.header
    end = max(section.end for section in (h.root, h.metadata, h.leaves, h.data))
    if end > archive.source.size:
        raise ArchiveError(
            _("The archive is cut off: it has {size} bytes.").format(size=archive.source.size),
            where=archive.source.name,
            expected=_("at least {n} bytes").format(n=end),
            hint=_("copy or download the file again"),
        )
