"""Rasters whose every pixel is a formula of its place, in any reference system; and what a pixel of the map is then."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio import Affine

from pipeline.types import PixelWindow

EDGE = 20037508.342789244  # metres of EPSG:3857, EPSG Guidance Note 7-2: π·6378137
Floats = NDArray[np.float64]


def waves(x: Floats, y: Floats, length: float = 400.0) -> Floats:
    """Red, green and blue [3, …], 28…228, of places in metres of EPSG:3857: waves along x, along y and aslant."""
    k = 2 * math.pi / length
    return 128.0 + 100.0 * np.stack([np.sin(k * x), np.sin(k * y), np.cos(k * (x + y) * 0.7)])


@dataclass(frozen=True)
class Frame:
    """Where a raster lies: its CRS, its north-western corner in it, and its pixels."""

    crs: str
    west: float
    north: float
    pixel: float
    width: int
    height: int
    turned: float = 0.0  # degrees, about the corner

    @property
    def transform(self) -> Affine:
        """Pixels to coordinates."""
        turn = Affine.rotation(self.turned)
        return Affine.translation(self.west, self.north) @ turn @ Affine.scale(self.pixel, -self.pixel)

    def places(self) -> tuple[Floats, Floats]:
        """EPSG:3857 of every pixel's centre, [rows, columns] each."""
        t = self.transform
        column, row = np.meshgrid(np.arange(self.width) + 0.5, np.arange(self.height) + 0.5)
        x, y = t.a * column + t.b * row + t.c, t.d * column + t.e * row + t.f
        return mercator(self.crs, x, y)

    @property
    def ground(self) -> float:
        """Metres of EPSG:3857 from one pixel to the next, in the middle."""
        x, y = self.places()
        row, column = self.height // 2, self.width // 2
        return float(np.hypot(x[row, column + 1] - x[row, column], y[row, column + 1] - y[row, column]))

    def waves(self, x: Floats, y: Floats) -> Floats:
        """Waves of eighty pixels: straight between two pixels' centres but for a twelfth of a grey."""
        return waves(x, y, 80 * self.ground)


def mercator(crs: str, x: Any, y: Any) -> tuple[Floats, Floats]:
    """Coordinates of a CRS in metres of EPSG:3857."""
    if crs == "EPSG:3857":
        return x, y
    made = Transformer.from_crs(crs, "EPSG:3857", always_xy=True).transform(x, y)
    return np.asarray(made[0]), np.asarray(made[1])


def frame_at(crs: str, lng: float, lat: float, pixel: float, width: int, height: int, turned: float = 0.0) -> Frame:
    """A frame whose corner is at a place in degrees."""
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lng, lat)
    return Frame(crs, float(x), float(y), pixel, width, height, turned)


def write(
    path: Path,
    frame: Frame,
    formula: Callable[[Floats, Floats], Any] | None = None,
    *,
    dtype: str = "uint8",
    nothing: NDArray[np.bool_] | None = None,
    how: str = "nodata",
    nodata: float | None = None,
    **profile: Any,
) -> NDArray[Any]:
    """Write a GeoTIFF, or what `driver` says; returns its values [bands, rows, columns]: the frame's waves, or others.

    Where `nothing` [rows, columns] holds, `how` tells: "nodata" (the value `nodata`), "alpha" (one more band), or
    "mask" (an internal one).
    """
    values = np.asarray((formula or frame.waves)(*frame.places()))
    if values.ndim == 2:
        values = values[None]
    if not np.issubdtype(np.dtype(dtype), np.floating):
        values = np.floor(values + 0.5)
    values = values.astype(dtype)
    if nothing is not None:
        values[:, nothing] = 0 if nodata is None else nodata
    if how == "alpha":
        top = 1 if np.issubdtype(np.dtype(dtype), np.floating) else np.iinfo(dtype).max
        opaque = np.full(values.shape[1:], top, dtype) if nothing is None else np.where(nothing, 0, top).astype(dtype)
        values = np.concatenate([values, opaque[None]])
    if nodata is not None and how == "nodata":
        profile["nodata"] = nodata
    settings = {"driver": "GTiff", "crs": frame.crs, "transform": frame.transform} | profile
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            path, "w", width=frame.width, height=frame.height, count=len(values), dtype=dtype, **settings
        ) as out,
    ):
        out.write(values)
        if how == "alpha":
            roles = {2: ["gray"], 4: ["red", "green", "blue"]}[len(values)]
            out.colorinterp = [getattr(rasterio.enums.ColorInterp, role) for role in [*roles, "alpha"]]
        if how == "mask":
            out.write_mask(np.full(values.shape[1:], True) if nothing is None else ~nothing)
    return values


def centres(window: PixelWindow) -> tuple[Floats, Floats]:
    """EPSG:3857 of every pixel's centre of a window, [rows, columns] each."""
    metres = 2 * EDGE / (window.tile_size * 2**window.zoom)
    column, row = np.meshgrid(np.arange(window.width) + 0.5, np.arange(window.height) + 0.5)
    return (window.column + column) * metres - EDGE, EDGE - (window.row + row) * metres


def window_over(bounds: tuple[float, float, float, float], zoom: int, tile_size: int, more: int = 4) -> PixelWindow:
    """The pixels of a zoom that touch bounds in EPSG:3857, and `more` around them."""
    metres = 2 * EDGE / (tile_size * 2**zoom)
    west, south, east, north = bounds
    left, top = math.floor((west + EDGE) / metres) - more, math.floor((EDGE - north) / metres) - more
    right, bottom = math.ceil((east + EDGE) / metres) + more, math.ceil((EDGE - south) / metres) + more
    return PixelWindow(zoom, tile_size, left, top, right - left, bottom - top)


def tile_window(zoom: int, x: int, y: int, tile_size: int = 512) -> PixelWindow:
    """The pixels of a tile."""
    return PixelWindow(zoom, tile_size, x * tile_size, y * tile_size, tile_size, tile_size)


def source_places(frame: Frame, window: PixelWindow) -> tuple[Floats, Floats]:
    """Columns and rows (from the corner) of a raster under every pixel's centre of a window, point by point."""
    x, y = centres(window)
    if frame.crs != "EPSG:3857":
        x, y = Transformer.from_crs("EPSG:3857", frame.crs, always_xy=True).transform(x, y)
    t = ~frame.transform
    return t.a * x + t.b * y + t.c, t.d * x + t.e * y + t.f


def bilinear(values: NDArray[Any], column: Floats, row: Floats) -> Floats:
    """Values [bands, rows, columns] at places counted from the corner, the edge's pixels beyond it again."""
    u, v = column - 0.5, row - 0.5
    i, j = np.floor(u).astype(int), np.floor(v).astype(int)
    fu, fv = u - i, v - j
    west, east = (np.clip(i + d, 0, values.shape[2] - 1) for d in (0, 1))
    north, south = (np.clip(j + d, 0, values.shape[1] - 1) for d in (0, 1))
    upper = values[:, north, west] * (1 - fu) + values[:, north, east] * fu
    lower = values[:, south, west] * (1 - fu) + values[:, south, east] * fu
    return np.asarray(upper * (1 - fv) + lower * fv)
