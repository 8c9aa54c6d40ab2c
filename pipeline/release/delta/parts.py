"""One file of a delta: what makes a file of the newer release, out of one of the older or of nothing."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from pipeline.archive.delta_writer import write_delta
from pipeline.archive.patch import apply_delta
from pipeline.archive.reader import open_archive
from pipeline.archive.staging import StagedFile
from pipeline.errors import InputError
from pipeline.i18n import _


def write_part(base: Path | None, file: Path, out: Path, *, threads: int | None) -> bool:
    """Write what makes `file` out of `base`, and tell whether it starts from there."""
    if base is not None and file.suffix == base.suffix == ".pmtiles":
        with open_archive(base) as a, open_archive(file) as b:
            write_delta(a, b, out)
        return True
    with StagedFile(out) as staged, file.open("rb") as source:
        shutil.copyfileobj(source, staged.file)
        staged.commit()
    return False


def apply_part(base: Path | None, part: Path, place: Path, *, size: int, sha256: str, threads: int | None) -> None:
    """Make `place`, of `size` bytes with this sha256, from a part and the file that it starts from."""
    if base is not None:
        made = apply_delta(base, part, place)
        if (made.bytes, made.sha256) != (size, sha256):
            place.unlink()
            raise _other(part)
        return
    with StagedFile(place) as staged, part.open("rb") as source:
        shutil.copyfileobj(source, staged.file)
        staged.file.flush()
        with staged.temporary.open("rb") as made_file:
            if hashlib.file_digest(made_file, "sha256").hexdigest() != sha256:
                raise _other(part)
        staged.commit()


def _other(part: Path) -> InputError:
    return InputError(
        _("The delta is damaged: {reason}.").format(reason=_("what it makes is not what it promises")),
        where=str(part),
        hint=_("copy or download the delta again; nothing was changed"),
    )
