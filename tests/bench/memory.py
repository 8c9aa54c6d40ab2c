"""Does `--memory` bound the memory?"""

from __future__ import annotations

from typing import NamedTuple

from tests.bench import inputs
from tests.bench.cases import BUILDINGS, WORK
from tests.bench.measure import Run, run
from tests.bench.peers import TOOLS, command

BOUNDS = (500, 1000, 2000)  # MB


class Bounded(NamedTuple):
    """One run under a bound."""

    bound: int  # MB
    run: Run


def bounded() -> list[Bounded]:
    """Ours on ten copies of the buildings under several bounds."""
    line = command(TOOLS[0], BUILDINGS, inputs.parquet(BUILDINGS, 10), WORK / "memory.pmtiles")
    return [Bounded(bound, run([*line[:2], "--memory", f"{bound}MB", *line[2:]])) for bound in BOUNDS]
