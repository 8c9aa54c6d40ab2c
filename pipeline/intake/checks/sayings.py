"""What reports call elements, severities, grades and states."""

from __future__ import annotations

from typing import Final

from pipeline.intake.checks.message import Message
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.report import Element, Grade, Severity

ELEMENTS: Final[tuple[Element, ...]] = (
    "reference", "position", "attributes", "completeness", "logic", "time", "presentation", "attachments",
)  # fmt: skip
SEVERITIES: Final[tuple[Severity, ...]] = ("A", "B", "C", "D")


def element_name(element: Element) -> Message:
    """A quality element as GB/T 18316 calls it."""
    return {
        "reference": _("Spatial reference"),
        "position": _("Positional accuracy"),
        "attributes": _("Attribute accuracy"),
        "completeness": _("Completeness"),
        "logic": _("Logical consistency"),
        "time": _("Temporal accuracy"),
        "presentation": _("Presentation"),
        "attachments": _("Attachments"),
    }[element]


def severity_name(severity: Severity) -> Message:
    """How bad a fault of a class is."""
    return {
        "A": _("fatal: not accepted"),
        "B": _("serious"),
        "C": _("moderate"),
        "D": _("slight"),
    }[severity]


def grade_name(grade: Grade) -> Message:
    """What a score is called."""
    return {
        "refused": _("not passed"),
        "pass": _("passed"),
        "good": _("good"),
        "excellent": _("excellent"),
    }[grade]
