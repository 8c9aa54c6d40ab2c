"""Whole commands, timed from outside: wall and CPU seconds, by the kernel's own accounting.

Not memory: a child's ru_maxrss begins with what its parent held when it forked, which here is a decoded archive.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Run(NamedTuple):
    """One finished command."""

    wall: float  # seconds
    cpu: float  # seconds, user and system


def run(command: Sequence[str]) -> Run:
    """Run a command to its end; raises RuntimeError with its last words when it fails."""
    began = time.monotonic()
    # Python keeps its bytecode on a user's machine; a container's setting against that would time the compiler.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    assert process.stderr is not None
    words = process.stderr.read()
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(
            f"{Path(command[0]).name} exited {process.returncode}: {words[-500:].decode(errors='replace')}"
        )
    return Run(time.monotonic() - began, usage.ru_utime + usage.ru_stime)


def side_by_side(commands: dict[str, Sequence[str]], rounds: int) -> dict[str, Run]:
    """Medians of each command over rounds in which all take turns, so that a drifting machine is fair to all."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for name, command in commands.items():  # not counted: compiles kernels, fills the file cache
        run(command)
        print(f"  {name} warm", file=sys.stderr, flush=True)
    for _round in range(rounds):
        for name, command in commands.items():
            runs[name].append(run(command))
    return {
        name: Run(*(statistics.median(getattr(r, field) for r in several) for field in Run._fields))
        for name, several in runs.items()
    }
