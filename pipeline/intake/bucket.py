"""A drop in a bucket (S3, MinIO, Ceph …), whose packages are read where they lie: zips by parts, folders by objects.

Nothing is fetched before it is known that it may be: of a zip its directory, package.toml and SHA256SUMS are read.
"""

from __future__ import annotations

import hashlib
import io
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, Protocol, cast

from pipeline.archive.staging import cannot_write
from pipeline.errors import InputError
from pipeline.framework.package import PACKAGE_FILE, SUMS_FILE
from pipeline.i18n import _
from pipeline.intake.container import (
    Container,
    Limits,
    PackageFault,
    escapes,
    has_odd_name,
    is_junk,
    judge,
    look_into_zip,
    path_escape,
)
from pipeline.intake.drop import Drop, Waiting
from pipeline.intake.origin import PACKAGE, Member, identity, printable

_BUFFER: Final = 1 << 16  # bytes that are asked of an object at least
_LAST: Final = {PACKAGE_FILE: 1, SUMS_FILE: 2}  # deleted after all data: what is left by then is no package


class Listed(Protocol):
    """An object as a list has it."""

    @property
    def path(self) -> str:
        """Its key below the address of the drop."""

    @property
    def bytes(self) -> int:
        """Its size."""

    @property
    def etag(self) -> str:
        """Changes with the content."""

    @property
    def changed(self) -> float | None:
        """When it was written, in seconds since 1970 by the store's clock."""


class Reading(Protocol):
    """An object that is being read."""

    @property
    def etag(self) -> str:
        """That of the content that comes."""

    @property
    def blocks(self) -> Iterator[bytes]:
        """The bytes asked for."""


class Objects(Protocol):
    """What a drop needs of a store; those that releases are published to have it, and one in memory among them."""

    def list(self, prefix: str = "") -> Iterator[Listed]:
        """Every object whose path starts with `prefix`."""

    def read(self, path: str, start: int = 0, length: int | None = None) -> Reading:
        """Open an object at byte `start`."""

    def delete(self, path: str) -> None:
        """Take an object away; nothing where there is none."""


def look_into_bucket(objects: Objects, address: str, now: datetime, settle: float) -> Drop:
    """The packages at `address`: zips, which are whole as soon as they are seen, and what lies in folders.

    Of a folder no object may have been written less than `settle` seconds before or after `now`. Raises what the store
    raises.
    """
    tops: dict[str, list[Listed]] = {}
    for each in objects.list():
        top = each.path.partition("/")[0]
        if not top.startswith((".", "~")):
            tops.setdefault(top, []).append(each)
    ready, arriving, others = list[Waiting](), list[str](), list[str]()
    moment = now.timestamp()
    for top, found in tops.items():
        files = [each for each in found if each.path != top]
        if top.lower().endswith(".zip") and not files:
            ready.append(_waiting(objects, address, top, found, folder=False))
        elif all(each.path in (top, f"{top}/{SUMS_FILE}") for each in found):
            others.append(printable(top))  # a file, or what is left of a package that was taken away
        elif any(each.changed is not None and abs(moment - each.changed) < settle for each in files):
            arriving.append(printable(top))
        else:
            ready.append(_waiting(objects, address, top, files, folder=True))
    return Drop(tuple(ready), tuple(arriving), tuple(others))


@dataclass(frozen=True, slots=True)
class InBucket:
    """One zip in a bucket, or the objects of a folder."""

    objects: Objects
    address: str  # of the drop
    path: str  # of the zip or of the folder, below that
    found: tuple[Listed, ...]
    folder: bool

    @property
    def name(self) -> str:
        """The last part of its address."""
        return printable(self.path)

    @property
    def place(self) -> str:
        """Its address."""
        return f"{self.address.rstrip('/')}/{self.name}"

    @contextmanager
    def opened(self) -> Iterator[Callable[[Member], IO[bytes]]]:
        """Opens objects of the folder, or files of the zip by its directory."""
        if self.folder:
            by_path = {each.path: each for each in self.found}
            yield lambda member: _open(self.objects, by_path[cast(str, member.held)])
            return
        with self.zip_file() as file, zipfile.ZipFile(file) as archive:
            yield lambda member: archive.open(cast(zipfile.ZipInfo, member.held))

    def zip_file(self) -> BinaryIO:
        """The zip, to be read from any place."""
        return _open(self.objects, self.found[0])

    def digest(self) -> str:
        """Everything is read once."""
        if not self.folder:
            return self._sha256(self.found[0])
        return identity({printable(self._inner(each)): self._sha256(each) for each in self.found})

    def keep(self, staged: Path) -> None:
        """The zip; of a folder, whose keys may be no names of files, a zip of its objects by their keys."""
        name = PACKAGE if has_odd_name(self.name) else self.name
        target = staged / (name if name.lower().endswith(".zip") else f"{name}.zip")
        try:
            if not self.folder:
                with target.open("xb") as out:
                    for block in self._blocks(self.found[0]):
                        out.write(block)
                return
            with zipfile.ZipFile(target, "x") as archive:
                for each in self.found:
                    with archive.open(zipfile.ZipInfo(self._inner(each)), "w", force_zip64=True) as inner:
                        for block in self._blocks(each):
                            inner.write(block)
        except OSError as error:
            raise cannot_write(target, error) from error

    def take_away(self) -> bool:
        """Delete what was found, package.toml and SHA256SUMS last; nothing where an object changed or came since."""
        listed = self.objects.list(f"{self.path}/" if self.folder else self.path)
        now = {each.path: each.etag for each in listed if self.folder or each.path == self.path}
        if now.items() - {each.path: each.etag for each in self.found}.items():
            return False
        for each in sorted(self.found, key=lambda each: (_LAST.get(self._inner(each), 0), each.path)):
            self.objects.delete(each.path)
        return True

    def _inner(self, each: Listed) -> str:
        """The name of an object in its folder."""
        return each.path[len(self.path) + 1 :]

    def _sha256(self, each: Listed) -> str:
        digest = hashlib.sha256()
        for block in self._blocks(each):
            digest.update(block)
        return digest.hexdigest()

    def _blocks(self, each: Listed) -> Iterator[bytes]:
        reading = self.objects.read(each.path)
        if reading.etag != each.etag:
            raise _changed(each)
        yield from reading.blocks


class _Object(io.RawIOBase):
    """An object as a file: one request for all that is read in one go."""

    def __init__(self, objects: Objects, listed: Listed) -> None:
        self._objects = objects
        self._listed = listed
        self._at = 0
        self._blocks: Iterator[bytes] | None = None
        self._block = memoryview(b"")
        self._next = 0  # where in the object `_block` begins

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._listed.bytes}[whence]
        if begin + offset < 0:
            raise OSError("negative seek position")
        self._at = begin + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._listed.bytes:
            return 0
        if self._blocks is None or self._at != self._next:
            self._open()
        while not self._block:
            assert self._blocks is not None
            try:
                self._block = memoryview(next(self._blocks))
            except StopIteration:
                return 0
        view = memoryview(buffer)
        n = min(len(view), len(self._block))
        view[:n] = self._block[:n]
        self._block = self._block[n:]
        self._at += n
        self._next = self._at
        return n

    def close(self) -> None:
        self._give_up()
        super().close()

    def _open(self) -> None:
        self._give_up()
        reading = self._objects.read(self._listed.path, self._at)
        if reading.etag != self._listed.etag:
            raise _changed(self._listed)
        self._blocks, self._block, self._next = reading.blocks, memoryview(b""), self._at

    def _give_up(self) -> None:
        """Let the connection go, if the rest is not wanted."""
        if (close := getattr(self._blocks, "close", None)) is not None:
            close()
        self._blocks = None


def _open(objects: Objects, listed: Listed) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Object(objects, listed), _BUFFER))


def _waiting(objects: Objects, address: str, path: str, found: Sequence[Listed], *, folder: bool) -> Waiting:
    origin = InBucket(objects, address, path, tuple(found), folder)
    return Waiting(origin.name, origin.place, partial(_look, origin), origin.take_away)


def _look(origin: InBucket) -> Container:
    limits = Limits()
    if not origin.folder:
        members, faults = look_into_zip(origin.zip_file, origin.found[0].bytes, limits)
        return judge(origin, members, faults, limits)
    members, faults = list[Member](), list[PackageFault]()
    for each in origin.found:
        name = unicodedata.normalize("NFC", printable(each.path[len(origin.path) + 1 :].replace("\\", "/")))
        if is_junk(name):
            continue
        if escapes(name):
            faults.append(path_escape(name))
        else:
            members.append(Member(name, each.bytes, each.path))
    return judge(origin, members, faults, limits)


def _changed(listed: Listed) -> InputError:
    return InputError(
        _("The package changed while it was read."),
        where=listed.path,
        hint=_("hand it in again when its sender has finished; nothing was decided"),
    )
