"""Where country roads and the railway run: cheapest ways over the land, shared where they would be side by side."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo.curves import Line, gaussian, resample, rounded
from pipeline.demo.grid import Field, Grid, blur, slope
from pipeline.demo.hydrology import Waters
from pipeline.demo.terrain import SEAT, Terrain
from pipeline.demo.towns import Towns
from pipeline.kernels.flow import cost_distance

CLASSES: Final = ("expressway", "national", "provincial", "county", "township", "street", "lane")


@dataclass(frozen=True, slots=True)
class Route:
    """A stretch of road between two junctions."""

    line: Line  # [n, 2]
    kind: str  # one of CLASSES
    number: str  # route number, "" for none
    name: str


@dataclass(slots=True)
class Network:
    """Roads on the grid while they are being laid: edge → (class rank, route number, name)."""

    grid: Grid
    cost: NDArray[np.float64]  # [cells], 0 is a wall
    height: NDArray[np.float64]  # [cells]
    edges: dict[tuple[int, int], tuple[int, str, str]]

    def field(self, seeds: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Cost of reaching the nearest seed from every cell, and the next cell on that way."""
        n = len(self.cost)
        distance, source, previous = np.empty(n), np.empty(n, np.int64), np.empty(n, np.int64)
        cost = self.cost.copy()
        used = self.cells()
        cost[used] = np.minimum(cost[used], 0.45)
        cost_distance(cost, seeds, self.grid.n, self.grid.step, 14.0, self.height, distance, source, previous)
        return distance, previous

    def cells(self) -> NDArray[np.int64]:
        """All cells with a road."""
        return np.unique(np.array(sorted(self.edges), np.int64).reshape(-1)) if self.edges else np.empty(0, np.int64)

    def lay(self, path: list[int], rank: int, number: str, name: str) -> None:
        """Record a way; a stretch that is already a better road stays that."""
        for a, b in pairwise(path):
            edge = (min(a, b), max(a, b))
            if edge not in self.edges or self.edges[edge][0] > rank:
                self.edges[edge] = (rank, number, name)


def walk(previous: NDArray[np.int64], start: int) -> list[int]:
    """Cells from `start` to the seed it belongs to."""
    path = [start]
    while previous[path[-1]] >= 0:
        path.append(int(previous[path[-1]]))
    return path


def prepare(terrain: Terrain, land: Field, waters: Waters, towns: Towns) -> Network:
    """The cost of building a road in every cell: steep ground, rivers to cross, lakes to go round."""
    grid = terrain.grid
    cost = 1.0 + 40.0 * np.maximum(slope(land, grid.step) - 0.04, 0.0) ** 1.2
    for _, bank in waters.banks:
        x, y = resample(np.asarray(shapely.get_coordinates(bank)), 25.0).T
        cost.ravel()[grid.cell(x, y)] += 5.0
    for river in waters.rivers:
        x, y = resample(river.line, 30.0)[:, :2].T
        cost.ravel()[grid.cell(x, y)] += 2.0
    x, y = grid.mesh()
    for lake in waters.reservoirs:
        west, south, east, north = lake.bounds
        near = np.flatnonzero(((x > west) & (x < east) & (y > south) & (y < north)).ravel())
        cx, cy = grid.centre(near)
        cost.ravel()[near[shapely.dwithin(shapely.points(cx, cy), lake, 60.0)]] = 0.0
    inner = blur(terrain.county.astype(np.float64), 1) > 0.05
    cost[~inner] = 0.0
    return Network(grid, cost.ravel().copy(), np.ascontiguousarray(land.ravel()), {})


def gates(terrain: Terrain, network: Network, seat: int, bearings: tuple[float, ...]) -> list[int]:
    """For each bearing (degrees from north) the border cell easiest to reach from the seat within 16° of it."""
    distance, _ = network.field(np.array([seat]))
    grid = terrain.grid
    inner = terrain.county & (blur(terrain.county.astype(np.float64), 1) < 0.97)
    cells = np.flatnonzero(inner.ravel() & np.isfinite(distance))
    x, y = grid.centre(cells)
    bearing = np.degrees(np.arctan2(x - SEAT[0], y - SEAT[1])) % 360
    out = []
    for wanted in bearings:
        off = np.abs((bearing - wanted + 180) % 360 - 180)
        out.append(int(cells[np.argmin(np.where(off < 16, distance[cells], np.inf))]))
    return out


def trunk(terrain: Terrain, network: Network, towns: Towns) -> tuple[list[int], list[int]]:
    """Lay the national, provincial and county roads; returns (town cells, gate cells)."""
    grid = terrain.grid
    centres = [int(grid.cell(np.array(t.centre[0]), np.array(t.centre[1]))) for t in towns.towns]
    seat = centres[0]
    ends = gates(terrain, network, seat, (232.0, 72.0, 350.0, 150.0, 285.0, 110.0, 195.0))
    distance, back = network.field(np.array([seat]))
    for gate in ends[:2]:
        network.lay(walk(back, gate), 1, "G795", "剑云线")
    _, back = network.field(np.array([seat]))
    for gate in ends[2:4]:
        network.lay(walk(back, gate), 2, "S391", "雾剑线")
    reach = sorted(range(1, len(centres)), key=lambda i: (distance[centres[i]], i))
    for k, i in enumerate(reach):
        if k % 5 == 0:  # the nearer towns first: the ways to the farther ones join theirs
            _, back = network.field(network.cells())
        town = towns.towns[i].name
        network.lay(walk(back, centres[i]), 3, f"X{811 + k}", f"剑{town[0]}线")
    _, back = network.field(network.cells())
    for k, gate in enumerate(ends[4:]):
        rank, number = ((2, "S392"), (3, "X841"), (3, "X842"))[k]
        network.lay(walk(back, gate), rank, number, ("桐茶线", "剑东线", "剑南线")[k])
    return centres, ends


def byways(network: Network, sites: NDArray[np.int64]) -> None:
    """Tie villages to the network; ways that serve several of them become numbered township roads."""
    _, back = network.field(network.cells())
    load: dict[tuple[int, int], int] = {}
    paths = [walk(back, int(site)) for site in sites]
    for path in paths:
        for a, b in pairwise(path):
            edge = (min(a, b), max(a, b))
            load[edge] = load.get(edge, 0) + 1
    joints: dict[int, int] = {}
    for path in paths:
        number = joints.setdefault(path[-1], len(joints))
        busy = max((load[(min(a, b), max(a, b))] for a, b in pairwise(path)), default=0)
        label = f"Y{101 + number:03d}" if busy > 1 else f"C{101 + number:03d}"
        network.lay(path, 4, label, "")


def chains(network: Network, stops: set[int]) -> list[Route]:
    """The network as smooth lines from junction to junction; `stops` are cells where lines must end, too."""
    around: dict[int, list[int]] = {}
    for a, b in sorted(network.edges):
        around.setdefault(a, []).append(b)
        around.setdefault(b, []).append(a)

    def mark(a: int, b: int) -> tuple[int, str, str]:
        return network.edges[(min(a, b), max(a, b))]

    def ends(cell: int) -> bool:
        near = around[cell]
        return len(near) != 2 or cell in stops or mark(cell, near[0]) != mark(cell, near[1])

    out: list[Route] = []
    done: set[tuple[int, int]] = set()
    for start in sorted(around):
        if not ends(start):
            continue
        for first in around[start]:
            if (start, first) in done:
                continue
            path = [start, first]
            while not ends(path[-1]):
                a, b = around[path[-1]]
                path.append(b if a == path[-2] else a)
            done.add((start, first))
            done.add((path[-1], path[-2]))
            rank, number, name = mark(start, first)
            out.append(Route(smooth(network.grid, path), CLASSES[rank], number, name))
    return out


def smooth(grid: Grid, path: list[int], reach: float = 150.0) -> Line:
    """Grid cells as a road: bends of `reach` metres ironed out, a curve through what is left."""
    x, y = grid.centre(np.array(path))
    line = gaussian(np.column_stack([x, y]), reach / grid.step)
    return np.round(rounded(line, max(2, round(grid.step / 40.0))), 2)


def corridor(
    network: Network, towns: Towns, start: int, end: int, *, shy: float, reach: float, climb: float, key: Any
) -> Line:
    """A line of its own (expressway, railway) that keeps `shy` metres from town centres and bends gently."""
    grid = network.grid
    x, y = grid.centre(np.arange(grid.n * grid.n))
    cost = np.where(network.cost > 0, 1.0 + 0.22 * np.minimum(network.cost, 12.0), 0.0)
    for town in towns.towns:
        away = np.hypot(x - town.centre[0], y - town.centre[1]) / (shy * (1.5 if town is towns.towns[0] else 1.0))
        cost += np.where(cost > 0, 14.0 * np.exp(-(away**2)), 0.0)
    cost += np.where(cost > 0, key, 0.0)
    n = len(cost)
    distance, source, previous = np.empty(n), np.empty(n, np.int64), np.empty(n, np.int64)
    low = np.ascontiguousarray(blur(network.height.reshape(grid.n, grid.n), max(1, round(500 / grid.step))).ravel())
    cost_distance(cost, np.array([end]), grid.n, grid.step, climb, low, distance, source, previous)
    px, py = grid.centre(np.array(walk(previous, start)))
    line = gaussian(np.column_stack([px, py]), reach / grid.step)
    return np.round(resample(rounded(line, 3), 60.0), 2)
