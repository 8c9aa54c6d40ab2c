"""Voids in a plane of heights: small ones are filled from their rim, large ones are told.

A void is a set of unknown cells joined by their sides. A small one becomes a soap film over its rim: each cell the mean
of its four neighbours, so that a plane goes on through it and no new summit or hollow arises. Laplace's equation keeps
its form under conformal maps, therefore the film is the same on the ground as in Web Mercator.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel

_SETTLED = 1e-5  # metres; the film rests when no cell moves more
_ROUNDS = 2000  # a spiral of cells settles slowly; its rest is then within millimetres


@helper
def _gather(
    heights: NDArray[np.float32], first: int, slot: NDArray[np.int32], queue: NDArray[np.int32], box: NDArray[np.int64]
) -> int:
    """The cells of the void around cell `first` into `queue`, their places into `slot`, their box; their number."""
    rows, columns = heights.shape
    queue[0] = first
    slot[first] = 0
    box[0], box[1] = first // columns, first // columns
    box[2], box[3] = first % columns, first % columns
    count, k = 1, 0
    while k < count:
        row, column = queue[k] // columns, queue[k] % columns
        box[0], box[1] = min(box[0], row), max(box[1], row)
        box[2], box[3] = min(box[2], column), max(box[3], column)
        for side in range(4):
            r = row + (side == 3) - (side == 0)
            c = column + (side == 2) - (side == 1)
            if 0 <= r < rows and 0 <= c < columns and math.isnan(heights[r, c]) and slot[r * columns + c] < 0:
                slot[r * columns + c] = count
                queue[count] = r * columns + c
                count += 1
        k += 1
    return count


@helper
def _film(
    heights: NDArray[np.float32],
    count: int,
    span: int,
    slot: NDArray[np.int32],
    queue: NDArray[np.int32],
    film: NDArray[np.float64],
) -> None:
    """Settle the film over a void by successive over-relaxation, in the order of its cells, and write it."""
    columns = heights.shape[1]
    total, rim = 0.0, 0
    for k in range(count):
        for side in range(4):
            cell = queue[k] + ((side == 3) - (side == 0)) * columns + (side == 2) - (side == 1)
            value = np.float64(heights[cell // columns, cell % columns])
            if not math.isnan(value):
                total += value
                rim += 1
    film[:count] = total / rim
    pull = 2.0 / (1.0 + math.sin(math.pi / (span + 1)))  # the best for a square (Young 1954)
    for _ in range(_ROUNDS):
        moved = 0.0
        for k in range(count):
            around = 0.0
            for side in range(4):
                cell = queue[k] + ((side == 3) - (side == 0)) * columns + (side == 2) - (side == 1)
                value = np.float64(heights[cell // columns, cell % columns])
                around += film[slot[cell]] if math.isnan(value) else value
            change = pull * (0.25 * around - film[k])
            film[k] += change
            moved = max(moved, abs(change))
        if moved < _SETTLED:
            break
    for k in range(count):
        heights[queue[k] // columns, queue[k] % columns] = film[k]


@kernel
def fill_voids(
    heights: NDArray[np.float32],
    max_span: int,
    max_cells: int,
    slot: NDArray[np.int32],
    queue: NDArray[np.int32],
    film: NDArray[np.float64],
) -> int:
    """Fill voids of at most `max_span` cells in width and height and `max_cells` in all; returns how many cells.

    `heights` [rows, columns] metres, NaN = unknown, changed in place; `slot`, `queue` [rows · columns] and `film`
    [max_cells] are room to work in. A void at the edge of the plane is left: it may go on outside. So a plane
    that reaches `max_span` cells beyond what is wanted gives the same heights as any other such plane.
    """
    rows, columns = heights.shape
    slot[:] = -1
    box = np.empty(4, np.int64)
    filled = 0
    for cell in range(rows * columns):
        if slot[cell] >= 0 or not math.isnan(heights[cell // columns, cell % columns]):
            continue
        count = _gather(heights, cell, slot, queue, box)
        span = max(box[1] - box[0], box[3] - box[2]) + 1
        inside = box[0] > 0 and box[2] > 0 and box[1] < rows - 1 and box[3] < columns - 1
        if inside and span <= max_span and count <= max_cells:
            _film(heights, count, span, slot, queue, film)
            filled += count
    return filled


@kernel
def label_voids(
    heights: NDArray[np.float32],
    labels: NDArray[np.int32],
    queue: NDArray[np.int32],
    cells: NDArray[np.int64],
    places: NDArray[np.int64],
) -> int:
    """Number the voids of a plane in the order of their first cells; returns how many there are.

    `heights` [rows, columns], NaN = unknown; outputs `labels` [rows · columns] (-1 where known), `cells` [≥ voids] how
    many each has, `places` [≥ voids] its first cell in rows; `queue` [rows · columns] is room to work in.
    """
    columns = heights.shape[1]
    labels[:] = -1
    box = np.empty(4, np.int64)
    voids = 0
    for cell in range(labels.size):
        if labels[cell] >= 0 or not math.isnan(heights[cell // columns, cell % columns]):
            continue
        count = _gather(heights, cell, labels, queue, box)
        for k in range(count):
            labels[queue[k]] = voids
        cells[voids] = count
        places[voids] = cell
        voids += 1
    return voids


@kernel
def spread_faults(
    heights: NDArray[np.float32], lowest: float, highest: float, reach: int, marks: NDArray[np.uint8]
) -> int:
    """Make heights unknown that cannot be and those within `reach` cells, which they coloured; returns the former.

    `heights` [rows, columns] metres, changed in place; `marks` [rows, columns] is 1 where a height is beyond `lowest`
    or `highest` (infinite ones too), else 0.
    """
    rows, columns = heights.shape
    faults = 0
    for row in range(rows):
        for column in range(columns):
            height = heights[row, column]
            marks[row, column] = height < lowest or height > highest
            faults += marks[row, column]
    if faults == 0:
        return 0
    for row in range(rows):
        for column in range(columns):
            if marks[row, column]:
                for r in range(max(row - reach, 0), min(row + reach + 1, rows)):
                    for c in range(max(column - reach, 0), min(column + reach + 1, columns)):
                        heights[r, c] = np.nan
    return faults
