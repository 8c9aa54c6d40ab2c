"""How much memory a build takes when nobody says, and what becomes of it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import machine as room
from pipeline.machine import memory_bound

GB = 1 << 30


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine of 16 GB; the path of its container's limit."""
    pages = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 16 * GB // 4096}
    monkeypatch.setattr(os, "sysconf", pages.__getitem__)
    monkeypatch.setattr(room, "_CGROUP", tmp_path / "memory.max")
    return tmp_path / "memory.max"


def test_a_quarter_of_the_machine(machine: Path) -> None:
    assert not machine.exists() and memory_bound() == 4 * GB


@pytest.mark.parametrize(
    ("limit", "want"), [(str(2 * GB), GB // 2), (f"{GB}\n", GB // 4), (str(64 * GB), 4 * GB), ("max\n", 4 * GB)]
)
def test_a_container_may_have_less(machine: Path, limit: str, want: int) -> None:
    machine.write_text(limit)
    assert memory_bound() == want


@pytest.mark.parametrize("error", [AttributeError, ValueError, OSError])
def test_a_system_that_does_not_tell(machine: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def silent(_name: str) -> int:
        raise error

    monkeypatch.setattr(os, "sysconf", silent)
    assert not machine.exists() and memory_bound() == 2 * GB


_FAULTS = """
import resource, sys
import numpy as np
from pipeline.machine import use_memory
use_memory(None if sys.argv[1] == "kept" else 1 << 30)
for turn in range(5):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones(1 << 23)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told to keep memory")
def test_what_is_freed_is_taken_again() -> None:
    """64 megabytes are 16,384 pages, each of which the system would bring and clear anew."""
    faults = {}
    for how in ("kept", "given back"):
        environment = {**os.environ, "NUMPY_MADVISE_HUGEPAGE": "0"}
        command = [sys.executable, "-c", _FAULTS, how]
        faults[how] = int(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    assert faults["kept"] < 100
    assert faults["given back"] > 16_000


_POOL = """
import sys
from pipeline.machine import use_memory
use_memory(None if sys.argv[1] == "free" else 1 << 30)
import pyarrow
print(pyarrow.default_memory_pool().backend_name)
"""


def test_under_a_bound_arrow_keeps_nothing_for_itself() -> None:
    pools = {}
    for how in ("bound", "free"):
        environment = {name: value for name, value in os.environ.items() if name != "ARROW_DEFAULT_MEMORY_POOL"}
        command = [sys.executable, "-c", _POOL, how]
        pools[how] = subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout.strip()
    assert pools["bound"] == "system" != pools["free"]
