"""What is drawn from the land's heights: the elevation model, contours, peaks and spot heights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo.curves import resample
from pipeline.demo.grid import SOUTH, WEST, Field, Grid, blur, noise, refine, slope
from pipeline.demo.hydrology import Waters
from pipeline.demo.towns import Towns


@dataclass(frozen=True, slots=True)
class Contours:
    """Contour lines inside the county and their heights (m)."""

    lines: NDArray[Any]
    height: NDArray[np.int64]


def model(grid: Grid, land: Field, waters: Waters, factor: int) -> tuple[Grid, Field]:
    """The elevation model: cells `factor` times smaller, rough on slopes, with river beds and level lakes."""
    fine = Grid(grid.step / factor)
    high = refine(land, factor)
    steep = slope(high, fine.step)
    x, y = fine.mesh()
    high = high + 26.0 * np.clip(steep - 0.08, 0.0, 0.5) * noise(90, x, y, 420.0, 3, 0.6)
    flat = high.ravel()
    for river in waters.rivers:
        dense = np.vstack([resample(river.line, fine.step / 2), river.line])
        np.minimum.at(flat, fine.cell(dense[:, 0], dense[:, 1]), dense[:, 2])
    for lake, level in zip(waters.reservoirs, waters.levels, strict=True):
        west, south, east, north = lake.bounds
        columns = slice(int((west - WEST) // fine.step), int((east - WEST) // fine.step) + 1)
        rows = slice(int((south - SOUTH) // fine.step), int((north - SOUTH) // fine.step) + 1)
        inside = shapely.contains_xy(lake, *np.broadcast_arrays(x[:, columns], y[rows, :]))
        high[rows, columns] = np.where(inside, level, high[rows, columns])
    return fine, np.round(high, 1)


def contours(grid: Grid, high: Field, towns: Towns, interval: int) -> Contours:
    """Contour lines every `interval` metres, cut at the county's border."""
    import contourpy

    x, y = grid.axes()
    generator = contourpy.contour_generator(x, y, blur(high, 1), name="serial")
    lines: list[Any] = []
    height: list[int] = []
    for level in range(interval * int(high.min() // interval + 1), int(high.max()), interval):
        for line in generator.lines(float(level)):
            if len(line) >= 10:
                lines.append(shapely.LineString(np.round(np.asarray(line), 1)))
                height.append(level)
    every = shapely.simplify(np.array(lines), grid.step * 0.10, preserve_topology=False)
    inner = towns.county
    shapely.prepare(inner)
    whole = shapely.contains_properly(inner, every)
    crossing = np.flatnonzero(~whole & shapely.intersects(inner, every))
    parts, owner = shapely.get_parts(shapely.intersection(every[crossing], inner), return_index=True)
    long = (shapely.length(parts) > 150.0) & (shapely.get_type_id(parts) == 1)
    heights = np.array(height)
    return Contours(
        np.concatenate([every[whole], parts[long]]), np.concatenate([heights[whole], heights[crossing][owner][long]])
    )


def peaks(grid: Grid, high: Field, towns: Towns, radius: float) -> NDArray[np.float64]:
    """Tops that are highest within `radius` metres, highest first: [k, 3] x, y, z."""
    reach = max(1, round(radius / grid.step))
    padded = np.pad(high, reach, mode="edge")
    top = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=1).max(axis=-1)
    top = np.lib.stride_tricks.sliding_window_view(top, 2 * reach + 1, axis=0).max(axis=-1)
    rows, columns = np.nonzero((high == top) & (high > blur(high, reach) + 60.0))
    x, y = WEST + (columns + 0.5) * grid.step, SOUTH + (rows + 0.5) * grid.step
    inner = shapely.buffer(towns.county, -60.0)
    shapely.prepare(inner)
    keep = shapely.contains_xy(inner, x, y)
    table = np.column_stack([x, y, high[rows, columns]])[keep]
    return np.asarray(table[np.lexsort((table[:, 1], table[:, 0], -table[:, 2]))])
