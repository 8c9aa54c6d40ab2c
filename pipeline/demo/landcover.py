"""Land cover: classes from height, slope, valley floors and villages, as polygons with shared smooth borders."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo.buildings import Buildings
from pipeline.demo.coverage import arcs, faces, labels_at
from pipeline.demo.grid import Field, Grid, blur, noise, slope
from pipeline.demo.hydrology import Waters, plain_width
from pipeline.demo.towns import Towns
from pipeline.kernels.flow import cost_distance

CLASSES: Final = ("forest", "bamboo", "shrub", "grass", "cropland", "orchard", "urban", "bare", "wetland")


def classify(grid: Grid, land: Field, waters: Waters, buildings: Buildings) -> NDArray[np.int64]:
    """Index into CLASSES for every cell of `grid` (whose land is `land`); [n, n]."""
    n = grid.n
    x, y = grid.mesh()
    steep = slope(land, grid.step)
    points = np.vstack([river.line for river in waters.rivers])
    area = np.concatenate([river.area for river in waters.rivers])
    cells = grid.cell(points[:, 0], points[:, 1])
    order = np.lexsort((-area, cells))
    first = order[np.concatenate([[True], np.diff(cells[order]) > 0])]
    seeds, level, reach = cells[first], points[first, 2], plain_width(area[first])
    ones = np.ones(n * n)
    away, source, previous = np.empty(n * n), np.empty(n * n, np.int64), np.empty(n * n, np.int64)
    cost_distance(ones, seeds, n, grid.step, 0.0, ones, away, source, previous)
    above = land - level[source].reshape(n, n)  # height above the nearest river
    near = (away / (reach[source] + 60.0)).reshape(n, n)
    built = np.zeros(n * n)
    at = shapely.get_coordinates(shapely.centroid(buildings.shapes))
    np.add.at(built, grid.cell(at[:, 0], at[:, 1]), shapely.area(buildings.shapes))
    built = blur(built.reshape(n, n), max(1, round(70 / grid.step))) / grid.step**2
    lived = blur((built > 0.01).astype(np.float64), max(2, round(420 / grid.step)))
    wild = noise(80, x, y, 2_600.0, 4, 0.6)
    patch = noise(81, x, y, 1_100.0, 4, 0.6)
    grove = noise(82, x, y, 1_500.0, 3)
    out = np.zeros((n, n), np.int64)
    out[(wild > 0.10) & (steep < 0.55) & (land < 1_050.0)] = 1
    out[(land > 1_250.0 + 260.0 * patch) & (steep < 0.60)] = 2
    out[(land > 1_480.0 + 180.0 * wild) & (patch > -0.25)] = 3
    out[(patch > 0.46) & (steep > 0.5)] = 7
    terraces = (lived > 0.035) & (steep < 0.34) & (patch > -0.18)
    out[terraces] = 4
    out[(above < 95.0) & (steep < 0.30) & (grove > 0.16) & (near < 4.0)] = 5
    out[(above < 26.0 + 14.0 * grove) & (steep < 0.15)] = 4
    out[(out == 4) & (grove > 0.33) & (steep > 0.05)] = 5
    out[(above < 3.5) & (near < 0.25) & (patch > 0.12) & (reach[source].reshape(n, n) > 180.0)] = 8
    out[built > 0.045] = 6
    return _majority(out, len(CLASSES))


def _majority(label: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Remove specks: every cell takes the class that fills most of its neighbourhood."""
    best = np.full(label.shape, -1.0)
    out = label.copy()
    for k in range(count):
        share = blur((label == k).astype(np.float64), 1)
        better = share > best
        best = np.where(better, share, best)
        out[better] = k
    return out


def polygons(grid: Grid, label: NDArray[np.int64], towns: Towns) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The county's land cover as a coverage: (polygons, class numbers)."""
    lines = arcs(_near_county(grid, label, towns), grid.step, 3, grid.step * 0.08)
    west, south, east, north = shapely.bounds(towns.county).tolist()
    lines = lines[shapely.intersects(lines, shapely.box(west, south, east, north))]
    _, shapes = faces(lines, towns.county)
    found = labels_at(shapes, label, grid.step)
    return shapes, found


def _near_county(grid: Grid, label: NDArray[np.int64], towns: Towns) -> NDArray[np.int64]:
    """Classes inside the county and a strip around it; one class beyond, so that no border is traced in vain."""
    factor = grid.n // towns.label.shape[0]
    inside = np.kron((towns.label >= 0).astype(np.int8), np.ones((factor, factor), np.int8)).astype(np.float64)
    strip = blur(inside, max(2, round(240 / grid.step))) > 0.002
    return np.where(strip, label, 0)
