"""The last zoom a layer needs, from how far apart its own vertices are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.hilbert import sort_keys
from pipeline.kernels.mercator import WORLD, WORLD_BITS, project
from pipeline.kernels.pieces import EXTENT_BITS
from pipeline.types import NONE, POINT, FeatureBatch, Geometries

FIRST, LAST = 5, 16  # beyond 16 a tile unit is under 15 cm: finer than framework data is surveyed
_UNITS_PER_STEP = 8  # tile units between neighbouring vertices, so that rounding moves none by a tenth of its step
_UNITS_PER_POINT = 16  # between neighbouring points, so that symbols come apart
_QUANTILE = 0.25  # a quarter of the steps may be shorter: curves are drawn with more vertices than they need


def guess_max_zoom(batches: Sequence[FeatureBatch]) -> int:
    """The zoom at which a layer's details are told apart, between 5 and 16.

    Lines and areas: the lower quartile of the distances between consecutive vertices is at least 8 tile units.
    Points: the lower quartile of the distances between neighbours along the Hilbert curve is at least 16.
    """
    steps = [step for batch in batches for step in _steps(batch.geometries)]
    zooms = [_zoom(np.concatenate(found), units) for found, units in _by_kind(steps) if found]
    return max(zooms, default=FIRST)


def _by_kind(steps: list[tuple[bool, NDArray[np.float64]]]) -> list[tuple[list[NDArray[np.float64]], int]]:
    return [
        ([step for points, step in steps if points], _UNITS_PER_POINT),
        ([step for points, step in steps if not points], _UNITS_PER_STEP),
    ]


def _zoom(distances: NDArray[np.float64], units: int) -> int:
    distances = distances[distances > 0]
    if len(distances) == 0:
        return FIRST
    step = float(np.quantile(distances, _QUANTILE))  # world units
    # A zoom has 2^(zoom + EXTENT_BITS) tile units along the world.
    zoom = int(np.ceil(np.log2(units * WORLD / step))) - EXTENT_BITS
    return min(max(zoom, FIRST), LAST)


def _steps(geometries: Geometries) -> list[tuple[bool, NDArray[np.float64]]]:
    """Distances between neighbouring points (True) and consecutive vertices (False), in world units."""
    wx, wy = np.empty(len(geometries.x), np.int64), np.empty(len(geometries.x), np.int64)
    offsets = np.empty(len(geometries.vertex_offsets), np.int64)
    used = project(geometries.x, geometries.y, geometries.vertex_offsets, offsets, wx, wy)
    wx, wy = wx[:used], wy[:used]
    kinds = np.repeat(geometries.kinds, np.diff(offsets[geometries.part_offsets]))  # per vertex
    points = kinds == POINT
    found = []
    if points.any():
        px, py = wx[points], wy[points]
        curve = np.empty(len(px), np.int64)
        sort_keys(px, py, WORLD_BITS, 31, curve)
        order = np.argsort(curve, kind="stable")
        found.append((True, np.hypot(np.diff(px[order]), np.diff(py[order]))))
    if not (points | (kinds == NONE)).all():
        same = np.ones(max(used - 1, 0), bool)
        starts = offsets[1:-1]
        same[starts[(starts > 0) & (starts < used)] - 1] = False  # from one part to the next is no step
        same &= ~points[1:]
        found.append((False, np.hypot(np.diff(wx), np.diff(wy))[same]))
    return found
