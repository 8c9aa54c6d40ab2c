"""The grid on which coverage is counted, and how a place finds its cell: the same in Python and in a browser.

A cell is a tile of zoom 18 of Web Mercator, about 135 m wide at 28° N. A vertex is rounded to world pixels of zoom 18,
256 to a cell; from there on everything is whole numbers. The sine and the logarithm of the projection are written out
in additions, multiplications and divisions, which IEEE 754 rounds alike everywhere, because those of mathematical
libraries differ in their last bits. `site/src/tools/check/grid.ts` is this module once more; docs/duplicates.md defines
both.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

ZOOM: Final = 18
SIDE: Final = 1 << ZOOM  # cells of a row
UNIT_BITS: Final = 8
UNITS: Final = SIDE << UNIT_BITS  # world pixels of a row; a product of two differences stays below 2^53
HALF: Final = 1 << (UNIT_BITS - 1)  # from a cell's corner to its centre
MAX_LAT: Final = 85.0511287798066  # where the square ends

_RADIAN: Final = 0.017453292519943295
_LN2: Final = 0.6931471805599453
_FOUR_PI: Final = 12.566370614359172
_SINE_TERMS: Final = range(24, 0, -2)  # |x| ≤ 1.49: the first term left out is below 1e-21
_LOG_TERMS: Final = range(37, 0, -2)  # |z| ≤ 1/3: the first term left out is below 1e-19

# GRS 80, on which CGCS2000 lies.
_MAJOR: Final = 6378137.0  # metres
_ECCENTRICITY: Final = 0.0818191910428158


def units(lng: Floats, lat: Floats) -> tuple[Integers, Integers]:
    """World pixels of places: degrees [n] → x east from 180° W and y south from 85.05° N, 0 … 2^26 [n]."""
    beyond = np.minimum(np.abs(lat), MAX_LAT)
    sine = _sine(beyond * _RADIAN)
    half = _logarithm((1.0 + sine) / (1.0 - sine)) / _FOUR_PI
    y = np.where(lat < 0, 0.5 + half, 0.5 - half)
    x = np.clip(lng, -180.0, 180.0) / 360.0 + 0.5
    return _rounded(x), _rounded(y)


def longitude(x: float) -> float:
    """The longitude of a column of cells' western edge, in degrees; parts of cells count. For showing, not counting."""
    return x / SIDE * 360.0 - 180.0


def latitude(y: float) -> float:
    """The latitude of a row of cells' northern edge, in degrees; parts of cells count. For showing, not counting."""
    return math.degrees(math.atan(math.sinh(math.pi * (1.0 - 2.0 * y / SIDE))))


def square_metres(row: Integers) -> Floats:
    """What a cell of a row measures on the ellipsoid [n]. For showing, not counting.

    Source: Snyder, Map Projections (USGS PP 1395), equation 3-12, between the latitudes of the row's edges.
    """
    return (_zone(row) - _zone(row + 1)) / SIDE


def _zone(row: Integers) -> Floats:
    """The area from the equator to the northern edge of a row, around the whole earth."""
    sine = np.tanh(math.pi * (1.0 - 2.0 * row / SIDE))
    e = _ECCENTRICITY
    q = sine / (1.0 - (e * sine) ** 2) + np.log((1.0 + e * sine) / (1.0 - e * sine)) / (2.0 * e)
    zone: Floats = math.pi * _MAJOR**2 * (1.0 - e**2) * q
    return zone


def _rounded(share: Floats) -> Integers:
    return np.floor(share * UNITS + 0.5).astype(np.int64)


def _sine(x: Floats) -> Floats:
    square = x * x
    result = np.ones_like(x)
    for n in _SINE_TERMS:
        result = 1.0 - square / (n * (n + 1)) * result
    return x * result


def _logarithm(m: Floats) -> Floats:
    """ln m for 1 ≤ m < 1024."""
    halvings = np.zeros_like(m)
    for _step in range(10):
        large = m >= 2.0
        m = np.where(large, m / 2.0, m)
        halvings = halvings + large
    z = (m - 1.0) / (m + 1.0)
    square = z * z
    result = np.zeros_like(m)
    for n in _LOG_TERMS:
        result = 1.0 / n + square * result
    return halvings * _LN2 + 2.0 * z * result
