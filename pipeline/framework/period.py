"""Periods of the calendar: what a submission is for, when it is due, how long data counts as fresh."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Literal

PeriodKind = Literal["daily", "weekly", "monthly", "quarterly", "half-yearly", "yearly"]

EXAMPLES: Final = "2026, 2026-H1, 2026-Q3, 2026-09, 2026-09-15"  # every way a package may write one

_MONTHS: Final = {"monthly": 1, "quarterly": 3, "half-yearly": 6, "yearly": 12}
_WRITTEN: Final = re.compile(
    r"(?P<year>(?:19|20|21)\d\d)"
    r"(?:-H(?P<half>[12])|-Q(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12]\d|3[01]))?)?"
)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Some days in a row: a day, an ISO week, a month, a quarter, half a year or a year."""

    kind: PeriodKind
    start: date
    end: date  # its last day

    @property
    def text(self) -> str:
        """As package.toml writes it: 2026, 2026-H1, 2026-Q3, 2026-09, 2026-09-15; of a week 2026-W38 (ISO 8601)."""
        year, month = self.start.year, self.start.month
        if self.kind == "weekly":
            return "{}-W{:02}".format(*self.start.isocalendar()[:2])
        return {
            "daily": self.start.isoformat(),
            "monthly": f"{year:04}-{month:02}",
            "quarterly": f"{year:04}-Q{(month + 2) // 3}",
            "half-yearly": f"{year:04}-H{(month + 5) // 6}",
            "yearly": f"{year:04}",
        }[self.kind]

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    @property
    def following(self) -> Period:
        """The next one of its kind."""
        return period_at(self.kind, self.end + _DAY)

    @property
    def preceding(self) -> Period:
        """The one of its kind before it."""
        return period_at(self.kind, self.start - _DAY)

    def touches(self, other: Period) -> bool:
        """Whether they have a day in common: periods of months nest, so that one then lies within the other."""
        return self.start <= other.end and other.start <= self.end


@lru_cache(maxsize=4096)  # ten years of a thousand datasets ask for the same few
def period_at(kind: PeriodKind, day: date) -> Period:
    """The period of a kind that a day falls in; weeks begin on Monday."""
    if kind == "daily":
        return Period(kind, day, day)
    if kind == "weekly":
        monday = day - day.weekday() * _DAY
        return Period(kind, monday, monday + 6 * _DAY)
    months = _MONTHS[kind]
    first = (day.month - 1) // months * months + 1
    after = first + months
    next_start = date(day.year + 1, 1, 1) if after > 12 else date(day.year, after, 1)
    return Period(kind, date(day.year, first, 1), next_start - _DAY)


def last_ended(kind: PeriodKind, as_of: date) -> Period:
    """The latest period whose last day is over or is `as_of` itself: a date stands for the end of its day."""
    return period_at(kind, as_of + _DAY).preceding


@lru_cache(maxsize=4096)
def parse_period(text: str) -> Period:
    """The period that package.toml names.

    Raises ValueError for what is written otherwise and for days that no month has.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year = int(found["year"])
    if found["half"]:
        return period_at("half-yearly", date(year, 6 * int(found["half"]), 1))
    if found["quarter"]:
        return period_at("quarterly", date(year, 3 * int(found["quarter"]), 1))
    if found["day"]:
        return period_at("daily", date(year, int(found["month"]), int(found["day"])))
    if found["month"]:
        return period_at("monthly", date(year, int(found["month"]), 1))
    return period_at("yearly", date(year, 1, 1))
