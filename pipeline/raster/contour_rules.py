"""Which heights get a contour at which zoom, and which of them are index contours; what an edition allows of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PolicyRefusal, UsageError
from pipeline.i18n import _

MILLIMETRES: Final = 1000  # per metre: heights of lines are whole millimetres, so that multiples are exact
INDEX: Final = 5  # every fifth line is an index contour, every tenth a main one

# What a map of that zoom takes in mountains, 512 px to a tile: lines of a slope of 30° are about 3 pixels apart.
# The steps are those of national maps at the scale (1:50 000 with 20 m, 1:100 000 with 50 m, 1:250 000 with 100 m).
USUAL: Final = ((0, 1000.0), (8, 500.0), (9, 200.0), (11, 100.0), (12, 50.0), (13, 20.0), (14, 10.0), (15, 5.0),
                (16, 2.0), (17, 1.0), (18, 0.5))  # fmt: skip
_FACTORS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)  # of an interval, at lower zooms
FIRST_ZOOM: Final = 9  # below it contours of 200 m and more say less than shading


@dataclass(frozen=True, slots=True)
class ContourStep:
    """The interval from one zoom on."""

    zoom: int
    interval: float  # metres, a whole number of millimetres
    index: int = INDEX  # every so manieth line is an index contour (1), every 2·index-th a main one (2)

    @property
    def millimetres(self) -> int:
        """The interval in whole millimetres."""
        return round(self.interval * MILLIMETRES)


@dataclass(frozen=True, slots=True)
class ContourRules:
    """How heights become contours."""

    steps: tuple[ContourStep, ...]  # by ascending zoom; the first says where contours begin
    max_zoom: int
    sigma: float = 1.0  # of the Gaussian that smooths the heights, in samples; 0 leaves them as they are
    refine: int = 2  # how many times as close the surface is sampled for lines that bend; 1: as it is
    smallest: float = 2.0  # square samples; rings around less are noise
    feet: bool = False  # also tell `ele_ft`

    def __post_init__(self) -> None:
        zooms = [step.zoom for step in self.steps]
        if not zooms or zooms != sorted(set(zooms)) or zooms[-1] > self.max_zoom:
            raise UsageError(
                _("Intervals of contours are not in the order of their zooms: {zooms}").format(zooms=zooms),
                expected=_("ascending zooms up to {zoom}").format(zoom=self.max_zoom),
            )
        for step in self.steps:
            if step.millimetres < 1 or step.index < 1 or abs(step.interval * MILLIMETRES - step.millimetres) > 1e-6:
                raise UsageError(
                    _("{interval} m every {index} is no interval of contours.").format(
                        interval=step.interval, index=step.index
                    ),
                    expected=_("an interval of at least 0.001 m, in whole millimetres, such as 20 or 2.5"),
                )

    @property
    def min_zoom(self) -> int:
        """The first zoom with contours."""
        return self.steps[0].zoom

    @property
    def finest(self) -> float:
        """The interval (m) that all lines of all zooms together give away: they are multiples of it and of no larger.

        Lines of 50 m at one zoom and of 20 m at another lie 10 m apart where both are put together.
        """
        return reduce(math.gcd, (step.millimetres for step in self.steps)) / MILLIMETRES

    def levels(self, low: float, high: float) -> NDArray[np.int64]:
        """Heights in millimetres, ascending, that get a line at any zoom, from `low` to `high` metres inclusive."""
        found = [np.empty(0, np.int64)]
        for interval in sorted({step.millimetres for step in self.steps}):
            first, last = math.ceil(low * MILLIMETRES / interval), math.floor(high * MILLIMETRES / interval)
            found.append(np.arange(first, last + 1, dtype=np.int64) * interval)
        return np.unique(np.concatenate(found))

    def appearances(self, level: int) -> Iterator[tuple[int, int, int]]:
        """At which zooms a height (mm) is drawn as what: (first zoom, last zoom, class 0, 1 or 2), ascending."""
        ends = [*(step.zoom - 1 for step in self.steps[1:]), self.max_zoom]
        open_: tuple[int, int, int] | None = None
        for step, last in zip(self.steps, ends, strict=True):
            number, rest = divmod(level, step.millimetres)
            kind = (number % step.index == 0) + (number % (2 * step.index) == 0)
            if open_ is not None and rest == 0 and open_[1:] == (step.zoom - 1, kind):
                open_ = (open_[0], last, kind)
                continue
            if open_ is not None:
                yield open_
            open_ = None if rest else (step.zoom, last, kind)
        if open_ is not None:
            yield open_


def usual_zoom(interval: float) -> int:
    """The first zoom whose maps have room for an interval (m) in mountains."""
    return next((zoom for zoom, usual in USUAL if usual <= interval), USUAL[-1][0])


def usual_steps(interval: float, min_zoom: int, max_zoom: int) -> tuple[ContourStep, ...]:
    """The interval (m) at `max_zoom`, and multiples of it at lower zooms that their maps have room for.

    Whatever the zoom, lines are multiples of `interval`: 20 → 1000 at zoom 7, 400, 200, 200, 100, 40, 20 at zoom 13.
    """
    steps: list[ContourStep] = []
    for zoom in range(min_zoom, max_zoom + 1):
        room = next(usual for first, usual in reversed(USUAL) if first <= zoom)
        wanted = interval if zoom == max_zoom else interval * min(_FACTORS, key=lambda f: _apart(f * interval, room))
        if not steps or wanted != steps[-1].interval:
            steps.append(ContourStep(zoom, wanted))
    return tuple(steps)


def _apart(interval: float, room: float) -> tuple[float, float]:
    """How far an interval is from the usual one, as a ratio; of two the smaller is taken."""
    return abs(math.log(interval / room)), interval


def given_steps(intervals: Mapping[int, float]) -> tuple[ContourStep, ...]:
    """Steps of a table zoom → interval (m)."""
    return tuple(ContourStep(zoom, intervals[zoom]) for zoom in sorted(intervals))


def enforce_interval(rules: ContourRules, minimum: float | None, *, coarsen: bool = False) -> ContourRules:
    """The rules where an edition allows no interval below `minimum` metres; None allows any.

    What counts is `finest`, the interval that all zooms together give away. With `coarsen`, and only then, every
    interval becomes the next multiple of `minimum`.

    Raises PolicyRefusal where the rules ask for less.
    """
    if minimum is None or rules.finest >= minimum:
        return rules
    if not coarsen:
        raise PolicyRefusal(
            _("Contours every {finest:g} m are finer than the edition allows.").format(finest=rules.finest),
            where=", ".join(f"z{step.zoom}: {step.interval:g} m" for step in rules.steps),
            expected=_("multiples of one interval of at least {minimum:g} m at all zooms").format(minimum=minimum),
            hint=_("Ask for a larger interval, or let a rule of the edition coarsen it."),
        )
    least = math.ceil(round(minimum * MILLIMETRES, 6))
    steps: list[ContourStep] = []
    for step in rules.steps:
        interval = -(-step.millimetres // least) * least / MILLIMETRES
        if not steps or (interval, step.index) != (steps[-1].interval, steps[-1].index):
            steps.append(replace(step, interval=interval))
    return replace(rules, steps=tuple(steps))
