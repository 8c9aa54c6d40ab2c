"""The geometry commands of Mapbox Vector Tile 2.1 §4.3, read back into vertices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper
from pipeline.kernels.protobuf import varint

# Codes of faults. The first two end the decoding of a tile, the others that of a feature.
SOUND, TRUNCATED, WIRE_TYPE, SPLIT, NO_GEOMETRY, UNKNOWN_KIND, COMMAND, COUNT, PARAMETERS = range(9)

_MOVE_TO, _LINE_TO, _CLOSE_PATH = 1, 2, 7
_POINT, _POLYGON = 1, 3


@helper
def _pairs(
    data: NDArray[np.uint8], at: int, end: int, count: int, x: int, y: int, xy: NDArray[np.float64], vertex: int
) -> tuple[int, int, int, int, int]:
    """Read `count` steps from (x, y): where the bytes go on (−1: they do not suffice), vertex, x, y, zero steps."""
    zeros = 0
    for _step in range(count):
        u, at = varint(data, at, end)
        if at < 0:
            return -1, vertex, x, y, zeros
        v, at = varint(data, at, end)
        if at < 0 or u < 0 or v < 0 or u > 0xFFFFFFFF or v > 0xFFFFFFFF:
            return -1, vertex, x, y, zeros
        dx, dy = (u >> 1) ^ -(u & 1), (v >> 1) ^ -(v & 1)
        if dx == 0 and dy == 0:
            zeros += 1
        x += dx
        y += dy
        xy[vertex, 0] = x
        xy[vertex, 1] = y
        vertex += 1
    return at, vertex, x, y, zeros


@helper
def _ring(xy: NDArray[np.float64], first: int, vertex: int, areas: NDArray[np.float64], part: int) -> tuple[int, int]:
    """Close the ring that began at `first`: the next vertex, and 1 where its last vertex repeats the first."""
    repeated = 1 if xy[vertex - 1, 0] == xy[first, 0] and xy[vertex - 1, 1] == xy[first, 1] else 0
    xy[vertex, 0] = xy[first, 0]
    xy[vertex, 1] = xy[first, 1]
    area = 0.0
    for i in range(first + 1, vertex - 1):
        area += (xy[i, 0] - xy[first, 0]) * (xy[i + 1, 1] - xy[first, 1])
        area -= (xy[i + 1, 0] - xy[first, 0]) * (xy[i, 1] - xy[first, 1])
    areas[part] = area
    return vertex + 1, repeated


@helper
def read_geometry(
    data: NDArray[np.uint8],
    at: int,
    end: int,
    kind: int,
    part: int,
    parts: NDArray[np.int64],
    areas: NDArray[np.float64],
    xy: NDArray[np.float64],
) -> tuple[int, int, int]:
    """Read one geometry from `part` on: a fault code, the next part, steps of length zero.

    `kind` 1 point, 2 line, 3 polygon; outputs as in `decode_mvt.Tables`. Source: MVT 2.1 §4.3.
    """
    x: Any = np.int64(0)
    y: Any = np.int64(0)
    vertex = parts[part]
    zeros = 0
    while True:
        first = vertex
        command, at = varint(data, at, end)
        if at < 0 or command & 7 != _MOVE_TO:
            return COMMAND, part, zeros
        count = command >> 3
        if count < 1 or (kind != _POINT and count != 1):
            return COUNT, part, zeros
        at, vertex, x, y, _still = _pairs(data, at, end, count, x, y, xy, vertex)
        if at < 0:
            return PARAMETERS, part, zeros
        if kind != _POINT:
            command, at = varint(data, at, end)
            if at < 0 or command & 7 != _LINE_TO:
                return COMMAND, part, zeros
            count = command >> 3
            if count < (2 if kind == _POLYGON else 1):
                return COUNT, part, zeros
            at, vertex, x, y, still = _pairs(data, at, end, count, x, y, xy, vertex)
            if at < 0:
                return PARAMETERS, part, zeros
            zeros += still
        if kind == _POLYGON:
            command, at = varint(data, at, end)
            if at < 0 or command & 7 != _CLOSE_PATH:
                return COMMAND, part, zeros
            if command >> 3 != 1:
                return COUNT, part, zeros
            vertex, still = _ring(xy, first, vertex, areas, part)
            zeros += still
        else:
            areas[part] = 0.0
        part += 1
        parts[part] = vertex
        if at == end:
            return SOUND, part, zeros
        if kind == _POINT:
            return COMMAND, part, zeros
