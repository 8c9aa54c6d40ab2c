"""From faults to a score and a grade, as domain.md has it from GB/T 24356: start at 100, take off for every fault."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pipeline.intake.checks.report import Finding, Grade

# Points for one fault. Those of B, C and D are divided by t.
COST: Final = {"A": 42.0, "B": 12.0, "C": 4.0, "D": 1.0}
PASS, GOOD, EXCELLENT = 60.0, 75.0, 90.0


def unit_products(features: int, sheets: int, unit: int) -> float:
    """The standard's t, which makes up for how much can be wrong: files of pixels, else `unit` features each."""
    return max(1.0, float(sheets) if sheets else features / unit)


def score_of(findings: Iterable[Finding], t: float) -> float:
    """100 less what the faults in `t` unit products cost, not below 0, to a tenth.

    A fault of class A costs the same whatever the size, and once for each rule.
    """
    cost = sum(COST["A"] if f.severity == "A" else COST[f.severity] * f.count / t for f in findings)
    return round(max(0.0, 100.0 - cost), 1)


def grade_of(score: float, findings: Iterable[Finding]) -> Grade:
    """Refused below 60 or with any fault of class A."""
    if score < PASS or any(finding.severity == "A" for finding in findings):
        return "refused"
    return "excellent" if score >= EXCELLENT else "good" if score >= GOOD else "pass"
