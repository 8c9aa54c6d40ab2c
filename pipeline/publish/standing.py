"""What an office took back stays taken back when something is published over it: the newest order goes along.

Orders are numbered and each includes those before it, so of two that stand beside each other one must hold the other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.errors import PolicyRefusal
from pipeline.i18n import _, ngettext
from pipeline.publish.records import read_small, unreadable
from pipeline.publish.removal import withdrawn_at
from pipeline.publish.shipment import TOMBSTONE, Shipment, made
from pipeline.publish.store import Store
from pipeline.publish.target import Target
from pipeline.release.trust.verify import Withdrawn


@dataclass(frozen=True, slots=True)
class _Order:
    """A withdrawn.json before anybody has looked who signed it."""

    data: bytes
    signed: dict[str, Any]
    version: int
    names: frozenset[str]


def with_newest_order(shipment: Shipment, store: Store, target: Target) -> Shipment:
    """The same with the order that stands at the target, where that is newer than what the folder knows.

    Who signed it is judged afterwards, with everything else. Raises PolicyRefusal where neither of two orders includes
    the other, InputError for one at the target that cannot be understood.
    """
    found = read_small(store, TOMBSTONE) if TOMBSTONE in target.entries else None
    if found is None:
        return shipment
    there = _read(found[0])
    own = next((_read(i.source) for i in shipment.items if i.path == TOMBSTONE and isinstance(i.source, bytes)), None)
    if own is not None:
        older, newer = sorted((own, there), key=lambda order: order.version)
        if not older.names <= newer.names or (older.version == newer.version and older.signed != newer.signed):
            raise PolicyRefusal(
                _("two orders to withdraw were made side by side: number {there} at the target, {own} here").format(
                    there=there.version, own=own.version
                ),
                where=TOMBSTONE,
                expected=_("one that includes the other"),
                hint=_("make the second one anew, with longquan publish --withdraw, and have it signed"),
            )
        if own.version >= there.version:
            return shipment
    item = made(TOMBSTONE, there.data)
    items = [item, *(each for each in shipment.items if each.path != TOMBSTONE)]
    return replace(shipment, items=tuple(sorted(items, key=lambda each: (each.stage, each.path.encode()))))


def refuse_leaks(store: Store, target: Target, withdrawn: Sequence[Withdrawn]) -> None:
    """Nothing is published where something that was withdrawn is still given away. Raises PolicyRefusal."""
    left = sorted(withdrawn_at(store, target, withdrawn)[0]) if withdrawn else []
    if left:
        n = len(left)
        raise PolicyRefusal(
            ngettext(
                "the target still gives away {n} file that was withdrawn",
                "the target still gives away {n} files that were withdrawn",
                n,
            ).format(n=n),
            where=left[0],
            hint=_("first carry the order out there: longquan publish DIST TARGET --withdraw-order FILE --apply"),
        )


def _read(data: bytes) -> _Order:
    try:
        signed = json.loads(data)["signed"]
        return _Order(data, signed, int(signed["version"]), frozenset(signed["targets"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise unreadable(TOMBSTONE) from error
