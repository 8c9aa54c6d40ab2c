"""Many tiles as tables at once: what checks over whole archives and the decoder look at."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.kernels.decode_mvt import FEATURE_COLUMNS, LAYER_COLUMNS, VALUE_COLUMNS, Tables, decode, measure

_STRING, _FLOAT, _DOUBLE, _INT, _UINT, _SINT, _BOOL = range(1, 8)  # fields of vector_tile.proto's Value


class Decoded(NamedTuple):
    """Tiles as tables; positions in the tables point into `data`."""

    data: bytes
    tables: Tables

    def text(self, start: int, stop: int) -> str | None:
        """A string of the tile; None when it is not UTF-8 or not there (`start` −1)."""
        try:
            return self.data[start:stop].decode() if start >= 0 else None
        except UnicodeDecodeError:
            return None

    def value(self, row: int) -> str | float | int | bool | None:
        """What a row of `tables.values` says; None when it has no type or several, or its text is not UTF-8."""
        kind, start, stop, bits = self.tables.values[row].tolist()
        if kind == _STRING:
            return self.text(start, stop)
        if kind in (_FLOAT, _DOUBLE):
            number: float = struct.unpack_from("<f" if kind == _FLOAT else "<d", self.data, start)[0]
            return number
        unsigned = bits % (1 << 64)
        if kind == _SINT:
            return int((unsigned >> 1) ^ -(unsigned & 1))
        if kind == _BOOL:
            return bool(bits)
        return int(bits if kind == _INT else unsigned) if kind in (_INT, _UINT) else None


def decode_tables(bodies: Sequence[bytes]) -> Decoded:
    """Decompressed tiles as tables, see `kernels.decode_mvt`; a tile that cannot be read leaves a code in `faults`."""
    data = b"".join(bodies)
    raw = np.frombuffer(data, dtype=np.uint8)
    bounds = np.zeros(len(bodies) + 1, dtype=np.int64)
    np.cumsum([len(body) for body in bodies], out=bounds[1:])
    sizes = np.zeros(5, dtype=np.int64)
    measure(raw, bounds, sizes)
    layers, features, keys, values, room = sizes.tolist()
    tables = Tables(
        faults=np.zeros(len(bodies), dtype=np.int64),
        layers=np.empty((layers, LAYER_COLUMNS), dtype=np.int64),
        features=np.empty((features, FEATURE_COLUMNS), dtype=np.int64),
        keys=np.empty((keys, 2), dtype=np.int64),
        values=np.empty((values, VALUE_COLUMNS), dtype=np.int64),
        tags=np.empty(room, dtype=np.int64),
        parts=np.zeros(room // 2 + 2, dtype=np.int64),
        areas=np.empty(room // 2 + 1, dtype=np.float64),
        xy=np.empty((room // 2 + 2, 2), dtype=np.float64),
    )
    found = np.zeros(6, dtype=np.int64)
    decode(raw, bounds, tables, found)
    layers, features, keys, values, tags, parts = found.tolist()
    return Decoded(
        data,
        Tables(
            tables.faults,
            tables.layers[:layers],
            tables.features[:features],
            tables.keys[:keys],
            tables.values[:values],
            tables.tags[:tags],
            tables.parts[: parts + 1],
            tables.areas[:parts],
            tables.xy[: tables.parts[parts]],
        ),
    )
