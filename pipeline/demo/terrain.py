"""The land: mountains that rivers carved, with one broad valley from the south-west to the east.

Uplift fights incision (stream power law) on ever finer grids until ridges, valleys and junctions are those of
running water; the shape of the county is the catchment of the main river's way out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.demo.grid import SIDE, SOUTH, WEST, Field, Grid, blur, noise, refine, slope, stream
from pipeline.kernels.flow import accumulate, cost_distance, inherit, priority_flood, receivers

SEAT: Final = (414_480.0, 3_106_500.0)  # 119.130° E, 28.070° N in EPSG:4549

# The main valley's axis from its head to the way out of the frame, in kilometres from the south-west corner.
_AXIS: Final = np.array(
    [(8.5, 9.0), (13.0, 14.5), (19.5, 17.5), (25.0, 23.5), (28.5, 30.5), (35.0, 35.5), (41.9, 40.5),
     (48.0, 41.5), (53.0, 46.0), (57.5, 52.5), (63.0, 54.0), (70.08, 57.5)]
)  # fmt: skip

# Cell size (m), steps and metres of rise per step: coarse grids settle the river net, fine ones cut it in.
_STAGES: Final = ((480.0, 90), (240.0, 25), (120.0, 10))


@dataclass(frozen=True, slots=True)
class Drainage:
    """Where water goes on a grid; arrays are flat [cells]."""

    grid: Grid
    filled: NDArray[np.float64]  # elevation without depressions, m
    order: NDArray[np.int64]  # cells from the outlets upwards
    receiver: NDArray[np.int64]
    length: NDArray[np.float64]  # to the receiver, m
    area: NDArray[np.float64]  # upstream area, m²


@dataclass(frozen=True, slots=True)
class Terrain:
    """The carved land and the county in it; fields are [n, n] on `grid`."""

    grid: Grid
    elevation: Field  # m
    county: NDArray[np.bool_]
    drainage: Drainage


def way_out(grid: Grid) -> int:
    """The cell at the eastern edge through which the main river leaves the frame."""
    return int(grid.cell(np.array(WEST + SIDE - 1.0), np.array(SOUTH + _AXIS[-1, 1] * 1000.0)))


def drain(grid: Grid, elevation: Field, epsilon: float = 0.01) -> Drainage:
    """Route water over a surface whose outer cells are open."""
    n = grid.n
    outlets = np.zeros((n, n), np.bool_)
    outlets[[0, -1], :] = outlets[:, [0, -1]] = True
    flat, open_cells = elevation.ravel(), outlets.ravel()
    filled, length = np.empty(n * n), np.empty(n * n)
    order, receiver = np.empty(n * n, np.int64), np.empty(n * n, np.int64)
    priority_flood(flat, open_cells, n, epsilon, filled, order)
    receivers(filled, open_cells, n, grid.step, receiver, length)
    area = np.full(n * n, grid.step * grid.step)
    accumulate(order, receiver, area)
    return Drainage(grid, filled, order, receiver, length, area)


def axis_line() -> NDArray[np.float64]:
    """The main valley's axis as points [k, 2] about every 200 m, rounded at its bends."""
    t = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(_AXIS, axis=0).T))])
    s = np.linspace(0.0, t[-1], int(t[-1] / 0.2))
    line = np.column_stack([np.interp(s, t, _AXIS[:, k]) for k in (0, 1)])
    for _ in range(60):
        line[1:-1] = 0.25 * line[:-2] + 0.5 * line[1:-1] + 0.25 * line[2:]
    return line * 1000.0 + (WEST, SOUTH)


def _distance(grid: Grid, points: NDArray[np.float64]) -> Field:
    """Distance of every cell to the nearest of some points, over the grid, m."""
    n = grid.n
    flat = np.ones(n * n)
    distance, source, previous = np.empty(n * n), np.empty(n * n, np.int64), np.empty(n * n, np.int64)
    seeds = np.unique(grid.cell(points[:, 0], points[:, 1]))
    cost_distance(flat, seeds, n, grid.step, 0.0, flat, distance, source, previous)
    return distance.reshape(n, n)


def _rise(grid: Grid) -> Field:
    """Uplift as a share of its largest: a rim of high ranges around the county, low along the main valley."""
    x, y = grid.mesh()
    u, v = (x - WEST) / SIDE - 0.5, (y - SOUTH) / SIDE - 0.5
    wobble = 0.09 * noise(1, x, y, 18_000.0, 3)
    # The county's outline: an oval along the valley, open to the east.
    along, across = 0.80 * u + 0.60 * v, -0.60 * u + 0.80 * v
    radius = np.hypot(along / 0.50, across / 0.415) + wobble * 2.0
    rim = np.exp(-(((radius - 1.0) / 0.16) ** 2))
    valley = np.exp(-((_distance(grid, axis_line()) / 4_000.0) ** 2))
    share = 0.62 + 0.55 * rim + 0.55 * noise(2, x, y, 12_000.0, 4, 0.6)
    return np.asarray(np.clip(share, 0.12, None) * (1.0 - 0.72 * valley) * np.where(radius > 1.25, 0.75, 1.0))


def carve(step: float) -> Terrain:
    """Raise and wear down the land on cells of `step` metres (480, 240 or 120)."""
    from pipeline.kernels.flow import incise

    elevation: Field | None = None
    for size, steps in _STAGES:
        if size < step:
            break
        grid = Grid(size)
        n = grid.n
        x, y = grid.mesh()
        rise = _rise(grid)
        axis = _distance(grid, axis_line())
        if elevation is None:
            # Rough on purpose: on a smooth slope all streams of a grid would run parallel.
            rough = 110.0 * noise(3, x, y, 9_000.0, 4, 0.75) + stream(7).uniform(0.0, 70.0, (n, n))
            elevation = 250.0 + np.minimum(0.012 * axis, 120.0) + rough * np.minimum(axis / 2_500.0, 1.0)
        else:
            elevation = refine(elevation, 2)
        edge = 330.0 + 60.0 * noise(4, x, y, 20_000.0, 2)
        closeness = np.hypot(x - (WEST + SIDE), y - (SOUTH + _AXIS[-1, 1] * 1000.0)) / 9_000.0
        edge = edge - (edge - 172.0) * np.exp(-(closeness**2))
        softness = np.exp(0.9 * noise(5, x, y, 6_000.0, 4, 0.7))
        talus = 0.62 + 0.18 * noise(6, x, y, 5_000.0, 3)
        years = 40.0  # in units of the time the rise needs to lift the highest land by a metre
        strength = np.ascontiguousarray((years * 0.0105 * softness).ravel())
        for _ in range(steps):
            border = np.zeros((n, n), np.bool_)
            border[[0, -1], :] = border[:, [0, -1]] = True
            elevation[border] = edge[border]
            water = drain(grid, elevation)
            flat = water.filled.copy()
            incise(
                water.order, water.receiver, water.length, water.area, np.ascontiguousarray((years * rise).ravel()),
                strength, 0.45, np.ascontiguousarray(talus.ravel()), flat,
            )  # fmt: skip
            elevation = flat.reshape(n, n)
    assert elevation is not None
    grid = Grid(max(step, _STAGES[-1][0]))
    water = drain(grid, _natural(grid, elevation))
    return Terrain(grid, water.filled.reshape(grid.n, grid.n), county(water), water)


def _natural(grid: Grid, elevation: Field) -> Field:
    """The land without the marks of the grid: ridges that ran along its eight directions wander, edges are worn."""
    x, y = grid.mesh()
    east, north = 420.0 * noise(8, x, y, 2_600.0, 3), 420.0 * noise(9, x, y, 2_600.0, 3)
    bent = grid.sample(elevation, x + east, y + north)
    worn = bent + 0.55 * (blur(bent, 1) - bent)
    return np.asarray(worn + 14.0 * np.clip(slope(worn, grid.step) - 0.1, 0.0, 0.5) * noise(10, x, y, 700.0, 2))


def county(water: Drainage) -> NDArray[np.bool_]:
    """The catchment of the way out, its outline a little smoothed; [n, n]."""
    grid, n = water.grid, water.grid.n
    label = np.full(n * n, -1, np.int64)
    roots = water.receiver == np.arange(n * n)
    label[roots] = 0
    # The main river's last cells: whichever edge cell near the way out gathers most water.
    x, y = grid.centre(np.arange(n * n))
    near = roots & (np.hypot(x - (WEST + SIDE), y - (SOUTH + _AXIS[-1, 1] * 1000.0)) < 9_000.0)
    label[np.argmax(np.where(near, water.area, -1.0))] = 1
    inherit(water.order, water.receiver, label)
    inside = (label == 1).reshape(n, n)
    return np.asarray(blur(inside.astype(np.float64), max(1, round(300.0 / grid.step))) > 0.5)
