"""The folder in which a build puts what does not fit into memory: one for each build that runs."""

from __future__ import annotations

import glob
import os
import shutil
from pathlib import Path

_OWNER = "process"  # the file that names the process at work


def claim(out: Path, work: Path | None, digest: str | None) -> Path:
    """The folder for building `out`, below `work` or beside the archive; it need not exist.

    Builds of the same recipe (`digest`) share one, so that an interrupted one is taken up; while another process is at
    work in it, and without a recipe, a build has one of its own.
    """
    parent = (work or out.parent).absolute()  # who goes on may stand in another folder
    folder = parent / f".{out.name}.{digest or os.getpid()}.work"
    return parent / f".{out.name}.{digest}-{os.getpid()}.work" if digest and _at_work(folder) else folder


def sign(folder: Path) -> None:
    """Make the folder, for this user only, and say who is at work in it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / _OWNER).write_text(str(os.getpid()))


def clear(out: Path, folder: Path) -> None:
    """Remove the folder, and those that other builds of the archive left when they were killed."""
    shutil.rmtree(folder, ignore_errors=True)
    for left in folder.parent.glob(f".{glob.escape(out.name)}.*.work"):
        if not _at_work(left):
            shutil.rmtree(left, ignore_errors=True)


def is_own(folder: Path) -> bool:
    """Whether nobody but this user can have written into the folder: what is taken up from it is trusted."""
    if not hasattr(os, "getuid"):
        return True
    known = folder.stat()
    return known.st_uid == os.getuid() and not known.st_mode & 0o022


def _at_work(folder: Path) -> bool:
    """Whether another living process signed the folder."""
    try:
        process = int((folder / _OWNER).read_text())
        if process == os.getpid():
            return False
        os.kill(process, 0)
    except PermissionError:  # alive, and someone else's
        return True
    except (OSError, ValueError):
        return False
    return True
