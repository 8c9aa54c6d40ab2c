"""Working days: weekends, holidays, days worked instead; checked against a calendar on paper."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.framework.workdays import load_workdays

WORKDAYS = load_workdays(None)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 23), True),  # a Monday
        (date(2026, 11, 21), False),  # a Saturday
        (date(2026, 10, 1), False),  # National Day, a Thursday
        (date(2026, 10, 7), False),
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),  # a Saturday that is worked
        (date(2026, 2, 14), True),
        (date(2026, 2, 23), False),  # the ninth day of the Spring Festival, a Monday
        (date(2026, 2, 24), True),
        (date(2027, 10, 1), True),  # no table of that year: weekends alone
        (date(2027, 10, 2), False),
    ],
)
def test_which_days_are_worked(day: date, works: bool) -> None:
    assert WORKDAYS.works(day) is works


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 11, 20), date(2026, 12, 4)),  # two plain weeks
        (date(2026, 11, 21), date(2026, 12, 4)),  # on a Saturday: the first day is Monday all the same
        (date(2026, 9, 23), date(2026, 10, 14)),  # Mid-Autumn and National Day; the 10th is worked
        (date(2026, 2, 12), date(2026, 3, 4)),  # the Spring Festival; the 14th and the 28th are worked
    ],
)
def test_ten_working_days(received: date, due: date) -> None:
    assert WORKDAYS.after(received, 10) == due
    assert WORKDAYS.between(received, due) == 10


DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))


@given(DAYS, st.integers(0, 40))
def test_counting_there_and_back(day: date, count: int) -> None:
    end = WORKDAYS.after(day, count)
    assert WORKDAYS.between(day, end) == count
    assert WORKDAYS.between(end, day) == -count
    assert count == 0 or WORKDAYS.works(end)


@given(DAYS, st.integers(1, 60))
def test_a_day_more_is_at_most_one_working_day_more(day: date, days: int) -> None:
    more = day + timedelta(days)
    assert WORKDAYS.between(day, more + timedelta(1)) - WORKDAYS.between(day, more) == WORKDAYS.works(
        more + timedelta(1)
    )


def test_a_year_nobody_confirmed_is_told() -> None:
    assert WORKDAYS.doubts(date(2026, 12, 28), date(2027, 1, 11)) == (2026, 2027)


def test_a_workspace_keeps_years_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "workdays.toml").write_text(
        "[[year]]\nyear = 2027\noff = [2027-01-01]\nworked = [2027-01-02]\nsource = 's'\nconfirmed = '某某'\n"
    )
    own = load_workdays(tmp_path)
    assert not own.works(date(2027, 1, 1)) and own.works(date(2027, 1, 2))
    assert not own.works(date(2026, 10, 1))  # other years stay
    assert own.doubts(date(2026, 12, 28), date(2027, 1, 11)) == (2026,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[year]]\nyear = 2027\noff = [2026-01-01]\nsource = 's'", "2026-01-01 is not in 2027"),
        (
            "[[year]]\nyear = 2027\noff = [2027-01-01]\nworked = [2027-01-01]\nsource = 's'",
            "2027-01-01 is off and worked",
        ),
        ("[[year]]\nyear = 2027\noff = []", "missing"),
        ("[[year]", "workdays.toml"),
    ],
)
def test_a_faulty_table_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "workdays.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_workdays(tmp_path)
    assert said in str(caught.value)
