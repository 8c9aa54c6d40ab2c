"""What a raster archive is, as its metadata tells: pictures to look at, or heights packed into colours."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from pipeline.archive.header import TileType

ENCODINGS: Final = ("terrarium", "mapbox")
FORMATS: Final = {
    TileType.PNG: "png",
    TileType.JPEG: "jpeg",
    TileType.WEBP: "webp",
    TileType.AVIF: "avif",
}
# What tools call elevation, in keys that say what a tileset is about.
_KEYS: Final = ("type", "kind", "product", "content")
_WORDS: Final = frozenset({"terrain", "terrain-rgb", "terrainrgb", "raster-dem", "elevation", "dem", *ENCODINGS})


class Nature(NamedTuple):
    """What the tiles of a raster archive mean."""

    kind: Literal["imagery", "terrain"]
    encoding: str | None  # of heights, as the metadata names it, known or not
    tile_size: int | None = None  # pixels of a side, where the metadata tells
    product: str | None = None  # what `longquan tile` made: imagery, terrain, hillshade, tint …
    rounding: float | None = None  # metres that heights were rounded to
    unknown: float | None = None  # metres, written where no height is known

    @property
    def readable(self) -> bool:
        """Whether the tiles are heights in an encoding that is known."""
        return self.kind == "terrain" and self.encoding in ENCODINGS


def nature_of(metadata: Mapping[str, Any]) -> Nature:
    """Terrain when the metadata names an encoding of heights or says terrain elsewhere; imagery otherwise."""
    encoding = metadata.get("encoding")
    said = {str(metadata.get(key, "")).strip().lower() for key in _KEYS}
    product = metadata.get("product")
    size = _number(next((metadata[key] for key in ("tile_size", "tilesize", "tileSize") if key in metadata), None))
    return Nature(
        "terrain" if encoding is not None or said & _WORDS else "imagery",
        None if encoding is None else str(encoding).lower(),
        None if size is None else int(size),
        product.lower() if isinstance(product, str) and product else None,
        _number(metadata.get("rounding")),
        _number(metadata.get("unknown")),
    )


def _number(value: object) -> float | None:
    """A number, or one written as text as in MBTiles; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def is_raster(tile_type: TileType) -> bool:
    """Whether tiles of this type are images."""
    return tile_type in FORMATS
