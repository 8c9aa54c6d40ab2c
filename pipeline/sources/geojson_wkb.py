"""A GeoJSON geometry as Python's json reads it → well-known binary (RFC 7946 §3.1; OGC 06-103r4 §8.2)."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final

from pipeline.sources.options import GeometryName

_ORDER: Final = b"\x01" if sys.byteorder == "little" else b"\x00"
_TYPES: Final = {
    "Point": 1, "LineString": 2, "Polygon": 3, "MultiPoint": 4, "MultiLineString": 5, "MultiPolygon": 6,
    "GeometryCollection": 7,
}  # fmt: skip
_MEMBER: Final = {"MultiPoint": "Point", "MultiLineString": "LineString", "MultiPolygon": "Polygon"}
_EMPTY: Final = [float("nan")] * 3


class _Uneven(Exception):
    """Positions that do not all have two numbers."""


def geojson_wkb(geometry: object) -> bytes:
    """The geometry as ISO WKB, with heights where any position has one (0 where another has none).

    Numbers after the third are left out, as §3.1.1 advises. Raises ValueError for what is no geometry.
    """
    try:
        try:
            return _written(geometry, 2)
        except _Uneven:
            return _written(geometry, 3)
    except (TypeError, KeyError, OverflowError, RecursionError, struct.error) as error:
        raise ValueError(str(error)) from error


def geometry_name(types: Iterable[bytes]) -> GeometryName:
    """What the bytes 1 to 4 of some of these are: all points, lines or polygons, else "mixed"."""
    numbers = {struct.unpack("=I", each)[0] % 1000 for each in types}
    names: tuple[tuple[GeometryName, set[int]], ...] = ("point", {1, 4}), ("line", {2, 5}), ("polygon", {3, 6})
    return next((name for name, found in names if numbers and numbers <= found), "mixed")


def _written(geometry: Any, size: int) -> bytes:
    name = geometry["type"]
    head = _ORDER + struct.pack("=I", _TYPES[name] + (1000 if size == 3 else 0))
    if name == "GeometryCollection":
        return _counted(head, [_written(member, size) for member in geometry["geometries"]])
    places = geometry["coordinates"]
    if not isinstance(places, list):
        raise TypeError(places)
    if name == "Point":
        return head + _run([places or _EMPTY[:size]], size)
    if name == "LineString":
        return head + struct.pack("=I", len(places)) + _run(places, size)
    if name == "Polygon":
        return _counted(head, [struct.pack("=I", len(ring)) + _run(ring, size) for ring in places])
    return _counted(head, [_written({"type": _MEMBER[name], "coordinates": each}, size) for each in places])


def _counted(head: bytes, parts: Sequence[bytes]) -> bytes:
    return head + struct.pack("=I", len(parts)) + b"".join(parts)


def _run(places: list[Any], size: int) -> bytes:
    """The coordinates of some positions."""
    if any(length != size for length in set(map(len, places))):
        if size == 2:
            raise _Uneven
        if min(map(len, places)) < 2:
            raise TypeError(places)
        places = [[*place[:3], 0.0][:3] for place in places]
    return array("d", chain.from_iterable(places)).tobytes()
