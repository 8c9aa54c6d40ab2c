"""Which deltas lead from the release that is there to the newest one with the fewest bytes."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Final, NamedTuple

SKIPS: Final = (
    1,
    4,
    12,
)  # releases back that a publisher makes deltas from: the last, a year's and three years' quarters


class Step(NamedTuple):
    """A delta that is offered: from one release to another, and its bytes."""

    old: str
    new: str
    bytes: int


def choose_chain(
    have: str, want: str, offered: Iterable[Step], *, full_bytes: int | None = None
) -> tuple[Step, ...] | None:
    """The deltas to apply one after the other, fewest bytes first; of equal ones the shorter chain, then by ids.

    None where no chain leads there or the whole release (`full_bytes`) is no larger. No delta is needed (an empty
    chain) where `have` is `want`. A release is in a chain once, so offers in a circle do no harm; offers of less than
    nothing are passed over.
    """
    onward: dict[str, list[Step]] = {}
    for step in sorted(offered):
        if step.bytes >= 0:
            onward.setdefault(step.old, []).append(step)
    waiting: list[tuple[int, int, tuple[Step, ...], str]] = [(0, 0, (), have)]
    done: set[str] = set()
    while waiting:
        size, length, chain, at = heapq.heappop(waiting)
        if at == want:
            return None if full_bytes is not None and chain and size >= full_bytes else chain
        if at in done:
            continue
        done.add(at)
        for step in onward.get(at, ()):
            if step.new not in done:
                heapq.heappush(waiting, (size + step.bytes, length + 1, (*chain, step), step.new))
    return None
