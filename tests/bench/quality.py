"""What an archive holds: distinct features per zoom and invalid polygons, every tile decoded."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import NamedTuple

import mapbox_vector_tile
import numpy as np
import shapely
from pmtiles.reader import MmapSource, all_tiles


class Quality(NamedTuple):
    """Figures of one archive."""

    kept: dict[int, int]  # zoom → distinct ids; 0 where the archive carries no ids
    invalid: int  # decoded polygons that fail shapely.is_valid, all zooms
    bytes: int


def quality(path: Path) -> Quality:
    """Decode every tile with mapbox_vector_tile and count."""
    ids: dict[int, set[int]] = {}
    invalid = 0
    with path.open("rb") as file:
        for (zoom, _x, _y), body in all_tiles(MmapSource(file)):
            decoded = mapbox_vector_tile.decode(
                gzip.decompress(body), default_options={"y_coord_down": True, "geojson": True}
            )
            for layer in decoded.values():
                ids.setdefault(zoom, set()).update(feature["id"] for feature in layer["features"] if feature.get("id"))
                shapes = np.array([shapely.geometry.shape(f["geometry"]) for f in layer["features"]], dtype=object)
                invalid += int((~shapely.is_valid(shapes)).sum())
    return Quality({zoom: len(found) for zoom, found in sorted(ids.items())}, invalid, path.stat().st_size)
