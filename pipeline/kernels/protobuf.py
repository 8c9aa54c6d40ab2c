"""Reading the protobuf wire format: varints and fields, held against the end of what contains them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper


@helper
def varint(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """The varint at `at` and where it ends; −1 when it does not end before `end` or within ten bytes."""
    value: Any = np.int64(0)
    shift: Any = np.int64(0)
    while at < end and shift < 64:
        byte: Any = np.int64(data[at])
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    return value, -1


@helper
def field(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int, int, int, int]:
    """One protobuf field: number, wire type, first byte (or the varint), end of its bytes, start of the next; −1."""
    tag, at = varint(data, at, end)
    if at < 0 or tag < 8:
        return 0, 0, 0, 0, -1
    number, wire = tag >> 3, tag & 7
    if wire == 0:
        value, at = varint(data, at, end)
        return number, wire, value, 0, at
    size: Any = np.int64(8) if wire == 1 else np.int64(4)
    if wire == 2:
        size, at = varint(data, at, end)
    elif wire != 1 and wire != 5:
        return number, wire, 0, 0, -1
    if at < 0 or size < 0 or size > end - at:
        return number, wire, 0, 0, -1
    return number, wire, at, at + size, at + size
