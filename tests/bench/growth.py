"""Does the time per feature stay the same from ten thousand features to ten million?"""

from __future__ import annotations

from typing import NamedTuple

import pyarrow.parquet as pq

from tests.bench import inputs
from tests.bench.cases import BUILDINGS, WORK
from tests.bench.measure import Run, median, run
from tests.bench.peers import TOOLS, command


class Size(NamedTuple):
    """One size of the same data."""

    features: int
    run: Run


def growth(rounds: int, *, long: bool) -> list[Size]:
    """Ours on the first 10,000 buildings, on all, on ten copies and, `long`, on a hundred."""
    sources = [inputs.parquet(BUILDINGS, rows=10_000), *(inputs.parquet(BUILDINGS, n) for n in (1, 10))]
    if long:
        sources.append(inputs.parquet(BUILDINGS, 100))
    found = []
    for source in sources:
        features = pq.read_metadata(source).num_rows
        line = command(TOOLS[0], BUILDINGS, source, WORK / "growth.pmtiles")
        # Small ones are over before noise evens out; large ones take long enough.
        found.append(Size(features, median([run(line) for _round in range(rounds if features < 1e6 else 1)])))
    return found


def spread(sizes: list[Size], start: float) -> list[tuple[float, float]]:
    """Per size: microseconds a feature once `start` seconds are taken off, and how far that is from the middle."""
    each = [(size.run.wall - start) / size.features * 1e6 for size in sizes]
    middle = (min(each) + max(each)) / 2
    return [(one, one / middle - 1) for one in each]
