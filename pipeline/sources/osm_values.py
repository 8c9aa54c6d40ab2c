"""The texts of tags → a typed Arrow column (https://wiki.openstreetmap.org/wiki/Map_features/Units)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from pipeline.sources.osm_rules import Type

_NUMBER: Final = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([a-z/]*)")
_FEET: Final = re.compile(r"(\d+(?:\.\d+)?)'(?:\s*(\d+(?:\.\d+)?)(?:\"|''))?")
# What one of each is in the unit that a rule asks for; international foot, mile and nautical mile.
_UNITS: Final = {
    "m": {"": 1.0, "m": 1.0, "km": 1000.0, "cm": 0.01, "mi": 1609.344, "nmi": 1852.0, "ft": 0.3048, "in": 0.0254},
    "km/h": {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852},
    None: {"": 1.0},
}
_NO: Final = ("no", "false", "0")
_LARGEST: Final = 1 << 63


def typed(texts: Sequence[str | None], kind: Type, unit: str | None) -> tuple[pa.Array, list[int]]:
    """The values as Arrow, and the rows whose text is no value of that type and became null."""
    if kind == "string":
        return pa.array(texts, pa.string()), []
    if kind == "boolean":
        return pa.array([None if text is None else text not in _NO for text in texts], pa.bool_()), []
    known: dict[str | None, float | int | None] = {None: None}
    for text in texts:
        if text not in known:
            value = _number(text or "", unit)
            known[text] = value if kind == "number" or value is None else _whole(value)
    bad = [row for row, text in enumerate(texts) if text is not None and known[text] is None]
    return pa.array([known[text] for text in texts], pa.float64() if kind == "number" else pa.int64()), bad


def _number(text: str, unit: str | None) -> float | None:
    """The number in the unit; None where it is none, a range or a list."""
    plain = text.strip().lower()
    if unit == "m" and (feet := _FEET.fullmatch(plain)):
        return round(float(feet[1]) * 0.3048 + float(feet[2] or 0) * 0.0254, 6)
    found = _NUMBER.fullmatch(plain)
    if found is None or found[2] not in _UNITS[unit]:
        return None
    factor = _UNITS[unit][found[2]]
    return float(found[1]) if factor == 1 else round(float(found[1]) * factor, 6)


def _whole(value: float) -> int | None:
    return int(value) if value.is_integer() and abs(value) < _LARGEST else None
