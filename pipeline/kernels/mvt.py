"""Mapbox Vector Tile 2.1: geometry commands, and layers put together from encoded parts.

Everything is written as protobuf bytes by hand: a varint, or a length-delimited field. Field numbers are those of
the specification's vector_tile.proto.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.grow import grown
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
def assemble_layer(
    tile_starts: NDArray[np.int64],
    records: NDArray[np.int64],
    rec_row: NDArray[np.int64],
    rec_kind: NDArray[np.uint8],
    rec_start: NDArray[np.int64],
    rec_length: NDArray[np.int64],
    geometry: NDArray[np.uint8],
    ids: NDArray[np.uint64],
    codes: NDArray[np.int32],
    value_offsets: NDArray[np.int64],
    values: NDArray[np.uint8],
    key_offsets: NDArray[np.int64],
    keys: NDArray[np.uint8],
    head: NDArray[np.uint8],
    tail: NDArray[np.uint8],
    offsets: NDArray[np.int64],
) -> NDArray[np.uint8]:
    """One layer of several tiles: the bytes of Tile.layers for each; returns them, tile t at offsets[t].

    `tile_starts` [tiles + 1] into `records`, which lists records in drawing order; a record is a piece of feature
    `rec_row` with `rec_length` bytes of commands at `geometry[rec_start]`. `codes` [columns, features] index
    `values` (whole Layer.values fields), -1 for null; `keys` are whole Layer.keys fields; `head` is version, name,
    `tail` extent. Keys and values enter a tile column by column, in the
    order of first use: 2 % smaller than feature by feature, once compressed. Output `offsets` [tiles + 1].
    Source: MVT 2.1 §4.1–4.4.
    """
    columns = len(key_offsets) - 1
    value_local = np.full(len(value_offsets) - 1, -1, np.int32)
    key_local = np.full(columns, -1, np.int32)
    values_used = np.empty(256, np.int64)
    keys_used = np.empty(columns, np.int64)
    tags = np.empty(2 * columns, np.int64)
    out = np.empty(1 << 16, np.uint8)
    body = np.empty(1 << 16, np.uint8)
    at = 0
    offsets[0] = 0
    for tile in range(len(tile_starts) - 1):
        n_values = 0
        n_keys = 0
        size = 0
        for c in range(columns):
            for k in range(tile_starts[tile], tile_starts[tile + 1]):
                code = codes[c, rec_row[records[k]]]
                if code < 0:
                    continue
                if key_local[c] < 0:
                    key_local[c] = n_keys
                    keys_used[n_keys] = c
                    n_keys += 1
                if value_local[code] < 0:
                    value_local[code] = n_values
                    if n_values >= len(values_used):
                        values_used = grown(values_used, n_values + 1)
                    values_used[n_values] = code
                    n_values += 1
        for k in range(tile_starts[tile], tile_starts[tile + 1]):
            rec = records[k]
            row = rec_row[rec]
            n_tags = 0
            tag_bytes = 0
            for c in range(columns):
                code = codes[c, row]
                if code < 0:
                    continue
                tags[n_tags] = key_local[c]
                tags[n_tags + 1] = value_local[code]
                tag_bytes += varint_size(tags[n_tags]) + varint_size(tags[n_tags + 1])
                n_tags += 2
            length = rec_length[rec]
            feature = 2 + 1 + varint_size(ids[row]) + 1 + varint_size(length) + length
            if n_tags > 0:
                feature += 1 + varint_size(tag_bytes) + tag_bytes
            if size + feature + 12 > len(body):
                body = grown(body, size + feature + 12)
            body[size] = 0x12  # Layer.features
            size = put_varint(body, size + 1, feature)
            body[size] = 0x08  # Feature.id
            size = put_varint(body, size + 1, ids[row])
            if n_tags > 0:
                body[size] = 0x12  # Feature.tags
                size = put_varint(body, size + 1, tag_bytes)
                for t in range(n_tags):
                    size = put_varint(body, size, tags[t])
            body[size] = 0x18  # Feature.type
            body[size + 1] = rec_kind[rec]
            body[size + 2] = 0x22  # Feature.geometry
            size = put_varint(body, size + 3, length)
            start = rec_start[rec]
            for b in range(length):
                body[size + b] = geometry[start + b]
            size += length
        total = len(head) + size + len(tail)
        for k in range(n_keys):
            total += key_offsets[keys_used[k] + 1] - key_offsets[keys_used[k]]
        for k in range(n_values):
            total += value_offsets[values_used[k] + 1] - value_offsets[values_used[k]]
        if size > 0:
            if at + total + 12 > len(out):
                out = grown(out, at + total + 12)
            out[at] = 0x1A  # Tile.layers
            at = put_varint(out, at + 1, total)
            for b in range(len(head)):
                out[at + b] = head[b]
            at += len(head)
            for b in range(size):
                out[at + b] = body[b]
            at += size
            for k in range(n_keys):
                for b in range(key_offsets[keys_used[k]], key_offsets[keys_used[k] + 1]):
                    out[at] = keys[b]
                    at += 1
            for k in range(n_values):
                for b in range(value_offsets[values_used[k]], value_offsets[values_used[k] + 1]):
                    out[at] = values[b]
                    at += 1
            for b in range(len(tail)):
                out[at + b] = tail[b]
            at += len(tail)
        for k in range(n_keys):
            key_local[keys_used[k]] = -1
        for k in range(n_values):
            value_local[values_used[k]] = -1
        offsets[tile + 1] = at
    return out[:at].copy()


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
