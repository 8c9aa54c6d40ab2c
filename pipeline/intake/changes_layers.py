"""Changes as files of features: layers to look at, and the list with which an archive is brought up to date."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.intake.changes import Changes
from pipeline.intake.changes_pairs import Rows
from pipeline.intake.changes_side import Side, row_numbers

CHANGED = "changed"  # the field that names what changed; so is the layer
OLD = "old:"  # before the name of a field: its old value
GEOMETRY = "geometry"
EDIT, REMOVED, ADDED = "change", "removed", "added"  # the field of `tile --changes`, and its words


def write_layers(changes: Changes, folder: Path) -> tuple[Path, ...]:
    """Write `added.parquet`, `removed.parquet` and `changed.parquet` into a folder of the caller's, none that is empty.

    Features have the fields and geometries of the version they are in; those that changed are as they are now, with
    the old values of fields that differ and a field `changed` that names what does ("NAME, geometry").
    """
    written = []
    for name, side, rows, columns in layers(changes):
        written.append(folder / f"{name}.parquet")
        write_features(written[-1], columns, side.shapes().take(row_numbers(rows)))
    return tuple(written)


def layers(changes: Changes) -> Iterator[tuple[str, Side, Rows, dict[str, pa.Array]]]:
    """Name, version, rows and columns of each kind of change that there is."""
    for name, side, rows in (
        ("added", changes.after, changes.added),
        ("removed", changes.before, changes.removed),
        (CHANGED, changes.after, changes.changed_after),
    ):
        if len(rows):
            columns = _columns(side, rows)
            yield name, side, rows, _with_old(changes, columns) if name == CHANGED else columns


def write_edits(changes: Changes, file: Path | BinaryIO) -> None:
    """Write what `longquan tile --changes` takes: features that are gone as they were, then new ones as they are.

    What changed stands in both. Every field has the type it has in the store and geometries are the store's bytes, so
    that the older features are found again exactly. Both versions must have the same fields of the same types.
    """
    parts = [
        (changes.before, np.sort(np.concatenate([changes.removed, changes.changed_before])), REMOVED),
        (changes.after, np.sort(np.concatenate([changes.added, changes.changed_after])), ADDED),
    ]
    columns = [_columns(side, rows) for side, rows, _word in parts]
    table = {name: pa.concat_arrays([each[name] for each in columns]) for name in columns[0]}
    words = pa.array([word for _side, rows, word in parts for _row in rows], pa.string())
    shapes = pa.concat_arrays([side.shapes().take(row_numbers(rows)) for side, rows, _word in parts])
    write_features(file, {**table, EDIT: words}, shapes)


def _columns(side: Side, rows: Rows) -> dict[str, pa.Array]:
    taken = row_numbers(rows)
    return {name: side.column(name).take(taken) for name in side.types}


def _with_old(changes: Changes, columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """The fields of changed features, what changed, and the old values of what did."""
    names = [*changes.fields, GEOMETRY]
    differs = np.column_stack([*changes.fields.values(), changes.geometry])
    # Few combinations of fields occur among many features: each is put into words once.
    kinds, kind = np.unique(differs, axis=0, return_inverse=True)
    words = [", ".join(name for name, set_ in zip(names, row.tolist(), strict=True) if set_) for row in kinds]
    out = {CHANGED: pa.array(words, pa.large_string()).take(row_numbers(kind.reshape(-1).astype(np.int64)))}
    out |= {name if name != CHANGED else f"{name}_": column for name, column in columns.items()}
    for name, differ in changes.fields.items():
        # A row number that is missing takes a missing value.
        rows = pa.array(np.where(differ, changes.changed_before, -1).tolist(), pa.int64())
        rows = pc.if_else(pc.less(rows, 0), pa.scalar(None, pa.int64()), rows)
        out[f"{OLD}{name}"] = changes.before.column(name).take(rows)
    return out


def write_features(file: Path | BinaryIO, columns: Mapping[str, pa.Array], shapes: pa.Array) -> None:
    """Write a GeoParquet 1.1 file in longitude and latitude (OGC:CRS84, which needs no "crs"); `shapes` are WKB."""
    shape = GEOMETRY
    while shape in columns:
        shape += "_"
    about = {
        "version": "1.1.0",
        "primary_column": shape,
        "columns": {shape: {"encoding": "WKB", "geometry_types": []}},
    }
    table = pa.table({**columns, shape: shapes}).replace_schema_metadata({b"geo": json.dumps(about).encode()})
    pq.write_table(table, file)
