"""Makes the newer archive from the older one and a delta; what comes out is what was promised, or nothing does."""

from __future__ import annotations

import hashlib
import shutil
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from pipeline.archive.compare import BLOCK, digest_of
from pipeline.archive.delta import Delta, Identity, damaged, parse_delta
from pipeline.archive.source import FileSource, Source
from pipeline.archive.staging import StagedFile, cannot_write, require_file_name
from pipeline.errors import InputError, OutputError, UsageError
from pipeline.i18n import _
from pipeline.progress import Progress, Silent

_GZIP_WINDOW: Final = 31  # zlib: 16 (gzip wrapper) + 15 (32 KiB window)


class Patched(NamedTuple):
    """What became of an archive."""

    path: Path
    bytes: int
    sha256: str  # hexadecimal; of what the delta was made for, and checked
    copied: int  # bytes that come from the older archive
    inserted: int  # bytes that the delta carried


def apply_delta(
    base: Path, delta: Path, out: Path, *, no_clobber: bool = False, progress: Progress | None = None
) -> Patched:
    """Write to `out` what `delta` makes of `base`; `out` may be `base`, which is then replaced.

    Raises InputError when the delta is damaged, belongs to another archive or does not lead to what it promises;
    OutputError when the result cannot be written. In each case nothing is left behind and `base` is as it was.
    """
    progress = progress or Silent()
    with closing(FileSource(delta)) as recipe, closing(FileSource(base)) as source:
        require_file_name(out)
        if out.exists() and out.samefile(delta):
            raise UsageError(
                _("The result would replace the delta."), where=str(delta), hint=_("name another file for the result")
            )
        parsed = parse_delta(recipe)
        progress.start(_("Checking the archive"))
        _require_base(source, recipe, parsed)
        _require_room(out, parsed.target.size)
        progress.start(_("Writing the archive"), parsed.target.size, _("bytes"))
        with StagedFile(out, no_clobber=no_clobber) as staged:
            digest = hashlib.sha256()
            for block in _target(source, recipe, parsed):
                staged.file.write(block)
                digest.update(block)
                progress.advance(len(block))
            if digest.digest() != parsed.target.sha256:
                raise damaged(recipe, _("what it makes is not what it promises"))
            source.close()  # it may be `out`, and Windows replaces no file that is open
            staged.commit()
    progress.done()
    steps = parsed.instructions
    return Patched(out, parsed.target.size, parsed.target.sha256.hex(), steps.copied, steps.inserted)


def _require_base(source: Source, recipe: Source, delta: Delta) -> None:
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


def _target(source: Source, recipe: Source, delta: Delta) -> Iterator[bytes]:
    """The result, block by block."""
    inserts = _Inserts(recipe, delta.inserts_at)
    for insert, copy, offset in zip(*(column.tolist() for column in delta.instructions), strict=True):
        while insert:
            block = inserts.take(min(insert, BLOCK))
            insert -= len(block)
            yield block
        for at in range(offset, offset + copy, BLOCK):
            n = min(BLOCK, offset + copy - at)
            block = source.read(at, n)
            if len(block) != n:
                raise InputError(_("The archive changed while it was read."), where=source.name)
            yield block
    inserts.finish()


class _Inserts:
    """The inserts of a delta, unpacked as they are asked for: gzip members one after the other."""

    def __init__(self, source: Source, at: int) -> None:
        self._source = source
        self._at = at
        self._packed = b""
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._begun = False

    def take(self, n: int) -> bytes:
        """From 1 to `n` bytes."""
        while self._more():
            if part := self._unpacked(n):
                return part
        raise damaged(self._source, _("its inserts are cut off"))

    def finish(self) -> None:
        """Hold the last member against its checksum; nothing may be left."""
        while self._more():
            if self._unpacked(1):
                raise damaged(self._source, _("it holds more inserts than its instructions take"))
        if self._begun:
            raise damaged(self._source, _("its inserts are cut off"))

    def _more(self) -> bool:
        """Whether packed bytes are at hand; reads the next ones when there are none."""
        if self._member.eof:
            self._packed = self._member.unused_data
            self._member = zlib.decompressobj(_GZIP_WINDOW)
            self._begun = False
        if not self._packed:
            self._packed = self._source.read(self._at, BLOCK)
            self._at += len(self._packed)
        return bool(self._packed)

    def _unpacked(self, n: int) -> bytes:
        self._begun = True
        try:
            part = self._member.decompress(self._packed, n)
        except zlib.error as err:
            raise damaged(self._source, _("its inserts are no sound gzip data")) from err
        self._packed = self._member.unconsumed_tail
        return part
