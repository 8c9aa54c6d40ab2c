"""A package into a folder of its own, each file hashed while it is copied, then held against its SHA256SUMS."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pipeline.archive.staging import cannot_write
from pipeline.errors import InputError, OutputError
from pipeline.framework.faults import WorkspaceError
from pipeline.framework.package import PACKAGE_FILE, SUMS_FILE, Package, read_package
from pipeline.i18n import _
from pipeline.intake.admission import marked_secret
from pipeline.intake.container import Container, Limits, PackageFault, look_into
from pipeline.intake.origin import Member, identity
from pipeline.progress import Progress, Silent
from pipeline.sources.referring import HEAD, is_sign

_BLOCK: Final = 1 << 20
_SUM: Final = re.compile(r"([0-9a-fA-F]{64}) [ *](.+)")
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
_ZIPS: Final = (".zip", ".kmz")
_SHEETS: Final = (".xlsx", ".ods")
_BOMBS: Final = frozenset({"zip-bomb", "too-large", "too-many-files"})
_SUMS: Final = 64 << 20  # bytes of a SHA256SUMS that are looked at before anything is copied
_FOUND: Final = 60  # faults of one kind that are told one by one


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A package in a folder: what it says, its identity, and everything that is wrong with it as a package."""

    folder: Path
    package: Package | None  # None where package.toml is missing or faulty
    digests: Mapping[str, str]  # name → sha256 of each file that could be copied, SHA256SUMS too
    sha256: str  # see `identity`
    faults: tuple[PackageFault, ...]

    @property
    def data(self) -> tuple[Path, ...]:
        """The data files that package.toml names, in its order."""
        return () if self.package is None else tuple(self.folder / name for name in self.package.data)


def unpack(
    container: Container, into: Path, *, limits: Limits | None = None, progress: Progress | None = None
) -> Unpacked:
    """Copy the files of a package into the empty folder `into`, and judge them as a package.

    Nothing is copied of a package that is faulty as a container. Memory does not depend on the size of files. Raises
    OutputError where the disk has no room.
    """
    if container.faults:
        return Unpacked(into, None, {}, container.origin.digest(), container.faults)
    try:
        free = shutil.disk_usage(into).free
    except OSError as error:
        raise cannot_write(into, error) from error
    if container.size > free:
        raise OutputError(
            _("The package needs {size} bytes, and {free} are free.").format(size=container.size, free=free),
            where=str(into),
            hint=_("free some space; nothing was copied"),
        )
    progress = progress or Silent()
    progress.start(_("copying {name}").format(name=container.origin.name), container.size, _("bytes"))
    digests: dict[str, str] = {}
    faults: list[PackageFault] = []
    try:
        with container.opened() as opened:
            for member in container.members:
                try:
                    digests[member.name] = _copy(opened(member), member, into / member.name, progress)
                except _DAMAGED as error:
                    text = _("it cannot be unpacked ({reason})").format(reason=error)
                    faults.append(PackageFault("damaged-file", member.name, text))
    except OSError as error:  # of a disk or network: nothing that the sender could mend
        raise InputError(
            _("The package cannot be read: {reason}.").format(reason=error.strerror or error),
            where=container.origin.place,
            hint=_("try again; nothing was written"),
        ) from error
    progress.done()
    package, said = _read(into, digests)
    if not faults:  # else what is missing is missing because it is damaged
        faults += (*check_sums(into, digests), *said)
    faults += _signs(into, sorted(digests.keys() - {PACKAGE_FILE, SUMS_FILE}))
    faults += [
        fault
        for name in sorted(digests)
        if name.lower().endswith((*_ZIPS, *_SHEETS))
        for fault in _inner(into, name, limits)
    ]
    return Unpacked(into, package, digests, identity(digests), tuple(faults))


def claimed_identity(container: Container) -> str | None:
    """The identity that a package has if its SHA256SUMS is right, which is not verified; None where that cannot be.

    It is read in a moment, however large the package. Files may be missing: the rest of a package that was being taken
    away from its drop is still that package.
    """
    member = container.get(SUMS_FILE)
    if member is None or container.faults:
        return None
    try:
        with container.opened() as opened, opened(member) as file:
            listed, faults = _parse_sums(file.read(_SUMS))
    except (*_DAMAGED, OSError):
        return None
    names = {member.name for member in container.members} - {SUMS_FILE}
    return identity(listed) if not faults and names <= listed.keys() else None


def check_sums(folder: Path, digests: Mapping[str, str]) -> Iterator[PackageFault]:
    """Every way in which SHA256SUMS (the format of sha256sum) and the files of a package disagree."""
    if SUMS_FILE not in digests:
        text = _("the file is missing; longquan pack writes it, and so does: sha256sum * > SHA256SUMS")
        yield PackageFault("no-sums", SUMS_FILE, text)
        return
    listed, faults = _parse_sums((folder / SUMS_FILE).read_bytes())
    yield from faults
    for name in sorted(listed.keys() - digests.keys()):
        yield PackageFault("missing-file", name, _("listed in SHA256SUMS, but not there"))
    for name in sorted(digests.keys() - listed.keys() - {SUMS_FILE}):
        yield PackageFault("unlisted-file", name, _("there, but not listed in SHA256SUMS"))
    for name in sorted(listed.keys() & digests.keys()):
        if listed[name] != digests[name]:
            yield PackageFault("wrong-checksum", name, _("its content does not have the checksum of SHA256SUMS"))


def _parse_sums(raw: bytes) -> tuple[dict[str, str], list[PackageFault]]:
    """What SHA256SUMS says of each file but itself, and its lines that say nothing or something again."""
    try:
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        lines = raw.decode("gb18030", "replace").splitlines()
    listed: dict[str, str] = {}
    faults: list[PackageFault] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        match = _SUM.fullmatch(line.rstrip())
        if match is None:
            faults.append(PackageFault("bad-sums", SUMS_FILE, _("line {n} is no checksum and name").format(n=number)))
            continue
        name = unicodedata.normalize("NFC", match[2].replace("\\", "/").removeprefix("./"))
        if name in listed:
            faults.append(PackageFault("bad-sums", name, _("listed twice")))
        listed[name] = match[1].lower()
    listed.pop(SUMS_FILE, None)
    return listed, faults


def _read(folder: Path, digests: Mapping[str, str]) -> tuple[Package | None, list[PackageFault]]:
    if PACKAGE_FILE not in digests:
        return None, [PackageFault("no-package-file", PACKAGE_FILE, _("the file is missing; longquan pack writes it"))]
    try:
        package = read_package(folder / PACKAGE_FILE)
    except WorkspaceError as error:
        return None, [PackageFault("package-file", "", str(fault)) for fault in error.faults]
    absent = [
        name
        for name in package.data
        if name not in digests and not any(each.startswith(f"{name}/") for each in digests)
    ]
    return package, [PackageFault("missing-data", name, _("named in package.toml, but not there")) for name in absent]


def _inner(folder: Path, name: str, limits: Limits | None) -> list[PackageFault]:
    """What is wrong with a zip inside the package, which is read as it is: the same that is wrong with packages.

    Spreadsheets are zips, too; of these only that they are bombs.
    """
    inner = look_into(folder / name, limits)
    sheet = not name.lower().endswith(_ZIPS)
    faults = [fault for fault in inner.faults if not sheet or fault.rule in _BOMBS]
    if not sheet and (marked := marked_secret(member.name for member in inner.members)) is not None:
        return [marked]
    if not sheet and not faults:
        with inner.opened() as opened:
            for member in inner.members:
                with contextlib.suppress(*_DAMAGED), opened(member) as file:  # the reader tells what is damaged
                    if is_sign(member.name, file.read(HEAD)):
                        faults.append(PackageFault("refers-elsewhere", member.name, _refers()))
    return [fault._replace(name=f"{name}/{fault.name}" if fault.name else name) for fault in faults[:_FOUND]]


def _signs(folder: Path, names: Iterable[str]) -> Iterator[PackageFault]:
    for name in names:
        with (folder / name).open("rb") as file:
            if is_sign(name, file.read(HEAD)):
                yield PackageFault("refers-elsewhere", name, _refers())


def _refers() -> str:
    return _("refers to other files, or to the network; hand the data itself in")


def _copy(source: IO[bytes], member: Member, target: Path, progress: Progress) -> str:
    """Copy a file and return its sha256; no more of it than was declared."""
    digest = hashlib.sha256()
    left = member.size
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        out = target.open("xb")
    except OSError as error:
        raise cannot_write(target, error) from error
    with out, source:
        while block := source.read(min(_BLOCK, left + 1)):
            left -= len(block)
            if left < 0:
                raise zipfile.BadZipFile(_("it is longer than was declared"))
            digest.update(block)
            try:
                out.write(block)
            except OSError as error:
                raise cannot_write(target, error) from error
            progress.advance(len(block))
    if left:
        raise zipfile.BadZipFile(_("it is shorter than was declared"))
    return digest.hexdigest()
