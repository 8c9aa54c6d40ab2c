"""Longitude/latitude to the integer world plane of spherical Web Mercator.

The world is a square of 2^36 units: x grows east from the antimeridian, y grows south from 85.0511° N. One unit
is 0.6 mm at the equator, a sixteenth of a tile unit at zoom 20 and a quarter at 22 (extent 4096), so that a shift
turns world units into tile units exactly.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import kernel

WORLD_BITS: Final = 36
WORLD: Final = 1 << WORLD_BITS
MAX_LAT: Final = 85.0511287798066  # atan(sinh(π)), where the square ends


@kernel
def project(
    lng: NDArray[np.float64],
    lat: NDArray[np.float64],
    vertex_offsets: NDArray[np.int64],
    out_offsets: NDArray[np.int64],
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
) -> int:
    """Project every part's vertices and drop consecutive repeats; returns the number of vertices written.

    `lng`, `lat` degrees [vertices]; `vertex_offsets` [parts + 1]; outputs `out_offsets` [parts + 1] and world units
    `wx`, `wy` [≥ vertices]. Latitudes beyond ±85.0511° are moved onto the edge of the square.
    Source: EPSG Guidance Note 7-2, method 1024.
    """
    n = 0
    out_offsets[0] = 0
    for part in range(len(vertex_offsets) - 1):
        start = n
        for i in range(vertex_offsets[part], vertex_offsets[part + 1]):
            phi = min(max(lat[i], -MAX_LAT), MAX_LAT)
            s = math.sin(phi * (math.pi / 180.0))
            u = lng[i] / 360.0 + 0.5
            v = 0.5 - math.log((1.0 + s) / (1.0 - s)) / (4.0 * math.pi)
            x = np.int64(math.floor(u * WORLD + 0.5))
            y = np.int64(math.floor(v * WORLD + 0.5))
            if n > start and wx[n - 1] == x and wy[n - 1] == y:
                continue
            wx[n] = x
            wy[n] = y
            n += 1
        out_offsets[part + 1] = n
    return n


@kernel
def unproject(
    wx: NDArray[np.float64], wy: NDArray[np.float64], lng: NDArray[np.float64], lat: NDArray[np.float64]
) -> None:
    """World units back to degrees: `wx`, `wy` [n] → `lng`, `lat` [n]."""
    for i in range(len(wx)):
        lng[i] = (wx[i] / WORLD - 0.5) * 360.0
        lat[i] = math.atan(math.sinh(math.pi * (1.0 - 2.0 * wy[i] / WORLD))) * (180.0 / math.pi)
