"""Layers of a tile without looking into features, and what is no tile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ArchiveError
from pipeline.vector.wire import fields, layers_of, message, put_varint, varint
from tests.broken.archive import forge
from tests.broken.archive.tiles import SOUND, feature, layer, number
from tests.oracles import mvt

ROADS = layer([feature()], name="道路".encode())


def test_layers_of_a_tile() -> None:
    found = layers_of(SOUND + ROADS)
    assert [(one.name.decode(), bytes(one.whole)) for one in found] == [("a", SOUND), ("道路", ROADS)]
    assert [bytes(one.message) for one in found] == [body for _number, body in mvt.fields(SOUND + ROADS)]
    assert layers_of(b"") == []


def test_fields_that_are_no_layers_are_passed_over() -> None:
    others = number(20, 300) + b"\xa1\x01" + bytes(8) + b"\xad\x01" + bytes(4) + message(21, b"\x07\x07")
    assert [one.name for one in layers_of(others + SOUND + others)] == [b"a"]


@pytest.mark.parametrize(
    "body",
    [
        SOUND[:-1],
        b"\x1a",
        b"\x1a\x05abc",
        b"\x07",
        b"\x1b",
        b"\x02\x00",
        b"\xff" * 11,
        layer(name=None),
        b"\x1a\x02\x0a\x05",
    ],
)
def test_what_is_no_tile(body: bytes) -> None:
    with pytest.raises(ArchiveError, match="not a vector tile"):
        layers_of(body)


@given(st.lists(st.integers(0, (1 << 64) - 1)))
def test_varints(values: list[int]) -> None:
    data = b"".join(map(put_varint, values))
    assert data == forge.varints(values)
    at, found = 0, []
    while at < len(data):
        value, at = varint(data, at, len(data))
        found.append(value)
    assert found == values


def test_fields_know_where_they_begin_and_end() -> None:
    data = number(1, 300) + message(2, b"abc")
    assert [tuple(field) for field in fields(data, 0, len(data))] == [(1, 0, 0, 300, 3), (2, 2, 3, 5, 8)]
