"""`longquan status` for machines: every dataset's standing by department, and how many there are of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from pipeline.framework import Framework
from pipeline.intake.calendar import STATES, Standing
from pipeline.intake.freshness import LIGHTS

VERSION = 1


def status_json(framework: Framework, found: Sequence[Standing], as_of: date) -> dict[str, Any]:
    """All standings as plain values; departments without a dataset are left out.

    `days` counts from `as_of` to the last day on time; it is negative where that is past.
    """
    departments = []
    for id, group in groupby(found, key=lambda each: each.department.id):
        mine = list(group)
        department = mine[0].department
        departments.append(
            {
                "id": id,
                "name": department.name.model_dump(),
                "contact": department.contact.model_dump(),
                "calendar": department.calendar,
                **counts(mine),
                "datasets": [standing_json(each, as_of) for each in mine],
            }
        )
    return {
        "version": VERSION,
        "as_of": as_of.isoformat(),
        "grace_days": framework.intake.grace_days,
        **counts(found),
        "departments": departments,
    }


def counts(found: Sequence[Standing]) -> dict[str, dict[str, int]]:
    """How many datasets are in each state and of each light; those of none are left out."""
    states = Counter(each.state for each in found)
    lights = Counter(each.light for each in found)
    return {
        "states": {state: states[state] for state in STATES if states[state]},
        "lights": {light: lights[light] for light in LIGHTS if lights[light]},
    }


def standing_json(standing: Standing, as_of: date) -> dict[str, Any]:
    """One dataset's standing."""
    dataset, duty = standing.dataset, standing.duty
    return {
        "id": dataset.id,
        "title": dataset.title.model_dump(),
        "state": standing.state,
        "period": duty.period.text if duty else None,
        "due": duty.due.isoformat() if duty else None,
        "days": (duty.due - as_of).days if duty else None,
        "on": _day(duty.on) if duty else None,
        "late": duty.late if duty else False,
        "reason": (duty.reason or None) if duty else None,
        "missed": [period.text for period in standing.missed],
        "version": standing.version,
        "accepted": _day(standing.accepted),
        "score": standing.score,
        **freshness_json(standing),
    }


def freshness_json(standing: Standing) -> dict[str, Any]:
    """What a dataset's light is made of: with the two dates it can be recomputed on any day."""
    return {
        "currency": standing.currency.isoformat(),
        "confirmed": standing.confirmed.isoformat(),
        "cycle": standing.dataset.cycle,
        "light": standing.light,
        "fresh_until": _day(standing.freshness.fresh_until),
        "stale_after": _day(standing.freshness.stale_after),
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
