"""Mapbox Vector Tile 2.1: layers of tiles, put together from encoded geometries, keys and values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.grow import grown
from pipeline.kernels.mvt import put_varint, varint_size


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
