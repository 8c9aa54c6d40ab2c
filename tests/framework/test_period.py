from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.framework.period import EXAMPLES, PeriodKind, last_ended, parse_period, period_at

KINDS: tuple[PeriodKind, ...] = ("daily", "weekly", "monthly", "quarterly", "half-yearly", "yearly")
DAYS = st.dates(date(1900, 2, 1), date(2199, 12, 1))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-H1", "2026-01-01", "2026-06-30"),
        ("2026-H2", "2026-07-01", "2026-12-31"),
        ("2026-Q1", "2026-01-01", "2026-03-31"),
        ("2026-Q4", "2026-10-01", "2026-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-12", "2026-12-01", "2026-12-31"),
        ("2026-09-15", "2026-09-15", "2026-09-15"),
    ],
)
def test_a_period_has_a_first_and_a_last_day(text: str, start: str, end: str) -> None:
    period = parse_period(text)
    assert (period.start.isoformat(), period.end.isoformat(), period.text) == (start, end, text)


@pytest.mark.parametrize(
    "text",
    ["", "26", "2026-Q5", "2026-Q0", "2026-H3", "2026-13", "2026-00", "2026-9", "2026-02-30", "2026-Q3 ", "0026",
     "２０２６", "2026-W38", "2026-Q3.1", "2026-q3", "2026-09-15T00:00", "2026\n"],
)  # fmt: skip
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(ValueError):
        parse_period(text)


def test_the_examples_are_periods() -> None:
    assert [parse_period(text).kind for text in EXAMPLES.split(", ")] == [
        "yearly", "half-yearly", "quarterly", "monthly", "daily",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "as_of", "expected"),
    [
        ("quarterly", "2026-09-29", "2026-Q2"),
        ("quarterly", "2026-09-30", "2026-Q3"),  # a date is the end of its day
        ("quarterly", "2026-10-01", "2026-Q3"),
        ("monthly", "2026-01-15", "2025-12"),
        ("yearly", "2026-12-30", "2025"),
        ("half-yearly", "2026-06-30", "2026-H1"),
        ("daily", "2026-03-01", "2026-03-01"),
        ("weekly", "2026-01-03", "2025-W52"),  # ISO 8601: week 1 is the one with the year's first Thursday
        ("weekly", "2026-01-04", "2026-W01"),
    ],
)
def test_the_latest_that_has_ended(kind: PeriodKind, as_of: str, expected: str) -> None:
    assert last_ended(kind, date.fromisoformat(as_of)).text == expected


@given(st.sampled_from(KINDS), DAYS)
def test_periods_of_a_kind_follow_one_another_without_gap(kind: PeriodKind, day: date) -> None:
    period = period_at(kind, day)
    assert period.start <= day <= period.end
    assert period.days == (period.end - period.start).days + 1
    assert period.following.start == period.end + timedelta(days=1)
    assert period.following.preceding == period
    assert {period_at(kind, d) for d in (period.start, period.end)} == {period}


@given(st.sampled_from([kind for kind in KINDS if kind != "weekly"]), DAYS)
def test_what_is_written_is_read_again(kind: PeriodKind, day: date) -> None:
    period = period_at(kind, day)
    assert parse_period(period.text) == period


def test_touching_is_having_a_day_in_common() -> None:
    q3 = parse_period("2026-Q3")
    touching = ["2026", "2026-H2", "2026-Q3", "2026-07", "2026-09", "2026-07-01", "2026-09-30"]
    assert all(parse_period(text).touches(q3) and q3.touches(parse_period(text)) for text in touching)
    assert not any(parse_period(text).touches(q3) for text in ["2026-H1", "2026-Q2", "2026-10", "2026-06-30", "2025"])
