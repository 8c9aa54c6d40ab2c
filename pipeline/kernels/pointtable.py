"""A table of tile vertices that is emptied by naming a new user: no clearing between the groups of a tile."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@helper
def table_bits(entries: int) -> int:
    """The bits of a table that is at most half full with this many entries."""
    bits = 4
    while (np.int64(1) << bits) < 2 * entries:
        bits += 1
    return bits


@helper
def find(keys: NDArray[np.int64], users: NDArray[np.int64], user: int, bits: int, key: int) -> tuple[int, bool]:
    """The slot of `key` [2**bits slots] for this user, entered if it is new; also whether it is new.

    Slots of former users count as empty. Fibonacci hashing, linear probing.
    """
    mask: Any = (np.int64(1) << bits) - 1
    slot: Any = np.int64((np.uint64(key) * _GOLDEN) >> np.uint64(64 - bits))
    while users[slot] == user:
        if keys[slot] == key:
            return slot, False
        slot = (slot + 1) & mask
    users[slot] = user
    keys[slot] = key
    return slot, True


@helper
def look(keys: NDArray[np.int64], users: NDArray[np.int64], user: int, bits: int, key: int) -> np.int64:
    """The slot of `key` if this user has entered it, else −1."""
    mask: Any = (np.int64(1) << bits) - 1
    slot: Any = np.int64((np.uint64(key) * _GOLDEN) >> np.uint64(64 - bits))
    while users[slot] == user:
        if keys[slot] == key:
            return np.int64(slot)
        slot = (slot + 1) & mask
    return np.int64(-1)


@helper
def point_key(x: int, y: int) -> np.int64:
    """One number for two tile units."""
    return (np.int64(x) << 32) | (np.int64(y) & 0xFFFFFFFF)
