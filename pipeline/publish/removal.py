"""Carrying out an order to withdraw at a target: the tombstone first, so that readers know; then the files go.

Whatever is interrupted is finished by running it again: what is to be removed is worked out from what is there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pipeline.errors import OutputError, PolicyRefusal
from pipeline.i18n import _
from pipeline.making.finished import MANIFEST
from pipeline.publish.lease import SECONDS, leased
from pipeline.publish.records import LIMIT, PUBLISHED, files_of, read_small, record_of
from pipeline.publish.shipment import TOMBSTONE, made
from pipeline.publish.stages import DELTAS, stage_of
from pipeline.publish.store import Condition, MissingFile, Store
from pipeline.publish.target import Target, read_target
from pipeline.release.trust.roles import WITHDRAWALS
from pipeline.release.trust.seen import Seen
from pipeline.release.trust.verify import Trusted, Withdrawn, check_delegated, taken_back, verify_trust
from pipeline.release.withdrawal import withdrawn_paths, withdrawn_release
from pipeline.release.withdrawal_notice import gone_page


@dataclass(frozen=True, slots=True)
class StoreSource:
    """The metadata at a target."""

    store: Store

    def read(self, name: str, limit: int) -> bytes | None:
        """The file `name`, cut after `limit` + 1 bytes; None where there is none."""
        try:
            opened = self.store.read(f"metadata/{name}", 0, limit + 1)
        except MissingFile:
            return None
        return b"".join(opened.blocks)[: limit + 1]


@dataclass(frozen=True, slots=True)
class Removal:
    """What an order does to a target."""

    trusted: Trusted
    withdrawn: tuple[Withdrawn, ...]  # all that the order names, with what was ordered before
    new: tuple[Withdrawn, ...]  # what was not
    paths: tuple[str, ...]  # files that go, in the order in which they do
    bytes: int
    releases: tuple[str, ...]  # that go as a whole
    current: bool  # whether the one that is published is among them
    target: Target

    def purge_list(self, base_url: str | None) -> str:
        """What caches in front have to forget, one address to a line; paths where the address is not known."""
        base = "" if base_url is None else base_url.rstrip("/") + "/"
        # What says anew how things stand goes too, whether it changed or not.
        paths = sorted(
            {*self.paths, TOMBSTONE, "metadata/timestamp.json", "index.html", "release.json"}, key=str.encode
        )
        addresses = [base + quote(path, safe="/@") for path in paths]
        return "".join(f"{address}\n" for address in ([base, *addresses] if base else addresses))


def plan_removal(store: Store, order: bytes, root: bytes, now: datetime) -> Removal:
    """What carrying out a signed order would do; changes nothing.

    Raises TrustError where no office has signed the order or it is of another city or edition, PolicyRefusal where it
    is older than what was ordered last, and errors of stores.
    """
    source = StoreSource(store)
    trusted = verify_trust(source, root, seen=Seen.none(), now=now, online=False)
    signed, _warnings = check_delegated(trusted, WITHDRAWALS, order, now=now, online=False)
    withdrawn = taken_back(signed)
    known = {each.sha256 for each in trusted.withdrawn}
    if not known <= {each.sha256 for each in withdrawn}:
        raise PolicyRefusal(
            _("the order was made before the last one that was carried out, and leaves out what that named"),
            hint=_("make it anew: longquan publish --withdraw, and have it signed"),
        )
    target = read_target(store, now)
    paths, releases = withdrawn_at(store, target, withdrawn)
    paths |= {path for path in target.entries if path.startswith(f"{DELTAS}/")}  # they carry what the releases hold
    return Removal(
        trusted,
        withdrawn,
        tuple(each for each in withdrawn if each.sha256 not in known),
        # Content first: that is what leaked, and what names it is needed to find the rest after a kill.
        tuple(sorted(paths, key=lambda path: (stage_of(path), path.encode()))),
        sum(target.entries[path].bytes for path in paths),
        tuple(releases),
        target.current in releases,
        target,
    )


def remove(
    store: Store,
    order: bytes,
    root: bytes,
    *,
    now: Callable[[], datetime],
    token: str,
    take_over: bool = False,
    seconds: float = SECONDS,
) -> Removal:
    """Carry a signed order out, and make sure that what went is gone.

    Raises what `plan_removal` does, Busy, Conflict, and OutputError where a file is still there afterwards.
    """
    with leased(store, "withdrawal", token, now, take_over=take_over, seconds=seconds) as lease:
        removal = plan_removal(store, order, root, now())
        entry = removal.target.entries.get(TOMBSTONE)
        item = made(TOMBSTONE, order)
        lease.check()
        store.write(TOMBSTONE, item.source, item.about, Condition(None if entry is None else entry.etag))
        if removal.current:
            page = made("index.html", gone_page(removal.withdrawn))
            store.write(page.path, page.source, page.about)
        for path in removal.paths:
            lease.check()
            if not (removal.current and path == "index.html"):
                store.delete(path)
        if removal.releases and removal.target.published.etag is not None:
            kept = tuple(each for each in removal.target.published.releases if each.release not in removal.releases)
            item = made(PUBLISHED, replace(removal.target.published, releases=kept).bytes())
            lease.check()
            store.write(PUBLISHED, item.source, item.about, Condition(removal.target.published.etag))
        left = [path for path in removal.paths if path != "index.html" and store.about(path) is not None]
        if left:
            raise OutputError(
                _("{n} files are still there after they were deleted").format(n=len(left)),
                where=left[0],
                hint=_("look at the rights of the publisher, and at versions that the bucket keeps"),
            )
    return removal


def withdrawn_at(store: Store, target: Target, withdrawn: Iterable[Withdrawn]) -> tuple[set[str], list[str]]:
    """The files at a target that go, deltas apart, and the releases that go as a whole."""
    orders = tuple(withdrawn)
    manifests = _manifests(store, target)
    whole = {id for id, (digest, _manifest) in manifests.items() if withdrawn_release(orders, digest)}
    staying: dict[str, tuple[int, str]] = {}
    for id, (_digest, each) in manifests.items():
        staying |= {} if id in whole else files_of(each)
    current = None if target.manifest is None else str(target.manifest["release"])
    newest = {} if target.manifest is None else files_of(target.manifest)
    going: set[str] = set()
    for id, (_digest, manifest) in manifests.items():
        # Under a name that the current release has too lies what that one put there.
        taken = withdrawn_paths(manifest, orders)
        going |= {path for path, order in taken.items() if newest.get(path, (0, order.sha256))[1] == order.sha256}
        if id in whole:
            files = files_of(manifest)
            shared = {path for path in files if path in staying and (id != current or staying[path] == files[path])}
            going |= {*files, record_of(id)} - shared
            if id == current:
                going |= {MANIFEST, "SHA256SUMS", "SM3SUMS", "feed.atom"}
                going |= {path for path in target.entries if path.startswith("hotlink/")}
    going |= {f"hotlink/{path}" for path in going}
    return going & set(target.entries), sorted(whole)


def _manifests(store: Store, target: Target) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Release → sha256 of its release.json, and the release.json, for every release at the target."""
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    paths = [MANIFEST, *(path for path in target.entries if path.startswith("metadata/release-"))]
    for path in paths:
        data = read_small(store, path) if path in target.entries else None
        if data is None or len(data[0]) > LIMIT:
            continue
        try:
            manifest = json.loads(data[0])
            files_of(manifest)
            found.setdefault(str(manifest["release"]), (hashlib.sha256(data[0]).hexdigest(), manifest))
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return found
