"""Makes the newer archive from the older one and a delta; what comes out is what was promised, or nothing does."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from pipeline.archive.compare import BLOCK, digest_of
from pipeline.archive.compress import compressor, gunzip_bytes, gzip_bytes
from pipeline.archive.delta import (
    NO_COMPRESSOR,
    Batch,
    Front,
    Identity,
    Steps,
    compressor_mark,
    damaged,
    parse_batches,
    parse_front,
)
from pipeline.archive.source import FileSource, MemorySource, Source
from pipeline.archive.spans import in_order
from pipeline.archive.staging import StagedFile, cannot_write, require_file_name
from pipeline.archive.zstd import expand_frame
from pipeline.errors import ArchiveError, InputError, OutputError, UsageError
from pipeline.i18n import _
from pipeline.progress import Progress, Silent


class Patched(NamedTuple):
    """What became of an archive."""

    path: Path
    bytes: int
    sha256: str  # hexadecimal; of what the delta was made for, and checked
    copied: int  # bytes that come from the older archive
    inserted: int  # bytes that the delta carried


def apply_delta(
    base: Path | None,
    delta: Path,
    out: Path,
    *,
    no_clobber: bool = False,
    target: Identity | None = None,
    check_base: bool = True,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Patched:
    """Write to `out` what `delta` makes of `base`; `out` may be `base`, which is then replaced.

    Without a base the delta must start from an empty file; `target` is what it must lead to. `check_base` reads the
    whole base first, so that another file is told as such; without it another file is found out by the result. Memory
    depends on no file's size (docs/delta.md).

    Raises InputError when the delta is damaged, belongs to another archive, needs another compressor than there is,
    or does not lead to what it promises; OutputError when the result cannot be written. In each case nothing is left
    behind and `base` is as it was.
    """
    progress = progress or Silent()
    with closing(FileSource(delta)) as recipe, closing(_opened(base)) as source:
        require_file_name(out)
        if out.exists() and out.samefile(delta):
            raise UsageError(
                _("The result would replace the delta."), where=str(delta), hint=_("name another file for the result")
            )
        front = _front(source, recipe, target, check_base, progress)
        _require_room(out, front.target.size)
        progress.start(_("Writing the archive"), front.target.size, _("bytes"))
        copied = 0
        with StagedFile(out, no_clobber=no_clobber) as staged:
            for part in _promised(source, recipe, front, threads):
                staged.file.write(part.data)
                copied += len(part.data) if part.copied else 0
                progress.advance(len(part.data))
            source.close()  # it may be `out`, and Windows replaces no file that is open
            staged.commit()
    progress.done()
    return Patched(out, front.target.size, front.target.sha256.hex(), copied, front.target.size - copied)


def check_delta(
    base: Path | None,
    delta: Path,
    *,
    target: Identity | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Do all that `apply_delta` does but write the result. Raises InputError as it does."""
    progress = progress or Silent()
    with closing(FileSource(delta)) as recipe, closing(_opened(base)) as source:
        front = _front(source, recipe, target, True, progress)
        progress.start(_("Checking the archive"), front.target.size, _("bytes"))
        for part in _promised(source, recipe, front, threads):
            progress.advance(len(part.data))
    progress.done()


def _opened(base: Path | None) -> Source:
    return FileSource(base) if base is not None else MemorySource(b"", _("(nothing)"))


def _front(source: Source, recipe: Source, target: Identity | None, check_base: bool, progress: Progress) -> Front:
    """The header of a delta, once everything that can be refused before any work was not."""
    front = parse_front(recipe)
    require_compressor(recipe, front)
    if target not in (None, front.target):
        raise damaged(recipe, _("it leads to another file"))
    if check_base or source.size != front.base.size:
        progress.start(_("Checking the archive"))
        _require_base(source, recipe, front)
    return front


def _promised(source: Source, recipe: Source, front: Front, threads: int | None) -> Iterator[_Made]:
    """The result, piece by piece; whoever comes to its end knows that it is the one that was promised."""
    with ThreadPoolExecutor(1) as beside:
        digest, left = hashlib.sha256(), front.target.size
        hashed: Future[None] | None = None
        for part in _target(source, recipe, front, threads):
            left -= len(part.data)
            if left < 0:
                raise damaged(recipe, _("it makes more than it promises"))
            if hashed is not None:
                hashed.result()
            hashed = beside.submit(digest.update, part.data)  # takes as long as all the rest
            yield part
        if hashed is not None:
            hashed.result()
        if left or digest.digest() != front.target.sha256:
            raise damaged(recipe, _("what it makes is not what it promises"))


def require_compressor(recipe: Source, front: Front) -> None:
    """Refuse, before any work, a delta that this machine's gzip would make other bytes of."""
    if front.compressor not in (NO_COMPRESSOR, compressor_mark()):
        raise InputError(
            _("The delta packs tiles, and {compressor} here packs to other bytes.").format(compressor=compressor()),
            where=recipe.name,
            expected=_("the compressor that the archives were written with"),
            hint=_("use the longquan of the release, or ask for the whole archive or a delta that packs nothing"),
        )


def _require_base(source: Source, recipe: Source, delta: Front) -> None:
    """Refuse any file but the one the delta was made from."""
    size, sha256 = source.size, b""
    if size in (delta.base.size, delta.target.size):
        sha256 = digest_of(source)
    if Identity(size, sha256) == delta.base:
        return
    if Identity(size, sha256) == delta.target:
        raise InputError(
            _("The archive is already what the delta leads to."), where=source.name, hint=_("there is nothing to do")
        )
    raise InputError(
        _("The delta was made for another archive."),
        where=f"{recipe.name} → {source.name}",
        expected=_("an archive of {size} bytes with sha256 {sha256}").format(
            size=delta.base.size, sha256=delta.base.sha256.hex()
        ),
        hint=_("find the archive of the release that the delta starts from"),
    )


def _require_room(out: Path, size: int) -> None:
    """Refuse what will not fit before writing any of it; the size is only what the delta says."""
    try:
        whole, _used, free = shutil.disk_usage(out.parent)
    except OSError as err:
        raise cannot_write(out, err) from err
    if size > free and whole:  # what is no disk has no size; writing there is refused on its own
        raise OutputError(
            _("The disk has no room for the result: {size} bytes, {free} are free.").format(size=size, free=free),
            where=str(out),
            hint=_("free some space or choose another folder; nothing was written"),
        )


class _Made(NamedTuple):
    """A piece of the target."""

    data: bytes | memoryview
    copied: bool


class _Done(NamedTuple):
    """A batch whose content is there, packed where its steps say so; one member for every step that takes any."""

    steps: Steps
    members: list[bytes | memoryview]


def _target(source: Source, recipe: Source, front: Front, threads: int | None) -> Iterator[_Made]:
    """The result, piece by piece; pieces are of one batch or one block."""

    def work(batch: Batch) -> _Done:
        try:
            return _Done(batch.steps, _members(source, batch))
        except (ArchiveError, InputError) as err:
            raise err if err.where else damaged(recipe, err.message) from err

    with closing(in_order(work, parse_batches(recipe, front), threads=threads)) as done:
        for steps, members in done:
            at = 0
            columns = (steps.takes.tolist(), steps.copies.tolist(), steps.offsets.tolist())
            for take, copy, offset in zip(*columns, strict=True):
                if take:
                    yield _Made(members[at], False)
                    at += 1
                for begin in range(offset, offset + copy, BLOCK):
                    n = min(BLOCK, offset + copy - begin)
                    yield _Made(_read(source, begin, n), True)


def _members(source: Source, batch: Batch) -> list[bytes | memoryview]:
    """The content of a batch, cut where steps take it and packed as they say. Raises InputError, without a place."""
    if not batch.size:
        if batch.frame:
            raise InputError(_("a frame of it holds more or less than it announces"))
        return []
    parts = []
    for offset, length, size in zip(*(column.tolist() for column in batch.prefix), strict=True):
        part = _read(source, offset, length)
        parts.append(gunzip_bytes(part, limit=size) if size else part)
        if size and len(parts[-1]) != size:
            raise InputError(_("what it starts from has another size than it says"))
    content = memoryview(expand_frame(batch.frame, batch.size, b"".join(parts)))
    members: list[bytes | memoryview] = []
    at = 0
    for take, level in zip(batch.steps.takes.tolist(), batch.steps.levels.tolist(), strict=True):
        if take:
            piece = content[at : at + take]
            members.append(gzip_bytes(piece, level) if level else piece)
            at += take
    return members


def _read(source: Source, at: int, n: int) -> bytes:
    block = source.read(at, n)
    if len(block) != n:
        raise InputError(_("The archive changed while it was read."), where=source.name)
    return block
