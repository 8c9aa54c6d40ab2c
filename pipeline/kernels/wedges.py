"""Where an outline goes on at a vertex through which several pass."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper


@helper
def _turn(rx: int, ry: int, bx: int, by: int) -> int:
    """Half turn, clockwise in x-y order, in which direction b comes when turning away from r: 0, 1 (opposite), 2."""
    cross = rx * by - ry * bx
    return 0 if cross < 0 else (2 if cross > 0 else 1)


@helper
def next_edge(
    e: int,
    start: int,
    to: NDArray[np.int64],
    origin: NDArray[np.int64],
    first_out: NDArray[np.int64],
    next_out: NDArray[np.int64],
    used: NDArray[np.bool_],
    node_x: NDArray[np.int64],
    node_y: NDArray[np.int64],
) -> np.int64:
    """The edge, not used or the walk's first, that bounds the same wedge of the interior as e where e ends."""
    v = to[e]
    vx, vy = node_x[v], node_y[v]
    rx, ry = node_x[origin[e]] - vx, node_y[origin[e]] - vy
    best: Any = np.int64(-1)
    best_half: Any = np.int64(0)
    bx: Any = np.int64(0)
    by: Any = np.int64(0)
    other = first_out[v]
    while other >= 0:
        if not used[other] or other == start:
            ox, oy = node_x[to[other]] - vx, node_y[to[other]] - vy
            half = _turn(rx, ry, ox, oy)
            if best < 0 or half < best_half or (half == best_half and ox * by - oy * bx < 0):
                best, best_half, bx, by = other, half, ox, oy
        other = next_out[other]
    return np.int64(best)
