"""Vector tiles back into features, as GeoJSON for people."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import Any, Final, NamedTuple

from pipeline.errors import ArchiveError
from pipeline.i18n import _
from pipeline.kernels import decode_mvt as col
from pipeline.kernels.decode_geometry import SOUND
from pipeline.kernels.decode_mvt import Tables
from pipeline.types import LINE, POINT
from pipeline.vector.tables import decode_tables
from pipeline.vector.tile_batch import Batch
from pipeline.vector.tile_rules import EXTENT, TILE_RULES
from pipeline.vector.wire import layers_of

# Rules whose breach leaves open what a tile says; the specification's test suite calls these fatal.
_FATAL: Final = frozenset(
    {"tile-readable", "layer-named", "text-readable", "value-typed", "tags-in-range", "geometry-commands"}
)
_VERSIONS: Final = (1, 2)
_POLE: Final = 40.0  # Mercator's y where degrees in double precision reach 90; the hyperbolic sine overflows from 710


def layer_sizes(body: bytes) -> list[tuple[str, int]]:
    """Name and bytes of every layer of a decompressed tile, without decoding it.

    Raises ArchiveError when the tile is not protobuf or a layer has no name.
    """
    return [(layer.name.decode(errors="replace"), len(layer.message)) for layer in layers_of(body)]


def geojson_features(
    body: bytes, z: int, x: int, y: int, layers: Collection[str] | None = None
) -> Iterator[dict[str, Any]]:
    """The features of a decompressed tile as GeoJSON (RFC 7946): lng/lat degrees, exterior rings counter-clockwise.

    `layers` keeps only layers of these names. Each feature also carries the foreign members `layer` and `tile`
    [z, x, y]; coordinates are rounded to a tenth of a tile unit. A feature of unknown type, or without one geometry
    field, has the geometry null (MVT 2.1 §4.3.4.1); faults that only `verify` minds are passed over. Raises
    ArchiveError with the reason when the tile cannot be decoded.
    """
    decoded = decode_tables([body])
    batch = Batch([(z, x, y)], decoded, {}, {})
    _refuse_unreadable(batch, f"{z}/{x}/{y}")
    t = decoded.tables
    for row in t.layers.tolist():
        name = decoded.text(row[col.NAME0], row[col.NAME1]) or ""
        if layers is not None and name not in layers:
            continue
        frame = _Frame(z, x, y, row[col.EXTENT] or EXTENT)
        for feature in t.features[row[col.FEATURE0] : row[col.FEATURE1]].tolist():
            out: dict[str, Any] = {"type": "Feature"}
            if feature[col.HAS_ID]:
                out["id"] = feature[col.ID] % (1 << 64)
            out["layer"] = name
            out["tile"] = [z, x, y]
            tags = t.tags[feature[col.TAG0] : feature[col.TAG1]].tolist()
            out["properties"] = {
                decoded.text(*t.keys[row[col.KEY0] + key].tolist()): _json_value(decoded.value(row[col.VALUE0] + value))
                for key, value in zip(tags[::2], tags[1::2], strict=False)  # a key without a value is passed over
            }
            out["geometry"] = _geometry(t, feature, frame) if feature[col.FAULT] == SOUND else None
            yield out


def _refuse_unreadable(batch: Batch, tile: str) -> None:
    """Raise for the first fault that leaves open what the tile says."""
    for rule in TILE_RULES:
        if rule.id in _FATAL:
            for finding in rule.check(batch):
                layer = finding.layer and _("layer {name}").format(name=finding.layer)
                where = ", ".join(part for part in (tile, layer, finding.feature) if part)
                raise _not_a_tile(finding.message, where, _(rule.description))
    for i, version in enumerate(batch.t.layers[:, col.VERSION].tolist()):
        if version not in _VERSIONS:
            found = _("the version is missing") if version < 0 else _("the version is {v}").format(v=version)
            where = f"{tile}, " + _("layer {name}").format(name=batch.names[i])
            raise _not_a_tile(found, where, _("version 1 or 2"))


def _geometry(t: Tables, feature: list[int], frame: _Frame) -> dict[str, Any]:
    """GeoJSON of a feature whose geometry is sound."""
    first, stop, kind = feature[col.PART0], feature[col.PART1], feature[col.KIND]
    parts = [
        [frame.lng_lat(tx, ty) for tx, ty in t.xy[t.parts[part] : t.parts[part + 1]].tolist()]
        for part in range(first, stop)
    ]
    if kind == POINT:
        if len(parts[0]) == 1:
            return {"type": "Point", "coordinates": parts[0][0]}
        return {"type": "MultiPoint", "coordinates": parts[0]}
    if kind == LINE:
        if len(parts) == 1:
            return {"type": "LineString", "coordinates": parts[0]}
        return {"type": "MultiLineString", "coordinates": parts}
    polygons: list[list[list[list[float]]]] = []
    # A ring that runs like the first one begins a polygon: version 1 leaves open which way exterior rings run.
    areas = t.areas[first:stop].tolist()
    clockwise = next((area > 0 for area in areas if area), True)
    for ring, area in zip(parts, areas, strict=True):
        exterior = not polygons or (area != 0 and (area > 0) == clockwise)
        if exterior:
            polygons.append([])
        polygons[-1].append(_wound(ring, exterior=exterior))
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


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
        north = min(max(math.pi * (1 - 2 * wy), -_POLE), _POLE)
        lat = math.degrees(math.atan(math.sinh(north)))
        return [round(wx * 360 - 180, digits), round(lat, digits)]


def _wound(ring: list[list[float]], *, exterior: bool) -> list[list[float]]:
    """The ring counter-clockwise if exterior, clockwise if not (RFC 7946 §3.1.6)."""
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
    return ring if (area > 0) == exterior else ring[::-1]


def _json_value(value: Any) -> Any:
    """JSON has no NaN and no infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _not_a_tile(reason: str | None = None, where: str | None = None, expected: str | None = None) -> ArchiveError:
    return ArchiveError(
        _("This is not a vector tile: {reason}.").format(reason=reason or _("its bytes make no protobuf message")),
        where=where,
        expected=expected,
        hint=_("`longquan archive verify` tells which tiles are damaged"),
    )
