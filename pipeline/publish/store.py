"""What a release is published to: paths that hold bytes, written whole or not at all, under a condition where asked.

A store need not be transactional. All that publishing stands on is: a write is seen whole or not at all; a conditional
write compares and writes in one step; after a write returned, every read sees it (S3 promises that since 2020).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.errors import InputError, OutputError
from pipeline.i18n import _

BLOCK = 1 << 20  # bytes that are read at a time


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a store; `etag` changes with the content, `sha256` only where the store knows it without reading."""

    path: str
    bytes: int
    etag: str
    sha256: str | None = None
    changed: float | None = None  # seconds since 1970 by the store's clock; told by lists of buckets


@dataclass(frozen=True, slots=True)
class About:
    """How a file is to be served: media type, Cache-Control; and the sha256 that it has to have."""

    type: str
    cache: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Condition:
    """Write only over the file with this etag; with None only where there is no file."""

    etag: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A file being read: its etag, its whole length, and the bytes asked for, in blocks."""

    etag: str
    size: int
    blocks: Iterator[bytes]


class MissingFile(InputError):
    """There is no such file in the store."""


class Conflict(OutputError):
    """The condition of a write does not hold: somebody else has written meanwhile."""


class Altered(OutputError):
    """What arrived is not what was sent, or what was to be sent is not what it should be."""


class Unavailable(OutputError):
    """The store did not answer or could not just now; `after` is the number of seconds it asks to be left alone."""

    def __init__(self, message: str, *, where: str | None = None, after: float | None = None) -> None:
        super().__init__(message, where=where, hint=_("run the same command again: what is there is not sent again"))
        self.after = after


class Store(Protocol):
    """Files by path, with slashes; of what is published, and of nothing else, the target's address is the root."""

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """Every file whose path starts with `prefix`, in the order of the paths' UTF-8 bytes."""

    def read(self, path: str, start: int = 0, length: int | None = None) -> Opened:
        """Open a file at byte `start`, for `length` bytes or to its end. Raises MissingFile, Unavailable."""

    def write(self, path: str, source: Path | bytes, about: About, condition: Condition | None = None) -> str:
        """Put a file there whole, and return its etag.

        Raises Conflict where the condition does not hold, Altered where the source has not `about.sha256`,
        Unavailable, or OutputError.
        """

    def delete(self, path: str) -> None:
        """Take a file away, with whatever an interrupted write of it left; nothing where there is none."""

    def about(self, path: str) -> Entry | None:
        """The file's entry, with its sha256 where the store knows or can work it out; None where there is none."""


class MemoryStore:
    """The twin that keeps everything in a dictionary."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[bytes, About, str]] = {}
        self._writes = 0
        self._lock = threading.Lock()

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """As of the moment of the call."""
        with self._lock:
            paths = sorted((path for path in self._files if path.startswith(prefix)), key=str.encode)
            entries = [self._entry(path) for path in paths]
        return iter(entries)

    def read(self, path: str, start: int = 0, length: int | None = None) -> Opened:
        """A view of the bytes that were there."""
        with self._lock:
            if path not in self._files:
                raise missing(path)
            data, _about, etag = self._files[path]
        part = data[start : None if length is None else start + length]
        return Opened(etag, len(data), (part[i : i + BLOCK] for i in range(0, len(part), BLOCK)))

    def write(self, path: str, source: Path | bytes, about: About, condition: Condition | None = None) -> str:
        """Compare, then swap."""
        data = source if isinstance(source, bytes) else source.read_bytes()
        if hashlib.sha256(data).hexdigest() != about.sha256:
            raise altered(path)
        with self._lock:
            present = self._files[path][2] if path in self._files else None
            if condition is not None and condition.etag != present:
                raise conflict(path)
            self._writes += 1
            etag = f"{self._writes:x}"
            self._files[path] = (data, about, etag)
        return etag

    def delete(self, path: str) -> None:
        """Forget the file."""
        with self._lock:
            self._files.pop(path, None)

    def about(self, path: str) -> Entry | None:
        """The entry, if any."""
        with self._lock:
            return self._entry(path) if path in self._files else None

    def served(self, path: str) -> About:
        """How the file was asked to be served."""
        return self._files[path][1]

    def _entry(self, path: str) -> Entry:
        data, about, etag = self._files[path]
        return Entry(path, len(data), etag, about.sha256)


def missing(path: str) -> MissingFile:
    """The error for a file that is not there."""
    return MissingFile(_("the target has no such file"), where=path)


def conflict(path: str) -> Conflict:
    """The error for a condition that does not hold."""
    return Conflict(
        _("somebody else has written this file meanwhile"),
        where=path,
        hint=_("see who is publishing there, then run the same command again"),
    )


def altered(path: str) -> Altered:
    """The error for bytes that have not the sha256 they should have."""
    return Altered(
        _("the bytes have not the sha256 that release.json says"),
        where=path,
        hint=_(
            "somebody changed the folder meanwhile, or the disk or the line is faulty: verify it, then publish again"
        ),
    )
