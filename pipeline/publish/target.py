"""What is at a target before a release is published there."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.making.finished import MANIFEST
from pipeline.publish.records import (
    PUBLISHED,
    UNFINISHED,
    Published,
    files_of,
    read_manifest_at,
    read_published,
    read_unfinished,
    record_of,
)
from pipeline.publish.store import Entry, Store


@dataclass(frozen=True, slots=True)
class Target:
    """The files by path; what was published, the release that is there, what somebody did not finish."""

    entries: Mapping[str, Entry]
    manifest: Mapping[str, Any] | None  # release.json
    published: Published
    recorded: bool  # whether published.json says so already
    lists: Mapping[str, Mapping[str, tuple[int, str]]]  # release → path → bytes, sha256
    unfinished: frozenset[str]
    unfinished_etag: str | None
    reads: int  # requests that this took, the list apart

    @property
    def current(self) -> str | None:
        """The release that is there."""
        return None if self.manifest is None else str(self.manifest["release"])


def read_target(store: Store, now: datetime, threads: int = 8) -> Target:
    """List a target and read its records; changes nothing.

    Raises InputError where they cannot be understood, and errors of stores.
    """
    entries = {entry.path: entry for entry in store.list()}
    published = read_published(store) if PUBLISHED in entries else Published()
    manifest = read_manifest_at(store, MANIFEST) if MANIFEST in entries else None
    unfinished, etag = read_unfinished(store) if UNFINISHED in entries else (frozenset[str](), None)
    recorded = True
    if manifest is not None:
        newest = published.with_newest(str(manifest["release"]), now)
        recorded = newest is published  # else whoever published it was stopped before saying so
        published = newest
    known = [each.release for each in published.releases if record_of(each.release) in entries]
    with ThreadPoolExecutor(threads) as pool:
        manifests = list(pool.map(lambda release: read_manifest_at(store, record_of(release)), known))
    lists = {release: files_of(found) for release, found in zip(known, manifests, strict=True) if found is not None}
    if manifest is not None:
        lists.setdefault(str(manifest["release"]), files_of(manifest))
    reads = sum(path in entries for path in (PUBLISHED, UNFINISHED, MANIFEST)) + len(known)
    return Target(entries, manifest, published, recorded, lists, unfinished, etag, reads)
