"""What was measured, kept in .cache/bench/results.json, so that a table can be put together from several runs.

A figure counts only beside others of the same machine and the same state of pipeline/: the rest stay in the file but
in no table. Whatever was found inside an archive is kept under the archive's hash and need not be found again.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.bench.cases import ROOT, WORK
from tests.bench.measure import QUIET, Run, median


class Results:
    """The file; `save` after every figure, so that an interrupted run loses nothing."""

    def __init__(self, path: Path = WORK / "results.json") -> None:
        self.path = path
        self.loaded = False  # whether other work was under way when the section began
        self._all: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}

    def save(self) -> None:
        """Write the file, as a whole."""
        unfinished = self.path.with_suffix(".part")
        unfinished.write_text(json.dumps(self._all, indent=1, sort_keys=True), "utf-8")
        unfinished.replace(self.path)

    def put(self, name: str, figures: dict[str, Any]) -> None:
        """Keep figures with the state and the machine they belong to."""
        stamped = {**figures, "loaded": self.loaded, "state": state(), "machine": machine(), "versions": versions()}
        self._all.setdefault("figures", {})[name] = stamped
        self.save()

    def get(self, name: str) -> dict[str, Any] | None:
        """Figures of this machine and state, or None."""
        found: dict[str, Any] | None = self._all.get("figures", {}).get(name)
        return found if found and (found["state"], found["machine"]) == (state(), machine()) else None

    def disturbed(self) -> list[str]:
        """Names of the figures of this machine and state that were taken while other work was under way."""
        names = [name for name in self._all.get("figures", {}) if self.get(name)]
        busy = [name for name in names if (self.get(name) or {}).get("loaded", True) or disturbed(self.runs(name))]
        return [name for name in busy if not name.endswith(" archive") and name != "gaps source"]  # sizes, no times

    def put_runs(self, name: str, runs: list[Run], load: float) -> None:
        """Keep the runs of a command; `load` is the load average when it was called first."""
        self.put(name, {"runs": [run._asdict() for run in runs], "load": load})

    def runs(self, name: str) -> list[Run]:
        """The runs kept under a name."""
        found = self.get(name)
        return [Run(**run) for run in found["runs"]] if found and "load" in found else []

    def found_in(self, digest: str, what: str) -> Any:
        """What was found inside the archive with this hash, or None."""
        return self._all.get("archives", {}).get(digest, {}).get(what)

    def put_found(self, digest: str, what: str, found: Any) -> None:
        """Keep what was found inside the archive with this hash."""
        # JSON knows only texts as keys: what is read back must look the same as what is put in.
        kept = json.loads(json.dumps(found))
        self._all.setdefault("archives", {}).setdefault(digest, {})[what] = kept
        self.save()


def disturbed(runs: list[Run]) -> bool:
    """Whether others kept the machine busy meanwhile."""
    return bool(runs) and median(runs).others > QUIET


@lru_cache
def state() -> str:
    """The commit, and a hash of what pipeline/ differs from it in."""
    commit = _git("rev-parse", "--short=10", "HEAD:pipeline").strip()
    changed = _git("diff", "HEAD", "--", "pipeline") + _git("status", "--porcelain", "--", "pipeline")
    return f"{commit}+{hashlib.sha256(changed.encode()).hexdigest()[:8]}" if changed else commit


def commit() -> str:
    """The short name of the commit, with a + when pipeline/ differs from it."""
    return _git("rev-parse", "--short=10", "HEAD").strip() + ("+" if "+" in state() else "")


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", "--no-optional-locks", "-C", str(ROOT), *words], capture_output=True, text=True, check=True
    ).stdout


@lru_cache
def machine() -> str:
    """Processor, count and memory, as far as the system tells."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{model}, {os.cpu_count()} processors, {memory:.0f} GB"


@lru_cache
def versions() -> dict[str, str]:
    """Of what the times depend on."""
    names = ("numba", "numpy", "pyarrow", "pyogrio", "shapely", "deflate")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def digest(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
