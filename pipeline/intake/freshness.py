"""How fresh a dataset is: the date its content is of, held against the cycle at which it is renewed.

Data of one period of its cycle is fresh until the data of the next one is due: quarterly data of 15 September (third
quarter) until the fourth quarter's is, on 10 January. So the light of a department that is always on time is always
green. One period later it turns red. What is renewed irregularly has no light.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from pipeline.framework.department import Cycle
from pipeline.framework.period import Period, period_at

Light = Literal["green", "yellow", "red", "none"]
LIGHTS: tuple[Light, ...] = ("green", "yellow", "red", "none")


@dataclass(frozen=True, slots=True)
class Freshness:
    """Two days decide the light on any date, so that a browser needs no calendar to recompute it."""

    fresh_until: date | None  # the last green day; None where there is no cycle
    stale_after: date | None  # the last yellow day

    def light(self, as_of: date) -> Light:
        """Green while the data is as fresh as its cycle promises, yellow for one more period, then red."""
        if self.fresh_until is None or self.stale_after is None:
            return "none"
        if as_of <= self.fresh_until:
            return "green"
        return "yellow" if as_of <= self.stale_after else "red"


def freshness(currency: date, cycle: Cycle, grace_days: int) -> Freshness:
    """The freshness of data whose content is of `currency`, renewed at `cycle`, due `grace_days` after each period."""
    if cycle == "irregular":
        return Freshness(None, None)
    following = period_at(cycle, currency).following
    return Freshness(due_date(following, grace_days), due_date(following.following, grace_days))


def due_date(period: Period, grace_days: int) -> date:
    """The last day on which data of a period is on time: daily data is not given ten days, but one more period."""
    return period.end + timedelta(days=min(grace_days, period.days))
