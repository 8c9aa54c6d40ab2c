"""立项查重: what the platform already has for a planned project, counted in cells. Pure; the portal does the same.

`site/src/tools/check/assess.ts` is this module once more; docs/duplicates.md defines both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pipeline.catalog.cells import Cells, union
from pipeline.catalog.coverage import Coverage

Fit = Literal["right", "unknown", "old", "coarse", "coarse-old", "absent"]
Conclusion = Literal["exists", "partly", "unfit", "none"]

_ORDER: tuple[Fit, ...] = ("right", "unknown", "old", "coarse", "coarse-old", "absent")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a planned project needs of data; what is None does not matter to it."""

    themes: tuple[str, ...] = ()  # none: all
    scale: int | None = None  # 1 : scale, or larger
    current: date | None = None  # current on that day, or later
    accuracy_m: float | None = None  # metres in the plane, or better


@dataclass(frozen=True, slots=True)
class Existing:
    """A dataset that the platform has."""

    id: str
    title: Mapping[str, str]
    theme: str
    department: Mapping[str, Any]  # id, name, contact where it may be told
    currency: date
    scale: int | None
    accuracy_m: float | None
    share: str
    coverage: Coverage
    sha256: str  # of its coverage
    inputs: tuple[Mapping[str, str], ...] = ()  # what the coverage was read from, where that is known


@dataclass(frozen=True, slots=True)
class Match:
    """What one dataset has of the planned area."""

    dataset: Existing
    cells: Cells  # of the planned area, those that it covers
    fit: Fit
    lacks: tuple[str, ...]  # of scale, accuracy and date, what it is not good enough in
    untold: tuple[str, ...]  # of scale and accuracy, what was asked for and it does not declare


@dataclass(frozen=True, slots=True)
class ThemeMatch:
    """What there is of one theme."""

    id: str
    title: Mapping[str, str]
    matches: tuple[Match, ...]  # the most useful first
    right: Cells  # what fitting datasets cover together
    existing: Cells  # what all datasets cover together
    gap: Cells  # what no fitting dataset covers
    conclusion: Conclusion


def assess(
    area: Cells, wanted: Wanted, themes: Sequence[Mapping[str, Any]], datasets: Sequence[Existing]
) -> tuple[ThemeMatch, ...]:
    """Compare a planned area with what there is, theme by theme in their order; themes without a dataset count, too.

    `themes` have an id and a title each.
    """
    asked = [theme for theme in themes if not wanted.themes or theme["id"] in wanted.themes]
    return tuple(_theme(area, wanted, theme, [d for d in datasets if d.theme == theme["id"]]) for theme in asked)


def tenths(part: int, whole: int) -> int:
    """Per cent in tenths, rounded down: 1000 means all, and nothing else does."""
    return part * 1000 // whole if whole else 0


def _theme(area: Cells, wanted: Wanted, theme: Mapping[str, Any], datasets: Sequence[Existing]) -> ThemeMatch:
    matches = [_match(area, wanted, dataset) for dataset in datasets]
    matches.sort(key=lambda match: (_ORDER.index(match.fit), -len(match.cells), match.dataset.id))
    right = union(*(match.cells for match in matches if match.fit == "right"))
    existing = union(*(match.cells for match in matches))
    gap = area - right
    conclusion: Conclusion = "none"
    if len(right):
        conclusion = "partly" if len(gap) else "exists"
    elif len(existing):
        conclusion = "unfit"
    return ThemeMatch(theme["id"], theme["title"], tuple(matches), right, existing, gap, conclusion)


def _match(area: Cells, wanted: Wanted, dataset: Existing) -> Match:
    cells = area & dataset.coverage.cells
    lacks, untold = [], []
    for name, limit, has in (
        ("scale", wanted.scale, dataset.scale),
        ("accuracy", wanted.accuracy_m, dataset.accuracy_m),
    ):
        if limit is not None and has is None:
            untold.append(name)
        elif limit is not None and has is not None and has > limit:
            lacks.append(name)
    if wanted.current is not None and dataset.currency < wanted.current:
        lacks.append("date")
    return Match(dataset, cells, _fit(bool(len(cells)), lacks, untold), tuple(lacks), tuple(untold))


def _fit(there: bool, lacks: Sequence[str], untold: Sequence[str]) -> Fit:
    if not there:
        return "absent"
    old, coarse = "date" in lacks, "scale" in lacks or "accuracy" in lacks
    if coarse:
        return "coarse-old" if old else "coarse"
    if old:
        return "old"
    return "unknown" if untold else "right"


@dataclass(frozen=True, slots=True)
class Planned:
    """Another project in the register of requests, not refused and not withdrawn."""

    number: str
    project: str
    applicant: str
    themes: tuple[str, ...]
    received: date
    state: str  # open, answered or approved
    area: Cells
    sha256: str  # of its area


def overlapping(area: Cells, wanted: Wanted, others: Sequence[Planned]) -> tuple[tuple[Planned, Cells], ...]:
    """Of other planned projects those that share cells and a theme with this one, the largest first."""
    found = []
    for other in others:
        common = area & other.area
        if len(common) and (not wanted.themes or not other.themes or set(wanted.themes) & set(other.themes)):
            found.append((other, common))
    return tuple(sorted(found, key=lambda each: (-len(each[1]), each[0].number)))
