"""Deltas between two versions of real archives: how large, how fast made and applied, in how much memory.

One building in a hundred is moved, renamed or removed: in a few neighbourhoods, as departments' updates are, and
anywhere, which touches nearly every tile.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from tests.bench import inputs
from tests.bench.cases import BUILDINGS, WORK
from tests.bench.measure import Run, in_turns, median, run
from tests.bench.peers import TOOLS, command
from tests.bench.results import digest

NEIGHBOURHOODS = 5
_SHARE = 100  # one feature in so many is changed
_NUDGE = 2e-5  # degrees, about two metres
_MAKE = """
import sys; from pathlib import Path
from pipeline.archive.delta_writer import write_delta
from pipeline.archive.reader import open_archive
with open_archive(sys.argv[1]) as a, open_archive(sys.argv[2]) as b:
    write_delta(a, b, Path(sys.argv[3]))
"""
_APPLY = """
import sys; from pathlib import Path
from pipeline.archive.patch import apply_delta
apply_delta(*map(Path, sys.argv[1:4]))
"""


class Measured(NamedTuple):
    """One pair of archives."""

    spread: str  # "near" or "scattered"
    features: int  # that changed
    tiles: int  # bodies that changed
    full: int  # bytes of the newer archive
    delta: int  # bytes
    make: Run
    apply: Run


def deltas(copies: int, rounds: int) -> tuple[Measured, ...]:
    """Both kinds of change in so many copies of the buildings."""
    source = inputs.parquet(BUILDINGS, copies)
    table = pq.read_table(source)
    at = table.column_names.index(inputs.GEOMETRY)
    shapes = shapely.from_wkb(table.column(at).to_numpy())
    old = WORK / f"delta-{copies}-old.pmtiles"
    _tile(source, old)
    found = []
    for spread, rows in (("near", _near(shapes)), ("scattered", _scattered(len(shapes)))):
        changed = WORK / f"delta-{copies}-{spread}.parquet"
        _edit(table, shapes, rows, changed)
        new, delta, out = (changed.with_suffix(suffix) for suffix in (".pmtiles", ".lqdelta", ".out"))
        _tile(changed, new)
        python = [sys.executable, "-c"]
        make = [*python, _MAKE, str(old), str(new), str(delta)]
        apply = [*python, _APPLY, str(old), str(delta), str(out)]
        runs = in_turns({"make": make, "apply": apply}, rounds)
        if digest(out) != digest(new):
            raise RuntimeError(f"{out.name} is not {new.name}")
        size, full = delta.stat().st_size, new.stat().st_size
        found.append(Measured(spread, len(rows), _bodies(old, new), full, size, *(median(runs[n]) for n in runs)))
        out.unlink()
    return tuple(found)


def _tile(source: Path, out: Path) -> None:
    line = command(TOOLS[0], BUILDINGS, source, out)
    run([*line[:2], "--name", BUILDINGS.name, *line[2:]])


def _near(shapes: NDArray[np.object_]) -> NDArray[np.int64]:
    """The features nearest to a few that lie evenly in the file."""
    x, y = shapely.bounds(shapes)[:, :2].T
    count = len(shapes) // _SHARE // NEIGHBOURHOODS
    middles = np.linspace(0, len(shapes) - 1, NEIGHBOURHOODS + 2).astype(np.int64)[1:-1]
    nearest = [np.argsort(np.hypot(x - x[i], y - y[i]), kind="stable")[:count] for i in middles]
    return np.unique(np.concatenate(nearest))


def _scattered(count: int) -> NDArray[np.int64]:
    return np.sort(np.random.default_rng(1).choice(count, count // _SHARE, replace=False)).astype(np.int64)


def _edit(table: pa.Table, shapes: NDArray[np.object_], rows: NDArray[np.int64], out: Path) -> None:
    """A third moved, a third renamed, a third removed."""
    moved, renamed, removed = rows[0::3], rows[1::3], rows[2::3]
    edited = shapes.copy()
    edited[moved] = shapely.transform(shapes[moved], lambda c: c + _NUDGE)
    names = table.column("name").to_numpy(zero_copy_only=False).copy()
    names[renamed] = "renamed"
    column, at = table.column_names.index("name"), table.column_names.index(inputs.GEOMETRY)
    new = table.set_column(column, table.schema.field(column), pa.array(names, table.schema.types[column]))
    packed = pa.array(shapely.to_wkb(edited, flavor="iso"), pa.binary())
    new = new.set_column(at, table.schema.field(at), packed)
    kept = np.setdiff1d(np.arange(len(table)), removed)
    pq.write_table(new.take(pa.array(kept)), out, compression="snappy")


def _bodies(old: Path, new: Path) -> int:
    """How many distinct bodies of the newer archive the older one has not."""
    from pipeline.archive.compress import LEVEL
    from pipeline.archive.delta_plan import plan_archives
    from pipeline.archive.reader import open_archive

    with open_archive(old) as a, open_archive(new) as b:
        plan = plan_archives(a, b)
    return int(((plan.origins < 0) & (plan.levels == LEVEL)).sum())
