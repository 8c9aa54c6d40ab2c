"""Large voids of a terrain: how many there are, how large, and where.

A void is a set of unknown cells of the largest zoom, joined by their sides, that known ones enclose; what touches the
outside of the terrain is no void but beyond it. Tiles are looked at one by one, and voids put together across
their borders.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.tileids import columns_rows
from pipeline.raster.height_tiles import HeightTiles

Side = NDArray[np.int64] | int  # the void of each cell along a side, -1 where known; one number where all are the same
_KNOWN = -1


class Void(NamedTuple):
    """A void and one cell of it."""

    cells: int  # of the largest zoom
    area: float  # square kilometres, at the latitude of its first cell
    lng: float  # of its first cell, in the order of tiles and rows
    lat: float


class _Borders(NamedTuple):
    """Who lies along the sides of a tile."""

    north: Side
    south: Side
    west: Side
    east: Side


class _Sets:
    """Voids that grow together: union-find, the smaller number wins; number 0 is the outside."""

    def __init__(self) -> None:
        self.over = [0]
        self.cells = [0]
        self.first: list[tuple[int, int]] = [(0, 0)]  # row and column of a cell

    def new(self, cells: int, row: int, column: int) -> int:
        self.over.append(len(self.over))
        self.cells.append(cells)
        self.first.append((row, column))
        return len(self.over) - 1

    def find(self, number: int) -> int:
        while self.over[number] != number:
            self.over[number] = self.over[self.over[number]]
            number = self.over[number]
        return number

    def join(self, a: int, b: int) -> None:
        low, high = sorted((self.find(a), self.find(b)))
        if low != high:
            self.over[high] = low
            self.cells[low] += self.cells[high]


def survey_voids(tiles: HeightTiles) -> list[Void]:
    """The voids of the largest zoom, the largest first."""
    grid, size = tiles.grid, tiles.tile_size
    zoom = grid.max_zoom
    sets = _Sets()
    columns, rows = columns_rows(zoom, grid.cells[zoom])
    places = list(zip(rows.tolist(), columns.tolist(), strict=True))
    there = set(places)
    waiting: dict[tuple[int, int], _Borders] = {}
    for row, column in sorted(places):
        borders = _look(tiles, sets, zoom, row, column)
        _touch(sets, borders.north, waiting[row - 1, column].south if (row - 1, column) in there else 0)
        _touch(sets, borders.west, waiting[row, column - 1].east if (row, column - 1) in there else 0)
        if (row + 1, column) not in there:
            _touch(sets, borders.south, 0)
        if (row, column + 1) not in there:
            _touch(sets, borders.east, 0)
        waiting[row, column] = borders
        waiting.pop((row - 1, column), None)  # both of its neighbours that come later have seen it
    side = size << zoom
    return sorted(_voids(sets, side), key=lambda void: (-void.cells, void.lng, void.lat))


def _look(tiles: HeightTiles, sets: _Sets, zoom: int, row: int, column: int) -> _Borders:
    """The voids of one tile, each a new set."""
    from pipeline.kernels.fill_voids import label_voids

    size = tiles.tile_size
    heights = tiles.tile(zoom, column, row)
    if heights is None:  # within the terrain, and nothing is known
        whole = sets.new(size * size, row * size, column * size)
        return _Borders(whole, whole, whole, whole)
    if not np.isnan(heights).any():
        return _Borders(_KNOWN, _KNOWN, _KNOWN, _KNOWN)
    labels, queue = np.empty(heights.size, np.int32), np.empty(heights.size, np.int32)
    cells, first = np.empty(heights.size, np.int64), np.empty(heights.size, np.int64)
    count = label_voids(heights, labels, queue, cells, first)
    numbers = np.full(count + 1, _KNOWN, np.int64)  # the last one is that of label -1
    for k in range(count):
        down, right = divmod(int(first[k]), size)
        numbers[k] = sets.new(int(cells[k]), row * size + down, column * size + right)
    plane = labels.reshape(size, size)
    return _Borders(*(_side(numbers[part]) for part in (plane[0], plane[-1], plane[:, 0], plane[:, -1])))


def _side(numbers: NDArray[np.int64]) -> Side:
    return int(numbers[0]) if (numbers == numbers[0]).all() else numbers


def _touch(sets: _Sets, one: Side, other: Side) -> None:
    """Join the voids that lie along the two sides of a border."""
    pairs = np.broadcast_arrays(np.atleast_1d(one), np.atleast_1d(other))
    both = (pairs[0] != _KNOWN) & (pairs[1] != _KNOWN)
    for a, b in np.unique(np.stack([pairs[0][both], pairs[1][both]], axis=1), axis=0).tolist():
        sets.join(a, b)


def _voids(sets: _Sets, side: int) -> Iterator[Void]:
    """The sets that do not belong to the outside."""
    for number in range(1, len(sets.over)):
        if sets.find(number) != number:
            continue
        row, column = sets.first[number]
        lat = math.atan(math.sinh(math.pi * (1 - 2 * (row + 0.5) / side)))
        metres = 2 * math.pi * 6378137.0 / side * math.cos(lat)
        lng = (column + 0.5) / side * 360 - 180
        yield Void(sets.cells[number], sets.cells[number] * metres**2 / 1e6, lng, math.degrees(lat))
