"""Villages: flat dry spots along the valleys, each with a few lanes around its centre."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo.curves import Line, normals
from pipeline.demo.grid import Field, Grid, slope, stream
from pipeline.demo.hydrology import Waters, width
from pipeline.demo.streets import Plan
from pipeline.demo.terrain import Terrain
from pipeline.demo.towns import Towns


@dataclass(frozen=True, slots=True)
class Village:
    """A village or hamlet: centre, the cell it is tied to the roads at, its town, its lanes."""

    centre: tuple[float, float]
    cell: int
    town: int
    lanes: tuple[Line, ...]
    hamlet: bool


def _candidates(terrain: Terrain, waters: Waters) -> NDArray[np.float64]:
    """Places beside rivers and on gentle upland: [k, 5] x, y, direction x, direction y, upland."""
    rng = stream(50)
    rows = []
    for river in waters.rivers:
        side = normals(river.line)
        tangent = np.column_stack([side[:, 1], -side[:, 0]])
        for i in range(6, len(river.line) - 3, 5):
            away = width(river.area[i : i + 1])[0] / 2 + rng.uniform(70.0, 190.0)
            away *= 1.0 if rng.random() < 0.5 else -1.0
            rows.append([*(river.line[i, :2] + side[i] * away), *tangent[i], 0.0])
    grid = terrain.grid
    cells = rng.choice(grid.n * grid.n, 5_000, replace=False)
    x, y = grid.centre(cells)
    turn = rng.uniform(0, np.pi, len(cells))
    upland = np.column_stack([x, y, np.cos(turn), np.sin(turn), np.ones(len(cells))])
    return np.vstack([np.array(rows), upland])


def settle(
    terrain: Terrain, land: Field, waters: Waters, towns: Towns, plans: list[Plan], water: shapely.Geometry, count: int
) -> list[Village]:
    """Choose `count` village sites, no two close together, none in a town, and draw their lanes."""
    rng = stream(51)
    grid = terrain.grid
    table = _candidates(terrain, waters)
    table = table[rng.permutation(len(table))]
    cells = grid.cell(table[:, 0], table[:, 1])
    x, y = grid.centre(cells)
    steep = slope(land, grid.step).ravel()[cells]
    good = terrain.county.ravel()[cells] & (steep < np.where(table[:, 4] > 0, 0.16, 0.13))
    good &= ~shapely.dwithin(water, shapely.points(x, y), 45.0)
    inner = shapely.buffer(towns.county, -350.0)
    shapely.prepare(inner)
    good &= shapely.contains_xy(inner, x, y)
    for plan in plans:
        shapely.prepare(plan.hull)
        good &= ~shapely.dwithin(plan.hull, shapely.points(x, y), 420.0)
    out: list[Village] = []
    placed = np.empty((0, 2))
    for i in np.flatnonzero(good):
        if len(out) >= count:
            break
        here = np.array([x[i], y[i]])
        gap = 620.0 if table[i, 4] == 0 else 1_300.0
        if len(placed) and np.min(np.hypot(*(placed - here).T)) < gap:
            continue
        placed = np.vstack([placed, here])
        hamlet = bool(rng.random() < 0.42)
        lanes = _lanes(here, table[i, 2:4], hamlet, water, rng)
        out.append(
            Village((float(here[0]), float(here[1])), int(cells[i]), _town(towns, grid, cells[i]), lanes, hamlet)
        )
    return out


def _town(towns: Towns, grid: Grid, cell: int) -> int:
    return int(max(towns.label.ravel()[cell], 0))


def _lanes(
    centre: NDArray[np.float64], along: NDArray[np.float64], hamlet: bool, water: shapely.Geometry,
    rng: np.random.Generator,
) -> tuple[Line, ...]:  # fmt: skip
    """A slightly bent main lane through the centre and short lanes off it, cut short before water."""
    across = np.array([-along[1], along[0]])
    half = rng.uniform(70, 120) if hamlet else rng.uniform(120, 230)
    bend = rng.uniform(-0.0012, 0.0012)
    u = np.linspace(-half, half * rng.uniform(0.7, 1.1), 9)
    main = centre + u[:, None] * along + (bend * u**2 + 4.0 * np.sin(u / 45.0))[:, None] * across
    main = np.round(main, 2)
    main[np.argmin(np.abs(u))] = centre
    out = [main]
    for _ in range(int(rng.integers(0, 2)) if hamlet else int(rng.integers(2, 5))):
        foot = main[int(rng.integers(1, len(main) - 1))]
        side = 1.0 if rng.random() < 0.5 else -1.0
        v = np.linspace(0.0, rng.uniform(50, 140), 4)
        skew = rng.uniform(-0.25, 0.25)
        branch = foot + v[:, None] * (across * side + along * skew) + (3.0 * np.sin(v / 30.0))[:, None] * along
        out.append(np.round(branch, 2))
    kept = []
    for line in out:
        wet = np.flatnonzero(shapely.dwithin(water, shapely.points(line), 18.0))
        start = int(np.argmin(np.hypot(*(line - (centre if line is main else line[0])).T)))
        low = int(max([w for w in wet if w <= start], default=-1)) + 1
        high = int(min([w for w in wet if w > start], default=len(line)))
        if high - low >= 2:
            kept.append(line[low:high])
    return tuple(kept)
