"""The computers of the story: the bureau's, and that of an office which has a disk, Python and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PROGRAM = """#!/bin/sh
exec '{python}' {options} '{launcher}' "$STORY_DAY" {program} "$@"
"""


@dataclass(frozen=True, slots=True)
class Computer:
    """Runs lines of a shell on a day of the story; `longquan` is that of this project, texts are UTF-8.

    With `hidden`, a folder, it is another computer: its home is its own, that folder is not there, and it has no
    network, not even that within the machine. It does so by namespaces of its own; where the system does not allow
    them, only the home is its own.
    """

    programs: Path
    home: Path | None = None
    hidden: Path | None = None

    def run(self, command: str, day: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run one in the folder that this process is in; `given` is what it reads."""
        words = ["bash", "-c", command]
        if self.hidden is not None and namespaces_allowed():
            words = ["unshare", "-rnm", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', str(self.hidden), *words]
        reads = {"stdin": subprocess.DEVNULL} if given is None else {"input": given}
        env = self._environment(day)
        return subprocess.run(words, capture_output=True, text=True, env=env, timeout=300, **reads)  # type: ignore[call-overload,no-any-return]

    def _environment(self, day: str) -> Mapping[str, str]:
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        if self.home is None:
            return {**os.environ, "PATH": path, "LC_ALL": "C.UTF-8", "STORY_DAY": day}
        return {"PATH": path, "LC_ALL": "C.UTF-8", "STORY_DAY": day, "HOME": str(self.home)}


@cache
def namespaces_allowed() -> bool:
    """Whether a process may have mounts and a network of its own here."""
    try:
        done = subprocess.run(["unshare", "-rnm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True)
    except FileNotFoundError:
        return False
    return done.returncode == 0


def write_programs(folder: Path) -> Path:
    """What `longquan` and `python3` mean in the story: today is the story's day; Python is isolated (-I)."""
    folder.mkdir()
    launcher = Path(__file__).with_name("on_a_day.py")
    for name, options, program in (("longquan", "", "longquan"), ("python3", "-I -S", "")):
        path = folder / name
        path.write_text(_PROGRAM.format(python=sys.executable, options=options, launcher=launcher, program=program))
        path.chmod(0o755)
    return folder
