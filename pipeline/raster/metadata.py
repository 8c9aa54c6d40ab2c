"""What a raster archive says of itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from pipeline.raster.plan import About, ImageFormat, SourceFact
from pipeline.types import Bounds


def raster_metadata(
    about: About,
    product: str,
    form: ImageFormat,
    tile_size: int,
    zooms: tuple[int, int],
    bounds: Bounds,
    sources: Sequence[SourceFact],
    *,
    kind: Literal["baselayer", "overlay"] = "baselayer",
    encoding: str | None = None,
) -> dict[str, Any]:
    """The JSON metadata: name, format, bounds in degrees, zooms, credits, currency, sources; then `about.extra`.

    `encoding` is that of heights ("terrarium", "mapbox"), None for pictures. Names are those of MBTiles 1.3 §Metadata,
    where it has one (there as text); `encoding` and `tileSize` those of MapLibre's sources.
    """
    return {
        "name": about.name,
        **({"description": about.description} if about.description else {}),
        **({"attribution": about.attribution} if about.attribution else {}),
        **({"date": about.date} if about.date else {}),
        "type": kind,
        "product": product,
        "format": {"jpeg": "jpg"}.get(form.kind, form.kind),
        **({"encoding": encoding} if encoding else {}),
        "tileSize": tile_size,
        "minzoom": zooms[0],
        "maxzoom": zooms[1],
        "bounds": [round(edge, 7) for edge in bounds],
        "generator": "longquan",
        "sources": [{"name": each.name, "bytes": each.bytes, "sha256": each.sha256} for each in sources],
        **json.loads(json.dumps(dict(about.extra), ensure_ascii=False)),
    }
