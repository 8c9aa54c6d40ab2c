"""Elevation files whose heights are a formula of their place, and plain ways to look into what was made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from pipeline.archive.reader import open_archive
from pipeline.raster.heights import HeightRules, Heights, HeightSource, open_heights
from pipeline.raster.images import decode_image
from pipeline.raster.plan import About, SourceFact
from pipeline.raster.product import Product
from pipeline.raster.result import RasterResult
from pipeline.raster.state import Origin
from pipeline.raster.terrain import TerrainPlan, tile_terrain
from pipeline.raster.work import Work
from pipeline.sources.raster import describe_raster
from pipeline.types import PixelWindow
from tests.oracles.rasters import EDGE, Floats, Frame, frame_at, write

# One valley near Longquan in three reference systems: 3° Gauss–Krüger, degrees, Web Mercator; pixels of about 30 m.
FRAMES = {
    "gauss": frame_at("EPSG:4549", 119.05, 28.12, 30.0, 400, 360),
    "degrees": frame_at("EPSG:4490", 119.05, 28.12, 1 / 3600, 400, 360),
    "mercator": frame_at("EPSG:3857", 119.05, 28.12, 34.0, 400, 360),
}
X0, Y0 = 13_258_000.0, 3_257_000.0  # EPSG:3857, in the middle of them


def plane(x: Floats, y: Floats) -> Floats:
    """Rises by a tenth to the east and falls by a twentieth to the north."""
    return 700 + 0.1 * (x - X0) - 0.05 * (y - Y0)


def bowl(x: Floats, y: Floats) -> Floats:
    """A paraboloid: curved by 2.5 mm within a pixel of 34 m."""
    return 300 + ((x - X0) ** 2 + (y - Y0) ** 2) / 2**17


def swell(x: Floats, y: Floats) -> Floats:
    """Waves of 4 km and 20 m: between two pixels straight but for 7 mm."""
    return 500 + 20 * np.sin((x - X0) / 640) * np.cos((y - Y0) / 640)


FORMULAS = {"plane": plane, "bowl": bowl, "swell": swell}


def dem(
    path: Path, frame: Frame, formula: Any = plane, *, unit: str | None = None, dtype: str = "float32", **more: Any
) -> Path:
    """An elevation file."""
    write(path, frame, formula, dtype=dtype, **more)
    if unit is not None:
        with rasterio.open(path, "r+") as file:
            file.units = (unit,)
    return path


def source(path: Path, **more: Any) -> HeightSource:
    return HeightSource(describe_raster(path), **more)


def places(window: PixelWindow) -> tuple[Floats, Floats]:
    """EPSG:3857 of the centres of a window's pixels."""
    metres = 2 * EDGE / (window.tile_size << window.zoom)
    column, row = np.meshgrid(np.arange(window.width), np.arange(window.height))
    return (window.column + column + 0.5) * metres - EDGE, EDGE - (window.row + row + 0.5) * metres


def window_around(x: float, y: float, zoom: int, size: int, tile_size: int = 256) -> PixelWindow:
    """A square window around a place."""
    metres = 2 * EDGE / (tile_size << zoom)
    column, row = int((x + EDGE) / metres), int((EDGE - y) / metres)
    return PixelWindow(zoom, tile_size, column - size // 2, row - size // 2, size, size)


def origins(heights: Heights) -> list[Origin]:
    """The files as they are, with their bytes as what they are known by."""
    import hashlib

    return [
        Origin(
            SourceFact(
                each.info.path.name,
                each.info.path.stat().st_size,
                hashlib.sha256(each.info.path.read_bytes()).hexdigest(),
            ),
            (each.info.bounds,),
        )
        for each in heights.sources
    ]


def build(
    out: Path,
    files: list[HeightSource],
    product: Product,
    zooms: tuple[int, int] = (9, 12),
    *,
    rules: HeightRules | None = None,
    wrap: Any = None,
    tile_size: int = 256,
    **work: Any,
) -> RasterResult:
    """An archive of one product."""
    with open_heights(files, rules) as heights:
        plan = TerrainPlan(About("valley"), *zooms, tile_size)
        return tile_terrain(plan, heights, origins(heights), product, out, Work(**work), wrap=wrap)


def pictures(path: Path) -> dict[tuple[int, int, int], NDArray[np.uint8]]:
    """All tiles of an archive, decoded."""
    from pipeline.archive.tileids import zxy_of

    with open_archive(path) as archive:
        found = {}
        for entry in archive.entries():
            for k in range(entry.run_length):
                found[zxy_of(entry.tile_id + k)] = decode_image(bytes(archive.body(entry.offset, entry.length)))
        return found


def terrarium(picture: NDArray[np.uint8]) -> Floats:
    """Tilezen's formula: (red * 256 + green + blue / 256) - 32768."""
    r, g, b = np.moveaxis(picture[..., :3].astype(float), -1, 0)
    return np.asarray(r * 256 + g + b / 256 - 32768)


def mapbox(picture: NDArray[np.uint8]) -> Floats:
    """Mapbox's formula: -10000 + ((R * 256 * 256 + G * 256 + B) * 0.1)."""
    r, g, b = np.moveaxis(picture[..., :3].astype(float), -1, 0)
    return np.asarray(-10000 + (r * 256 * 256 + g * 256 + b) * 0.1)
