"""Files that are there whole or not at all, whatever ends the process; and one worker at a time in a folder.

A file is written under another name in its own folder, lies on the disk, and then gets its name. No links that Windows
or file servers lack are needed. Python's standard library only (3.8 or newer), for it travels with bundles.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from pipeline.standalone import verify
    from pipeline.standalone.refused import Refused
else:  # they lie beside this file
    refused, verify = map(importlib.import_module, ("refused", "verify"))
    Refused = refused.Refused

LOCK = ".lock"
PART = ".part"  # the one unfinished file of a folder
BLOCK = 1 << 20
PATIENCE = 40  # tries at what a virus scanner or an indexer of Windows holds for a moment
PAUSE = 0.1  # seconds between them


def put(path: str, blocks: Iterable[bytes], wanted: str | None = None, *, sync: bool = True) -> None:
    """Write a file whole or not at all. Raises Refused where its sha256 is not the one wanted.

    Without `sync` the file lies on the disk, but its name only after `sync_folder`.
    """
    temporary = os.path.join(os.path.dirname(path), PART)
    digest = hashlib.sha256()
    try:
        with open(temporary, "wb") as file:
            for block in blocks:
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        if wanted is not None and digest.hexdigest() != wanted:
            raise Refused("altered", os.path.basename(path))
        patiently(os.replace, temporary, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
    if sync:
        sync_folder(os.path.dirname(path))


def patiently(change: Callable[..., None], *paths: str) -> None:
    """Rename or remove; on Windows again and again while somebody reads the file for a moment."""
    for left in reversed(range(PATIENCE if os.name == "nt" else 1)):
        try:
            change(*paths)
            return
        except PermissionError:
            if not left:
                raise
            time.sleep(PAUSE)


def sync_folder(folder: str) -> None:
    """Make renames in a folder survive a power cut; Windows and some file servers have no such call."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise
    finally:
        os.close(handle)


def blocks_of(path: str) -> Iterator[bytes]:
    """A file piece by piece."""
    with open(path, "rb") as file:
        while True:
            block = file.read(BLOCK)
            if not block:
                return
            yield block


def has_hash(path: str, wanted: str) -> bool:
    """Whether there is such a regular file, and it has this sha256."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return False
        digest = hashlib.sha256()
        for block in blocks_of(path):
            digest.update(block)
    except OSError:
        return False
    return digest.hexdigest() == wanted


def below(folder: str, path: str) -> str:
    """The file of a release that a path with slashes names. Raises ValueError for a path that could lead elsewhere."""
    if not verify.safe(path):
        raise ValueError(path)
    return os.path.join(folder, *path.split("/"))


def make_folders(root: str, folder: str) -> str:
    """Make a folder below `root` where something else may lie in its place; returns it."""
    part = folder
    while len(part) > len(root):
        if os.path.lexists(part) and not is_folder(part):
            clear(part)
        part = os.path.dirname(part)
    os.makedirs(folder, exist_ok=True)
    return folder


def clear(path: str) -> None:
    """Remove what lies at a path, whatever it is; links are not followed."""
    if is_folder(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        patiently(os.unlink, path)


def is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def remove_others(folder: str, wanted: set[str]) -> None:
    """Remove every file below a folder that is not wanted, and folders that are then empty."""
    faults: list[Any] = []
    there = verify.walk(folder, faults)
    for path in [*there, *(fault.path for fault in faults)]:
        if path not in wanted:
            clear(os.path.join(folder, *path.split("/")))
    for parent, _folders, _files in os.walk(folder, topdown=False):
        if parent != folder and not os.listdir(parent):
            os.rmdir(parent)


@contextlib.contextmanager
def hold(home: str) -> Iterator[None]:
    """Keep every other import and rollback out while the block runs; the system lets go when the process ends.

    Raises Refused when another one is at work.
    """
    path = os.path.join(home, LOCK)
    os.makedirs(home, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if not _locked(handle):
            raise Refused("busy", path)
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _locked(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _locked(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
