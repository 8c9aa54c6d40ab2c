"""Tile ids of the Hilbert curve, many at once, without compiling anything.

The `pmtiles` package turns one id at a time; reports and checks ask for millions.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pmtiles.tile import tileid_to_zxy

ZOOM_LIMIT: Final = 31  # ids of zoom 32 do not fit 64 bits
FIRST_IDS: Final = tuple(((1 << (2 * z)) - 1) // 3 for z in range(ZOOM_LIMIT + 2))  # of each zoom; 4^0 + 4^1 + …


def zooms_of(tile_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """The zoom of every id; 32 for ids beyond zoom 31."""
    return np.searchsorted(np.array(FIRST_IDS, dtype=np.int64), tile_ids, side="right") - 1


def zoom_of(tile_id: int) -> int:
    """The zoom of one id; 32 for ids beyond zoom 31."""
    return bisect_right(FIRST_IDS, tile_id) - 1


def zxy_of(tile_id: int) -> tuple[int, int, int]:
    """Zoom, column and row of one id of zooms 0 to 31."""
    z, x, y = tileid_to_zxy(tile_id)
    return z, x, y


def columns_rows(zoom: int, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """x and y of Hilbert positions 0 … 4^zoom − 1 of one zoom."""
    x, y = np.zeros_like(positions), np.zeros_like(positions)
    rest = positions.copy()
    for bit in range(zoom):
        side = np.int64(1) << bit
        right = (rest >> 1) & 1
        up = (rest ^ right) & 1
        flip = (up == 0) & (right == 1)
        x[flip], y[flip] = side - 1 - x[flip], side - 1 - y[flip]
        turn = up == 0
        x[turn], y[turn] = y[turn], x[turn]
        x += right * side
        y += up * side
        rest >>= 2
    return x, y


def extent_of(zoom: int, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> tuple[int, int, int, int] | None:
    """First column, first row, last column and last row of runs of positions [start, stop) of one zoom.

    A run is cut into the aligned blocks of 4^k positions it is made of, each a square, so that a run of a billion
    tiles costs no more than a run of a hundred.
    """
    boxes: list[tuple[int, int, int, int]] = []
    a, b = starts.copy(), stops.copy()

    def emit(squares: NDArray[np.int64], k: int) -> None:
        if len(squares):
            x, y = columns_rows(zoom - k, squares)
            last = (1 << k) - 1
            boxes.append((int(x.min()) << k, int(y.min()) << k, (int(x.max()) << k) + last, (int(y.max()) << k) + last))

    for k in range(zoom + 1):
        for _turn in range(3):
            head = (a < b) & ((a & 3 != 0) | (k == zoom))
            emit(a[head], k)
            a[head] += 1
            tail = (a < b) & (b & 3 != 0)
            b[tail] -= 1
            emit(b[tail], k)
        a >>= 2
        b >>= 2
    if not boxes:
        return None
    west, north, east, south = zip(*boxes, strict=True)
    return min(west), min(north), max(east), max(south)
