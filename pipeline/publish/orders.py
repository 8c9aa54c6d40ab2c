"""An order to withdraw, from the wish to the end: written for an office to sign, then carried out everywhere.

Everywhere is: the target, dist/, every release that the workspace keeps, and the ledger. What lies on disks elsewhere
is reached by the printed notice, and by withdrawn.json in the next bundle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.intake.ledger import append
from pipeline.making.finished import MANIFEST
from pipeline.portal.files import write_file
from pipeline.publish.deltas import forget_deltas
from pipeline.publish.records import read_small
from pipeline.publish.removal import Removal, StoreSource, remove
from pipeline.publish.store import Store
from pipeline.release.kept import kept_releases
from pipeline.release.trust.roles import LIMITS, WITHDRAWN
from pipeline.release.trust.root import fingerprint_of
from pipeline.release.trust.seen import Seen
from pipeline.release.trust.source import FolderSource, Source
from pipeline.release.trust.verify import Withdrawn, verify_trust
from pipeline.release.withdrawal import entries_for, new_order
from pipeline.release.withdrawal_notice import notice_page
from pipeline.release.withdrawn_files import take_out

KIND: Final = "withdrawn"  # in the ledger
HOLDS: Final = timedelta(days=365 * 20)  # an order has no end; TUF wants one


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order that nobody has signed yet."""

    order: bytes
    new: tuple[Withdrawn, ...]  # what it names that was not named before
    root: bytes
    targets: bytes  # which says whose keys may sign it


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What an order did."""

    removal: Removal
    local: tuple[str, ...]  # files of this machine that are gone, as paths below the workspace or dist
    purge_list: Path
    notice: Path


def make_order(
    what: str, dist: Path, store: Store, *, reason: str, now: datetime, workspace: Path | None = None
) -> Ordered:
    """An order to withdraw `what` from every release that the target, `dist` and the workspace know of.

    What was withdrawn before stays in it. Raises UsageError where no release knows `what`, TrustError where the
    signatures at the target do not hold, InputError where nothing is signed yet.
    """
    source: Source = StoreSource(store)
    if source.read("timestamp.json", LIMITS["timestamp"]) is None:
        source = FolderSource(dist / "metadata")
    root = _first_root(source)
    trusted = verify_trust(source, root, seen=Seen.none(), now=now, online=False)
    before = source.read(WITHDRAWN, LIMITS["targets"])
    manifests = dict.fromkeys(_manifests(dist, store, workspace, trusted.edition))
    entries = entries_for(what, manifests, reason=reason, date=f"{now:%Y-%m-%d}")
    known = {each.sha256 for each in trusted.withdrawn}
    order = new_order(entries, before, city=trusted.city, edition=trusted.edition, expires=now + HOLDS)
    new = tuple(each for each in entries if each.sha256 not in known)
    return Ordered(order, new, trusted.root, trusted.targets)


def write_order(ordered: Ordered, file: Path) -> None:
    """Write the order, and beside it what an office needs to sign it without anything else: root and targets.

    Raises OutputError.
    """
    write_file(file.with_name("root.json"), ordered.root)
    write_file(file.with_name("targets.json"), ordered.targets)
    write_file(file, ordered.order)


def carry_out_order(
    file: Path,
    dist: Path,
    store: Store,
    *,
    root: bytes,
    now: Callable[[], datetime],
    token: str,
    workspace: Path | None = None,
    take_over: bool = False,
) -> CarriedOut:
    """Carry a signed order out at the target and on this machine; write the purge list and the notice beside it.

    `root` is trusted. Deltas made from what was withdrawn go as well. Raises what `remove` does, and OutputError.
    """
    order = file.read_bytes()
    removal = remove(store, order, root, now=now, token=token, take_over=take_over)
    local = []
    for folder in _folders(dist, workspace, removal.trusted.edition):
        local += [(folder / path).as_posix() for path in take_out(folder, removal.withdrawn, order)]
    if workspace is not None:
        local += [path.as_posix() for path in forget_deltas(workspace, removal.trusted.edition)]
    purge_list, notice = file.with_name(f"{file.stem}-purge.txt"), file.with_name(f"{file.stem}-notice.html")
    write_file(purge_list, removal.purge_list(removal.target.published.base_url).encode())
    digest = hashlib.sha256(order).hexdigest()
    page = notice_page(
        removal.new or removal.withdrawn,
        city=removal.trusted.city,
        edition=removal.trusted.edition,
        root_fingerprint=fingerprint_of(removal.trusted.root),
        order_sha256=digest,
    )
    write_file(notice, page)
    if workspace is not None and removal.new:
        facts = {
            "edition": removal.trusted.edition,
            "order": digest,
            "files": [
                {"kind": each.kind, "path": each.path, "release": each.release, "sha256": each.sha256}
                for each in removal.new
            ],
            "reasons": sorted({each.reason for each in removal.new}),
            "removed": len(removal.paths),
        }
        append(workspace, KIND, facts, now())
    return CarriedOut(removal, tuple(local), purge_list, notice)


def _first_root(source: Source) -> bytes:
    for name in ("1.root.json", "root.json"):
        data = source.read(name, LIMITS["root"])
        if data is not None:
            return data
    raise InputError(
        _("nothing is signed here yet, so there is nobody who could order a withdrawal"),
        expected="metadata/root.json",
        hint=_("what was never published need not be withdrawn: build again without it"),
    )


def _manifests(dist: Path, store: Store, workspace: Path | None, edition: str) -> Iterator[bytes]:
    """release.json of every release that somebody may have."""
    for entry in store.list():
        if entry.path == MANIFEST or entry.path.startswith("metadata/release-"):
            found = read_small(store, entry.path)
            if found is not None:
                yield found[0]
    for folder in _folders(dist, workspace, edition):
        if (folder / MANIFEST).is_file():
            yield (folder / MANIFEST).read_bytes()


def _folders(dist: Path, workspace: Path | None, edition: str) -> list[Path]:
    """Release folders of this machine."""
    kept = [] if workspace is None else [each.folder for each in kept_releases(workspace, edition)]
    return [dist, *kept]
