"""Tiles held against what may be in them: each fault by its code, and nothing else; bytes that are cut anywhere."""

from __future__ import annotations

import struct
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audit.allowed import AllowedArchive, AllowedField, AllowedLayer
from pipeline.audit.secrets import hash_ids, hash_name, hash_numbers
from pipeline.audit.tile_tables import tile_tables
from pipeline.kernels import audit_mvt as kernel
from pipeline.kernels.audit_words import Words, hash_span
from tests.audit.planting import layer, message, number, varint
from tests.kernels.test_audit_words import words_of

pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")

FIELDS = (
    AllowedField("NAME", "string"),
    AllowedField("CLASS", "string", frozenset({"road", "street"})),
    AllowedField("ID", "integer"),
    AllowedField("WIDTH", "number"),
    AllowedField("OPEN", "boolean"),
    AllowedField("SINCE", "date"),
)
ROADS = AllowedLayer("LRDL", "roads", 8, 11, FIELDS, frozenset({"point_count", "WIDTH_sum"}))
LINES = AllowedLayer("contours", None, 9, 12, (), frozenset({"ele", "index"}))
ARCHIVE = AllowedArchive("framework", "vector", {"LRDL": ROADS})
CONTOURS = AllowedArchive("lines", "contours", {"contours": LINES})
NOTHING = Words(np.zeros(1, np.uint64), np.full(1, -1, np.int32), np.zeros(1 << 19, np.uint8), 0)
GOOD = layer("LRDL", [{"NAME": "剑池路", "CLASS": "road", "ID": 11, "WIDTH": 5.5, "OPEN": True}], (11,))
NAMES = ("DAMAGED", "LAYER", "ZOOM", "FIELD", "TYPE", "CODE", "TEXT", "NUMBER", "ID", "HIDDEN")
CODES = {name: getattr(kernel, name) for name in NAMES}


def walked(
    tiles: list[bytes],
    zoom: int = 10,
    archive: AllowedArchive = ARCHIVE,
    words: Words = NOTHING,
    numbers: tuple[float, ...] = (),
    ids: tuple[int, ...] = (),
) -> tuple[dict[str, int], kernel.Found, int]:
    slots = np.zeros(64 if numbers else 1, np.uint64)
    for hash in hash_numbers(np.array(numbers, np.float64)):
        slots[next(i for i in range(int(hash) % 64, 128) if slots[i % 64] == 0) % 64] = hash
    tables = tile_tables(archive, slots, {"roads": np.array(ids, np.int64)} if ids else {})
    data = np.frombuffer(b"".join(tiles) or b"\0", np.uint8)
    bounds = np.cumsum([0, *map(len, tiles)], dtype=np.int64)
    single, double, room = np.zeros(1, np.float32), np.zeros(1), max(map(len, tiles), default=0) // 2 + 1
    scratch = kernel.Scratch(
        np.zeros((room, 3), np.int64),
        np.zeros((room, 4), np.int64),
        single,
        single.view(np.uint32),
        double,
        double.view(np.uint64),
    )
    found = kernel.Found(
        np.zeros(kernel.CODES, np.int64), np.zeros((kernel.CODES, 4, kernel.RECORD), np.int64), np.zeros(16, np.uint64)
    )
    zooms = np.full(len(tiles), zoom, np.int64)
    features = kernel.walk(data, bounds, zooms, tables, words, scratch, found)
    return {name: int(found.counts[code]) for name, code in CODES.items() if found.counts[code]}, found, features


def test_a_good_tile_is_good() -> None:
    assert walked([GOOD, b"", GOOD])[0] == {}
    assert walked([GOOD, b"", GOOD])[2] == 2


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"NAME": "a", "SECRET": "b"}, {"FIELD": 1}),
        ({"NAME": 5}, {"TYPE": 1}),
        ({"ID": "5"}, {"TYPE": 1}),
        ({"ID": 5.5}, {"TYPE": 1}),
        ({"WIDTH": 5}, {}),  # a whole number is a number
        ({"OPEN": "yes"}, {"TYPE": 1}),
        ({"SINCE": "2026-01-01"}, {}),
        ({"CLASS": "tunnel"}, {"CODE": 1}),
        ({"point_count": 12345, "WIDTH_sum": 77.5}, {}),
    ],
)
def test_fields_types_and_codes(row: dict[str, Any], wanted: dict[str, int]) -> None:
    assert walked([layer("LRDL", [row])])[0] == wanted


def test_layers_and_zooms() -> None:
    assert walked([layer("PIPL", [{"a": 1}])])[0] == {"LAYER": 1}
    assert walked([GOOD], zoom=8)[0] == walked([GOOD], zoom=11)[0] == {}
    assert walked([GOOD], zoom=7)[0] == walked([GOOD], zoom=12)[0] == {"ZOOM": 1}


def test_denied_texts_and_numbers_of_every_wire_type() -> None:
    words = words_of(["西山隧洞"])
    assert walked([layer("LRDL", [{"NAME": "近西山隧洞处"}])], words=words)[0] == {"TEXT": 1}
    assert walked([layer("LRDL", [{"NAME": "西山"}])], words=words)[0] == {}
    kinds = {
        "double": b"\x19" + struct.pack("<d", 12345.5),
        "float": b"\x15" + struct.pack("<f", 12345.5),
        "int64": number(4, 12345),
        "uint64": number(5, 12345),
        "sint64": number(6, 12345 << 1),
        "sint64 below zero": number(6, (98765 << 1) - 1),
        "int64 below zero": varint(4 << 3) + varint((1 << 64) - 98765),
    }
    for name, value in kinds.items():
        tags = message(2, message(2, b"\0\0") + number(3, 1) + message(4, b"\x09\x00\x00"))
        tile = message(3, message(1, b"LRDL") + tags + message(3, b"WIDTH") + message(4, value) + number(15, 2))
        assert walked([tile], numbers=(12345.5, 12345, -98765))[0] == {"NUMBER": 1}, name
        assert walked([tile], numbers=(12346.0,))[0] == {}, name
    counted = layer("LRDL", [{"point_count": 12345}])  # a count may be any number
    assert walked([counted], numbers=(12345,))[0] == {}
    both = layer("LRDL", [{"ID": 12345}, {"point_count": 12345}])
    assert walked([both], numbers=(12345,))[0] == {"NUMBER": 1}


def test_denied_ids() -> None:
    tile = layer("LRDL", [{"ID": 1}, {"ID": 2}], (500123, 7))
    assert walked([tile], ids=(500123, 9))[0] == {"ID": 1}
    records = walked([tile], ids=(500123,))[1].records[kernel.ID]
    assert records[0, 3] == 500123


@pytest.mark.parametrize(
    "tile",
    [
        GOOD + message(9, b"hidden"),
        layer("LRDL", [{"ID": 1}], more=message(9, b"hidden")),
        layer("LRDL", [{"ID": 1}], more=message(4, message(9, b"hidden"))),
        layer("LRDL", [{"ID": 1}], more=message(4, number(6, 2) + message(1, b"hidden"))),
        layer("LRDL", [{"ID": 1}], more=message(2, message(9, b"hidden"))),
        layer("LRDL", [{"ID": 1}], more=message(2, message(1, b"hidden"))),  # an id of bytes
        layer("LRDL", [{"ID": 1}], more=message(5, b"hidden")),  # an extent of bytes
    ],
)
def test_parts_that_no_reader_looks_at(tile: bytes) -> None:
    assert walked([tile])[0] == {"HIDDEN": 1}


@pytest.mark.parametrize("tile", [b"\x1a\x7f", b"\x1a", b"\xff" * 12, GOOD[:-1], layer("LRDL", [{}], more=b"\x22\x7f")])
def test_damaged_tiles(tile: bytes) -> None:
    assert walked([tile, GOOD])[0]["DAMAGED"] == 1


def test_tags_that_point_nowhere_are_damage() -> None:
    feature = message(2, message(2, b"\x05\x00") + number(3, 1))
    assert walked([message(3, message(1, b"LRDL") + feature + message(3, b"ID"))])[0] == {"DAMAGED": 1}


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(GOOD)), st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_no_byte_makes_it_read_beyond_the_end(cut: int, at: int, byte: int) -> None:
    """Whatever is changed or cut off: a count for every record, and never a crash."""
    changed = bytearray(GOOD)
    changed[at] = byte
    for tile in (GOOD[:cut], bytes(changed)):
        counts, found, _features = walked([tile, GOOD], words=words_of(["西山隧洞"]), numbers=(12345.5,), ids=(9,))
        for name, count in counts.items():
            rows = found.records[CODES[name], : min(count, 4)]
            assert (rows[:, 0] <= 1).all() and count > 0


def test_levels_of_contours_are_gathered() -> None:
    rows = [{"ele": 50.0, "index": 1}, {"ele": 100, "index": 0}, {"ele": 50.0, "index": 2}]
    counts, found, features = walked([layer("contours", rows)], archive=CONTOURS)
    assert (counts, features) == ({}, 3)
    assert sorted(found.levels[found.levels != 0].view(np.float64).tolist()) == [50.0, 100.0]


def test_levels_beyond_the_room_are_left_out() -> None:
    rows = [{"ele": float(level)} for level in range(1, 40)]
    found = walked([layer("contours", rows)], archive=CONTOURS)[1]
    assert np.count_nonzero(found.levels) <= 16


def test_what_another_encoder_writes_is_read() -> None:
    body = mapbox_vector_tile.encode(
        [
            {
                "name": "LRDL",
                "features": [{"geometry": "POINT(5 5)", "properties": {"NAME": "剑池路", "SECRET": 1}, "id": 9}],
            }
        ]
    )
    assert walked([body], ids=(9,))[0] == {"FIELD": 1, "ID": 1}


def test_hashes_are_those_of_the_rest_of_the_program() -> None:
    data = np.frombuffer("剑池路".encode(), np.uint8)
    assert int(hash_span(data, 0, len(data), 5)) == hash_name("剑池路", 5)
    assert int(kernel.id_hash(2, 500123)) == int(hash_ids(2, np.array([500123], np.int64))[0])
    bits = np.array([12345.5]).view(np.uint64)[0]
    assert int(kernel.number_hash(bits)) == int(hash_numbers(np.array([12345.5]))[0])
