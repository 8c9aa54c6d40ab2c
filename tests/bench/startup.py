"""What starting costs: help, the first kernel with everything compiled, and compiling with nothing compiled."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench import inputs
from tests.bench.cases import BUILDINGS, CASES, UK, WORK, Case
from tests.bench.measure import Run, median, run
from tests.bench.peers import TOOLS, command, longquan

_SAMPLE = 2000  # rows; enough that every kernel of the case is called


def starting(case: Case, rounds: int) -> Run:
    """A whole `tile` of one feature, kernels compiled: what every other run of the case pays before its work."""
    source, out = inputs.one_feature(case), WORK / "start.pmtiles"
    line = command(TOOLS[0], case, source, out)
    run(line)
    return median([run(line) for _round in range(rounds)])


def help_page(rounds: int) -> Run:
    """`longquan --help`."""
    run([longquan(), "--help"])
    return median([run([longquan(), "--help"]) for _round in range(rounds)])


def compiling() -> dict[str, Run]:
    """Commands that find no compiled kernel: what the first run on a machine takes, once."""
    return {
        "areas": _cold(_tile(BUILDINGS)),
        "areas, coverage": _cold(_tile(UK)),
        "lines": _cold(_tile(CASES[1])),
        "points": _cold(_tile(CASES[2])),
        "all": _cold([longquan(), "warm"]),
    }


def _tile(case: Case) -> list[str]:
    return [*command(TOOLS[0], case, inputs.parquet(case, rows=_SAMPLE), WORK / "cold.pmtiles")]


def _cold(line: list[str]) -> Run:
    with tempfile.TemporaryDirectory(prefix="bench-cache-") as cache:
        return run(line, cache=Path(cache))
