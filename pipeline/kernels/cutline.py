"""Which pixels of a window lie inside polygons, by their centres."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import kernel


@kernel
def fill_inside(
    x0: NDArray[np.float64],
    y0: NDArray[np.float64],
    x1: NDArray[np.float64],
    y1: NDArray[np.float64],
    scale: float,
    left: int,
    top: int,
    inside: NDArray[np.uint8],
) -> int:
    """Set `inside` [rows, columns] to 1 where pixel centres lie inside rings, else 0; returns how many do.

    Edges [edges] in world units 0…1, from (x0, y0) to (x1, y1), of all rings together: inside is what an odd number of
    them surrounds. `scale` world pixels to a unit; `left`, `top` the window's corner in world pixels. What lies on an
    edge belongs to the side east, or south, of it, so polygons that share an edge share no pixel and leave none out.
    Crossings are found in world pixels: the same from any window.
    """
    rows, columns = inside.shape
    found = 0
    for i in range(rows):
        y = top + i + 0.5
        inside[i] = 0
        before = 0  # edges crossed west of the window
        for k in range(len(x0)):
            ya, yb = y0[k] * scale, y1[k] * scale
            if (ya <= y) == (yb <= y):
                continue
            xa, xb = x0[k] * scale, x1[k] * scale
            if ya > yb:  # one direction, so that polygons on both sides find the same crossing
                xa, ya, xb, yb = xb, yb, xa, ya
            x = xa + (y - ya) * ((xb - xa) / (yb - ya))
            column = math.ceil(x - 0.5) - left
            if column <= 0:
                before ^= 1
            elif column < columns:
                inside[i, column] ^= 1
        state = before
        for j in range(columns):
            state ^= int(inside[i, j])
            inside[i, j] = state
            found += state
    return found
