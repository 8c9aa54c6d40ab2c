"""A folder as a store: a web server's root, a share of the intranet, a disk."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import OutputError
from pipeline.i18n import _
from pipeline.publish.store import BLOCK, About, Condition, Entry, Opened, altered, conflict, missing
from pipeline.standalone.verify import safe

try:
    import fcntl
except ImportError:  # Windows, which cannot lock a folder
    fcntl = None  # type: ignore[assignment]

PART = re.compile(r"(?:.*/)?\.[^/]+\.[0-9a-f]{16}\.part")
"""Paths of what an interrupted write leaves; `list` shows them, so that whoever holds the lease can take them away."""


class FolderStore:
    """The files below `root`, which is made when the first one is written. Links are neither shown nor followed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """Every regular file; the sha256 of none."""
        found: dict[str, os.stat_result] = {}
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(self._root / folder) as entries:
                    for entry in entries:
                        path = folder + entry.name
                        if entry.is_dir(follow_symlinks=False):
                            if (path + "/").startswith(prefix) or prefix.startswith(path + "/"):
                                waiting.append(path + "/")
                        elif entry.is_file(follow_symlinks=False) and path.startswith(prefix):
                            try:
                                found[path] = (self._root / path).lstat()
                            except FileNotFoundError:
                                continue  # renamed since
            except FileNotFoundError:
                continue
            except OSError as error:
                raise _refused(folder or ".", error) from error
        return (Entry(path, found[path].st_size, _etag(found[path])) for path in sorted(found, key=os.fsencode))

    def read(self, path: str, start: int = 0, length: int | None = None) -> Opened:
        """The file as it was when it was opened, even where it is replaced meanwhile."""
        file = self._open(path)
        about = os.fstat(file.fileno())
        return Opened(_etag(about), about.st_size, _blocks(path, file, start, length))

    def write(self, path: str, source: Path | bytes, about: About, condition: Condition | None = None) -> str:
        """Copy to a temporary name in the same folder, sync, compare the sha256, rename.

        A condition holds from the comparison to the rename, because the folder is locked (flock) in between; on
        Windows only "where there is no file" does.
        """
        place = self._place(path)
        temporary = place.with_name(f".{place.name}.{secrets.token_hex(8)}.part")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("xb") as file:
                    if _copy(source, file) != about.sha256:
                        raise altered(path)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.chmod(0o644)  # a server that runs as somebody else must be able to read it
                with _locked(self._root, condition):
                    if condition is None:
                        temporary.replace(place)
                    elif condition.etag is None:
                        _rename_new(temporary, place)
                    else:
                        present = self._about(path)
                        if present is None or present.etag != condition.etag:
                            raise conflict(path)
                        temporary.replace(place)
                    etag = _etag(place.lstat())
                _sync_folder(place.parent)
            finally:
                temporary.unlink(missing_ok=True)
        except FileExistsError as error:
            raise conflict(path) from error
        except OSError as error:
            raise _refused(path, error) from error
        return etag

    def delete(self, path: str) -> None:
        """Take the file and its temporary names away, then folders that are empty."""
        place = self._place(path)
        try:
            place.unlink(missing_ok=True)
            if place.parent.is_dir():
                for other in list(place.parent.iterdir()):
                    if PART.fullmatch(other.name) and other.name[1:-22] == place.name:
                        other.unlink(missing_ok=True)
            folder = place.parent
            while folder != self._root and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
                folder = folder.parent
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise _refused(path, error) from error

    def about(self, path: str) -> Entry | None:
        """The entry; the sha256 is worked out by reading the file."""
        if self._about(path) is None:
            return None
        try:
            opened = self.read(path)
            digest = hashlib.sha256()
            for block in opened.blocks:
                digest.update(block)
        except FileNotFoundError:
            return None
        return Entry(path, opened.size, opened.etag, digest.hexdigest())

    def _about(self, path: str) -> Entry | None:
        try:
            about = self._place(path).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Entry(path, about.st_size, _etag(about)) if stat.S_ISREG(about.st_mode) else None

    def _open(self, path: str) -> BinaryIO:
        try:
            number = os.open(self._place(path), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise missing(path) from error
        except OSError as error:
            raise _refused(path, error) from error
        return os.fdopen(number, "rb")

    def _place(self, path: str) -> Path:
        """Where a path lies: below the root, whatever it says, and through no link."""
        if not safe(path):
            raise OutputError(
                _("this path leads out of the target, or can be no file's name on some systems"), where=path
            )
        place = self._root
        for part in path.split("/")[:-1]:
            place = place / part
            if place.is_symlink():
                raise OutputError(
                    _("a link stands in the target, and may lead anywhere"),
                    where=str(place),
                    hint=_("put a folder in its place"),
                )
        return place / path.rpartition("/")[2]


def _etag(about: os.stat_result) -> str:
    """Changes with every write, for each is a new file with a time of its own."""
    return f"{about.st_ino:x}-{about.st_mtime_ns:x}-{about.st_size:x}"


def _blocks(path: str, file: BinaryIO, start: int, length: int | None) -> Iterator[bytes]:
    with file:
        try:
            file.seek(start)
            left = length
            while left is None or left > 0:
                block = file.read(BLOCK if left is None else min(BLOCK, left))
                if not block:
                    return
                if left is not None:
                    left -= len(block)
                yield block
        except OSError as error:
            raise _refused(path, error) from error


def _copy(source: Path | bytes, out: BinaryIO) -> str:
    """Write everything to `out` and return its sha256; a link is not followed."""
    if isinstance(source, bytes):
        out.write(source)
        return hashlib.sha256(source).hexdigest()
    digest = hashlib.sha256()
    number = os.open(source, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(number, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            out.write(block)
    return digest.hexdigest()


def _rename_new(temporary: Path, place: Path) -> None:
    """Rename, or raise FileExistsError where there is a file."""
    if os.name == "nt":
        temporary.rename(place)
        return
    try:
        os.link(temporary, place)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP):
            raise
        if place.exists():  # a file system without hard links; the folder is locked
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place)) from error
        temporary.replace(place)


@contextmanager
def _locked(root: Path, condition: Condition | None) -> Iterator[None]:
    """The folder for ourselves, where a condition must hold meanwhile; the system ends the lock of whoever dies."""
    if condition is None or fcntl is None:
        yield
        return
    number = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL):
                raise
        yield
    finally:
        os.close(number)


def _sync_folder(folder: Path) -> None:
    """Make the rename last through a power cut, where folders can be synced."""
    if os.name == "nt":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(number)


def _refused(path: str, error: OSError) -> Any:
    full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
    return OutputError(
        _("the disk is full")
        if full
        else _("the target refuses: {reason}").format(reason=error.strerror or str(error)),
        where=path,
        hint=_("make room, then run the same command again: what is there is not written again")
        if full
        else _("check the permissions and the free space of the target"),
    )
