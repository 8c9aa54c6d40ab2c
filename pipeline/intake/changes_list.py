"""The change list: every change as a line of JSON, with old and new values, enough to make either version of the other.

{"version": 1, "dataset", "from", "to", "key", "counts": {…}, "fields": {…}, "schema": {…},
 "removed": [{"key", "properties", "geometry"}],
 "added":   [{"key", "properties", "geometry"}],
 "changed": [{"key", "fields": {name: {"old", "new"}}, "geometry": {"old", "new"}}]}

`geometry` of what changed is there only where it did. Without a key features are told by "row", from 0, of the version
that they are in. Geometries are GeoJSON in longitude and latitude; numbers that JSON does not have are "NaN",
"Infinity" and "-Infinity".
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.intake.changes import Changes
from pipeline.intake.changes_pairs import Rows
from pipeline.intake.changes_side import Side, row_numbers

VERSION = 1
_BLOCK = 50_000  # features in memory as Python values


def change_list(changes: Changes, dataset: str) -> Iterator[str]:
    """The text of the change list in pieces; the same versions give the same text."""
    head = json.dumps(summary(changes, dataset), ensure_ascii=False, separators=(", ", ": "))
    yield head[:-1]
    yield ',\n"removed": ['
    yield from _lines(_features(changes.before, changes.removed, changes.key))
    yield '],\n"added": ['
    yield from _lines(_features(changes.after, changes.added, changes.key))
    yield '],\n"changed": ['
    yield from _lines(_changed(changes))
    yield "]}\n"


def summary(changes: Changes, dataset: str) -> dict[str, Any]:
    """What comes before the lists: how many features of each kind, and of which fields."""
    return {
        "version": VERSION,
        "dataset": dataset,
        "from": changes.before.label,
        "to": changes.after.label,
        "key": changes.key,
        "counts": {
            "removed": len(changes.removed),
            "added": len(changes.added),
            "changed": len(changes.changed_after),
            "unchanged": changes.unchanged,
            "ambiguous": changes.ambiguous,
        },
        "fields": {name: int(differs.sum()) for name, differs in changes.fields.items()},
        "geometry": int(changes.geometry.sum()),
        "schema": {name: {"old": old, "new": new} for name, (old, new) in changes.schema.items()},
    }


def geojson(shapes: pa.Array) -> list[str]:
    """WKB as GeoJSON texts, [rows]; "null" where there is none."""
    import shapely

    texts = shapely.to_geojson(shapely.from_wkb(shapes.to_pylist()))
    return [text if text is not None else "null" for text in np.atleast_1d(texts).tolist()]


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return str(value) if isinstance(value, Decimal) or not isinstance(value, _PLAIN) else value


_PLAIN = (str, int, float, bool, type(None))


def _lines(items: Iterator[str]) -> Iterator[str]:
    between = "\n"
    for item in items:
        yield between + item
        between = ",\n"


def _features(side: Side, rows: Rows, key: str | None) -> Iterator[str]:
    """Features as they are in one version."""
    if not len(rows):
        return
    taken = row_numbers(rows)
    columns = {name: side.column(name).take(taken) for name in side.types}
    shapes = side.shapes().take(taken)
    for start in range(0, len(rows), _BLOCK):
        values = {name: column.slice(start, _BLOCK).to_pylist() for name, column in columns.items()}
        for at, shape in enumerate(geojson(shapes.slice(start, _BLOCK))):
            properties = {name: plain(column[at]) for name, column in values.items()}
            who = {"key": properties[key]} if key else {"row": int(rows[start + at])}
            yield f'{_text({**who, "properties": properties})[:-1]}, "geometry": {shape}}}'


def _changed(changes: Changes) -> Iterator[str]:
    """What changed of features that are in both versions."""
    if not len(changes.changed_after):
        return
    key = changes.key
    assert key is not None  # without one nothing is ever the same and yet different
    before, after = row_numbers(changes.changed_before), row_numbers(changes.changed_after)
    keys = changes.after.column(key).take(after)
    names = list(changes.fields)
    old = [changes.before.column(name).take(before) for name in names]
    new = [changes.after.column(name).take(after) for name in names]
    old_shapes, new_shapes = changes.before.shapes().take(before), changes.after.shapes().take(after)
    for start in range(0, len(changes.changed_after), _BLOCK):
        block = slice(start, start + _BLOCK)
        count = len(changes.geometry[block])
        fields = _field_changes(names, old, new, [changes.fields[name][block] for name in names], start, count)
        moved = _moves(old_shapes.slice(start, _BLOCK), new_shapes.slice(start, _BLOCK), changes.geometry[block])
        for value, told, move in zip(keys.slice(start, _BLOCK).to_pylist(), fields, moved, strict=True):
            yield f"{_text({'key': plain(value), 'fields': told})[:-1]}{move}}}"


def _field_changes(
    names: Sequence[str],
    old: Sequence[pa.Array],
    new: Sequence[pa.Array],
    differs: Sequence[NDArray[np.bool_]],
    start: int,
    count: int,
) -> list[dict[str, dict[str, Any]]]:
    """Old and new values of the fields that differ, by feature of a block."""
    told: list[dict[str, dict[str, Any]]] = [{} for _row in range(count)]
    for name, one, other, differ in zip(names, old, new, differs, strict=True):
        at = np.flatnonzero(differ)
        rows = row_numbers(at + start)
        for row, was, is_ in zip(at.tolist(), one.take(rows).to_pylist(), other.take(rows).to_pylist(), strict=True):
            told[row][name] = {"old": plain(was), "new": plain(is_)}
    return told


def _moves(old: pa.Array, new: pa.Array, moved: NDArray[np.bool_]) -> list[str]:
    """The texts of geometries that differ; nothing where they do not."""
    out = [""] * len(moved)
    rows = np.flatnonzero(moved)
    taken = row_numbers(rows)
    for row, was, is_ in zip(rows.tolist(), geojson(old.take(taken)), geojson(new.take(taken)), strict=True):
        out[row] = f', "geometry": {{"old": {was}, "new": {is_}}}'
    return out


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
