"""The floor under every tiler: reading the input and compressing the output, with nothing between.

Run as a program it measures both in a process of its own: `python -m tests.bench.floor INPUT ARCHIVE`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.bench.cases import ROOT

_THREADS = 2
_LEVEL = 6  # of libdeflate, as the engine has it
_CHUNK = 1 << 26  # bytes of tiles held in memory together


class Floor(NamedTuple):
    """Seconds, imports not counted."""

    read: float
    compress: float


def floor(source: Path, archive: Path, rounds: int) -> Floor:
    """The fastest of several times for both."""
    program = [sys.executable, "-m", "tests.bench.floor", str(source), str(archive)]
    found = [
        Floor(**json.loads(subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True).stdout))
        for _round in range(rounds)
    ]
    return Floor(min(f.read for f in found), min(f.compress for f in found))


def _read(source: Path) -> float:
    import pyarrow.parquet as pq

    began = time.monotonic()
    pq.read_table(source)
    return time.monotonic() - began


def _compress(path: Path) -> float:
    import deflate

    from pipeline.archive.reader import open_archive
    from tests.bench.quality import unpacked

    def timed(bodies: list[bytes]) -> float:
        began = time.monotonic()
        for _packed in pool.map(lambda body: deflate.gzip_compress(body, _LEVEL), bodies):
            pass
        return time.monotonic() - began

    seconds, held, bodies = 0.0, 0, []
    with open_archive(path) as archive, ThreadPoolExecutor(_THREADS) as pool:
        for offset, size in sorted({(entry.offset, entry.length) for entry in archive.entries()}):
            bodies.append(unpacked(archive, offset, size))
            held += len(bodies[-1])
            if held > _CHUNK:
                seconds += timed(bodies)
                bodies, held = [], 0
        return seconds + timed(bodies)


if __name__ == "__main__":
    print(json.dumps(Floor(_read(Path(sys.argv[1])), _compress(Path(sys.argv[2])))._asdict()))
