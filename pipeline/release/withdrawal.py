"""Taking back what has leaked: what an order names, what it removes from a release, and the document that says so.

withdrawn.json is a TUF document of the role `withdrawals`, which either office may sign alone. Its entries are hashes
of content, so a file is withdrawn under whatever name and in whatever release it lies; they stay for ever, since a
later order takes over those before it. What stays behind when an archive goes: the pages, the catalogue and the
descriptions in services/, which say that there was such a dataset, whose, and how far it reached. Where that is too
much, the whole release is withdrawn.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pipeline.errors import PolicyRefusal, UsageError
from pipeline.i18n import _
from pipeline.making.finished import MANIFEST
from pipeline.release.trust.roles import WITHDRAWALS
from pipeline.release.trust.targets import Target, new_delegated
from pipeline.release.trust.verify import Withdrawn

# What every feature of an edition may have gone into: an index of all names, a page with all archives in it.
_MIXED: Final = re.compile(r"search/.+|offline\.html")
_DERIVED: Final = re.compile(r"tiles/.+\.explain\.parquet|coverage/.+")
_HASH: Final = r"(-[0-9a-f]{10,12})?"
_ID: Final = re.compile(r"[0-9a-f]{6,64}")


def archive_paths(manifest: Mapping[str, Any], archive: str) -> tuple[str, ...]:
    """The files of a release that an archive's content went into; empty where the release has no such archive.

    The archive and its explanation; downloads and coverage of datasets that it alone is made of, and other archives of
    these datasets (their changes); the search index and the page for double-clicks, which hold something of everything.
    """
    files: Sequence[Mapping[str, Any]] = manifest["files"]
    of = {str(each["path"]): frozenset(map(str, each.get("datasets") or ())) for each in files}
    ours = {
        str(path)
        for each in manifest.get("archives") or ()
        if each.get("id") == archive
        for path in (each["file"], each.get("explanation"))
        if path
    }
    if not ours:
        return ()
    datasets = frozenset().union(*(of.get(path, frozenset()) for path in ours))
    elsewhere = frozenset().union(*(held for path, held in of.items() if path not in ours and not held <= datasets))
    alone = datasets - elsewhere
    found = {path for path in of if path in ours or _MIXED.fullmatch(path) or (of[path] and of[path] <= alone)}
    for dataset in alone:
        named = re.compile(
            rf"(coverage|downloads)/(.+/)?{re.escape(dataset)}{_HASH}\.[^/]+"
            rf"|downloads/changes/{re.escape(dataset)}-changes-[0-9]+{_HASH}/.+"
        )
        found |= {path for path in of if named.fullmatch(path)}
    return tuple(sorted(found, key=str.encode))


def entries_for(what: str, manifests: Iterable[bytes], *, reason: str, date: str) -> tuple[Withdrawn, ...]:
    """What an order for `what` names, in all the releases whose release.json are given.

    `what` is the id or the path of an archive, the beginning of a release's id (six digits or more), or the path of
    another file.
    Raises UsageError where no release knows it, or where it could mean both.
    """
    read = {data: json.loads(data) for data in manifests}
    releases = [data for data, each in read.items() if _ID.fullmatch(what) and str(each["release"]).startswith(what)]
    found: dict[str, Withdrawn] = {}
    for manifest in read.values():
        listed = {str(each["path"]): each for each in manifest["files"]}
        ids = {str(each["file"]): str(each["id"]) for each in manifest.get("archives") or () if "id" in each}
        # By its path an archive is meant as well: what was made of it leaked with it.
        paths = (what,) if what in listed and what not in ids else archive_paths(manifest, ids.get(what, what))
        elsewhere = {str(each["sha256"]) for path, each in listed.items() if path not in paths}
        for path in paths:
            entry = listed[path]
            if path != what and _DERIVED.fullmatch(path) and entry["sha256"] in elsewhere:
                continue  # the same bytes explain another archive, as where there is nothing to explain
            found.setdefault(
                str(entry["sha256"]),
                Withdrawn(
                    str(entry["sha256"]), int(entry["bytes"]), "archive", path, str(manifest["release"]), reason, date
                ),
            )
    if releases and found:
        raise UsageError(
            _("{what} is an archive and the beginning of a release's id").format(what=what),
            hint=_("give the release's id in full, or the archive's path"),
        )
    for data in releases:
        digest = hashlib.sha256(data).hexdigest()
        found[digest] = Withdrawn(digest, len(data), "release", MANIFEST, str(read[data]["release"]), reason, date)
    if not found:
        archives = sorted(
            {str(each.get("id")) for manifest in read.values() for each in manifest.get("archives") or ()}
        )
        raise UsageError(
            _("no release here has an archive, a file or an id {what}").format(what=what),
            expected=_("an archive ({archives}) or a release ({releases})").format(
                archives=", ".join(archives),
                releases=", ".join(sorted(str(each["release"])[:12] for each in read.values())),
            ),
        )
    return tuple(found[digest] for digest in sorted(found))


def new_order(
    entries: Iterable[Withdrawn], before: bytes | None, *, city: str, edition: str, expires: datetime
) -> bytes:
    """withdrawn.json with the entries of `before`, which the caller has verified, and these; unsigned."""
    version = 1
    files: dict[str, Target] = {}
    if before is not None:
        document = json.loads(before)["signed"]
        version += int(document["version"])
        files = {
            path: Target(int(each["length"]), str(each["hashes"]["sha256"]), each.get("custom"))
            for path, each in document["targets"].items()
        }
    for each in entries:
        custom = {
            "kind": each.kind, "path": each.path, "release": each.release, "reason": each.reason, "date": each.date,
        }  # fmt: skip
        files.setdefault(f"withdrawn/{each.sha256}", Target(each.bytes, each.sha256, custom))
    return new_delegated(WITHDRAWALS, city, edition, files, version=version, expires=expires)


def withdrawn_release(withdrawn: Iterable[Withdrawn], manifest_sha256: str) -> Withdrawn | None:
    """The order that takes the whole release with this release.json back, if there is one."""
    return next((each for each in withdrawn if each.kind == "release" and each.sha256 == manifest_sha256), None)


def withdrawn_paths(manifest: Mapping[str, Any], withdrawn: Iterable[Withdrawn]) -> dict[str, Withdrawn]:
    """The files of a release that were taken back: path → order."""
    taken = {each.sha256: each for each in withdrawn if each.kind != "release"}
    return {str(each["path"]): taken[each["sha256"]] for each in manifest["files"] if each["sha256"] in taken}


def refuse_withdrawn(withdrawn: Iterable[Withdrawn], manifest_sha256: str, where: str) -> None:
    """Raises PolicyRefusal for a release that was taken back as a whole."""
    order = withdrawn_release(withdrawn, manifest_sha256)
    if order is not None:
        raise PolicyRefusal(
            _("this release was withdrawn on {date}: {reason}").format(date=order.date, reason=order.reason),
            where=where,
            hint=_("take a newer release; destroy the copies of this one"),
        )


def order_lines(entries: Iterable[Withdrawn]) -> Iterator[str]:
    """One line for each entry, for the terminal: what goes, of which release."""
    for each in entries:
        release = (each.release or "")[:12]
        if each.kind == "release":
            yield _("release {release}, all of it").format(release=release)
        else:
            yield _("{path} (release {release})").format(path=each.path, release=release)
