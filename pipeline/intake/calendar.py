"""Who is on time: every dataset's duty on a date, and how fresh what there is of it is.

A department's calendar divides the year into periods. The duty on a date is the latest period that has ended: it is
due some days of grace after its last day. Only what the ledger says up to that date counts, so that the answer for a
date never changes. A dataset that is read where its department keeps it (`source`) has no duty, until a package of it
is handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pipeline.framework import Dataset, Department, Framework, IntakeRules
from pipeline.framework.period import Period, PeriodKind, last_ended, period_at
from pipeline.intake.freshness import Freshness, Light, due_date, freshness
from pipeline.intake.submissions import LedgerEntry, Submission, submissions

State = Literal["overdue", "refused", "due", "handed-in", "nil", "upcoming", "direct"]
STATES: tuple[State, ...] = ("overdue", "refused", "due", "handed-in", "nil", "upcoming", "direct")


@dataclass(frozen=True, slots=True)
class Duty:
    """What a department owes for one dataset, or has done, on a date."""

    state: State
    period: Period
    due: date  # the last day on time
    on: date | None  # handed in, returned as nil or refused
    late: bool  # handed in after it was due, or due and not handed in yet
    reason: str = ""  # why it was refused


@dataclass(frozen=True, slots=True)
class Standing:
    """One dataset on a date."""

    department: Department
    dataset: Dataset
    duty: Duty | None  # None: nothing is to be handed in, it is read where it lies
    missed: tuple[Period, ...]  # earlier periods that nothing was handed in for
    version: str | None  # the one that is shown: of the latest day among those accepted
    accepted: date | None
    score: float | None
    currency: date  # 现势性: of the last version, else as declared
    confirmed: date  # the same or later: up to when nil returns say that nothing changed
    freshness: Freshness
    light: Light

    @property
    def state(self) -> State:
        """Where its duty stands."""
        return self.duty.state if self.duty is not None else "direct"


def standings(framework: Framework, entries: Iterable[LedgerEntry], as_of: date) -> tuple[Standing, ...]:
    """Every dataset of the framework on a date: departments by id, datasets as written; `entries` are the ledger's."""
    rules = framework.intake
    handed_in = submissions(entries, as_of, rules.utc_offset)
    return tuple(
        _standing(department, dataset, _own(handed_in.get(dataset.id, ()), department), as_of, rules)
        for department, dataset in framework.datasets
    )


def _own(found: Sequence[Submission], department: Department) -> list[Submission]:
    """Without what another department tried to hand in; what was accepted counts, whoever owned the dataset then."""
    return [each for each in found if each.kind != "refused" or each.department in (None, department.id)]


def _standing(
    department: Department, dataset: Dataset, mine: Sequence[Submission], as_of: date, rules: IntakeRules
) -> Standing:
    last = _last(mine)
    currency = last.currency if last is not None and last.currency is not None else dataset.currency
    confirmed = max([currency, *(_confirmed(each) for each in mine if each.kind == "nil")])
    there = last is not None or not dataset.handed_in  # of what is not there yet nothing is fresh
    fresh = freshness(confirmed, dataset.cycle, rules.grace_days) if there else Freshness(None, None)
    duty: Duty | None = None
    missed: tuple[Period, ...] = ()
    if mine or dataset.handed_in:
        duty, missed = _duty(department, mine, as_of, rules)
    return Standing(
        department,
        dataset,
        duty,
        missed,
        last.version if last else None,
        last.on if last else None,
        last.score if last else None,
        currency,
        confirmed,
        fresh,
        fresh.light(as_of),
    )


def _last(mine: Sequence[Submission]) -> Submission | None:
    """The accepted version that is shown: of the latest day, of those the last one (see `intake.store.latest`)."""
    accepted = [(each.currency or date.min, number) for number, each in enumerate(mine) if each.kind == "accepted"]
    return mine[max(accepted)[1]] if accepted else None


def _confirmed(nil: Submission) -> date:
    """Up to when a nil return says that nothing changed: the end of its period, but not beyond the day it came."""
    said = min(nil.period.end, nil.on)
    return max(said, nil.currency) if nil.currency is not None else said


def _duty(
    department: Department, mine: Sequence[Submission], as_of: date, rules: IntakeRules
) -> tuple[Duty, tuple[Period, ...]]:
    """The duty on a date and the periods before it that were missed.

    Duties begin with `since`, else with the first period that anything was handed in for, else with the latest that
    has ended. Where none has ended yet, the running one is looked at.
    """
    latest = last_ended(department.calendar, as_of)
    begin = rules.since or (mine[0].period.start if mine else latest.start)
    if latest.end < begin:
        return _done(latest.following, mine, as_of, rules), ()
    missed: list[Period] = []
    done = _fulfilled(department.calendar, mine)
    period = latest.preceding
    while period.end >= begin:
        if period.start not in done:
            missed.append(period)
        period = period.preceding
    return _done(latest, mine, as_of, rules), tuple(reversed(missed))


def _done(period: Period, mine: Sequence[Submission], as_of: date, rules: IntakeRules) -> Duty:
    """What was done for a period."""
    due = due_date(period, rules.grace_days)
    of_it = [each for each in mine if each.period.touches(period)]
    done = [each for each in of_it if each.kind != "refused"]
    if done:
        state: State = "handed-in" if any(each.kind == "accepted" for each in done) else "nil"
        return Duty(state, period, due, done[0].on, done[0].on > due)
    late = as_of > due
    if of_it:
        return Duty("refused", period, due, of_it[-1].on, late, of_it[-1].reason)
    if as_of < period.end:
        return Duty("upcoming", period, due, None, False)
    return Duty("overdue" if late else "due", period, due, None, late)


def _fulfilled(calendar: PeriodKind, mine: Sequence[Submission]) -> set[date]:
    """The first days of the calendar's periods that something was handed in for."""
    starts: set[date] = set()
    for each in mine:
        if each.kind != "refused":
            period = period_at(calendar, each.period.start)
            while period.start <= each.period.end:
                starts.add(period.start)
                period = period.following
    return starts
