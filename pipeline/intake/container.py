"""What lies in a package, folder or zip, judged by its names and sizes before anything of it is read or written.

Names are brought to one form: slashes, Unicode NFC, without the one folder that people often zip around their files.
What systems put beside files by themselves (Thumbs.db, .DS_Store, __MACOSX) is passed over.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, BinaryIO, Final, NamedTuple

from pipeline.errors import InputError
from pipeline.framework.package import PACKAGE_FILE
from pipeline.i18n import _
from pipeline.intake.origin import Member, OnDisk, Origin, is_junction, printable

GIB: Final = 1 << 30
_JUNK: Final = frozenset({"thumbs.db", "desktop.ini", ".ds_store", "__macosx"})
# What Windows cannot have as a name, whatever the suffix (Naming Files, Paths, and Namespaces; Win32 documentation).
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³])(?:\..*)?", re.IGNORECASE)
_NO_NAME: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*]|[. ]$')
_UTF8: Final = 0x800  # zip's general purpose flag 11 (APPNOTE 4.4.4): the name is UTF-8
_LOCKED: Final = 0x1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_LONGEST: Final = 240  # bytes of one part of a name: file systems have 255


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a package may hold."""

    bytes: int = 50 * GIB  # of all its files, unpacked
    files: int = 50_000
    ratio: int = 200  # unpacked to packed, of what is more than `free`
    free: int = GIB


class PackageFault(NamedTuple):
    """Something that makes a package unacceptable before its data is looked at."""

    rule: str  # a stable English slug
    name: str  # of the file at fault; empty where it is the package
    message: str


@dataclass(frozen=True, slots=True)
class Container:
    """The files of a package in order of their names, and what is wrong with them as files."""

    origin: Origin
    members: tuple[Member, ...]
    faults: tuple[PackageFault, ...]

    @property
    def size(self) -> int:
        """Bytes of all files, as declared."""
        return sum(member.size for member in self.members)

    def get(self, name: str) -> Member | None:
        """The file of that name."""
        return next((member for member in self.members if member.name == name), None)

    def opened(self) -> AbstractContextManager[Callable[[Member], IO[bytes]]]:
        """A function that opens a file of the package, while the block runs; it raises OSError, zipfile.BadZipFile."""
        return self.origin.opened()


def look_into(path: Path, limits: Limits | None = None) -> Container:
    """What lies in the folder or zip at `path`. Raises InputError where there is neither."""
    limits = limits or Limits()
    if path.is_dir():
        return judge(OnDisk(path), *_of_folder(path), limits)
    if path.is_file():
        members, faults = look_into_zip(lambda: path.open("rb"), path.stat().st_size, limits)
        return judge(OnDisk(path), members, faults, limits)
    raise InputError(
        _("There is no such package."),
        where=str(path),
        expected=_("a folder or a zip with package.toml"),
        hint=_("check the path and its spelling"),
    )


def judge(origin: Origin, members: list[Member], found: Sequence[PackageFault], limits: Limits) -> Container:
    """The package of these files, with all that their names and sizes tell beside what was `found` already."""
    members, faults = _without_shell(members), list(found)
    faults += [fault for member in members for fault in _odd_name(member.name)]
    faults += _clashes(members)
    if len(members) > limits.files:
        text = _("{n} files, and at most {limit} are taken").format(n=len(members), limit=limits.files)
        faults.append(PackageFault("too-many-files", "", text))
    if (size := sum(member.size for member in members)) > limits.bytes:
        text = _("{size} bytes unpacked, and at most {limit} are taken").format(size=size, limit=limits.bytes)
        faults.append(PackageFault("too-large", "", text))
    return Container(origin, tuple(sorted(members, key=lambda member: member.name)), tuple(faults))


def _of_folder(path: Path) -> tuple[list[Member], list[PackageFault]]:
    members: list[Member] = []
    faults: list[PackageFault] = []
    for folder, folders, files in os.walk(path):
        for name in sorted((*folders, *files)):
            there = Path(folder, name)
            plain = printable(there.relative_to(path).as_posix())
            status = there.lstat()
            if is_junk(plain):
                continue
            if stat.S_ISLNK(status.st_mode) or is_junction(there):
                faults.append(PackageFault("symlink", plain, _("a link to another place")))
            elif stat.S_ISREG(status.st_mode):
                members.append(Member(unicodedata.normalize("NFC", plain), status.st_size, there))
            elif not stat.S_ISDIR(status.st_mode):
                faults.append(PackageFault("special-file", plain, _("neither a file nor a folder")))
        folders[:] = [name for name in folders if not is_junk(name) and not _is_link(Path(folder, name))]
    return members, faults


def look_into_zip(
    opened: Callable[[], BinaryIO], packed: int, limits: Limits
) -> tuple[list[Member], list[PackageFault]]:
    """The files of a zip of `packed` bytes, by its directory alone, and what is wrong with it as a zip."""
    members: list[Member] = []
    faults: list[PackageFault] = []
    try:
        with opened() as file, zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        text = _("this is no zip, or one that is damaged ({reason})").format(reason=error)
        return [], [PackageFault("damaged-zip", "", text)]
    for info in infos:
        name = _zipped_name(info)
        if is_junk(name) or (name.endswith("/") and info.file_size == 0 and not escapes(name.rstrip("/"))):
            continue
        if escapes(name):
            faults.append(path_escape(name))
            continue
        kind = info.external_attr >> 16
        if stat.S_ISLNK(kind):
            faults.append(PackageFault("symlink", name, _("a link to another place")))
            continue
        if stat.S_IFMT(kind) and not stat.S_ISREG(kind):
            faults.append(PackageFault("special-file", name, _("neither a file nor a folder")))
            continue
        if info.flag_bits & _LOCKED:
            faults.append(PackageFault("encrypted", name, _("locked with a password")))
        elif info.compress_type not in _METHODS:
            text = _("packed by a method that is not taken ({number}); pack with Deflate")
            faults.append(PackageFault("compression", name, text.format(number=info.compress_type)))
        members.append(Member(name, info.file_size, info))
    return members, [*faults, *_bombs(packed, members, limits)]


def _zipped_name(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: programs on Chinese Windows write GBK and do not say so."""
    name = info.orig_filename
    if not info.flag_bits & _UTF8:
        try:
            raw = name.encode("cp437")  # which Python takes it for (APPNOTE, appendix D)
        except UnicodeEncodeError:
            raw = name.encode("utf-8", "surrogateescape")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return unicodedata.normalize("NFC", printable(name.replace("\\", "/")))


def _bombs(packed: int, members: Sequence[Member], limits: Limits) -> list[PackageFault]:
    """Signs of a zip that is made to fill the disk."""
    infos = [member.held for member in members if isinstance(member.held, zipfile.ZipInfo)]
    if sum(info.compress_size for info in infos) > packed:
        return [PackageFault("zip-bomb", "", _("its files lie on top of one another: this is a zip bomb"))]
    size = sum(info.file_size for info in infos)
    if size > limits.free + limits.ratio * packed:
        text = _("{packed} bytes would become {size}: this looks like a zip bomb").format(packed=packed, size=size)
        return [PackageFault("zip-bomb", "", text)]
    return []


def _without_shell(members: list[Member]) -> list[Member]:
    """Without the one folder that everything lies in, package.toml too."""
    tops = {member.name.partition("/")[0] for member in members}
    if len(tops) != 1 or not any(member.name == f"{next(iter(tops))}/{PACKAGE_FILE}" for member in members):
        return members
    return [replace(member, name=member.name.partition("/")[2]) for member in members]


def _odd_name(name: str) -> Iterator[PackageFault]:
    if has_odd_name(name):
        yield PackageFault("bad-name", name, _("a name that not every system can have"))
    elif "�" in name:
        yield PackageFault("bad-name", name, _("a name in an unknown encoding"))


def has_odd_name(name: str) -> bool:
    """Whether a part of a name with slashes is one that not every system can have."""
    return any(
        _NO_NAME.search(part) or _DEVICES.fullmatch(part) or len(part.encode("utf-8", "replace")) > _LONGEST
        for part in name.split("/")
    )


def _clashes(members: Sequence[Member]) -> Iterator[PackageFault]:
    """Names that are there twice, or differ by case only, which is the same file on Windows."""
    for name, count in Counter(member.name for member in members).items():
        if count > 1:
            yield PackageFault("duplicate-name", name, _("{n} files have this name").format(n=count))
    names = sorted({member.name for member in members})
    folded: dict[str, str] = {}
    for name in names:
        other = folded.setdefault(name.casefold(), name)
        if other != name:
            text = _("differs from {other} by capitals only").format(other=other)
            yield PackageFault("case-clash", name, text)
    taken = set(names)
    for name in names:
        parts = name.split("/")
        for depth in range(1, len(parts)):
            if (folder := "/".join(parts[:depth])) in taken:
                text = _("lies in {folder}, which is a file").format(folder=folder)
                yield PackageFault("duplicate-name", name, text)


def path_escape(name: str) -> PackageFault:
    """The fault of a file that would lie outside the package's folder."""
    return PackageFault("path-escape", name, _("the path leaves the package"))


def escapes(name: str) -> bool:
    """Whether a name with slashes leads out of the folder that it is in."""
    parts = name.split("/")
    return name.startswith("/") or name[1:2] == ":" or any(part in ("", ".", "..") for part in parts)


def is_junk(name: str) -> bool:
    """Whether a file is one that systems put beside others by themselves."""
    return any(part.casefold() in _JUNK or part.startswith("._") for part in name.split("/"))


def _is_link(path: Path) -> bool:
    return path.is_symlink() or is_junction(path)
