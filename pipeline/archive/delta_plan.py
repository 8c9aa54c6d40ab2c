"""What a file shares with the one before it: which bytes are copied, and what the others are best told by.

Archives are compared in the pieces that directories name: bodies, leaf directories, root, metadata. A body is first
held against that of the same tile, then against all of the same length. Other files are one piece after the other.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.compare import digest_of, same_ranges
from pipeline.archive.compress import LEVEL
from pipeline.archive.directory import DIRECTORY_LEVEL, Directory
from pipeline.archive.header import HEADER_BYTES, Compression, TileType
from pipeline.archive.reader import Archive
from pipeline.archive.zstd import CONTENT_LIMIT, PREFIX_LIMIT

FILE_BLOCK: Final = CONTENT_LIMIT // 2  # bytes of a file of another kind that are told at once
SHORTEST_COPY: Final = 16  # bytes; a step costs about as much
NOWHERE: Final = -1  # tile id of what is no body; position of what the base does not have
_NONE: Final = Directory(*(np.zeros(0, dtype=np.int64) for _column in Directory._fields))
_VECTOR: Final = frozenset({TileType.MVT, TileType.MLT})  # of which an older tile tells something


class Plan(NamedTuple):
    """Pieces of the target from its front to its end, without a gap; columns of one length."""

    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]
    origins: NDArray[np.int64]  # where in the base the same bytes are; −1 nowhere
    levels: NDArray[np.int64]  # at which gzip is supposed to have packed it; 0: it is not packed
    like_offsets: NDArray[np.int64]  # what of the base may resemble it; −1 nothing
    like_lengths: NDArray[np.int64]

    def where(self, chosen: NDArray[np.bool_]) -> Plan:
        """Only these rows."""
        return Plan(*(column[chosen] for column in self))


class _Pieces(NamedTuple):
    """Byte ranges of a file that something names, disjoint, in the order of the file."""

    offsets: NDArray[np.int64]  # from the start of the file
    lengths: NDArray[np.int64]
    tile_ids: NDArray[np.int64]  # first tile of a body or of a leaf directory
    kinds: NDArray[np.int64]

    def where(self, chosen: NDArray[np.bool_]) -> _Pieces:
        return _Pieces(*(column[chosen] for column in self))


_ROOT, _METADATA, _LEAF, _BODY = range(4)


def plan_archives(a: Archive, b: Archive) -> Plan:
    """What makes `b` of `a`. Memory grows with the directories (some 250 bytes per entry), not with the tiles."""
    entries = entries_of(a)
    theirs, ours = _pieces(a, entries), _pieces(b, entries_of(b))
    origins = _same_tile(a, b, entries, ours)
    _same_bytes_elsewhere(a, b, theirs, ours, origins)
    likes = _likes(a, b, entries, theirs, ours)
    body, inner = b.header.tile_compression, b.header.internal_compression
    packed = np.where(
        ours.kinds == _BODY, LEVEL * (body is Compression.GZIP), DIRECTORY_LEVEL * (inner is Compression.GZIP)
    )
    if b.header.tile_type not in _VECTOR:
        packed[ours.kinds == _BODY] = 0  # pixels are packed already
    named = Plan(ours.offsets, ours.lengths, origins, packed, *likes)
    return _merged(_with_gaps(named, b.source.size, min(HEADER_BYTES, a.source.size)))


def plan_files(a_size: int, b_size: int) -> Plan:
    """What makes any file of any other: blocks of the one beside what lies around the same place in the other."""
    starts = np.arange(0, b_size, FILE_BLOCK, dtype=np.int64)
    lengths = np.minimum(FILE_BLOCK, b_size - starts)
    low = np.clip(starts - (PREFIX_LIMIT - FILE_BLOCK) // 2, 0, max(a_size - PREFIX_LIMIT, 0))
    like = np.minimum(PREFIX_LIMIT, a_size - low)
    none = np.full(len(starts), NOWHERE, dtype=np.int64)
    return Plan(starts, lengths, none, np.zeros_like(starts), np.where(like > 0, low, NOWHERE), like)


def entries_of(archive: Archive) -> Directory:
    """All entries that point at tiles."""
    return Directory(*(np.concatenate(columns) for columns in zip(_NONE, *archive.directories(), strict=True)))


def _with_gaps(named: Plan, size: int, header: int) -> Plan:
    """The pieces with what lies between them, which resembles nothing but the header the header."""
    ends = named.offsets + named.lengths
    starts = np.concatenate([np.zeros(1, np.int64), ends])
    stops = np.concatenate([named.offsets, np.array([size], dtype=np.int64)])
    none = np.full(len(starts), NOWHERE, dtype=np.int64)
    likes = none.copy()
    likes[0] = 0
    zeros = np.zeros(len(starts), dtype=np.int64)
    gaps = Plan(starts, stops - starts, none, zeros, likes, np.full_like(zeros, header))
    whole = Plan(*(np.concatenate(columns) for columns in zip(gaps, named, strict=True)))
    whole = whole.where(whole.lengths > 0)
    order = np.argsort(whole.offsets, kind="stable")
    return Plan(*(column[order] for column in whole))


def _merged(plan: Plan) -> Plan:
    """Copies that go on in both files as one; those that are shorter than what they cost as none."""
    copied = plan.origins >= 0
    first = np.ones(len(plan.offsets), dtype=bool)
    follows = copied[1:] & copied[:-1]
    first[1:] = ~(follows & (plan.origins[1:] == plan.origins[:-1] + plan.lengths[:-1]))
    heads = np.flatnonzero(first)
    lengths = np.add.reduceat(plan.lengths, heads) if len(heads) else plan.lengths
    merged = plan.where(first)._replace(lengths=lengths)
    short = (merged.origins >= 0) & (merged.lengths < SHORTEST_COPY)
    merged.origins[short], merged.like_offsets[short], merged.levels[short] = NOWHERE, NOWHERE, 0
    return merged


def _pieces(archive: Archive, entries: Directory) -> _Pieces:
    """Bodies, root, metadata and the leaves that the root names."""
    h = archive.header
    inside = entries.offsets <= h.data.length - entries.lengths
    bodies, first = np.unique(entries.offsets[inside], return_index=True)
    root = archive.root
    leaves = (root.run_lengths == 0) & (root.offsets <= h.leaves.length - root.lengths)
    count = int(leaves.sum())
    offsets = np.concatenate(
        [[h.root.offset, h.metadata.offset], root.offsets[leaves] + h.leaves.offset, bodies + h.data.offset]
    ).astype(np.int64)
    lengths = np.concatenate(
        [[h.root.length, h.metadata.length], root.lengths[leaves], entries.lengths[inside][first]]
    ).astype(np.int64)
    ids = np.concatenate([[NOWHERE, NOWHERE], root.tile_ids[leaves], entries.tile_ids[inside][first]]).astype(np.int64)
    kinds = np.repeat(np.array([_ROOT, _METADATA, _LEAF, _BODY]), [1, 1, count, len(bodies)]).astype(np.int64)
    order = np.argsort(offsets, kind="stable")
    pieces = _Pieces(*(column[order] for column in (offsets, lengths, ids, kinds)))
    before = np.maximum.accumulate(np.concatenate([[0], pieces.offsets + pieces.lengths]))[:-1]
    return pieces.where((pieces.offsets >= before) & (pieces.lengths > 0))


def _older(a: Archive, entries: Directory, tile_ids: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which of these tiles `a` has, and the entry of each."""
    if not entries.size:
        return np.zeros(len(tile_ids), dtype=bool), np.zeros(len(tile_ids), dtype=np.int64)
    at = entries.tile_ids.searchsorted(tile_ids, side="right") - 1
    known = (tile_ids >= 0) & (at >= 0)
    known &= tile_ids < entries.tile_ids[at] + entries.run_lengths[at]
    known &= entries.offsets[at] <= a.header.data.length - entries.lengths[at]
    return known, at


def _same_tile(a: Archive, b: Archive, entries: Directory, ours: _Pieces) -> NDArray[np.int64]:
    """For every piece of `b` the place in `a` of the same tile's body when the bytes are the same, else −1."""
    origins = np.full(len(ours.offsets), NOWHERE, dtype=np.int64)
    known, at = _older(a, entries, ours.tile_ids)
    known &= ours.kinds == _BODY
    if not known.any():
        return origins
    known[known] &= entries.lengths[at[known]] == ours.lengths[known]
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
        origins[i] = places.get(digest_of(b.source, int(ours.offsets[i]), int(ours.lengths[i])), NOWHERE)


def _likes(
    a: Archive, b: Archive, entries: Directory, theirs: _Pieces, ours: _Pieces
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For every piece of `b` the piece of `a` that may resemble it: the same tile, the same part of the directory."""
    offsets = np.full(len(ours.offsets), NOWHERE, dtype=np.int64)
    lengths = np.zeros_like(offsets)
    ha, hb = a.header, b.header
    if ha.tile_type is hb.tile_type and hb.tile_type in _VECTOR and ha.tile_compression is hb.tile_compression:
        known, at = _older(a, entries, ours.tile_ids)
        known &= ours.kinds == _BODY
        offsets[known] = entries.offsets[at[known]] + ha.data.offset
        lengths[known] = entries.lengths[at[known]]
    if ha.internal_compression is hb.internal_compression:
        for kind in (_ROOT, _METADATA, _LEAF):
            there = theirs.where(theirs.kinds == kind)
            here = np.flatnonzero(ours.kinds == kind)
            if len(there.offsets) and len(here):
                order = np.argsort(there.tile_ids, kind="stable")
                nearest = there.tile_ids[order].searchsorted(ours.tile_ids[here], side="right") - 1
                at = order[np.maximum(nearest, 0)]
                offsets[here], lengths[here] = there.offsets[at], there.lengths[at]
    return offsets, lengths
