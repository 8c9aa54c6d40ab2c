"""What the fields of a layer hold, gathered run by run: for tilestats and `vector_layers`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.types import LINE, POINT, POLYGON
from pipeline.vector.arrow import indices
from pipeline.vector.attributes import NUMBER, STRING, Attributes

COUNTED: Final = 1000  # distinct values counted per field, as mapbox-geostats does
_KNOWN: Final = 4096  # distinct values remembered per field; what is between is room for values that go
_LISTED: Final = 100  # distinct values named per field; more tell a reader nothing
_WORDS: Final = ((POINT, "point"), (LINE, "line"), (POLYGON, "polygon"))


class Undecided(Exception):
    """What is left after features were taken away cannot be told without looking at all of them."""


@dataclass(slots=True)
class FieldStats:
    """One field: its type, its distinct values while they are few, the range of its numbers."""

    type: str
    values: dict[Any, int] | None = field(default_factory=dict)  # how many features hold each; None: too many to know
    spare: int = 0  # of too many: how many features may go before they could be few
    low: float | None = None
    high: float | None = None
    mixed: bool = False  # whether files had it as different types

    def merge(self, other: FieldStats) -> None:
        """Add what another run of the features holds."""
        if self.type != other.type:
            self.type, self.mixed = STRING, True
        self.mixed |= other.mixed
        if self.values is not None and other.values is not None:
            for value, count in other.values.items():
                self.values[value] = self.values.get(value, 0) + count
        if self.values is None or other.values is None or len(self.values) > _KNOWN:
            known = [len(stats.values) for stats in (self, other) if stats.values is not None]
            self.spare = max(self.spare, other.spare, *(n - COUNTED for n in known), 0)
            self.values = None
        self.low = other.low if self.low is None else self.low if other.low is None else min(self.low, other.low)
        self.high = other.high if self.high is None else self.high if other.high is None else max(self.high, other.high)

    def without(self, other: FieldStats, features: int) -> None:
        """Take away what `features` features hold. Raises Undecided."""
        if self.mixed:
            raise Undecided  # which of the types are left
        if self.values is None:
            self.spare -= features
            if (
                self.spare < 0
                or (self.low is not None and self.low == other.low)
                or self.high == other.high is not None
            ):
                raise Undecided  # perhaps the only one of its value
            return
        if other.values is None:
            raise Undecided
        for value, count in other.values.items():
            self.values[value] = self.values.get(value, 0) - count
            if self.values[value] < 0:
                raise Undecided
            if self.values[value] == 0:
                del self.values[value]
        numbers = self.values.keys() if self.type == NUMBER else ()
        self.low, self.high = min(numbers, default=None), max(numbers, default=None)

    def as_json(self, name: str) -> dict[str, Any]:
        """An attribute of tilestats."""
        listed = sorted(self.values, key=_order) if self.values is not None and len(self.values) <= _LISTED else []
        listed = [value for value in listed if not _infinite(value)]  # JSON knows no infinities
        if len(json.dumps(listed, ensure_ascii=False, default=str)) > 10_000:  # long texts would fill the header
            listed = []
        stats: dict[str, Any] = {
            "attribute": name,
            "count": COUNTED if self.values is None else min(len(self.values), COUNTED),
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
    kinds: dict[int, int] = field(default_factory=dict)  # kind → features
    fields: dict[str, FieldStats] = field(default_factory=dict)

    def merge(self, other: LayerStats) -> None:
        """Add another run of the layer's features."""
        self.features += other.features
        for kind, count in other.kinds.items():
            self.kinds[kind] = self.kinds.get(kind, 0) + count
        for name, stats in other.fields.items():
            if name in self.fields:
                self.fields[name].merge(stats)
            else:
                self.fields[name] = stats

    def without(self, other: LayerStats) -> None:
        """Take away a run of features that are among these. Raises Undecided."""
        self.features -= other.features
        for kind, count in other.kinds.items():
            self.kinds[kind] = self.kinds.get(kind, 0) - count
        for name, stats in other.fields.items():
            self.fields[name].without(stats, other.features)

    def as_state(self) -> dict[str, Any]:
        """The statistics as JSON."""
        fields = {
            name: {
                "type": stats.type,
                "values": None if stats.values is None else [*stats.values.items()],
                "spare": stats.spare,
                "low": stats.low,
                "high": stats.high,
                "mixed": stats.mixed,
            }
            for name, stats in self.fields.items()
        }
        return {"features": self.features, "kinds": [*self.kinds.items()], "fields": fields}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> LayerStats:
        """The inverse of `as_state`."""
        fields = {}
        for name, known in state["fields"].items():
            values = known.pop("values")
            fields[name] = FieldStats(values=None if values is None else dict(map(tuple, values)), **known)
        return cls(int(state["features"]), dict(map(tuple, state["kinds"])), fields)

    def labels(self, fields: Sequence[str] | None) -> LayerStats:
        """The statistics of the label layer: a point for every feature, and the fields of these names (None: all)."""
        kept = self.fields if fields is None else {name: self.fields[name] for name in fields if name in self.fields}
        return LayerStats(self.features, {POINT: self.features}, dict(kept))

    @property
    def geometry(self) -> str:
        """point, line, polygon, mixed or none."""
        words = [word for kind, word in _WORDS if self.kinds.get(kind)]
        return words[0] if len(words) == 1 else ("mixed" if words else "none")


def layer_stats(attributes: Attributes, plain: Sequence[pa.Array], kinds: NDArray[np.uint8]) -> LayerStats:
    """The statistics of one run of features; `plain` are the attributes' values as Arrow arrays, one per kind."""
    return LayerStats(
        attributes.codes.shape[1],
        {kind: n for kind, n in enumerate(np.bincount(kinds).tolist()) if n},
        {name: _field(attributes, plain, column) for column, name in enumerate(attributes.names)},
    )


def _field(attributes: Attributes, plain: Sequence[pa.Array], column: int) -> FieldStats:
    counts = np.bincount(attributes.codes[column] + 1, minlength=len(attributes.value_offsets))[1:]  # but nulls
    stats = FieldStats(attributes.types[column])
    distinct = int(np.count_nonzero(counts))
    if distinct > _KNOWN:
        stats.values, stats.spare = None, distinct - COUNTED
    base = 0
    for values in plain:
        here = counts[base : base + len(values)]
        picks = np.flatnonzero(here)
        base += len(values)
        if len(picks) == 0 or (stats.values is None and stats.type != NUMBER):
            continue
        held = values.take(indices(picks))
        if stats.type == NUMBER:
            low_high = pc.min_max(held)
            low, high = low_high["min"].as_py(), low_high["max"].as_py()
            stats.low = low if stats.low is None else min(stats.low, low)
            stats.high = high if stats.high is None else max(stats.high, high)
        if stats.values is not None:
            stats.values |= zip(held.to_pylist(), here[picks].tolist(), strict=True)
    return stats


def _order(value: Any) -> tuple[int, Any]:
    """Truths, numbers, texts; each in its own order."""
    return (0 if isinstance(value, bool) else 1 if isinstance(value, int | float) else 2, value)


def _infinite(value: Any) -> bool:
    return value in (float("inf"), float("-inf"))
