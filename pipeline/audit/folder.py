"""The folder itself: every file that release.json lists, unaltered, and nothing else."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.audit.allowed import Allowed
from pipeline.audit.rules import Finding, Rule, Severity
from pipeline.i18n import _

MANIFEST: Final = "release.json"
SUMS: Final = "SHA256SUMS"
# What stands beside a release: written after it, signed, or derived from it.
_BESIDE: Final = frozenset({MANIFEST, SUMS, "SM3SUMS", "feed.atom"})
_BESIDE_FOLDERS: Final = ("hotlink/", "metadata/")
_HOTLINK: Final = "hotlink/"  # each file is a file of the release with other addresses
_METADATA: Final = re.compile(r"metadata/[^/]+\.json")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the folder."""

    name: str  # with slashes, below the folder
    path: Path
    bytes: int
    link: bool
    regular: bool


@dataclass(frozen=True, slots=True)
class Folder:
    """A published folder as it lies there, and as its manifest says."""

    entries: tuple[Entry, ...]  # in order of their names
    manifest: Mapping[str, Any]
    digests: Mapping[str, str]  # sha256 of every regular file
    allowed: Allowed
    sums: str | None  # the text of SHA256SUMS

    @property
    def listed(self) -> Mapping[str, Mapping[str, Any]]:
        """The files of the manifest by path."""
        return {str(file["path"]): file for file in self.manifest.get("files", ())}


def entries_of(root: Path) -> tuple[Entry, ...]:
    """Everything below a folder that is no folder, hidden or not, in the order of the names' bytes."""
    found = []
    for path in root.rglob("*"):
        link = path.is_symlink()
        if path.is_dir() and not link:
            continue
        regular = path.is_file() and not link
        size = path.stat().st_size if regular else 0
        found.append(Entry(path.relative_to(root).as_posix(), path, size, link, regular))
    return tuple(sorted(found, key=lambda entry: entry.name.encode()))


def beside(name: str) -> bool:
    """Whether a file stands beside the release and is not listed in it."""
    return name in _BESIDE or name.startswith(_BESIDE_FOLDERS)


def unlisted(folder: Folder) -> Iterator[Finding]:
    """Files that the manifest does not list."""
    listed = folder.listed
    for entry in folder.entries:
        extra = beside(entry.name) and not (
            entry.name in _BESIDE or entry.name.removeprefix(_HOTLINK) in listed or _METADATA.fullmatch(entry.name)
        )
        if extra or (entry.name not in listed and not beside(entry.name)):
            yield Finding(_("the manifest does not list it ({n} bytes)").format(n=entry.bytes), entry.name)


def links(folder: Folder) -> Iterator[Finding]:
    """Links, which lead out of the folder, and what is no file."""
    for entry in folder.entries:
        if entry.link:
            yield Finding(_("a symbolic link"), entry.name)
        elif not entry.regular:
            yield Finding(_("no file, but a device or a pipe"), entry.name)


def missing(folder: Folder) -> Iterator[Finding]:
    """Files that the manifest lists and that are not there."""
    there = {entry.name for entry in folder.entries if entry.regular}
    for name in folder.listed:
        if name not in there:
            yield Finding(_("the manifest lists it, and it is not there"), name)


def altered(folder: Folder) -> Iterator[Finding]:
    """Files that are not as the manifest says."""
    for name, said in folder.listed.items():
        if name in folder.digests and folder.digests[name] != said.get("sha256"):
            yield Finding(_("it is not as the manifest says"), name)


def other_id(folder: Folder) -> Iterator[Finding]:
    """A release id that does not follow from the files; sums that are others."""
    pairs = sorted((name.encode(), str(said.get("sha256"))) for name, said in folder.listed.items())
    text = b"".join(digest.encode() + b"  " + name + b"\n" for name, digest in pairs)
    found = hashlib.sha256(text).hexdigest()
    if found != folder.manifest.get("release"):
        yield Finding(_("the release id does not follow from the files; it would be {id}").format(id=found), MANIFEST)
    wanted = [*pairs, (MANIFEST.encode(), folder.digests.get(MANIFEST, ""))]
    lines = "".join(f"{digest}  {name.decode()}\n" for name, digest in sorted(wanted))
    if folder.sums != lines:
        yield Finding(_("its lines are not those of release.json"), SUMS)


def strange_inputs(folder: Folder) -> Iterator[Finding]:
    """Inputs of datasets that are not allowed, and paths that lead out of the workspace."""
    for entry in folder.manifest.get("inputs", ()):
        path = str(entry.get("path"))
        if entry.get("dataset") not in folder.allowed.datasets:
            yield Finding(_("{path} is an input of no allowed dataset").format(path=path), MANIFEST)
        if path.startswith("/") or re.match(r"[A-Za-z]:|\\\\", path) or ".." in path.split("/"):
            yield Finding(_("{path} leads out of the workspace").format(path=path), MANIFEST)


def strange_archives(folder: Folder) -> Iterator[Finding]:
    """Archives on the disk that the manifest does not know as one."""
    known = {str(archive.get("file")) for archive in folder.manifest.get("archives", ())}
    for entry in folder.entries:
        if entry.name.endswith(".pmtiles") and entry.name not in known:
            yield Finding(_("the manifest lists no such archive"), entry.name)


FOLDER_RULES: Final[tuple[Rule[Folder], ...]] = (
    Rule(
        "file-listed",
        Severity.LEAK,
        "Every file is listed in release.json.",
        "Take the file away, or build the edition again.",
        unlisted,
    ),
    Rule(
        "file-real",
        Severity.LEAK,
        "The folder holds files and folders only.",
        "Replace links by what they lead to, and build again.",
        links,
    ),
    Rule(
        "file-there",
        Severity.LEAK,
        "Every file of release.json is there.",
        "Copy or build the edition again.",
        missing,
    ),
    Rule(
        "file-unaltered",
        Severity.LEAK,
        "Every file has the hash that release.json says.",
        "Copy or build the edition again; never edit published files.",
        altered,
    ),
    Rule(
        "release-id",
        Severity.LEAK,
        "The release id and SHA256SUMS follow from the files.",
        "Build the edition again; never edit published files.",
        other_id,
    ),
    Rule(
        "release-inputs",
        Severity.LEAK,
        "The inputs are those of allowed datasets.",
        "Build the edition again.",
        strange_inputs,
    ),
    Rule(
        "archive-listed",
        Severity.LEAK,
        "Every archive is one that release.json describes.",
        "Take the archive away, or build the edition again.",
        strange_archives,
    ),
)
