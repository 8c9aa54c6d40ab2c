"""Whole commands, timed from outside: wall and CPU seconds, peak memory, and what else the machine did meanwhile."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

LAUNCH = Path(__file__).with_name("launch.py")
QUIET = 0.2  # processors that others may keep busy before a run counts as disturbed; a desktop at rest is below 0.1


class Run(NamedTuple):
    """One finished command."""

    wall: float  # seconds
    cpu: float  # seconds, user and system, of the command and its children
    rss: float  # MB; the largest process at its peak
    others: float  # processors that everything else on the machine kept busy, on average


def run(command: Sequence[str], *, cache: Path | None = None) -> Run:
    """Run a command to its end; `cache` replaces the user's cache folder.

    Raises RuntimeError with the command's last words when it fails.
    """
    # Python keeps its bytecode on a user's machine; a container's setting against that would time the compiler.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if cache is not None:
        environment["XDG_CACHE_HOME"] = str(cache)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        figures, words = Path(folder) / "figures", Path(folder) / "words"
        busy = _busy()
        with words.open("wb") as errors:
            launcher = [sys.executable, "-I", "-S", str(LAUNCH), str(figures), *command]
            code = subprocess.run(
                launcher,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
        busy = _busy() - busy
        if code or not figures.exists():
            raise RuntimeError(f"{command[0]} could not be started: {_end(words)}")
        wall, cpu, rss, status = figures.read_text("ascii").split()
        if int(status):
            raise RuntimeError(f"{' '.join(command)} exited {status}: {_end(words)}")
    return Run(float(wall), float(cpu), int(rss) * _RSS_UNIT / 1e6, max(busy - float(cpu), 0.0) / float(wall))


_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def _end(words: Path) -> str:
    return words.read_bytes()[-800:].decode(errors="replace")


def _busy() -> float:
    """Seconds that all processors together have worked since the start of the machine; 0 where none can tell."""
    try:
        first = Path("/proc/stat").read_text("ascii").split("\n", 1)[0]
    except OSError:
        return 0.0
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, first.split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def disturbance(seconds: float = 3.0) -> float:
    """How many processors are busy while this program does nothing."""
    before = _busy()
    time.sleep(seconds)
    return (_busy() - before) / seconds


def median(runs: Sequence[Run]) -> Run:
    """The median of every figure."""
    return Run(*(statistics.median(getattr(run, field) for run in runs) for field in Run._fields))


def in_turns(
    commands: Mapping[str, Sequence[str]],
    rounds: int,
    *,
    patience: float = 60.0,
    done: Callable[[str, Run], None] = lambda _name, _run: None,
) -> dict[str, list[Run]]:
    """Runs of each command over rounds in which all take turns, so that a drifting machine is fair to all.

    A command whose runs have taken `patience` seconds is not run again. `done` is told after each run.
    """
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _round in range(rounds):
        for name, command in commands.items():
            if sum(r.wall for r in runs[name]) < patience:
                runs[name].append(run(command))
                done(name, runs[name][-1])
    return runs
