"""Finds what two archives share and writes the rest as a delta (docs/delta.md).

Archives are compared in the pieces that directories name: bodies, leaf directories, root, metadata. A body is first
held against that of the same tile, then against all of the same length. Whatever no directory names is inserted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.compare import BLOCK, digest_of, require_whole, same_ranges
from pipeline.archive.compress import gzip_bytes
from pipeline.archive.delta import Identity, Instructions, format_delta
from pipeline.archive.directory import Directory
from pipeline.archive.reader import Archive
from pipeline.archive.staging import StagedFile
from pipeline.i18n import _
from pipeline.progress import Progress, Silent

SHORTEST_COPY: Final = 16  # bytes; an instruction costs about as much
_NONE: Final = Directory(*(np.zeros(0, dtype=np.int64) for _column in Directory._fields))
_ELSEWHERE: Final = -1  # tile id of what is no body; position of what the base does not have


class WrittenDelta(NamedTuple):
    """What became of a delta."""

    path: Path
    bytes: int
    sha256: str  # of the delta, hexadecimal
    base: Identity
    target: Identity
    copied: int  # bytes of the target that come from the base
    inserted: int  # bytes of the target that the delta carries


class _Pieces(NamedTuple):
    """Byte ranges of a file that something names, disjoint, in the order of the file."""

    offsets: NDArray[np.int64]  # from the start of the file
    lengths: NDArray[np.int64]
    tile_ids: NDArray[np.int64]  # first tile of a body

    def where(self, chosen: NDArray[np.bool_]) -> _Pieces:
        return _Pieces(*(column[chosen] for column in self))


def write_delta(
    a: Archive, b: Archive, out: Path, *, no_clobber: bool = False, progress: Progress | None = None
) -> WrittenDelta:
    """Write what `apply_delta` needs to make `b` from `a`; the same archives give the same bytes.

    Memory grows with the directories (some 200 bytes per entry), not with the tiles. Raises ArchiveError when either
    archive is cut off or a directory cannot be read, OutputError when the delta cannot be written.
    """
    progress = progress or Silent()
    for archive in (a, b):
        require_whole(archive)
    progress.start(_("Looking for what both archives share"))
    instructions = _instructions(a, b)
    base, target = (Identity(each.source.size, digest_of(each.source)) for each in (a, b))
    inserted = instructions.inserted
    progress.start(_("Writing the delta"), inserted, _("bytes"))
    front = format_delta(base, target, instructions)
    digest, size = hashlib.sha256(front), len(front)
    with StagedFile(out, no_clobber=no_clobber) as staged:
        staged.file.write(front)
        for block in _inserted(b, instructions):
            packed = gzip_bytes(block)
            staged.file.write(packed)
            digest.update(packed)
            size += len(packed)
            progress.advance(len(block))
        staged.commit()
    progress.done()
    return WrittenDelta(out, size, digest.hexdigest(), base, target, target.size - inserted, inserted)


def _instructions(a: Archive, b: Archive) -> Instructions:
    entries = _entries(a)
    theirs, ours = _pieces(a, entries), _pieces(b, _entries(b))
    origins = _same_tile(a, b, entries, ours)
    _same_bytes_elsewhere(a, b, theirs, ours, origins)
    found = origins >= 0
    starts, lengths, origins = ours.offsets[found], ours.lengths[found], origins[found]
    first = np.ones(len(starts), dtype=bool)  # of a range that goes on in both files
    first[1:] = (starts[1:] != starts[:-1] + lengths[:-1]) | (origins[1:] != origins[:-1] + lengths[:-1])
    copies = np.add.reduceat(lengths, np.flatnonzero(first)) if len(lengths) else lengths
    starts, origins = starts[first], origins[first]
    long = copies >= SHORTEST_COPY
    starts, copies, origins = starts[long], copies[long], origins[long]
    ends = starts + copies
    inserts = starts - np.concatenate([[0], ends[:-1]])[: len(starts)]
    rest = b.source.size - (int(ends[-1]) if len(ends) else 0)
    if rest:
        inserts, copies, origins = (
            np.append(column, last) for column, last in ((inserts, rest), (copies, 0), (origins, 0))
        )
    return Instructions(inserts, copies, origins)


def _entries(archive: Archive) -> Directory:
    """All entries that point at tiles."""
    return Directory(*(np.concatenate(columns) for columns in zip(_NONE, *archive.directories(), strict=True)))


def _pieces(archive: Archive, entries: Directory) -> _Pieces:
    """Bodies, root, metadata and the leaves that the root names."""
    h = archive.header
    inside = entries.offsets <= h.data.length - entries.lengths
    bodies, first = np.unique(entries.offsets[inside], return_index=True)
    root = archive.root
    leaves = (root.run_lengths == 0) & (root.offsets <= h.leaves.length - root.lengths)
    offsets = np.concatenate(
        [[h.root.offset, h.metadata.offset], root.offsets[leaves] + h.leaves.offset, bodies + h.data.offset]
    ).astype(np.int64)
    lengths = np.concatenate(
        [[h.root.length, h.metadata.length], root.lengths[leaves], entries.lengths[inside][first]]
    ).astype(np.int64)
    tile_ids = np.full(len(offsets), _ELSEWHERE, dtype=np.int64)
    tile_ids[len(offsets) - len(bodies) :] = entries.tile_ids[inside][first]
    order = np.argsort(offsets, kind="stable")
    pieces = _Pieces(*(column[order] for column in (offsets, lengths, tile_ids)))
    before = np.maximum.accumulate(np.concatenate([[0], pieces.offsets + pieces.lengths]))[:-1]
    return pieces.where((pieces.offsets >= before) & (pieces.lengths > 0))


def _same_tile(a: Archive, b: Archive, entries: Directory, ours: _Pieces) -> NDArray[np.int64]:
    """For every piece of `b` the place in `a` of the same tile's body when the bytes are the same, else −1."""
    origins = np.full(len(ours.offsets), _ELSEWHERE, dtype=np.int64)
    if not entries.size:
        return origins
    at = entries.tile_ids.searchsorted(ours.tile_ids, side="right") - 1
    known = (ours.tile_ids >= 0) & (at >= 0)
    known &= ours.tile_ids < entries.tile_ids[at] + entries.run_lengths[at]
    known &= (entries.lengths[at] == ours.lengths) & (entries.offsets[at] <= a.header.data.length - ours.lengths)
    places = entries.offsets[at[known]] + a.header.data.offset
    same = same_ranges(a.source, b.source, places, ours.offsets[known], ours.lengths[known])
    origins[np.flatnonzero(known)[same]] = places[same]
    return origins


def _same_bytes_elsewhere(a: Archive, b: Archive, theirs: _Pieces, ours: _Pieces, origins: NDArray[np.int64]) -> None:
    """Fill `origins` where a piece of `a` of the same length has the same sha256."""
    rest = (origins < 0) & (ours.lengths >= SHORTEST_COPY)
    wanted = ours.where(rest)
    candidates = theirs.where(np.isin(theirs.lengths, wanted.lengths))
    wanted_here = rest.copy()
    wanted_here[rest] = np.isin(wanted.lengths, candidates.lengths)
    places: dict[bytes, int] = {}
    for offset, length in zip(candidates.offsets.tolist(), candidates.lengths.tolist(), strict=True):
        places.setdefault(digest_of(a.source, offset, length), offset)  # the first of several alike
    for i in np.flatnonzero(wanted_here).tolist():
        origins[i] = places.get(digest_of(b.source, int(ours.offsets[i]), int(ours.lengths[i])), _ELSEWHERE)


def _inserted(b: Archive, instructions: Instructions) -> Iterator[bytes]:
    """The bytes of the target that the base does not have, in blocks."""
    block = bytearray()
    at = 0
    for insert, copy in zip(instructions.inserts.tolist(), instructions.copies.tolist(), strict=True):
        end = at + insert
        while at < end:
            part = b.source.read(at, min(end - at, BLOCK - len(block)))
            block += part
            at += len(part)
            if len(block) == BLOCK:
                yield bytes(block)
                block.clear()
        at = end + copy
    if block:
        yield bytes(block)
