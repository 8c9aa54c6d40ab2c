"""What a rule is: a function with a name, an element, a severity and words, and what it may answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.intake.checks.message import Message
from pipeline.intake.checks.report import Element, Severity

if TYPE_CHECKING:
    from pipeline.intake.checks.layer import Layer
    from pipeline.intake.checks.subject import Subject


@dataclass(frozen=True, slots=True)
class Found:
    """Faults. Without `rows` they are of the whole source; without `places` the places are the rows' geometries."""

    words: Message  # what was found
    advice: Message  # what to do
    rows: NDArray[np.int64] | None = None  # of the features at fault, each once for each fault
    places: NDArray[np.object_] | None = None  # where exactly, in metres; [rows], or any number where there are no rows
    remarks: tuple[str | Message, ...] = ()  # of each row, for the map of faults: "Self-intersection"
    count: int | None = None  # of faults; None: as many as rows, else as places, else one

    @property
    def faults(self) -> int:
        """How many there are."""
        if self.count is not None:
            return self.count
        if self.rows is not None:
            return len(self.rows)
        return 1 if self.places is None else len(self.places)


@dataclass(frozen=True, slots=True)
class Skipped:
    """The rule cannot be applied: what is missing for it."""

    reason: Message


Outcome: TypeAlias = Found | Skipped | None  # None: there is no fault
Examine: TypeAlias = Callable[["Layer", "Subject"], Outcome]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; called like the function it was made of."""

    id: str  # a stable English slug
    element: Element
    severity: Severity
    title: Callable[[], Message]  # what holds of data that keeps it
    examine: Examine

    def __call__(self, layer: Layer, subject: Subject) -> Outcome:
        """Look at a layer."""
        return self.examine(layer, subject)


def rule(id: str, element: Element, severity: Severity, title: Callable[[], Message]) -> Callable[[Examine], Rule]:
    """Make a rule of the function below."""

    def made(examine: Examine) -> Rule:
        return Rule(id, element, severity, title, examine)

    return made
