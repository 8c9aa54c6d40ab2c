"""Files that appear under their name whole or not at all: temporary name beside it, fsync, rename."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import sys
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final

from pipeline.errors import OutputError
from pipeline.i18n import _

_NAME_LIMIT: Final = 255  # bytes


class StagedFile:
    """A binary file written under a temporary name; `commit` gives it its own, leaving without removes it.

    What can be made again (`durable` false) is not waited for until it lies on the disk.
    """

    def __init__(self, path: Path, *, no_clobber: bool = False, durable: bool = True) -> None:
        require_file_name(path)
        self.path = path
        self.no_clobber = no_clobber
        self.durable = durable
        self.temporary = temporary_beside(path)
        try:
            self.file: BinaryIO = self.temporary.open("xb")
        except OSError as err:
            raise cannot_write(path, err) from err

    def __enter__(self) -> StagedFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()
        if isinstance(error, OSError):
            raise cannot_write(self.path, error) from error

    def commit(self) -> None:
        """Make what was written durable and visible under the final name.

        Raises OSError (OutputError through the context manager); OutputError when `no_clobber` and the name is taken.
        """
        self.file.flush()
        if self.durable:
            os.fsync(self.file.fileno())
        self.file.close()
        if self.no_clobber:
            _link_new(self.temporary, self.path)
        else:
            self.temporary.replace(self.path)
        if self.durable:
            sync_folder(self.path.parent)

    def discard(self) -> None:
        """Remove the temporary file, if it is still there; may be called at any time, more than once."""
        with contextlib.suppress(OSError):
            self.file.close()  # flushing may fail again on a full disk
        with contextlib.suppress(OSError):
            self.temporary.unlink()


def temporary_beside(path: Path) -> Path:
    """A name in the same folder that nobody else has: hidden, and told by its end.

    It shows whose it is where that fits; names have 255 bytes on nearly every file system, 85 Chinese characters.
    """
    suffix = f".{secrets.token_hex(6)}.part"
    name = f".{path.name}{suffix}"
    return path.with_name(name if len(os.fsencode(name)) <= _NAME_LIMIT else suffix)


def refuse_existing(path: Path) -> None:
    """Raise OutputError when `path` is taken."""
    if os.path.lexists(path):
        raise _exists(path)


def require_file_name(path: Path) -> None:
    """Raise OutputError when `path` can never become a file: it names a folder, a device, or nothing.

    Devices and pipes would not be written to, they would be replaced.
    """
    try:
        mode = path.stat().st_mode
    except OSError:  # not there, or out of reach: whoever opens it is told
        mode = None
    if path.name in ("", "..") or (mode is not None and stat.S_ISDIR(mode)):
        raise OutputError(
            _("This is a folder, not the name of a file."),
            where=str(path),
            hint=_("give the name of a file in an existing folder"),
        )
    if mode is not None and not stat.S_ISREG(mode):
        raise OutputError(
            _("This is a device or a pipe, not a file."),
            where=str(path),
            expected=_("the name of a file, which appears when it is complete"),
        )


def cannot_write(path: Path, err: OSError) -> OutputError:
    """The operating system's refusal in words that say what to do."""
    where = str(path)
    if err.errno in {errno.ENOSPC, errno.EDQUOT}:
        return OutputError(
            _("The disk is full."),
            where=where,
            hint=_(
                "free some space or choose another folder; an archive needs twice its size while it is written. "
                "Nothing was left behind"
            ),
        )
    if err.errno == errno.EFBIG:
        return OutputError(
            _("The file grows larger than the system allows."),
            where=where,
            hint=_("raise the limit (`ulimit -f`), or use a file system for large files (not FAT32)"),
        )
    if err.errno == errno.ENOENT and path.parent.is_dir():  # as /proc answers
        return OutputError(
            _("The system lets nobody make files here."), where=where, hint=_("choose a folder on a disk")
        )
    if err.errno == errno.ENOENT:
        return OutputError(
            _("The folder does not exist: {folder}.").format(folder=path.parent),
            where=where,
            hint=_("create the folder first, or choose another one"),
        )
    if err.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return OutputError(
            _("No permission to write here."), where=where, hint=_("choose a folder of your own, or ask for access")
        )
    if err.errno in {errno.EISDIR, errno.ENOTDIR}:
        return OutputError(
            _("This is not a place for a file: {reason}.").format(reason=err.strerror),
            where=where,
            hint=_("give the name of a file in an existing folder"),
        )
    return OutputError(_("Cannot write: {reason}.").format(reason=err.strerror or err), where=where)


def _link_new(temporary: Path, path: Path) -> None:
    """Rename without ever replacing: a hard link fails when the name is taken, a rename does not."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError:  # a file system without hard links
        refuse_existing(path)
        temporary.replace(path)
    else:
        temporary.unlink()


def _exists(path: Path) -> OutputError:
    return OutputError(
        _("The file exists already."),
        where=str(path),
        hint=_("choose another name, or allow it to be replaced"),
    )


def sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut; Windows has no such call."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
