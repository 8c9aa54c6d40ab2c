"""Folders in which packages are unpacked before they are decided on; what a killed process left is swept away.

store/.lock                held while the store changes, by one process at a time
store/.incoming/<token>/   the work of one submission, beside <token>.lock, which its process holds
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from pipeline.archive.lock import hold, hold_if_free
from pipeline.archive.staging import cannot_write
from pipeline.i18n import _
from pipeline.intake.store import STORE

WAIT: Final = 600.0  # seconds that a change of the store waits for those of others; each takes a moment
_INCOMING: Final = ".incoming"


def store_lock(root: Path) -> AbstractContextManager[None]:
    """Hold the store of the workspace `root`, waiting for others; OutputError when they take too long."""
    return hold(root / STORE / ".lock", _("another process changes the store"), wait=WAIT)


@contextlib.contextmanager
def incoming(root: Path) -> Iterator[Path]:
    """A new empty folder on the store's disk, gone when the block ends. Raises OutputError."""
    folder = root / STORE / _INCOMING / secrets.token_hex(8)
    lock = folder.with_suffix(".lock")
    with contextlib.ExitStack() as stack:
        with store_lock(root):  # so that nobody sweeps between the folder and its lock
            try:
                folder.mkdir(parents=True)
            except OSError as error:
                raise cannot_write(folder, error) from error
            stack.callback(_remove, folder, lock)
            stack.enter_context(hold(lock, _("another process changes the store")))
            _sweep(folder.parent)
        yield folder


def _sweep(folder: Path) -> None:
    """Remove the work of processes that are no more. Held: the store's lock."""
    for each in sorted(folder.iterdir()):
        if each.is_dir():
            with hold_if_free(each.with_suffix(".lock")) as dead:
                if dead:
                    shutil.rmtree(each, ignore_errors=True)
            if dead:
                with contextlib.suppress(OSError):
                    each.with_suffix(".lock").unlink()


def _remove(folder: Path, lock: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        lock.unlink()
