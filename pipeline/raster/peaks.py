"""Spot heights: the tops that stand out, told from the heights alone.

Prominence is how far one must descend from a top before climbing to a higher one; isolation is how far away higher
ground is. Both are exact for the heights given; beyond them nothing is known, so both may be too large near their edge,
and what stands on the edge itself is no peak.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.summits import key_passes, passes
from pipeline.raster.contour_lines import HeightGrid
from pipeline.raster.contours import degrees, table_of
from pipeline.types import OPEN, POINT, FeatureBatch, Geometries, Tally

_BLOCK: Final = 1024  # samples; a block leaves its rim and few tops: 4 samples of a thousand
_CELL: Final = 128  # samples: of each cell the highest is remembered, a cell is read at once
_CELLS: Final = 512  # cells kept, 32 MB
_RADIUS: Final = 6_371_008.8  # metres, mean of the earth (IUGG)


@dataclass(frozen=True, slots=True)
class PeakRules:
    """Which tops are told, and at which zooms."""

    prominence: float  # metres: the least
    min_zoom: int
    max_zoom: int
    spacing: float = 1 / 8  # of a tile: what two peaks keep between them below the last zoom; 64 px of 512

    @property
    def zooms(self) -> dict[int, int]:
        """The first zoom of each rank; rank 1 is seen first."""
        return {zoom - self.min_zoom + 1: zoom for zoom in range(self.min_zoom, self.max_zoom + 1)}


class Tops(NamedTuple):
    """Tops by falling prominence, then height, then from north to south and west to east."""

    row: NDArray[np.int64]  # of the grid's window
    column: NDArray[np.int64]
    height: NDArray[np.float32]  # metres
    prominence: NDArray[np.float64]  # metres


def peak_batches(grid: HeightGrid, rules: PeakRules, tally: Tally, *, block: int = _BLOCK) -> Iterator[FeatureBatch]:
    """Peaks of all heights, as points; fields `ele` and `prominence` (m, to 0.1), `isolation` (m) and `rank`.

    A peak's rank says from which of `rules.zooms` on it is drawn: there no peak that stands out more is nearer than
    `rules.spacing`; at the last zoom all are. The highest of all has no isolation (NaN), and its prominence is its
    height above the lowest place of its land. Memory: 1 % of the heights.
    `block`, a multiple of 128, decides nothing.
    """
    tops, highest = find_tops(grid, rules.prominence, block=block)
    n = len(tops.row)
    if not n:
        return
    isolation = _isolations(grid, tops, highest)
    side = grid.window.tile_size << grid.window.zoom
    x, y = tops.column.astype(np.float64), tops.row.astype(np.float64)
    zoom = first_zooms(x / side, y / side, rules)
    lng, lat = degrees(x, y, grid.window)
    each = np.arange(n + 1, dtype=np.int64)
    fields: dict[str, NDArray[Any]] = {
        "ele": np.round(tops.height.astype(np.float64), 1),
        "prominence": np.round(tops.prominence, 1),
        "isolation": np.round(isolation),
        "rank": zoom - rules.min_zoom + 1,
    }
    yield FeatureBatch(
        Geometries(np.full(n, POINT, np.uint8), each, each, np.full(n, OPEN, np.uint8), lng, lat), table_of(fields)
    )


def find_tops(grid: HeightGrid, prominence: float, *, block: int = _BLOCK) -> tuple[Tops, NDArray[np.float32]]:
    """The tops of at least that prominence (m, above 0), and the highest of every 128 × 128 samples [rows, cols].

    A flat top stands at its first sample, from north to south and west to east.
    """
    window = grid.window
    highest = np.full((-(-window.height // _CELL), -(-window.width // _CELL)), -np.inf, np.float32)
    found: list[_Passes] = []
    for row in range(0, max(window.height - 1, 1), block):
        for column in range(0, max(window.width - 1, 1), block):
            # A row and a column more, which the next block has too: so every two neighbours are in one block.
            rows, columns = min(block + 1, window.height - row), min(block + 1, window.width - column)
            heights = grid.read(
                window._replace(column=window.column + column, row=window.row + row, width=columns, height=rows)
            )
            if heights is not None and not np.isnan(heights).all():
                _cells(heights, highest, row // _CELL, column // _CELL)
                found.append(_block_passes(heights, prominence, row, column, window.width))
    if not found:
        none = np.empty(0, np.int64)
        return Tops(none, none, np.empty(0, np.float32), np.empty(0)), highest
    a, b, height, nodes, theirs, lowest = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((lowest, nodes))  # of a top that several blocks know, with the lowest place
    nodes, first = np.unique(nodes[order], return_index=True)
    theirs, lowest = theirs[order][first], lowest[order][first]
    a, b = np.searchsorted(nodes, a), np.searchsorted(nodes, b)
    key = np.empty(len(nodes), np.float32)
    falling = np.argsort(-height, kind="stable")
    key_passes(a, b, height, falling, theirs, lowest, np.empty(len(nodes), np.int64), key)
    stands = theirs.astype(np.float64) - key
    chosen = np.flatnonzero(stands >= prominence)
    chosen = chosen[np.lexsort((nodes[chosen], -theirs[chosen], -stands[chosen]))]
    places = [divmod(node, window.width) for node in nodes[chosen].tolist()]
    chosen = chosen[np.array([_surrounded(grid, *place) for place in places], np.bool_)]
    row_, column_ = np.divmod(nodes[chosen], window.width)
    return Tops(row_, column_, theirs[chosen], stands[chosen]), highest


class _Passes(NamedTuple):
    """Where the islands of a block meet; samples are numbered along the rows of the whole grid."""

    a: NDArray[np.int64]  # [passes] a top or a sample of the rim
    b: NDArray[np.int64]  # [passes]
    height: NDArray[np.float32]  # [passes]
    nodes: NDArray[np.int64]  # [nodes] all of `a` and `b`, and the highest of each island
    heights: NDArray[np.float32]  # [nodes]
    lowest: NDArray[np.float32]  # [nodes] of the highest of an island its lowest, else the height itself


def _block_passes(heights: NDArray[np.float32], prominence: float, row: int, column: int, width: int) -> _Passes:
    """What a block at (row, column) of a grid `width` samples wide leaves."""
    heights = np.ascontiguousarray(heights)
    flat = heights.ravel()
    order = np.argsort(-flat, kind="stable")[: int((~np.isnan(flat)).sum())]
    parent, top, low = (np.empty(flat.size, np.int32) for _ in range(3))
    a, b = np.empty(2 * len(order), np.int32), np.empty(2 * len(order), np.int32)
    height = np.empty(2 * len(order), np.float32)
    n = passes(heights, order, float(prominence), parent, top, low, np.empty(flat.size, np.bool_), a, b, height)
    islands = np.flatnonzero(parent == np.arange(flat.size, dtype=np.int32))
    nodes = np.concatenate([a[:n], b[:n], top[islands]]).astype(np.int64)
    lowest = np.concatenate([flat[nodes[: 2 * n]], flat[low[islands]]])
    columns = heights.shape[1]
    numbers = (nodes // columns + row) * width + (nodes % columns + column)
    return _Passes(numbers[:n], numbers[n : 2 * n], height[:n].copy(), numbers, flat[nodes], lowest)


def _surrounded(grid: HeightGrid, row: int, column: int) -> bool:
    """Whether all eight neighbours of a sample are known: else it may be the side of something higher."""
    window = grid.window
    if not (0 < row < window.height - 1 and 0 < column < window.width - 1):
        return False
    around = grid.read(window._replace(column=window.column + column - 1, row=window.row + row - 1, width=3, height=3))
    return around is not None and not bool(np.isnan(around).any())


def _cells(heights: NDArray[np.float32], highest: NDArray[np.float32], row: int, column: int) -> None:
    """Raise the cells from (row, column) on to the highest samples of a block."""
    known = np.where(np.isnan(heights), np.float32(-np.inf), heights)
    starts = [np.arange(0, size, _CELL) for size in heights.shape]
    most = np.maximum.reduceat(np.maximum.reduceat(known, starts[0], axis=0), starts[1], axis=1)
    part = highest[row : row + len(starts[0]), column : column + len(starts[1])]
    np.maximum(part, most, out=part)


def _isolations(grid: HeightGrid, tops: Tops, highest: NDArray[np.float32]) -> NDArray[np.float64]:
    """Metres from each top to the nearest higher sample, NaN where there is none.

    Nearest on the map, whose scale hardly changes over the distances between peaks; then measured on the sphere.
    """
    read: OrderedDict[tuple[int, int], NDArray[np.float32]] = OrderedDict()

    def cell(row: int, column: int) -> NDArray[np.float32]:
        if (row, column) not in read:
            window = grid.window
            top, left = row * _CELL, column * _CELL
            size = min(_CELL, window.height - top), min(_CELL, window.width - left)
            heights = grid.read(
                window._replace(column=window.column + left, row=window.row + top, width=size[1], height=size[0])
            )
            read[row, column] = np.full(size, np.nan, np.float32) if heights is None else heights
            if len(read) > _CELLS:
                read.popitem(last=False)
        read.move_to_end((row, column))
        return read[row, column]

    rows, columns = (np.arange(size) * _CELL for size in highest.shape)
    nearest = np.full((len(tops.row), 2), np.nan)
    near_by = np.lexsort((tops.column // _CELL, tops.row // _CELL))  # neighbours read the same cells
    for i in near_by.tolist():
        r, c = int(tops.row[i]), int(tops.column[i])
        dy = np.maximum(np.maximum(rows - r, r - (rows + _CELL - 1)), 0)
        dx = np.maximum(np.maximum(columns - c, c - (columns + _CELL - 1)), 0)
        squared = np.where(highest > tops.height[i], (dy * dy)[:, None] + (dx * dx)[None, :], np.iinfo(np.int64).max)
        best = np.iinfo(np.int64).max
        while True:
            at = int(squared.argmin())
            j, k = divmod(at, squared.shape[1])
            if squared[j, k] >= best:
                break
            squared[j, k] = np.iinfo(np.int64).max
            there = np.argwhere(cell(j, k) > tops.height[i]) + np.array([j, k]) * _CELL
            distance = ((there - (r, c)) ** 2).sum(axis=1)
            m = int(distance.argmin())  # of equals the first from north to south and west to east
            if distance[m] < best:
                best = int(distance[m])
                nearest[i] = there[m]
    here = degrees(tops.column.astype(np.float64), tops.row.astype(np.float64), grid.window)
    return _on_sphere(*here, *degrees(nearest[:, 1].copy(), nearest[:, 0].copy(), grid.window))


def _on_sphere(
    lng: NDArray[np.float64], lat: NDArray[np.float64], lng2: NDArray[np.float64], lat2: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Metres between places in degrees (haversine)."""
    p, q = np.radians(lat), np.radians(lat2)
    part = np.sin((q - p) / 2) ** 2 + np.cos(p) * np.cos(q) * np.sin(np.radians(lng2 - lng) / 2) ** 2
    return np.asarray(2 * _RADIUS * np.arcsin(np.sqrt(part)))


def first_zooms(x: NDArray[np.float64], y: NDArray[np.float64], rules: PeakRules) -> NDArray[np.int64]:
    """The zoom at which each of some places, the most important first, has room; `x`, `y` as parts of the world.

    From there on it is drawn, with `rules.spacing` of a tile to all more important ones; at the last zoom all are.
    """
    n = len(x)
    zoom = np.full(n, rules.min_zoom, np.int64)
    for i in range(1, n):
        with np.errstate(divide="ignore"):
            room = np.ceil(np.log2(rules.spacing / np.hypot(x[:i] - x[i], y[:i] - y[i])))
        crowded = room[room > zoom[:i]]  # of others a place is free as soon as they are there themselves
        if len(crowded):
            zoom[i] = min(max(crowded.max(), rules.min_zoom), rules.max_zoom)
    return zoom
