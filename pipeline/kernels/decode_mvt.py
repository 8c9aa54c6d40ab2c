"""Mapbox Vector Tile 2.1, many tiles at once: protobuf bytes → tables of layers, features, keys, values, geometry.

Nothing is believed: every length is held against the end of what contains it, every command against the geometry
type, and what does not fit becomes a code in the row of the tile or feature. Tables hold positions in the input, not
copies; strings and floats are left to the caller. `measure` says how large tables must be, `decode` fills them.

Source: MVT 2.1 §4 and vector_tile.proto; protobuf wire format.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.decode_geometry import (
    NO_GEOMETRY,
    SOUND,
    SPLIT,
    TRUNCATED,
    UNKNOWN_KIND,
    WIRE_TYPE,
    read_geometry,
)
from pipeline.kernels.protobuf import field, varint

# Columns of `layers`. KEY0 … KEY1 and so on are rows of the other tables.
TILE, NAME0, NAME1, VERSION, EXTENT, FEATURE0, FEATURE1, KEY0, KEY1, VALUE0, VALUE1 = range(11)
LAYER_COLUMNS = 11
# Columns of `features`. ZEROS counts steps of length zero.
LAYER, ID, HAS_ID, KIND, TAG0, TAG1, PART0, PART1, FAULT, ZEROS = range(10)
FEATURE_COLUMNS = 10
# Columns of `values`: number of the field that is set (1 string … 7 bool; 0 none, −1 several), its bytes, and BITS, the
# varint or a hash of the bytes: equal values have equal BITS.
TYPE, START, STOP, BITS = range(4)
VALUE_COLUMNS = 4


class Tables(NamedTuple):
    """What `decode` fills."""

    faults: NDArray[np.int64]  # [tiles] SOUND, TRUNCATED or WIRE_TYPE
    layers: NDArray[np.int64]  # [layers, LAYER_COLUMNS]; NAME0, VERSION −1 where missing
    features: NDArray[np.int64]  # [features, FEATURE_COLUMNS]; ID wraps to negative from 2⁶³ on
    keys: NDArray[np.int64]  # [keys, 2] first byte and end
    values: NDArray[np.int64]  # [values, VALUE_COLUMNS]
    tags: NDArray[np.int64]  # key, value, key, value … as written, relative to their layer
    parts: NDArray[np.int64]  # [parts + 1] into xy; rings are closed
    areas: NDArray[np.float64]  # [parts] twice the area by the surveyor's formula; clockwise (y down) is positive
    xy: NDArray[np.float64]  # [vertices, 2] tile units


@kernel
def measure(data: NDArray[np.uint8], bounds: NDArray[np.int64], out: NDArray[np.int64]) -> None:
    """How many layers, features, keys, values and bytes of features the tiles hold, up to where each is sound.

    `data` holds the tiles, `bounds` [tiles + 1] where each begins; `out` [5].
    """
    for tile in range(len(bounds) - 1):
        at, end = bounds[tile], bounds[tile + 1]
        while 0 <= at < end:
            number, wire, start, stop, at = field(data, at, end)
            if at < 0 or number != 3 or wire != 2:
                continue
            out[0] += 1
            inner = start
            while 0 <= inner < stop:
                number, wire, a, b, inner = field(data, inner, stop)
                if inner >= 0 and wire == 2 and 2 <= number <= 4:
                    out[number - 1] += 1
                    if number == 2:
                        out[4] += b - a


@helper
def _feature(
    data: NDArray[np.uint8], at: int, end: int, tables: Tables, row: int, tag: int, part: int
) -> tuple[int, int, int]:
    """Read one feature: a code for the tile, the next tag, the next part."""
    feature = tables.features[row]
    feature[ID] = feature[HAS_ID] = feature[KIND] = feature[ZEROS] = 0
    feature[TAG0] = tag
    feature[PART0] = part
    fault = NO_GEOMETRY
    tags_seen = 0
    g0: Any = np.int64(-1)
    g1: Any = np.int64(-1)
    while at < end:
        number, wire, a, b, at = field(data, at, end)
        if at < 0:
            return TRUNCATED, tag, part
        if (number == 1 or number == 3) != (wire == 0) and 1 <= number <= 4:
            return WIRE_TYPE, tag, part
        if number == 1:
            feature[ID] = a
            feature[HAS_ID] = 1
        elif number == 3:
            feature[KIND] = a
        elif number == 2 and wire == 2:
            tags_seen += 1
            while 0 <= a < b:
                tables.tags[tag], a = varint(data, a, b)
                if a < 0:
                    return TRUNCATED, tag, part
                tag += 1
        elif number == 4 and wire == 2:
            fault = SPLIT if g0 >= 0 else SOUND
            g0, g1 = a, b
    if fault == SOUND and tags_seen > 1:
        fault = SPLIT
    if fault == SOUND and not 1 <= feature[KIND] <= 3:
        fault = UNKNOWN_KIND
    if fault == SOUND:
        first = part
        fault, part, feature[ZEROS] = read_geometry(
            data, g0, g1, feature[KIND], part, tables.parts, tables.areas, tables.xy
        )
        if fault != SOUND:
            part = first
    feature[TAG1] = tag
    feature[PART1] = part
    feature[FAULT] = fault
    return SOUND, tag, part


@helper
def _value(data: NDArray[np.uint8], at: int, end: int, value: NDArray[np.int64]) -> int:
    """Read one value of a layer; a code for the tile."""
    value[TYPE] = value[START] = value[STOP] = value[BITS] = 0
    while at < end:
        number, wire, a, b, at = field(data, at, end)
        if at < 0:
            return TRUNCATED
        if 1 <= number <= 7:
            if wire != (2 if number == 1 else 5 if number == 2 else 1 if number == 3 else 0):
                return WIRE_TYPE
            value[TYPE] = number if value[TYPE] == 0 else -1
            if wire == 0:
                value[BITS] = a
            else:
                value[START] = a
                value[STOP] = b
                h: Any = np.int64(b - a)
                for i in range(a, b):  # rotate by 7, exclusive or: no product that wraps around
                    h = (h << 7) ^ ((h >> 57) & 127) ^ np.int64(data[i])
                value[BITS] = h
    return SOUND


@kernel
def decode(data: NDArray[np.uint8], bounds: NDArray[np.int64], tables: Tables, counts: NDArray[np.int64]) -> None:
    """Fill `tables` from tiles as `measure` takes them; `counts` [6]: layers, features, keys, values, tags, parts.

    A tile that cannot be read leaves its code and no rows of the layer in which it broke.
    """
    zero: Any = np.int64(0)  # a literal 0 would compile the helpers twice, once for the literal
    layer = feature = key = value = tag = part = zero
    tables.parts[0] = 0
    for tile in range(len(bounds) - 1):
        at, end = bounds[tile], bounds[tile + 1]
        code = SOUND
        while at < end and code == SOUND:
            number, wire, start, stop, at = field(data, at, end)
            if at < 0:
                code = TRUNCATED
            elif number == 3 and wire != 2:
                code = WIRE_TYPE
            elif number == 3:
                row = tables.layers[layer]
                row[:] = -1
                row[TILE], row[EXTENT], row[FEATURE0], row[KEY0], row[VALUE0] = tile, 4096, feature, key, value
                tag0, part0 = tag, part
                inner = start
                while inner < stop and code == SOUND:
                    number, wire, a, b, inner = field(data, inner, stop)
                    if inner < 0:
                        code = TRUNCATED
                    elif (1 <= number <= 4 and wire != 2) or ((number == 5 or number == 15) and wire != 0):
                        code = WIRE_TYPE
                    elif number == 1:
                        row[NAME0], row[NAME1] = a, b
                    elif number == 2:
                        code, tag, part = _feature(data, a, b, tables, feature, tag, part)
                        tables.features[feature, LAYER] = layer
                        feature += 1
                    elif number == 3:
                        tables.keys[key, 0], tables.keys[key, 1] = a, b
                        key += 1
                    elif number == 4:
                        code = _value(data, a, b, tables.values[value])
                        value += 1
                    elif number == 5:
                        row[EXTENT] = a
                    elif number == 15:
                        row[VERSION] = a
                if code == SOUND:
                    row[FEATURE1], row[KEY1], row[VALUE1] = feature, key, value
                    layer += 1
                else:
                    feature, key, value, tag, part = row[FEATURE0], row[KEY0], row[VALUE0], tag0, part0
        tables.faults[tile] = code
    counts[0], counts[1], counts[2] = layer, feature, key
    counts[3], counts[4], counts[5] = value, tag, part
