"""Writes a plan (delta_plan) as a delta (docs/delta.md): batch after batch, worked on in threads.

Whether a packed piece comes out of gzip again as it lies in the archive is tried here, for each; where it does not,
as in archives of other tools, its packed bytes are carried.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from pipeline.archive.compare import digest_of, require_whole
from pipeline.archive.compress import gunzip_bytes, gzip_bytes
from pipeline.archive.delta import (
    NO_COMPRESSOR,
    Front,
    Identity,
    Prefix,
    Steps,
    compressor_mark,
    format_batch,
    format_front,
)
from pipeline.archive.delta_plan import FILE_BLOCK, NOWHERE, Plan, plan_archives, plan_files
from pipeline.archive.reader import Archive
from pipeline.archive.source import Source
from pipeline.archive.spans import in_order
from pipeline.archive.staging import StagedFile
from pipeline.archive.zstd import CONTENT_LIMIT, FAST, LEVEL, PREFIX_LIMIT, compress_frame
from pipeline.errors import ArchiveError
from pipeline.i18n import _
from pipeline.progress import Progress, Silent

_BATCH_BYTES: Final = 1 << 18  # of the target, as it lies there: tiles unpack to about four times as much
_BATCH_STEPS: Final = 4096
# A batch unpacks tiles until it holds _PIECE bytes, and none to more than that: 2 _PIECE; after them come up to
# _BATCH_BYTES and one last piece of _PIECE that are carried as they are. All that fits CONTENT_LIMIT.
_PIECE: Final = CONTENT_LIMIT // 4


class WrittenDelta(NamedTuple):
    """What became of a delta."""

    path: Path
    bytes: int
    sha256: str  # of the delta, hexadecimal
    base: Identity
    target: Identity
    copied: int  # bytes of the target that come from the base
    inserted: int  # bytes of the target that the delta makes


class _Row(NamedTuple):
    """A piece of the target."""

    offset: int
    length: int
    origin: int
    level: int
    like_offset: int
    like_length: int


class _Packed(NamedTuple):
    """A batch as it is written."""

    data: bytes
    inserted: int
    repacks: bool


def write_delta(
    a: Archive,
    b: Archive,
    out: Path,
    *,
    no_clobber: bool = False,
    repack: bool = True,
    threads: int | None = None,
    progress: Progress | None = None,
) -> WrittenDelta:
    """Write what `apply_delta` needs to make `b` from `a`; the same archives give the same bytes.

    Without `repack` tiles are carried packed, for receivers whose gzip makes other bytes. Memory grows with the
    directories (some 250 bytes per entry), not with the tiles. Raises ArchiveError when either archive is cut off or a
    directory cannot be read, OutputError when the delta cannot be written.
    """
    progress = progress or Silent()
    for archive in (a, b):
        require_whole(archive)
    progress.start(_("Looking for what both archives share"))
    plan = plan_archives(a, b)
    if not repack:
        plan = plan._replace(
            levels=np.zeros_like(plan.levels), like_offsets=np.where(plan.levels > 0, NOWHERE, plan.like_offsets)
        )
    return _write(a.source, b.source, plan, out, no_clobber, threads, progress)


def write_file_delta(
    a: Source, b: Source, out: Path, *, threads: int | None = None, progress: Progress | None = None
) -> WrittenDelta:
    """The same for files of any kind. Raises InputError when one cannot be read, OutputError as above."""
    plan = plan_files(a.size, b.size)
    return _write(a, b, plan, out, False, threads, progress or Silent())


def _write(
    a: Source, b: Source, plan: Plan, out: Path, no_clobber: bool, threads: int | None, progress: Progress
) -> WrittenDelta:
    base, target = (Identity(each.size, digest_of(each)) for each in (a, b))
    carried = plan.lengths[plan.origins < 0]
    progress.start(_("Writing the delta"), int(carried.sum()), _("bytes"))
    inserted, repacks = 0, False
    with StagedFile(out, no_clobber=no_clobber) as staged:
        staged.file.write(format_front(Front(base, target, NO_COMPRESSOR)))
        with closing(in_order(partial(_packed, a, b), _batches(plan), threads=threads)) as done:
            for batch in done:
                staged.file.write(batch.data)
                inserted += batch.inserted
                repacks |= batch.repacks
                progress.advance(batch.inserted)
        if repacks:
            staged.file.seek(0)
            staged.file.write(format_front(Front(base, target, compressor_mark())))
            staged.file.seek(0, 2)
        size = staged.file.tell()
        staged.file.flush()
        with staged.temporary.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        staged.commit()
    progress.done()
    return WrittenDelta(out, size, digest, base, target, target.size - inserted, inserted)


def _batches(plan: Plan) -> Iterator[list[_Row]]:
    batch: list[_Row] = []
    size = 0
    for row in map(_Row, *(column.tolist() for column in plan)):
        for piece in _cut(row) if row.origin < 0 else (row,):
            batch.append(piece)
            size += piece.length if piece.origin < 0 else 0
            if size >= _BATCH_BYTES or len(batch) == _BATCH_STEPS:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


def _cut(row: _Row) -> Iterator[_Row]:
    """A piece too large for a batch in several, carried as they are; those of `plan_files` have their size."""
    if row.length <= _PIECE or (not row.level and row.length <= FILE_BLOCK):
        yield row
        return
    for at in range(0, row.length, _PIECE):
        yield _Row(row.offset + at, min(_PIECE, row.length - at), NOWHERE, 0, NOWHERE, 0)


def _packed(a: Source, b: Source, batch: list[_Row]) -> _Packed:
    """One batch: what it carries, unpacked where gzip makes the same of it again."""
    content, prefix = _Content(), _Prefix(a)
    steps: list[list[int]] = []
    inserted = 0
    for row in batch:
        if row.origin >= 0:
            if not steps or steps[-1][2]:
                steps.append([0, 0, 0, 0])
            steps[-1][2:] = [row.length, row.origin]
            continue
        body = b.read(row.offset, row.length)
        if len(body) != row.length:
            raise ArchiveError(_("The archive changed while it was read."), where=b.name)
        inserted += row.length
        raw = _unpacked(body, row.level) if row.level and content.size < _PIECE else None
        if row.like_offset >= 0 and (raw is not None or not row.level):
            prefix.add(row.like_offset, row.like_length, row.level)
        content.add(body if raw is None else raw, plain=raw is not None or row.like_offset >= 0)
        steps.append([len(body if raw is None else raw), row.level if raw is not None else 0, 0, 0])
    columns = np.array(steps, dtype=np.int64).reshape(-1, 4).T
    whole = b"".join(content.parts)
    frame = b""
    if whole:
        frame = compress_frame(whole, b"".join(prefix.parts), level=LEVEL if content.plain else FAST)
    data = format_batch(prefix.columns(), Steps(*columns), whole, frame)
    return _Packed(data, inserted, bool(columns[1].any()))


class _Content:
    """What a batch carries."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0
        self.plain = False  # whether any of it is not packed already

    def add(self, part: bytes, *, plain: bool) -> None:
        self.parts.append(part)
        self.size += len(part)
        self.plain |= plain


class _Prefix:
    """What of the base a batch's frame starts from."""

    def __init__(self, base: Source) -> None:
        self.base = base
        self.rows: list[tuple[int, int, int]] = []
        self.parts: list[bytes] = []
        self.room = PREFIX_LIMIT
        self.seen: set[int] = set()

    def add(self, offset: int, length: int, level: int) -> None:
        """One range, once; what has no room or cannot be unpacked is left out."""
        if offset in self.seen or not length or length > self.room:
            return
        self.seen.add(offset)
        part = self.base.read(offset, length)
        if level:
            try:
                part = gunzip_bytes(part, limit=min(self.room, _PIECE))
            except ArchiveError:
                return
        if not part or len(part) > self.room:
            return
        self.room -= len(part)
        self.parts.append(part)
        self.rows.append((offset, length, len(part) if level else 0))

    def columns(self) -> Prefix:
        """As the batch tells them."""
        return Prefix(*np.array(self.rows, dtype=np.int64).reshape(-1, 3).T)


def _unpacked(body: bytes, level: int) -> bytes | None:
    """The content of a gzip member that our gzip makes of it, byte for byte; None of any other."""
    try:
        raw = gunzip_bytes(body, limit=_PIECE)
    except ArchiveError:
        return None
    return raw if raw and gzip_bytes(raw, level) == body else None
