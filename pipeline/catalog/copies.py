"""Archives of catalog.json whose tiles are there as single files too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

MEDIA: Final[Mapping[str, str]] = {
    "mvt": "application/vnd.mapbox-vector-tile",
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
}
_VECTOR_SIZE: Final = 256  # what tilings of vector tiles are counted in by OGC


def copied(catalog: Mapping[str, Any]) -> list[dict[str, Any]]:
    """These archives, with the suffix of their tiles as `format` of `zxy`."""
    return [
        {**archive, "zxy": {**archive["zxy"], "format": archive["zxy"]["tiles"].rpartition(".")[2]}}
        for archive in catalog["archives"]
        if "zxy" in archive
    ]


def tile_size_of(archive: Mapping[str, Any]) -> int:
    """Pixels of a tile's edge; of vector tiles those of WebMercatorQuad."""
    return int(archive.get("tile_size") or _VECTOR_SIZE)


def is_picture(archive: Mapping[str, Any]) -> bool:
    """Whether its tiles are to be looked at: heights in colours are not."""
    return archive["type"] == "raster" and archive["encoding"] is None
