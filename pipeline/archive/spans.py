"""Tiles on their way from archives to somewhere else: read together, changed in threads, handed on in order.

A span is a run of tiles with one content; it names the places of its body, one in every archive that has it. Spans are
carried in batches of about a megabyte, a few at a time, so that neither the tiles nor the directories of an archive
are ever all in memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Final, NamedTuple, TypeVar

import numpy as np

from pipeline.archive.directory import Directory
from pipeline.archive.reader import Archive
from pipeline.archive.region import Ranges
from pipeline.archive.tileids import FIRST_IDS, columns_rows, zooms_of
from pipeline.errors import ArchiveError
from pipeline.i18n import _
from pipeline.machine import processors

Body = bytes | memoryview
T = TypeVar("T")
R = TypeVar("R")

_BATCH_BYTES: Final = 1 << 20
_BATCH_SPANS: Final = 4096
_TILES: Final = 1 << 16  # told one by one at once: a run may be of any length
_GAP: Final = 2  # a batch is read at once when the bytes between its bodies are no more than the bodies themselves


class Place(NamedTuple):
    """Where a body lies in the tile data of one archive."""

    archive: int
    offset: int
    length: int


class Span(NamedTuple):
    """A run of tiles with one content."""

    tile_id: int
    run_length: int
    places: tuple[Place, ...]


class Shown(NamedTuple):
    """Bodies that belong to the same tiles."""

    tile_id: int  # the first of the tiles
    tiles: int  # how many
    bodies: Sequence[Body]  # as stored, in the order of the archives


Change = Callable[[Shown], Body | None]  # the body to keep; None leaves the tiles out


class Carried(NamedTuple):
    """A run of tiles and its new body; None when these tiles are left out."""

    tile_id: int
    run_length: int
    body: Body | None
    places: tuple[Place, ...]  # where it came from


def entries_within(archive: Archive, ranges: Ranges) -> Iterator[Directory]:
    """The tile entries of an archive that lie in `ranges`, cut to them, directory by directory in tile order.

    Raises ArchiveError for directories that are not in order and entries without a body, which cannot be copied.
    """
    last = 0
    for directory in archive.directories(ranges):
        ids, runs, lengths, offsets = directory
        ends = ids + runs
        if ids[0] < last or (ids[1:] < ends[:-1]).any() or (lengths <= 0).any():
            raise ArchiveError(
                _("The directories of the archive are not in order."),
                where=archive.source.name,
                expected=_("tile ids in strictly ascending order, each with a body"),
                hint=_("`longquan archive verify` tells which tiles are damaged"),
            )
        last = int(ends[-1])
        first = np.searchsorted(ranges.stops, ids, side="right")
        counts = np.maximum(np.searchsorted(ranges.starts, ends, side="left") - first, 0)
        total = int(counts.sum())
        if not total:
            continue
        entry = np.repeat(np.arange(len(ids)), counts)
        at = np.repeat(first, counts) + np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
        starts = np.maximum(ids[entry], ranges.starts[at])
        stops = np.minimum(ends[entry], ranges.stops[at])
        yield Directory(starts, stops - starts, lengths[entry], offsets[entry])


def spans_of(archive: Archive, ranges: Ranges) -> Iterator[Span]:
    """The tiles of one archive in `ranges`, in tile order."""
    for ids, runs, lengths, offsets in entries_within(archive, ranges):
        for tile_id, run, length, offset in zip(
            ids.tolist(), runs.tolist(), lengths.tolist(), offsets.tolist(), strict=True
        ):
            yield Span(tile_id, run, (Place(0, offset, length),))


def carry(
    archives: Sequence[Archive], spans: Iterable[Span], change: Change | None = None, *, threads: int | None = None
) -> Generator[Carried, None, None]:
    """Every span with what `change` makes of its bodies; without it the first body as it is stored.

    `change` is called in several threads, once for every set of bodies in a batch. What it raises is raised here.
    Close the iterator (`contextlib.closing`): then no thread reads from the archives any more.
    """

    def work(batch: list[Span]) -> list[Carried]:
        return changed(archives, batch, change)

    with closing(in_order(work, batches(spans), threads=threads)) as done:
        for batch in done:
            yield from batch


def batches(spans: Iterable[Span]) -> Iterator[list[Span]]:
    """Spans by the megabyte."""
    batch: list[Span] = []
    size = 0
    for span in spans:
        batch.append(span)
        for place in span.places:
            size += place.length
        if size >= _BATCH_BYTES or len(batch) >= _BATCH_SPANS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def read_bodies(archives: Sequence[Archive], batch: Sequence[Span]) -> dict[Place, Body]:
    """The stored bodies of a batch; those that lie near each other are read at once."""
    found: dict[Place, Body] = {}
    for number, archive in enumerate(archives):
        places = sorted({place for span in batch for place in span.places if place.archive == number})
        if not places:
            continue
        low = places[0].offset
        high = max(place.offset + place.length for place in places)
        if high - low <= _GAP * sum(place.length for place in places):
            block = memoryview(archive.body(low, high - low))
            found.update((place, block[place.offset - low : place.offset - low + place.length]) for place in places)
        else:
            found.update((place, archive.body(place.offset, place.length)) for place in places)
    return found


def changed(archives: Sequence[Archive], batch: Sequence[Span], change: Change | None) -> list[Carried]:
    """A batch with what `change` makes of its bodies; without it the first body of each span."""
    bodies = read_bodies(archives, batch)
    if change is None:
        return [Carried(span.tile_id, span.run_length, bodies[span.places[0]], span.places) for span in batch]
    shown: dict[tuple[Place, ...], Shown] = {}
    for tile_id, run, places in batch:
        before = shown.get(places)
        if before is None:
            shown[places] = Shown(tile_id, run, [bodies[place] for place in places])
        else:
            shown[places] = before._replace(tiles=before.tiles + run)
    made = {places: change(each) for places, each in shown.items()}
    return [Carried(tile_id, run, made[places], places) for tile_id, run, places in batch]


class Tiles(NamedTuple):
    """Tiles one by one, in columns."""

    zooms: list[int]
    xs: list[int]
    ys: list[int]
    which: list[int]  # of the carried runs


def spread(carried: Sequence[Carried]) -> Iterator[Tiles]:
    """The tiles of some runs, one by one, up to 65,536 at a time."""
    starts = np.array([each.tile_id for each in carried], dtype=np.int64)
    ends = np.cumsum([each.run_length for each in carried], dtype=np.int64)
    total = int(ends[-1]) if len(ends) else 0
    for first in range(0, total, _TILES):
        at = np.arange(first, min(first + _TILES, total), dtype=np.int64)
        which = np.searchsorted(ends, at, side="right")
        ids = starts[which] + at - np.where(which > 0, ends[which - 1], 0)
        zooms = zooms_of(ids)
        x, y = np.empty_like(ids), np.empty_like(ids)
        for zoom in np.unique(zooms).tolist():
            here = zooms == zoom
            x[here], y[here] = columns_rows(zoom, ids[here] - FIRST_IDS[zoom])
        yield Tiles(zooms.tolist(), x.tolist(), y.tolist(), which.tolist())


def in_order(work: Callable[[T], R], jobs: Iterable[T], *, threads: int | None = None) -> Generator[R, None, None]:
    """Results of the jobs in their order, worked on in threads, a bounded number under way.

    No thread works any more when the iterator is exhausted or closed.
    """
    count = threads or processors()
    pool = ThreadPoolExecutor(count, thread_name_prefix="tiles")
    waiting: deque[Future[R]] = deque()
    try:
        for job in jobs:
            waiting.append(pool.submit(work, job))
            if len(waiting) > 2 * count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)  # on Ctrl-C, do not first finish what is waiting
