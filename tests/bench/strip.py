"""Vector tiles without their feature ids.

Tools choose ids of very different price: row numbers compress to two bytes a feature, hashes not at all. Without
them, archives of the same features can be held against each other.
"""

from __future__ import annotations

from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

_FEATURE: Final = 0x12  # Layer.features, length-delimited; in a feature, 0x12 are its tags
_ID: Final = 0x08  # Feature.id, varint


def without_ids(body: bytes) -> bytes:
    """A decompressed tile, which must be sound, with Feature.id left out everywhere."""
    out = np.empty(len(body), np.uint8)
    return out[: _strip(np.frombuffer(body, np.uint8), out)].tobytes()


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _strip(data: NDArray[np.uint8], out: NDArray[np.uint8]) -> int:
    """Writes the tile into `out`, [bytes]; returns its new length."""
    layer = np.empty(len(data), np.uint8)
    feature = np.empty(len(data), np.uint8)
    at = 0
    done = 0
    while at < len(data):
        tag, at = _varint(data, at)
        size, at = _varint(data, at)
        end = at + size
        filled = 0
        while at < end:
            begin = at
            tag, at = _varint(data, at)
            if tag & 7 == 0:
                _value, at = _varint(data, at)
            else:
                size, at = _varint(data, at)
                if tag == _FEATURE:
                    kept = _feature(data, at, at + size, feature)
                    layer[filled] = _FEATURE
                    filled = _put(layer, filled + 1, kept)
                    layer[filled : filled + kept] = feature[:kept]
                    filled += kept
                    at += size
                    continue
                at += size
            layer[filled : filled + at - begin] = data[begin:at]
            filled += at - begin
        out[done] = 0x1A  # Tile.layers
        done = _put(out, done + 1, filled)
        out[done : done + filled] = layer[:filled]
        done += filled
    return done


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _feature(data: NDArray[np.uint8], at: int, end: int, out: NDArray[np.uint8]) -> int:
    filled = 0
    while at < end:
        begin = at
        tag, at = _varint(data, at)
        value, at = _varint(data, at)
        if tag & 7 == 2:
            at += value
        if tag != _ID:
            out[filled : filled + at - begin] = data[begin:at]
            filled += at - begin
    return filled


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _varint(data: NDArray[np.uint8], at: int) -> tuple[int, int]:
    value = 0
    shift = 0
    while True:
        byte = np.int64(data[at])
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _put(out: NDArray[np.uint8], at: int, value: int) -> int:
    while value >= 128:
        out[at] = value & 127 | 128
        value >>= 7
        at += 1
    out[at] = value
    return at + 1
