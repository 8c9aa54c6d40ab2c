"""What differs between two archives: header, metadata, and tile by tile.

Both directories are walked together in tile order, a leaf of each at a time; bodies are read where both archives
have a tile and their lengths leave it open whether they are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.compare import require_whole, same_bytes, same_ranges
from pipeline.archive.compress import decompress
from pipeline.archive.directory import Directory
from pipeline.archive.header import Compression
from pipeline.archive.json_diff import Difference, differences
from pipeline.archive.reader import Archive
from pipeline.archive.tileids import FIRST_IDS, zooms_of
from pipeline.errors import ArchiveError
from pipeline.i18n import _
from pipeline.progress import Progress, Silent

_LAYOUT: Final = frozenset({"root", "metadata", "leaves", "data"})  # where sections lie: not what they say
_STORAGE: Final = frozenset(
    {"addressed_tiles", "tile_entries", "tile_contents", "clustered", "internal_compression", "tile_compression"}
)  # how tiles are kept: not what a map shows
_EMPTY: Final = Directory(*(np.zeros(0, dtype=np.int64) for _column in Directory._fields))


class Kind(IntEnum):
    """What became of a tile."""

    ADDED = 0
    REMOVED = 1
    CHANGED = 2
    REPACKED = 3  # the same content, compressed to other bytes


class Changes(NamedTuple):
    """Runs of tiles that differ, in tile order; no run reaches over the end of a zoom.

    Offsets count from the start of the tile data, −1 where there is no tile.
    """

    tile_ids: NDArray[np.int64]
    runs: NDArray[np.int64]
    kinds: NDArray[np.int64]  # of `Kind`
    a_offsets: NDArray[np.int64]
    a_lengths: NDArray[np.int64]
    b_offsets: NDArray[np.int64]
    b_lengths: NDArray[np.int64]


_NOTHING: Final = Changes(*(np.zeros(0, dtype=np.int64) for _column in Changes._fields))


class ZoomDiff(NamedTuple):
    """Tiles of one zoom, before and after, and how many of them differ."""

    zoom: int
    before: int
    after: int
    added: int
    removed: int
    changed: int
    repacked: int


@dataclass(frozen=True, slots=True)
class ArchiveDiff:
    """Everything that differs between two archives."""

    identical: bool  # the files are the same, byte for byte
    header: tuple[Difference, ...]  # fields of `Header` but for the places of the sections
    metadata: tuple[Difference, ...]
    changes: Changes
    zooms: tuple[ZoomDiff, ...]  # every zoom that has tiles on either side

    @property
    def same_content(self) -> bool:
        """Whether a map drawn from either would be the same: tiles are, and so is all the files say of them."""
        told = {difference.path for difference in self.header} - _STORAGE
        return not told and not self.metadata and bool((self.changes.kinds == Kind.REPACKED).all())


def diff_archives(a: Archive, b: Archive, *, progress: Progress | None = None) -> ArchiveDiff:
    """What it takes to get from `a` to `b`; memory grows with the differences, not with the archives.

    Raises ArchiveError when a directory or the metadata of either cannot be read, or a directory is out of order.
    """
    progress = progress or Silent()
    for archive in (a, b):
        require_whole(archive)
    identical = a.source.size == b.source.size and same_bytes(a.source, b.source, 0, 0, a.source.size)
    header = tuple(
        Difference(field.name, getattr(a.header, field.name), getattr(b.header, field.name))
        for field in fields(a.header)
        if field.name not in _LAYOUT and getattr(a.header, field.name) != getattr(b.header, field.name)
    )
    metadata = tuple(differences(a.metadata, b.metadata))
    found: list[Changes] = []
    totals = np.zeros((len(FIRST_IDS), 2), dtype=np.int64)  # tiles by zoom, before and after
    counts = np.zeros((len(FIRST_IDS), len(Kind)), dtype=np.int64)
    progress.start(_("Comparing tiles"), a.header.tile_entries + b.header.tile_entries or None, _("entries"))
    for left, right in _windows(a, b):
        segments, runs = _segments(left, right)
        zooms = zooms_of(segments.tile_ids)
        for side, present in enumerate((segments.a_offsets >= 0, segments.b_offsets >= 0)):
            np.add.at(totals[:, side], zooms[present], runs[present])
        changed = _NOTHING if identical else _judged(segments, a, b)
        np.add.at(counts, (zooms_of(changed.tile_ids), changed.kinds), changed.runs)
        found.append(changed)
        progress.advance(left.size + right.size)
    progress.done()
    changes = Changes(*(np.concatenate(columns) for columns in zip(_NOTHING, *found, strict=True)))
    zooms_found = np.flatnonzero(totals.any(axis=1)).tolist()
    return ArchiveDiff(
        identical,
        header,
        metadata,
        changes,
        tuple(ZoomDiff(zoom, *totals[zoom].tolist(), *counts[zoom].tolist()) for zoom in zooms_found),
    )


def _windows(a: Archive, b: Archive) -> Iterator[tuple[Directory, Directory]]:
    """The entries of both, part by part; both parts of a pair cover the same tile ids."""
    lefts, rights = _ordered(a), _ordered(b)
    left, right = next(lefts, _EMPTY), next(rights, _EMPTY)
    while left.size and right.size:
        stop = min(_end(left), _end(right))
        (ours, left), (theirs, right) = _split(left, stop), _split(right, stop)
        yield ours, theirs
        left = left if left.size else next(lefts, _EMPTY)
        right = right if right.size else next(rights, _EMPTY)
    while left.size:
        yield left, _EMPTY
        left = next(lefts, _EMPTY)
    while right.size:
        yield _EMPTY, right
        right = next(rights, _EMPTY)


def _ordered(archive: Archive) -> Iterator[Directory]:
    """The directories of an archive, held to their order, without which two cannot be walked together."""
    last = 0
    for directory in archive.directories():
        starts, stops = directory.tile_ids, directory.tile_ids + directory.run_lengths
        if starts[0] < last or (starts[1:] < stops[:-1]).any() or (stops <= starts).any() or stops[-1] > FIRST_IDS[-1]:
            raise ArchiveError(
                _("The archive's entries are not in the order of the tiles."),
                where=archive.source.name,
                hint=_("`longquan archive verify` tells where; build the archive again"),
            )
        last = int(stops[-1])
        yield directory


def _end(directory: Directory) -> int:
    return int(directory.tile_ids[-1] + directory.run_lengths[-1])


def _split(directory: Directory, stop: int) -> tuple[Directory, Directory]:
    """The entries before tile id `stop` and those from it on; a run across it is in both, shortened."""
    ids, runs, lengths, offsets = directory
    n = int(ids.searchsorted(stop))
    head, tail = directory.part(0, n), directory.part(n, directory.size)
    if n and ids[n - 1] + runs[n - 1] > stop:
        across = directory.part(n - 1, n)
        rest = Directory(np.array([stop]), across.tile_ids + across.run_lengths - stop, *across[2:])
        tail = Directory(*(np.concatenate(columns) for columns in zip(rest, tail, strict=True)))
        head = Directory(ids[:n], np.minimum(runs[:n], stop - ids[:n]), lengths[:n], offsets[:n])
    return head, tail


def _segments(left: Directory, right: Directory) -> tuple[Changes, NDArray[np.int64]]:
    """The longest runs of tiles over which nothing begins or ends on either side; kinds are not known yet."""
    ends = [column for d in (left, right) for column in (d.tile_ids, d.tile_ids + d.run_lengths)]
    limits = np.unique(np.concatenate(ends))
    firsts = np.array(FIRST_IDS, dtype=np.int64)
    inner = firsts[(firsts > limits[0]) & (firsts < limits[-1])]
    limits = np.union1d(limits, inner)
    starts, runs = limits[:-1], np.diff(limits)
    sides = []
    for directory in (left, right):
        at = directory.tile_ids.searchsorted(starts, side="right") - 1
        present = at >= 0
        if directory.size:
            present &= starts < directory.tile_ids[at] + directory.run_lengths[at]
        column = [np.full(len(starts), -1, dtype=np.int64) for _column in range(2)]
        column[0][present], column[1][present] = directory.offsets[at[present]], directory.lengths[at[present]]
        sides += column
    covered = (sides[0] >= 0) | (sides[2] >= 0)
    kinds = np.full(len(starts), Kind.CHANGED, dtype=np.int64)
    kinds[sides[0] < 0], kinds[sides[2] < 0] = Kind.ADDED, Kind.REMOVED
    segments = Changes(*(column[covered] for column in (starts, runs, kinds, *sides)))
    return segments, segments.runs


def _judged(segments: Changes, a: Archive, b: Archive) -> Changes:
    """The segments that differ; every pair of bodies is compared once."""
    both = np.flatnonzero(segments.kinds == Kind.CHANGED)
    pairs, of_segment = np.unique(np.stack([column[both] for column in segments[3:]]), axis=1, return_inverse=True)
    kinds = np.full(pairs.shape[1], Kind.CHANGED, dtype=np.int64)
    same = np.zeros(pairs.shape[1], dtype=bool)
    packed = a.header.tile_compression, b.header.tile_compression
    if packed[0] is packed[1]:
        inside = (pairs[0] <= a.header.data.length - pairs[1]) & (pairs[2] <= b.header.data.length - pairs[3])
        alike = np.flatnonzero((pairs[1] == pairs[3]) & inside)
        places = pairs[0, alike] + a.header.data.offset, pairs[2, alike] + b.header.data.offset
        same[alike] = same_ranges(a.source, b.source, *places, pairs[1, alike])
    for i in np.flatnonzero(~same).tolist() if packed != (Compression.NONE, Compression.NONE) else ():
        if _same_content(a, b, *pairs[:, i].tolist()):
            kinds[i] = Kind.REPACKED
    segments.kinds[both] = kinds[of_segment.ravel()]
    differs = np.ones(len(segments.runs), dtype=bool)
    differs[both] = ~same[of_segment.ravel()]
    return Changes(*(column[differs] for column in segments))


def _same_content(a: Archive, b: Archive, at: int, a_length: int, bt: int, b_length: int) -> bool:
    """Whether two bodies of different bytes are the same tile once decompressed."""
    try:
        left = decompress(a.body(at, a_length), a.header.tile_compression)
        return left == decompress(b.body(bt, b_length), b.header.tile_compression)
    except ArchiveError:
        return False  # what cannot be read is not known to be the same
