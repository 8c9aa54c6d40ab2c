"""A drop: a folder, often on a network share, into which departments copy their packages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.errors import InputError
from pipeline.i18n import _


@dataclass(frozen=True, slots=True)
class Drop:
    """What lies in a drop, by name."""

    ready: tuple[Path, ...]  # packages: zips, and folders that are or hold one
    arriving: tuple[Path, ...]  # that were changed just now: someone may still be copying them
    others: tuple[Path, ...]  # neither a folder nor a zip


def look_into_drop(folder: Path, now: datetime, settle: float) -> Drop:
    """The packages in `folder`, those apart of which a file changed less than `settle` seconds before or after `now`.

    After, because the clock of a network share may be ahead. Raises InputError where the folder cannot be read.
    """
    try:
        children = sorted(child for child in folder.iterdir() if not child.name.startswith((".", "~")))
        packages = [child for child in children if _is_package(child)]
        moment = now.timestamp()
        arriving = [each for each in packages if any(abs(moment - at) < settle for at in _changes(each))]
    except OSError as error:
        raise InputError(
            _("The drop cannot be read: {reason}.").format(reason=error.strerror or error),
            where=str(folder),
            expected=_("a folder with packages"),
            hint=_("check the path, and whether the network share is connected"),
        ) from error
    return Drop(
        tuple(each for each in packages if each not in arriving),
        tuple(arriving),
        tuple(child for child in children if child not in packages),
    )


def _is_package(path: Path) -> bool:
    if path.is_symlink():
        return False
    return path.is_dir() or path.suffix.lower() == ".zip"


def _changes(path: Path) -> Iterator[float]:
    """When a package's files were last changed, in seconds since 1970."""
    yield path.stat().st_mtime
    for folder, _folders, files in os.walk(path):
        for name in files:
            yield Path(folder, name).lstat().st_mtime
