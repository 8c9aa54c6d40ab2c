"""Units of heights, as files name them, in metres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipeline.errors import UsageError
from pipeline.i18n import _

METRE: Final = "metre"
_METRES: Final = {
    METRE: 1.0,
    "decimetre": 0.1,
    "centimetre": 0.01,
    "millimetre": 0.001,
    "foot": 0.3048,  # the international one
    "us-foot": 1200 / 3937,  # US survey foot
}
_NAMES: Final = {
    "metre": METRE, "meter": METRE, "metres": METRE, "meters": METRE, "m": METRE, "米": METRE,
    "decimetre": "decimetre", "decimeter": "decimetre", "decimetres": "decimetre", "decimeters": "decimetre",
    "dm": "decimetre", "分米": "decimetre",
    "centimetre": "centimetre", "centimeter": "centimetre", "centimetres": "centimetre", "centimeters": "centimetre",
    "cm": "centimetre", "厘米": "centimetre",
    "millimetre": "millimetre", "millimeter": "millimetre", "millimetres": "millimetre", "millimeters": "millimetre",
    "mm": "millimetre", "毫米": "millimetre",
    "foot": "foot", "feet": "foot", "ft": "foot", "international foot": "foot", "英尺": "foot",
    "us survey foot": "us-foot", "us survey feet": "us-foot", "us foot": "us-foot", "us-foot": "us-foot",
    "us-ft": "us-foot", "ftus": "us-foot", "foot_us": "us-foot", "survey foot": "us-foot",
}  # fmt: skip

UNITS: Final[Sequence[str]] = tuple(_METRES)  # the names that an option may have


def unit_named(text: str | None) -> str | None:
    """The unit that a file or a person means by a name or abbreviation; None where that is none of height."""
    return None if text is None else _NAMES.get(" ".join(text.lower().split()))


def metres_of(unit: str) -> float:
    """How many metres a unit has. Raises UsageError for a name that is none of `UNITS` or their other names."""
    known = unit_named(unit)
    if known is None:
        raise UsageError(
            _("{unit} is no unit of height.").format(unit=unit),
            expected=_("one of: {names}").format(names=", ".join(UNITS)),
            hint=_("Correct the unit of the heights."),
        )
    return _METRES[known]
