"""Features of one vector tile layer moved into another: attributes renumbered, everything else as it is.

Source: MVT 2.1 §4.2, vector_tile.proto (Layer.features = 2, Feature.id = 1, Feature.tags = 2); protobuf wire format.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.protobuf import field, varint

ROOM = 6  # times the bytes of a feature, plus 24: its size may need longer varints, and so may every index


@helper
def _size(v: int) -> int:
    n = 1
    while v >= 128:
        v >>= 7
        n += 1
    return n


@helper
def _put(out: NDArray[np.uint8], at: int, v: int) -> int:
    while v >= 128:
        out[at] = np.uint8((v & 127) | 128)
        v >>= 7
        at += 1
    out[at] = np.uint8(v)
    return at + 1


@kernel
def retag(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    stops: NDArray[np.int64],
    keys: NDArray[np.int64],
    values: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> int:
    """Write Layer.features fields with tags looked up in `keys` and `values` (old index → new); returns the bytes.

    Feature messages lie in `data` from `starts` to `stops`; `out` needs ROOM times their bytes plus 24 for each.
    Returns −1 when a feature cannot be read, has an odd number of tags, or names a key or value that is not there.
    """
    at = 0
    for i in range(len(starts)):
        size = 0  # of the new message
        tags = 0  # bytes of its tags
        # Two walks: a message says its length before its bytes.
        for write in range(2):
            here = starts[i]
            if write:
                at = _put(out, at, 2 << 3 | 2)
                at = _put(out, at, size)
            while here < stops[i]:
                begin = here
                number, wire, a, b, here = field(data, here, stops[i])
                if here < 0:
                    return -1
                if number != 2 or wire != 2:
                    if write:
                        for k in range(begin, here):
                            out[at] = data[k]
                            at += 1
                    else:
                        size += here - begin
                    continue
                if write:
                    at = _put(out, at, 2 << 3 | 2)
                    at = _put(out, at, tags)
                else:
                    tags = 0
                odd = False
                while a < b:
                    tag, a = varint(data, a, b)
                    table = values if odd else keys
                    if a < 0 or tag < 0 or tag >= len(table):
                        return -1
                    if write:
                        at = _put(out, at, table[tag])
                    else:
                        tags += _size(table[tag])
                    odd = not odd
                if odd:
                    return -1
                if not write:
                    size += 1 + _size(tags) + tags
    return at


@kernel
def feature_ids(
    data: NDArray[np.uint8], starts: NDArray[np.int64], stops: NDArray[np.int64], out: NDArray[np.int64]
) -> int:
    """The ids of features, those that have one, as uint64 bits in the order they come; returns how many."""
    n = 0
    for i in range(len(starts)):
        here = starts[i]
        while 0 <= here < stops[i]:
            number, wire, a, _b, here = field(data, here, stops[i])
            if here >= 0 and number == 1 and wire == 0:
                out[n] = a
                n += 1
                break
    return n
