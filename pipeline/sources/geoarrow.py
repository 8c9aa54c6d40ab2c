"""Coordinates in nested Arrow lists → ragged geometries, without WKB (GeoParquet 1.1 § Encoding; GeoArrow 0.2).

Coordinates may be a struct of x, y (z, m) or fixed lists of 2 to 4 numbers; lists may be large or not.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.sources.arrow import floats, offsets, valid, whole
from pipeline.sources.wkb import Parser, Place, count_faults
from pipeline.types import LINE, POINT, POLYGON, Geometries, Tally

# Encoding → kind, and how many lists lie around a coordinate.
ENCODINGS: Final = {
    "point": (POINT, 0), "multipoint": (POINT, 1), "linestring": (LINE, 1), "multilinestring": (LINE, 2),
    "polygon": (POLYGON, 2), "multipolygon": (POLYGON, 3),
}  # fmt: skip


def from_geoarrow(column: str, encoding: str, tally: Tally) -> Parser:
    """A parser for a table's `column` in one of the `ENCODINGS`."""

    def parse(table: pa.Table, place: Place) -> Geometries:
        found, flags = nested(whole(table.column(column)), encoding)
        count_faults(flags, tally, place)
        return found

    return parse


def fits(type: pa.DataType, encoding: str) -> bool:
    """Whether a column of this type can hold that encoding."""
    _kind, depth = ENCODINGS[encoding]
    for _level in range(depth):
        if not (pa.types.is_list(type) or pa.types.is_large_list(type)):
            return False
        type = type.value_type
    if pa.types.is_struct(type):
        names = {field.name: field.type for field in type}
        return {"x", "y"} <= names.keys() and all(pa.types.is_floating(kind) for kind in names.values())
    return bool(
        pa.types.is_fixed_size_list(type) and 2 <= type.list_size <= 4 and pa.types.is_floating(type.value_type)
    )


def nested(array: pa.Array, encoding: str) -> tuple[Geometries, NDArray[np.int32]]:
    """The geometries of a column, and the flags of `kernels.wkb`, [features]."""
    from pipeline.kernels import ragged_parts as kernel  # here, because `pack` and `check` read without numba
    from pipeline.kernels.wkb import NULL

    kind, depth = ENCODINGS[encoding]
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    count, there = len(array), valid(array)
    levels = []
    for _level in range(depth):
        # A slice's lists may begin anywhere, and a list that is missing may have a length.
        around = offsets(array)
        array = array.values.slice(int(around[0]), int(around[-1] - around[0]))
        levels.append(around - around[0])
    x, y, more = _coordinates(array)
    if encoding == "point":  # one vertex for each
        levels = [np.arange(count + 1)] * 3
    elif depth == 1:
        levels = [np.arange(count + 1), np.arange(count + 1), levels[0]]
    elif encoding == "multilinestring":
        levels = [levels[0], np.arange(len(levels[1])), levels[1]]
    elif encoding == "polygon":
        levels = [np.arange(count + 1), *levels]
    members, rings, ends = (np.ascontiguousarray(level, np.int64) for level in levels)
    runs = len(ends) - 1
    kinds, flags = np.empty(count, np.uint8), np.empty(count, np.int32)
    part_offsets, vertex_offsets = np.empty(count + 1, np.int64), np.empty(runs + 1, np.int64)
    roles, room = np.empty(runs, np.uint8), len(x) + (runs if kind == POLYGON else 0)
    to_x, to_y = np.empty(room, np.float64), np.empty(room, np.float64)
    parts, vertices = kernel.ragged_parts(
        kind, there, members, rings, ends, x, y, kinds, flags, part_offsets, vertex_offsets, roles, to_x, to_y
    )
    flags[flags & NULL == 0] |= more
    cut = Geometries(kinds, part_offsets, vertex_offsets[: parts + 1], roles[:parts], to_x[:vertices], to_y[:vertices])
    return cut, flags


def _coordinates(array: pa.Array) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """The coordinates, and Z and M where they have such."""
    from pipeline.kernels.wkb import M, Z

    if pa.types.is_struct(array.type):
        columns = dict(zip((field.name for field in array.type), array.flatten(), strict=True))
        return floats(columns["x"]), floats(columns["y"]), Z * ("z" in columns) | M * ("m" in columns)
    size = array.type.list_size
    values = floats(array.values.slice(array.offset * size, len(array) * size)).reshape(-1, size)
    return np.ascontiguousarray(values[:, 0]), np.ascontiguousarray(values[:, 1]), (0, Z, Z | M)[size - 2]
