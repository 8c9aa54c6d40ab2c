"""Folders in which packages are unpacked before they are decided on; what a killed process left is swept away.

store/.lock                held while the store changes, by one process at a time
store/.incoming/<token>/   the work of one submission, beside <token>.lock, which its process holds
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipeline.archive.lock import hold, hold_if_free
from pipeline.archive.staging import cannot_write
from pipeline.i18n import _
from pipeline.intake.acceptance import changing
from pipeline.intake.store import STORE
from pipeline.progress import Progress

_INCOMING: Final = ".incoming"


@contextlib.contextmanager
def incoming(root: Path, progress: Progress) -> Iterator[Path]:
    """A new empty folder on the store's disk, gone when the block ends. Raises OutputError."""
    folder = root / STORE / _INCOMING / secrets.token_hex(8)
    lock = folder.with_suffix(".lock")
    with contextlib.ExitStack() as stack:
        with changing(root, progress):  # so that nobody sweeps between the folder and its lock
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
    for name in sorted({each.stem for each in folder.iterdir()}):
        lock = folder / f"{name}.lock"
        with hold_if_free(lock) as dead:
            if dead:
                shutil.rmtree(folder / name, ignore_errors=True)
        if dead:
            with contextlib.suppress(OSError):
                lock.unlink()


def _remove(folder: Path, lock: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        lock.unlink()
