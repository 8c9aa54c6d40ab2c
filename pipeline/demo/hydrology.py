"""Rivers: from where water gathers on the land to named, smooth, downhill lines, banks, reservoirs and ponds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo.curves import Line, gaussian, normals, rounded, stations
from pipeline.demo.grid import Field, blur, noise, stream
from pipeline.demo.terrain import SEAT, Drainage, Terrain
from pipeline.kernels.flow import cost_distance, inherit

_SPRING: Final = 0.75e6  # upstream area (m²) at which a stream begins to be mapped
_PIECES: Final = 3  # curve spans per grid cell


@dataclass(frozen=True, slots=True)
class River:
    """One named river from its spring to its mouth."""

    cells: NDArray[np.int64]  # grid cells, downstream; the last one is on the parent or at the way out
    line: Line  # [n, 3] smooth, z never rising; vertex i·_PIECES belongs to cell i
    area: NDArray[np.float64]  # upstream area at each vertex, m²
    rank: NDArray[np.int64]  # Strahler order at each cell
    parent: int  # index of the river it flows into, −1 for the main river
    joins: NDArray[np.int64]  # positions in `cells` where a tributary enters


@dataclass(frozen=True, slots=True)
class Waters:
    """The county's waters; `rivers[0]` is the main river."""

    rivers: tuple[River, ...]
    banks: tuple[tuple[int, shapely.Polygon], ...]  # (river, surface) where it is wide enough to draw
    reservoirs: tuple[shapely.Polygon, ...]
    levels: tuple[float, ...]  # water level of each reservoir, m
    ponds: tuple[shapely.Polygon, ...]


def width(area: NDArray[np.float64]) -> NDArray[np.float64]:
    """Width of a river by its upstream area (m² → m): hydraulic geometry, b ∝ A^0.5, 135 m at 2,000 km²."""
    return np.asarray(135.0 * np.sqrt(area / 2.0e9))


def plain_width(area: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half the width of the valley floor by upstream area (m² → m)."""
    return np.asarray(38.0 * (area / 1.0e6) ** 0.42)


def _chains(terrain: Terrain) -> list[tuple[NDArray[np.int64], int]]:
    """Rivers as cells from spring to mouth, parents first: at a junction the larger water keeps its name."""
    water = terrain.drainage
    mapped = (water.area >= _SPRING) & terrain.county.ravel()
    cells = np.flatnonzero(mapped)
    cells = cells[np.lexsort((cells, -water.area[cells]))]
    main = np.full(len(mapped), -1, np.int64)  # the largest giver of each cell
    givers: dict[int, list[int]] = {}
    roots: list[int] = []
    for cell in cells.tolist():
        to = int(water.receiver[cell])
        if to != cell and mapped[to]:
            if main[to] < 0:
                main[to] = cell
            givers.setdefault(to, []).append(cell)
        else:
            roots.append(cell)
    out: list[tuple[NDArray[np.int64], int]] = []
    pending = [(roots[0], -1, -1)]  # (lowest own cell, cell of the parent it enters, parent)
    while pending:
        start, mouth, parent = pending.pop(0)
        path = [start]
        while main[path[-1]] >= 0:
            path.append(int(main[path[-1]]))
        number = len(out)
        for cell in path:
            pending.extend((giver, cell, number) for giver in givers.get(cell, []) if giver != main[cell])
        full = ([mouth] if mouth >= 0 else []) + path
        out.append((np.array(full[::-1], np.int64), parent))
        pending.sort(key=lambda item: (-water.area[item[0]], item[0]))
    return [(path, parent) for path, parent in out if len(path) >= 6 or parent < 0]


def _strahler(water: Drainage, chains: list[tuple[NDArray[np.int64], int]]) -> NDArray[np.int64]:
    """Strahler order of every cell on a river (0 elsewhere)."""
    count = len(water.area)
    rank, top, ties = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64)
    on = np.zeros(count, np.bool_)
    for path, _ in chains:
        on[path] = True
    cells = np.flatnonzero(on)
    for cell in cells[np.lexsort((cells, water.area[cells]))].tolist():
        rank[cell] = max(1, top[cell] + (1 if ties[cell] > 1 else 0))
        to = water.receiver[cell]
        if to != cell and on[to]:
            if rank[cell] > top[to]:
                top[to], ties[to] = rank[cell], 1
            elif rank[cell] == top[to]:
                ties[to] += 1
    return rank


def _meander(axis: Line, area: NDArray[np.float64], grid_step: float) -> NDArray[np.float64]:
    """Offsets (m, left positive) that let a river swing within its plain; calm at both ends."""
    s = stations(axis)
    wavelength = 15.0 * np.maximum(width(area), 35.0)
    wander = noise(20, axis[:, 0], axis[:, 1], 4_500.0, 2)
    phase = np.concatenate([[0.0], np.cumsum(2 * np.pi * np.diff(s) / (wavelength[1:] * (1.0 + 0.85 * wander[1:])))])
    reach = np.minimum(0.42 * plain_width(area), 0.24 * wavelength)
    vigour = np.clip(0.62 + 1.2 * noise(21, axis[:, 0], axis[:, 1], 5_000.0, 2), 0.1, 1.0)
    swing = reach * vigour * np.sin(phase + 0.8 * wander)
    taper = np.clip(np.minimum(s, s[-1] - s) / 1_500.0, 0.0, 1.0)
    return gaussian(swing * taper, 60.0 / grid_step)


def shape_rivers(terrain: Terrain) -> tuple[River, ...]:
    """Smooth river lines from the drainage of the land, parents before their tributaries."""
    water, grid = terrain.drainage, terrain.grid
    chains = _chains(terrain)
    rank = _strahler(water, chains)
    placed: dict[int, tuple[float, float, float]] = {}
    joints: dict[int, list[int]] = {}
    for path, parent in chains:
        if parent >= 0:
            joints.setdefault(parent, []).append(int(path[-1]))
    rivers: list[River] = []
    for number, (path, parent) in enumerate(chains):
        x, y = grid.centre(path)
        z = np.minimum.accumulate(water.filled[path])
        area = water.area[path].copy()
        if parent >= 0:
            x[-1], y[-1], z[-1] = placed[int(path[-1])]
            z = np.maximum(z, z[-1])
            area[-1] = area[-2]
        line = np.column_stack([x, y])
        axis = gaussian(line, (900.0 if parent < 0 else 230.0) / grid.step)
        swing = _meander(axis, area, grid.step) if area[-1] > 6.0e7 else np.zeros(len(axis))
        moved = axis + normals(axis) * swing[:, None]
        moved[[0, -1]] = line[[0, -1]]
        moved = np.round(moved, 2)
        z = np.round(z, 2)
        for cell, (px, py), pz in zip(path.tolist(), moved, z, strict=True):
            placed.setdefault(cell, (float(px), float(py), float(pz)))
        curve = np.empty(((len(moved) - 1) * _PIECES + 1, 3))
        curve[:, :2] = np.round(rounded(moved, _PIECES), 2)
        at = np.arange(len(curve)) / _PIECES
        curve[:, 2] = np.round(np.interp(at, np.arange(len(z)), z), 2)
        along: NDArray[np.float64] = np.interp(at, np.arange(len(z)), area)
        order = rank[path].copy()
        if parent >= 0:
            order[-1] = order[-2]
        joins = np.flatnonzero(np.isin(path, joints.get(number, [])))
        rivers.append(River(path, curve, along, order, parent, joins))
    return tuple(rivers)


@dataclass(frozen=True, slots=True)
class Basin:
    """A wider piece of valley floor, where a town will lie."""

    x: float
    y: float
    radius: float  # m
    widening: float  # times the usual width, less one
    least: float  # half width at its middle, m


def lay_plains(terrain: Terrain, rivers: tuple[River, ...], basins: Sequence[Basin]) -> Field:
    """The land with flat valley floors along its rivers, wider in the basins; [n, n] on the terrain's grid."""
    grid, n = terrain.grid, terrain.grid.n
    points = np.vstack([river.line for river in rivers])
    area = np.concatenate([river.area for river in rivers])
    cells = grid.cell(points[:, 0], points[:, 1])
    best = np.lexsort((-area, cells))
    first = best[np.concatenate([[True], np.diff(cells[best]) > 0])]
    seeds = cells[first]
    level, reach = points[first, 2], plain_width(area[first])
    px, py = points[first, 0], points[first, 1]
    reach = reach * (1.0 + 0.55 * noise(22, px, py, 4_000.0, 2))
    for basin in basins:
        share = np.exp(-((np.hypot(px - basin.x, py - basin.y) / basin.radius) ** 2))
        large = np.clip(area[first] / 1.2e7, 0.25, 1.0)
        reach = np.maximum(reach * (1.0 + basin.widening * share * large), basin.least * share * large)
    ones = np.ones(n * n)
    distance, source, previous = np.empty(n * n), np.empty(n * n, np.int64), np.empty(n * n, np.int64)
    cost_distance(ones, seeds, n, grid.step, 0.0, ones, distance, source, previous)
    radius = max(1, round(150.0 / grid.step))
    base = blur(level[source].reshape(n, n), radius)
    span = blur(reach[source].reshape(n, n), radius)
    t = distance.reshape(n, n) / span
    share = np.clip((t - 0.55) / 1.5, 0.0, 1.0)
    share = share * share * (3.0 - 2.0 * share)
    x, y = grid.mesh()
    floor = base + 2.0 + 9.0 * np.minimum(t, 2.0) ** 1.5 + 1.5 * noise(23, x, y, 900.0, 3)
    land = terrain.elevation
    return np.asarray(np.minimum(land, floor) + (land - np.minimum(land, floor)) * share)


def banks(rivers: tuple[River, ...], least: float = 16.0) -> tuple[tuple[int, shapely.Polygon], ...]:
    """Water surfaces of rivers at least `least` metres wide, wider downstream; parts (river, polygon)."""
    out: list[tuple[int, shapely.Polygon]] = []
    for number, river in enumerate(rivers):
        wide = width(river.area) * (1.0 + 0.22 * noise(24, river.line[:, 0], river.line[:, 1], 700.0, 2))
        wide = np.maximum(wide, 8.0)
        begin = int(np.argmax(width(river.area) >= least))
        if width(river.area[-1:])[0] < least or len(river.line) - begin < 12:
            continue
        line, wide = river.line[begin:, :2], wide[begin:]
        side = normals(line) * (wide / 2)[:, None]
        # One quadrilateral per span and a disc per vertex: the union has no gap at bends and a smooth outline.
        left, right = line + side, line - side
        quads = shapely.polygons(np.stack([left[:-1], left[1:], right[1:], right[:-1]], axis=1))
        discs = shapely.buffer(shapely.points(line), wide / 2, quad_segs=6)
        whole = shapely.union_all(np.concatenate([shapely.make_valid(quads), discs]))
        whole = shapely.simplify(shapely.make_valid(whole), 1.2)
        out.extend((number, part) for part in shapely.get_parts(whole) if part.area > 2_000.0)
    return tuple(out)


def reservoirs(
    terrain: Terrain, land: Field, rivers: tuple[River, ...], count: int
) -> tuple[tuple[shapely.Polygon, ...], tuple[float, ...]]:
    """Lakes behind dams in side valleys: all land upstream of a dam and below its water level."""
    import contourpy

    grid, water, n = terrain.grid, terrain.drainage, terrain.grid.n
    out: list[shapely.Polygon] = []
    levels: list[float] = []
    ranked = [r for r in rivers[1:] if 2.5e7 < r.area[-1] < 2.6e8 and np.hypot(*(r.line[-1, :2] - SEAT)) > 7_000.0]
    picked: list[River] = []
    for river in ranked:
        if all(np.hypot(*(river.line[-1, :2] - other.line[-1, :2])) > 9_000.0 for other in picked):
            picked.append(river)
    x, y = grid.axes()
    for number, river in enumerate(picked[:count]):
        at = int(len(river.cells) * 0.55)
        dam = river.cells[at]
        label = np.full(n * n, -1, np.int64)
        label[water.receiver == np.arange(n * n)] = 0
        label[dam] = 1
        inherit(water.order, water.receiver, label)
        level = float(water.filled[dam]) + (34.0, 46.0, 28.0, 40.0, 30.0)[number % 5]
        depth = np.where(label.reshape(n, n) == 1, level - land, -20.0)
        rings = contourpy.contour_generator(x, y, depth, name="serial").lines(0.0)
        shapes = [shapely.Polygon(np.asarray(ring)) for ring in rings if len(ring) > 8]
        if not shapes:
            continue
        lake = max(shapes, key=lambda shape: shape.area)
        smooth = lake.buffer(-12.0).buffer(24.0).buffer(-12.0).simplify(4.0)
        if isinstance(smooth, shapely.Polygon) and smooth.is_valid and smooth.area > 1.5e5:
            out.append(shapely.Polygon(np.round(np.asarray(smooth.exterior.coords), 2)))
            levels.append(level)
    return tuple(out), tuple(levels)


def ponds(rivers: tuple[River, ...], taken: shapely.Geometry, count: int) -> tuple[shapely.Polygon, ...]:
    """Small ponds on the valley floors, egg-shaped, none on other water."""
    rng = stream(30)
    out: list[shapely.Polygon] = []
    sizeable = [r for r in rivers if r.area[-1] > 2.0e7]
    shapely.prepare(taken)
    tried = 0
    while len(out) < count and tried < 20 * count:
        tried += 1
        river = sizeable[int(rng.integers(len(sizeable)))]
        i = int(rng.integers(len(river.line) // 3, len(river.line)))
        here = river.area[i : i + 1]
        away = width(here)[0] / 2 + rng.uniform(60, 60 + plain_width(here)[0] * 0.8)
        away *= 1.0 if rng.random() < 0.5 else -1.0
        centre = river.line[i, :2] + normals(river.line)[i] * away
        angle = np.linspace(0.0, 2 * np.pi, 24, endpoint=False)
        a, b, turn = rng.uniform(18, 55), rng.uniform(12, 34), rng.uniform(0, np.pi)
        r = 1.0 + 0.18 * np.sin(2 * angle + rng.uniform(0, 6)) + 0.1 * np.sin(3 * angle + rng.uniform(0, 6))
        ex, ey = a * r * np.cos(angle), b * r * np.sin(angle)
        ring = np.column_stack([ex * np.cos(turn) - ey * np.sin(turn), ex * np.sin(turn) + ey * np.cos(turn)]) + centre
        pond = shapely.Polygon(np.round(ring, 2))
        if pond.is_valid and not shapely.dwithin(taken, pond, 25.0):
            out.append(pond)
    return tuple(out)


def waters(terrain: Terrain, rivers: tuple[River, ...], land: Field, *, lakes: int, pools: int) -> Waters:
    """All waters of the county."""
    surfaces = banks(rivers)
    dams, levels = reservoirs(terrain, land, rivers, lakes)
    everything = shapely.union_all([shape for _, shape in surfaces] + list(dams))
    return Waters(rivers, surfaces, dams, levels, ponds(rivers, everything, pools))
