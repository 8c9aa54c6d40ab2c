"""A published folder that changes as a whole: built beside its name, swapped in at the end, else gone without a trace.

    dist/.public.new     being built
    dist/.public.old     the last one, for the moment between two renames
    dist/public          what is served

Names are fixed, because `exclusive` lets one build at a time into a workspace; so whatever a killed build left is
found and set right by the next one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from pipeline.archive.staging import cannot_write
from pipeline.errors import OutputError
from pipeline.i18n import _


class Stage:
    """A context manager around `folder`, a new empty folder; `commit` puts it in the place of `target`.

    A target that is a symbolic link (dist/public on another disk, say) stays one: the folder behind it is replaced.
    """

    def __init__(self, target: Path) -> None:
        target = target.resolve() if target.is_symlink() else target
        self.target = target
        self.folder = target.with_name(f".{target.name}.new")
        self._old = target.with_name(f".{target.name}.old")

    def __enter__(self) -> Stage:
        try:
            self._recover()
            self.folder.mkdir(parents=True)
        except OSError as error:
            raise cannot_write(self.folder, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def commit(self) -> None:
        """Swap the new folder in by two renames; if the second fails, the first is taken back.

        Raises OutputError when the target cannot be replaced; it is then as it was.
        """
        try:
            try:
                if self.target.exists():
                    self.target.rename(self._old)
                self.folder.rename(self.target)
            except BaseException:
                if self._old.exists() and not self.target.exists():
                    self._old.rename(self.target)
                raise
            _sync(self.target.parent)
        except OSError as error:
            raise cannot_write(self.target, error) from error
        shutil.rmtree(self._old, ignore_errors=True)

    def _recover(self) -> None:
        """Set right what a killed build left: half a new folder, or an old one whose successor never came."""
        if self._old.exists():
            if self.target.exists():
                shutil.rmtree(self._old)
            else:
                self._old.rename(self.target)
        if self.folder.exists():
            shutil.rmtree(self.folder)


@contextlib.contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold the file `lock` while the block runs, so that two builds of one workspace cannot meet.

    The system lets go of it when the process ends, however it ends. Raises OutputError when another process holds it.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("ab")
    except OSError as error:
        raise cannot_write(lock, error) from error
    with file:
        if not _try_lock(file.fileno()):
            raise OutputError(
                _("another build of this workspace is running"),
                where=str(lock),
                hint=_("wait until it has ended, or end it"),
            )
        yield


def place_file(source: Path, target: Path) -> None:
    """Put a finished file under another name too: a hard link where the file system has them, else a copy."""
    try:
        os.link(source, target)
    except OSError:
        try:
            shutil.copyfile(source, target)
        except OSError as error:
            raise cannot_write(target, error) from error


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _sync(folder: Path) -> None:
        """Windows has no such call."""

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _sync(folder: Path) -> None:
        """Make the renames survive a power cut."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
