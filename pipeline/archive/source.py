"""Where an archive's bytes come from: `(offset, length) → bytes` is the only seam."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import BinaryIO, Protocol

from pipeline.errors import InputError
from pipeline.i18n import _


class Source(Protocol):
    """Bytes by position; may be asked from several threads."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def size(self) -> int:
        """Bytes in all."""

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; fewer only at the end."""

    def close(self) -> None:
        """Nothing will be read any more."""


class MemorySource:
    """The twin that holds everything."""

    def __init__(self, data: bytes, name: str = "memory") -> None:
        self.name = name
        self.size = len(data)
        self._data = data

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`."""
        return self._data[offset : offset + length]

    def close(self) -> None:
        """Nothing to do."""


class FileSource:
    """A local file."""

    def __init__(self, path: Path) -> None:
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):  # a folder is refused when opened
                raise InputError(
                    _("This is a device or a pipe, not a file."),
                    where=str(path),
                    expected=_("a file, which can be read from any place"),
                )
            self._file: BinaryIO = path.open("rb", buffering=0)
            self.size = os.fstat(self._file.fileno()).st_size
        except OSError as err:
            raise _unreadable(path, err) from err
        self.name = str(path)
        self._lock = threading.Lock()

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; the file's position is not shared where `pread` exists.

        Raises InputError when the disk cannot be read.
        """
        length = min(length, self.size - offset)  # damaged files ask for what no system call takes
        if length <= 0:
            return b""
        try:
            if hasattr(os, "pread"):
                return os.pread(self._file.fileno(), length, offset)
            with self._lock:
                self._file.seek(offset)
                return self._file.read(length)
        except OSError as err:
            raise _unreadable(Path(self.name), err) from err

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _unreadable(path: Path, err: OSError) -> InputError:
    if isinstance(err, FileNotFoundError):
        return InputError(_("There is no such file."), where=str(path), hint=_("check the name and the folder"))
    if isinstance(err, IsADirectoryError):
        return InputError(_("This is a folder, not a file."), where=str(path), hint=_("name the archive in it"))
    return InputError(_("The file cannot be read: {reason}.").format(reason=err.strerror or err), where=str(path))
