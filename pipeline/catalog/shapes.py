"""Which cells shapes cover: areas those whose centres lie in them, lines and points those they touch.

All of it is integer arithmetic on world pixels; no product of two differences exceeds 2^53, so that a browser's
numbers hold it too. The rules are those of docs/duplicates.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.catalog.cells import Cells, joined, union
from pipeline.catalog.grid import HALF, SIDE, UNIT_BITS, ZOOM, Integers, units
from pipeline.types import EXTERIOR, POLYGON, Geometries


def area_cells(geometries: Geometries) -> Cells:
    """The cells of all polygons; points and lines are passed over.

    A cell belongs to a polygon when its centre lies inside, by the even-odd rule over the polygon's rings; a centre on
    a western or northern edge is inside, on an eastern or southern one outside. A polygon without any centre has the
    cells that its rings touch.
    """
    rings = np.flatnonzero(np.repeat(geometries.kinds == POLYGON, np.diff(geometries.part_offsets)))
    x0, y0, x1, y1, ring = _segments(geometries, rings)
    polygon = np.cumsum(geometries.roles[rings] == EXTERIOR)[ring] if len(rings) else ring
    of, keys = _crossings(x0, y0, x1, y1, polygon)
    starts, stops = keys[0::2], keys[1::2]
    filled = np.unique(of[0::2][stops > starts])
    small = ~np.isin(polygon, filled)
    return union(joined(starts, stops), _touched(x0[small], y0[small], x1[small], y1[small]))


def touched_cells(geometries: Geometries) -> Cells:
    """The cells that points lie in and lines run through; polygons are passed over."""
    sizes = np.diff(geometries.part_offsets)
    parts = np.flatnonzero(np.repeat(geometries.kinds != POLYGON, sizes))
    points = np.repeat(geometries.kinds == 1, sizes)[parts]
    along = _segments(geometries, parts[~points])
    x, y = units(*_vertices(geometries, parts[points]))
    return union(_touched(*along[:4]), _touched(x, y, x, y))


def _vertices(geometries: Geometries, parts: Integers) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    picks, _part = _picks(geometries.vertex_offsets[parts], geometries.vertex_offsets[parts + 1])
    return geometries.x[picks], geometries.y[picks]


def _picks(starts: Integers, stops: Integers) -> tuple[Integers, Integers]:
    """The numbers from each start to before its stop, one after another, and which pair each is of."""
    lengths = np.maximum(stops - starts, 0)
    of = np.repeat(np.arange(len(lengths)), lengths)
    return starts[of] + np.arange(len(of)) - np.repeat(np.cumsum(lengths) - lengths, lengths), of


def _segments(geometries: Geometries, parts: Integers) -> tuple[Integers, Integers, Integers, Integers, Integers]:
    """The segments of some parts, from (x0, y0) to (x1, y1) in world pixels, y0 ≤ y1, and which part each is of.

    A part with one vertex has one segment without length.
    """
    starts, stops = geometries.vertex_offsets[parts], geometries.vertex_offsets[parts + 1]
    from_, of = _picks(starts, np.where(stops - starts == 1, stops, stops - 1))
    to = np.minimum(from_ + 1, stops[of] - 1)
    ax, ay = units(geometries.x[from_], geometries.y[from_])
    bx, by = units(geometries.x[to], geometries.y[to])
    down = ay <= by
    return np.where(down, ax, bx), np.where(down, ay, by), np.where(down, bx, ax), np.where(down, by, ay), of


def _crossings(x0: Integers, y0: Integers, x1: Integers, y1: Integers, polygon: Integers) -> tuple[Integers, Integers]:
    """Where segments cross the lines through the centres of rows: the polygon, and the first cell beyond, in order.

    Each polygon crosses each line an even number of times, so that its cells lie between the first and the second,
    the third and the fourth …
    """
    first, stop = (y0 + HALF - 1) >> UNIT_BITS, (y1 + HALF - 1) >> UNIT_BITS  # rows with y0 ≤ centre < y1
    row, of = _picks(first, stop)
    dx, dy = (x1 - x0)[of], (y1 - y0)[of]
    rise = ((row << UNIT_BITS) + HALF - y0[of]) * dx
    whole = rise // dy
    crossing = x0[of] + whole + (rise - whole * dy > 0)  # the first whole number not west of it
    cell = (row << ZOOM) + ((crossing + HALF - 1) >> UNIT_BITS)
    order = np.lexsort((cell, polygon[of]))
    return polygon[of][order], cell[order]


def _touched(x0: Integers, y0: Integers, x1: Integers, y1: Integers) -> Cells:
    """The cells that segments run through, in each row from the westernmost to the easternmost."""
    row, of = _picks(y0 >> UNIT_BITS, (y1 >> UNIT_BITS) + 1)
    x, y, dx, dy = x0[of], y0[of], (x1 - x0)[of], (y1 - y0)[of]
    flat = np.maximum(dy, 1)
    enter = x + (np.maximum(y, row << UNIT_BITS) - y) * dx // flat
    leave = np.where(dy == 0, x1[of], x + (np.minimum(y1[of], (row + 1) << UNIT_BITS) - y) * dx // flat)
    west = np.minimum(np.minimum(enter, leave) >> UNIT_BITS, SIDE - 1)
    east = np.minimum(np.maximum(enter, leave) >> UNIT_BITS, SIDE - 1)
    base = np.minimum(row, SIDE - 1) << ZOOM
    return joined(base + west, base + east + 1)
