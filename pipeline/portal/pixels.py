"""Base layers made of pixels: shading, tints and slopes, bound to the raster archives an edition has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

# Drawn beforehand, for cities that publish no heights: what clients draw from the heights themselves is sharper.
PICTURES_OF_HEIGHTS = {"hillshade", "tint"}


def bound_pixels(layer: Mapping[str, Any], archives: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The layer on the first archive with its `source-product`; none without one, or where heights make it needless.

    Imagery is drawn as often as there are pictures: the newest of each series, in the order of the catalogue.
    """
    wanted = layer["source-product"]
    fit = [archive for archive in archives if archive["type"] == "raster" and archive.get("product") == wanted]
    if wanted == "imagery":
        series: dict[str, list[Mapping[str, Any]]] = {}
        for archive in fit:
            series.setdefault(archive.get("series") or f"archive {archive['id']}", []).append(archive)
        newest = [
            max(dates, key=lambda archive: (archive.get("date") or "", archive["id"])) for dates in series.values()
        ]
        return [_drawn(layer, f"{layer['id']}/{archive['id']}", archive["id"], "imagery") for archive in newest]
    heights = [
        archive
        for archive in archives
        if archive["type"] == "raster" and archive.get("product") == "terrain" and archive.get("encoding")
    ]
    if wanted == "terrain":
        product = "tint" if layer["type"] == "color-relief" else "hillshade"
        return [_drawn(layer, layer["id"], archive["id"], product) for archive in heights[:1]]
    if wanted in PICTURES_OF_HEIGHTS and heights:
        return []
    return [_drawn(layer, layer["id"], archive["id"], wanted) for archive in fit[:1]]


def _drawn(layer: Mapping[str, Any], id: str, source: str, product: str) -> dict[str, Any]:
    head = {"id": id, "type": layer["type"], "source": source}
    metadata = {**layer.get("metadata", {}), "longquan:product": product}
    rest = {key: value for key, value in layer.items() if key not in {*head, "source-product", "metadata"}}
    return {**head, "metadata": metadata, **rest}


def pixel_source(archive: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """The source of a raster archive; `owner` is credited (HTML) where the archive names nobody."""
    heights = archive["product"] == "terrain"
    return {
        "type": "raster-dem" if heights else "raster",
        "url": f"pmtiles://../{archive['file']}",
        "tileSize": archive["tile_size"],
        **({"encoding": archive["encoding"]} if heights else {}),
        "attribution": escape(archive["attribution"]) if archive.get("attribution") else owner,
    }
