"""Every rule passes what keeps it, and finds what breaks it, as often as it is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.intake.checks import Report, check_source
from pipeline.intake.checks.of_package import RULE as PACKAGE
from pipeline.intake.checks.registry import RULES, UNREADABLE
from pipeline.progress import Silent
from tests.intake.checks.broken import CASES, Made


def _report(made: Made) -> Report:
    return check_source(*made, Silent())


def _state(report: Report, rule: str) -> tuple[str, int]:
    result = next(result for result in report.rules if result.rule == rule)
    return result.state, result.count


def test_every_rule_has_data_that_breaks_it() -> None:
    """The rule on packages has its own tests, in test_package.py."""
    assert [rule.id for rule in (UNREADABLE, *RULES)] == list(CASES)
    assert PACKAGE not in CASES


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_passes_what_keeps_it(rule: str, tmp_path: Path) -> None:
    assert _state(_report(CASES[rule].good(tmp_path)), rule) == ("passed", 0)


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_breaks_it(rule: str, tmp_path: Path) -> None:
    case = CASES[rule]
    report = _report(case.bad(tmp_path))
    assert _state(report, rule) == ("failed", case.count)
    found = next(finding for finding in report.findings if finding.rule == rule)
    assert found.count == case.count
    assert case.said in found.message
    assert case.advice in found.suggestion
    assert found.message and found.suggestion and str(found.title)


@pytest.mark.parametrize("rule", [rule.id for rule in RULES])
def test_a_rule_has_words_in_both_languages(rule: str) -> None:
    title = next(each for each in RULES if each.id == rule).title()
    assert title.said("en") != title.said("zh")


def test_rules_have_names_of_their_own() -> None:
    names = [rule.id for rule in (UNREADABLE, *RULES)]
    assert len(set(names)) == len(names)
