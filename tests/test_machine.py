"""How much memory a build takes when nobody says."""

from __future__ import annotations

import os
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
