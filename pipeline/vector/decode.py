"""Vector tiles back into features: as tables for checks over whole archives, as GeoJSON for people."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from pipeline.errors import ArchiveError
from pipeline.i18n import _
from pipeline.kernels.decode_mvt import FEATURE_COLUMNS, LAYER_COLUMNS, VALUE_COLUMNS, Tables, decode, measure

_LAYER_FIELD, _NAME_FIELD, _BYTES = 3, 1, 2  # vector_tile.proto: Tile.layers, Layer.name; wire type


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


def layer_sizes(body: bytes) -> list[tuple[str, int]]:
    """Name and bytes of every layer of a decompressed tile, without decoding it.

    Raises ArchiveError when the tile is not protobuf or a layer has no name.
    """
    sizes = []
    for number, start, stop in _fields(body, 0, len(body)):
        if number != _LAYER_FIELD:
            continue
        name = next((body[a:b] for inner, a, b in _fields(body, start, stop) if inner == _NAME_FIELD), None)
        if name is None:
            raise _not_a_tile()
        sizes.append((name.decode(errors="replace"), stop - start))
    return sizes


def geojson_features(
    body: bytes, z: int, x: int, y: int, layers: Collection[str] | None = None
) -> Iterator[dict[str, Any]]:
    """The features of a decompressed tile as GeoJSON (RFC 7946): lng/lat degrees, exterior rings counter-clockwise.

    `layers` keeps only layers of these names. Each feature also carries the foreign members `layer` and `tile`
    [z, x, y]; coordinates are rounded to a tenth of a tile unit. Raises ArchiveError when the tile cannot be decoded.
    """
    import mapbox_vector_tile
    from google.protobuf.message import DecodeError

    try:
        tile = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})
    except (DecodeError, AssertionError, IndexError, ValueError) as err:
        raise _not_a_tile(str(err) or type(err).__name__, f"{z}/{x}/{y}") from err
    for name, layer in tile.items():
        if layers is not None and name not in layers:
            continue
        frame = _Frame(z, x, y, layer["extent"] or 4096)
        for feature in layer["features"]:
            geometry = feature["geometry"]
            out: dict[str, Any] = {"type": "Feature"}
            if feature["id"]:  # an id of 0 means none, as in proto2
                out["id"] = feature["id"]
            out["layer"] = name
            out["tile"] = [z, x, y]
            out["properties"] = {key: _json_value(value) for key, value in feature["properties"].items()}
            out["geometry"] = {
                "type": geometry["type"],
                "coordinates": _placed(geometry["coordinates"], frame, geometry["type"]),
            }
            yield out


class _Frame(NamedTuple):
    """A tile's place in the world."""

    z: int
    x: int
    y: int
    extent: int

    def lng_lat(self, tx: float, ty: float) -> list[float]:
        """Degrees of a point in tile units, rounded to a tenth of a unit."""
        units = float(self.extent << self.z)
        digits = math.ceil(math.log10(units / 360)) + 1
        wx, wy = (self.x * self.extent + tx) / units, (self.y * self.extent + ty) / units
        lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * wy))))
        return [round(wx * 360 - 180, digits), round(lat, digits)]


def _placed(coordinates: Any, frame: _Frame, kind: str) -> Any:
    if kind == "Point":
        return frame.lng_lat(*coordinates)
    if kind in ("MultiPoint", "LineString"):
        return [frame.lng_lat(*point) for point in coordinates]
    if kind == "MultiLineString":
        return [[frame.lng_lat(*point) for point in line] for line in coordinates]
    if kind == "Polygon":
        rings = [[frame.lng_lat(*point) for point in ring] for ring in coordinates]
        return [_wound(ring, exterior=i == 0) for i, ring in enumerate(rings)]
    return [_placed(polygon, frame, "Polygon") for polygon in coordinates]


def _wound(ring: list[list[float]], *, exterior: bool) -> list[list[float]]:
    """The ring counter-clockwise if exterior, clockwise if not (RFC 7946 §3.1.6)."""
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
    return ring if (area > 0) == exterior else ring[::-1]


def _json_value(value: Any) -> Any:
    """JSON has no NaN and no infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _fields(body: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, first byte and end of every length-delimited field of a protobuf message; others are skipped."""
    while at < end:
        tag, at = _varint(body, at, end)
        wire = tag & 7
        if wire == 0:
            _skipped, at = _varint(body, at, end)
            continue
        if wire == _BYTES:
            size, at = _varint(body, at, end)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise _not_a_tile()
        if size > end - at:
            raise _not_a_tile()
        if wire == _BYTES:
            yield tag >> 3, at, at + size
        at += size


def _varint(body: bytes, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 64:
        byte = body[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise _not_a_tile()


def _not_a_tile(reason: str | None = None, where: str | None = None) -> ArchiveError:
    return ArchiveError(
        _("This is not a vector tile: {reason}.").format(reason=reason or _("its bytes make no protobuf message")),
        where=where,
        hint=_("`longquan archive verify` tells which tiles are damaged"),
    )
