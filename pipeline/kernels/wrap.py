"""Longitudes without jumps, and which features leave −180 … 180 by them.

RFC 7946 §3.1.9 wants geometries cut at the antimeridian; files are full of others: rings that go on to 181, and rings
that step from 179 to −179. A step is taken for a way across the antimeridian, and not around the world, when it is
longer than 180° and both its ends lie within 10° of ±180 (the default of GDAL's -datelineoffset). A step from −180 to
180 exactly is one only where it comes from, or leads to, another meridian: the outlines of the whole world and of
Antarctica have it as well.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel

# What is to be done with a feature.
INSIDE: Final = 0  # nothing
SHIFTED: Final = 1  # it lies in one turn of the world: `out` holds it where it belongs
DIVIDED: Final = 2  # it crosses the antimeridian, or goes around a pole: `out` holds it without jumps
GARBAGE: Final = 3  # so far away that its longitudes mean nothing: `out` holds it as it came

NEAR: Final = 170.0  # degrees from which a step may cross
_FAR: Final = 900.0  # two turns beyond the world


@helper
def _step(x: NDArray[np.float64], first: int, stop: int, i: int, ring: bool) -> float:
    """What to add to longitudes from vertex `i` + 1 on: ±360 where the step from `i` crosses the antimeridian."""
    a, b = x[i], x[i + 1]
    apart = abs(b - a)
    if apart <= 180.0 or apart > 360.0 or min(abs(a), abs(b)) < NEAR:
        return 0.0
    if apart == 360.0:
        before = x[i - 1] if i > first else (x[stop - 2] if ring else b)
        after = x[i + 2] if i + 2 < stop else (x[first + 1] if ring else a)
        if abs(before) == 180.0 and abs(after) == 180.0:
            return 0.0
    return 360.0 if a > b else -360.0


@helper
def _into_world(x: float) -> float:
    if x > 180.0:
        return x - 360.0 * math.ceil((x - 180.0) / 360.0)
    if x < -180.0:
        return x + 360.0 * math.ceil((-180.0 - x) / 360.0)
    return x


@kernel
def unwrap(
    part_offsets: NDArray[np.int64],
    vertex_offsets: NDArray[np.int64],
    roles: NDArray[np.uint8],
    points: NDArray[np.bool_],
    x: NDArray[np.float64],
    out: NDArray[np.float64],
    fates: NDArray[np.uint8],
) -> int:
    """Fill `out` [vertices] with longitudes, degrees, and `fates` [features]; returns how many are not INSIDE.

    `points` [features]: those whose vertices stand alone and are moved into the world one by one. Rings are closed;
    one that goes around a pole ends 360° from where it began.
    """
    found = 0
    for feature in range(len(fates)):
        p0, p1 = part_offsets[feature], part_offsets[feature + 1]
        v0, v1 = vertex_offsets[p0], vertex_offsets[p1]
        west, east = np.inf, -np.inf
        jumps, around = False, False
        for part in range(p0, p1):
            first, stop = vertex_offsets[part], vertex_offsets[part + 1]
            turn: Any = 0.0
            for i in range(first, stop):
                out[i] = x[i] + turn
                west, east = min(west, out[i]), max(east, out[i])
                if not points[feature] and i + 1 < stop:
                    step = _step(x, first, stop, i, roles[part] > 0)
                    jumps |= step != 0.0
                    turn += step
            around |= turn != 0.0 and roles[part] > 0
        fates[feature] = INSIDE
        if v0 == v1 or (west >= -180.0 and east <= 180.0 and not jumps):
            continue
        found += 1
        turns = np.floor((west + 180.0) / 360.0)  # of the world that holds the western end
        if west < -_FAR or east > _FAR:
            fates[feature] = GARBAGE
            for i in range(v0, v1):
                out[i] = x[i]
        elif points[feature]:
            fates[feature] = SHIFTED
            for i in range(v0, v1):
                out[i] = _into_world(x[i])
        elif around or east > 180.0 + 360.0 * turns:
            fates[feature] = DIVIDED
        else:
            fates[feature] = SHIFTED
            for i in range(v0, v1):
                out[i] -= 360.0 * turns
    return found
