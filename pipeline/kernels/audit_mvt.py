"""Vector tiles held against what may be in them, byte by byte, without decoding a geometry.

Written from the specification alone and apart from what makes and decodes tiles here, so that a fault of theirs is not
repeated. Layers must be named, at their zooms; keys must be fields of their layer, values of the field's type and
codes; no text or number of `Words` and `numbers` may occur, nor an id of `ids`; and no message may have a field that
the specification does not know, where anything could hide.

Source: MVT 2.1 §4 and vector_tile.proto; protobuf wire format.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.audit_words import Words, find, hash_span, scan
from pipeline.kernels.features import mix64
from pipeline.kernels.protobuf import field, varint

# What may be wrong.
DAMAGED, LAYER, ZOOM, FIELD, TYPE, CODE, TEXT, NUMBER, ID, HIDDEN = range(10)
CODES = 10
RECORD = 5  # columns of records: tile, first byte and end of the layer's name, first byte and end of the thing
# Flags of a field beside the bits 1 … 7, the types of MVT that its values may have.
DERIVED, CODED, LEVEL = 1 << 8, 1 << 9, 1 << 10


class Allowed(NamedTuple):
    """What may be in the tiles of one archive."""

    layers: NDArray[np.uint64]  # [layers] hash of the name
    low: NDArray[np.int64]  # [layers] first zoom
    high: NDArray[np.int64]  # [layers] last zoom
    fields: NDArray[np.uint64]  # [slots] set of hashes of names, seeded with the layer's number + 1
    flags: NDArray[np.int64]  # [slots] of these
    codes: NDArray[np.uint64]  # [slots] set of hashes of texts, seeded with the field's slot + 1
    numbers: NDArray[np.uint64]  # [slots] set of hashes of numbers that must not occur
    likely: NDArray[np.uint8]  # [STARTS] bits: whether some of these begins with the same 22 bits; fits a cache
    ids: NDArray[np.uint64]  # [slots] set of hashes of ids that must not occur, by layer


class Scratch(NamedTuple):
    """Room for the largest layer; `single` … `bits` are one number seen as what it is made of."""

    keys: NDArray[np.int64]  # [keys, 3] first byte, end, slot in `fields`
    values: NDArray[
        np.int64
    ]  # [values, 4] type, first byte, end, what is known of it and, × 256, the key it was seen with
    single: NDArray[np.float32]  # [1]
    word: NDArray[np.uint32]  # [1] the same bytes
    double: NDArray[np.float64]  # [1]
    bits: NDArray[np.uint64]  # [1] the same bytes


class Found(NamedTuple):
    """What was found; `levels` are the different numbers of fields that are a LEVEL."""

    counts: NDArray[np.int64]  # [CODES] of everything
    records: NDArray[np.int64]  # [CODES, n, RECORD] the first ones of each code
    levels: NDArray[np.uint64]  # [power of two] set of the bits of doubles; one slot stays free


class Place(NamedTuple):
    """A layer of a tile."""

    tile: int
    layer: int  # its number in `Allowed`, −1 for one that is not there
    a: int  # first byte of its name
    b: int  # end of it


@helper
def number_hash(bits: np.uint64) -> np.uint64:
    """The hash of a double's bits; never 0."""
    h = mix64(bits ^ np.uint64(0x5BD1E995))
    return h if h != np.uint64(0) else np.uint64(1)


@helper
def id_hash(layer: int, id: int) -> np.uint64:
    """The hash of an id in a layer, by its number; never 0."""
    h = mix64(mix64(np.uint64(layer + 1)) ^ np.uint64(id))
    return h if h != np.uint64(0) else np.uint64(1)


@helper
def _tell(found: Found, code: int, place: Place, a: int, b: int) -> None:
    n = found.counts[code]
    found.counts[code] = n + 1
    if n < found.records.shape[1]:
        row = found.records[code, n]
        row[0], row[1], row[2], row[3], row[4] = place.tile, place.a, place.b, a, b


@helper
def _number(data: NDArray[np.uint8], kind: int, a: int, scratch: Scratch) -> np.uint64:
    """The bits of a value that is a number, as the double nearest to it; `a` is the varint where it is one."""
    if kind == 2:
        scratch.word[0] = 0
        for i in range(4):
            scratch.word[0] |= np.uint32(data[a + i]) << np.uint32(8 * i)
        scratch.double[0] = scratch.single[0]
    elif kind == 3:
        scratch.bits[0] = 0
        for i in range(8):
            scratch.bits[0] |= np.uint64(data[a + i]) << np.uint64(8 * i)
    elif kind == 6:
        scratch.double[0] = np.float64((a >> 1) ^ -(a & 1))
    else:
        scratch.double[0] = np.float64(a)
    return np.uint64(scratch.bits[0])


@helper
def _value(data: NDArray[np.uint8], at: int, stop: int, row: NDArray[np.int64], found: Found, place: Place) -> int:
    """One value into its row of `Scratch.values`; −1 where it is damaged."""
    row[:] = 0
    begin = at
    while at < stop:
        kind, wire, x, y, at = field(data, at, stop)
        if at < 0 or (1 <= kind <= 7 and wire != (2 if kind == 1 else 5 if kind == 2 else 1 if kind == 3 else 0)):
            return -1
        if kind < 1 or kind > 7 or row[0] != 0:  # of several values readers take one
            _tell(found, HIDDEN, place, begin, stop)
        else:
            row[0], row[1], row[2] = kind, x, y
    return 0


@helper
def _tables(
    data: NDArray[np.uint8], at: int, stop: int, allowed: Allowed, scratch: Scratch, found: Found, place: Place
) -> tuple[int, int]:
    """Keys and values of a layer into `scratch`: how many; −1 for a damaged one."""
    keys = values = np.int64(0)
    while at < stop:
        number, wire, a, b, at = field(data, at, stop)
        if at < 0:
            return -1, -1
        if number == 3 and wire == 2:
            slot: Any = np.int64(-1)
            if place.layer >= 0:
                slot = find(allowed.fields, hash_span(data, a, b, place.layer + 1))
                if slot < 0:
                    _tell(found, FIELD, place, a, b)
            scratch.keys[keys, 0], scratch.keys[keys, 1], scratch.keys[keys, 2] = a, b, slot
            keys += 1
        elif number == 4 and wire == 2:
            if _value(data, a, b, scratch.values[values], found, place) < 0:
                return -1, -1
            values += 1
        elif not (number == 1 or number == 2) and not ((number == 5 or number == 15) and wire == 0):
            _tell(found, HIDDEN, place, a, b)
    return keys, values  # type: ignore[return-value]


@helper
def _keep_level(levels: NDArray[np.uint64], bits: np.uint64) -> None:
    """Put a number into the set of levels, while there is room."""
    mask = len(levels) - 1
    at: Any = np.int64(number_hash(bits) & np.uint64(mask))
    for _each in range(mask):
        if levels[at] == bits:
            return
        if levels[at] == np.uint64(0):
            levels[at] = bits
            return
        at = (at + 1) & mask


@helper
def _tag(
    data: NDArray[np.uint8],
    key: NDArray[np.int64],
    row: NDArray[np.int64],
    allowed: Allowed,
    scratch: Scratch,
    found: Found,
    place: Place,
) -> None:
    """A value where it is used: of its field's types and codes? Each value is told once."""  # fmt: skip
    flags = allowed.flags[key[2]]
    row[3] |= 1 if flags & DERIVED != 0 else 2
    if (flags >> row[0]) & 1 == 0 and row[3] & 4 == 0:
        row[3] |= 4
        _tell(found, TYPE, place, key[0], key[1])
    if flags & CODED != 0 and row[0] == 1 and row[3] & 8 == 0:
        row[3] |= 8
        if find(allowed.codes, hash_span(data, row[1], row[2], key[2] + 1)) < 0:
            _tell(found, CODE, place, row[1], row[2])
    if flags & LEVEL != 0 and 2 <= row[0] <= 6 and row[3] & 16 == 0:
        row[3] |= 16
        _keep_level(found.levels, _number(data, row[0], row[1], scratch))


@helper
def _features(
    data: NDArray[np.uint8],
    at: int,
    stop: int,
    allowed: Allowed,
    keys: int,
    values: int,
    scratch: Scratch,
    found: Found,
    place: Place,
) -> int:
    """Ids of features, and values by their keys; how many features, −1 where one is damaged."""  # fmt: skip
    features: Any = np.int64(0)
    while at < stop:
        number, wire, a, b, at = field(data, at, stop)
        if number != 2 or wire != 2:
            continue
        features += 1
        while a < b:
            kind, how, x, y, a = field(data, a, b)
            if a < 0:
                return -1
            if kind == 1 and how == 0:
                if len(allowed.ids) > 1 and find(allowed.ids, id_hash(place.layer, x)) >= 0:
                    _tell(found, ID, place, x, x)
            elif kind == 2 and how == 2:
                while x < y:
                    key, x = varint(data, x, y)
                    if x < 0:
                        return -1
                    value, x = varint(data, x, y)
                    if x < 0 or not 0 <= key < keys or not 0 <= value < values:
                        return -1
                    row = scratch.values[value]
                    if row[3] >> 8 != key + 1 and scratch.keys[key, 2] >= 0:  # most values belong to one key
                        row[3] = (row[3] & 255) | (key + 1) << 8
                        _tag(data, scratch.keys[key], row, allowed, scratch, found, place)
            elif not (kind == 3 and how == 0) and not (kind == 4 and how == 2):
                _tell(found, HIDDEN, place, x, y)
    return features  # type: ignore[no-any-return]


@helper
def _values(
    data: NDArray[np.uint8], values: int, allowed: Allowed, words: Words, scratch: Scratch, found: Found, place: Place
) -> None:
    """Texts and numbers that must not occur; a count or a sum may happen to be any number."""
    for v in range(values):
        row = scratch.values[v]
        if row[0] == 1 and words.longest > 0:
            a, b = row[1], row[2]
            whole = find(words.slots, hash_span(data, a, b, 0)) if b - a > words.longest else np.int64(-1)
            if whole < 0 or words.origins[whole] < 0:
                a, b = scan(data, a, a, b, words, False)
            if a >= 0:
                _tell(found, TEXT, place, a, b)
        elif 2 <= row[0] <= 6 and row[3] & 3 != 1 and len(allowed.numbers) > 1:
            bits = _number(data, row[0], row[1], scratch)
            h = number_hash(bits)
            first: Any = np.int64(h >> np.uint64(42))
            if (allowed.likely[first >> 3] >> (first & 7)) & 1 != 0 and find(allowed.numbers, h) >= 0:
                _tell(found, NUMBER, place, np.int64(bits), row[0])


@kernel
def walk(
    data: NDArray[np.uint8],
    bounds: NDArray[np.int64],
    zooms: NDArray[np.int64],
    allowed: Allowed,
    words: Words,
    scratch: Scratch,
    found: Found,
) -> int:
    """Hold tiles `data[bounds[i]:bounds[i + 1]]` of `zooms` against what is allowed; returns the number of features.

    A record of a number holds the bits of the double and its type, one of an id the id twice.
    """  # fmt: skip
    features: Any = np.int64(0)
    nothing: Any = np.int64(0)
    for tile in range(len(bounds) - 1):
        at, end = bounds[tile], bounds[tile + 1]
        while at < end:
            number, wire, start, stop, at = field(data, at, end)
            if at < 0 or number != 3 or wire != 2:
                code = DAMAGED if at < 0 else HIDDEN
                _tell(found, code, Place(tile, nothing, nothing, nothing), bounds[tile], end)
                if at < 0:
                    break
                continue
            a = b = nothing
            inner = start
            while 0 <= inner < stop:
                number, wire, x, y, inner = field(data, inner, stop)
                if inner >= 0 and number == 1 and wire == 2:
                    a, b = x, y
            layer: Any = np.int64(-1)
            wanted = hash_span(data, a, b, 0)
            for each in range(len(allowed.layers)):
                if allowed.layers[each] == wanted:
                    layer = np.int64(each)
            place = Place(tile, layer, a, b)
            if layer < 0:
                _tell(found, LAYER, place, a, b)
            elif not allowed.low[layer] <= zooms[tile] <= allowed.high[layer]:
                _tell(found, ZOOM, place, a, b)
            keys, values = _tables(data, start, stop, allowed, scratch, found, place)
            read = nothing
            if keys >= 0:
                read = _features(data, start, stop, allowed, keys, values, scratch, found, place)
                _values(data, values, allowed, words, scratch, found, place)
            if keys < 0 or read < 0:
                _tell(found, DAMAGED, place, start, stop)
            features += max(read, nothing)
    return int(features)
