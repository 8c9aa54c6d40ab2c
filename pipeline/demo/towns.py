"""The county's towns: where they lie, and a partition of the county whose borders follow the ridges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo.coverage import arcs, faces, labels_at
from pipeline.demo.grid import Field, blur, slope
from pipeline.demo.hydrology import Basin, River
from pipeline.demo.terrain import SEAT, Terrain
from pipeline.kernels.flow import cost_distance

# Invented names (a sample city must not claim facts about real towns); the seat comes first.
NAMES: Final = (
    "剑川街道", "瓷源街道", "望江街道", "云岭镇", "青岩镇", "松垟镇", "竹溪镇", "梅坞镇", "枫坪镇", "石潭镇", "白鹭镇",
    "桐源乡", "茶丰乡", "雾岭乡", "凤栖乡", "杉坑乡", "葛岙乡", "樟湖乡", "荷塘乡",
)  # fmt: skip
PAC_COUNTY: Final = 331181


@dataclass(frozen=True, slots=True)
class Town:
    """A town: its name, code and centre (metres), and the river it grew along."""

    name: str
    code: int
    centre: tuple[float, float]
    river: int
    vertex: int  # nearest vertex of the river's line


@dataclass(frozen=True, slots=True)
class Towns:
    """Towns and the coverage they form: `areas[i]` belongs to `towns[i]`; borders are the areas' own arcs."""

    towns: tuple[Town, ...]
    areas: NDArray[Any]  # polygons
    borders: NDArray[Any]  # line strings
    outer: NDArray[np.bool_]  # is the border that of the county
    county: shapely.Geometry
    label: NDArray[np.int64]  # [n, n] on the terrain's grid, −1 outside the county


def sites(terrain: Terrain, rivers: tuple[River, ...]) -> tuple[Town, ...]:
    """The towns: the seat, two quarters beside it on the main river, then the remotest places in larger valleys."""
    grid = terrain.grid
    rows: list[tuple[float, float, int, int, float]] = []
    for number, river in enumerate(rivers):
        skip = round(1_000.0 / grid.step) * 3
        for vertex in range(skip, len(river.line) - skip, 6):
            point = river.line[vertex]
            if river.area[vertex] > 1.4e7 and terrain.county.ravel()[grid.cell(point[0], point[1])]:
                rows.append((point[0], point[1], number, vertex, min(river.area[vertex], 3.0e8)))
    table = np.array(rows)
    edge = np.minimum(blur(terrain.county.astype(np.float64), max(1, round(1_500 / grid.step))), 1.0)
    inside = edge.ravel()[grid.cell(table[:, 0], table[:, 1])] > 0.97
    table = table[inside]
    main = table[table[:, 2] == 0]

    def on_main(x: float) -> NDArray[np.float64]:
        return np.asarray(main[np.argmin(np.abs(main[:, 0] - x))])

    chosen = [on_main(SEAT[0]), on_main(SEAT[0] - 5_200.0), on_main(SEAT[0] + 5_600.0)]
    while len(chosen) < len(NAMES):
        gap = np.min([np.hypot(table[:, 0] - c[0], table[:, 1] - c[1]) for c in chosen], axis=0)
        chosen.append(table[np.argmax(gap * (table[:, 4] / 1.0e8) ** 0.10)])
    return tuple(
        Town(name, PAC_COUNTY * 1000 + (i + 1 if i < 3 else 97 + i), (float(c[0]), float(c[1])), int(c[2]), int(c[3]))
        for i, (name, c) in enumerate(zip(NAMES, chosen, strict=True))
    )


def basins(towns: tuple[Town, ...]) -> tuple[Basin, ...]:
    """The valley floors the towns need: a broad one for the seat."""
    return tuple(
        Basin(*town.centre, 4_600.0, 2.3, 2_600.0) if i == 0 else Basin(*town.centre, 1_700.0, 0.8, 900.0)
        for i, town in enumerate(towns)
    )


def partition(terrain: Terrain, land: Field, towns: tuple[Town, ...]) -> Towns:
    """Divide the county between its towns."""
    grid, n = terrain.grid, terrain.grid.n
    seeds = grid.cell(np.array([t.centre[0] for t in towns]), np.array([t.centre[1] for t in towns]))
    cost = np.where(terrain.county, 1.0 + 14.0 * slope(land, grid.step), 0.0).ravel()
    distance, source, previous = np.empty(n * n), np.empty(n * n, np.int64), np.empty(n * n, np.int64)
    cost_distance(cost, seeds, n, grid.step, 9.0, np.ascontiguousarray(land.ravel()), distance, source, previous)
    label = _tidy(source.reshape(n, n), len(towns))
    lines = arcs(label, grid.step, max(3, round(480 / grid.step)), 5.0)
    edges, polygons = faces(lines)
    owner = labels_at(polygons, label, grid.step)
    polygons = np.array([shapely.union_all(polygons[owner == i]) for i in range(len(towns))])
    county = shapely.union_all(polygons)
    outline = shapely.boundary(county)
    shapely.prepare(outline)
    # An arc of the coverage lies on the county's outline exactly or not at all.
    outer = shapely.covered_by(edges, outline)
    return Towns(towns, polygons, edges, outer, county, label)


def _tidy(label: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Smooth ragged borders by a majority vote over neighbourhoods; the county's outline keeps its cells."""
    votes = np.stack([blur((label == i).astype(np.float64), 2) for i in range(count)])
    smooth = np.where(label >= 0, np.argmax(votes, axis=0), -1)
    return _one_piece(smooth, count)


def _one_piece(label: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Give every town one connected area: scattered cells go to the largest neighbour around them."""
    n = label.shape[0]
    out = label.copy()
    for i in range(count):
        mask = out == i
        start = np.flatnonzero(mask)
        if not len(start):
            continue
        parts = _parts(mask)
        sizes = np.bincount(parts[mask])
        scattered = mask & (parts != int(np.argmax(sizes)))
        out[scattered] = -2
    while (out == -2).any():
        for dr, dc in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            near = np.roll(out, (dr, dc), (0, 1))
            take = (out == -2) & (near >= 0)
            out[take] = near[take]
        if not ((out == -2) & (np.maximum.reduce([np.roll(out, s, a) for s in (1, -1) for a in (0, 1)]) >= 0)).any():
            out[out == -2] = -1
    assert out.shape == (n, n)
    return out


def _parts(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number the 4-connected parts of a mask from 0 (−1 outside)."""
    n, m = mask.shape
    step = np.where(mask, 1.0, 0.0).ravel()
    labels = np.full(n * m, -1, np.int64)
    number = 0
    for cell in np.flatnonzero(mask.ravel()).tolist():
        if labels[cell] >= 0:
            continue
        todo = [cell]
        labels[cell] = number
        while todo:
            at = todo.pop()
            for to in (at - 1 if at % m else -1, at + 1 if at % m < m - 1 else -1, at - m, at + m):
                if 0 <= to < n * m and step[to] > 0 and labels[to] < 0:
                    labels[to] = number
                    todo.append(to)
        number += 1
    return labels.reshape(n, m)
