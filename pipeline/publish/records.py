"""What publishing writes down at the target, beside the releases: small JSON files below `metadata/`.

`published.json`       which releases were published, since when and until when; the address of hotlink/; what is pinned
`unfinished.json`      paths that may have been written, or were to be deleted, by a publisher that did not finish
`release-<id12>.json`  the release.json of every release that is kept: what it needs
`publishing.json`      who may write now (`lease.py`)
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.portal.files import json_bytes
from pipeline.publish.store import MissingFile, Store
from pipeline.standalone.verify import safe

LEASE: Final = "metadata/publishing.json"
PUBLISHED: Final = "metadata/published.json"
UNFINISHED: Final = "metadata/unfinished.json"
OWN: Final = frozenset({LEASE, PUBLISHED, UNFINISHED})
LIMIT: Final = 1 << 28  # bytes that a record may have; a release.json of a million files has 200 MB
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Publication:
    """A release at the target: since when, until when it was the newest (None: it is), whether it stays for good."""

    release: str
    published: datetime
    replaced: datetime | None = None
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """published.json: oldest publication first; `etag` is None where there is no such file."""

    base_url: str | None = None
    releases: tuple[Publication, ...] = ()
    etag: str | None = None

    def of(self, release: str) -> Publication | None:
        """The publication of a release, if any."""
        return next((each for each in self.releases if each.release == release), None)

    def with_newest(self, release: str, now: datetime) -> Published:
        """The same after a release was published, again perhaps."""
        known = self.of(release)
        if known is not None and known.replaced is None:
            return self
        others = tuple(
            each if each.replaced is not None else replace(each, replaced=now)
            for each in self.releases
            if each.release != release
        )
        newest = Publication(
            release, now if known is None else known.published, None, known is not None and known.pinned
        )
        return replace(self, releases=(*others, newest))

    def bytes(self) -> bytes:
        """The file."""
        return json_bytes(
            {
                "version": _VERSION,
                "base_url": self.base_url,
                "releases": [
                    {
                        "release": each.release,
                        "published": _text(each.published),
                        "replaced": None if each.replaced is None else _text(each.replaced),
                        "pinned": each.pinned,
                    }
                    for each in self.releases
                ],
            }
        )


def record_of(release: str) -> str:
    """The path of the copy of a release's release.json."""
    return f"metadata/release-{release[:12]}.json"


def read_published(store: Store) -> Published:
    """What was published so far. Raises InputError where the file cannot be understood."""
    found = read_small(store, PUBLISHED)
    if found is None:
        return Published()
    data, etag = found
    try:
        document = _document(data)
        releases = tuple(
            Publication(
                str(each["release"]),
                _time(each["published"]),
                None if each["replaced"] is None else _time(each["replaced"]),
                bool(each["pinned"]),
            )
            for each in document["releases"]
        )
        base_url = document["base_url"]
    except (ValueError, KeyError, TypeError) as error:
        raise unreadable(PUBLISHED) from error
    return Published(None if base_url is None else str(base_url), releases, etag)


def read_unfinished(store: Store) -> tuple[frozenset[str], str | None]:
    """The paths, and the file's etag. Raises InputError."""
    found = read_small(store, UNFINISHED)
    if found is None:
        return frozenset(), None
    data, etag = found
    try:
        return frozenset(path for path in map(str, _document(data)["paths"]) if safe(path)), etag
    except (ValueError, KeyError, TypeError) as error:
        raise unreadable(UNFINISHED) from error


def unfinished_bytes(paths: Collection[str]) -> bytes:
    """unfinished.json."""
    return json_bytes({"version": _VERSION, "paths": sorted(paths, key=str.encode)})


def read_manifest_at(store: Store, path: str) -> Mapping[str, Any] | None:
    """A release.json or a copy of one at the target; None where there is none that could be understood."""
    found = read_small(store, path)
    if found is None:
        return None
    try:
        manifest = json.loads(found[0])
        files_of(manifest)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return manifest if isinstance(manifest, dict) else None


def files_of(manifest: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """Path → bytes and sha256 of the files of a release; none whose name leads anywhere else."""
    files: Sequence[Mapping[str, Any]] = manifest["files"]
    return {str(each["path"]): (int(each["bytes"]), str(each["sha256"])) for each in files if safe(str(each["path"]))}


def read_small(store: Store, path: str) -> tuple[bytes, str] | None:
    """Bytes and etag of a small file; None where there is none. Raises InputError where it is far too large."""
    try:
        opened = store.read(path, 0, None)
    except MissingFile:
        return None
    if opened.size > LIMIT:
        raise unreadable(path)
    data = bytearray()
    for block in opened.blocks:
        data += block
        if len(data) > LIMIT:
            raise unreadable(path)
    return bytes(data), opened.etag


def unreadable(path: str) -> InputError:
    """The error for a record that is not what publishing writes."""
    return InputError(
        _("this file at the target is not what publish writes"),
        where=path,
        hint=_("somebody changed it: put the right one back, or publish to an empty place"),
    )


def _document(data: bytes) -> Mapping[str, Any]:
    document = json.loads(data)
    if not isinstance(document, dict) or document.get("version") != _VERSION:
        raise ValueError
    return document


def _text(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
