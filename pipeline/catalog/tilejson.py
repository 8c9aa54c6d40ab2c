"""TileJSON 3.0.0 of one archive, at a stable address, naming the hashed file."""

from __future__ import annotations

from typing import Any

from pipeline.catalog.facts import ArchiveFacts
from pipeline.editions import EditionView
from pipeline.framework import Framework

FOLDER = "tilejson"


def build_tilejson(framework: Framework, view: EditionView, archive: ArchiveFacts) -> dict[str, Any]:
    """The TileJSON of an archive; `tiles` is relative to the folder `tilejson/` it lies in.

    Source: TileJSON 3.0.0. The scheme `pmtiles://` is that of the pmtiles library for MapLibre.
    """
    title = next(spec.title for spec in view.archives if spec.id == archive.id)
    west, south, east, north = archive.bounds
    lng, lat, zoom = archive.center
    return {
        "tilejson": "3.0.0",
        "name": title.zh,
        "description": title.en,
        "attribution": attribution_of(framework),
        "scheme": "xyz",
        "tiles": [f"pmtiles://../{archive.file}/{{z}}/{{x}}/{{y}}"],
        "minzoom": archive.min_zoom,
        "maxzoom": archive.max_zoom,
        "bounds": [west, south, east, north],
        "center": [lng, lat, zoom],
        **_content(archive),
    }


def _content(archive: ArchiveFacts) -> dict[str, Any]:
    """What the tiles hold: layers, or pixels; `tileSize` and `encoding` are words of MapLibre's sources."""
    raster = archive.raster
    if raster is None:
        return {"vector_layers": [dict(layer) for layer in archive.vector_layers]}
    return {
        "format": raster.format,
        "tileSize": raster.tile_size,
        **({"encoding": raster.encoding} if raster.encoding else {}),
    }


def attribution_of(framework: Framework) -> str:
    """Whom to credit, and that it is a sample where it is one."""
    attribution = [framework.city.attribution.zh]
    if framework.city.sample:
        attribution.append(notice_of(framework)["zh"])
    return " · ".join(attribution)


def notice_of(framework: Framework) -> dict[str, str]:
    """What every page and archive must say of the data; empty for a real city that says nothing."""
    if framework.city.notice is not None:
        return framework.city.notice.model_dump()
    if framework.city.sample:
        return {"zh": "示例数据，纯属虚构", "en": "Sample data, fictional"}
    return {"zh": "", "en": ""}
