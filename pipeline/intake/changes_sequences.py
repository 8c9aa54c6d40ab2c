"""Changes as GeoJSON text sequences (RFC 8142), for whoever keeps a copy of a dataset and brings it up to date.

The layers are those of `changes_layers`, with the same fields: added, removed (as they were), changed (as they are,
with the old values of fields that differ). Of features that moved, `moved` has the key and the place where they were.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa

from pipeline.intake.changes import Changes
from pipeline.intake.changes_layers import layers
from pipeline.intake.changes_list import geojson, plain
from pipeline.intake.changes_side import row_numbers

SUFFIX: Final = ".geojsonseq"
MOVED: Final = "moved"
_BLOCK: Final = 50_000  # features in memory as Python values
_SEPARATOR: Final = b"\x1e"  # RFC 8142 §2: before every text; a line feed follows each


def write_sequences(changes: Changes, folder: Path, name: str = "{kind}") -> tuple[Path, ...]:
    """Write a sequence of each kind into a folder of the caller's, none that is empty, called `name` of its kind.

    Coordinates are longitude and latitude. Numbers that JSON does not have are texts, dates are ISO 8601 and bytes
    hexadecimal, as in the list of changes. The same versions give the same bytes.
    """
    parts = [(kind, columns, side.shapes().take(row_numbers(rows))) for kind, side, rows, columns in layers(changes)]
    if changes.key is not None and changes.geometry.any():
        rows = changes.changed_before[changes.geometry]
        key = changes.after.column(changes.key).take(row_numbers(changes.changed_after[changes.geometry]))
        parts.append((MOVED, {changes.key: key}, changes.before.shapes().take(row_numbers(rows))))
    written = []
    for kind, columns, shapes in parts:
        written.append(folder / (name.format(kind=kind) + SUFFIX))
        _write(written[-1], columns, shapes)
    return tuple(written)


def _write(path: Path, columns: Mapping[str, pa.Array], shapes: pa.Array) -> None:
    with path.open("wb") as file:
        for start in range(0, len(shapes), _BLOCK):
            values = {name: column.slice(start, _BLOCK).to_pylist() for name, column in columns.items()}
            for at, shape in enumerate(geojson(shapes.slice(start, _BLOCK))):
                properties = {name: plain(column[at]) for name, column in values.items()}
                text = json.dumps(properties, ensure_ascii=False, separators=(",", ":"))
                file.write(_SEPARATOR)
                file.write(f'{{"type":"Feature","properties":{text},"geometry":{shape}}}\n'.encode())
