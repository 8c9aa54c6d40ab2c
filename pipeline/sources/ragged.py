"""Make, cut down and measure ragged geometries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.types import NONE, OPEN, POINT, Bounds, Geometries


def nothing(count: int) -> Geometries:
    """`count` features without geometry."""
    return Geometries(
        kinds=np.full(count, NONE, np.uint8),
        part_offsets=np.zeros(count + 1, np.int64),
        vertex_offsets=np.zeros(1, np.int64),
        roles=np.empty(0, np.uint8),
        x=np.empty(0, np.float64),
        y=np.empty(0, np.float64),
    )


def points(x: NDArray[np.float64], y: NDArray[np.float64], present: NDArray[np.bool_]) -> Geometries:
    """One point per feature where `present`, no geometry elsewhere; all arrays [features]."""
    count = int(present.sum())
    return Geometries(
        kinds=np.where(present, np.uint8(POINT), np.uint8(NONE)),
        part_offsets=np.concatenate(([0], np.cumsum(present, dtype=np.int64))),
        vertex_offsets=np.arange(count + 1, dtype=np.int64),
        roles=np.full(count, OPEN, np.uint8),
        x=np.ascontiguousarray(x[present]),
        y=np.ascontiguousarray(y[present]),
    )


def without(geometries: Geometries, gone: NDArray[np.bool_]) -> Geometries:
    """The same features, those `gone` [features] without geometry."""
    part_counts = np.diff(geometries.part_offsets)
    keep_part = np.repeat(~gone, part_counts)
    vertex_counts = np.diff(geometries.vertex_offsets)
    keep_vertex = np.repeat(keep_part, vertex_counts)
    return Geometries(
        kinds=np.where(gone, np.uint8(NONE), geometries.kinds),
        part_offsets=_offsets(np.where(gone, 0, part_counts)),
        vertex_offsets=_offsets(vertex_counts[keep_part]),
        roles=geometries.roles[keep_part],
        x=geometries.x[keep_vertex],
        y=geometries.y[keep_vertex],
    )


def only(geometries: Geometries, kept: NDArray[np.bool_]) -> Geometries:
    """Only the features `kept` [features]."""
    cut = without(geometries, ~kept)
    return cut._replace(kinds=cut.kinds[kept], part_offsets=_offsets(np.diff(cut.part_offsets)[kept]))


def features_of(geometries: Geometries, vertices: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which features have any of the marked `vertices` [vertices]."""
    marked = np.flatnonzero(vertices)
    parts = np.searchsorted(geometries.vertex_offsets, marked, side="right") - 1
    rows = np.searchsorted(geometries.part_offsets, parts, side="right") - 1
    found = np.zeros(geometries.features, np.bool_)
    found[rows] = True
    return found


def meets(geometries: Geometries, areas: Sequence[Bounds]) -> NDArray[np.bool_]:
    """Which features have a box that meets any of `areas` (same units as x, y); those without geometry do not."""
    from pipeline.kernels import boxes  # here, because `pack` and `check` read without numba

    found = np.empty(geometries.features, np.bool_)
    _kinds, part_offsets, vertex_offsets, _roles, x, y = geometries
    boxes.features_meet(part_offsets, vertex_offsets, x, y, as_array(areas), found)
    return found


def as_array(areas: Sequence[Bounds]) -> NDArray[np.float64]:
    """Areas as an array [areas, 4]."""
    return np.array(areas, np.float64).reshape(-1, 4)


def _offsets(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)))
