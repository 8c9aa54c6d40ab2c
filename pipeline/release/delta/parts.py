"""One file of a delta: what makes a file of the newer release, out of one of the older or of nothing.

A part of either kind is a delta as docs/delta.md describes it; of a file that is new it starts from an empty one, of a
page that carries files of its own release it makes the shell.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pipeline.archive.delta import Identity
from pipeline.archive.delta_writer import write_delta, write_file_delta
from pipeline.archive.patch import apply_delta, check_delta
from pipeline.archive.reader import open_archive
from pipeline.archive.source import FileSource, MemorySource, Source
from pipeline.archive.staging import StagedFile
from pipeline.errors import ArchiveError, InputError
from pipeline.i18n import _
from pipeline.release.delta.listing import FileStep, Filling
from pipeline.release.delta.pages import NAME, filled, fills_itself, shell_of


def write_part(
    base: Path | None, folder: Path, path: str, out: Path, *, repack: bool, threads: int | None
) -> Filling | None:
    """Write what makes the file `path` of a release's folder out of `base`; what it is filled with, where it is.

    Archives are told tile by tile, other files block by block.
    """
    file = folder / path
    if base is not None and file.suffix == base.suffix == ".pmtiles":
        try:
            with open_archive(base) as a, open_archive(file) as b:
                write_delta(a, b, out, repack=repack, threads=threads)
                return None
        except ArchiveError:  # it is an archive by its name alone, and any other file to us
            out.unlink(missing_ok=True)
    filling = None
    nothing: Source = MemorySource(b"")
    before = FileSource(base) if base is not None else nothing
    after: Source = FileSource(file)
    shell = shell_of(file) if path == NAME else None
    if shell is not None and shell.fills and fills_itself(file, shell, folder):
        filling = Filling(len(shell.data), hashlib.sha256(shell.data).hexdigest(), shell.fills)
        before.close()
        after.close()
        before = MemorySource(shell_of(base).data) if base is not None else nothing
        after = MemorySource(shell.data)
    with closing(before), closing(after):
        write_file_delta(before, after, out, threads=threads)
    return filling


def apply_part(base: Path | None, part: Path, place: Path, step: FileStep, out: Path, *, threads: int | None) -> None:
    """Make a step's file at `place` from its part and the file that it starts from; `out` holds what it is filled with.

    Raises InputError when the part is damaged or leads to another file, OutputError when there is no room.
    """
    if step.filling is None:
        target = Identity(step.bytes, bytes.fromhex(step.sha256))
        apply_delta(base, part, place, target=target, check_base=False, threads=threads)
        return
    with _shell(base, part, step.filling, threads) as shell:
        digest, size = hashlib.sha256(), 0
        with StagedFile(place) as staged:
            for block in filled(shell, step.filling.files, out):
                size += len(block)
                if size > step.bytes:
                    break
                digest.update(block)
                staged.file.write(block)
            if (size, digest.hexdigest()) != (step.bytes, step.sha256):
                raise _other(part)
            staged.commit()


def check_part(base: Path | None, part: Path, step: FileStep, folder: Path, *, threads: int | None) -> None:
    """The same without writing it; `folder` is the release's. Raises InputError as above."""
    if step.filling is None:
        check_delta(base, part, target=Identity(step.bytes, bytes.fromhex(step.sha256)), threads=threads)
        return
    with _shell(base, part, step.filling, threads) as shell:
        digest = hashlib.sha256()
        for block in filled(shell, step.filling.files, folder):
            digest.update(block)
        if digest.hexdigest() != step.sha256:
            raise _other(part)


@contextmanager
def _shell(base: Path | None, part: Path, filling: Filling, threads: int | None) -> Iterator[bytes]:
    """The shell that a part makes of the older page's."""
    with tempfile.TemporaryDirectory(prefix="longquan-") as name:
        before, after = Path(name) / "before", Path(name) / "after"
        if base is not None:
            before.write_bytes(shell_of(base).data)
        target = Identity(filling.bytes, bytes.fromhex(filling.sha256))
        start = before if base is not None else None
        apply_delta(start, part, after, target=target, check_base=False, threads=threads)
        yield after.read_bytes()


def _other(part: Path) -> InputError:
    return InputError(
        _("The delta is damaged: {reason}.").format(reason=_("what it makes is not what it promises")),
        where=str(part),
        hint=_("copy or download the delta again; nothing was changed"),
    )
