"""Many tiles compressed at once, against Python's own gunzip and against each of them alone."""

from __future__ import annotations

import gzip
import random
import sys
from itertools import pairwise

import numpy as np
import pytest

from pipeline.archive import gzip_many as room
from pipeline.archive.compress import gzip_bytes
from pipeline.archive.gzip_many import gzip_many


def _bodies() -> list[bytes]:
    draw = random.Random(8)
    fill = b"\x1a\x20the inside of an area" * 3
    noise = draw.randbytes(70_000)  # becomes longer
    return [
        fill,
        fill,
        b"",
        b"a",
        noise,
        fill,
        b"ab" * 9000,
        fill[:-1] + b"?",
        *(draw.randbytes(n) for n in range(60)),
        fill,
    ]


def _compressed(bodies: list[bytes]) -> list[bytes]:
    offsets = np.cumsum([0, *(len(body) for body in bodies)]).astype(np.int64)
    packed, ends = gzip_many(np.frombuffer(b"".join(bodies), np.uint8), offsets)
    assert ends[0] == 0 and len(ends) == len(bodies) + 1
    return [packed[a:b].tobytes() for a, b in pairwise(ends.tolist())]


@pytest.mark.parametrize("shown", [True, False])
def test_every_body_is_what_it_is_alone(shown: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the library shows its functions or not."""
    if not shown:
        monkeypatch.setattr(room, "_library", lambda: None)
    bodies = _bodies()
    packed = _compressed(bodies)
    assert [gzip.decompress(each) for each in packed] == bodies
    assert packed == [gzip_bytes(body) for body in bodies]


@pytest.mark.skipif(sys.platform != "linux", reason="other wheels may hide them, and are slower")
def test_the_library_shows_its_functions() -> None:
    """Else tiling is slower than docs/benchmarks.md says: the wheel for Linux does."""
    assert room._library() is not None


def test_no_body() -> None:
    """Nothing in, nothing out."""
    assert _compressed([]) == []
