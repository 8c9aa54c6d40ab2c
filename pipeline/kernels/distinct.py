"""Distinct byte strings: every one once, numbered in the order in which features first use them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import kernel


@kernel
def settle(
    codes: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    data: NDArray[np.uint8],
    table: NDArray[np.int32],
    picks: NDArray[np.int64],
) -> int:
    """Number the strings that `codes` use anew, feature by feature, equal ones alike; returns how many there are.

    `codes` [columns, features] index the strings, -1 for none, and are rewritten; `hashes` [n] of the strings
    `data[offsets[i]:offsets[i + 1]]`; `table` is scratch, a power of two above n, filled with -1. Output `picks` [≥ n]:
    the string that stands for each number.
    """
    number = np.full(len(hashes), -1, np.int32)
    mask = len(table) - 1
    found = 0
    for f in range(codes.shape[1]):
        for c in range(codes.shape[0]):
            i = codes[c, f]
            if i < 0:
                continue
            if number[i] < 0:
                slot = np.int64(hashes[i] & np.uint64(mask))
                size = offsets[i + 1] - offsets[i]
                while table[slot] >= 0:
                    k = picks[table[slot]]
                    same = hashes[k] == hashes[i] and offsets[k + 1] - offsets[k] == size
                    if same:
                        for b in range(size):
                            if data[offsets[i] + b] != data[offsets[k] + b]:
                                same = False
                                break
                    if same:
                        break
                    slot = (slot + 1) & mask
                if table[slot] < 0:
                    table[slot] = found
                    picks[found] = i
                    found += 1
                number[i] = table[slot]
            codes[c, f] = number[i]
    return found


@kernel
def gather_strings(
    offsets: NDArray[np.int64],
    data: NDArray[np.uint8],
    picks: NDArray[np.int64],
    out_offsets: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    """Copy the picked strings one after the other: string i goes to `out[out_offsets[i]:out_offsets[i + 1]]`.

    `offsets` [n + 1] into `data`; `picks` [m]; `out_offsets` [m + 1].
    """
    for i in range(len(picks)):
        start = offsets[picks[i]]
        at = out_offsets[i]
        for b in range(out_offsets[i + 1] - at):
            out[at + b] = data[start + b]
