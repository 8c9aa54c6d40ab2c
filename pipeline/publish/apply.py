"""Doing what a plan says: content first, read back; then pointers, stage by stage; then what nothing needs goes.

At every moment a reader finds every file that any pointer names. A publisher that dies leaves files that nothing names
yet, and `unfinished.json`, which names them: the next one uses or deletes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import groupby

from pipeline.i18n import _
from pipeline.progress import Progress, Silent
from pipeline.publish.lease import Lease
from pipeline.publish.plan import Plan, Upload
from pipeline.publish.records import PUBLISHED, UNFINISHED, unfinished_bytes
from pipeline.publish.shipment import made
from pipeline.publish.stages import Stage
from pipeline.publish.store import Condition, MissingFile, Store, altered

THREADS = 8
_TRIES = 3  # of a file that comes back different


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done."""

    files: int
    bytes: int
    deleted: int


def carry_out(
    plan: Plan, store: Store, lease: Lease, *, threads: int = THREADS, progress: Progress | None = None
) -> Applied:
    """Bring the target to what the plan says; it has to have been made while `lease` was held.

    Raises LeaseLost or Conflict when somebody else writes as well, Altered when what comes back is not what was sent,
    and errors of stores. Whatever happens, the release that was there or the new one is there, whole.
    """
    progress = progress or Silent()
    if plan.idle:
        return Applied(0, 0, 0)
    unfinished = plan.target.unfinished_etag
    if plan.unfinished and plan.unfinished != plan.target.unfinished:
        lease.check()
        item = made(UNFINISHED, unfinished_bytes(plan.unfinished))
        store.write(UNFINISHED, item.source, item.about, Condition(unfinished))
    content = [upload for upload in plan.uploads if upload.item.stage is Stage.CONTENT]
    pointers = [upload for upload in plan.uploads if upload.item.stage is not Stage.CONTENT]
    progress.start(_("uploading"), sum(upload.item.bytes for upload in content), _("bytes"))
    _side_by_side(content, store, lease, threads, progress)
    progress.start(_("changing over"), sum(upload.item.bytes for upload in pointers), _("bytes"))
    for _stage, together in groupby(pointers, key=lambda upload: upload.item.stage):
        _side_by_side(list(together), store, lease, threads, progress)
    if plan.records:
        lease.check()
        item = made(PUBLISHED, plan.published.bytes())
        store.write(PUBLISHED, item.source, item.about, Condition(plan.target.published.etag))
    if plan.pruning.paths:
        progress.start(_("deleting"), len(plan.pruning.paths), _("files"))
    for path in plan.pruning.paths:
        lease.check()
        store.delete(path)
        progress.advance()
    if plan.pruning.spared:
        lease.check()
        item = made(UNFINISHED, unfinished_bytes(plan.pruning.spared))
        store.write(UNFINISHED, item.source, item.about)
    elif plan.unfinished or unfinished is not None:
        lease.check()
        store.delete(UNFINISHED)
    progress.done()
    return Applied(len(plan.uploads), plan.upload_bytes, len(plan.pruning.paths))


def _side_by_side(uploads: Sequence[Upload], store: Store, lease: Lease, threads: int, progress: Progress) -> None:
    """Write and read back several at once; the first failure stops those that have not begun."""
    # The largest first: they take longest. The bytes at the target are the same in any order.
    ordered = sorted(uploads, key=lambda upload: (-upload.item.bytes, upload.item.path.encode()))
    with ThreadPoolExecutor(threads) as pool:
        running: dict[Future[None], Upload] = {}
        try:
            for upload in ordered:
                running[pool.submit(_write, upload, store, lease)] = upload
            for future in as_completed(running):
                future.result()
                progress.advance(running[future].item.bytes)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _write(upload: Upload, store: Store, lease: Lease) -> None:
    """Write one file and compare what comes back. Raises Altered after some tries."""
    item, condition = upload.item, upload.condition
    for tries in range(_TRIES, 0, -1):
        lease.check()
        etag = store.write(item.path, item.source, item.about, condition)
        if _comes_back(store, item.path) == item.about.sha256:
            return
        if condition is not None:
            condition = Condition(etag)
        if tries == 1:
            raise altered(item.path)


def _comes_back(store: Store, path: str) -> str | None:
    """The sha256 of what a reader gets."""
    digest = hashlib.sha256()
    try:
        for block in store.read(path).blocks:
            digest.update(block)
    except MissingFile:
        return None
    return digest.hexdigest()
