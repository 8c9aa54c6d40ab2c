"""delta.json: which release a delta starts from, which one it leads to, and what becomes of every file.

Whoever reads one believes nothing that it says before it was held against these rules: names stay in the folder and
mean one file each on every system, sizes and counts have limits, parts are called as `make_delta` calls them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.portal.files import json_bytes
from pipeline.release.delta.pages import Fill
from pipeline.release.delta.places import read_small
from pipeline.standalone.verify import Fault, clashes, no_key_twice, safe

LISTING: Final = "delta.json"
PARTS: Final = "parts"
VERSION: Final = 1
LIMIT: Final = 1 << 28  # bytes; a million files take some 300 MB of text less than half of that
FILE_LIMIT: Final = 1_000_000
SHELL_LIMIT: Final = 1 << 27  # bytes of a page without the files in it
_SIZE_LIMIT: Final = 1 << 50  # bytes of one file
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_PART: Final = re.compile(r"parts/[0-9]{1,7}\.lqdelta")


@dataclass(frozen=True, slots=True)
class ReleaseMark:
    """Which release is meant."""

    release: str  # its id
    manifest_sha256: str  # of its release.json


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the delta's own: docs/delta.md."""

    path: str  # below the delta's folder
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Filling:
    """What a page's part makes, and the files of the newer release that go into it."""

    bytes: int  # of the page without them
    sha256: str
    files: tuple[Fill, ...]  # ascending


@dataclass(frozen=True, slots=True)
class FileStep:
    """One file of the newer release and where it comes from.

    A base alone is the same file, a part alone a new one, both together a file that changed.
    """

    path: str
    bytes: int
    sha256: str
    base: str | None = None  # the file of the older release
    base_bytes: int = 0
    base_sha256: str | None = None
    part: Part | None = None
    filling: Filling | None = None

    @property
    def kind(self) -> str:
        """`same`, `patch` or `new`."""
        if self.part is None:
            return "same"
        return "new" if self.base is None else "patch"


@dataclass(frozen=True, slots=True)
class Listing:
    """What delta.json says."""

    city: str
    edition: str
    old: ReleaseMark
    new: ReleaseMark
    files: tuple[FileStep, ...]  # ascending by the bytes of their paths

    @property
    def bytes(self) -> int:
        """Bytes of all parts."""
        return sum(step.part.bytes for step in self.files if step.part)


def format_listing(listing: Listing) -> bytes:
    """The text of delta.json; the same listing gives the same bytes."""
    return json_bytes(
        {
            "version": VERSION,
            "city": listing.city,
            "edition": listing.edition,
            "from": {"release": listing.old.release, "manifest_sha256": listing.old.manifest_sha256},
            "to": {"release": listing.new.release, "manifest_sha256": listing.new.manifest_sha256},
            "files": [_file_json(step) for step in listing.files],
        }
    )


def _file_json(step: FileStep) -> dict[str, Any]:
    made: dict[str, Any] = {"path": step.path, "bytes": step.bytes, "sha256": step.sha256}
    if step.part is None:
        if step.base != step.path:
            made["base"] = {"path": step.base}
        return made
    if step.base is not None:
        made["base"] = {"path": step.base, "bytes": step.base_bytes, "sha256": step.base_sha256}
    made["part"] = {"path": step.part.path, "bytes": step.part.bytes, "sha256": step.part.sha256}
    if step.filling is not None:
        made["filling"] = {
            "bytes": step.filling.bytes,
            "sha256": step.filling.sha256,
            "files": [list(fill) for fill in step.filling.files],
        }
    return made


def read_listing(delta: Path) -> Listing:
    """The delta.json of a folder, held against the rules above.

    Raises InputError for a folder that is no delta, of another version, or that breaks a rule.
    """
    data = read_small(delta, LISTING, LIMIT)
    try:
        found = json.loads(data.decode(), object_pairs_hook=no_key_twice)
        if not isinstance(found, dict):
            raise TypeError(_("it is no JSON object"))
        if found.get("version") != VERSION:
            raise InputError(
                _("This is a delta of version {found}.").format(found=repr(found.get("version"))[:20]),
                where=str(delta / LISTING),
                expected=_("version {version}").format(version=VERSION),
                hint=_("apply it with a newer longquan"),
            )
        listing = _parsed(found)
    except (ValueError, TypeError, KeyError, RecursionError) as err:
        raise damaged(delta, _("{name} cannot be read: {reason}").format(name=LISTING, reason=_reason(err))) from err
    _require_sound(delta, listing)
    return listing


def damaged(delta: Path, reason: str) -> InputError:
    """The refusal of a delta between releases that breaks the format."""
    return InputError(
        _("The delta is damaged: {reason}.").format(reason=reason),
        where=str(delta),
        hint=_("copy or download the delta again; nothing was changed"),
    )


def _reason(err: Exception) -> str:
    text = _("{name} is missing").format(name=err.args[0]) if isinstance(err, KeyError) else str(err)
    return text[:200]


def _parsed(found: Mapping[str, Any]) -> Listing:
    files = _list(found["files"])
    if len(files) > FILE_LIMIT:
        raise ValueError(_("it lists more than {limit} files").format(limit=FILE_LIMIT))
    old, new = (
        ReleaseMark(_hash(_dict(each)["release"]), _hash(each["manifest_sha256"]))
        for each in (found["from"], found["to"])
    )
    steps = tuple(_step(_dict(each)) for each in files)
    return Listing(_text(found["city"]), _text(found["edition"]), old, new, steps)


def _step(found: Mapping[str, Any]) -> FileStep:
    path, size, sha256 = _path(found["path"]), _size(found["bytes"]), _hash(found["sha256"])
    of = _dict(found["base"]) if "base" in found else None
    if "part" not in found:  # the same file, by default under the same name
        return FileStep(path, size, sha256, _path(of["path"]) if of is not None else path, size, sha256)
    own = _dict(found["part"])
    part = Part(_text(own["path"]), _size(own["bytes"]), _hash(own["sha256"]))
    if not _PART.fullmatch(part.path):
        raise ValueError(_("{path} is no name of a part").format(path=repr(part.path)[:100]))
    filling = _filling(_dict(found["filling"])) if "filling" in found else None
    if of is None:
        return FileStep(path, size, sha256, part=part, filling=filling)
    base = _path(of["path"]), _size(of["bytes"]), _hash(of["sha256"])
    return FileStep(path, size, sha256, *base, part, filling)


def _filling(found: Mapping[str, Any]) -> Filling:
    size = _size(found["bytes"])
    if size > SHELL_LIMIT:
        raise ValueError(_("{value} is no size of a file").format(value=size))
    fills = []
    last = 0
    for each in _list(found["files"]):
        offset, path = _list(each)
        last = _size(offset) if _size(offset) >= last else SHELL_LIMIT + 1
        if last > size:
            raise ValueError(_("a page has no such place for a file"))
        fills.append(Fill(last, _path(path)))
    return Filling(size, _hash(found["sha256"]), tuple(fills))


def _require_sound(delta: Path, listing: Listing) -> None:
    """Every name means one file, and no file is another's folder."""
    paths = [step.path for step in listing.files]
    parts = [step.part.path for step in listing.files if step.part]
    faults: list[Fault] = []
    clashes(paths, faults)
    folders = {"/".join(path.split("/")[:n]).casefold() for path in paths for n in range(1, path.count("/") + 1)}
    if len(set(paths)) != len(paths) or len(set(parts)) != len(parts):
        raise damaged(delta, _("{name} lists a file twice").format(name=LISTING))
    if faults or any(path.casefold() in folders for path in paths):
        raise damaged(delta, _("{name} lists two files that are one on some systems").format(name=LISTING))
    plain = {step.path for step in listing.files if step.filling is None}
    if any(fill.path not in plain for step in listing.files if step.filling for fill in step.filling.files):
        raise damaged(delta, _("a page holds a file that {name} does not list").format(name=LISTING))
    manifests = [step.sha256 for step in listing.files if step.path == "release.json"]
    if manifests != [listing.new.manifest_sha256]:
        raise damaged(delta, _("its release.json is not that of the release it leads to"))


def _path(value: object) -> str:
    path = _text(value)
    if not safe(path) or len(path) > 1000:
        raise ValueError(
            _("{path} leads out of the folder or can be no file's name on some systems").format(path=repr(path)[:100])
        )
    return path


def _text(value: object) -> str:
    if type(value) is not str:
        raise TypeError(_("{value} is no text").format(value=repr(value)[:50]))
    return value


def _size(value: object) -> int:
    if type(value) is not int or not 0 <= value <= _SIZE_LIMIT:
        raise ValueError(_("{value} is no size of a file").format(value=repr(value)[:50]))
    return value


def _hash(value: object) -> str:
    if type(value) is not str or not _HASH.fullmatch(value):
        raise ValueError(_("{value} is no sha256").format(value=repr(value)[:80]))
    return value


def _dict(value: object) -> dict[str, Any]:
    if type(value) is not dict:
        raise TypeError(_("{value} is no JSON object").format(value=repr(value)[:50]))
    return value


def _list(value: object) -> list[Any]:
    if type(value) is not list:
        raise TypeError(_("{value} is no JSON list").format(value=repr(value)[:50]))
    return value
