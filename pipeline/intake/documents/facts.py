"""What the documents say: the workspace's own files, the rules of checks and of maps, with where they were read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pipeline.framework import Dataset, Department, Edition, Framework, Schema
from pipeline.framework.check_limits import CheckLimits
from pipeline.framework.map_rules import Forbidden, NumberRule, numbers_in_force, read_map_rules
from pipeline.intake.admission import POLICY
from pipeline.intake.checks.registry import RULES
from pipeline.intake.checks.rule import Rule
from pipeline.intake.checks.sayings import ELEMENTS, SEVERITIES, element_name, severity_name
from pipeline.intake.checks.score import COST, EXCELLENT, GOOD, PASS

CALENDARS: Final[Mapping[str, tuple[str, str]]] = {
    "monthly": ("每月", "monthly"),
    "quarterly": ("每季度", "quarterly"),
    "yearly": ("每年", "yearly"),
}
CYCLES: Final[Mapping[str, tuple[str, str]]] = {
    "daily": ("每日", "daily"),
    "weekly": ("每周", "weekly"),
    **CALENDARS,
    "half-yearly": ("每半年", "half-yearly"),
    "irregular": ("不定期", "irregularly"),
}
SHARES: Final[Mapping[str, tuple[str, str]]] = {
    "unconditional": ("无条件共享", "unconditional"),
    "conditional": ("有条件共享", "conditional"),
    "none": ("不予共享", "not shared"),
}
TYPES: Final[Mapping[str, tuple[str, str]]] = {
    "string": ("文本", "text"),
    "integer": ("整数", "integer"),
    "number": ("数值", "number"),
    "boolean": ("是否", "yes/no"),
    "date": ("日期", "date"),
}
_EXAMPLES: Final = {"monthly": "2026-09", "quarterly": "2026-Q3", "yearly": "2026"}


@dataclass(frozen=True, slots=True)
class Described:
    """A dataset with its owner and all that a document says of it."""

    owner: Department
    dataset: Dataset
    schema: Schema
    limits: CheckLimits
    editions: tuple[Edition, ...]  # that may show it

    @property
    def own_limits(self) -> Mapping[str, Any]:
        """Its tolerances that differ from those of all."""
        plain = CheckLimits()
        return {
            name: getattr(self.limits, name)
            for name in CheckLimits.model_fields
            if name != "skip" and getattr(self.limits, name) != getattr(plain, name)
        }


@dataclass(frozen=True, slots=True)
class InForce:
    """A number of the rules of maps, and by what right it holds."""

    rule: NumberRule
    value: float
    source: str
    date: str
    confirmed_by: str | None


def document_facts(framework: Framework, lang: str) -> dict[str, Any]:
    """What the templates may use; texts in the language "zh" or "en" where they come from rules."""
    numbers = numbers_in_force(framework.confirmed)
    rules = read_map_rules()
    return {
        "framework": framework,
        "city": framework.city,
        "departments": framework.departments,
        "described": tuple(_described(framework)),
        "editions": framework.editions,
        "themes": {theme.id: theme.title for theme in framework.themes},
        "grace_days": framework.intake.grace_days,
        "since": framework.intake.since,
        "calendars": CALENDARS,
        "cycles": CYCLES,
        "shares": SHARES,
        "types": TYPES,
        "examples": _EXAMPLES,
        "checks": tuple(_checks(lang)),
        "severities": [(each, severity_name(each).said(lang), COST[each]) for each in SEVERITIES],
        "grades": (PASS, GOOD, EXCELLENT),
        "limits": framework.checks,
        "policy_refusals": sorted(POLICY),
        "numbers": [
            InForce(rule, numbers[id].value, numbers[id].source, numbers[id].date, numbers[id].confirmed_by)
            for id, rule in rules.numbers.items()
        ],
        "forbidden": _forbidden(rules.forbidden),
        "rules_version": rules.version,
    }


def _described(framework: Framework) -> Iterator[Described]:
    for owner, dataset in framework.datasets:
        shown = tuple(
            edition
            for edition in framework.editions
            if edition.id in dataset.audiences and dataset.share in edition.shares
        )
        yield Described(owner, dataset, framework.schema_of(dataset), framework.checks.of(dataset.id), shown)


def _checks(lang: str) -> Iterator[tuple[str, list[tuple[Rule, str]]]]:
    """Quality elements, and the rules of each with what holds of good data."""
    for element in ELEMENTS:
        rules = [(rule, rule.title().said(lang)) for rule in RULES if rule.element == element]
        if rules:
            yield element_name(element).said(lang), rules


def _forbidden(rules: tuple[Forbidden, ...]) -> dict[str, list[Forbidden]]:
    return {what: [rule for rule in rules if rule.what == what] for what in ("dataset", "field")}
