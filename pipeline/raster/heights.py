"""Elevation files of any kind as one plane of heights in metres, block by block.

Every file is read at the exact place of each world pixel. Where several know a height, the one with the highest
priority says it, then the one named first; towards the edge of a file heights are interpolated to those of the next.
Heights that cannot be are counted and become voids; small voids are filled.
All of that looks at a rim around the block, so a pixel has the same height whichever block it is read in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.raster.grid import HALF
from pipeline.raster.handles import Handles
from pipeline.raster.plan import LAST_ZOOM
from pipeline.sources.height_units import METRE, metres_of, unit_named
from pipeline.sources.raster import RasterInfo, RasterOptions
from pipeline.sources.raster_windows import Windows, open_windows
from pipeline.types import Bounds, PixelWindow, Tally

Floats = NDArray[np.float64]

LOWEST: Final = -500.0  # metres: below the shore of the Dead Sea
HIGHEST: Final = 9000.0  # metres: above Qomolangma
IMPLAUSIBLE: Final = "implausible-heights"  # the kind of fault in a tally
_FINER: Final = 0.01  # of a pixel: so much coarser than the source a zoom may be and still be its own, as for pictures


@dataclass(frozen=True, slots=True)
class HeightSource:
    """One elevation file."""

    info: RasterInfo
    options: RasterOptions | None = None  # None: those that `info` comes from
    priority: float = 0.0  # the higher one says the height
    unit: str | None = None  # of the heights, instead of what the file names


@dataclass(frozen=True, slots=True)
class HeightRules:
    """What is believed, and what is filled."""

    lowest: float = LOWEST  # metres
    highest: float = HIGHEST
    void_span: int = 32  # pixels of the largest zoom: voids of at most this width and height are filled; 0: none
    void_cells: int = 512  # … that have at most so many pixels


@dataclass(slots=True)
class _Fault:
    """How many heights of a file cannot be, and the one that lies first."""

    count: int = 0
    place: tuple[int, int, int] | None = None  # zoom, row, column
    value: float = 0.0
    side: int = 0  # pixels of the world


class Heights:
    """All files together; `read` may be called from several threads at once."""

    def __init__(self, sources: Sequence[HeightSource], rules: HeightRules) -> None:
        self.sources = sorted(sources, key=lambda each: -each.priority)  # stable: then the order given
        self.rules = rules
        self._scales, self._offsets = zip(*(_scale(each) for each in self.sources), strict=True)
        self._handles: Handles[Windows] = Handles(self._open)
        self._lock = Lock()
        self._faults = [_Fault() for _ in self.sources]
        self.filled = 0  # pixels of voids, counted wherever they were read

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north of all files in metres of EPSG:3857."""
        west, south, east, north = zip(*(each.info.bounds for each in self.sources), strict=True)
        return min(west), min(south), max(east), max(north)

    @property
    def margin(self) -> int:
        """How many pixels beyond a file's edge its heights reach: through filled voids, and through interpolation."""
        return self.rules.void_span + 2

    def reach(self, zoom: int, tile_size: int) -> int:
        """The same at a zoom, with the half pixel over which a file beside it is interpolated towards its heights."""
        coarsest = max(each.info.pixel for each in self.sources)
        return self.margin + math.ceil(coarsest * (tile_size << zoom) / (2 * HALF))

    def max_zoom(self, tile_size: int) -> int:
        """The first zoom whose pixels are no coarser than those of the finest file, by one per cent at most."""
        finest = min(each.info.pixel for each in self.sources) * (1 + _FINER)
        return min(max(0, math.ceil(math.log2(2 * HALF / tile_size / finest))), LAST_ZOOM)

    def tally(self) -> Tally:
        """The faults so far, by kind, with the first one's place."""
        tally = Tally()
        for source, fault in zip(self.sources, self._faults, strict=True):
            if fault.place is not None:
                _zoom, row, column = fault.place
                lng = (column + 0.5) / fault.side * 360 - 180
                lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (row + 0.5) / fault.side))))
                sample = f"{source.info.path.name}: {fault.value:.1f} m, {lng:.5f} {lat:.5f}"
                tally.add(IMPLAUSIBLE, fault.count, sample)
        return tally

    def unbelieved(self) -> InputError:
        """The error where all heights that there are lie beyond what is believed."""
        tally = self.tally()
        return InputError(
            _("No height is believed: {n:,} lie beyond {low:g} to {high:g} m.").format(
                n=tally.counts[IMPLAUSIBLE], low=self.rules.lowest, high=self.rules.highest
            ),
            where=tally.samples[IMPLAUSIBLE],
            expected=_("heights in metres, or in the unit that is named"),
            hint=_("Look at the unit of the values and at the one that means nodata; --unit, --nodata, --plausible."),
        )

    def read(self, window: PixelWindow) -> NDArray[np.float32] | None:
        """Metres [rows, columns], NaN where nothing is known; None where that is everywhere.

        Raises InputError where a file cannot be read.
        """
        rim = self.rules.void_span + 1 if self.rules.void_span and self.rules.void_cells else 0
        wide = PixelWindow(
            window.zoom, window.tile_size, window.column - rim, window.row - rim,
            window.width + 2 * rim, window.height + 2 * rim,
        )  # fmt: skip
        heights = self._first(wide, rim)
        if heights is None:
            return None
        inner = heights[rim : rim + window.height, rim : rim + window.width]
        if rim and np.isnan(heights).any():
            before = int(np.isnan(inner).sum())
            if before < inner.size or not np.isnan(heights).all():
                self._fill(heights)
            with self._lock:
                self.filled += before - int(np.isnan(inner).sum())
        return None if np.isnan(inner).all() else np.ascontiguousarray(inner)

    def close(self) -> None:
        """Close all files."""
        self._handles.close()

    def _first(self, window: PixelWindow, rim: int) -> NDArray[np.float32] | None:
        """The height that the first file knows; all of them where files beyond its bounds are not asked."""
        found: NDArray[np.float32] | None = None
        for number in range(len(self.sources)):
            if found is not None and not np.isnan(found).any():
                break
            part = self._of(number, window, rim)
            if part is None:
                continue
            if found is None:
                found = part
            else:
                np.copyto(found, part, where=np.isnan(found))
        return found

    def _of(self, number: int, window: PixelWindow, rim: int) -> NDArray[np.float32] | None:
        """The plausible heights of one file."""
        if not _meet(window, self.sources[number].info.bounds):
            return None
        got = self._handles.get(number).read(window)
        if got is None:
            return None
        values, mask = got
        if not mask.any():
            return None
        heights: NDArray[np.float32] = np.multiply(values[0], self._scales[number], dtype=np.float32)
        if self._offsets[number]:
            heights += self._offsets[number]
        heights[mask == 0] = np.nan
        self._refuse(number, heights, window, rim)
        return heights

    def _refuse(self, number: int, heights: NDArray[np.float32], window: PixelWindow, rim: int) -> None:
        """Make heights that cannot be voids, and what interpolation made of them."""
        from pipeline.kernels.fill_voids import spread_faults

        marks: NDArray[np.uint8] = np.empty(heights.shape, np.uint8)
        side = window.tile_size << window.zoom
        reach = math.ceil(self.sources[number].info.pixel * side / (2 * HALF)) + 1
        there = heights.copy() if not _plausible(heights, self.rules) else None
        if there is None or not spread_faults(heights, self.rules.lowest, self.rules.highest, reach, marks):
            return
        inner = marks[rim : marks.shape[0] - rim, rim : marks.shape[1] - rim]
        if not inner.any():
            return
        row, column = (int(k) + rim for k in np.unravel_index(int(inner.argmax()), inner.shape))
        place = (window.zoom, window.row + row, window.column + column)
        with self._lock:
            fault = self._faults[number]
            fault.count += int(inner.sum())
            if fault.place is None or place < fault.place:
                fault.place, fault.value, fault.side = place, float(there[row, column]), side

    def _fill(self, heights: NDArray[np.float32]) -> None:
        from pipeline.kernels.fill_voids import fill_voids

        rules = self.rules
        slot, queue = (np.empty(heights.size, np.int32) for _ in range(2))
        fill_voids(heights, rules.void_span, rules.void_cells, slot, queue, np.empty(rules.void_cells))

    def _open(self, number: int) -> AbstractContextManager[Windows]:
        source = self.sources[number]
        beyond = partial(self._others, number) if len(self.sources) > 1 else None
        return open_windows(source.info, source.options, resampling="bilinear", exact=True, beyond=beyond)

    def _others(self, number: int, x: Floats, y: Floats) -> Floats:
        """What other files know at places beyond the edge of one, as it stores them: heights go on across edges."""
        found = np.full(x.shape, np.nan)
        for other, source in enumerate(self.sources):
            west, south, east, north = source.info.bounds
            asked = np.isnan(found) & (x >= west) & (x <= east) & (y >= south) & (y <= north)
            if other == number or not asked.any():
                continue
            metres = self._handles.get(other).at(x[asked], y[asked]) * float(self._scales[other])
            metres += float(self._offsets[other])
            with np.errstate(invalid="ignore"):
                metres[(metres < self.rules.lowest) | (metres > self.rules.highest)] = np.nan
            found[asked] = metres
        return (found - float(self._offsets[number])) / float(self._scales[number])


@contextmanager
def open_heights(sources: Sequence[HeightSource], rules: HeightRules | None = None) -> Iterator[Heights]:
    """All files as one plane of heights; they are closed when the context is left.

    Raises UsageError for rules that contradict themselves, InputError for files without a single band or whose unit is
    none of height.
    """
    rules = rules or HeightRules()
    if not sources:
        raise UsageError(_("No elevation file was given."), hint=_("Name at least one file."))
    if not rules.lowest < rules.highest:
        raise UsageError(
            _("No height lies between {lowest} and {highest} m.").format(lowest=rules.lowest, highest=rules.highest),
            expected=_("a lowest plausible height below the highest"),
            hint=_("Correct the plausible heights."),
        )
    if not (0 <= rules.void_span <= 512 and 0 <= rules.void_cells <= 512**2):
        raise UsageError(
            _("Voids of {span} pixels are too large to be filled.").format(span=rules.void_span),
            expected=_("from 0 to {most} pixels").format(most=512),
            hint=_("Fill large voids with another elevation file: name it after the first one."),
        )
    for source in sources:
        if len(source.info.bands) != 1 or source.info.palette:
            raise InputError(
                _("The file has {count} bands; heights are one.").format(count=len(source.info.bands)),
                where=str(source.info.path),
                expected=_("a single band of heights"),
                hint=_("Choose a band, or tile the file as imagery."),
            )
    heights = Heights(sources, rules)
    try:
        yield heights
    finally:
        heights.close()


def _scale(source: HeightSource) -> tuple[np.float32, np.float32]:
    """Metres are what a file stores, times the first, plus the second."""
    metres = _metres(source)
    return np.float32(metres * source.info.scale), np.float32(metres * source.info.offset)


def _metres(source: HeightSource) -> float:
    """Metres per unit of a file: of what was said, of its band, of its vertical reference system; else metres."""
    if source.unit is not None:
        return metres_of(source.unit)
    if source.info.unit is None or not source.info.unit.strip():
        return _vertical_metres(source.info.crs)
    known = unit_named(source.info.unit)
    if known is None:
        raise InputError(
            _("The file says that its values are in {unit}.").format(unit=source.info.unit),
            where=str(source.info.path),
            expected=_("a unit of height"),
            hint=_("If they are heights, say in which unit."),
        )
    return metres_of(known)


def _vertical_metres(crs: str) -> float:
    """Metres per unit of the vertical part of a compound reference system; 1 where it has none."""
    from pyproj import CRS

    for part in CRS(crs).sub_crs_list:
        if part.is_vertical:
            return float(part.axis_info[0].unit_conversion_factor)
    return metres_of(METRE)


def _plausible(heights: NDArray[np.float32], rules: HeightRules) -> bool:
    """Whether none is beyond the bounds; quicker than the kernel where all is well."""
    if np.isnan(heights).all():
        return True
    return bool(np.nanmin(heights) >= rules.lowest and np.nanmax(heights) <= rules.highest)


def _meet(window: PixelWindow, bounds: Bounds) -> bool:
    """Whether a file's bounds, with a pixel around them, meet a window."""
    pixel = 2 * HALF / (window.tile_size << window.zoom)
    west, north = window.column * pixel - HALF, HALF - window.row * pixel
    east, south = west + window.width * pixel, north - window.height * pixel
    return (
        west - pixel < bounds[2]
        and bounds[0] < east + pixel
        and south - pixel < bounds[3]
        and bounds[1] < north + pixel
    )
