"""The state beside an archive: what comes back is what was written, and not one bit may differ."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from pipeline.vector.plan import LayerPlan
from pipeline.vector.state import Scratch, fingerprint, load_state, state_path
from tests.vector.worlds import CODE, ZOOMS, build, keyed, told

PLANS = [LayerPlan("a", key="ID", **ZOOMS)]


def built(folder: Path) -> Path:
    """An archive with its state."""
    world = keyed()
    out = folder / "old.pmtiles"
    build(out, [told(*each) for each in zip(world.plans, [{}], world.layers, strict=True)])
    return out


def places(state: bytes) -> dict[str, range]:
    """Where each part of the file lies: what begins it, its head, its arrays, its checksum."""
    size = int.from_bytes(state[8:16], "little")
    base = -(-(16 + size) // 64) * 64
    found = {"magic": range(8), "size of the head": range(8, 16), "head": range(16, 16 + size)}
    for name, dtype, shape, at in json.loads(state[16 : 16 + size])["arrays"]:
        length = int(np.prod(shape)) * np.dtype(dtype).itemsize
        found[name] = range(base + at, base + at + length)
    return found | {"checksum": range(len(state) - 4, len(state))}


def test_every_flipped_bit_is_noticed(tmp_path: Path) -> None:
    archive = built(tmp_path)
    path = state_path(archive)
    kept = path.read_bytes()
    parts = places(kept)
    assert {"digests", "offsets", "0.ids", "0.asked", "0.contents", "0.visible", "0.keyed", "0.curve"} < set(parts)
    assert list(load_state(archive, fingerprint(PLANS, CODE)).layers) == ["a"]
    draw = random.Random(11)
    for name, part in parts.items():
        assert len(part), name
        for _ in range(12):
            place, bit = draw.choice(part), draw.randrange(8)
            flipped = bytearray(kept)
            flipped[place] ^= 1 << bit
            path.write_bytes(flipped)
            with pytest.raises(Scratch, match="is damaged"):
                load_state(archive, fingerprint(PLANS, CODE))
    for size in (len(kept) - 1, len(kept) - 4, len(kept) // 2, 16, 0):
        path.write_bytes(kept[:size])
        with pytest.raises(Scratch, match="is damaged"):
            load_state(archive, fingerprint(PLANS, CODE))
