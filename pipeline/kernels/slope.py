"""Slope and aspect of a plane of heights: the gradient of Horn, on the ground rather than on the map.

Horn, B. K. P. (1981): Hill shading and the reflectance map. Proceedings of the IEEE 69 (1), pp. 14-47. The same 3 × 3
weights as gdaldem's default:

    a b c       dz/dx = ((c + 2f + i) - (a + 2d + g)) / 8 cells     to the east
    d e f       dz/dy = ((a + 2b + c) - (g + 2h + i)) / 8 cells     to the north
    g h i
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel

_DEGREES = 180.0 / math.pi


@helper
def _side(here: float, there: float, far: float) -> float:
    """A neighbour's height; where it is unknown the slope of the far side goes on, or nothing rises."""
    if not math.isnan(there):
        return there
    return here if math.isnan(far) else 2.0 * here - far


@helper
def _corner(here: float, there: float, one: float, other: float) -> float:
    """A neighbour's height at a corner; where it is unknown the plane through the sides beside it goes on."""
    return one + other - here if math.isnan(there) else there


@helper
def gradient(heights: NDArray[np.float32], row: int, column: int, inverse: float) -> tuple[Any, Any]:
    """Rise to the east and to the north at a known cell that has eight neighbours; `inverse` is 1 / (8 cells)."""
    a = np.float64(heights[row - 1, column - 1])
    b = np.float64(heights[row - 1, column])
    c = np.float64(heights[row - 1, column + 1])
    d = np.float64(heights[row, column - 1])
    f = np.float64(heights[row, column + 1])
    g = np.float64(heights[row + 1, column - 1])
    h = np.float64(heights[row + 1, column])
    i = np.float64(heights[row + 1, column + 1])
    if math.isnan(a + b + c + d + f + g + h + i):
        e = np.float64(heights[row, column])
        b, h = _side(e, b, h), _side(e, h, b)
        d, f = _side(e, d, f), _side(e, f, d)
        a, c = _corner(e, a, b, d), _corner(e, c, b, f)
        g, i = _corner(e, g, d, h), _corner(e, i, f, h)
    east = ((c + 2.0 * f + i) - (a + 2.0 * d + g)) * inverse
    north = ((a + 2.0 * b + c) - (g + 2.0 * h + i)) * inverse
    return east, north


@kernel
def slope(heights: NDArray[np.float32], ground: NDArray[np.float64], out: NDArray[np.float32]) -> None:
    """Steepness in degrees: 0 is flat, 90 a wall.

    `heights` [rows + 2, columns + 2] metres, NaN = unknown, with one cell of the neighbours all around; `ground` [rows]
    metres that a cell of each row measures on the ground; `out` [rows, columns], NaN where the height is unknown.
    """
    for row in range(out.shape[0]):
        inverse = 1.0 / (8.0 * ground[row])
        for column in range(out.shape[1]):
            if math.isnan(heights[row + 1, column + 1]):
                out[row, column] = np.nan
                continue
            east, north = gradient(heights, row + 1, column + 1, inverse)
            out[row, column] = math.atan(math.sqrt(east * east + north * north)) * _DEGREES


@kernel
def aspect(heights: NDArray[np.float32], flat: float, out: NDArray[np.float32]) -> None:
    """The direction in which the ground falls, in degrees clockwise from north, 0 ≤ aspect < 360.

    `heights` [rows + 2, columns + 2] as for `slope`; `out` [rows, columns]: -1 where the ground rises by no more than
    `flat` metres from cell to cell, NaN where the height is unknown. Web Mercator keeps angles: latitude does
    not matter.
    """
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            if math.isnan(heights[row + 1, column + 1]):
                out[row, column] = np.nan
                continue
            east, north = gradient(heights, row + 1, column + 1, 0.125)
            if east * east + north * north <= flat * flat:
                out[row, column] = -1.0
                continue
            towards = np.float32(math.atan2(-east, -north) * _DEGREES)
            if towards < 0.0:
                towards += np.float32(360.0)
            out[row, column] = towards if towards < np.float32(360.0) else np.float32(0.0)
