"""Intervals by zoom, classes of lines, and what an edition allows: all by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import PolicyRefusal, UsageError
from pipeline.raster.contour_rules import (
    ContourRules,
    ContourStep,
    enforce_interval,
    given_steps,
    usual_steps,
    usual_zoom,
)

BRIEF = ContourRules(given_steps({9: 200, 11: 100, 12: 50, 13: 20}), 14)


def test_levels_are_the_multiples_of_any_interval() -> None:
    assert (BRIEF.levels(-20.0, 110.0) / 1000).tolist() == [-20, 0, 20, 40, 50, 60, 80, 100]
    assert BRIEF.levels(101.0, 119.9).tolist() == []
    assert ContourRules((ContourStep(10, 2.5),), 12).levels(0.1, 5.0).tolist() == [2500, 5000]


@pytest.mark.parametrize(
    ("metres", "expected"),
    [
        (0, [(9, 14, 2)]),
        (20, [(13, 14, 0)]),
        (50, [(12, 12, 0)]),  # no multiple of 20
        (100, [(11, 12, 0), (13, 14, 1)]),
        (200, [(9, 12, 0), (13, 14, 2)]),
        (250, [(12, 12, 1)]),
        (500, [(11, 11, 1), (12, 12, 2), (13, 14, 1)]),
        (1000, [(9, 10, 1), (11, 14, 2)]),
        (-100, [(11, 12, 0), (13, 14, 1)]),
        (30, []),
    ],
)
def test_where_a_height_is_drawn_as_what(metres: int, expected: list[tuple[int, int, int]]) -> None:
    assert list(BRIEF.appearances(metres * 1000)) == expected


@given(st.integers(-200, 200), st.integers(9, 14))
def test_each_zoom_has_the_multiples_of_its_interval_once(tens: int, zoom: int) -> None:
    interval = {9: 200, 10: 200, 11: 100, 12: 50}.get(zoom, 20)
    drawn = [kind for first, last, kind in BRIEF.appearances(tens * 10_000) if first <= zoom <= last]
    number, rest = divmod(tens * 10, interval)
    assert drawn == ([] if rest else [2 if number % 10 == 0 else 1 if number % 5 == 0 else 0])


def test_the_usual_table() -> None:
    assert usual_zoom(20) == 13 and usual_zoom(25) == 13 and usual_zoom(50) == 12 and usual_zoom(0.1) == 18
    steps = [(step.zoom, step.interval) for step in usual_steps(20, 7, 14)]
    assert steps == [(7, 1000), (8, 400), (9, 200), (11, 100), (12, 40), (13, 20)]
    assert [(step.zoom, step.interval) for step in usual_steps(20, 12, 12)] == [(12, 20)]
    assert [(step.zoom, step.interval) for step in usual_steps(50, 9, 12)] == [(9, 250), (11, 100), (12, 50)]


@pytest.mark.parametrize(
    "steps", [(), ((12, 20.0), (11, 50.0)), ((15, 10.0),), ((9, 0.0),), ((9, -5.0),), ((9, 0.0005),)]
)
def test_tables_that_cannot_be(steps: tuple[tuple[int, float], ...]) -> None:
    with pytest.raises(UsageError):
        ContourRules(tuple(ContourStep(*step) for step in steps), 14)


def test_an_edition_that_allows_no_less() -> None:
    assert BRIEF.finest == 10  # lines of 50 and of 20 m lie 10 m apart together
    nested = ContourRules(given_steps({9: 200, 11: 100, 13: 50}), 14)
    assert enforce_interval(nested, 50) is nested and enforce_interval(BRIEF, None) is BRIEF
    with pytest.raises(PolicyRefusal, match="every 10 m") as refusal:
        enforce_interval(BRIEF, 20)
    assert refusal.value.exit_code == 3 and "20 m" in str(refusal.value)
    with pytest.raises(PolicyRefusal):
        enforce_interval(nested, 50.001)


def test_coarsening_by_a_rule() -> None:
    allowed = enforce_interval(BRIEF, 50, coarsen=True)
    assert [(step.zoom, step.interval) for step in allowed.steps] == [(9, 200), (11, 100), (12, 50)]
    assert allowed.finest == 50 and allowed.max_zoom == 14
    twenty = enforce_interval(BRIEF, 20, coarsen=True)
    assert [(step.zoom, step.interval) for step in twenty.steps] == [(9, 200), (11, 100), (12, 60), (13, 20)]


tables = st.dictionaries(st.integers(5, 14), st.sampled_from([1, 2.5, 7, 20, 50, 110]), min_size=1)


@given(tables, st.sampled_from([5, 20, 50, 12.5]))
def test_what_is_coarsened_is_allowed(table: dict[int, float], minimum: float) -> None:
    rules = enforce_interval(ContourRules(given_steps(table), 14), minimum, coarsen=True)
    assert rules.finest >= minimum
    assert enforce_interval(rules, minimum) is rules
