"""The tiling that all archives share, in the words of OGC: WebMercatorQuad, and its twin for tiles of 512 pixels.

Source: OGC Two Dimensional Tile Matrix Set and Tile Set Metadata 2.0 (17-083r4), annex D.1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

HALF: Final = 20037508.3427892  # metres: half the world's width, as the annex writes it
URI: Final = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
CRS: Final = "http://www.opengis.net/def/crs/EPSG/0/3857"
_PIXEL: Final = 0.00028  # metres of a pixel of the standard's rendering
_USUAL: Final = 256


class Limits(NamedTuple):
    """The columns and rows of a zoom that may hold tiles, both ends included."""

    zoom: int
    min_column: int
    max_column: int
    min_row: int
    max_row: int


def matrix_set_id(tile_size: int) -> str:
    """The name of the tile matrix set for tiles of so many pixels."""
    return "WebMercatorQuad" if tile_size == _USUAL else f"WebMercatorQuad{tile_size}"


def cell_size(zoom: int, tile_size: int) -> float:
    """Metres of a pixel."""
    return 2 * HALF / tile_size / (1 << zoom)


def scale_denominator(zoom: int, tile_size: int) -> float:
    """The scale at which a pixel measures 0.28 mm."""
    return cell_size(zoom, tile_size) / _PIXEL


def matrix_set(tile_size: int, last: int) -> dict[str, Any]:
    """The tile matrix set as JSON, zooms 0 to `last`."""
    return {
        "id": matrix_set_id(tile_size),
        "title": f"Web Mercator, {tile_size} × {tile_size} pixels",
        **({"uri": URI} if tile_size == _USUAL else {}),
        "crs": CRS,
        "orderedAxes": ["X", "Y"],
        "tileMatrices": [
            {
                "id": str(zoom),
                "scaleDenominator": scale_denominator(zoom, tile_size),
                "cellSize": cell_size(zoom, tile_size),
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [-HALF, HALF],
                "tileWidth": tile_size,
                "tileHeight": tile_size,
                "matrixWidth": 1 << zoom,
                "matrixHeight": 1 << zoom,
            }
            for zoom in range(last + 1)
        ],
    }


def limits(archive: Mapping[str, Any]) -> tuple[Limits, ...]:
    """Where an archive of catalog.json may have copied tiles, by zoom."""
    west, south, east, north = archive["bounds"]
    found = []
    for zoom in range(archive["min_zoom"], archive["zxy"]["max_zoom"] + 1):
        side = 1 << zoom
        columns = (_cell((west + 180) / 360, side), _cell((east + 180) / 360, side))
        rows = (_cell(_down(north), side), _cell(_down(south), side))
        found.append(Limits(zoom, *columns, *rows))
    return tuple(found)


def metres(bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees → the same in metres of EPSG:3857."""
    west, south, east, north = bounds
    return (
        west / 180 * HALF,
        (0.5 - _down(south)) * 2 * HALF,
        east / 180 * HALF,
        (0.5 - _down(north)) * 2 * HALF,
    )


def _down(lat: float) -> float:
    """0 at the north end of the world's square, 1 at its south end."""
    return 0.5 - math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)


def _cell(part: float, side: int) -> int:
    return min(max(math.floor(part * side), 0), side - 1)
