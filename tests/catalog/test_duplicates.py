"""How datasets fit what a project needs."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from pipeline.catalog.cells import Cells, joined
from pipeline.catalog.coverage import Coverage
from pipeline.catalog.duplicates import Existing, Wanted, assess, tenths

THEMES = [{"id": "land", "title": {"zh": "土地", "en": "Land"}}, {"id": "water", "title": {"zh": "水", "en": "Water"}}]


def run(start: int, stop: int) -> Cells:
    return joined(np.array([start]), np.array([stop]))


def existing(id: str, start: int, stop: int, **said: Any) -> Existing:
    facts = {"theme": "land", "currency": date(2026, 1, 1), "scale": 2000, "accuracy_m": 0.5} | said
    return Existing(
        id=id, title={"zh": id, "en": id}, department={"id": "d"}, share="conditional",
        coverage=Coverage(id, "areas", 0, run(start, stop)), sha256="", **facts,
    )  # fmt: skip


AREA = run(100, 200)
DEMANDING = Wanted((), 2000, date(2026, 1, 1), 0.5)


@pytest.mark.parametrize(
    ("said", "fit", "lacks", "untold"),
    [
        ({}, "right", (), ()),  # limits are kept
        ({"scale": 500, "accuracy_m": 0.1, "currency": date(2026, 9, 1)}, "right", (), ()),
        ({"scale": 2001}, "coarse", ("scale",), ()),
        ({"accuracy_m": 0.51}, "coarse", ("accuracy",), ()),
        ({"currency": date(2025, 12, 31)}, "old", ("date",), ()),
        (
            {"currency": date(2025, 12, 31), "scale": 5000, "accuracy_m": 5},
            "coarse-old",
            ("scale", "accuracy", "date"),
            (),
        ),
        ({"scale": None}, "unknown", (), ("scale",)),
        ({"accuracy_m": None}, "unknown", (), ("accuracy",)),
        ({"accuracy_m": None, "scale": 5000}, "coarse", ("scale",), ("accuracy",)),
        ({"accuracy_m": None, "currency": date(2025, 12, 31)}, "old", ("date",), ("accuracy",)),
    ],
)
def test_what_fits(said: dict[str, Any], fit: str, lacks: tuple[str, ...], untold: tuple[str, ...]) -> None:
    [theme, _water] = assess(AREA, DEMANDING, THEMES, [existing("a", 0, 150, **said)])
    [match] = theme.matches
    assert (match.fit, match.lacks, match.untold, len(match.cells)) == (fit, lacks, untold, 50)
    [theme, _water] = assess(AREA, Wanted(), THEMES, [existing("a", 0, 150, **said)])
    assert theme.matches[0].fit == "right"  # what nobody asks for does not matter
    [theme, _water] = assess(AREA, DEMANDING, THEMES, [existing("a", 200, 300, **said)])
    assert theme.matches[0].fit == "absent"


def test_what_follows_for_a_theme() -> None:
    good, rest, old = (
        existing("good", 0, 150),
        existing("rest", 150, 250),
        existing("old", 0, 300, currency=date(2000, 1, 1)),
    )
    found = {
        name: assess(AREA, DEMANDING, THEMES, datasets)[0]
        for name, datasets in {"exists": [old, good, rest], "partly": [good, old], "unfit": [old], "none": []}.items()
    }
    assert {name: theme.conclusion for name, theme in found.items()} == {name: name for name in found}
    numbers = {name: (len(theme.right), len(theme.existing), len(theme.gap)) for name, theme in found.items()}
    assert numbers == {"exists": (100, 100, 0), "partly": (50, 100, 50), "unfit": (0, 100, 100), "none": (0, 0, 100)}
    assert [match.dataset.id for match in found["exists"].matches] == ["good", "rest", "old"]


def test_only_the_themes_asked_for() -> None:
    [theme] = assess(AREA, Wanted(("water",)), THEMES, [existing("a", 0, 150), existing("w", 0, 101, theme="water")])
    assert (theme.id, [match.dataset.id for match in theme.matches], len(theme.right)) == ("water", ["w"], 1)


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(80, 100, 800), (2, 3, 666), (999_999, 1_000_000, 999), (1, 1_000_001, 0), (7, 7, 1000), (0, 5, 0), (0, 0, 0)],
)
def test_per_cent_are_rounded_down(part: int, whole: int, expected: int) -> None:
    assert tenths(part, whole) == expected
