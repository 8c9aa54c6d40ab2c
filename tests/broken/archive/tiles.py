"""Makes vector tiles by hand, field by field of vector_tile.proto, so that any of them can be wrong."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable, Sequence
from typing import Any

from pmtiles.tile import Compression

from tests.broken.archive.forge import Parts, pack, varints

POINT, LINE, POLYGON = 1, 2, 3


def number(field: int, value: int) -> bytes:
    return varints([field << 3, value])


def message(field: int, payload: bytes) -> bytes:
    return varints([field << 3 | 2, len(payload)]) + payload


def zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def move(*steps: tuple[int, int], count: int | None = None) -> list[int]:
    return [1 | (len(steps) if count is None else count) << 3, *(zigzag(v) for step in steps for v in step)]


def line(*steps: tuple[int, int], count: int | None = None) -> list[int]:
    return [2 | (len(steps) if count is None else count) << 3, *(zigzag(v) for step in steps for v in step)]


CLOSE = [15]
SQUARE = [*move((10, 10)), *line((100, 0), (0, 100), (-100, 0)), *CLOSE]  # clockwise with y down


def feature(
    geometry: Sequence[int] | None = (9, 50, 34),
    kind: int | None = POINT,
    ident: int | None = 1,
    tags: Sequence[int] = (),
    extra: bytes = b"",
) -> bytes:
    out = b"" if ident is None else number(1, ident)
    out += message(2, varints(tags)) if tags else b""
    out += b"" if kind is None else number(3, kind)
    out += b"" if geometry is None else message(4, varints(geometry))
    return out + extra


def text(value: str | bytes) -> bytes:
    return message(1, value.encode() if isinstance(value, str) else value)


def double(value: float) -> bytes:
    return varints([3 << 3 | 1]) + struct.pack("<d", value)


def layer(
    features: Sequence[bytes] = (feature(),),
    name: bytes | None = b"a",
    version: int | None = 2,
    extent: int | None = 4096,
    keys: Sequence[bytes] = (),
    values: Sequence[bytes] = (),
    extra: bytes = b"",
) -> bytes:
    out = b"" if version is None else number(15, version)
    out += b"" if name is None else message(1, name)
    out += b"".join(message(2, f) for f in features)
    out += b"".join(message(3, key) for key in keys)
    out += b"".join(message(4, value) for value in values)
    out += b"" if extent is None else number(5, extent)
    return message(3, out + extra)


SOUND = layer([feature(tags=[0, 0])], keys=[b"n"], values=[text("x")])


def archive(
    *tiles: bytes, fields: dict[str, Any] | None = None, layers: Sequence[str] = ("a",), packed: bool = True
) -> Parts:
    """Tiles from 0/0/0 on; every layer is listed with `fields` (default: n is a String)."""
    bodies = [gzip.compress(tile, mtime=0) for tile in tiles] if packed else list(tiles)
    entries, at = [], 0
    for i, body in enumerate(bodies):
        entries.append((i, at, len(body), 1))
        at += len(body)
    listed = [{"id": name, "fields": {"n": "String"} if fields is None else fields} for name in layers]
    zoom = 0 if len(tiles) == 1 else 1
    header = {"tile_compression": Compression.GZIP, "max_zoom": zoom}
    return Parts(entries=entries, data=b"".join(bodies), metadata=pack({"vector_layers": listed}), header=header)


def one(*features: bytes, **options: Any) -> Parts:
    return archive(layer(features, **options))


def shape(*commands: list[int], kind: int = POLYGON) -> Parts:
    return one(feature([v for command in commands for v in command], kind))


TWO = [text("x"), text("y")]

# rule id → an archive that breaks this rule and no other
BROKEN_TILES: dict[str, Callable[[], Parts]] = {
    "tile-readable": lambda: archive(SOUND, SOUND[:-1]),
    "tile-filled": lambda: archive(SOUND, b""),
    "layer-named": lambda: archive(SOUND + layer(name=None)),
    "layer-once": lambda: archive(SOUND + SOUND),
    "layer-declared": lambda: archive(SOUND + layer(name=b"b")),
    "layer-version": lambda: one(feature(), version=1),
    "layer-extent": lambda: one(feature(), extent=512),
    "layer-filled": lambda: one(),
    "text-readable": lambda: one(feature(tags=[0, 0]), keys=[b"n"], values=[text(b"\xb9\xfa")]),
    "keys-once": lambda: one(feature(tags=[1, 0]), keys=[b"n", b"n"], values=[text("x")]),
    "values-once": lambda: one(feature(tags=[0, 1]), keys=[b"n"], values=[text("x"), text("x")]),
    "value-typed": lambda: one(feature(tags=[0, 0]), keys=[b"n"], values=[b""]),
    "tags-paired": lambda: one(feature(tags=[0, 0, 0]), keys=[b"n"], values=[text("x")]),
    "tags-in-range": lambda: one(feature(tags=[0, 1]), keys=[b"n"], values=[text("x")]),
    "tags-once": lambda: one(feature(tags=[0, 0, 0, 1]), keys=[b"n"], values=TWO),
    "fields-declared": lambda: one(feature(tags=[0, 0]), keys=[b"m"], values=[text("x")]),
    "fields-typed": lambda: one(feature(tags=[0, 0]), keys=[b"n"], values=[double(1.5)]),
    "id-present": lambda: one(feature(ident=None)),
    "id-safe": lambda: one(feature(ident=1 << 53)),
    "id-once": lambda: one(feature(), feature([9, 2, 2])),
    "feature-encoded": lambda: one(feature(None)),
    "geometry-type": lambda: one(feature(kind=0)),
    "geometry-commands": lambda: one(feature([*move((1, 1)), *CLOSE], LINE)),
    "steps-move": lambda: shape(move((1, 1)), line((5, 0), (0, 0)), kind=LINE),
    "coordinates-near": lambda: one(feature(move((9000, 0)))),
    "rings-have-area": lambda: shape(SQUARE, move((300, 300)), line((99, 99), (0, -99), (-99, 99)), CLOSE),
    "rings-wound": lambda: shape(move((10, 10)), line((0, 100), (100, 0), (0, -100)), CLOSE),
    "polygons-valid": lambda: shape(move((0, 0)), line((100, 0), (-90, 80), (90, 0)), CLOSE),
    "layers-used": lambda: archive(SOUND, layers=["a", "b"]),
}
