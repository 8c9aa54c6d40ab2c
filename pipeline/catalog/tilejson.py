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
    attribution = [framework.city.attribution.zh]
    if framework.city.sample:
        attribution.append(notice_of(framework)["zh"])
    west, south, east, north = archive.bounds
    lng, lat, zoom = archive.center
    return {
        "tilejson": "3.0.0",
        "name": title.zh,
        "description": title.en,
        "attribution": " · ".join(attribution),
        "scheme": "xyz",
        "tiles": [f"pmtiles://../{archive.file}/{{z}}/{{x}}/{{y}}"],
        "minzoom": archive.min_zoom,
        "maxzoom": archive.max_zoom,
        "bounds": [west, south, east, north],
        "center": [lng, lat, zoom],
        "vector_layers": [dict(layer) for layer in archive.vector_layers],
    }


def notice_of(framework: Framework) -> dict[str, str]:
    """What every page and archive must say of the data; empty for a real city that says nothing."""
    if framework.city.notice is not None:
        return framework.city.notice.model_dump()
    if framework.city.sample:
        return {"zh": "示例数据，纯属虚构", "en": "Sample data, fictional"}
    return {"zh": "", "en": ""}
