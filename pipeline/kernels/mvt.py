"""Mapbox Vector Tile 2.1: geometry commands, keys and values.

Everything is written as protobuf bytes by hand: a varint, or a length-delimited field. Field numbers are those of
the specification's vector_tile.proto.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.pieces import Pieces

MOVE_TO = 1
LINE_TO = 2
CLOSE_PATH = 7


@helper
def varint_size(v: int) -> int:
    """Bytes of the varint of `v` ≥ 0 (uint64 bits)."""
    u = np.uint64(v)
    n = 1
    while u >= np.uint64(128):
        u >>= np.uint64(7)
        n += 1
    return n


@helper
def put_varint(out: NDArray[np.uint8], at: int, v: int) -> int:
    """Write the varint of `v` (uint64 bits) at `at`; returns the next place."""
    u = np.uint64(v)
    while u >= np.uint64(128):
        out[at] = np.uint8((u & np.uint64(127)) | np.uint64(128))
        u >>= np.uint64(7)
        at += 1
    out[at] = np.uint8(u)
    return at + 1


@helper
def zigzag(v: int) -> int:
    """Signed to unsigned, small magnitudes to small numbers."""
    return (v << 1) ^ (v >> 63)


@kernel
def encode_geometries(
    pieces: Pieces, kind: int, out: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> int:
    """The geometry field of every piece: command integers as packed varints; returns the bytes written.

    `kind` 1 point, 2 line, 3 polygon; `out` needs 10 bytes a vertex and 12 a ring; `starts`, `lengths` [pieces].
    Source: MVT 2.1 §4.3.
    """
    at = 0
    for piece in range(len(pieces.tx)):
        starts[piece] = at
        cx = np.int64(0)
        cy = np.int64(0)
        for r in range(pieces.ring_offsets[piece], pieces.ring_offsets[piece + 1]):
            s, e = pieces.vertex_offsets[r], pieces.vertex_offsets[r + 1]
            head = e - s if kind == 1 else 1
            at = put_varint(out, at, (head << 3) | MOVE_TO)
            for i in range(s, e):
                if kind != 1 and i == s + 1:
                    at = put_varint(out, at, ((e - s - 1) << 3) | LINE_TO)
                x, y = np.int64(pieces.x[i]), np.int64(pieces.y[i])
                at = put_varint(out, at, zigzag(x - cx))
                at = put_varint(out, at, zigzag(y - cy))
                cx, cy = x, y
            if kind == 3:
                at = put_varint(out, at, (1 << 3) | CLOSE_PATH)
        lengths[piece] = at - starts[piece]
    return at


@kernel
def encode_texts(
    offsets: NDArray[np.int64], data: NDArray[np.uint8], field: int, wrap: bool, out_offsets: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Layer.keys (field 3) or string Layer.values (field 4, wrapped in a Value): UTF-8 texts → whole fields.

    `offsets` [n + 1] into `data` as Arrow stores strings; output `out_offsets` [n + 1]; returns the bytes.
    """
    n = len(offsets) - 1
    out = np.empty(np.int64(offsets[n]) - offsets[0] + 16 * n + 1, np.uint8)
    at = 0
    out_offsets[0] = 0
    for i in range(n):
        length = np.int64(offsets[i + 1]) - offsets[i]
        out[at] = (field << 3) | 2
        at += 1
        if wrap:
            at = put_varint(out, at, 1 + varint_size(length) + length)
            out[at] = 0x0A  # Value.string_value
            at += 1
        at = put_varint(out, at, length)
        for b in range(length):
            out[at] = data[offsets[i] + b]
            at += 1
        out_offsets[i + 1] = at
    return out[:at].copy()


@kernel
def encode_integers(values: NDArray[np.int64], out_offsets: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Integers as whole Layer.values fields: uint_value from zero up, sint_value below."""
    out = np.empty(14 * len(values), np.uint8)
    at = 0
    out_offsets[0] = 0
    for i in range(len(values)):
        v = values[i]
        bits = v if v >= 0 else zigzag(v)
        out[at] = 0x22
        out[at + 1] = 1 + varint_size(bits)
        out[at + 2] = 0x28 if v >= 0 else 0x30
        at = put_varint(out, at + 3, bits)
        out_offsets[i + 1] = at
    return out[:at].copy()


@kernel
def encode_floats(
    singles: NDArray[np.uint32], doubles: NDArray[np.uint64], exact: NDArray[np.bool_], out_offsets: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Floats as whole Layer.values fields: float_value where `exact` in 32 bits, else double_value.

    `singles`, `doubles` [n] are the bit patterns of both forms.
    """
    out = np.empty(11 * len(doubles), np.uint8)
    at = 0
    out_offsets[0] = 0
    for i in range(len(doubles)):
        out[at] = 0x22
        if exact[i]:
            out[at + 1] = 5
            out[at + 2] = 0x15
            for b in range(4):
                out[at + 3 + b] = np.uint8((singles[i] >> np.uint32(8 * b)) & np.uint32(255))
            at += 7
        else:
            out[at + 1] = 9
            out[at + 2] = 0x19
            for b in range(8):
                out[at + 3 + b] = np.uint8((doubles[i] >> np.uint64(8 * b)) & np.uint64(255))
            at += 11
        out_offsets[i + 1] = at
    return out[:at].copy()
