"""What a rule of the audit is: one function with a name, a severity and words; and what an audit leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock
from typing import Any, Final, Generic, NamedTuple, TypeVar

from pipeline.i18n import _

SHOWN: Final = 20  # findings of one rule that are told one by one; the rest is counted

Subject = TypeVar("Subject")


class Severity(StrEnum):
    """A leak breaks the proof, a notice is for a person to look at."""

    LEAK = "leak"
    NOTICE = "notice"


class Finding(NamedTuple):
    """What a rule found, and where."""

    message: str
    file: str  # below the published folder; "" for the folder
    where: str = ""  # inside the file: a tile, a key, a row
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
    file: str
    where: str
    times: int
    expected: str  # the rule's description and remedy, in the language in force
    remedy: str

    def as_json(self) -> dict[str, Any]:
        """The fault as a JSON object."""
        return {name: str(value) if name == "severity" else value for name, value in self._items()}

    def _items(self) -> Iterable[tuple[str, Any]]:
        return ((name, getattr(self, name)) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found: how often each rule was broken, and the first findings of each."""

    faults: tuple[Fault, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)  # rule → findings, also those not told
    leaks: int = 0
    notices: int = 0


class Findings:
    """Collects what rules find; several threads may add."""

    def __init__(self) -> None:
        self._faults: dict[str, list[Fault]] = {}
        self._counts: dict[str, int] = {}
        self._totals = dict.fromkeys(Severity, 0)
        self._lock = Lock()

    def add(self, rule: Rule[Any], findings: Iterable[Finding]) -> None:
        """Count the findings of one rule and keep the first ones."""
        for message, file, where, times in findings:
            fault = Fault(rule.id, rule.severity, message, file, where, times, _(rule.description), _(rule.remedy))
            with self._lock:
                kept = self._faults.setdefault(rule.id, [])
                if len(kept) < SHOWN:
                    kept.append(fault)
                self._counts[rule.id] = self._counts.get(rule.id, 0) + times
                self._totals[rule.severity] += times

    def report(self) -> Report:
        """What was collected: leaks first, each rule's in the order in which they came."""
        order = sorted(self._faults, key=lambda id: (self._faults[id][0].severity != Severity.LEAK, id))
        return Report(
            tuple(fault for id in order for fault in self._faults[id]),
            {id: self._counts[id] for id in order},
            self._totals[Severity.LEAK],
            self._totals[Severity.NOTICE],
        )


def check(subject: Subject, rules: Sequence[Rule[Subject]], findings: Findings) -> None:
    """Put `subject` to every rule."""
    for rule in rules:
        findings.add(rule, rule.check(subject))
