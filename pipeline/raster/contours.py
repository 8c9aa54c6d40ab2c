"""Contours as features for the vector engine: whole lines with their height, each at the zooms that have room for it.

A line's class depends on the interval of the zoom, so a line of 500 m may be a plain one at zoom 11 and a main one at
12. It is then two features of one shape, which no zoom shows together: `first_zoom` and `last_zoom` say which do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.kernels.mercator import WORLD, unproject
from pipeline.raster.contour_lines import BLOCK, HeightGrid, Lines, contour_lines, tidied
from pipeline.raster.contour_rules import MILLIMETRES, ContourRules
from pipeline.raster.grid import HALF
from pipeline.types import LINE, OPEN, Bounds, FeatureBatch, Geometries, PixelWindow, Tally

SMALL_RINGS: Final = "small-contours"  # the kind of what is left out in a tally
ZOOMS: Final = ("first_zoom", "last_zoom")  # fields that the engine looks at and no tile holds
WHERE: Final = "zoom >= first_zoom AND zoom <= last_zoom"
_FOOT: Final = 0.3048  # metres, exactly (international foot, 1959)
_VERTICES: Final = 1 << 20  # of a batch, about


@dataclass(slots=True)
class Drawn:
    """Whether heights that were read to their end had anything to draw; a damaged file is another matter."""

    features: int = 0
    reading: int = 0  # layers

    @property
    def nothing(self) -> bool:
        """Whether everything was read, and there is no feature."""
        return not self.features and not self.reading

    def through(self, batches: Iterable[FeatureBatch]) -> Iterator[FeatureBatch]:
        """The same batches, counted."""
        self.reading += 1
        for batch in batches:
            self.features += batch.geometries.features
            yield batch
        self.reading -= 1


def source_window(bounds: Bounds, pixel: float, margin: int = 0) -> PixelWindow:
    """The window of all samples of a grid of world pixels as close as the source's own: `pixel` metres of EPSG:3857.

    `bounds` in the same metres; `margin` pixels more on each side. The grid divides the world evenly, so it does not
    depend on where the source lies.
    """
    side = max(round(2 * HALF / pixel), 1)
    west, south, east, north = bounds
    left, right = ((value + HALF) / (2 * HALF) * side for value in (west, east))
    top, bottom = ((HALF - value) / (2 * HALF) * side for value in (north, south))
    column, row = max(math.floor(left) - margin, 0), max(math.floor(top) - margin, 0)
    last_column, last_row = min(math.ceil(right) + margin, side), min(math.ceil(bottom) + margin, side)
    return PixelWindow(0, side, column, row, max(last_column - column, 0), max(last_row - row, 0))


def contour_batches(
    grid: HeightGrid, rules: ContourRules, tally: Tally, *, block: int = BLOCK, threads: int = 1
) -> Iterator[FeatureBatch]:
    """Contours of all heights; fields `ele` (m; integers where all heights are whole), `index` (0, 1, 2) and `ZOOMS`.

    With `rules.feet` also `ele_ft`, to the nearest foot where metres are whole, else to a hundredth. Rings around less
    than `rules.smallest` are left out and counted in `tally`. `WHERE` is the filter of the layer.
    """
    for lines in contour_lines(grid, rules, block=block, threads=threads):
        kept, numbers = tidied(lines, rules.smallest)
        if len(numbers) < len(lines.levels):
            left_out = np.setdiff1d(np.arange(len(lines.levels)), numbers, assume_unique=True)
            tally.add(SMALL_RINGS, len(left_out), _told(lines, int(left_out[0]), grid.window))
        del lines
        yield from (_batch(part, grid.window, rules) for part in _parts(kept))
        del kept


def _told(lines: Lines, number: int, window: PixelWindow) -> str:
    """A line by its height and a place on it."""
    at = lines.offsets[number : number + 1]
    (lng,), (lat,) = degrees(lines.x[at], lines.y[at], window)
    return f"{lines.levels[number] / MILLIMETRES:g} m, {lng:.5f} {lat:.5f}"


def _parts(lines: Lines) -> Iterator[Lines]:
    """The lines, some at a time."""
    number = lines.offsets[:-1] // _VERTICES
    for each in np.unique(number):
        yield lines.where(number == each)


def _batch(lines: Lines, window: PixelWindow, rules: ContourRules) -> FeatureBatch:
    levels, inverse = np.unique(lines.levels, return_inverse=True)
    shown = [list(rules.appearances(level)) for level in levels.tolist()]
    counts = np.array([len(each) for each in shown], np.int64)
    begins = np.cumsum(counts) - counts
    table = np.array([row for each in shown for row in each], np.int64).reshape(-1, 3)
    rows = np.repeat(np.arange(len(inverse)), counts[inverse])  # a line for each of its appearances
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(counts[inverse]) - counts[inverse], counts[inverse])
    first, last, index = table[begins[inverse[rows]] + nth].T
    several = _taken(lines, rows)
    lng, lat = degrees(several.x, several.y, window)
    n = len(rows)
    each = np.arange(n + 1, dtype=np.int64)
    geometries = Geometries(np.full(n, LINE, np.uint8), each, several.offsets, np.full(n, OPEN, np.uint8), lng, lat)
    whole = all(step.millimetres % MILLIMETRES == 0 for step in rules.steps)
    ele = several.levels // MILLIMETRES if whole else several.levels / MILLIMETRES
    fields: dict[str, NDArray[Any]] = {"ele": ele, "index": index}
    if rules.feet:
        feet = several.levels / (MILLIMETRES * _FOOT)
        fields["ele_ft"] = np.round(feet).astype(np.int64) if whole else np.round(feet, 2)
    return FeatureBatch(geometries, table_of(fields | dict(zip(ZOOMS, (first, last), strict=True))))


def _taken(lines: Lines, rows: NDArray[np.int64]) -> Lines:
    """Lines by number, some of them several times."""
    lengths = np.diff(lines.offsets)[rows]
    offsets = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    at = np.arange(offsets[-1]) + np.repeat(lines.offsets[rows] - offsets[:-1], lengths)
    return Lines(lines.levels[rows], offsets, lines.x[at], lines.y[at])


def degrees(
    x: NDArray[np.float64], y: NDArray[np.float64], window: PixelWindow
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude of places in samples from the middle of a window's first pixel."""
    unit = WORLD / (window.tile_size << window.zoom)
    lng, lat = np.empty(len(x)), np.empty(len(y))
    unproject((x + (window.column + 0.5)) * unit, (y + (window.row + 0.5)) * unit, lng, lat)
    return lng, lat


def table_of(fields: dict[str, NDArray[Any]]) -> pa.Table:
    """A table of number columns; `pa.array` would import pandas where it is installed."""
    columns: Sequence[pa.Array] = [
        pa.Array.from_buffers(
            pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(np.ascontiguousarray(values))]
        )
        for values in fields.values()
    ]
    return pa.Table.from_arrays(columns, names=list(fields))
