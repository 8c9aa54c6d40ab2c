"""After a small change: a build that is told what changed, beside one from scratch. Runs as soon as `longquan tile`
knows the options `--changes` and `--previous`.

`--previous OLD.pmtiles` is the archive of the input before the change, `--changes FILE` a GeoParquet file with the
columns of the input and a text column `change`: "removed" for features as they were, "added" for features as they are.
A feature that was edited is in it twice. INPUT is the whole input after the change.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from tests.bench import inputs
from tests.bench.cases import BUILDINGS, WORK
from tests.bench.measure import Run, median, run
from tests.bench.peers import TOOLS, command
from tests.bench.results import digest

_SHARE = 1000  # one feature in so many is changed
_NUDGE = 2e-5  # degrees, about two metres


class Changed(NamedTuple):
    """Both ways to the same archive."""

    features: int
    full: Run
    told: Run
    same_bytes: bool


def changed(rounds: int) -> Changed:
    """One building in a thousand of ten copies, all in one neighbourhood, is moved, renamed or removed."""
    before = inputs.parquet(BUILDINGS, 10)
    after, changes, count = _edited(before)
    old, full, told = (WORK / f"changes-{name}.pmtiles" for name in ("old", "full", "told"))
    tool = TOOLS[0]
    run(command(tool, BUILDINGS, before, old))
    lines = [*command(tool, BUILDINGS, after, told)]
    hint = ["--previous", str(old), "--changes", str(changes)]
    full_runs = [run(command(tool, BUILDINGS, after, full)) for _round in range(rounds)]
    told_runs = [run([*lines[:2], *hint, *lines[2:]]) for _round in range(rounds)]
    return Changed(count, median(full_runs), median(told_runs), digest(full) == digest(told))


def _edited(before: Path) -> tuple[Path, Path, int]:
    """The input after the change, the changes, and how many features they touch; written on first use."""
    after, changes = before.with_suffix(".edited.parquet"), before.with_suffix(".changes.parquet")
    table = pq.read_table(before)
    count = len(table) // _SHARE
    if after.exists() and changes.exists():
        return after, changes, count
    shapes = shapely.from_wkb(table.column(inputs.GEOMETRY).to_numpy())
    xy = np.column_stack([shapely.get_x(shapely.centroid(shapes)), shapely.get_y(shapely.centroid(shapes))])
    rows = np.sort(np.argsort(np.hypot(*(xy - xy[len(xy) // 2]).T), kind="stable")[:count])
    moved, renamed, removed = rows[0::3], rows[1::3], rows[2::3]
    shapes[moved] = shapely.transform(shapes[moved], lambda c: c + _NUDGE)
    names = table.column("name").to_numpy(zero_copy_only=False)
    names[renamed] = "renamed"
    edited = table
    for name, column in ((inputs.GEOMETRY, shapely.to_wkb(shapes, flavor="iso")), ("name", names)):
        at = table.column_names.index(name)
        edited = edited.set_column(
            at, table.schema.field(at), pa.chunked_array([pa.array(column, table.schema.types[at])])
        )
    kept = np.ones(len(table), bool)
    kept[removed] = False
    pq.write_table(edited.filter(pa.array(kept)), after, compression="snappy")
    parts = [table.take(pa.array(rows)), edited.take(pa.array(np.concatenate([moved, renamed])))]
    words = [pa.array([word] * len(part)) for word, part in zip(("removed", "added"), parts, strict=True)]
    told = [part.append_column("change", word) for part, word in zip(parts, words, strict=True)]
    pq.write_table(pa.concat_tables(told).replace_schema_metadata(table.schema.metadata), changes, compression="snappy")
    return after, changes, count
