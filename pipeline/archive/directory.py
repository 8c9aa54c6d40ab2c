"""Directories (PMTiles v3 §4) as columns, and how they are written as varints.

The `pmtiles` package reads and writes one entry at a time through `BytesIO`; a million entries take it seconds. Here
each column is one numpy array and every varint of a directory is written or read in at most ten passes.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.compress import gzip_bytes
from pipeline.archive.header import HEADER_BYTES, ROOT_LIMIT
from pipeline.errors import ArchiveError
from pipeline.i18n import _

DIRECTORY_LEVEL: Final = 9  # directories are read by every client and are small: compress them well
LEAF_ENTRIES: Final = 4096  # smallest leaf; the reference implementations begin here too
_VARINT_BYTES: Final = 10  # a 64-bit varint has at most ten


class Directory(NamedTuple):
    """Entries in columns, all of one length; a run length of 0 marks a leaf directory instead of a tile."""

    tile_ids: NDArray[np.int64]  # ascending
    run_lengths: NDArray[np.int64]  # tiles in a row with this content
    lengths: NDArray[np.int64]  # bytes
    offsets: NDArray[np.int64]  # from the start of the data section, or of the leaf section

    @property
    def size(self) -> int:
        """The number of entries."""
        return len(self.tile_ids)

    def part(self, start: int, stop: int) -> Directory:
        """Entries `start` up to `stop`."""
        return Directory(*(column[start:stop] for column in self))


class Laid(NamedTuple):
    """A directory laid out for a file: compressed root and leaves."""

    root: bytes
    leaves: bytes
    leaf_count: int


def encode_directory(directory: Directory) -> bytes:
    """The entries as varints, not yet compressed: count, id steps, run lengths, lengths, offsets.

    An offset of 0 means "right after the entry before", any other value is the offset plus one.
    """
    ids, runs, lengths, offsets = directory
    steps = np.diff(ids, prepend=0)
    written = offsets + 1
    follows = offsets[1:] == offsets[:-1] + lengths[:-1]
    written[1:][follows] = 0
    count = np.array([len(ids)], dtype=np.int64)
    return write_varints(np.concatenate([count, steps, runs, lengths, written]).astype(np.uint64))


def decode_directory(data: bytes) -> Directory:
    """The entries in uncompressed directory bytes.

    Raises ArchiveError when the bytes end early, go on too long or hold numbers beyond 63 bits. The order of the
    entries and where they point is for `verify`.
    """
    raw = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(raw < 0x80)
    if len(ends) == 0:
        raise _damaged(_("it holds no entry count"))
    count = int(read_varints(raw, ends[:1])[0])
    if len(ends) != 1 + 4 * count or (len(raw) and ends[-1] != len(raw) - 1):
        raise _damaged(
            _("it announces {count} entries and holds {found} numbers").format(count=count, found=len(ends) - 1)
        )
    values = read_varints(raw, ends)[1:]
    steps, runs, lengths, written = (values[i * count : (i + 1) * count] for i in range(4))
    ids = np.cumsum(steps)
    if count == 0:
        return Directory(ids, runs, lengths, written)
    if written[0] == 0:
        raise _damaged(_("its first entry has no offset"))
    explicit = np.maximum.accumulate(np.where(written > 0, np.arange(count), 0))
    before = np.cumsum(lengths) - lengths
    offsets = written[explicit] - 1 + before - before[explicit]
    if (ids < 0).any() or (before < 0).any() or (offsets < 0).any():  # int64 wrapped around
        raise _damaged(_("its numbers exceed 63 bits"))
    return Directory(ids, runs, lengths, offsets)


def lay_out(directory: Directory, *, limit: int = ROOT_LIMIT - HEADER_BYTES - 1) -> Laid:
    """A root of at most `limit` bytes, and leaves where the entries alone do not fit.

    Leaves hold 4,096 entries, or as many more as it takes for the root to fit.
    """
    if directory.size <= limit:  # even an entry of four bytes rarely shrinks below one
        root = gzip_bytes(encode_directory(directory), DIRECTORY_LEVEL)
        if len(root) <= limit:
            return Laid(root, b"", 0)
    size = max(LEAF_ENTRIES, directory.size // 3500)
    while True:
        starts = np.arange(0, directory.size, size)
        leaves = [
            gzip_bytes(encode_directory(directory.part(start, start + size)), DIRECTORY_LEVEL)
            for start in starts.tolist()
        ]
        lengths = np.array([len(leaf) for leaf in leaves], dtype=np.int64)
        index = Directory(directory.tile_ids[starts], np.zeros_like(lengths), lengths, np.cumsum(lengths) - lengths)
        root = gzip_bytes(encode_directory(index), DIRECTORY_LEVEL)
        if len(root) <= limit:
            return Laid(root, b"".join(leaves), len(leaves))
        size *= 2


def write_varints(values: NDArray[np.uint64]) -> bytes:
    """Each value as a little-endian base-128 varint, one after the other."""
    sizes = np.ones(len(values), dtype=np.int64)
    for k in range(1, _VARINT_BYTES):
        longer = values >= np.uint64(1 << (7 * k))
        if not longer.any():
            break
        sizes += longer
    ends = np.cumsum(sizes)
    starts = ends - sizes
    out = np.empty(int(ends[-1]) if len(ends) else 0, dtype=np.uint8)
    for k in range(int(sizes.max(initial=0))):
        has = sizes > k
        low = (values[has] >> np.uint64(7 * k)).astype(np.uint8) & np.uint8(0x7F)
        out[starts[has] + k] = low | ((sizes[has] > k + 1).astype(np.uint8) << np.uint8(7))
    return out.tobytes()


def read_varints(raw: NDArray[np.uint8], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """The varints of `raw` whose last bytes stand at `ends`, the first beginning at 0.

    Raises ArchiveError for a value of more than 63 bits.
    """
    starts = np.empty_like(ends)
    starts[:1] = 0
    starts[1:] = ends[:-1] + 1
    sizes = ends - starts + 1
    if (sizes >= _VARINT_BYTES).any():  # nine bytes hold 63 bits
        raise _damaged(_("its numbers exceed 63 bits"))
    values = np.zeros(len(ends), dtype=np.int64)
    for k in range(int(sizes.max(initial=0))):
        has = sizes > k
        values[has] |= (raw[starts[has] + k] & np.uint8(0x7F)).astype(np.int64) << (7 * k)
    return values


def _damaged(reason: str) -> ArchiveError:
    return ArchiveError(
        _("A directory of the archive is damaged: {reason}.").format(reason=reason),
        hint=_("copy or download the file again, or build it again"),
    )
