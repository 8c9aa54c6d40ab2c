"""Base layers made of pixels: shading, tints and slopes, bound to the raster archives an edition has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

# Drawn beforehand, for cities that publish no heights: what clients draw from the heights themselves is sharper.
PICTURES_OF_HEIGHTS = {"hillshade", "tint"}


def bound_pixels(layer: Mapping[str, Any], archives: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The layer on the first archive with its `source-product`; None when there is none or heights make it needless."""
    products: dict[str, str] = {}
    for archive in archives:
        product = archive.get("product")
        if archive["type"] == "raster" and product and (product != "terrain" or archive.get("encoding")):
            products.setdefault(product, archive["id"])
    wanted = layer["source-product"]
    if wanted not in products or (wanted in PICTURES_OF_HEIGHTS and "terrain" in products):
        return None
    drawn = "hillshade" if wanted == "terrain" else wanted
    head = {"id": layer["id"], "type": layer["type"], "source": products[wanted]}
    metadata = {**layer.get("metadata", {}), "longquan:product": drawn}
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
