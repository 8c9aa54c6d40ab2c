from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.framework.department import Cycle
from pipeline.framework.period import parse_period, period_at
from pipeline.intake.freshness import due_date, freshness


@pytest.mark.parametrize(
    ("currency", "cycle", "grace", "fresh_until", "stale_after"),
    [
        # Of the third quarter; the fourth is due on 10 January, the first of the next year on 10 April.
        ("2026-09-15", "quarterly", 10, "2027-01-10", "2027-04-10"),
        ("2026-07-01", "quarterly", 10, "2027-01-10", "2027-04-10"),
        ("2026-09-30", "quarterly", 0, "2026-12-31", "2027-03-31"),
        ("2024-01-31", "monthly", 10, "2024-03-10", "2024-04-10"),
        ("2026-03-03", "half-yearly", 10, "2027-01-10", "2027-07-10"),
        ("2025-06-01", "yearly", 31, "2027-01-31", "2028-01-31"),
        ("2026-11-18", "weekly", 10, "2026-12-06", "2026-12-13"),  # a Wednesday; at most a week of grace
        ("2026-11-22", "daily", 10, "2026-11-24", "2026-11-25"),  # at most a day of grace
        ("2026-11-22", "daily", 0, "2026-11-23", "2026-11-24"),
    ],
)
def test_fresh_until_the_next_data_is_due(
    currency: str, cycle: Cycle, grace: int, fresh_until: str, stale_after: str
) -> None:
    fresh = freshness(date.fromisoformat(currency), cycle, grace)
    assert fresh.fresh_until == date.fromisoformat(fresh_until)
    assert fresh.stale_after == date.fromisoformat(stale_after)


@pytest.mark.parametrize(
    ("as_of", "light"),
    [
        ("2020-01-01", "green"),  # before the data's own date: nothing speaks against it
        ("2027-01-10", "green"),
        ("2027-01-11", "yellow"),
        ("2027-04-10", "yellow"),
        ("2027-04-11", "red"),
        ("2099-01-01", "red"),
    ],
)
def test_the_light_turns_on_the_day_after(as_of: str, light: str) -> None:
    assert freshness(date(2026, 9, 15), "quarterly", 10).light(date.fromisoformat(as_of)) == light


def test_what_has_no_cycle_has_no_light() -> None:
    fresh = freshness(date(1999, 1, 1), "irregular", 10)
    assert (fresh.fresh_until, fresh.stale_after, fresh.light(date(2026, 1, 1))) == (None, None, "none")


@given(
    st.sampled_from(["daily", "weekly", "monthly", "quarterly", "half-yearly", "yearly"]),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.integers(0, 40),
    st.integers(0, 40),
)
def test_who_is_always_on_time_is_always_green(cycle: Cycle, day: date, grace: int, late: int) -> None:
    """Data of the last day of a period, replaced by that of the next one on any day up to its due date."""
    period = period_at(cycle, day)
    due = due_date(period.following, grace)
    replaced = min(period.following.end + timedelta(days=late), due)
    assert freshness(period.start, cycle, grace).light(replaced) == "green"
    assert freshness(period.end, cycle, grace).light(due + timedelta(days=1)) == "yellow"


def test_grace_is_no_longer_than_the_period() -> None:
    assert due_date(parse_period("2026-Q3"), 10) == date(2026, 10, 10)
    assert due_date(parse_period("2026-02"), 40) == date(2026, 3, 28)
    assert due_date(parse_period("2026-09-15"), 10) == date(2026, 9, 16)
