"""Does `--memory` bound the memory? Runs as soon as `longquan tile` knows the option."""

from __future__ import annotations

from typing import NamedTuple

from tests.bench import inputs
from tests.bench.cases import BUILDINGS, WORK
from tests.bench.measure import Run, run
from tests.bench.peers import TOOLS, command

BOUNDS = ("512M", "1G", "2G")  # as the option is written


class Bounded(NamedTuple):
    """One run under a bound."""

    bound: str
    run: Run


def bounded() -> list[Bounded]:
    """Ours on ten copies of the buildings under several bounds."""
    line = command(TOOLS[0], BUILDINGS, inputs.parquet(BUILDINGS, 10), WORK / "memory.pmtiles")
    return [Bounded(bound, run([*line[:2], "--memory", bound, *line[2:]])) for bound in BOUNDS]
