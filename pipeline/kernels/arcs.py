"""Circular arcs → chords.

An arc is given by its start, a point on it, and its end (SQL/MM-3 §7.3.2); when start and end coincide it is a
full circle and the middle point lies opposite. Chords span at most 4°, GDAL's default step. The same arc gives the same
vertices whichever end it is walked from, so neighbours that share it still share it as chords.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper

Floats = NDArray[np.float64]

_STEP: Final = math.radians(4.0)


@helper
def _circle(x0: float, y0: float, x1: float, y1: float, x2: float, y2: float) -> tuple[float, float, float, float]:
    """Centre, start angle and sweep of the arc; a sweep of 0 means a straight line."""
    if x0 == x2 and y0 == y2:
        if x0 == x1 and y0 == y1:
            return 0.0, 0.0, 0.0, 0.0
        cx, cy = (x0 + x1) / 2.0, (y0 + y1) / 2.0
        return cx, cy, math.atan2(y0 - cy, x0 - cx), 2.0 * math.pi
    # Relative to the start, so that plane coordinates of 4·10⁷ keep their digits.
    ax, ay, bx, by = x1 - x0, y1 - y0, x2 - x0, y2 - y0
    twice = 2.0 * (ax * by - ay * bx)
    a2, b2 = ax * ax + ay * ay, bx * bx + by * by
    if abs(twice) <= 1e-9 * (a2 + b2):  # a sagitta below a billionth of the chord
        return 0.0, 0.0, 0.0, 0.0
    ux, uy = (by * a2 - ay * b2) / twice, (ax * b2 - bx * a2) / twice
    start = math.atan2(-uy, -ux)
    sweep = math.atan2(by - uy, bx - ux) - start
    if twice > 0.0 and sweep <= 0.0:  # the middle lies right of the chord: counter-clockwise
        sweep += 2.0 * math.pi
    elif twice < 0.0 and sweep >= 0.0:
        sweep -= 2.0 * math.pi
    return x0 + ux, y0 + uy, start, sweep


@helper
def arc_segments(x0: float, y0: float, x1: float, y1: float, x2: float, y2: float) -> int:
    """How many chords the arc becomes, at least 1."""
    if x2 < x0 or (x2 == x0 and y2 < y0):
        x0, y0, x2, y2 = x2, y2, x0, y0
    _, _, _, sweep = _circle(x0, y0, x1, y1, x2, y2)
    return int(max(1, math.ceil(abs(sweep) / _STEP - 1e-9)))


@helper
def arc_vertices(
    x0: float, y0: float, x1: float, y1: float, x2: float, y2: float, x: Floats, y: Floats, at: int
) -> int:
    """Write the arc's vertices after its start to `x`, `y` from `at` on; returns the index behind the last.

    As many as `arc_segments` says; the last is exactly the arc's end.
    """
    n = arc_segments(x0, y0, x1, y1, x2, y2)
    back = x2 < x0 or (x2 == x0 and y2 < y0)
    if back:
        cx, cy, start, sweep = _circle(x2, y2, x1, y1, x0, y0)
        radius = math.hypot(x2 - cx, y2 - cy)
    else:
        cx, cy, start, sweep = _circle(x0, y0, x1, y1, x2, y2)
        radius = math.hypot(x0 - cx, y0 - cy)
    for k in range(1, n):
        angle = start + sweep * ((n - k if back else k) / n)
        x[at + k - 1] = cx + radius * math.cos(angle)
        y[at + k - 1] = cy + radius * math.sin(angle)
    x[at + n - 1] = x2
    y[at + n - 1] = y2
    return int(at + n)
