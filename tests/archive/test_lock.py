"""A lock file is one process's at a time, and nobody's when that ends."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.archive.lock import hold, hold_if_free
from pipeline.errors import OutputError

HOLDER = (
    "import sys, time; from pathlib import Path; from pipeline.archive.lock import hold\n"
    "with hold(Path(sys.argv[1]), 'busy'): print('in', flush=True); time.sleep(float(sys.argv[2]))"
)


def holder(lock: Path, seconds: float) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "in\n"
    return process


def test_one_at_a_time_and_nobody_after_a_kill(tmp_path: Path) -> None:
    lock = tmp_path / "new" / "lock"
    process = holder(lock, 60)
    try:
        with pytest.raises(OutputError, match="busy here"), hold(lock, "busy here"):
            pass
        with hold_if_free(lock) as free:
            assert not free
    finally:
        process.kill()
        process.wait()
    with hold(lock, "busy"), hold_if_free(lock) as free:
        assert not free  # held by this very process
    with hold_if_free(lock) as free:
        assert free


def test_waiting(tmp_path: Path) -> None:
    process = holder(tmp_path / "lock", 0.5)
    began = time.monotonic()
    with hold(tmp_path / "lock", "busy", wait=60):
        assert time.monotonic() - began < 30
    process.wait()


def test_a_lock_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError), hold(tmp_path / "file" / "lock", "busy"):
        pass
