"""Heights, block by block → whole lines: contourpy draws in each block, and what it cuts is put together again.

A block shares its last row and column with the next one, and contourpy computes a point where a line crosses the edge
between two samples from these two alone, so the ends of two pieces that belong together are equal bit for bit. Lines
that are whole leave at once; only those that cross the front between the strips done and to come are held.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.i18n import _
from pipeline.kernels.chain import chain, tidy
from pipeline.raster.contour_rules import MILLIMETRES, ContourRules
from pipeline.raster.smooth import reach, smooth
from pipeline.types import PixelWindow

_MOST: Final = 10_000  # heights drawn in one window: one metre apart from the sea to the highest summit
ReadHeights = Callable[[PixelWindow], NDArray[np.float32] | None]

BLOCK: Final = 512  # samples that are read and smoothed at once
_WINDOW: Final = (
    128  # samples drawn at once; contourpy looks through all of them for each height: 5.0 s, 6.3 s with 512
)

# Lines are drawn this much below their height, so that a sample on the very height of a line is above it. Flats then
# have a line around them where the land falls away and none inside, and a line passes no sample: it can neither fork
# nor touch another. A millimetre keeps the points on the edges around a sample apart (10⁻⁶ samples beside a cliff of
# 1000 m), and 2⁻⁴⁰ more is a height that float32 does not have.
BELOW: Final = 2.0**-10 + 2.0**-40  # metres
_NEAREST: Final = 2.0**-6  # samples; nearer vertices come from lines that pass beside a sample


class Lines(NamedTuple):
    """Lines of one height each, the higher ground on their right as one walks along them on a map.

    x east and y south in samples from the middle of the grid's first one. A line that ends where it begins is a ring.
    """

    levels: NDArray[np.int64]  # [lines] millimetres
    offsets: NDArray[np.int64]  # [lines + 1] into x, y
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    def where(self, wanted: NDArray[np.bool_]) -> Lines:
        """Some of the lines, [lines]."""
        lengths = np.diff(self.offsets)
        vertices = np.repeat(wanted, lengths)
        return Lines(self.levels[wanted], _offsets(lengths[wanted]), self.x[vertices], self.y[vertices])

    @property
    def rings(self) -> NDArray[np.bool_]:
        """Which lines end where they begin, [lines]."""
        first, last = self.offsets[:-1], self.offsets[1:] - 1
        return np.asarray((self.x[first] == self.x[last]) & (self.y[first] == self.y[last]))


@dataclass(frozen=True, slots=True)
class HeightGrid:
    """Heights to be read: `read` gives float32 [rows, cols] in metres, NaN = unknown, for windows inside `window`.

    It may be called in any thread, and gives a sample the same height whichever window asks for it.
    """

    window: PixelWindow
    read: ReadHeights


def contour_lines(grid: HeightGrid, rules: ContourRules, *, block: int = BLOCK, threads: int = 1) -> Iterator[Lines]:
    """All lines that the rules ask for, strip by strip; the lines depend neither on `block` nor on `threads`.

    Memory: the lines that cross a front from west to east, and `threads` + 2 blocks.
    """
    window = grid.window
    held = _none()
    with ThreadPoolExecutor(threads, thread_name_prefix="contours") as pool:
        ahead: deque[tuple[int, Future[list[Lines]]]] = deque()
        jobs = (
            (row, column) for row in range(0, window.height - 1, block) for column in range(0, window.width - 1, block)
        )
        pieces: list[Lines] = []
        front = 0
        try:
            while True:
                while len(ahead) < threads + 2 and (job := next(jobs, None)) is not None:
                    ahead.append(
                        (min(job[0] + block, window.height - 1), pool.submit(_drawn, grid, rules, *job, block))
                    )
                if not ahead or ahead[0][0] != front:  # a strip is complete
                    if pieces:
                        loose = concatenated([held, *pieces])
                        pieces.clear()  # before they are held twice
                        done, held = join(loose, float(front))
                        del loose
                        yield done
                        del done
                    if not ahead:
                        break
                    front = ahead[0][0]
                pieces.extend(ahead.popleft()[1].result())
        finally:
            for _row, future in ahead:
                future.cancel()
    if len(held.levels):  # of lines that touch the last row
        yield held


def tidied(lines: Lines, smallest: float) -> tuple[Lines, NDArray[np.int64]]:
    """The lines without vertices on top of each other and without rings around less than `smallest` square samples.

    Also which lines these are.
    """
    kept, offsets = np.empty(len(lines.levels), np.int64), np.empty(len(lines.offsets), np.int64)
    x, y = np.empty(len(lines.x)), np.empty(len(lines.y))
    n = tidy(lines.offsets, lines.x, lines.y, _NEAREST, float(smallest), kept, offsets, x, y)
    kept = kept[:n].copy()
    return Lines(lines.levels[kept], offsets[: n + 1].copy(), x[: offsets[n]], y[: offsets[n]]), kept


def join(lines: Lines, front: float) -> tuple[Lines, Lines]:
    """Whole lines, and those that end in the row `front` and may go on beyond it."""
    first, last = lines.offsets[:-1], lines.offsets[1:] - 1
    follower = np.full(len(lines.levels), -1, np.int64)
    loose = np.flatnonzero(~lines.rings)
    # Ends and beginnings in one order: where an end stands right before an equal beginning, the lines are one.
    ends = np.concatenate([last[loose], first[loose]])
    begins = np.repeat(np.array([0, 1]), len(loose))
    owner = np.tile(loose, 2)
    keys = (lines.levels[owner], lines.x[ends], lines.y[ends])
    order = np.lexsort((owner, begins, *reversed(keys)))
    a, b = order[:-1], order[1:]
    meet = (begins[a] == 0) & (begins[b] == 1)
    for key in keys:
        meet &= key[a] == key[b]
    follower[owner[a[meet]]] = owner[b[meet]]
    whole = _chained(lines, follower)
    y = whole.y
    first, last = whole.offsets[:-1], whole.offsets[1:] - 1
    # A point between two samples of one row is on it but for rounding.
    waiting = ~whole.rings & ((np.abs(y[first] - front) < 1e-6) | (np.abs(y[last] - front) < 1e-6))
    return whole.where(~waiting), whole.where(waiting)


def _chained(lines: Lines, follower: NDArray[np.int64]) -> Lines:
    piece, offsets = np.empty(len(lines.levels), np.int64), np.empty(len(lines.offsets), np.int64)
    x, y = np.empty(len(lines.x)), np.empty(len(lines.y))
    n = chain(follower, lines.offsets, lines.x, lines.y, piece, offsets, x, y)
    return Lines(lines.levels[piece[:n]], offsets[: n + 1], x[: offsets[n]], y[: offsets[n]])


def concatenated(parts: Sequence[Lines]) -> Lines:
    """All of them, in this order."""
    return Lines(
        np.concatenate([each.levels for each in parts]),
        _offsets(np.concatenate([np.diff(each.offsets) for each in parts])),
        np.concatenate([each.x for each in parts]),
        np.concatenate([each.y for each in parts]),
    )


def _none() -> Lines:
    return Lines(np.empty(0, np.int64), np.zeros(1, np.int64), np.empty(0), np.empty(0))


def _offsets(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    out = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=out[1:])
    return out


def _drawn(grid: HeightGrid, rules: ContourRules, row: int, column: int, block: int) -> list[Lines]:
    """The lines of one block, in pieces no larger than `_WINDOW`."""
    found = _samples(grid, rules, row, column, block)
    if found is None:
        return []
    heights, x, y = found
    out: list[Lines] = []
    for top in range(0, len(y) - 1, _WINDOW):
        for left in range(0, len(x) - 1, _WINDOW):
            down, right = slice(top, top + _WINDOW + 1), slice(left, left + _WINDOW + 1)
            out.extend(_pieces(heights[down, right], x[right], y[down], rules))
    return out


def _pieces(
    heights: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], rules: ContourRules
) -> Iterator[Lines]:
    """The lines of a window as contourpy draws them, those of each height together."""
    low, high = float(np.fmin.reduce(heights, axis=None)), float(np.fmax.reduce(heights, axis=None))  # NaN: none known
    levels = rules.levels(low, high) if low <= high else np.empty(0, np.int64)
    if not len(levels):
        return
    if len(levels) > _MOST:
        raise UsageError(
            _("There are {n:,} contours between {low:.0f} and {high:.0f} m, side by side.").format(
                n=len(levels), low=low, high=high
            ),
            expected=_("{most:,} at most").format(most=_MOST),
            hint=_("Choose a larger --interval."),
        )
    from contourpy import LineType, contour_generator

    unknown = np.isnan(heights)
    generator: Any = contour_generator(
        x,
        y,
        np.ma.array(heights, mask=unknown) if unknown.any() else heights,
        name="serial",
        corner_mask=False,  # nothing is drawn in cells that have an unknown corner
        line_type=LineType.ChunkCombinedOffset,
    )
    for level in levels.tolist():
        (points,), (offsets,) = generator.lines(level / MILLIMETRES - BELOW)
        if points is not None:
            starts = offsets.astype(np.int64)
            yield Lines(np.full(len(starts) - 1, level), starts, points[:, 0].copy(), points[:, 1].copy())


def _samples(
    grid: HeightGrid, rules: ContourRules, row: int, column: int, block: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None:
    """Heights of the samples from (row, column) to `block` further, both included, and where they are: x, y."""
    window, margin = grid.window, reach(rules.sigma, rules.refine)
    last_row, last_column = min(row + block, window.height - 1), min(column + block, window.width - 1)
    top, left = max(row - margin, 0), max(column - margin, 0)
    bottom, right = min(last_row + margin, window.height - 1), min(last_column + margin, window.width - 1)
    asked = window._replace(
        column=window.column + left, row=window.row + top, width=right - left + 1, height=bottom - top + 1
    )
    heights = grid.read(asked)
    if heights is None:
        return None
    around = ((top - row + margin, last_row + margin - bottom), (left - column + margin, last_column + margin - right))
    padded = np.pad(heights.astype(np.float32, copy=False), around, constant_values=np.nan)
    factor = rules.refine
    fine = smooth(np.ascontiguousarray(padded), rules.sigma, factor)
    # What `smooth` has not taken off of the margin.
    off = (margin - (factor > 1)) * factor
    rows, columns = factor * (last_row - row) + 1, factor * (last_column - column) + 1
    x = np.arange(column * factor, column * factor + columns) / factor
    y = np.arange(row * factor, row * factor + rows) / factor
    return np.ascontiguousarray(fine[off : off + rows, off : off + columns]), x, y
