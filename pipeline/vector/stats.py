"""What the fields of a layer hold, gathered run by run: for tilestats and `vector_layers`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.types import LINE, POINT, POLYGON
from pipeline.vector.arrow import indices
from pipeline.vector.attributes import NUMBER, STRING, Attributes

COUNTED: Final = 1000  # distinct values counted per field, as mapbox-geostats does
_LISTED: Final = 100  # distinct values named per field; more tell a reader nothing
_WORDS: Final = ((POINT, "point"), (LINE, "line"), (POLYGON, "polygon"))


@dataclass(slots=True)
class FieldStats:
    """One field: its type, its distinct values while they are few, the range of its numbers."""

    type: str
    values: set[Any] | None = field(default_factory=set)  # None: more than COUNTED
    low: float | None = None
    high: float | None = None

    def merge(self, other: FieldStats) -> None:
        """Add what another run of the features holds."""
        if self.type != other.type:
            self.type = STRING
        if self.values is not None:
            self.values = None if other.values is None else self.values | other.values
        if self.values is not None and len(self.values) > COUNTED:
            self.values = None
        self.low = other.low if self.low is None else self.low if other.low is None else min(self.low, other.low)
        self.high = other.high if self.high is None else self.high if other.high is None else max(self.high, other.high)

    def as_json(self, name: str) -> dict[str, Any]:
        """An attribute of tilestats."""
        listed = sorted(self.values, key=_order) if self.values is not None and len(self.values) <= _LISTED else []
        listed = [value for value in listed if not _infinite(value)]  # JSON knows no infinities
        if len(json.dumps(listed, ensure_ascii=False, default=str)) > 10_000:  # long texts would fill the header
            listed = []
        stats: dict[str, Any] = {
            "attribute": name,
            "count": COUNTED if self.values is None else len(self.values),
            "type": self.type.lower(),
            "values": listed,
        }
        if self.type == NUMBER:
            limits = {"min": self.low, "max": self.high}
            stats |= {word: value for word, value in limits.items() if value is not None and not _infinite(value)}
        return stats


@dataclass(slots=True)
class LayerStats:
    """A layer: how many features of which kind, and its fields in order of appearance."""

    features: int = 0
    kinds: set[int] = field(default_factory=set)
    fields: dict[str, FieldStats] = field(default_factory=dict)

    def merge(self, other: LayerStats) -> None:
        """Add another run of the layer's features."""
        self.features += other.features
        self.kinds |= other.kinds
        for name, stats in other.fields.items():
            if name in self.fields:
                self.fields[name].merge(stats)
            else:
                self.fields[name] = stats

    def labels(self, fields: Sequence[str] | None) -> LayerStats:
        """The statistics of the label layer: a point for every feature, and the fields of these names (None: all)."""
        kept = self.fields if fields is None else {name: self.fields[name] for name in fields if name in self.fields}
        return LayerStats(self.features, {POINT}, dict(kept))

    @property
    def geometry(self) -> str:
        """point, line, polygon, mixed or none."""
        words = [word for kind, word in _WORDS if kind in self.kinds]
        return words[0] if len(words) == 1 else ("mixed" if words else "none")


def layer_stats(attributes: Attributes, plain: Sequence[pa.Array], kinds: Sequence[int]) -> LayerStats:
    """The statistics of one run of features; `plain` are the attributes' values as Arrow arrays, one per kind."""
    return LayerStats(
        attributes.codes.shape[1],
        set(kinds),
        {name: _field(attributes, plain, column) for column, name in enumerate(attributes.names)},
    )


def _field(attributes: Attributes, plain: Sequence[pa.Array], column: int) -> FieldStats:
    used = np.zeros(len(attributes.value_offsets), bool)
    used[attributes.codes[column]] = True  # null, -1, marks the place behind the last value
    stats = FieldStats(attributes.types[column])
    codes = np.flatnonzero(used[:-1])
    base = 0
    for values in plain:
        picks = codes[(codes >= base) & (codes < base + len(values))] - base
        base += len(values)
        if len(picks) == 0:
            continue
        if stats.type == NUMBER or (stats.values is not None and len(picks) <= COUNTED):
            held = values.take(indices(picks))
            if stats.type == NUMBER:
                low_high = pc.min_max(held)
                stats.merge(FieldStats(NUMBER, set(), low_high["min"].as_py(), low_high["max"].as_py()))
        if stats.values is not None:
            stats.values = stats.values | set(held.to_pylist()) if len(picks) <= COUNTED else None
    return stats


def _order(value: Any) -> tuple[int, Any]:
    """Truths, numbers, texts; each in its own order."""
    return (0 if isinstance(value, bool) else 1 if isinstance(value, int | float) else 2, value)


def _infinite(value: Any) -> bool:
    return value in (float("inf"), float("-inf"))
