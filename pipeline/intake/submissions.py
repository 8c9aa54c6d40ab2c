"""What departments handed in up to a date, by dataset, out of the ledger in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any, Literal, Protocol

from pipeline.framework.period import Period, parse_period

SubmissionKind = Literal["accepted", "nil", "refused"]


class LedgerEntry(Protocol):
    """What is asked of an entry of `pipeline.intake.ledger`."""

    @property
    def at(self) -> str:
        """When, UTC, ISO 8601."""

    @property
    def kind(self) -> str:
        """What was decided."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """On what, and what came of it."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A package that was accepted or refused, or a nil return."""

    kind: SubmissionKind
    department: str | None  # who handed it in
    period: Period
    on: date  # in the city's own time
    currency: date | None
    version: str | None
    score: float | None
    reason: str  # why it was refused


def submissions(entries: Iterable[LedgerEntry], as_of: date, utc_offset: float) -> dict[str, tuple[Submission, ...]]:
    """The submissions of each dataset up to the end of the day `as_of`, in the ledger's order.

    `utc_offset` hours make a day of the city out of a time in UTC. A version that was purged is as if it had never
    been accepted. A refused package that does not say what it is for belongs to no dataset.
    """
    zone = timezone(timedelta(hours=utc_offset))
    found: dict[str, list[Submission]] = {}
    for entry in entries:
        if entry.kind not in ("accepted", "nil", "refused", "purged"):
            continue
        facts = entry.facts
        dataset, on = facts.get("dataset"), datetime.fromisoformat(entry.at).astimezone(zone).date()
        if not isinstance(dataset, str) or on > as_of:
            continue
        mine = found.setdefault(dataset, [])
        if entry.kind == "purged":
            version = facts.get("version")
            mine[:] = [each for each in mine if each.version is None or each.version != version]
        elif (submission := _submission(entry.kind, facts, on)) is not None:
            mine.append(submission)
    return {dataset: tuple(mine) for dataset, mine in found.items()}


def _submission(kind: Any, facts: Mapping[str, Any], on: date) -> Submission | None:
    try:
        period = parse_period(str(facts.get("period")))
    except ValueError:
        return None
    currency, score, version = facts.get("currency"), facts.get("score"), facts.get("version")
    department = facts.get("department")
    return Submission(
        kind,
        department if isinstance(department, str) else None,
        period,
        on,
        date.fromisoformat(currency) if isinstance(currency, str) else None,
        version if isinstance(version, str) else None,
        float(score) if isinstance(score, int | float) else None,
        str(facts.get("reason") or ""),
    )
