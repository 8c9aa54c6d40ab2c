"""The pixels of a raster on the grid of world pixels, window by window, whichever CRS it is in.

GDAL's own warp takes 53 ns for a pixel of three bands (bilinear; 20 ns nearest), decoding included; the kernels take
8 ns and decoding 6 to 20, and a pixel comes out the same, bit by bit, whichever window asks for it. So GDAL reads and
decodes, exact places come from PROJ on a lattice (`raster_place`), and kernels sample.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.bilinear import bilinear
from pipeline.kernels.box import BROADEST, box_colours
from pipeline.kernels.places import Places, extent_of
from pipeline.kernels.sample import BOX, CUBIC, LANCZOS, NEAREST, Range, Read, sample
from pipeline.sources.raster import RasterInfo, RasterOptions
from pipeline.sources.raster_beyond import Beyond, fill_beyond, values_at
from pipeline.sources.raster_open import open_raster, settings
from pipeline.sources.raster_pixels import PixelReader
from pipeline.sources.raster_place import HALF, Lattice, RasterPlace
from pipeline.types import PixelWindow

Resampling = Literal["nearest", "bilinear", "average", "cubic", "lanczos"]

_METHODS: Final = {"nearest": NEAREST, "bilinear": BOX, "average": BOX, "cubic": CUBIC, "lanczos": LANCZOS}
_REACH: Final = {NEAREST: 1.0, BOX: 1.0, CUBIC: 2.0, LANCZOS: 3.0}  # source pixels to either side of a place
_SLACK: Final = 0.01  # source pixels; up to so much broader, target pixels are not averaged
_PIXELS: Final = 0.01  # source pixels by which the places of pictures may be wrong
_HEIGHTS: Final = 2e-5  # the same where values are to be exact: 0.6 mm where 30 m pixels lie on a slope of 45°
_BYTES: Final = 48 << 20  # of source pixels read at once
_LARGEST: Final = 256  # source pixels; target pixels broader than that are averaged from every nth


@dataclass(frozen=True, slots=True)
class _Level:
    """What is read for a zoom: the raster itself, one of its overviews, or every nth pixel."""

    dataset: Any
    width: int  # pixels
    height: int
    step: int  # pixels of the dataset from one to the next
    method: int
    broadest: float  # pixels that one of the grid measures
    averaging: bool
    lattice: Lattice


class Windows:
    """One open raster. Not to be shared by threads."""

    def __init__(
        self,
        info: RasterInfo,
        dataset: Any,
        resampling: Resampling,
        exact: bool,
        keep: ExitStack,
        beyond: Beyond | None = None,
    ) -> None:
        self._info, self._dataset, self._exact, self._keep = info, dataset, exact, keep
        self._method = _METHODS[resampling]
        self._place = RasterPlace(dataset, info.crs, info.path)
        self._levels: dict[tuple[int, int], _Level] = {}
        self._reader = PixelReader(info, dataset)
        self._beyond = beyond
        self.bands = self._reader.bands
        self.dtype = np.dtype(np.float32) if exact else self._reader.dtype
        floating = np.issubdtype(self.dtype, np.floating)
        limits = None if floating else np.iinfo(self.dtype)
        self._range = Range(-np.inf, np.inf, False) if limits is None else Range(limits.min, limits.max, True)

    def read(self, window: PixelWindow) -> tuple[NDArray[Any], NDArray[np.uint8]] | None:
        """Values [bands, rows, columns] and how opaque they are [rows, columns], 255 … 0 where there is nothing.

        None where there is nothing in all of the window. Raises InputError when the file turns out to be damaged.
        """
        level = self._level(window.zoom, window.tile_size)
        if self._paints(level):
            colours = self.colours(window)
            if colours is None:
                return None
            some = np.ascontiguousarray(colours[:, :, : self.bands])
            return some.transpose(2, 0, 1), np.ascontiguousarray(colours[:, :, 3])
        inner = self._clip(window)
        if inner is None:
            return None
        values = np.zeros((window.height, window.width, self.bands), self.dtype)
        alpha = np.zeros((window.height, window.width), np.uint8)
        x, y = inner.column - window.column, inner.row - window.row
        part = (slice(y, y + inner.height), slice(x, x + inner.width))
        if inner == window:
            found = self._fill(level, inner, values, alpha)
        else:
            some, opaque = (
                np.empty((inner.height, inner.width, self.bands), self.dtype),
                np.empty((inner.height, inner.width), np.uint8),
            )
            found = self._fill(level, inner, some, opaque)
            values[part], alpha[part] = some, opaque
        return (values.transpose(2, 0, 1), alpha) if found else None

    def colours(self, window: PixelWindow) -> NDArray[np.uint8] | None:
        """Red, green, blue and alpha [rows, columns, 4] of a raster of bytes, gray or in three bands; as `read`."""
        level = self._level(window.zoom, window.tile_size)
        if not self._paints(level):
            got = self.read(window)
            return None if got is None else colours_of(got[0].transpose(1, 2, 0), got[1])
        inner = self._clip(window)
        if inner is None:
            return None
        some = np.empty((inner.height, inner.width, 4), np.uint8)
        if not self._paint(level, inner, some):
            return None
        if inner == window:
            return some
        whole = np.zeros((window.height, window.width, 4), np.uint8)
        y, x = inner.row - window.row, inner.column - window.column
        whole[y : y + inner.height, x : x + inner.width] = some
        return whole

    def sampled(self, places: int, side: int = 128) -> NDArray[np.float64]:
        """Values [pixels, bands] that hold something, from about so many squares spread evenly over the raster."""
        width, height = self._info.width, self._info.height
        across = max(1, min(round((places * width / height) ** 0.5), -(-width // side)))
        down = max(1, min(round(places / across), -(-height // side)))
        found = []
        for row in range(down):
            for column in range(across):
                left = max(0, int((column + 0.5) * width / across) - side // 2)
                top = max(0, int((row + 0.5) * height / down) - side // 2)
                box = (left, top, min(left + side, width), min(top + side, height))
                values, opacity = self._reader.read(self._dataset, (width, height), 1, box)
                found.append(values[opacity > 0].astype(np.float64))
        return np.concatenate(found)

    def at(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values of a single band at places in EPSG:3857 metres [n], bilinear; NaN where there are none."""
        size = (self._info.width, self._info.height)
        return values_at(self._place, lambda box: self._reader.read(self._dataset, size, 1, box), x, y)

    def _clip(self, window: PixelWindow) -> PixelWindow | None:
        """The part of a window that the raster can be in: far from it, the bicubic between places means nothing."""
        metres = 2.0 * HALF / (window.tile_size << window.zoom)
        west, south, east, north = self._info.bounds
        aside, beyond = 1 + 0.001 * (east - west) / metres, 1 + 0.001 * (north - south) / metres
        left = max(window.column, int(np.floor((west + HALF) / metres - aside)))
        right = min(window.column + window.width, int(np.ceil((east + HALF) / metres + aside)))
        top = max(window.row, int(np.floor((HALF - north) / metres - beyond)))
        bottom = min(window.row + window.height, int(np.ceil((HALF - south) / metres + beyond)))
        if left >= right or top >= bottom:
            return None
        return window._replace(column=left, row=top, width=right - left, height=bottom - top)

    def _level(self, zoom: int, tile_size: int) -> _Level:
        if (zoom, tile_size) not in self._levels:
            self._levels[zoom, tile_size] = self._choose(zoom, tile_size)
        return self._levels[zoom, tile_size]

    def _choose(self, zoom: int, tile_size: int) -> _Level:
        """The coarsest pixels that are no coarser than the grid's; overviews only where values need not be exact."""
        info, dataset, step = self._info, self._dataset, 1
        finer = 2.0 * HALF / (tile_size << zoom) / max(self._place.pixels)  # source pixels in one of the grid
        if not self._exact and self._reader.lut is None and self._method != NEAREST:
            with settings():
                factors = dataset.overviews(info.bands[0])
            # Many overviews are made of single pixels; four of those are better than one.
            fit = [(factor, i) for i, factor in enumerate(factors) if 2 * factor <= finer * (1.0 + _SLACK)]
            if fit:
                dataset = open_raster(info.path, overview=max(fit)[1])
                self._keep.callback(dataset.close)
        left = finer * dataset.width / info.width
        if left > _LARGEST and self._method != NEAREST:
            step = 1 << int(np.log2(left / (_LARGEST / 2)))
        width, height = max(1, dataset.width // step), max(1, dataset.height // step)
        # An overview's pixels divide the raster evenly; every nth pixel stands for the n pixels around it.
        factor = (
            (info.width / dataset.width, info.height / dataset.height) if step == 1
            else (step * info.width / dataset.width, step * info.height / dataset.height)
        )  # fmt: skip
        lattice = Lattice(self._place, zoom, tile_size, _HEIGHTS if self._exact else _PIXELS, factor)
        broadest = max(lattice.breadth, finer / min(factor))
        averaging = self._method != NEAREST and broadest > 1.0 + _SLACK
        method = BOX if averaging else self._method
        return _Level(dataset, width, height, step, method, broadest, averaging, lattice)

    def _fill(self, level: _Level, window: PixelWindow, values: NDArray[Any], alpha: NDArray[np.uint8]) -> int:
        """Read and sample a window, by halves where it takes too much of the source at once."""
        places = level.lattice.places(window)
        box = self._box(level, places, window)
        if box is None:
            values[:], alpha[:] = 0, 0
            return 0
        left, top = box[:2]
        if self._many(box, window):
            found = 0
            for half, part in _halves(window):
                some = np.empty((half.height, half.width, self.bands), self.dtype)
                opaque = np.empty((half.height, half.width), np.uint8)
                found += self._fill(level, half, some, opaque)
                values[part], alpha[part] = some, opaque
            return found
        source, opacity = self._reader.read(level.dataset, (level.width, level.height), level.step, box)
        across = self._beyond if level.step == 1 else None
        if across is not None and not level.averaging:
            source = fill_beyond(source, opacity, box, self._place, across, only=False)
        read = Read(source, opacity, left, top, level.width, level.height)
        if level.method == BOX and not level.averaging:
            return int(bilinear(read, places, self._range, values, alpha))
        found = int(sample(read, places, level.method, level.averaging, self._range, values, alpha))
        if across is None or not found:
            return found
        # Again as of a raster that reaches further by what boxes look at; where that tells nothing it stays as it is.
        n = math.ceil(level.broadest)
        source = fill_beyond(source, opacity, box, self._place, across, only=True)
        wide = Read(source, opacity, left + n, top + n, level.width + 2 * n, level.height + 2 * n)
        better, known = np.empty_like(values), np.empty_like(alpha)
        sample(wide, places._replace(x=places.x + n, y=places.y + n), BOX, True, self._range, better, known)
        np.copyto(values, better, where=((known > 0) & (alpha > 0))[:, :, None])
        return found

    def _paints(self, level: _Level) -> bool:
        """Whether the fast way of bytes can be taken."""
        bytes_ = self._reader.dtype == self.dtype == np.uint8 and self.bands in (1, 3)
        return bytes_ and level.method == BOX and level.broadest <= BROADEST

    def _paint(self, level: _Level, window: PixelWindow, out: NDArray[np.uint8]) -> int:
        """As `_fill`, of bytes, into [rows, columns, 4]."""
        places = level.lattice.places(window)
        box = self._box(level, places, window)
        if box is None:
            out[:] = 0
            return 0
        if self._many(box, window):
            found = 0
            for half, part in _halves(window):
                some = np.empty((half.height, half.width, 4), np.uint8)
                found += self._paint(level, half, some)
                out[part] = some
            return found
        left, top, right, bottom = box
        pixels = _scratch(bottom - top, right - left)
        size = (level.width, level.height)
        if self._reader.lut is None:
            self._reader.read(level.dataset, size, level.step, box, (pixels[:, :, : self.bands], pixels[:, :, 3]))
            if self.bands == 1:
                pixels[:, :, 1:3] = pixels[:, :, :1]
        else:
            source, opacity = self._reader.read(level.dataset, size, level.step, box)
            pixels[:, :, :3], pixels[:, :, 3] = source, opacity
        read = Read(pixels, pixels[:0, :0, 3], left, top, level.width, level.height)
        return int(box_colours(read, places, level.averaging, out))

    def _many(self, box: tuple[int, int, int, int], window: PixelWindow) -> bool:
        """Whether so many pixels are better read in two parts."""
        left, top, right, bottom = box
        size = (right - left) * (bottom - top) * (self.bands * self._reader.dtype.itemsize + 1)
        return size > _BYTES and (window.width > 1 or window.height > 1)

    def _box(self, level: _Level, places: Places, window: PixelWindow) -> tuple[int, int, int, int] | None:
        """The pixels of a level that a window needs, with one more all round, which may lie outside of it."""
        west, north, east, south = extent_of(places, window.height, window.width)
        if west > east:
            return None
        reach = _REACH[level.method] + 2.0
        if level.averaging:
            reach += level.broadest
        most = math.ceil(level.broadest) if self._beyond is not None and level.averaging else 1  # beyond the edge
        left, right = math.floor(max(west - reach, -most)), math.ceil(min(east + reach, level.width + most))
        top, bottom = math.floor(max(north - reach, -most)), math.ceil(min(south + reach, level.height + most))
        if left >= level.width or top >= level.height or right <= 0 or bottom <= 0:
            return None
        return left, top, max(right, left + 3), max(bottom, top + 3)


@contextmanager
def open_windows(
    info: RasterInfo,
    options: RasterOptions | None = None,
    *,
    resampling: Resampling = "bilinear",
    exact: bool = False,
    beyond: Beyond | None = None,
) -> Iterator[Windows]:
    """Open a raster for reading windows on the grid of world pixels, in one thread.

    Where its pixels are finer than the grid's, their area is averaged (but with "nearest"); where they are coarser,
    they are interpolated as `resampling` says. `exact`, for heights: values are float32, places right to 2/100,000 of a
    source pixel, and overviews are not used; `beyond` says what others know beyond the edge. With `options` other than
    those that `info` comes from, the file is described again. Raises InputError.
    """
    if options is not None and options != info.options:
        from pipeline.sources.raster import describe_raster

        info = describe_raster(info.path, options)
    with ExitStack() as keep:
        dataset = open_raster(info.path)
        keep.callback(dataset.close)  # leaving it as a context would end the environment of whichever thread does
        with settings():  # where none are in force GDAL says its errors aloud
            windows = Windows(info, dataset, resampling, exact, keep, beyond)
        yield windows


def colours_of(values: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Red, green, blue, alpha [rows, columns, 4] of bytes [rows, columns, 3], or gray ones, and their opacity."""
    found = np.empty((*alpha.shape, 4), np.uint8)
    found[:, :, :3] = values if values.shape[2] == 3 else values[:, :, :1]
    found[:, :, 3] = alpha
    return found


_LOCAL = threading.local()


def _scratch(rows: int, columns: int) -> NDArray[np.uint8]:
    """Memory [rows, columns, 4] of this thread, until it asks again: fresh pages cost as much as filling them."""
    known: NDArray[np.uint8] | None = getattr(_LOCAL, "pixels", None)
    if known is None or known.size < rows * columns * 4:
        known = _LOCAL.pixels = np.empty(rows * columns * 4, np.uint8)
    return known[: rows * columns * 4].reshape(rows, columns, 4)


def _halves(window: PixelWindow) -> Iterator[tuple[PixelWindow, tuple[slice, slice]]]:
    """A window's two halves, and where they lie in it."""
    if window.height >= window.width:
        n = window.height // 2
        yield window._replace(height=n), (slice(0, n), slice(None))
        yield window._replace(row=window.row + n, height=window.height - n), (slice(n, None), slice(None))
    else:
        n = window.width // 2
        yield window._replace(width=n), (slice(None), slice(0, n))
        yield window._replace(column=window.column + n, width=window.width - n), (slice(None), slice(n, None))
