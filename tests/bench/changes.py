"""After a small change: a build that is told what changed, beside one from scratch.

The input is as a store of versions keeps it: GeoParquet 1.1 whose rows lie along a Hilbert curve, with their boxes in a
column of their own and row groups small enough that a neighbourhood is a few of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from pipeline.kernels.hilbert import sort_keys
from tests.bench import inputs
from tests.bench.cases import BUILDINGS, WORK
from tests.bench.measure import Run, in_turns, median, run
from tests.bench.peers import TOOLS, command
from tests.bench.results import digest

_SHARE = 1000  # one feature in so many is changed
_NUDGE = 2e-5  # degrees, about two metres
_ROWS = 20_000  # of a row group
_GRID = 16  # bits of the curve's grid
_BOX = ("xmin", "ymin", "xmax", "ymax")


class Changed(NamedTuple):
    """Both ways to the same archive."""

    features: int
    full: Run
    told: Run
    same_bytes: bool


def changed(rounds: int) -> Changed:
    """One building in a thousand of ten copies, all in one neighbourhood, is moved, renamed or removed."""
    before, after, changes, count = _files(inputs.parquet(BUILDINGS, 10))
    old, full, told = (WORK / f"changes-{name}.pmtiles" for name in ("old", "full", "told"))
    run(_asked(before, old, "--keep-state"))
    runs = in_turns(
        {
            "full": _asked(after, full),
            "told": _asked(after, told, "--previous", str(old), "--changes", str(changes)),
        },
        rounds,
    )
    return Changed(count, median(runs["full"]), median(runs["told"]), digest(full) == digest(told))


def _asked(source: Path, out: Path, *options: str) -> list[str]:
    line = command(TOOLS[0], BUILDINGS, source, out)
    return [*line[:2], "--name", BUILDINGS.name, *options, *line[2:]]  # the same metadata in all of them


def _files(source: Path) -> tuple[Path, Path, Path, int]:
    """The input before and after the change, the changes, and how many features they touch; written on first use."""
    before, after, changes = (source.with_suffix(f".{name}.parquet") for name in ("before", "after", "changes"))
    table = pq.read_table(source)
    count = len(table) // _SHARE
    if before.exists() and after.exists() and changes.exists():
        return before, after, changes, count
    at = table.column_names.index(inputs.GEOMETRY)
    shapes = shapely.from_wkb(table.column(at).to_numpy())
    order = _along_curve(shapes)
    table, shapes = table.take(pa.array(order)), shapes[order]
    x, y = shapely.bounds(shapes)[:, :2].T
    rows = np.sort(np.argsort(np.hypot(x - x[len(x) // 2], y - y[len(y) // 2]), kind="stable")[:count])
    moved, renamed, removed = rows[0::3], rows[1::3], rows[2::3]
    edited = shapes.copy()
    edited[moved] = shapely.transform(shapes[moved], lambda c: c + _NUDGE)
    names = table.column("name").to_numpy(zero_copy_only=False).copy()
    names[renamed] = "renamed"
    column = table.column_names.index("name")
    new = table.set_column(column, table.schema.field(column), pa.array(names, table.schema.types[column]))
    kept = np.setdiff1d(np.arange(len(table)), removed)
    _write(before, table, shapes)
    _write(after, new.take(pa.array(kept)), edited[kept])
    again = np.concatenate([moved, renamed])
    told = pa.concat_tables([table.take(pa.array(rows)), new.take(pa.array(again))])
    words = pa.array(["removed"] * len(rows) + ["added"] * len(again))
    _write(changes, told.append_column("change", words), np.concatenate([shapes[rows], edited[again]]))
    return before, after, changes, count


def _along_curve(shapes: NDArray[np.object_]) -> NDArray[np.int64]:
    """The order of the middles of the shapes' boxes along a Hilbert curve over all of them."""
    low_x, low_y, high_x, high_y = shapely.bounds(shapes).T
    steps = (1 << _GRID) - 1
    grid = [
        ((middle - middle.min()) / np.ptp(middle) * steps).astype(np.int64)
        for middle in ((low_x + high_x) / 2, (low_y + high_y) / 2)
    ]
    keys = np.empty(len(shapes), np.int64)
    sort_keys(grid[0], grid[1], _GRID, _GRID, keys)
    return np.argsort(keys, kind="stable")


def _write(path: Path, table: pa.Table, shapes: NDArray[np.object_]) -> None:
    """GeoParquet 1.1 with the boxes of its features."""
    bounds = shapely.bounds(shapes)
    at = table.column_names.index(inputs.GEOMETRY)
    table = table.set_column(at, table.schema.field(at), pa.array(shapely.to_wkb(shapes, flavor="iso"), pa.binary()))
    table = table.append_column("bbox", pa.StructArray.from_arrays([pa.array(side) for side in bounds.T], _BOX))
    geo = json.loads(table.schema.metadata[b"geo"])
    about = geo["columns"][inputs.GEOMETRY]
    about["bbox"] = [*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0)]
    about["covering"] = {"bbox": {side: ["bbox", side] for side in _BOX}}
    described = table.replace_schema_metadata({b"geo": json.dumps(geo | {"version": "1.1.0"}).encode()})
    unfinished = path.with_suffix(".part")
    pq.write_table(described, unfinished, compression="snappy", row_group_size=_ROWS)
    unfinished.rename(path)
