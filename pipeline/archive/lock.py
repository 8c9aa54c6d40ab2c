"""A file that one process at a time holds; the system lets go of it when the process ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipeline.archive.staging import cannot_write
from pipeline.errors import OutputError
from pipeline.i18n import _

_PAUSE: Final = 0.05  # seconds between two tries


@contextlib.contextmanager
def hold(lock: Path, busy: str, *, wait: float = 0.0) -> Iterator[None]:
    """Hold the file `lock` while the block runs, so that two processes cannot do the same at once.

    Raises OutputError with the message `busy` when another one has held it for `wait` seconds.
    """
    with _opened(lock) as handle:
        end = time.monotonic() + wait
        while not _try_lock(handle):
            if time.monotonic() >= end:
                raise OutputError(busy, where=str(lock), hint=_("wait until it has ended, or end it"))
            time.sleep(_PAUSE)
        yield


@contextlib.contextmanager
def hold_if_free(lock: Path) -> Iterator[bool]:
    """Hold the file `lock` while the block runs where nobody else does; True where it is held."""
    with _opened(lock) as handle:
        yield _try_lock(handle)


@contextlib.contextmanager
def _opened(lock: Path) -> Iterator[int]:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise cannot_write(lock, error) from error
    try:
        yield handle
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
