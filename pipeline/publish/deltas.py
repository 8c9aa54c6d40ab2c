"""Deltas that a publication offers beside its release, made of the releases that a workspace keeps.

`offers.py` says where they lie and how an office fetches one. They lead to the release from those that stay at the
target, one, four and twelve back; what would be no less than half the release is not offered. Those that were offered
between releases that stay are offered on: an office that is two behind takes one after the other.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pipeline.archive.staging import cannot_write
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.making.files import sha256_of
from pipeline.progress import Progress, Silent
from pipeline.publish.offers import Offer, index_bytes, parse_offers
from pipeline.publish.records import Published, read_small
from pipeline.publish.shipment import TOMBSTONE, Item, Shipment, made, placed
from pipeline.publish.stages import DELTAS, OFFERS
from pipeline.publish.store import Store
from pipeline.publish.target import Target
from pipeline.release.delta import LISTING, Listing, make_delta, read_listing
from pipeline.release.delta.chain import SKIPS
from pipeline.standalone.medium import named_withdrawn

_WORTH: Final = 0.5  # of the release's bytes: a delta above that is not offered


@dataclass(frozen=True, slots=True)
class Kept:
    """What deltas are made of: folders of earlier releases by id, and the folder where deltas are kept once made."""

    folders: Mapping[str, Path]
    made: Path


def deltas_folder(workspace: Path, edition: str) -> Path:
    """Where a workspace keeps the deltas that were made for an edition."""
    return workspace / ".cache" / "deltas" / edition


def forget_deltas(workspace: Path, edition: str) -> tuple[Path, ...]:
    """Remove every delta made so far, since parts of them may be of a file that was withdrawn; returns their folders.

    Raises OutputError.
    """
    folder = deltas_folder(workspace, edition)
    gone = tuple(sorted(folder.iterdir())) if folder.is_dir() else ()
    try:
        for each in gone:
            shutil.rmtree(each)
    except OSError as error:
        raise cannot_write(folder, error) from error
    return gone


def with_deltas(
    shipment: Shipment,
    kept: Kept,
    store: Store,
    target: Target,
    staying: Published,
    *,
    progress: Progress | None = None,
) -> Shipment:
    """The same with the deltas that lead to it; each is made once, the same releases give the same bytes.

    `staying` are the releases that the target is to keep, this one among them. A kept release that is damaged is told
    of and passed over. Raises OutputError where a delta cannot be written.
    """
    progress = progress or Silent()
    withdrawn = _withdrawn(shipment)
    offers: list[Offer] = []
    items: list[Item] = []
    used: set[str] = set()
    for old in _earlier(shipment, staying):
        if old not in kept.folders:
            continue
        folder = kept.made / _name(old, shipment.release, withdrawn)
        used.add(folder.name)
        try:
            listing = _delta(kept.folders[old], shipment.dist, folder, withdrawn, progress)
        except InputError as error:
            text = _("no delta from release {id} is offered: {reason}")
            progress.note(text.format(id=old[:12], reason=error.message))
            continue
        data = (folder / LISTING).read_bytes()
        offer = Offer(old, shipment.release, listing.bytes + len(data), len(data), hashlib.sha256(data).hexdigest())
        if offer.bytes < _WORTH * sum(step.bytes for step in listing.files):
            offers.append(offer)
            items += _items(folder, listing, f"{DELTAS}/{offer.name}")
    _tidy(kept.made, used)
    offers += _standing(shipment, store, target, staying)
    if offers:
        items.append(made(OFFERS, index_bytes(tuple(offers))))
    ordered = sorted([*shipment.items, *items], key=lambda item: (item.stage, item.path.encode()))
    return replace(shipment, items=tuple(ordered))


def _earlier(shipment: Shipment, staying: Published) -> Iterator[str]:
    """The releases to start from: 1, 4 and 12 back of those that stay."""
    others = [each.release for each in staying.releases if each.release != shipment.release]
    yield from (others[-back] for back in SKIPS if back <= len(others))


def _standing(shipment: Shipment, store: Store, target: Target, staying: Published) -> list[Offer]:
    """What is offered already between earlier releases that stay."""
    found = read_small(store, OFFERS) if OFFERS in target.entries else None
    known = {each.release for each in staying.releases} - {shipment.release}
    return [
        offer
        for offer in parse_offers(found[0] if found else b"")
        if {offer.old, offer.new} <= known and f"{DELTAS}/{offer.name}/{LISTING}" in target.entries
    ]


def _name(old: str, new: str, withdrawn: Collection[str]) -> str:
    """The folder of a delta once made: what was withdrawn is not in it, so another order makes another one."""
    order = hashlib.sha256("\n".join(sorted(withdrawn)).encode()).hexdigest()[:12] if withdrawn else ""
    return "-".join(filter(None, (old[:12], new[:12], order)))


def _delta(old: Path, new: Path, folder: Path, withdrawn: Collection[str], progress: Progress) -> Listing:
    """The delta in `folder`: the one made before where it is whole, else made now."""
    if folder.is_dir():
        try:
            listing = read_listing(folder)
            if all(sha256_of(folder / s.part.path) == s.part.sha256 for s in listing.files if s.part is not None):
                return listing
        except (InputError, OSError):
            pass
        shutil.rmtree(folder)
    return make_delta(old, new, folder, omit=withdrawn, progress=progress).listing


def _items(folder: Path, listing: Listing, base: str) -> Iterator[Item]:
    yield placed(f"{base}/{LISTING}", folder / LISTING, sha256_of(folder / LISTING))
    for step in listing.files:
        if step.part is not None:
            yield placed(f"{base}/{step.part.path}", folder / step.part.path, step.part.sha256)


def _withdrawn(shipment: Shipment) -> frozenset[str]:
    """The sha256 of the files that the order which goes along names."""
    order = next((item.source for item in shipment.items if item.path == TOMBSTONE), b"")
    return frozenset(named_withdrawn(order)) if isinstance(order, bytes) else frozenset()


def _tidy(folder: Path, used: Collection[str]) -> None:
    """Remove deltas that lead to other releases or omit other files; what cannot be removed stays."""
    for other in sorted(folder.iterdir()) if folder.is_dir() else ():
        if other.name not in used:
            shutil.rmtree(other, ignore_errors=True)
