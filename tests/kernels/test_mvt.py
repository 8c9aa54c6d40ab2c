"""MVT bytes: by hand from the specification, and back through a decoder of our own and mapbox_vector_tile."""

from __future__ import annotations

import struct
from itertools import pairwise

import mapbox_vector_tile
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.kernels.assemble import assemble_layer
from pipeline.kernels.mvt import (
    encode_floats,
    encode_geometries,
    encode_integers,
    encode_texts,
    put_varint,
    varint_size,
    zigzag,
)
from pipeline.kernels.pieces import Pieces
from tests.kernels.pieces import EXAMPLES, Ring, piece, ragged
from tests.oracles import mvt

EDGES = [0, 1, 127, 128, 300, 2**14 - 1, 2**14, 2**31, 2**32, 2**63 - 1]


def bits(v: int) -> np.int64:
    """uint64 as the int64 of the same bits."""
    return np.array([v], np.uint64).view(np.int64)[0]


@pytest.mark.parametrize("value", [*EDGES, 2**63, 2**64 - 1])
def test_varints(value: int) -> None:
    out = np.zeros(12, np.uint8)
    end = put_varint(out, 1, bits(value))
    assert mvt.varint(out.tobytes(), 1) == (value, end)
    assert varint_size(bits(value)) == end - 1 and out[end] == 0


@pytest.mark.parametrize(
    ("value", "want"),
    [(0, 0), (-1, 1), (1, 2), (-2, 3), (2**62, 2**63), (2**63 - 1, 2**64 - 2), (-(2**63), 2**64 - 1)],
)
def test_zigzag_table(value: int, want: int) -> None:
    """Protocol Buffers, Encoding, signed integers."""
    assert int(zigzag(np.int64(value))) % 2**64 == want


def commands(pieces: Pieces, kind: int) -> list[list[int]]:
    n = len(pieces.tx)
    out = np.full(10 * len(pieces.x) + 12 * (len(pieces.vertex_offsets) - 1), 0xEE, np.uint8)
    starts, lengths = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    used = encode_geometries(pieces, kind, out, starts, lengths)
    assert used == (starts[-1] + lengths[-1] if n else 0)
    return [mvt.packed(out[s : s + size].tobytes()) for s, size in zip(starts.tolist(), lengths.tolist(), strict=True)]


def test_the_examples_of_the_specification() -> None:
    """MVT 2.1 §4.3.5."""
    assert commands(piece([(25, 17)]), 1) == [[9, 50, 34]]
    assert commands(piece([(5, 7), (3, 2)]), 1) == [[17, 10, 14, 3, 9]]
    assert commands(piece([(2, 2), (2, 10), (10, 10)]), 2) == [[9, 4, 4, 18, 0, 16, 16, 0]]
    assert commands(piece([(2, 2), (2, 10), (10, 10)], [(1, 1), (3, 5)]), 2) == [
        [9, 4, 4, 18, 0, 16, 16, 0, 9, 17, 17, 10, 4, 8]
    ]
    assert commands(piece([(3, 6), (8, 12), (20, 34)]), 3) == [[9, 6, 12, 18, 10, 12, 24, 44, 15]]
    multi: list[Ring] = [
        [(0, 0), (10, 0), (10, 10), (0, 10)],
        [(11, 11), (20, 11), (20, 20), (11, 20)],
        [(13, 13), (13, 17), (17, 17), (17, 13)],
    ]
    assert commands(piece(*multi), 3) == [
        [
            9,
            0,
            0,
            26,
            20,
            0,
            0,
            20,
            19,
            0,
            15,
            9,
            22,
            2,
            26,
            18,
            0,
            0,
            18,
            17,
            0,
            15,
            9,
            4,
            13,
            26,
            0,
            8,
            8,
            0,
            0,
            7,
            15,
        ]
    ]


def test_nothing_to_encode() -> None:
    none, at = np.empty(0, np.int32), np.zeros(1, np.int64)
    empty = Pieces(none, none, none.astype(np.int64), none.astype(np.uint8), at, at, none, none)
    assert commands(empty, 3) == []


PARTS = st.lists(
    st.lists(st.tuples(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1)), min_size=2, max_size=20),
    min_size=1,
    max_size=5,
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(PARTS, st.sampled_from([1, 2, 3]))
def test_decode_after_encode_is_the_same(parts: list[Ring], kind: int) -> None:
    """Even with coordinates as far apart as 32 bits allow, the room asked for is enough."""
    if kind == 1:
        parts = parts[:1]
    (numbers,) = commands(piece(*parts), kind)
    assert mvt.commands([n % 2**64 for n in numbers], kind) == [list(p) for p in parts]


# ---------------------------------------------------------------- values


def fields_of(blob: np.ndarray, ends: np.ndarray) -> list[bytes]:  # type: ignore[type-arg]
    assert ends[0] == 0 and ends[-1] == len(blob)
    return [blob[a:b].tobytes() for a, b in pairwise(ends.tolist())]


def value_in_a_tile(field: bytes) -> object:
    """What mapbox_vector_tile makes of one whole Layer.values field."""
    feature = b"\x12\x0b\x12\x02\x00\x00\x18\x01\x22\x03\x09\x00\x00"
    body = b"\x78\x02\x0a\x01a" + b"\x1a\x01k" + feature + field + b"\x28\x80\x20"
    size = bytearray()
    n = len(body)
    while n >= 128:
        size.append(n & 127 | 128)
        n >>= 7
    tile = b"\x1a" + bytes(size) + bytes([n]) + body
    return mapbox_vector_tile.decode(tile)["a"]["features"][0]["properties"]["k"]


def test_integers() -> None:
    values = [*EDGES, -1, -64, -65, -(2**31), -(2**63)]
    ends = np.full(len(values) + 1, -1, np.int64)
    got = fields_of(encode_integers(np.array(values, np.int64), ends), ends)
    assert [value_in_a_tile(field) for field in got] == values
    assert got[0] == b"\x22\x02\x28\x00" and got[10] == b"\x22\x02\x30\x01"
    assert fields_of(encode_integers(np.empty(0, np.int64), ends[:1]), ends[:1]) == []


def test_floats() -> None:
    values = [0.0, 0.5, 0.1, -1e300, 5e-324, float("inf"), float("-inf")]
    doubles = np.array(values)
    with np.errstate(over="ignore"):
        singles = doubles.astype(np.float32)
    exact = singles.astype(np.float64) == doubles
    ends = np.full(len(values) + 1, -1, np.int64)
    got = fields_of(encode_floats(singles.view(np.uint32), doubles.view(np.uint64), exact, ends), ends)
    assert got == [
        b"\x22\x05\x15" + struct.pack("<f", v) if e else b"\x22\x09\x19" + struct.pack("<d", v)
        for v, e in zip(values, exact, strict=True)
    ]
    assert [value_in_a_tile(field) for field in got] == values


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.text(max_size=200), max_size=6), st.integers(0, 3))
def test_texts(texts: list[str], skipped: int) -> None:
    """Also where Arrow hands out a slice, whose offsets do not begin at 0."""
    encoded = [b"\xff" * skipped, *(t.encode() for t in texts)]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)[1:]
    data = np.frombuffer(b"".join(encoded), np.uint8)
    ends = np.full(len(texts) + 1, -1, np.int64)
    got = fields_of(encode_texts(offsets, data, 4, True, ends), ends)
    assert [value_in_a_tile(field) for field in got] == texts
    keys = fields_of(encode_texts(offsets, data, 3, False, ends), ends)
    assert [mvt.fields(key) for key in keys] == [[(3, t.encode())] for t in texts]


# ---------------------------------------------------------------- layers


def assemble(
    tiles: list[list[int]], codes: list[list[int]], ids: list[int], geometry: bytes, rows: list[int]
) -> list[bytes]:
    """Tiles of records; all records show `geometry` and belong to `rows`; values are the numbers 0 … 99."""
    columns = len(codes)
    records = np.array([r for tile in tiles for r in tile], np.int64)
    value_ends = np.full(101, -1, np.int64)
    values = encode_integers(np.arange(100), value_ends)
    names = "".join(f"k{c}" for c in range(columns)).encode()
    key_ends = np.full(columns + 1, -1, np.int64)
    keys = encode_texts(np.arange(columns + 1) * 2, np.frombuffer(names, np.uint8), 3, False, key_ends)
    offsets = np.full(len(tiles) + 1, -1, np.int64)
    body = assemble_layer(
        np.cumsum([0, *map(len, tiles)], dtype=np.int64),
        records,
        np.array(rows, np.int64),
        np.full(len(rows), 1, np.uint8),
        np.zeros(len(rows), np.int64),
        np.full(len(rows), len(geometry), np.int64),
        np.array(bytearray(geometry)),
        np.array(ids, np.uint64),
        np.array(codes, np.int32).reshape(columns, len(ids)),
        value_ends,
        values,
        key_ends,
        keys,
        np.array(bytearray(b"\x78\x02\x0a\x05layer")),
        np.frombuffer(b"\x28\x80\x20", np.uint8),
        offsets,
    )
    assert offsets[0] == 0 and offsets[-1] == len(body)
    return [body[a:b].tobytes() for a, b in pairwise(offsets.tolist())]


POINT = b"\x09\x04\x06"


def test_a_layer_by_hand() -> None:
    (tile,) = assemble([[0]], [[7]], [5], POINT, [0])
    feature = b"\x08\x05" + b"\x12\x02\x00\x00" + b"\x18\x01" + b"\x22\x03" + POINT
    body = b"\x78\x02\x0a\x05layer" + b"\x12" + bytes([len(feature)]) + feature
    body += b"\x1a\x02k0" + b"\x22\x02\x28\x07" + b"\x28\x80\x20"
    assert tile == b"\x1a" + bytes([len(body)]) + body


def test_keys_and_values_are_numbered_by_first_use_and_afresh_in_every_tile() -> None:
    codes = [[9, 3, -1, 9], [3, -1, -1, 9]]
    one, two, three = assemble([[0, 1, 3], [2, 1], []], codes, [1, 2, 3, 4], POINT, [0, 1, 2, 3])
    (layer,) = mvt.decode(one)
    assert [(f.id, f.tags) for f in layer.features] == [(1, [0, 0, 1, 1]), (2, [0, 1]), (4, [0, 0, 1, 0])]
    assert layer.keys == ["k0", "k1"] and layer.values == [b"\x28\x09", b"\x28\x03"]
    (layer,) = mvt.decode(two)
    assert [(f.id, f.tags) for f in layer.features] == [(3, []), (2, [0, 0])]
    assert (layer.keys, layer.values) == (["k0"], [b"\x28\x03"])
    assert three == b"", "no features, no layer"


@settings(max_examples=max(EXAMPLES // 4, 5), deadline=None)
@given(st.integers(1, 60), st.integers(0, 6), st.data())
def test_tiles_decode_to_what_went_in(features: int, columns: int, data: st.DataObject) -> None:
    cell = st.integers(-1, 99)
    codes = [data.draw(st.lists(cell, min_size=features, max_size=features)) for _ in range(columns)]
    ids = data.draw(st.lists(st.integers(1, 2**53 - 1), min_size=features, max_size=features))
    rows = data.draw(st.lists(st.integers(0, features - 1), min_size=1, max_size=80))
    cut = data.draw(st.integers(0, len(rows)))
    geometry = POINT * data.draw(st.sampled_from([1, 40, 400]))
    tiles = [list(range(cut)), list(range(cut, len(rows)))]
    for tile, body in zip(tiles, assemble(tiles, codes, ids, geometry, rows), strict=True):
        if not tile:
            assert body == b""
            continue
        found = mapbox_vector_tile.decode(body)["layer"]
        assert (found["version"], found["extent"]) == (2, 4096)
        assert [f["id"] for f in found["features"]] == [ids[rows[r]] for r in tile]
        assert [f["properties"] for f in found["features"]] == [
            {f"k{c}": codes[c][rows[r]] for c in range(columns) if codes[c][rows[r]] >= 0} for r in tile
        ]


def test_a_ring_needs_no_more_room_than_was_asked_for() -> None:
    x, y, _ = ragged([[(2**31 - 1, -(2**31)), (-(2**31), 2**31 - 1)] * 50])
    assert max(len(commands(piece(list(zip(x.tolist(), y.tolist(), strict=True))), 2)[0]), 0) == 1 + 2 + 1 + 99 * 2
