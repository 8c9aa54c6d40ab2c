"""What an edition does to pixels before a pyramid is made of them: a least ground resolution, and masked areas.

Both wrap what reads blocks, and are pure: a pixel comes out the same whichever block asks for it, as cells are squares
of 2^n world pixels counted from the corner of the world.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.types import Bounds, PixelWindow

if TYPE_CHECKING:
    from shapely import Geometry

Pixels = NDArray[Any]  # uint8 [rows, columns, 4] red, green, blue, alpha; or float32 [rows, columns], NaN = not known
ReadBlock = Callable[[PixelWindow], Pixels | None]

_AXIS: Final = 6378137.0  # metres, WGS 84
_FLAT: Final = 6.69437999014e-3  # first eccentricity squared, WGS 84
_SIDE: Final = 0.005  # degrees; a straight side this long is straight on the map to a few millimetres
_LAST: Final = 85.0511287798066  # degrees; the map of the world ends there
_LARGEST: Final = 1 << 12  # pixels of a cell's side
# GEOS fills the index of a prepared geometry when it is first asked: threads that ask at once damage memory (3.14).
_ONE: Final = Lock()


@dataclass(frozen=True, slots=True)
class RasterMask:
    """An area that an edition does not show."""

    area: Geometry  # (multi)polygon in degrees
    cell: float | None = None  # metres on the ground of the squares it is blurred to; None: it is taken out
    margin: float = 1.0  # world pixels around it that go with it: interpolation has mixed its pixels into them


@dataclass(frozen=True, slots=True)
class RasterRules:
    """What an edition demands of pixels."""

    finest: float | None = None  # metres on the ground that a pixel measures at least
    masks: tuple[RasterMask, ...] = ()


def redact_pixels(read: ReadBlock, rules: RasterRules) -> ReadBlock:
    """Blocks with masked areas taken out or blurred, then no finer than allowed."""
    for mask in rules.masks:
        read = masked(read, mask)
    return read if rules.finest is None else coarsened(read, rules.finest)


def finest_zoom(metres: float, tile_size: int, bounds: Bounds) -> int:
    """The last zoom at which no pixel measures less on the ground than `metres`; `bounds` in degrees."""
    _west, south, _east, north = bounds
    pixel = 2 * math.pi * _AXIS * min(ground_scale(south), ground_scale(north)) / tile_size
    return max(0, math.floor(math.log2(pixel / metres)))


def ground_scale(lat: float) -> float:
    """Metres on the ellipsoid of a metre of EPSG:3857 at a latitude, along the meridian or the parallel: the lesser."""
    phi = math.radians(min(abs(lat), _LAST))
    bent = math.sqrt(1 - _FLAT * math.sin(phi) ** 2)
    return math.cos(phi) * min((1 - _FLAT) / (bent * bent * bent), 1 / bent)


def coarsened(read: ReadBlock, metres: float) -> ReadBlock:
    """Blocks whose pixels are means of cells that measure at least `metres` on the ground."""

    def block(window: PixelWindow) -> Pixels | None:
        parts = []
        for rows, side in _rows(window, metres):
            parts.append((rows, read(rows) if side == 1 else _means(read, rows, side)))
        return _joined(window, parts)

    return block


def masked(read: ReadBlock, mask: RasterMask) -> ReadBlock:
    """Blocks without the pixels of an area, or with the means of all cells that it touches in their place.

    A cell is blurred as a whole, so that no pixel can be told from its mean and the others.
    """

    def block(window: PixelWindow) -> Pixels | None:
        pixels = read(window)
        if pixels is None:
            return None
        whole: Pixels | None = None
        for rows, side in _rows(window, mask.cell) if mask.cell is not None else [(window, 1)]:
            wide = _aligned(rows, side)
            touched = _touched(mask, wide, side)
            if not touched.any():
                continue
            whole = pixels.copy() if whole is None else whole
            here = _inner(_spread(touched, side), wide, rows)
            part = whole[rows.row - window.row : rows.row - window.row + rows.height]
            means = None if mask.cell is None else _means(read, rows, side)
            part[here] = (np.nan if pixels.ndim == 2 else 0) if means is None else means[here]
        return pixels if whole is None else whole

    return block


def _rows(window: PixelWindow, metres: float) -> Iterator[tuple[PixelWindow, int]]:
    """The window by rows of tiles, and how many pixels a cell's side has there: a power of two."""
    size = window.tile_size
    row, last = window.row, window.row + window.height
    while row < last:
        tile = row // size
        stop = min((tile + 1) * size, last)
        pixel = 2 * math.pi * _AXIS * _tile_scale(window.zoom, tile) / (size << window.zoom)
        side = 1 << max(0, math.ceil(math.log2(metres / pixel) - 1e-12))
        if side > _LARGEST:
            raise ValueError(f"cells of {metres} m have {side} pixels at zoom {window.zoom}")
        yield window._replace(row=row, height=stop - row), side
        row = stop


@lru_cache(4096)
def _tile_scale(zoom: int, row: int) -> float:
    """The least scale in a row of tiles, at its edge nearer to a pole."""
    return min(ground_scale(_lat(edge / (1 << zoom))) for edge in (row, row + 1))


def _lat(wy: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * wy))))


def _aligned(window: PixelWindow, side: int) -> PixelWindow:
    """The window widened to whole cells."""
    left, top = window.column // side * side, window.row // side * side
    right, bottom = (-(-end // side) * side for end in (window.column + window.width, window.row + window.height))
    return window._replace(column=left, row=top, width=right - left, height=bottom - top)


def _inner(grid: NDArray[Any], wide: PixelWindow, window: PixelWindow) -> NDArray[Any]:
    top, left = window.row - wide.row, window.column - wide.column
    return grid[top : top + window.height, left : left + window.width]


def _spread(grid: NDArray[Any], side: int) -> NDArray[Any]:
    return np.repeat(np.repeat(grid, side, 0), side, 1) if side > 1 else grid


def _means(read: ReadBlock, window: PixelWindow, side: int) -> Pixels | None:
    """The window with every pixel the mean of its cell; colours weighted by alpha, heights of what is known."""
    wide = _aligned(window, side)
    pixels = read(wide)
    if pixels is None:
        return None
    from pipeline.kernels.reduce import reduce_heights, reduce_rgba

    while pixels.shape[0] * side > wide.height:
        out = np.empty((pixels.shape[0] // 2, pixels.shape[1] // 2, *pixels.shape[2:]), pixels.dtype)
        (reduce_rgba if pixels.ndim == 3 else reduce_heights)(np.ascontiguousarray(pixels), out)
        pixels = out
    return np.ascontiguousarray(_inner(_spread(pixels, side), wide, window))


def _joined(window: PixelWindow, parts: Sequence[tuple[PixelWindow, Pixels | None]]) -> Pixels | None:
    known = next((pixels for _rows, pixels in parts if pixels is not None), None)
    if known is None or len(parts) == 1:
        return known
    nothing = np.nan if known.ndim == 2 else 0
    whole = np.full((window.height, window.width, *known.shape[2:]), nothing, known.dtype)
    for rows, pixels in parts:
        if pixels is not None:
            whole[rows.row - window.row : rows.row - window.row + rows.height] = pixels
    return whole


def _touched(mask: RasterMask, window: PixelWindow, side: int) -> NDArray[np.bool_]:
    """Which cells of a window meet the area: boxes are divided while the area's border runs through them."""
    import shapely

    rows, columns = window.height // side, window.width // side
    found = np.zeros((rows, columns), np.bool_)
    pixel = 1.0 / (window.tile_size << window.zoom)
    area = _world(mask.area, mask.margin * pixel)
    size = 1 << max(0, max(rows, columns) - 1).bit_length()
    y, x = np.zeros(1, np.int64), np.zeros(1, np.int64)
    while len(x):
        left, top = window.column + x * side, window.row + y * side
        boxes = shapely.box(left * pixel, top * pixel, (left + size * side) * pixel, (top + size * side) * pixel)
        with _ONE:
            meets = shapely.intersects(area, boxes)
            full = meets & (shapely.covers(area, boxes) if size > 1 else True)
        for i, j in zip(y[full].tolist(), x[full].tolist(), strict=True):
            found[i : i + size, j : j + size] = True
        y, x = y[meets & ~full], x[meets & ~full]
        size //= 2
        y = np.concatenate([y, y, y + size, y + size])
        x = np.concatenate([x, x + size, x, x + size])
        inside = (y < rows) & (x < columns)
        y, x = y[inside], x[inside]
    return found


@lru_cache(64)
def _world(area: Geometry, margin: float) -> Geometry:
    """The area in world units, x from 180° W east, y from 85.05° N south, widened by `margin`; prepared."""
    import shapely

    def place(lnglat: NDArray[np.float64]) -> NDArray[np.float64]:
        lat = np.radians(np.clip(lnglat[:, 1], -_LAST, _LAST))
        return np.column_stack([lnglat[:, 0] / 360 + 0.5, 0.5 - np.arcsinh(np.tan(lat)) / (2 * np.pi)])

    world = shapely.transform(shapely.segmentize(shapely.make_valid(area), _SIDE), place)
    world = shapely.buffer(world, margin) if margin else world
    shapely.prepare(world)
    return world
