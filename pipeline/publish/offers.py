"""Deltas between releases that a publisher offers beside them: what there is, and how an office fetches one.

deltas/index.json lists them; each lies in a folder of its own as `release.delta` writes it. None of it is signed, and
none has to be: what a delta makes is compared with the signed list, and where it is not that, the files are fetched.
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.portal.files import json_bytes
from pipeline.progress import Progress
from pipeline.publish.origin import Origin, Unreached, Unwilling
from pipeline.publish.stages import DELTAS, OFFERS
from pipeline.release.delta import LISTING, read_listing

_LIMIT: Final = 4 << 20  # bytes of the index
_AT_MOST: Final = 1000  # deltas
_LISTING_LIMIT: Final = 256 << 20  # bytes of a delta.json
_NAME: Final = re.compile(r"[0-9a-f]{12}-[0-9a-f]{12}")
_ID: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Offer:
    """A delta: from release `old` to release `new`, its bytes in all, delta.json's length and sha256."""

    old: str
    new: str
    bytes: int
    listing_bytes: int
    listing_sha256: str

    @property
    def name(self) -> str:
        """The name of its folder below deltas/."""
        return f"{self.old[:12]}-{self.new[:12]}"


def index_bytes(offers: tuple[Offer, ...]) -> bytes:
    """deltas/index.json; the same offers give the same bytes."""
    return json_bytes(
        {
            "version": 1,
            "deltas": [
                {
                    "from": each.old,
                    "to": each.new,
                    "bytes": each.bytes,
                    "listing": {"bytes": each.listing_bytes, "sha256": each.listing_sha256},
                }
                for each in sorted(offers, key=lambda each: each.name)
            ],
        }
    )


def read_offers(origin: Origin) -> tuple[Offer, ...]:
    """What a publisher offers; nothing where there is no index or it cannot be understood."""
    try:
        data = origin.small(OFFERS, _LIMIT).data
    except (Unreached, Unwilling):
        return ()
    return parse_offers(data or b"")


def parse_offers(data: bytes) -> tuple[Offer, ...]:
    """What an index offers; nothing where it cannot be understood."""
    if len(data) > _LIMIT:
        return ()
    try:
        found = json.loads(data)["deltas"][:_AT_MOST]
        offers = tuple(
            Offer(
                str(each["from"]),
                str(each["to"]),
                int(each["bytes"]),
                int(each["listing"]["bytes"]),
                str(each["listing"]["sha256"]),
            )
            for each in found
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return ()
    return tuple(
        each
        for each in offers
        if _ID.fullmatch(each.old) and _ID.fullmatch(each.new) and 0 <= each.listing_bytes <= _LISTING_LIMIT
    )


def fetch_delta(origin: Origin, offer: Offer, folder: Path, threads: int, progress: Progress) -> tuple[Path, int]:
    """Fetch a delta into `folder`, going on where a former try stopped; returns the folder and how many bytes it has.

    Raises InputError where it is not what the index says or larger than it says, Unreached, Unwilling, Altered.
    """
    base = f"{DELTAS}/{offer.name}"
    folder.mkdir(parents=True, exist_ok=True)
    origin.download(f"{base}/{LISTING}", offer.listing_bytes, offer.listing_sha256, folder / LISTING)
    listing = read_listing(folder)
    parts = {step.part.path: step.part for step in listing.files if step.part is not None}
    total = sum(part.bytes for part in parts.values())
    if (listing.old.release, listing.new.release) != (offer.old, offer.new) or total > offer.bytes:
        raise InputError(_("The delta is not what the index says."), where=origin.address + base)
    progress.start(_("fetching changes"), total, _("bytes"))

    def fetch(path: str) -> None:
        part = parts[path]
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        origin.download(f"{base}/{path}", part.bytes, part.sha256, folder / path)
        progress.advance(part.bytes)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fetch, sorted(parts)))
    progress.done()
    return folder, offer.listing_bytes + total
