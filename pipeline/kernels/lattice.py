"""Vertices exactly on an edge: on the integer grid they are among its lattice points."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper
from pipeline.kernels.pointtable import look, point_key


@helper
def _gcd(a: int, b: int) -> int:
    while b > 0:
        a, b = b, a % b
    return a


@helper
def nodes_on(
    a: int,
    b: int,
    node_x: NDArray[np.int64],
    node_y: NDArray[np.int64],
    node_of: NDArray[np.int64],
    keys: NDArray[np.int64],
    users: NDArray[np.int64],
    user: int,
    bits: int,
    outer: NDArray[np.int64],
    outers: int,
    hits: NDArray[np.int64],
) -> int:
    """Fill `hits` with the nodes on the edge from a (left out) to b in their order; returns their number.

    Looks up every lattice point of the edge, or, where these are more, tries every node in `outer`.
    """
    ax, ay = node_x[a], node_y[a]
    ex, ey = node_x[b] - ax, node_y[b] - ay
    steps: Any = _gcd(abs(ex), abs(ey))
    dx, dy = ex // steps, ey // steps
    count: Any = np.int64(0)
    if steps <= outers:
        for step in range(1, steps + 1):
            slot = look(keys, users, user, bits, point_key(ax + step * dx, ay + step * dy))
            if slot >= 0:
                hits[count] = node_of[slot]
                count += 1
        return int(count)
    for k in range(outers):
        px, py = node_x[outer[k]] - ax, node_y[outer[k]] - ay
        along = px * ex + py * ey
        if px * ey == py * ex and 0 < along <= ex * ex + ey * ey:
            place = count  # sorted by their distance from a; there are few
            while place > 0 and (node_x[hits[place - 1]] - ax) * ex + (node_y[hits[place - 1]] - ay) * ey > along:
                hits[place] = hits[place - 1]
                place -= 1
            hits[place] = outer[k]
            count += 1
    return int(count)
