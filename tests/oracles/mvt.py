"""A decoder of MVT 2.1 written from the specification, a byte at a time: the rings and commands as they stand.

mapbox_vector_tile answers for values and ids; it closes rings and sorts them into polygons by itself, so that a wrong
winding or a ring of two points would not show there.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class RawFeature:
    """One Tile.Feature: tags resolved to (key index, value index) pairs, parts as lists of points."""

    id: int = 0
    kind: int = 0
    tags: list[int] = field(default_factory=list)
    parts: list[list[tuple[int, int]]] = field(default_factory=list)


@dataclass
class RawLayer:
    """One Tile.Layer; values stay bytes."""

    name: str = ""
    version: int = 1
    extent: int = 4096
    keys: list[str] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)
    features: list[RawFeature] = field(default_factory=list)


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The varint at `at` and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def fields(data: bytes) -> list[tuple[int, int | bytes]]:
    """Protobuf fields in order: number and varint, or number and bytes."""
    at, found = 0, []
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
            found.append((tag >> 3, value))
            continue
        size = {1: 8, 5: 4}.get(tag & 7)
        if size is None:
            assert tag & 7 == 2, f"wire type {tag & 7}"
            size, at = varint(data, at)
        assert at + size <= len(data), "a field ends behind its message"
        found.append((tag >> 3, data[at : at + size]))
        at += size
    return found


def packed(data: bytes) -> list[int]:
    """Packed varints."""
    at, found = 0, []
    while at < len(data):
        value, at = varint(data, at)
        found.append(value)
    return found


def commands(numbers: list[int], kind: int) -> list[list[tuple[int, int]]]:
    """Command integers → parts (§4.3): a run of points, lines, or rings without a closing point."""
    parts: list[list[tuple[int, int]]] = []
    x = y = at = 0
    while at < len(numbers):
        command, count = numbers[at] & 7, numbers[at] >> 3
        at += 1
        assert count > 0, "a command of count 0"
        if command == 7:
            assert kind == 3 and count == 1, "ClosePath elsewhere than in a polygon"
            continue
        assert command in (1, 2), f"command {command}"
        if command == 1:
            assert kind == 1 or count == 1, "MoveTo of several points in a line or ring"
            parts.append([])
        for _ in range(count):
            dx, dy = numbers[at], numbers[at + 1]
            at += 2
            x += (dx >> 1) ^ -(dx & 1)
            y += (dy >> 1) ^ -(dy & 1)
            parts[-1].append((x, y))
    return parts


def decode(data: bytes) -> list[RawLayer]:
    """All layers of a tile."""
    layers = []
    for number, body in fields(data):
        assert number == 3, f"Tile has field {number}"
        layer = RawLayer()
        for n, value in fields(body):
            if n == 15:
                layer.version = value
            elif n == 1:
                layer.name = value.decode()
            elif n == 3:
                layer.keys.append(value.decode())
            elif n == 4:
                layer.values.append(value)
            elif n == 5:
                layer.extent = value
            elif n == 2:
                feature, geometry = RawFeature(), []
                for m, v in fields(value):
                    if m == 1:
                        feature.id = v
                    elif m == 2:
                        feature.tags = packed(v)
                    elif m == 3:
                        feature.kind = v
                    elif m == 4:
                        geometry = packed(v)
                feature.parts = commands(geometry, feature.kind)
                layer.features.append(feature)
            else:
                raise AssertionError(f"Layer has field {n}")
        layers.append(layer)
    return layers


def area2(ring: list[tuple[int, int]]) -> int:
    """Twice the surveyor's area: positive for exterior rings (§4.3.3.3)."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1], strict=True))
