"""Geometry commands of many records → vertices, and back: what is written here is read here, byte by byte.

Foreign tiles are read by `decode_geometry`, which trusts nothing; this trusts what `mvt.encode_geometries` wrote.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.grow import grown
from pipeline.kernels.mvt import CLOSE_PATH, LINE_TO, MOVE_TO, put_varint, zigzag

_ROOM = 10  # bytes of a varint of 64 bits


@helper
def _varint(data: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """The varint at `at`, and where the next begins."""
    value: Any = np.int64(data[at])
    at += 1
    if value < 128:
        return value, at
    value &= 127
    shift: Any = np.int64(7)
    while True:
        byte: Any = np.int64(data[at])
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


@kernel
def unpack_geometries(
    kinds: NDArray[np.uint8],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    geometry: NDArray[np.uint8],
    part_offsets: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """The vertices of every record's geometry: `kinds`, `starts`, `lengths` [records] → vertex offsets, x, y.

    Output `part_offsets` [records + 1]; returned are offsets [parts + 1] and tile units [vertices]; rings unclosed, a
    (multi)point is one part. Source: MVT 2.1 §4.3.
    """
    total = np.int64(0)
    for record in range(len(kinds)):
        total += lengths[record]
    x = np.empty(total // 2, np.int32)  # a vertex takes two bytes at least, a part three
    y = np.empty(total // 2, np.int32)
    vertex_offsets = np.empty(total // 3 + 1, np.int64)
    vertex_offsets[0] = 0
    part_offsets[0] = 0
    vertex = np.int64(0)
    part = np.int64(0)
    for record in range(len(kinds)):
        at = starts[record]
        end = at + lengths[record]
        cx: Any = np.int64(0)
        cy: Any = np.int64(0)
        while at < end:
            command, at = _varint(geometry, at)
            if command & 7 == CLOSE_PATH:
                continue
            if command & 7 == MOVE_TO:
                part += 1
            for _step in range(command >> 3):
                u, at = _varint(geometry, at)
                v, at = _varint(geometry, at)
                cx += (u >> 1) ^ -(u & 1)
                cy += (v >> 1) ^ -(v & 1)
                x[vertex] = cx
                y[vertex] = cy
                vertex += 1
            vertex_offsets[part] = vertex
        part_offsets[record + 1] = part
    return vertex_offsets[: part + 1], x[:vertex], y[:vertex]


@kernel
def pack_geometries(
    kinds: NDArray[np.uint8],
    part_offsets: NDArray[np.int64],
    vertex_offsets: NDArray[np.int64],
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> NDArray[np.uint8]:
    """The inverse of `unpack_geometries`: fills `starts`, `lengths` [records] and returns the bytes."""
    out = np.empty(4 * len(x) + 4 * len(vertex_offsets) + 64, np.uint8)
    at = np.int64(0)
    for record in range(len(kinds)):
        kind = kinds[record]
        starts[record] = at
        cx: Any = np.int64(0)
        cy: Any = np.int64(0)
        for part in range(part_offsets[record], part_offsets[record + 1]):
            s, e = vertex_offsets[part], vertex_offsets[part + 1]
            if at + 2 * _ROOM * (e - s) + 3 * _ROOM > len(out):
                out = grown(out, at + 2 * _ROOM * (e - s) + 3 * _ROOM)
            at = put_varint(out, at, ((e - s if kind == 1 else np.int64(1)) << 3) | MOVE_TO)
            for i in range(s, e):
                if kind != 1 and i == s + 1:
                    at = put_varint(out, at, ((e - s - 1) << 3) | LINE_TO)
                px, py = np.int64(x[i]), np.int64(y[i])
                at = put_varint(out, at, zigzag(px - cx))
                at = put_varint(out, at, zigzag(py - cy))
                cx, cy = px, py
            if kind == 3:
                out[at] = (1 << 3) | CLOSE_PATH
                at += 1
        lengths[record] = at - starts[record]
    return out[:at].copy()
