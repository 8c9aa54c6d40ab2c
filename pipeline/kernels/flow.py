"""Water on a grid: depression filling, flow directions, upstream area, river incision and cost distance.

Grids are C-contiguous and indexed by flat cell number; row 0 is one edge, any orientation will do. All kernels
walk cells in the order of a binary heap whose ties are broken by cell number, so results do not depend on
anything but their inputs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel

_DX = np.array([1, 1, 0, -1, -1, -1, 0, 1], np.int64)
_DY = np.array([0, 1, 1, 1, 0, -1, -1, -1], np.int64)


@helper
def _push(keys: Any, cells: Any, size: int, key: float, cell: int) -> int:
    """Put (key, cell) on the heap; returns the new size."""
    i = size
    while i > 0:
        up = (i - 1) >> 1
        if keys[up] < key or (keys[up] == key and cells[up] <= cell):
            break
        keys[i] = keys[up]
        cells[i] = cells[up]
        i = up
    keys[i] = key
    cells[i] = cell
    return size + 1


@helper
def _pop(keys: Any, cells: Any, size: int) -> int:
    """Take the smallest off the heap (read it at index 0 before); returns the new size."""
    size -= 1
    key = keys[size]
    cell = cells[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        right = child + 1
        if right < size and (keys[right] < keys[child] or (keys[right] == keys[child] and cells[right] < cells[child])):
            child = right
        if key < keys[child] or (key == keys[child] and cell <= cells[child]):
            break
        keys[i] = keys[child]
        cells[i] = cells[child]
        i = child
    keys[i] = key
    cells[i] = cell
    return size


@kernel
def priority_flood(
    elevation: NDArray[np.float64],
    outlets: NDArray[np.bool_],
    width: int,
    epsilon: float,
    filled: NDArray[np.float64],
    order: NDArray[np.int64],
) -> int:
    """Fill depressions so that every cell drains to an outlet, and list cells from the outlets upwards.

    `elevation`, `outlets`, `filled`, `order` are flat [cells]; `epsilon` (same unit as elevation) is the least
    rise from a cell to the one that floods it. Returns how many cells were reached; only ``order[:n]`` is set.
    Barnes, Lehman & Mulla 2014, Computers & Geosciences 62, algorithm 3 (Priority-Flood+ε).
    """
    count = elevation.size
    height = count // width
    keys = np.empty(count, np.float64)
    cells = np.empty(count, np.int64)
    seen = np.zeros(count, np.bool_)
    size = 0
    for cell in range(count):
        if outlets[cell]:
            filled[cell] = elevation[cell]
            seen[cell] = True
            size = _push(keys, cells, size, elevation[cell], cell)
    done = 0
    while size > 0:
        cell = cells[0]
        level = keys[0]
        size = _pop(keys, cells, size)
        order[done] = cell
        done += 1
        x = cell % width
        y = cell // width
        for k in range(8):
            nx = x + _DX[k]
            ny = y + _DY[k]
            if nx < 0 or ny < 0 or nx >= width or ny >= height:
                continue
            to = ny * width + nx
            if seen[to]:
                continue
            seen[to] = True
            filled[to] = max(elevation[to], level + epsilon)
            size = _push(keys, cells, size, filled[to], to)
    return done


@kernel
def receivers(
    filled: NDArray[np.float64],
    outlets: NDArray[np.bool_],
    width: int,
    step: float,
    receiver: NDArray[np.int64],
    length: NDArray[np.float64],
) -> None:
    """Each cell's steepest lower neighbour (D8) and the distance to it; outlets and pits receive themselves.

    `step` is the cell size in metres; `length` is in metres, 0 where a cell is its own receiver.
    O'Callaghan & Mark 1984.
    """
    count = filled.size
    height = count // width
    for cell in range(count):
        receiver[cell] = cell
        length[cell] = 0.0
        if outlets[cell]:
            continue
        x = cell % width
        y = cell // width
        best = 0.0
        for k in range(8):
            nx = x + _DX[k]
            ny = y + _DY[k]
            if nx < 0 or ny < 0 or nx >= width or ny >= height:
                continue
            to = ny * width + nx
            run = step if k % 2 == 0 else step * 1.4142135623730951
            slope = (filled[cell] - filled[to]) / run
            if slope > best:
                best = slope
                receiver[cell] = to
                length[cell] = run


@kernel
def accumulate(order: NDArray[np.int64], receiver: NDArray[np.int64], amount: NDArray[np.float64]) -> None:
    """Add every cell's `amount` to all cells downstream of it, in place; `order` lists receivers before givers."""
    for i in range(order.size - 1, -1, -1):
        cell = order[i]
        if receiver[cell] != cell:
            amount[receiver[cell]] += amount[cell]


@kernel
def inherit(order: NDArray[np.int64], receiver: NDArray[np.int64], label: NDArray[np.int64]) -> None:
    """Give every unlabelled cell (negative) the label of its receiver, in place, from the outlets upwards."""
    for i in range(order.size):
        cell = order[i]
        if label[cell] < 0:
            label[cell] = label[receiver[cell]]


@kernel
def incise(
    order: NDArray[np.int64],
    receiver: NDArray[np.int64],
    length: NDArray[np.float64],
    area: NDArray[np.float64],
    rise: NDArray[np.float64],
    strength: NDArray[np.float64],
    exponent: float,
    steepest: NDArray[np.float64],
    elevation: NDArray[np.float64],
) -> None:
    """One implicit step of the stream power law, in place: uplift, incision, slopes capped at a talus angle.

    `rise` is uplift in the step (m); `strength` is erodibility × time step; `area` in m²; `steepest` the largest
    slope (m/m) a cell may have towards its receiver.
    Braun & Willett 2013, Geomorphology 180–181, eq. 11 with n = 1.
    """
    for i in range(order.size):
        cell = order[i]
        to = receiver[cell]
        if to == cell:
            continue
        factor = strength[cell] * area[cell] ** exponent / length[cell]
        lifted = elevation[cell] + rise[cell]
        level = (lifted + factor * elevation[to]) / (1.0 + factor)
        elevation[cell] = min(level, elevation[to] + steepest[cell] * length[cell])


@kernel
def cost_distance(
    cost: NDArray[np.float64],
    seeds: NDArray[np.int64],
    width: int,
    step: float,
    height_weight: float,
    elevation: NDArray[np.float64],
    distance: NDArray[np.float64],
    source: NDArray[np.int64],
    previous: NDArray[np.int64],
) -> None:
    """Cheapest way over the grid from every cell to its nearest seed (Dijkstra, eight neighbours).

    A move costs run × mean `cost` of both cells × (1 + (height_weight × slope)²); cells of cost ≤ 0 or NaN are
    walls. Outputs, flat [cells]: `distance` (inf: not reached), `source` (index into `seeds`, −1) and
    `previous` (the next cell towards the seed, −1 at seeds).
    """
    count = cost.size
    height = count // width
    room = 8 * count + seeds.size
    keys = np.empty(room, np.float64)
    cells = np.empty(room, np.int64)
    for cell in range(count):
        distance[cell] = np.inf
        source[cell] = -1
        previous[cell] = -1
    size = 0
    for i in range(seeds.size):
        if distance[seeds[i]] > 0.0:
            distance[seeds[i]] = 0.0
            source[seeds[i]] = i
            size = _push(keys, cells, size, 0.0, seeds[i])
    while size > 0:
        cell = cells[0]
        key = keys[0]
        size = _pop(keys, cells, size)
        if key > distance[cell]:
            continue
        x = cell % width
        y = cell // width
        for k in range(8):
            nx = x + _DX[k]
            ny = y + _DY[k]
            if nx < 0 or ny < 0 or nx >= width or ny >= height:
                continue
            to = ny * width + nx
            if not cost[to] > 0.0:
                continue
            run = step if k % 2 == 0 else step * 1.4142135623730951
            slope = height_weight * (elevation[to] - elevation[cell]) / run
            at = key + run * 0.5 * (cost[to] + cost[cell]) * (1.0 + slope * slope)
            if at < distance[to]:
                distance[to] = at
                source[to] = source[cell]
                previous[to] = cell
                size = _push(keys, cells, size, at, to)
