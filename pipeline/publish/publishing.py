"""Publishing a release: look, refuse, plan, and on demand do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.errors import UsageError
from pipeline.i18n import _
from pipeline.progress import Progress
from pipeline.publish.apply import THREADS, Applied, carry_out
from pipeline.publish.deltas import Kept, with_deltas
from pipeline.publish.lease import SECONDS, leased
from pipeline.publish.plan import Plan, make_plan
from pipeline.publish.prune import KEEP, KEEP_DAYS, kept, pinned
from pipeline.publish.refusals import refuse_another, refuse_older, refuse_unreviewed
from pipeline.publish.s3 import PART_BYTES
from pipeline.publish.shipment import Shipment, with_hotlink
from pipeline.publish.signed import judge, root_at
from pipeline.publish.standing import refuse_leaks, with_newest_order
from pipeline.publish.store import Store
from pipeline.publish.target import Target, read_target
from pipeline.release.signatures import Signatures


@dataclass(frozen=True, slots=True)
class Wishes:
    """What may be said about a publication. Releases of `pin` and `unpin` are named by the beginning of their ids."""

    root: bytes | None = None  # of trust; None: the one that the target has, else the one that comes along
    base_url: str | None = None  # None: as before
    keep: int = KEEP
    keep_days: int = KEEP_DAYS
    pin: tuple[str, ...] = ()
    unpin: tuple[str, ...] = ()
    rollback: bool = False
    take_over: bool = False
    deltas: Kept | None = None  # None: none are offered
    threads: int = THREADS
    part_bytes: int = PART_BYTES
    lease_seconds: float = SECONDS


Judge = Callable[[Shipment, bytes | None, datetime], Signatures | None]


def plan_publication(
    shipment: Shipment,
    store: Store,
    wishes: Wishes,
    now: datetime,
    *,
    spare: bool = False,
    judge: Judge = judge,
    progress: Progress | None = None,
) -> Plan:
    """What publishing would do; changes nothing at the target.

    `spare` is that of `prune`, `judge` refuses what is not signed.

    Raises PolicyRefusal, UsageError and errors of stores.
    """
    refuse_unreviewed(shipment.manifest, str(shipment.dist))
    target = read_target(store, now, wishes.threads)
    refuse_another(shipment, target)
    if not wishes.rollback:
        refuse_older(shipment, store, target)
    shipment = with_newest_order(shipment, store, target)
    signatures = judge(shipment, wishes.root or root_at(store, target), now)
    if signatures is not None and signatures.trusted is not None:
        refuse_leaks(store, target, signatures.trusted.withdrawn)
    base_url = wishes.base_url or target.published.base_url
    if base_url is not None:
        shipment = with_hotlink(shipment, base_url)
    pins = _pins(shipment, target, wishes)
    if wishes.deltas is not None:
        published = pinned(target.published.with_newest(shipment.release, now), pins)
        staying, _going = kept(published, now, wishes.keep, wishes.keep_days)
        shipment = with_deltas(shipment, wishes.deltas, store, target, staying, progress=progress)
    return make_plan(
        shipment,
        store,
        target,
        now=now,
        keep=wishes.keep,
        keep_days=wishes.keep_days,
        base_url=base_url,
        pins=pins,
        spare=spare,
        part_bytes=wishes.part_bytes,
        threads=wishes.threads,
    )


def publish(
    shipment: Shipment,
    store: Store,
    wishes: Wishes,
    *,
    now: Callable[[], datetime],
    token: str,
    show: Callable[[Plan], None] = lambda plan: None,
    progress: Progress | None = None,
    judge: Judge = judge,
) -> tuple[Plan, Applied]:
    """Plan once more while nobody else may write, show the plan, and carry it out.

    `token` is a text that no other publisher has. Raises what `plan_publication` and `carry_out` raise, and Busy.
    """
    refuse_unreviewed(shipment.manifest, str(shipment.dist))
    if wishes.deltas is not None:  # making them may take longer than a lease lasts; then they lie there
        plan_publication(shipment, store, wishes, now(), judge=judge, progress=progress)
    with leased(store, shipment.release, token, now, take_over=wishes.take_over, seconds=wishes.lease_seconds) as lease:
        plan = plan_publication(shipment, store, wishes, now(), spare=lease.inherited, judge=judge)
        show(plan)
        return plan, carry_out(plan, store, lease, threads=wishes.threads, progress=progress)


def _pins(shipment: Shipment, target: Target, wishes: Wishes) -> dict[str, bool]:
    known = sorted({each.release for each in target.published.releases} | {shipment.release})
    return {_named(known, name): True for name in wishes.pin} | {_named(known, name): False for name in wishes.unpin}


def _named(known: Sequence[str], name: str) -> str:
    found = [release for release in known if release.startswith(name.lower())] if name else []
    if len(found) != 1:
        raise UsageError(
            _("no single release at the target begins with {name}").format(name=name),
            expected=", ".join(release[:12] for release in known),
        )
    return found[0]
