"""A published folder that changes as a whole: built beside its name, swapped in at the end, else gone without a trace.

    dist/.public.new     being built
    dist/.public.old     the last one, for the moment between two renames
    dist/public          what is served

Names are fixed, because `exclusive` lets one build at a time into a workspace; so whatever a killed build left is
found and set right by the next one.
"""

from __future__ import annotations

import os
import shutil
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from pipeline.archive.lock import hold
from pipeline.archive.staging import cannot_write, sync_folder
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
            sync_folder(self.target.parent)
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


def exclusive(lock: Path) -> AbstractContextManager[None]:
    """Hold the file `lock`, so that two builds of one workspace cannot meet; OutputError when another process does."""
    return hold(lock, _("another build of this workspace is running"))


def place_file(source: Path, target: Path) -> None:
    """Put a finished file under another name too: a hard link where the file system has them, else a copy."""
    try:
        os.link(source, target)
    except OSError:
        try:
            shutil.copyfile(source, target)
        except OSError as error:
            raise cannot_write(target, error) from error
