"""Who is on time. Dates and states are worked out by hand: a quarter ends, ten days of grace follow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from pipeline.framework import load_workspace
from pipeline.intake.calendar import Standing, standings
from tests.intake.standing_towns import Line, accepted, dataset, department, nil, refused, write_town


def standing(
    tmp_path: Path, entries: Sequence[Line], as_of: str, *, calendar: str = "quarterly", intake: str = "", **about: str
) -> Standing:
    """The standing of the only dataset, "roads"."""
    town = write_town(tmp_path, {"transport": department(calendar, dataset("roads", **about))}, intake)  # type: ignore[arg-type]
    (only,) = standings(load_workspace(town), entries, date.fromisoformat(as_of))
    return only


def told(standing: Standing) -> tuple[str, str, str, bool]:
    assert standing.duty is not None
    return standing.state, standing.duty.period.text, standing.duty.due.isoformat(), standing.duty.late


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2026-09-29", ("overdue", "2026-Q2", "2026-07-10", True)),
        ("2026-09-30", ("due", "2026-Q3", "2026-10-10", False)),
        ("2026-10-10", ("due", "2026-Q3", "2026-10-10", False)),
        ("2026-10-11", ("overdue", "2026-Q3", "2026-10-10", True)),
    ],
)
def test_nothing_was_ever_handed_in(tmp_path: Path, as_of: str, expected: tuple[str, str, str, bool]) -> None:
    found = standing(tmp_path, [], as_of)
    assert told(found) == expected
    assert (found.missed, found.version, found.currency) == ((), None, date(2025, 12, 31))
    assert (found.light, found.freshness.fresh_until) == ("none", None)  # of what is not there nothing is fresh


@pytest.mark.parametrize(
    ("calendar", "as_of", "expected"),
    [
        ("monthly", "2026-10-11", ("overdue", "2026-09", "2026-10-10", True)),
        ("yearly", "2026-10-11", ("overdue", "2025", "2026-01-10", True)),
        ("yearly", "2027-01-10", ("due", "2026", "2027-01-10", False)),
    ],
)
def test_every_calendar(tmp_path: Path, calendar: str, as_of: str, expected: tuple[str, str, str, bool]) -> None:
    assert told(standing(tmp_path, [], as_of, calendar=calendar)) == expected


def test_handed_in_on_the_last_day_and_the_day_after(tmp_path: Path) -> None:
    for day, late in (("2026-10-10", False), ("2026-10-11", True)):
        found = standing(tmp_path, [accepted("roads", "2026-Q3", day, "2026-09-15", score=92.5)], "2026-11-22")
        assert told(found) == ("handed-in", "2026-Q3", "2026-10-10", late)
        assert found.duty is not None and found.duty.on == date.fromisoformat(day)
        assert (found.version, found.score, found.currency) == ("2026-Q3.1", 92.5, date(2026, 9, 15))
        assert (found.light, found.freshness.fresh_until) == ("green", date(2027, 1, 10))


def test_the_day_is_the_citys_own(tmp_path: Path) -> None:
    """23:30 UTC on the 10th is the 11th in China, the 10th in London."""
    entries = [accepted("roads", "2026-Q3", "2026-10-10T23:30:00Z", "2026-09-15")]
    assert told(standing(tmp_path, entries, "2026-10-11"))[3] is True
    assert told(standing(tmp_path, entries, "2026-10-10"))[0] == "due"  # it has not happened yet
    assert told(standing(tmp_path, entries, "2026-10-11", intake="utc_offset = 0"))[3] is False


def test_what_comes_later_does_not_count(tmp_path: Path) -> None:
    entries = [
        accepted("roads", "2026-Q2", "2026-07-05", "2026-06-20"),
        refused("roads", "2026-Q3", "2026-10-08", "x and y are swapped"),
        accepted("roads", "2026-Q3", "2026-10-20", "2026-09-15"),
        nil("roads", "2026-Q4", "2027-01-03"),
    ]
    days = ["2026-07-04", "2026-07-05", "2026-10-07", "2026-10-08", "2026-10-19", "2026-10-20", "2027-01-03"]
    assert [told(standing(tmp_path, entries, day)) for day in days] == [
        ("due", "2026-Q2", "2026-07-10", False),
        ("handed-in", "2026-Q2", "2026-07-10", False),
        ("due", "2026-Q3", "2026-10-10", False),
        ("refused", "2026-Q3", "2026-10-10", False),
        ("refused", "2026-Q3", "2026-10-10", True),
        ("handed-in", "2026-Q3", "2026-10-10", True),
        ("nil", "2026-Q4", "2027-01-10", False),
    ]
    found = standing(tmp_path, entries, "2026-10-08")
    assert found.duty is not None and (found.duty.reason, found.duty.on) == ("x and y are swapped", date(2026, 10, 8))


def test_a_nil_return_confirms_what_there_is(tmp_path: Path) -> None:
    entries = [accepted("roads", "2026-Q1", "2026-04-02", "2026-03-15"), nil("roads", "2026-Q2", "2026-07-05")]
    found = standing(tmp_path, entries, "2026-10-01")
    assert (found.currency, found.confirmed) == (date(2026, 3, 15), date(2026, 6, 30))
    assert (found.version, found.light, found.freshness.fresh_until) == ("2026-Q1.1", "green", date(2026, 10, 10))
    without = standing(tmp_path, entries[:1], "2026-10-01")
    assert (without.confirmed, without.light) == (date(2026, 3, 15), "yellow")  # fresh until 10 July
    early = standing(tmp_path, [nil("roads", "2026", "2026-07-05")], "2026-10-01", calendar="yearly")
    assert early.confirmed == date(2026, 7, 5)  # nobody can say what has not happened yet


def test_a_nil_return_may_say_its_own_date(tmp_path: Path) -> None:
    found = standing(tmp_path, [nil("roads", "2026-Q2", "2026-07-05", "2026-07-04")], "2026-10-01")
    assert (found.currency, found.confirmed) == (date(2025, 12, 31), date(2026, 7, 4))
    assert found.light == "none"  # there is nothing that a nil return could confirm


def test_data_after_a_nil_return_is_handed_in(tmp_path: Path) -> None:
    entries = [nil("roads", "2026-Q3", "2026-10-03"), accepted("roads", "2026-Q3", "2026-10-30", "2026-09-28")]
    assert told(standing(tmp_path, entries, "2026-11-22")) == ("handed-in", "2026-Q3", "2026-10-10", False)


def test_a_purged_version_was_never_handed_in(tmp_path: Path) -> None:
    entries = [
        accepted("roads", "2026-Q2", "2026-07-05", "2026-06-20"),
        accepted("roads", "2026-Q3", "2026-10-05", "2026-09-15"),
        Line("purged", "2026-10-12T01:00:00Z", {"dataset": "roads", "version": "2026-Q3.1"}),
    ]
    assert told(standing(tmp_path, entries, "2026-10-11"))[0] == "handed-in"
    found = standing(tmp_path, entries, "2026-10-12")
    assert told(found) == ("overdue", "2026-Q3", "2026-10-10", True)
    assert (found.version, found.currency) == ("2026-Q2.1", date(2026, 6, 20))


def test_a_late_correction_of_an_old_period_does_not_take_the_place_of_newer_data(tmp_path: Path) -> None:
    entries = [
        accepted("roads", "2026-Q3", "2026-10-05", "2026-09-15", score=90),
        accepted("roads", "2026-Q2", "2026-10-06", "2026-06-15", version="2026-Q2.2", score=70),
        accepted("roads", "2026-Q3", "2026-10-07", "2026-09-15", version="2026-Q3.2", score=95),
        accepted("roads", "2026-Q2", "2026-10-08", "2026-06-15", version="2026-Q2.3", score=71),
    ]
    found = standing(tmp_path, entries, "2026-11-22")
    assert (found.version, found.accepted, found.score) == ("2026-Q3.2", date(2026, 10, 7), 95)
    assert (found.currency, found.duty and found.duty.on) == (date(2026, 9, 15), date(2026, 10, 5))


def test_missed_periods_since_the_first_one_handed_in(tmp_path: Path) -> None:
    entries = [
        accepted("roads", "2025-Q2", "2025-07-05", "2025-06-20"),
        nil("roads", "2025-Q4", "2026-01-05"),
        accepted("roads", "2026-Q3", "2026-10-05", "2026-09-15"),
    ]
    found = standing(tmp_path, entries, "2026-11-22")
    assert [period.text for period in found.missed] == ["2025-Q3", "2026-Q1", "2026-Q2"]
    later = standing(tmp_path, entries, "2026-11-22", intake="since = 2026-04-01")
    assert [period.text for period in later.missed] == ["2026-Q2"]
    earlier = standing(tmp_path, [], "2026-11-22", intake="since = 2026-03-31")
    assert [period.text for period in earlier.missed] == ["2026-Q1", "2026-Q2"]


def test_a_longer_period_covers_shorter_ones(tmp_path: Path) -> None:
    """The calendar was yearly once and is monthly now."""
    entries = [
        accepted("roads", "2025", "2026-01-05", "2025-12-20"),
        accepted("roads", "2026-H1", "2026-07-02", "2026-06-30"),
    ]
    found = standing(tmp_path, entries, "2026-09-05", calendar="monthly")
    assert told(found) == ("due", "2026-08", "2026-09-10", False)
    assert [period.text for period in found.missed] == ["2026-07"]
    whole_year = [accepted("roads", "2026", "2026-08-20", "2026-08-15")]
    assert told(standing(tmp_path, whole_year, "2026-10-20")) == ("handed-in", "2026-Q3", "2026-10-10", False)


def test_before_the_calendar_begins(tmp_path: Path) -> None:
    since = "since = 2026-10-01"
    assert told(standing(tmp_path, [], "2026-11-22", intake=since)) == ("upcoming", "2026-Q4", "2027-01-10", False)
    ahead = [accepted("roads", "2026-Q4", "2026-11-20", "2026-11-19")]
    assert told(standing(tmp_path, ahead, "2026-11-22", intake=since))[0] == "handed-in"
    assert told(standing(tmp_path, ahead, "2026-11-22"))[:2] == ("handed-in", "2026-Q4")


def test_what_lies_elsewhere_has_no_duty_until_it_is_handed_in(tmp_path: Path) -> None:
    found = standing(tmp_path, [], "2026-11-22", source="inbox/roads.gpkg")
    assert (found.state, found.duty, found.missed) == ("direct", None, ())
    assert found.light == "red"  # of 2025-12-31, quarterly: due on 10 April, then on 10 July
    tried = standing(tmp_path, [refused("roads", "2026-Q3", "2026-11-01")], "2026-11-22", source="inbox/roads.gpkg")
    assert tried.state == "refused"


def test_entries_that_belong_to_nothing_are_passed_over(tmp_path: Path) -> None:
    entries = [
        Line("refused", "2026-10-01T00:00:00Z", {"package": "ab"}),
        Line("refused", "2026-10-01T00:00:00Z", {"dataset": "roads", "period": "the third quarter"}),
        Line("release", "2026-10-02T00:00:00Z", {"dataset": "roads", "period": "2026-Q3"}),
        accepted("cadastre", "2026-Q3", "2026-10-03", "2026-09-01"),
    ]
    assert told(standing(tmp_path, entries, "2026-10-05")) == ("due", "2026-Q3", "2026-10-10", False)


def test_what_another_department_tried_to_hand_in_is_not_this_ones_affair(tmp_path: Path) -> None:
    stranger = {"dataset": "roads", "period": "2026-Q3", "department": "water", "reason": "not its dataset"}
    entries = [Line("refused", "2026-10-01T00:00:00Z", stranger)]
    assert told(standing(tmp_path, entries, "2026-10-05")) == ("due", "2026-Q3", "2026-10-10", False)
    own = [Line("refused", "2026-10-01T00:00:00Z", {**stranger, "department": "transport"})]
    assert told(standing(tmp_path, own, "2026-10-05"))[0] == "refused"
    # A dataset that was another department's when it was accepted has been handed in all the same.
    before = [Line("accepted", "2026-10-01T00:00:00Z", {**stranger, "currency": "2026-09-20", "version": "2026-Q3.1"})]
    assert told(standing(tmp_path, before, "2026-10-05"))[0] == "handed-in"


def test_grace_is_a_setting(tmp_path: Path) -> None:
    assert told(standing(tmp_path, [], "2026-10-11", intake="grace_days = 20"))[2] == "2026-10-20"
    assert told(standing(tmp_path, [], "2026-10-01", intake="grace_days = 0"))[0] == "overdue"
    found = standing(tmp_path, [accepted("roads", "2026-Q3", "2026-10-01", "2026-09-15")], "2027-01-05",
                     intake="grace_days = 0")  # fmt: skip
    assert found.light == "yellow"


def test_departments_and_datasets_in_their_order(tmp_path: Path) -> None:
    town = write_town(
        tmp_path,
        {
            "water": department("yearly", dataset("pipes"), dataset("basins")),
            "education": department("monthly", dataset("schools")),
        },
    )
    found = standings(load_workspace(town), [], date(2026, 11, 22))
    assert [(each.department.id, each.dataset.id) for each in found] == [
        ("education", "schools"), ("water", "pipes"), ("water", "basins"),
    ]  # fmt: skip
