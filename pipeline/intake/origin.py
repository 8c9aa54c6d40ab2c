"""Where a package lies, and how it is read there: a folder or a zip on a disk; `bucket` has the ones in buckets."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Protocol, cast

from pipeline.archive.staging import cannot_write
from pipeline.framework.package import SUMS_FILE

PACKAGE: Final = "package"  # the folder in inbox/refused/<hash>/ that holds what came as a folder


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a package."""

    name: str  # in the package's folder, with slashes
    size: int  # bytes, as declared
    held: Path | zipfile.ZipInfo | str  # str: the path of an object in a store


class Origin(Protocol):
    """A package as it lies, which may change or vanish at any time."""

    @property
    def name(self) -> str:
        """What it is called there."""

    @property
    def place(self) -> str:
        """Its path or address, for people."""

    def opened(self) -> AbstractContextManager[Callable[[Member], IO[bytes]]]:
        """A function that opens a file of the package, while the block runs; it raises OSError, zipfile.BadZipFile."""

    def digest(self) -> str:
        """The sha256 of a package that cannot be unpacked: of the zip, of a folder over names and contents."""

    def keep(self, staged: Path) -> None:
        """Copy it into the folder `staged` as it lies, links apart. Raises OutputError."""


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A folder, or a zip."""

    path: Path

    @property
    def name(self) -> str:
        """The last part of its path, also of "."."""
        return printable(self.path.resolve().name)

    @property
    def place(self) -> str:
        """Its path as it was given."""
        return str(self.path)

    @contextmanager
    def opened(self) -> Iterator[Callable[[Member], IO[bytes]]]:
        """Opens files of the folder as they are now, those of a zip by its directory."""
        if self.path.is_dir():
            yield lambda member: _open_file(cast(Path, member.held))
            return
        with zipfile.ZipFile(self.path) as archive:
            yield lambda member: archive.open(cast(zipfile.ZipInfo, member.held))

    def digest(self) -> str:
        """Of all regular files; links are not followed."""
        if self.path.is_file():
            return _sha256(self.path)
        regular = [each for each in self.path.rglob("*") if each.is_file() and not each.is_symlink()]
        return identity({printable(each.relative_to(self.path).as_posix()): _sha256(each) for each in regular})

    def keep(self, staged: Path) -> None:
        """The zip under its name, or what is plain in the folder."""
        try:
            if self.path.is_dir():
                shutil.copytree(self.path, staged / PACKAGE, symlinks=False, ignore=_not_plain)
            else:
                shutil.copyfile(self.path, staged / self.path.name)
        except shutil.Error as error:
            raise cannot_write(staged, OSError(*error.args[:1])) from error
        except OSError as error:
            raise cannot_write(staged, error) from error


def identity(digests: Mapping[str, str]) -> str:
    """The sha256 of a package: of the lines "sha256  name" of its files without SHA256SUMS, in order of names.

    A package is the same whether it comes as a folder or as a zip, whatever packed it.
    """
    lines = [f"{digest}  {name}\n" for name, digest in digests.items() if name != SUMS_FILE]
    return hashlib.sha256("".join(sorted(lines, key=lambda line: line[66:])).encode("utf-8", "replace")).hexdigest()


def printable(name: str) -> str:
    """The name with a mark where it is no text: bytes that the system could not decode (PEP 383)."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def is_junction(path: Path) -> bool:
    """Whether it is a folder of Windows that stands for another one (Python 3.12 has a name for it)."""
    return bool(getattr(path.lstat(), "st_file_attributes", 0) & getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0x400))


def _open_file(path: Path) -> IO[bytes]:
    """What was a file when it was listed may have become a link to another, which is not followed."""
    return os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)), "rb")


def _not_plain(folder: str, names: list[str]) -> list[str]:
    """What is neither a file nor a folder of its own."""
    with os.scandir(folder) as entries:
        plain = {e.name for e in entries if e.is_file(follow_symlinks=False) or e.is_dir(follow_symlinks=False)}
    return [name for name in names if name not in plain]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
