"""What a vector tile says, apart from how its bytes say it: from our tables, from fixtures, and back into bytes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from pipeline.kernels import decode_mvt as col
from pipeline.kernels.assemble import assemble_layer
from pipeline.kernels.decode_geometry import SOUND
from pipeline.kernels.mvt import encode_floats, encode_geometries, encode_integers, encode_texts
from pipeline.kernels.pieces import Pieces
from pipeline.vector.attributes import key_fields
from pipeline.vector.tables import decode_tables
from tests.oracles.mvt import commands

Part = list[tuple[int, int]]


class Feature(NamedTuple):
    """One feature; rings without a closing point; parts None where the geometry type is unknown."""

    id: int | None
    kind: int
    properties: dict[str, Any]
    parts: list[Part] | None


class Layer(NamedTuple):
    """One layer."""

    name: str
    version: int
    extent: int
    features: list[Feature]


def alike(value: Any) -> Any:
    """Values that JSON and JavaScript tell apart differ, others do not: 6 and 6.0 are one number, true is not 1."""
    return ("bool", value) if isinstance(value, bool) else value


def of_bytes(body: bytes) -> list[Layer]:
    """What our decoder reads."""
    decoded = decode_tables([body])
    t, layers = decoded.tables, []
    assert t.faults.tolist() == [SOUND]
    for row in t.layers.tolist():
        features = []
        for f in t.features[row[col.FEATURE0] : row[col.FEATURE1]].tolist():
            tags = t.tags[f[col.TAG0] : f[col.TAG1]].tolist()
            properties = {
                str(decoded.text(*t.keys[row[col.KEY0] + k].tolist())): alike(decoded.value(row[col.VALUE0] + v))
                for k, v in zip(tags[::2], tags[1::2], strict=True)
            }
            parts = None
            if f[col.FAULT] == SOUND:
                ends = t.parts[f[col.PART0] : f[col.PART1] + 1].tolist()
                parts = [[(int(x), int(y)) for x, y in t.xy[a:b]] for a, b in pairwise(ends)]
                parts = [part[:-1] for part in parts] if f[col.KIND] == 3 else parts
            else:
                assert f[col.KIND] == 0, f"fault {f[col.FAULT]}"
            features.append(Feature(f[col.ID] % (1 << 64) if f[col.HAS_ID] else None, f[col.KIND], properties, parts))
        name = decoded.text(row[col.NAME0], row[col.NAME1])
        assert name is not None
        layers.append(Layer(name, row[col.VERSION], row[col.EXTENT], features))
    return layers


def of_fixture(content: dict[str, Any]) -> list[Layer]:
    """What a fixture's tile.json says, field by field of vector_tile.proto."""
    layers = []
    for layer in content.get("layers", []):
        values = [_fixture_value(value) for value in layer["values"]]
        features = []
        for f in layer["features"]:
            pairs = zip(f["tags"][::2], f["tags"][1::2], strict=True)
            properties = {layer["keys"][k]: alike(values[v]) for k, v in pairs}
            kind = f.get("type", 0)
            parts = commands([g % (1 << 32) for g in f["geometry"]], kind) if kind else None
            features.append(Feature(f.get("id"), kind, properties, parts))
        layers.append(Layer(layer["name"], layer["version"], layer.get("extent", 4096), features))
    return layers


def _fixture_value(value: dict[str, Any]) -> Any:
    ((kind, content),) = value.items()
    if kind == "string_value":  # 076 writes the text "613" without quotes
        return str(content)
    return float(np.float32(content)) if kind == "float_value" else content


def bytes_of(layers: list[Layer]) -> bytes:
    """The layers by our own encoder; a layer without features has no place in what it writes."""
    return b"".join(_layer_bytes(layer) for layer in layers)


def _layer_bytes(layer: Layer) -> bytes:
    names = sorted({name for feature in layer.features for name in feature.properties})
    values = _Values()
    codes = np.full((len(names), len(layer.features)), -1, np.int32)
    for i, feature in enumerate(layer.features):
        for name, value in feature.properties.items():
            codes[names.index(name), i] = values.code(value)
    starts, lengths, blobs = [], [], []
    for feature in layer.features:
        assert feature.parts is not None
        blobs.append(_geometry(feature.kind, feature.parts))
        starts.append(sum(map(len, blobs[:-1])))
        lengths.append(len(blobs[-1]))
    n = len(layer.features)
    keys, key_offsets = key_fields(names)
    value_bytes, value_offsets = values.fields()
    head = np.concatenate([np.array([0x78, 2], np.uint8), key_fields([layer.name], 1)[0]])
    extent = [layer.extent >> 7 * k & 127 | 128 * (layer.extent >> 7 * (k + 1) > 0) for k in range(5)]
    tail = np.array([0x28, *extent[: 1 + max(k for k in range(5) if k == 0 or layer.extent >> 7 * k)]], np.uint8)
    tail.flags.writeable = False  # as the tiler's
    return bytes(
        assemble_layer(
            np.array([0, n], np.int64),
            np.arange(n, dtype=np.int64),
            np.arange(n, dtype=np.int64),
            np.array([feature.kind for feature in layer.features], np.uint8),
            np.array(starts, np.int64),
            np.array(lengths, np.int64),
            np.concatenate([*blobs, np.empty(0, np.uint8)]),
            np.array([feature.id or 0 for feature in layer.features], np.uint64),
            codes,
            value_offsets,
            value_bytes,
            key_offsets,
            keys,
            head,
            tail,
            np.empty(2, np.int64),
        )
    )


def _geometry(kind: int, parts: list[Part]) -> np.ndarray:
    """The command bytes of one feature; 64 bits wide, since fixtures overflow 32."""
    xy = np.array([point for part in parts for point in part], np.int64)
    ends = np.cumsum([0, *map(len, parts)])
    one = np.zeros(1, np.int32)
    pieces = Pieces(
        one, one, np.zeros(1, np.int64), np.zeros(1, np.uint8), np.array([0, len(parts)]), ends, xy[:, 0], xy[:, 1]
    )
    out = np.empty(10 * len(xy) + 12 * len(parts), np.uint8)
    used = encode_geometries(pieces, kind, out, np.empty(1, np.int64), np.empty(1, np.int64))
    return out[:used]


class _Values:
    """Distinct values in the order they come, encoded by the kernel of their kind."""

    def __init__(self) -> None:
        self._values: dict[tuple[type, Any], int] = {}

    def code(self, value: Any) -> int:
        """The number of a value."""
        kind = type(value)
        return self._values.setdefault((kind, value), len(self._values))

    def fields(self) -> tuple[np.ndarray, np.ndarray]:
        """Whole Layer.values fields and where each begins."""
        encoded = [self._encode(value) for _kind, value in self._values]
        return (
            np.concatenate([*encoded, np.empty(0, np.uint8)]),
            np.cumsum([0, *map(len, encoded)], dtype=np.int64),
        )

    @staticmethod
    def _encode(value: Any) -> np.ndarray:
        ends = np.empty(2, np.int64)
        if isinstance(value, tuple):  # a truth
            return np.array([0x22, 2, 0x38, value[1]], np.uint8)
        if isinstance(value, str):
            text = np.frombuffer(value.encode(), np.uint8)
            return encode_texts(np.array([0, len(text)], np.int64), text, 4, True, ends)
        if isinstance(value, int):
            return encode_integers(np.array([value], np.int64), ends)
        doubles = np.array([value], np.float64)
        singles = doubles.astype(np.float32)
        return encode_floats(singles.view(np.uint32), doubles.view(np.uint64), singles == doubles, ends)
