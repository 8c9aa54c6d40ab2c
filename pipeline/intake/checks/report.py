"""What a check found: the verdict, one result for every rule, and the faults with their places."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from pipeline.intake.checks.message import Message
from pipeline.types import Bounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Severity = Literal["A", "B", "C", "D"]
# The quality elements of GB/T 18316 and GB/T 24356, in the order in which reports show them.
Element = Literal["reference", "position", "attributes", "completeness", "logic", "time", "presentation", "attachments"]
State = Literal["passed", "failed", "skipped"]
Grade = Literal["refused", "pass", "good", "excellent"]

SHOWN: Final = 100  # features that a finding names
PLACES: Final = 10_000  # geometries that a finding keeps


class Label(NamedTuple):
    """Whose a geometry of a finding is, and what is wrong there."""

    feature: str | int  # its key or number, "" where it is no single feature's
    remark: str | Message  # "Self-intersection", "GB = 12", "3.5 m²", ""

    def said(self, language: str) -> str:
        """Both in a language."""
        remark = self.remark.said(language) if isinstance(self.remark, Message) else self.remark
        return " · ".join(str(part) for part in (self.feature, remark) if part != "")


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that found faults, with all of them."""

    rule: str  # a stable English slug
    element: Element
    severity: Severity
    count: int  # of all faults
    title: Message  # the rule's name
    words: Message  # what was found
    advice: Message  # what to do
    features: tuple[str | int, ...] = ()  # keys, or row numbers from 1 where there is no key; the first `SHOWN`
    geometry: NDArray[np.object_] | None = None  # shapely, longitude and latitude; the first `PLACES`
    labels: tuple[Label, ...] = ()  # as many as geometries

    @property
    def message(self) -> str:
        """What was found, in the language in force."""
        return str(self.words)

    @property
    def suggestion(self) -> str:
        """What to do, in the language in force."""
        return str(self.advice)


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What became of one rule."""

    rule: str
    element: Element
    severity: Severity
    title: Message
    state: State
    count: int = 0  # faults
    reason: Message | None = None  # why it was skipped
    seconds: float = field(default=0.0, compare=False)  # of processor time; differs from run to run


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check of one source."""

    source: str  # the name of what was checked, without folders
    layer: str | None
    dataset: str | None  # id
    title: tuple[str, str] | None  # of the dataset, in Chinese and in English
    department: tuple[str, str] | None
    city: tuple[str, str] | None
    period: str | None
    currency: date | None
    as_of: date
    features: int
    crs: str | None  # in which the coordinates were understood
    bounds: Bounds | None  # of the data, in degrees
    frame: Bounds | None  # of the city, in degrees
    rules: tuple[RuleResult, ...]
    findings: tuple[Finding, ...]  # by severity, then in the order of the rules
    score: float  # 0 … 100
    grade: Grade
    sheets: int = 0  # files of pixels

    @property
    def passed(self) -> bool:
        """Whether the data may be handed in."""
        return self.grade != "refused"

    @property
    def counts(self) -> dict[str, int]:
        """Faults by rule, for the ledger."""
        return {finding.rule: finding.count for finding in self.findings}


def report_json(report: Report) -> dict[str, Any]:
    """The report as JSON with stable keys; sentences in the language in force."""
    return {
        "version": 1,
        "source": report.source,
        "layer": report.layer,
        "dataset": report.dataset,
        "title": _pair(report.title),
        "department": _pair(report.department),
        "city": _pair(report.city),
        "period": report.period,
        "currency": report.currency.isoformat() if report.currency else None,
        "as_of": report.as_of.isoformat(),
        "features": report.features,
        "crs": report.crs,
        "bounds": [round(side, 7) for side in report.bounds] if report.bounds else None,
        "score": report.score,
        "grade": report.grade,
        "passed": report.passed,
        "rules": [
            {
                "rule": result.rule,
                "element": result.element,
                "severity": result.severity,
                "title": str(result.title),
                "state": result.state,
                "count": result.count,
                "reason": str(result.reason) if result.reason else None,
            }
            for result in report.rules
        ],
        "findings": [
            {
                "rule": finding.rule,
                "element": finding.element,
                "severity": finding.severity,
                "count": finding.count,
                "title": str(finding.title),
                "message": finding.message,
                "suggestion": finding.suggestion,
                "features": list(finding.features),
            }
            for finding in report.findings
        ],
    }


def _pair(words: tuple[str, str] | None) -> dict[str, str] | None:
    return None if words is None else {"zh": words[0], "en": words[1]}
