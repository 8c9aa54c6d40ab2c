"""Spherical Web Mercator by another formula than the kernel's: asinh of tangent, in Python floats."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

LIMIT = math.degrees(math.atan(math.sinh(math.pi)))


def unit_square(lng: float, lat: float) -> tuple[float, float]:
    """Degrees → x east from the antimeridian, y south from 85.0511° N, both 0 … 1."""
    lat = min(max(lat, -LIMIT), LIMIT)
    return lng / 360 + 0.5, 0.5 - math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)


def tile_units(xy: NDArray[np.float64], zoom: int) -> NDArray[np.float64]:
    """Degrees [n, 2] → tile units of the zoom, [n, 2], not rounded; extent 4096."""
    return np.array([unit_square(x, y) for x, y in xy], np.float64).reshape(-1, 2) * (4096 << zoom)


def degrees(x: float, y: float, zoom: int) -> tuple[float, float]:
    """Tile units of a zoom → degrees."""
    size = 4096 << zoom
    return (x / size - 0.5) * 360, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / size))))
