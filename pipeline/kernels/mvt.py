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


@helper
def _assemble_tiles(
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
    value_local: NDArray[np.int32],
    key_local: NDArray[np.int32],
    values_used: NDArray[np.int64],
    keys_used: NDArray[np.int64],
    tags: NDArray[np.int64],
    sizes: NDArray[np.int64],
    offsets: NDArray[np.int64],
    first: int,
    out: NDArray[np.uint8],
) -> tuple[int, int]:
    """Tiles from `first` on, as long as there is room in `out`; returns the tile that has none, and what it needs.

    `value_local`, `key_local` are filled with −1, `values_used`, `keys_used`, `tags`, `sizes` are scratch.
    """
    columns = len(key_offsets) - 1
    at = offsets[first]
    for tile in range(first, len(tile_starts) - 1):
        n_values = 0
        n_keys = 0
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
                    values_used[n_values] = code
                    n_values += 1
        size = 0
        for k in range(tile_starts[tile], tile_starts[tile + 1]):
            row = rec_row[records[k]]
            tag_bytes = 0
            for c in range(columns):
                code = codes[c, row]
                if code >= 0:
                    tag_bytes += varint_size(key_local[c]) + varint_size(value_local[code])
            length = rec_length[records[k]]
            feature = 2 + 1 + varint_size(ids[row]) + 1 + varint_size(length) + length
            if tag_bytes > 0:
                feature += 1 + varint_size(tag_bytes) + tag_bytes
            sizes[k - tile_starts[tile]] = feature
            size += 1 + varint_size(feature) + feature
        total = len(head) + size + len(tail)
        for k in range(n_keys):
            total += key_offsets[keys_used[k] + 1] - key_offsets[keys_used[k]]
        for k in range(n_values):
            total += value_offsets[values_used[k] + 1] - value_offsets[values_used[k]]
        enough = at + total + 12 <= len(out)
        if enough and size > 0:
            out[at] = 0x1A  # Tile.layers
            at = put_varint(out, at + 1, total)
            for b in range(len(head)):
                out[at + b] = head[b]
            at += len(head)
            for k in range(tile_starts[tile], tile_starts[tile + 1]):
                rec = records[k]
                row = rec_row[rec]
                out[at] = 0x12  # Layer.features
                at = put_varint(out, at + 1, sizes[k - tile_starts[tile]])
                out[at] = 0x08  # Feature.id
                at = put_varint(out, at + 1, ids[row])
                n_tags = 0
                tag_bytes = 0
                for c in range(columns):
                    code = codes[c, row]
                    if code >= 0:
                        tags[n_tags], tags[n_tags + 1] = key_local[c], value_local[code]
                        tag_bytes += varint_size(tags[n_tags]) + varint_size(tags[n_tags + 1])
                        n_tags += 2
                if n_tags > 0:
                    out[at] = 0x12  # Feature.tags
                    at = put_varint(out, at + 1, tag_bytes)
                    for t in range(n_tags):
                        at = put_varint(out, at, tags[t])
                out[at] = 0x18  # Feature.type
                out[at + 1] = rec_kind[rec]
                out[at + 2] = 0x22  # Feature.geometry
                at = put_varint(out, at + 3, rec_length[rec])
                start = rec_start[rec]
                for b in range(rec_length[rec]):
                    out[at + b] = geometry[start + b]
                at += rec_length[rec]
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
        if not enough:
            return tile, at + total + 12
        offsets[tile + 1] = at
    return len(tile_starts) - 1, 0


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
    most = np.int64(0)
    room = np.int64(1 << 16)
    for tile in range(len(tile_starts) - 1):
        most = max(most, tile_starts[tile + 1] - tile_starts[tile])
    for k in range(tile_starts[0], tile_starts[len(tile_starts) - 1]):
        room += rec_length[records[k]] + 16 + 3 * columns
    value_local = np.full(len(value_offsets) - 1, -1, np.int32)
    key_local = np.full(columns, -1, np.int32)
    distinct = len(value_offsets) - 1
    values_used = np.empty(distinct if distinct < most * columns else most * columns, np.int64)
    keys_used = np.empty(columns, np.int64)
    tags = np.empty(2 * columns, np.int64)
    sizes = np.empty(most, np.int64)
    out = np.empty(room, np.uint8)
    offsets[0] = 0
    # The output grows here, not in the loop over tiles: see `cut_shapes`.
    done = np.int64(0)
    while done < len(tile_starts) - 1:
        done, need = _assemble_tiles(
            tile_starts, records, rec_row, rec_kind, rec_start, rec_length, geometry, ids, codes, value_offsets, values,
            key_offsets, keys, head, tail, value_local, key_local, values_used, keys_used, tags, sizes, offsets, done,
            out,
        )  # fmt: skip
        if need > len(out):
            out = grown(out, need)
    return out[: offsets[done]]


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
