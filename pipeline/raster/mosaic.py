"""Several pictures as one, read window by window: order, cutlines, faded edges, and any values as colours."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.composite import lay_under
from pipeline.kernels.feather import blend, finish_blend, weigh_edges
from pipeline.raster.handles import Handles
from pipeline.raster.stretch import Limits, Stretch, find_limits
from pipeline.sources.raster import RasterInfo, RasterOptions
from pipeline.sources.raster_windows import Resampling, Windows, colours_of, open_windows
from pipeline.types import Bounds, PixelWindow

if TYPE_CHECKING:
    from shapely import Geometry

    from pipeline.raster.cutline import Cutline

HALF: Final = math.pi * 6378137.0  # metres of EPSG:3857 from the middle of the world to its edge
LAST_ZOOM: Final = 26
# Of a pixel: so much coarser than the source a zoom may be and still be its own. One per cent cannot be seen, and the
# next zoom has four times the pixels. (rio-tiler and GDAL allow for rounding, 1e-8, or take the nearest zoom.)
TOLERANCE: Final = 0.01


@dataclass(frozen=True, slots=True)
class MosaicSource:
    """One picture of a mosaic."""

    info: RasterInfo
    options: RasterOptions | None = None  # None: those that `info` comes from
    priority: float = 0.0  # the highest lies on top; among equals, what is named first
    cutline: Geometry | None = None  # a (multi)polygon in degrees outside of which nothing is shown


@dataclass(frozen=True, slots=True)
class MosaicRules:
    """How pictures become one."""

    resampling: Resampling = "bilinear"  # where the source's pixels are coarser; where they are finer, areas' means
    feather: int = 0  # pixels over which a picture fades into what lies below, towards the edge of what it shows
    stretch: Stretch | None = None  # None: bytes as they are, percentiles 2 to 98 of all other types


class Mosaic:
    """Pictures as one; may be read by several threads at once."""

    def __init__(self, sources: Sequence[MosaicSource], rules: MosaicRules) -> None:
        self._rules = rules
        self._sources = tuple(sources)
        self._order = sorted(range(len(sources)), key=lambda i: (-sources[i].priority, i))
        self._cutlines = _cutlines(sources)
        self.footprints: tuple[Bounds, ...] = tuple(map(_footprint, sources, self._cutlines))
        self._boxes = np.array(self.footprints, np.float64).reshape(-1, 4)
        self.limits = _all_limits(sources, rules)
        self._handles: Handles[Windows] = Handles(self._open)

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north in metres of EPSG:3857."""
        west, south = self._boxes[:, :2].min(axis=0).tolist()
        east, north = self._boxes[:, 2:].max(axis=0).tolist()
        return west, south, east, north

    def max_zoom(self, tile_size: int) -> int:
        """The first zoom whose pixels are no coarser than those of the finest picture, by one per cent at most."""
        finest = min(each.info.pixel for each in self._sources) * (1.0 + TOLERANCE)
        return min(max(0, math.ceil(math.log2(2.0 * HALF / tile_size / finest))), LAST_ZOOM)

    def read(self, window: PixelWindow) -> NDArray[np.uint8] | None:
        """Red, green, blue, alpha [rows, columns, 4], not premultiplied; None where there is nothing in the window.

        Raises InputError when a file turns out to be damaged.
        """
        return self._faded(window) if self._rules.feather else self._stacked(window)

    def close(self) -> None:
        """Close all files."""
        self._handles.close()

    def _stacked(self, window: PixelWindow) -> NDArray[np.uint8] | None:
        canvas: NDArray[np.uint8] | None = None
        opaque = 0
        meeting = self._meeting(window)
        for i in meeting:
            part = _common(window, _pixel_box(self.footprints[i], window, 1))
            picture = None if part is None else self._picture(i, part)
            if part is None or picture is None:
                continue
            if canvas is None and part == window:
                canvas = picture
                opaque = 0 if i == meeting[-1] else int(np.count_nonzero(picture[:, :, 3] == 255))
            else:
                if canvas is None:
                    canvas = np.zeros((window.height, window.width, 4), np.uint8)
                opaque += lay_under(picture, canvas[_place(part, window)])
            if opaque == window.width * window.height:
                break  # nothing shows through
        return canvas

    def _faded(self, window: PixelWindow) -> NDArray[np.uint8] | None:
        n = self._rules.feather
        sums: NDArray[np.float32] | None = None
        around = PixelWindow(
            *window[:2], window.column - n, window.row - n, window.width + 2 * n, window.height + 2 * n
        )
        for i in self._meeting(window):
            # One pixel more than there is, so that the edge is seen, and as much of the surroundings as has a say.
            outer = _common(around, _pixel_box(self.footprints[i], window, 2))
            part = None if outer is None else _common(window, outer)
            picture = None if outer is None or part is None else self._picture(i, outer)
            if outer is None or part is None or picture is None:
                continue
            values, alpha = picture[:, :, :3], np.ascontiguousarray(picture[:, :, 3])
            weights = np.empty(alpha.shape, np.float32)
            weigh_edges(alpha, n, weights)
            if sums is None:
                sums = np.zeros((window.height, window.width, 6), np.float32)
                sums[:, :, 4:] = 1.0
            inner, at = _place(part, outer), _place(part, window)
            blend(values[inner], alpha[inner], weights[inner], sums[at])
            if not sums[:, :, 4].any():
                break
        if sums is None:
            return None
        canvas = np.empty((window.height, window.width, 4), np.uint8)
        finish_blend(sums, canvas)
        return canvas if canvas[:, :, 3].any() else None

    def _meeting(self, window: PixelWindow) -> list[int]:
        """The sources that may show something in a window, from the top."""
        metres = 2.0 * HALF / (window.tile_size << window.zoom)
        west, north = window.column * metres - HALF, HALF - window.row * metres
        east, south = west + window.width * metres, north - window.height * metres
        boxes = self._boxes
        meet = (boxes[:, 0] < east) & (boxes[:, 2] > west) & (boxes[:, 1] < north) & (boxes[:, 3] > south)
        return [i for i in self._order if meet[i]]

    def _picture(self, i: int, window: PixelWindow) -> NDArray[np.uint8] | None:
        """Red, green, blue, alpha [rows, columns, 4] of one source inside its cutline; 0 where there is nothing."""
        windows = self._handles.get(i)
        limits = self.limits.get((windows.dtype.name == "uint8", windows.bands))
        if limits is None:
            picture = windows.colours(window)
        else:
            got = windows.read(window)
            picture = None if got is None else colours_of(limits.apply(got[0].transpose(1, 2, 0), got[1]), got[1])
        cutline = self._cutlines[i]
        if picture is not None and cutline is not None:
            picture *= cutline.inside(window)[:, :, None]
            if not picture[:, :, 3].any():
                return None
        return picture

    def _open(self, i: int) -> Any:
        source = self._sources[i]
        return open_windows(source.info, source.options, resampling=self._rules.resampling)


@contextmanager
def open_mosaic(sources: Sequence[MosaicSource], rules: MosaicRules | None = None) -> Iterator[Mosaic]:
    """Open at least one picture as a mosaic; all files are closed when the context is left. Raises InputError."""
    mosaic = Mosaic(sources, rules or MosaicRules())
    try:
        yield mosaic
    finally:
        mosaic.close()


def _cutlines(sources: Sequence[MosaicSource]) -> list[Cutline | None]:
    """A cutline for each source; one polygon for all of them is prepared once."""
    made: dict[int, Cutline] = {}
    for each in sources:
        if each.cutline is not None and id(each.cutline) not in made:
            from pipeline.raster.cutline import make_cutline  # shapely, which most mosaics do without

            made[id(each.cutline)] = make_cutline(each.cutline)
    return [None if each.cutline is None else made[id(each.cutline)] for each in sources]


def _footprint(source: MosaicSource, cutline: Cutline | None) -> Bounds:
    if cutline is None:
        return source.info.bounds
    west, south, east, north = source.info.bounds
    left, bottom, right, top = cutline.bounds
    west, south = max(west, left), max(south, bottom)
    return west, south, max(west, min(east, right)), max(south, min(north, top))


def _all_limits(sources: Sequence[MosaicSource], rules: MosaicRules) -> dict[tuple[bool, int], Limits]:
    """The limits for files of bytes or of other types, by their bands; none for bytes unless they are asked for."""
    groups: dict[tuple[bool, int], list[tuple[RasterInfo, RasterOptions | None]]] = {}
    for each in sources:
        if not each.info.palette:
            key = (each.info.dtype == "uint8", len(each.info.bands))
            groups.setdefault(key, []).append((each.info, each.options))
    return {
        (bytes_, bands): find_limits(files, bands, rules.stretch or Stretch())
        for (bytes_, bands), files in groups.items()
        if rules.stretch is not None or not bytes_
    }


def _pixel_box(bounds: Bounds, like: PixelWindow, more: int) -> PixelWindow:
    """The pixels that bounds touch, and `more` around them."""
    metres = 2.0 * HALF / (like.tile_size << like.zoom)
    west, south, east, north = bounds
    left, right = math.floor((west + HALF) / metres) - more, math.ceil((east + HALF) / metres) + more
    top, bottom = math.floor((HALF - north) / metres) - more, math.ceil((HALF - south) / metres) + more
    return PixelWindow(like.zoom, like.tile_size, left, top, right - left, bottom - top)


def _common(a: PixelWindow, b: PixelWindow) -> PixelWindow | None:
    left, top = max(a.column, b.column), max(a.row, b.row)
    right, bottom = min(a.column + a.width, b.column + b.width), min(a.row + a.height, b.row + b.height)
    return (
        PixelWindow(a.zoom, a.tile_size, left, top, right - left, bottom - top)
        if left < right and top < bottom
        else None
    )


def _place(part: PixelWindow, whole: PixelWindow) -> tuple[slice, slice]:
    """Where a part lies in the array of the whole."""
    row, column = part.row - whole.row, part.column - whole.column
    return slice(row, row + part.height), slice(column, column + part.width)
