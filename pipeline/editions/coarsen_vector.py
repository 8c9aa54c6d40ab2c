"""Coordinates rounded to a grid: what an edition may show of exact places, applied before anything is tiled.

Where a vertex goes depends on its own coordinates and on nothing else, so that what shares a vertex shares it still:
neighbours keep their border, a border line stays on it. Vertices that two features do not share (one passes through
the other's edge) may part by up to a cell.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.types import INTERIOR, LINE, NONE, POINT, POLYGON, Bounds, Geometries

_AXIS: Final = 6378137.0  # metres, WGS 84; that of CGCS2000 is the same
_FLAT: Final = 6.69437999014e-3  # first eccentricity squared, WGS 84


class Grid(NamedTuple):
    """Steps of a grid through 0° N 0° E, in degrees."""

    lng: float
    lat: float


def grid_of(metres: float, bounds: Bounds) -> Grid:
    """The grid whose cells measure at least `metres` each way on the ground anywhere in `bounds` (degrees).

    A degree of longitude is shortest far from the equator, one of latitude near it. Source: radii of curvature of the
    ellipsoid, M = a(1−e²)/(1−e²sin²φ)^(3/2) and N = a/√(1−e²sin²φ).
    """
    _west, south, _east, north = bounds
    far = max(abs(south), abs(north))
    near = 0.0 if south <= 0 <= north else min(abs(south), abs(north))
    return Grid(metres / _degree_of_longitude(far), metres / _degree_of_latitude(near))


def mean_error(accuracy: float, grid: float | None) -> float:
    """The standard error (m) of places of a given one that are rounded to cells of `grid` metres.

    Rounding adds the variance of two uniform distributions, grid²/12 each way.
    """
    return math.hypot(accuracy, (grid or 0.0) / math.sqrt(6.0))


def coarsened(geometries: Geometries, grid: Grid) -> tuple[Geometries, NDArray[np.bool_]]:
    """The geometries on the grid, and which features fell together to nothing and have none any more [features].

    Vertices that fall onto the one before are dropped, then lines of fewer than two vertices, rings of fewer than
    three different ones, and the holes of dropped exteriors.
    """
    x = np.rint(geometries.x / grid.lng) * grid.lng + 0.0  # + 0.0: no negative nought
    y = np.rint(geometries.y / grid.lat) * grid.lat + 0.0
    part_feature = np.repeat(np.arange(geometries.features), np.diff(geometries.part_offsets))
    part_kind = geometries.kinds[part_feature]
    sizes = np.diff(geometries.vertex_offsets)
    kept = _moved_on(x, y, geometries.vertex_offsets, part_kind)
    left = _sums(kept, geometries.vertex_offsets)
    whole = (part_kind == POINT) | ((part_kind == LINE) & (left >= 2)) | ((part_kind == POLYGON) & (left >= 4))
    whole &= sizes > 0
    # A hole belongs to the exterior before it.
    shell = np.where(geometries.roles == INTERIOR, -1, np.arange(len(whole)))
    shell = np.maximum.accumulate(shell) if len(shell) else shell
    whole &= (geometries.roles != INTERIOR) | whole[np.maximum(shell, 0)]
    kept &= np.repeat(whole, sizes)
    parts = np.bincount(part_feature[whole], minlength=geometries.features)
    gone = (geometries.kinds != NONE) & (parts == 0)
    return (
        Geometries(
            kinds=np.where(gone, np.uint8(NONE), geometries.kinds),
            part_offsets=_offsets(parts),
            vertex_offsets=_offsets(left[whole]),
            roles=geometries.roles[whole],
            x=np.ascontiguousarray(x[kept]),
            y=np.ascontiguousarray(y[kept]),
        ),
        gone,
    )


def _moved_on(
    x: NDArray[np.float64], y: NDArray[np.float64], offsets: NDArray[np.int64], kinds: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    """Which vertices are not where the one before them in the part is [vertices]; all of points."""
    kept = np.ones(len(x), np.bool_)
    kept[1:] = (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    starts = offsets[:-1][np.diff(offsets) > 0]
    kept[starts] = True
    kept |= np.repeat(kinds == POINT, np.diff(offsets))
    return kept


def _sums(marked: NDArray[np.bool_], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many are marked in each part [parts]."""
    total = np.concatenate(([0], np.cumsum(marked, dtype=np.int64)))
    out: NDArray[np.int64] = total[offsets[1:]] - total[offsets[:-1]]
    return out


def _offsets(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)))


def _degree_of_latitude(lat: float) -> float:
    bent = math.sqrt(1 - _FLAT * math.sin(math.radians(lat)) ** 2)
    return math.radians(1) * _AXIS * (1 - _FLAT) / (bent * bent * bent)


def _degree_of_longitude(lat: float) -> float:
    phi = math.radians(lat)
    return math.radians(1) * _AXIS * math.cos(phi) / math.sqrt(1 - _FLAT * math.sin(phi) ** 2)
