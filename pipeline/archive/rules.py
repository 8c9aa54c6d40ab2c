"""What a check is: one rule, one function, one id; and what checking an archive leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Generic, NamedTuple, TypeVar

from pipeline.i18n import _

SHOWN: Final = 20  # faults of one rule that are told one by one; the rest is counted

Subject = TypeVar("Subject")


class Severity(StrEnum):
    """An error breaks a specification or a promise clients rely on; a warning breaks a habit of this platform."""

    ERROR = "error"
    WARNING = "warning"


class Finding(NamedTuple):
    """What a rule found, and where."""

    message: str
    tile: tuple[int, int, int] | None = None  # z, x, y of the first tile with this content
    layer: str | None = None
    feature: str | None = None  # "id 17", or "no. 3" of its layer and tile where there is no id
    times: int = 1


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """`description` says what is right, `remedy` what to do when it is not; both are English message ids."""

    id: str
    severity: Severity
    description: str
    remedy: str
    check: Callable[[Subject], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding of one rule."""

    rule: str
    severity: Severity
    message: str
    expected: str  # the rule's description and remedy, in the language in force
    remedy: str
    tile: tuple[int, int, int] | None = None
    layer: str | None = None
    feature: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The fault as a JSON object; what does not apply is null."""
        return {
            "rule": self.rule,
            "severity": str(self.severity),
            "message": self.message,
            "expected": self.expected,
            "remedy": self.remedy,
            "tile": list(self.tile) if self.tile else None,
            "layer": self.layer,
            "feature": self.feature,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found: how often each rule was broken, and the first faults of each."""

    faults: tuple[Fault, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)  # rule → faults, also those not told
    errors: int = 0
    warnings: int = 0

    def accepted(self, *, strict: bool = False) -> bool:
        """No errors; with `strict` no warnings either."""
        return not self.errors and not (strict and self.warnings)


class Findings:
    """Collects what rules find, in the order it comes."""

    def __init__(self, shown: int = SHOWN) -> None:
        self._shown = shown
        self._faults: list[Fault] = []
        self._told: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        self._totals = dict.fromkeys(Severity, 0)

    def add(self, rule: Rule[Any], findings: Iterable[Finding]) -> None:
        """Count the findings of one rule and keep the first ones."""
        for message, tile, layer, feature, times in findings:
            expected, remedy = _(rule.description), _(rule.remedy)
            self._keep(Fault(rule.id, rule.severity, message, expected, remedy, tile, layer, feature))
            self._counts[rule.id] = self._counts.get(rule.id, 0) + times
            self._totals[rule.severity] += times

    def absorb(self, report: Report) -> None:
        """Count what was found elsewhere by the same rules."""
        for fault in report.faults:
            self._keep(fault)
        for rule, n in report.counts.items():
            self._counts[rule] = self._counts.get(rule, 0) + n
        self._totals[Severity.ERROR] += report.errors
        self._totals[Severity.WARNING] += report.warnings

    def _keep(self, fault: Fault) -> None:
        told = self._told.get(fault.rule, 0)
        if told < self._shown:
            self._faults.append(fault)
            self._told[fault.rule] = told + 1

    @property
    def errors(self) -> int:
        """Errors so far."""
        return self._totals[Severity.ERROR]

    def report(self) -> Report:
        """What was collected."""
        totals = self._totals
        return Report(tuple(self._faults), dict(self._counts), totals[Severity.ERROR], totals[Severity.WARNING])


def check(subject: Subject, rules: Sequence[Rule[Subject]], findings: Findings) -> None:
    """Put `subject` to every rule."""
    for rule in rules:
        findings.add(rule, rule.check(subject))
