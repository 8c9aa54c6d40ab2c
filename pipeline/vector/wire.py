"""Tiles as protobuf messages whose layers stay bytes: what works on layers need not decode features.

Source: protobuf wire format; vector_tile.proto of MVT 2.1 (Tile.layers = 3, Layer.name = 1).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from pipeline.errors import ArchiveError
from pipeline.i18n import _

BYTES: Final = 2  # wire type of length-delimited fields
_LAYERS, _NAME = 3, 1


class Field(NamedTuple):
    """One field of a message."""

    number: int
    wire: int
    begin: int  # of its tag
    start: int  # of its bytes; of a varint: the value
    stop: int  # behind it


class LayerBytes(NamedTuple):
    """One layer of a tile."""

    name: bytes
    whole: memoryview  # with tag and length
    message: memoryview


def fields(body: bytes | memoryview, at: int, end: int) -> Iterator[Field]:
    """The fields of a protobuf message that lies from `at` to `end`; raises ArchiveError where it is none."""
    while at < end:
        begin = at
        tag, at = varint(body, at, end)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = varint(body, at, end)
            yield Field(number, wire, begin, value, at)
            continue
        if wire == BYTES:
            size, at = varint(body, at, end)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise _not_a_tile()
        if number == 0 or size > end - at:
            raise _not_a_tile()
        yield Field(number, wire, begin, at, at + size)
        at += size


def layers_of(body: bytes | memoryview) -> list[LayerBytes]:
    """The layers of a decompressed tile in their order; raises ArchiveError when it is no tile or one has no name."""
    view = memoryview(body)
    layers = []
    for field in fields(view, 0, len(view)):
        if field.number != _LAYERS or field.wire != BYTES:
            continue
        inner = fields(view, field.start, field.stop)
        name = next((bytes(view[f.start : f.stop]) for f in inner if f.number == _NAME and f.wire == BYTES), None)
        if name is None:
            raise _not_a_tile()
        layers.append(LayerBytes(name, view[field.begin : field.stop], view[field.start : field.stop]))
    return layers


def varint(body: bytes | memoryview, at: int, end: int) -> tuple[int, int]:
    """The varint at `at` and where it ends; raises ArchiveError when it does not end."""
    value = shift = 0
    while at < end and shift < 64:
        byte = body[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise _not_a_tile()


def put_varint(value: int) -> bytes:
    """A number from 0 as a varint."""
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def message(number: int, payload: bytes | memoryview) -> bytes:
    """A length-delimited field."""
    return put_varint(number << 3 | BYTES) + put_varint(len(payload)) + payload


def _not_a_tile() -> ArchiveError:
    return ArchiveError(
        _("This is not a vector tile: {reason}.").format(reason=_("its bytes make no protobuf message")),
        hint=_("`longquan archive verify` tells which tiles are damaged"),
    )
