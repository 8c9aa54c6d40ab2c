"""What publishing a release would do to a target: upload, keep, delete; worked out from what is there.

A file is there when its bytes are: by the sha256 that the store knows, or, where the name is hashed and the size right,
because the list of a release says so that was read back when it was published.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.publish.prune import KEEP, KEEP_DAYS, Pruning, kept, pinned, prune
from pipeline.publish.records import Published
from pipeline.publish.s3 import PART_BYTES, part_size
from pipeline.publish.shipment import Item, Shipment
from pipeline.publish.stages import Stage, hashed
from pipeline.publish.store import Condition, Entry, Store
from pipeline.publish.target import Target

# Amazon's list prices of S3 Standard in US East, in dollars per thousand requests; deleting costs nothing.
_WRITES_PRICE = 0.005  # PUT, COPY, POST, LIST
_READS_PRICE = 0.0004  # GET, HEAD


@dataclass(frozen=True, slots=True)
class Requests:
    """How many requests a bucket is asked from looking to the end, renewals of the lease and repetitions apart."""

    writes: int  # PUT, POST, LIST
    reads: int  # GET, HEAD
    deletes: int

    @property
    def dollars(self) -> float:
        """What they cost at Amazon's list price."""
        return (self.writes * _WRITES_PRICE + self.reads * _READS_PRICE) / 1000


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be written: where there is none, or over the one with this etag."""

    item: Item
    etag: str | None

    @property
    def condition(self) -> Condition | None:
        """Pointers go over what was seen only; what is hashed is the same whoever writes it."""
        return None if self.item.stage is Stage.CONTENT else Condition(self.etag)


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do, in the order in which it is done."""

    release: str
    target: Target
    uploads: tuple[Upload, ...]
    there: tuple[Item, ...]  # need not be sent
    published: Published  # as it will be
    dropped: tuple[str, ...]  # releases that are no longer kept
    pruning: Pruning
    unfinished: frozenset[str]  # what unfinished.json has to name meanwhile; nothing: it is not needed
    requests: Requests

    @property
    def upload_bytes(self) -> int:
        """Bytes to be sent."""
        return sum(upload.item.bytes for upload in self.uploads)

    @property
    def there_bytes(self) -> int:
        """Bytes that need not be sent."""
        return sum(item.bytes for item in self.there)

    @property
    def records(self) -> bool:
        """Whether published.json has to be written."""
        return not self.target.recorded or self.published != self.target.published

    @property
    def idle(self) -> bool:
        """Whether everything is as it should be already."""
        return not (self.uploads or self.pruning.paths or self.records or self.target.unfinished)


def make_plan(
    shipment: Shipment,
    store: Store,
    target: Target,
    *,
    now: datetime,
    keep: int = KEEP,
    keep_days: int = KEEP_DAYS,
    base_url: str | None = None,
    pins: Mapping[str, bool] | None = None,
    spare: bool = False,
    part_bytes: int = PART_BYTES,
    threads: int = 8,
) -> Plan:
    """Compare a shipment with a target. The same shipment, target and time give the same plan.

    `base_url` is remembered with the target; `pins` says of releases whether they stay for good; `spare` what
    `prune` says.
    Raises errors of stores.
    """
    proven = {path: sha256 for files in target.lists.values() for path, (_size, sha256) in files.items()}
    asked = [item for item in shipment.items if _must_ask(target.entries.get(item.path), item, proven)]
    with ThreadPoolExecutor(threads) as pool:
        answers = dict(
            zip((item.path for item in asked), pool.map(lambda item: store.about(item.path), asked), strict=True)
        )
    uploads, there = [], []
    for item in shipment.items:
        entry = target.entries.get(item.path)
        found = answers.get(item.path, entry)
        right = found is not None and found.bytes == item.bytes and found.sha256 in (item.about.sha256, None)
        if right and (found is entry or found.sha256 is not None):  # type: ignore[union-attr]
            there.append(item)
        else:
            uploads.append(Upload(item, None if entry is None else entry.etag))

    before = target.published if base_url is None else replace(target.published, base_url=base_url)
    after, dropped = kept(pinned(before.with_newest(shipment.release, now), pins or {}), now, keep, keep_days)
    pruning = prune(target, [item.path for item in shipment.items], after, dropped, spare=spare)
    new = {upload.item.path for upload in uploads if upload.etag is None}
    plan = Plan(
        shipment.release, target, tuple(uploads), tuple(there), after, dropped, pruning,
        target.unfinished | new | set(pruning.paths), Requests(0, 0, 0),
    )  # fmt: skip
    return replace(plan, requests=_requests(plan, len(asked), part_bytes))


def _must_ask(entry: Entry | None, item: Item, proven: Mapping[str, str]) -> bool:
    """Whether neither the list nor a release's list tells whether a file is there."""
    if entry is None or entry.bytes != item.bytes or entry.sha256 is not None:
        return False
    return not (hashed(item.path) and proven.get(item.path) == item.about.sha256)


def _requests(plan: Plan, asked: int, part_bytes: int) -> Requests:
    """What `read_target`, `make_plan` and `carry_out` ask of a bucket."""
    target = plan.target
    lists = -(-max(len(target.entries), 1) // 1000)
    reads = target.reads + asked
    if plan.idle:
        return Requests(lists, reads, 0)
    puts, large = 0, False
    for upload in plan.uploads:
        size = upload.item.bytes
        in_parts = not isinstance(upload.item.source, bytes) and size > part_bytes
        puts += 2 + -(-size // part_size(size, part_bytes)) if in_parts else 1
        large = large or in_parts
    lease = 4  # taken; twice tried whether conditions are obeyed; given back
    deletes = len(plan.pruning.paths) + bool(plan.unfinished)
    unfinished = 1 if large or deletes else 0  # uploads that were interrupted are listed once
    writes = lists + puts + lease + bool(plan.unfinished) + plan.records + unfinished
    return Requests(writes, reads + len(plan.uploads), deletes)
