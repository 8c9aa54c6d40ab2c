"""What an archive made of others says of itself, as far as it does not depend on what lies inside tiles."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pipeline.archive.header import Header
from pipeline.types import Bounds

# Keys that tools copy from a tileset's header into its metadata (MBTiles 1.3 §3.2), next to what else they know.
_OF_THE_HEADER: Final = ("bounds", "center", "minzoom", "maxzoom")
_STALE: Final = ("antimeridian_adjusted_bounds", "strategies")  # tippecanoe's, about the whole tileset
_JOINED: Final = {"name": " + ", "description": "\n", "attribution": ", "}


class Reach(NamedTuple):
    """Where the tiles of an archive lie."""

    bounds: Bounds
    center: tuple[float, float, int]
    min_zoom: int
    max_zoom: int


class United(NamedTuple):
    """One metadata made of several, and the keys that had to go because archives do not agree on them."""

    metadata: dict[str, Any]
    left_out: tuple[str, ...]


def narrowed(header: Header, bounds: Bounds | None, min_zoom: int, max_zoom: int) -> Reach:
    """The reach of a part of an archive: its bounds within `bounds`, its centre if that still lies inside.

    A header whose bounds do not meet the area from which tiles were taken is wrong; then `bounds` are taken alone.
    """
    west, south, east, north = header.bounds
    if bounds is not None:
        west, south = max(west, bounds[0]), max(south, bounds[1])
        east, north = min(east, bounds[2]), min(north, bounds[3])
        if not (west <= east and south <= north):
            west, south, east, north = bounds
    lng, lat, zoom = header.center
    if not (west <= lng <= east and south <= lat <= north):
        lng, lat = (west + east) / 2, (south + north) / 2
    return Reach((west, south, east, north), (lng, lat, min(max(zoom, min_zoom), max_zoom)), min_zoom, max_zoom)


def widened(headers: Sequence[Header], min_zoom: int, max_zoom: int) -> Reach:
    """The reach of several archives together; the centre is that of the first if all else about it stays."""
    sides = list(zip(*(header.bounds for header in headers), strict=True))
    bounds = (min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3]))
    lng, lat, zoom = headers[0].center
    if bounds != headers[0].bounds:
        lng, lat = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    return Reach(bounds, (lng, lat, min(max(zoom, min_zoom), max_zoom)), min_zoom, max_zoom)


def restated(metadata: Mapping[str, Any], reach: Reach) -> dict[str, Any]:
    """The metadata with what it repeats of the header brought up to date, in the form (text, list) it had."""
    true: dict[str, Any] = {
        "bounds": [*reach.bounds],
        "center": [*reach.center],
        "minzoom": reach.min_zoom,
        "maxzoom": reach.max_zoom,
    }
    kept = {key: value for key, value in metadata.items() if key not in _STALE}
    for key in _OF_THE_HEADER:
        if key in kept:
            kept[key] = _text(true[key]) if isinstance(kept[key], str) else true[key]
    return kept


def united(metadatas: Sequence[Mapping[str, Any]]) -> United:
    """One metadata for several archives.

    Names, descriptions and attributions are joined, each text once; anything else stays where all archives that say
    it say the same, and is left out where they do not.
    """
    keys = list(dict.fromkeys(key for metadata in metadatas for key in metadata))
    out: dict[str, Any] = {}
    left_out = []
    for key in keys:
        said = [metadata[key] for metadata in metadatas if key in metadata]
        if key in _JOINED and all(isinstance(value, str) for value in said):
            out[key] = _JOINED[key].join(text for text in dict.fromkeys(value.strip() for value in said) if text)
        elif all(_same(value, said[0]) for value in said):
            out[key] = said[0]
        elif key in _OF_THE_HEADER:
            out[key] = said[0]  # brought up to date by `restated`
        else:
            left_out.append(key)
    return United(out, tuple(left_out))


def _same(one: object, other: object) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)  # 1 and true are equal in Python


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
