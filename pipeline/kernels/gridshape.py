"""A feature on a zoom's grid of tile units: its own parts, or a square that stands for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper
from pipeline.kernels.tilerings import area2, clean_line, clean_ring


@helper
def load_parts(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    importance: NDArray[np.float64],
    vertex_offsets: NDArray[np.int64],
    roles: NDArray[np.uint8],
    first: int,
    last: int,
    areas: bool,
    shift: int,
    tolerance2: float,
    gx: NDArray[np.int64],
    gy: NDArray[np.int64],
    so: NDArray[np.int64],
    sa: NDArray[np.int64],
) -> tuple[np.int64, np.int64]:
    """Round the vertices of parts [first, last) above the tolerance, clean the parts and wind rings by their role.

    Outputs: vertices `gx`, `gy`, part offsets `so` (`so[0]` is 0), doubled areas `sa`, positive for shells. Returns
    the numbers of parts and of shells that are left.
    """
    half = (np.int64(1) << shift) >> 1
    parts = np.int64(0)
    shells = np.int64(0)
    for part in range(first, last):
        o = so[parts]
        e = o
        for i in range(vertex_offsets[part], vertex_offsets[part + 1] - (1 if areas else 0)):
            if importance[i] >= tolerance2:
                gx[e] = (wx[i] + half) >> shift
                gy[e] = (wy[i] + half) >> shift
                e += 1
        e = clean_ring(gx, gy, o, e) if areas else clean_line(gx, gy, o, e)
        if e == o:
            continue
        if areas:
            twice = area2(gx, gy, o, e)
            if twice == 0:
                continue
            if (twice > 0) != (roles[part] == 1):
                for i in range((e - o) // 2):
                    gx[o + i], gx[e - 1 - i] = gx[e - 1 - i], gx[o + i]
                    gy[o + i], gy[e - 1 - i] = gy[e - 1 - i], gy[o + i]
                twice = -twice
            sa[parts] = twice
            shells += twice > 0
        parts += 1
        so[parts] = e
    return parts, shells


@helper
def load_square(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    v0: int,
    v1: int,
    side: int,
    shift: int,
    gx: NDArray[np.int64],
    gy: NDArray[np.int64],
    so: NDArray[np.int64],
    sa: NDArray[np.int64],
) -> None:
    """A square of `side` tile units around the middle of the bounds of vertices [v0, v1), as the only part."""
    x_low, x_high, y_low, y_high = limits(wx, wy, v0, v1)
    half = (np.int64(1) << shift) >> 1
    x = ((((x_low + x_high) >> 1) + half) >> shift) - side // 2
    y = ((((y_low + y_high) >> 1) + half) >> shift) - side // 2
    gx[0], gx[1], gx[2], gx[3] = x, x + side, x + side, x
    gy[0], gy[1], gy[2], gy[3] = y, y, y + side, y + side
    so[1] = 4
    sa[0] = 2 * side * side


@helper
def limits(x: NDArray[np.int64], y: NDArray[np.int64], s: int, e: int) -> tuple[int, int, int, int]:
    """Bounds of the vertices [s, e), at least one: x low, x high, y low, y high."""
    x_low = x_high = x[s]
    y_low = y_high = y[s]
    for i in range(s + 1, e):
        x_low = min(x_low, x[i])
        x_high = max(x_high, x[i])
        y_low = min(y_low, y[i])
        y_high = max(y_high, y[i])
    return x_low, x_high, y_low, y_high
