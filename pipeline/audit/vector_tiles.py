"""Every tile of an archive of vector tiles, once, in the order of the file, held against what may be in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.directory import Directory
from pipeline.archive.header import Compression
from pipeline.archive.reader import Archive
from pipeline.archive.spans import in_order
from pipeline.archive.tileids import FIRST_IDS, zooms_of, zxy_of
from pipeline.audit.allowed import AllowedArchive
from pipeline.audit.inflate import inflate
from pipeline.audit.secrets import Secrets, frozen
from pipeline.audit.tile_tables import tile_tables
from pipeline.errors import ArchiveError
from pipeline.i18n import _
from pipeline.kernels import audit_mvt as kernel
from pipeline.progress import Progress

_BLOCK: Final = 1 << 21  # compressed bytes that one thread reads and walks at a time
_SHOWN: Final = 8  # records of one code and block
_LEVELS: Final = 1 << 12


class Record(NamedTuple):
    """One thing that was found in a tile."""

    code: int
    tile: tuple[int, int, int]
    layer: str
    text: str
    times: int


@dataclass(frozen=True, slots=True)
class Walked:
    """What walking some tiles told."""

    file: str
    archive: AllowedArchive
    secrets: Secrets
    records: Sequence[Record]
    tiles: int  # distinct contents
    features: int
    size: int  # bytes, uncompressed
    levels: frozenset[float]

    def told(self, code: int) -> Iterator[Record]:
        """What was found of one code."""
        return (record for record in self.records if record.code == code)


class Content(NamedTuple):
    """Distinct tile bodies, once for every zoom that shows them, in the order of the file, in columns."""

    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]
    tile_ids: NDArray[np.int64]  # the first tile of each


def contents(archive: Archive) -> Content:
    """The distinct bodies of an archive, once for every zoom that shows them."""
    empty = Directory(*(np.zeros(0, np.int64) for _column in Directory._fields))
    ids, runs, lengths, offsets = (np.concatenate(c) for c in zip(empty, *archive.directories(), strict=True))
    zooms, last = zooms_of(ids), zooms_of(ids + np.maximum(runs, 1) - 1)
    over = np.flatnonzero(last != zooms)  # runs that go on at the next zoom
    offsets, lengths = (np.concatenate([column, column[over]]) for column in (offsets, lengths))
    ids = np.concatenate([ids, np.array(FIRST_IDS, np.int64)[last[over]]])
    order = np.lexsort((ids, offsets))
    offsets, lengths, ids = offsets[order], lengths[order], ids[order]
    zooms = zooms_of(ids)
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (np.diff(offsets) != 0) | (np.diff(zooms) != 0)
    return Content(offsets[fresh], lengths[fresh], ids[fresh])


def walk_archive(
    archive: Archive,
    allowed: AllowedArchive,
    secrets: Secrets,
    ids: Mapping[str, NDArray[np.int64]],
    file: str,
    *,
    threads: int | None = None,
    progress: Progress,
) -> Iterator[Walked]:
    """Walk all tiles; `ids` are those that must not occur in layers of a dataset, by dataset."""
    tables = tile_tables(allowed, secrets.numbers, ids)
    found = contents(archive)

    def work(part: slice) -> Walked:
        column = Content(*(each[part] for each in found))
        return _walk(archive, column, allowed, tables, secrets, file)

    progress.start(_("auditing {file}").format(file=file), len(found.offsets), _("tiles"))
    with closing(in_order(work, slices(found.lengths), threads=threads)) as done:
        for walked in done:
            progress.advance(walked.tiles)
            yield walked
    progress.done()


def walk_bodies(
    bodies: Iterator[tuple[int, bytes | bytearray]],
    allowed: AllowedArchive,
    secrets: Secrets,
    ids: Mapping[str, NDArray[np.int64]],
    file: str,
) -> Iterator[Walked]:
    """The same for tile ids and decompressed bodies from elsewhere, such as an MBTiles file."""  # fmt: skip
    tables = tile_tables(allowed, secrets.numbers, ids)
    batch: list[tuple[int, bytes | bytearray]] = []
    size = 0
    for tile_id, body in bodies:
        batch.append((tile_id, body))
        size += len(body)
        if size > _BLOCK:
            yield _walked(batch, allowed, tables, secrets, file, [])
            batch, size = [], 0
    yield _walked(batch, allowed, tables, secrets, file, [])


def slices(lengths: NDArray[np.int64]) -> Iterator[slice]:
    """Contents by two megabytes of bodies."""
    cuts = np.flatnonzero(np.diff(np.cumsum(lengths) // _BLOCK, prepend=-1)).tolist()
    for a, b in pairwise([*cuts, len(lengths)]):
        yield slice(a, b)


def _walk(
    archive: Archive, found: Content, allowed: AllowedArchive, tables: kernel.Allowed, secrets: Secrets, file: str
) -> Walked:
    low = int(found.offsets.min())
    high = int((found.offsets + found.lengths).max())
    together = high - low <= 2 * int(found.lengths.sum())
    block = memoryview(archive.body(low, high - low)) if together else memoryview(b"")
    compression: Compression = archive.header.tile_compression
    read: list[tuple[int, bytes | bytearray]] = []
    damaged: list[Record] = []
    for offset, length, tile_id in zip(*(column.tolist() for column in found), strict=True):
        body = block[offset - low : offset - low + length] if together else archive.body(offset, length)
        try:
            read.append((tile_id, inflate(body, compression)))
        except ArchiveError as error:
            damaged.append(Record(kernel.DAMAGED, zxy_of(tile_id), "", error.message, 1))
    return _walked(read, allowed, tables, secrets, file, damaged)


def _walked(
    read: Sequence[tuple[int, bytes | bytearray]],
    allowed: AllowedArchive,
    tables: kernel.Allowed,
    secrets: Secrets,
    file: str,
    damaged: Sequence[Record],
) -> Walked:
    """Put tiles one after the other and walk them."""  # fmt: skip
    sizes = [len(body) for _id, body in read]
    bounds = np.zeros(len(read) + 1, np.int64)
    np.cumsum(sizes, out=bounds[1:])
    data = frozen(np.frombuffer(b"".join(body for _id, body in read) or b"\0", np.uint8))
    tile_ids = np.array([tile_id for tile_id, _body in read], np.int64)
    found = kernel.Found(
        np.zeros(kernel.CODES, np.int64),
        np.zeros((kernel.CODES, _SHOWN, kernel.RECORD), np.int64),
        np.zeros(_LEVELS, np.uint64),
    )
    features = kernel.walk(data, bounds, zooms_of(tile_ids), tables, secrets.words, _scratch(sizes), found)
    records = [*damaged, *_records(data, found, tile_ids)]
    levels = frozenset(found.levels[found.levels != 0].view(np.float64).tolist())
    return Walked(file, allowed, secrets, records, len(read), features, int(bounds[-1]), levels)


def _scratch(sizes: Sequence[int]) -> kernel.Scratch:
    room = max(sizes, default=0) // 2 + 1  # a key or value takes two bytes at least
    single, double = np.zeros(1, np.float32), np.zeros(1, np.float64)
    return kernel.Scratch(
        np.empty((room, 3), np.int64),
        np.empty((room, 4), np.int64),
        single,
        single.view(np.uint32),
        double,
        double.view(np.uint64),
    )


def _records(data: NDArray[np.uint8], found: kernel.Found, tile_ids: NDArray[np.int64]) -> Iterator[Record]:
    def text(a: int, b: int) -> str:
        return data[a:b].tobytes().decode("utf-8", "backslashreplace")

    for code, count in enumerate(found.counts.tolist()):
        rows = found.records[code, :count].tolist()
        for n, (tile, name, name_end, a, b) in enumerate(rows):
            if code == kernel.NUMBER:
                thing = repr(float(np.array([a]).view(np.float64)[0]))
            elif code == kernel.ID:
                thing = str(a)
            else:
                thing = text(a, min(b, a + 200)) if code not in (kernel.DAMAGED, kernel.HIDDEN) else ""
            times = 1 if n + 1 < len(rows) else count - n
            yield Record(code, zxy_of(int(tile_ids[tile])), text(name, name_end), thing, times)
