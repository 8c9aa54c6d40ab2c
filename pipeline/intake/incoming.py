"""Folders in which packages are unpacked before they are decided on.

    store/.incoming/<token>/   the work of one submission, beside <token>.lock, which its process holds

What a killed process left is swept away by the next one that changes the store (`acceptance.changing`).
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from pipeline.archive.lock import hold
from pipeline.archive.staging import cannot_write
from pipeline.i18n import _
from pipeline.intake.acceptance import INCOMING, changing
from pipeline.intake.store import STORE
from pipeline.progress import Progress


@contextlib.contextmanager
def incoming(root: Path, progress: Progress) -> Iterator[Path]:
    """A new empty folder on the store's disk, gone when the block ends. Raises OutputError."""
    folder = root / STORE / INCOMING / secrets.token_hex(8)
    lock = folder.with_suffix(".lock")
    with contextlib.ExitStack() as stack:
        with changing(root, progress):  # so that nobody sweeps between the folder and its lock
            try:
                folder.mkdir(parents=True)
            except OSError as error:
                raise cannot_write(folder, error) from error
            stack.callback(_remove, folder, lock)
            stack.enter_context(hold(lock, _("another process changes the store")))
        yield folder


def _remove(folder: Path, lock: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        lock.unlink()
