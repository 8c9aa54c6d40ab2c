"""How much is mapped without a gap: the ground that features cover, counted in cells of 7.5 seconds.

A cell counts when a vertex, a part of a line or the inside of an area lies in it; cells that touch, also at a corner,
are mapped without a gap. So gaps of less than one to two cells (some 200 to 450 m) are closed. The law names an area
and no grid: the size of a cell is this project's choice, small beside 25 km² and wider than a street block. What is
mapped counts for up to a cell more on every side, so an area is never told too small.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.types import LINE, POLYGON, Bounds, Geometries

Cells = NDArray[np.int64]  # ascending, each once: row · COLUMNS + column, rows counted from 90° S, columns from 180° W

PER_DEGREE: Final = 480
COLUMNS: Final = 360 * PER_DEGREE
_ROWS: Final = 180 * PER_DEGREE
_RADIUS: Final = 6.3710072  # thousand km: the sphere as large as the ellipsoid (authalic, WGS 84)
_STEP: Final = 0.5  # of a cell, along lines


class Continuum(NamedTuple):
    """Ground that is mapped without a gap."""

    area: float  # km²
    datasets: tuple[str, ...]  # those that have a part in it


def mapped_cells(geometries: Geometries) -> Cells:
    """The cells that features in degrees cover."""
    x, y = (geometries.x + 180) * PER_DEGREE, (geometries.y + 90) * PER_DEGREE
    part_feature = np.repeat(np.arange(geometries.features), np.diff(geometries.part_offsets))
    vertex_part = np.repeat(np.arange(len(part_feature)), np.diff(geometries.vertex_offsets))
    kind = geometries.kinds[part_feature][vertex_part]
    starts = np.flatnonzero((vertex_part[1:] == vertex_part[:-1]) & ((kind[1:] == LINE) | (kind[1:] == POLYGON)))
    x0, y0, x1, y1 = x[starts], y[starts], x[starts + 1], y[starts + 1]
    found = [_cell(x, y), _along(x0, y0, x1, y1)]
    areal = kind[starts] == POLYGON
    feature = part_feature[vertex_part[starts]] if len(starts) else starts
    found.append(_inside(x0[areal], y0[areal], x1[areal], y1[areal], feature[areal]))
    return np.unique(np.concatenate(found))


def box_cells(bounds: Bounds) -> Cells:
    """The cells that a box in degrees meets."""
    west, south, east, north = bounds
    columns = np.arange(math.floor((west + 180) * PER_DEGREE), math.ceil((east + 180) * PER_DEGREE))
    rows = np.arange(math.floor((south + 90) * PER_DEGREE), math.ceil((north + 90) * PER_DEGREE))
    return np.asarray((rows[:, None] * COLUMNS + columns[None, :]).ravel(), np.int64)


def cells_area(cells: Cells) -> float:
    """The area of cells on the ground in km²."""
    rows, counts = np.unique(cells // COLUMNS, return_counts=True)
    south = np.radians(rows / PER_DEGREE - 90)
    north = np.radians((rows + 1) / PER_DEGREE - 90)
    wide = math.radians(1 / PER_DEGREE)
    return float(np.sum(counts * (np.sin(north) - np.sin(south)))) * wide * (_RADIUS * 1000) ** 2


def continua(datasets: Mapping[str, Cells]) -> list[Continuum]:
    """What is mapped without a gap by all of the datasets together, the largest first."""
    if not datasets:
        return []
    cells = np.unique(np.concatenate(list(datasets.values())))
    labels = _components(cells)
    found = []
    for label in range(int(labels.max(initial=-1)) + 1):
        mine = cells[labels == label]
        names = tuple(name for name, its in sorted(datasets.items()) if np.isin(mine, its, assume_unique=True).any())
        found.append(Continuum(cells_area(mine), names))
    return sorted(found, key=lambda each: (-each.area, each.datasets))


def _cell(x: NDArray[np.float64], y: NDArray[np.float64]) -> Cells:
    columns = np.clip(np.floor(x), 0, COLUMNS - 1).astype(np.int64)
    rows = np.clip(np.floor(y), 0, _ROWS - 1).astype(np.int64)
    return np.asarray(np.unique(rows * COLUMNS + columns))


def _along(x0: NDArray[np.float64], y0: NDArray[np.float64], x1: NDArray[np.float64], y1: NDArray[np.float64]) -> Cells:
    """Cells along segments, by points on them no farther apart than half a cell."""
    pieces = np.ceil(np.maximum(np.abs(x1 - x0), np.abs(y1 - y0)) / _STEP).astype(np.int64)
    long = pieces > 1
    x0, y0, x1, y1, pieces = x0[long], y0[long], x1[long], y1[long], pieces[long]
    share = _ramp(pieces) / np.repeat(pieces, pieces)
    x = np.repeat(x0, pieces) + share * np.repeat(x1 - x0, pieces)
    y = np.repeat(y0, pieces) + share * np.repeat(y1 - y0, pieces)
    return _cell(x, y)


def _inside(
    x0: NDArray[np.float64],
    y0: NDArray[np.float64],
    x1: NDArray[np.float64],
    y1: NDArray[np.float64],
    feature: NDArray[np.int64],
) -> Cells:
    """Cells whose centres lie inside areas, by the even-odd rule along the middle lines of rows."""
    first = np.ceil(np.minimum(y0, y1) - 0.5).astype(np.int64)
    count = np.ceil(np.maximum(y0, y1) - 0.5).astype(np.int64) - first
    at = np.repeat(np.arange(len(count)), count)
    row = first[at] + _ramp(count)
    x = x0[at] + (row + 0.5 - y0[at]) / (y1[at] - y0[at]) * (x1[at] - x0[at])
    order = np.lexsort((x, row, feature[at]))
    x, row = x[order], row[order]
    left = np.ceil(x[0::2] - 0.5).astype(np.int64)
    wide = np.maximum(np.ceil(x[1::2] - 0.5).astype(np.int64) - left, 0)
    columns = np.repeat(left, wide) + _ramp(wide)
    return np.asarray(np.unique(np.repeat(row[0::2], wide) * COLUMNS + columns))


def _ramp(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1 … counts[0] − 1, then 0, 1 … counts[1] − 1, and so on."""
    ends = np.cumsum(counts)
    return np.arange(int(counts.sum())) - np.repeat(ends - counts, counts)


def _components(cells: Cells) -> NDArray[np.int64]:
    """The number of the component that each cell belongs to, by runs of a row and those of the row below."""
    if not len(cells):
        return np.empty(0, np.int64)
    breaks = np.flatnonzero((np.diff(cells) != 1) | (cells[1:] % COLUMNS == 0)) + 1
    begins = np.concatenate(([0], breaks))
    ends = np.concatenate((breaks, [len(cells)]))
    rows = (cells[begins] // COLUMNS).tolist()
    west, east = (cells[begins] % COLUMNS).tolist(), (cells[ends - 1] % COLUMNS).tolist()
    parent = list(range(len(rows)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    below = 0
    for run, row in enumerate(rows):
        while rows[below] < row - 1 or (rows[below] == row - 1 and east[below] < west[run] - 1):
            below += 1
        other = below
        while rows[other] == row - 1 and west[other] <= east[run] + 1:
            parent[root(other)] = root(run)
            other += 1
    roots = [root(run) for run in range(len(rows))]
    number = {each: n for n, each in enumerate(dict.fromkeys(roots))}
    return np.repeat(np.array([number[each] for each in roots], np.int64), ends - begins)
