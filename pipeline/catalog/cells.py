"""Sets of grid cells, as runs of cell numbers: row by row from the north-west, row · 2^18 + column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.catalog.grid import SIDE, ZOOM, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A set of cells. Runs are in order, do not touch, and may go on from the end of a row into the next one."""

    starts: Integers  # [runs] the first cell of each run
    stops: Integers  # [runs] the cell after its last

    def __len__(self) -> int:
        return int((self.stops - self.starts).sum())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Cells):
            return NotImplemented
        return np.array_equal(self.starts, other.starts) and np.array_equal(self.stops, other.stops)

    __hash__ = None  # type: ignore[assignment]  # arrays have none

    def __or__(self, other: Cells) -> Cells:
        return union(self, other)

    def __and__(self, other: Cells) -> Cells:
        return _where((self.starts, self.stops, 1), (other.starts, other.stops, 2), depths=(3,))

    def __sub__(self, other: Cells) -> Cells:
        return _where((self.starts, self.stops, 1), (other.starts, other.stops, 2), depths=(1,))

    def by_row(self) -> tuple[Integers, Integers, Integers]:
        """Row, first column and column after the last of each run [n], divided where a row ends."""
        first, last = self.starts >> ZOOM, (self.stops - 1) >> ZOOM
        pieces = last - first + 1
        run = np.repeat(np.arange(len(pieces)), pieces)
        row = first[run] + np.arange(len(run)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        begin = np.maximum(self.starts[run], row << ZOOM) - (row << ZOOM)
        end = np.minimum(self.stops[run], (row + 1) << ZOOM) - (row << ZOOM)
        return row, begin, end

    def widened(self, reach: int) -> Cells:
        """With all cells that are at most `reach` columns and rows away."""
        if not reach or not len(self.starts):
            return self
        row, begin, end = self.by_row()
        begin, end = np.maximum(begin - reach, 0), np.minimum(end + reach, SIDE)
        rows = (row[:, None] + np.arange(-reach, reach + 1)).ravel()
        inside = (rows >= 0) & (rows < SIDE)
        wide = 2 * reach + 1
        starts = (rows << ZOOM) + np.repeat(begin, wide)
        stops = (rows << ZOOM) + np.repeat(end, wide)
        return joined(starts[inside], stops[inside])

    def boxes(self) -> tuple[Integers, Integers, Integers, Integers]:
        """The set as rectangles [n]: columns from (with) and to (without), rows from (with) and to (without).

        Runs of the same columns in rows below one another are one rectangle.
        """
        row, begin, end = self.by_row()
        order = np.lexsort((row, end, begin))
        row, begin, end = row[order], begin[order], end[order]
        new = np.ones(len(row), bool)
        new[1:] = (np.diff(begin) != 0) | (np.diff(end) != 0) | (np.diff(row) != 1)
        first = np.flatnonzero(new)
        last = np.flatnonzero(np.roll(new, -1))
        return begin[first], end[first], row[first], row[last] + 1


def nothing() -> Cells:
    """The empty set."""
    return Cells(np.zeros(0, np.int64), np.zeros(0, np.int64))


def joined(starts: Integers, stops: Integers) -> Cells:
    """The set of the cells of any runs [n]; they may overlap and be empty."""
    some = stops > starts
    return _where((starts[some], stops[some], 1), depths=None)


def union(*sets: Cells) -> Cells:
    """All cells of all sets."""
    if not sets:
        return nothing()
    return joined(np.concatenate([each.starts for each in sets]), np.concatenate([each.stops for each in sets]))


def _where(*runs: tuple[Integers, Integers, int], depths: tuple[int, ...] | None) -> Cells:
    """The cells whose depth, the sum of the weights of all runs they are in, is among `depths`; None: any but 0."""
    places = np.concatenate([each for starts, stops, _weight in runs for each in (starts, stops)])
    if not len(places):
        return nothing()
    weights = np.concatenate(
        [
            np.full(len(each), sign * weight)
            for starts, stops, weight in runs
            for each, sign in ((starts, 1), (stops, -1))
        ]
    )
    order = np.argsort(places, kind="stable")
    places, depth = places[order], np.cumsum(weights[order])
    ends = np.append(np.diff(places) != 0, True)  # several begin and end at one place: the depth after all of them
    places, depth = places[ends], depth[ends]
    inside = depth != 0 if depths is None else np.isin(depth, depths)
    before = np.append(False, inside[:-1])
    return Cells(places[inside & ~before], places[~inside & before])
