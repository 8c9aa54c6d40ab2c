"""A raster of labels as polygons with smooth borders that neighbours share vertex for vertex."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo.grid import SOUTH, WEST


def arcs(labels: NDArray[np.int64], step: float, rounds: int, tolerance: float) -> NDArray[Any]:
    """The borders between labels as smooth lines that meet only at their ends.

    `labels` [rows, columns] with row 0 in the south and cells of `step` metres. Each border between two
    junctions is smoothed `rounds` times by ¼ ½ ¼ means with its ends fixed, then thinned by `tolerance` metres.
    """
    padded = np.pad(labels, 1, constant_values=-1)
    rows, cols = np.nonzero(padded[1:-1, :-1] != padded[1:-1, 1:])  # vertical edges, at lattice column `cols`
    upright = np.stack([cols, rows, cols, rows + 1], axis=1)
    rows, cols = np.nonzero(padded[:-1, 1:-1] != padded[1:, 1:-1])  # horizontal edges, at lattice row `rows`
    level = np.stack([cols, rows, cols + 1, rows], axis=1)
    edges = np.concatenate([upright, level]).astype(np.float64).reshape(-1, 2, 2)
    merged = shapely.get_parts(
        shapely.line_merge(shapely.multilinestrings(list(np.asarray(shapely.linestrings(edges)))))
    )
    points, owner = shapely.get_coordinates(merged, return_index=True)
    fixed = np.ones(len(points), np.bool_)
    fixed[1:-1] = (owner[1:-1] != owner[:-2]) | (owner[1:-1] != owner[2:])
    # Twice as many vertices before smoothing: corners of the raster become curves, not chords.
    middle = 0.5 * (points[:-1] + points[1:])
    within = owner[:-1] == owner[1:]
    place = np.arange(len(points)) + np.concatenate([[0], np.cumsum(within)])
    dense = np.empty((len(points) + int(within.sum()), 2))
    owners, held = np.empty(len(dense), np.int64), np.zeros(len(dense), np.bool_)
    dense[place], owners[place], held[place] = points, owner, fixed
    between = place[:-1][within] + 1
    dense[between], owners[between] = middle[within], owner[:-1][within]
    free = np.flatnonzero(~held)
    for _ in range(rounds * 2):
        dense[free] = 0.25 * dense[free - 1] + 0.5 * dense[free] + 0.25 * dense[free + 1]
    lines = shapely.linestrings(np.round(dense * step + (WEST, SOUTH), 2), indices=owners)
    return np.asarray(shapely.simplify(lines, tolerance, preserve_topology=False))


def faces(lines: NDArray[Any], within: shapely.Geometry | None = None) -> tuple[NDArray[Any], NDArray[Any]]:
    """Cut lines at their crossings and build the polygons between them: (edges, polygons).

    With `within`, its outline is cut in and only polygons inside it are kept. Polygons are built from the
    edges as they are, so neighbours share vertices bit for bit.
    """
    every = [*lines] if within is None else [*lines, shapely.boundary(within)]
    edges = shapely.get_parts(shapely.line_merge(shapely.union_all(every)))
    polygons = shapely.get_parts(shapely.polygonize(edges))
    if within is not None:
        shapely.prepare(within)
        polygons = polygons[shapely.contains_properly(within, shapely.point_on_surface(polygons))]
        edges = edges[shapely.covers(within, shapely.line_interpolate_point(edges, 0.5, normalized=True))]
    return edges, polygons


def labels_at(polygons: NDArray[Any], labels: NDArray[np.int64], step: float) -> NDArray[np.int64]:
    """The label of the raster under a point inside each polygon."""
    x, y = shapely.get_coordinates(shapely.point_on_surface(polygons)).T
    rows, cols = labels.shape
    column = np.clip(((x - WEST) / step).astype(np.int64), 0, cols - 1)
    row = np.clip(((y - SOUTH) / step).astype(np.int64), 0, rows - 1)
    return np.asarray(labels[row, column])
