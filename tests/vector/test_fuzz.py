"""Random bytes never crash a decoder, never make it hang, and never lead it out of its tables."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def fuzz(seconds: int, seed: int, **environment: str) -> int:
    """How many values a process of its own survived."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.vector.fuzzed", str(seconds), str(seed)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=seconds + 300,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return int(done.stdout)


def test_two_seconds_of_damaged_bytes() -> None:
    assert fuzz(2, 1) > 200


@pytest.mark.long
@pytest.mark.parametrize("bounds", ["", "1"], ids=["as it is", "bounds checked"])
def test_a_minute_of_damaged_bytes(bounds: str) -> None:
    seed = random.SystemRandom().randrange(1 << 32)  # told by the message of what breaks
    assert fuzz(30, seed, NUMBA_BOUNDSCHECK=bounds or "0") > 3000
