"""Which boxes, and which features' boxes, meet any of many areas.

Areas and boxes are west, south, east, north with closed sides: to touch is to meet. A box whose west lies east of its
east crosses the antimeridian (GeoParquet 1.1 § bbox covering) and meets an area whatever its longitudes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@helper
def _meets(west: float, south: float, east: float, north: float, areas: Floats) -> bool:
    """Whether a box meets any of the areas [areas, 4]."""
    around = west > east
    for k in range(len(areas)):
        level = south <= areas[k, 3] and north >= areas[k, 1]  # false for NaN
        if level and (around or (west <= areas[k, 2] and east >= areas[k, 0])):
            return True
    return False


@kernel
def boxes_meet(
    west: Floats, south: Floats, east: Floats, north: Floats, areas: Floats, found: NDArray[np.bool_]
) -> int:
    """Mark the boxes that meet any area; returns their number.

    west, south, east, north: float64 [boxes] · areas: float64 [areas, 4] · found: bool [boxes]. A box with NaN, the box
    of nothing, meets no area.
    """
    count = 0
    for i in range(len(west)):
        found[i] = _meets(west[i], south[i], east[i], north[i], areas)
        count += found[i]
    return count


@kernel
def features_meet(
    part_offsets: Ints, vertex_offsets: Ints, x: Floats, y: Floats, areas: Floats, found: NDArray[np.bool_]
) -> int:
    """Mark the features whose box meets any area; returns their number.

    Geometries as `pipeline.types.Geometries`, finite coordinates · areas: float64 [areas, 4] · found: bool [features].
    A feature without vertices meets no area.
    """
    count = 0
    for i in range(len(part_offsets) - 1):
        begin, end = vertex_offsets[part_offsets[i]], vertex_offsets[part_offsets[i + 1]]
        found[i] = False
        if end > begin:
            west = east = x[begin]
            south = north = y[begin]
            for v in range(begin + 1, end):
                west, east = min(west, x[v]), max(east, x[v])
                south, north = min(south, y[v]), max(north, y[v])
            found[i] = _meets(west, south, east, north, areas)
            count += found[i]
    return count
