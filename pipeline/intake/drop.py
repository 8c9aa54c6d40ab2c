"""A drop: where departments put their packages, such as a folder on a network share; `bucket` has the others."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from pipeline.archive.staging import cannot_write
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.intake.container import Container, look_into
from pipeline.intake.origin import printable

TAKEN: Final = ".taken"  # a folder that is being taken away is called .<name>.taken


@dataclass(frozen=True, slots=True)
class Waiting:
    """A package in a drop."""

    name: str
    place: str  # its path or address
    look: Callable[[], Container]
    take_away: Callable[[], bool]  # only what was seen: False, and nothing is done, where it changed since


@dataclass(frozen=True, slots=True)
class Drop:
    """What lies in a drop, by name."""

    ready: tuple[Waiting, ...]  # packages: zips, and folders that are or hold one
    arriving: tuple[str, ...]  # packages that were changed just now: someone may still be copying them
    others: tuple[str, ...]  # neither a folder nor a zip


def look_into_drop(folder: Path, now: datetime, settle: float) -> Drop:
    """The packages in `folder`, those apart of which a file changed less than `settle` seconds before or after `now`.

    After, because the clock of a network share may be ahead. Raises InputError where the folder cannot be read.
    """
    try:
        children = sorted(child for child in folder.iterdir() if not child.name.startswith((".", "~")))
        packages = [child for child in children if _is_package(child)]
        seen = {each: tuple(_files(each)) for each in packages}
    except OSError as error:
        raise InputError(
            _("The drop cannot be read: {reason}.").format(reason=error.strerror or error),
            where=str(folder),
            expected=_("a folder with packages"),
            hint=_("check the path, and whether the network share is connected"),
        ) from error
    moment = now.timestamp()
    arriving = [each for each in packages if any(abs(moment - file.changed / 1e9) < settle for file in seen[each])]
    return Drop(
        tuple(_waiting(each, seen[each]) for each in packages if each not in arriving),
        tuple(printable(each.name) for each in arriving),
        tuple(printable(child.name) for child in children if child not in packages),
    )


@dataclass(frozen=True, slots=True, order=True)
class _File:
    path: str
    size: int
    changed: int  # nanoseconds since 1970
    number: int  # of its inode


def _waiting(path: Path, seen: tuple[_File, ...]) -> Waiting:
    return Waiting(printable(path.name), str(path), partial(look_into, path), partial(_take_away, path, seen))


def _take_away(path: Path, seen: tuple[_File, ...]) -> bool:
    """Delete a package; a folder under a name that no drop shows, so that half of one is never seen.

    Raises OutputError.
    """
    try:
        if tuple(_files(path)) != seen:
            return False
        if path.is_file():
            path.unlink()
            return True
        hidden = path.with_name(f".{path.name}{TAKEN}")
        if hidden.exists():  # what a killed process left
            shutil.rmtree(hidden)
        path.rename(hidden)
        shutil.rmtree(hidden)
    except OSError as error:
        raise cannot_write(path, error) from error
    return True


def _is_package(path: Path) -> bool:
    if path.is_symlink():
        return False
    return path.is_dir() or path.suffix.lower() == ".zip"


def _files(path: Path) -> Iterator[_File]:
    """The package itself and all files in it, in a fixed order."""
    yield _state(path)
    for folder, folders, files in os.walk(path):
        folders.sort()
        for name in sorted(files):
            yield _state(Path(folder, name))


def _state(path: Path) -> _File:
    about = path.lstat()
    return _File(str(path), about.st_size, about.st_mtime_ns, about.st_ino)
