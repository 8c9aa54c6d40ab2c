"""Parts on their way into a tile: rounded to its grid, and put behind one another, each shell before its holes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper
from pipeline.kernels.pieces import EXTENT_BITS, to_tile
from pipeline.kernels.tilerings import area2, clean_line, clean_ring, hole_in


@helper
def round_part(
    ax: NDArray[np.float64],
    ay: NDArray[np.float64],
    s: int,
    e: int,
    tx: int,
    ty: int,
    buffer: int,
    areas: bool,
    gx: NDArray[np.int64],
    gy: NDArray[np.int64],
    o: int,
) -> tuple[int, int]:
    """Part [s, e) in the units of its tile, cleaned, at `o`; returns its end (`o`: nothing left) and doubled area."""
    signed = 0.0
    for i in range(s, e):
        gx[o + i - s] = to_tile(ax[i], tx << EXTENT_BITS, buffer)
        gy[o + i - s] = to_tile(ay[i], ty << EXTENT_BITS, buffer)
        j = i + 1 if i + 1 < e else s
        signed += (ax[i] - ax[s]) * (ay[j] - ay[s]) - (ax[j] - ax[s]) * (ay[i] - ay[s])
    if not areas:
        return clean_line(gx, gy, o, o + e - s), 0
    end = clean_ring(gx, gy, o, o + e - s)
    if end == o:
        return o, 0
    twice = area2(gx, gy, o, end)
    if twice == 0 or (twice > 0) != (signed > 0.0):  # rounding folded it over: less than the grid can show
        return o, 0
    return end, twice


@helper
def _owners(
    gx: NDArray[np.int64],
    gy: NDArray[np.int64],
    so: NDArray[np.int64],
    sa: NDArray[np.int64],
    count: int,
    owner: NDArray[np.int64],
    box: NDArray[np.int64],
) -> bool:
    """The smallest shell around each hole, −1 if none, and every shell itself; whether a hole found none.

    `box` [≥ 4 count] is scratch. Boxes first: a tile may hold thousands of islands with ponds.
    """
    for r in range(count):
        x0 = x1 = gx[so[r]]
        y0 = y1 = gy[so[r]]
        for i in range(so[r] + 1, so[r + 1]):
            x0, x1 = min(x0, gx[i]), max(x1, gx[i])
            y0, y1 = min(y0, gy[i]), max(y1, gy[i])
        box[4 * r], box[4 * r + 1], box[4 * r + 2], box[4 * r + 3] = x0, y0, x1, y1
    lost = False
    for r in range(count):
        if sa[r] > 0:
            owner[r] = r
            continue
        owner[r] = -1
        x0, y0, x1, y1 = box[4 * r], box[4 * r + 1], box[4 * r + 2], box[4 * r + 3]
        for shell in range(count):
            if (
                box[4 * shell] <= x0
                and box[4 * shell + 2] >= x1
                and box[4 * shell + 1] <= y0
                and box[4 * shell + 3] >= y1
                and sa[shell] > 0
                and (owner[r] < 0 or sa[shell] < sa[owner[r]])
                and hole_in(gx, gy, so[r], so[r + 1], so[shell], so[shell + 1]) > 0
            ):
                owner[r] = shell
        lost |= owner[r] < 0
    return lost


@helper
def _sequence(owner: NDArray[np.int64], count: int, at: NDArray[np.int64], order: NDArray[np.int64]) -> None:
    """Fill `order` [count]: each shell before its holes, holes without a shell last; `at` [≥ count + 1] is scratch."""
    for r in range(count + 1):
        at[r] = 0
    for r in range(count):
        at[owner[r] if owner[r] >= 0 else count] += 1
    total = np.int64(0)
    for r in range(count + 1):
        size = at[r]
        at[r] = total
        total += size
    for r in range(count):
        if owner[r] == r:
            order[at[r]] = r
            at[r] += 1
    for r in range(count):
        if owner[r] != r:
            shell = owner[r] if owner[r] >= 0 else count
            order[at[shell]] = r
            at[shell] += 1


@helper
def _put_rings(
    gx: NDArray[np.int64],
    gy: NDArray[np.int64],
    so: NDArray[np.int64],
    sa: NDArray[np.int64],
    count: int,
    owner: NDArray[np.int64],
    order: NDArray[np.int64],
    box: NDArray[np.int64],
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    r_vertex: NDArray[np.int64],
    rings: int,
) -> tuple[int, bool]:
    """Append `count` rings (offsets `so`, doubled areas `sa`), each shell before its holes; see `put_parts`.

    Returns the new number of rings and whether a hole found no shell; those come last, for GEOS to decide.
    """
    exteriors = 0
    only = np.int64(0)
    for r in range(count):
        if sa[r] > 0:
            only = np.int64(r)
            exteriors += 1
    lost = exteriors == 0
    if exteriors > 1:
        lost = _owners(gx, gy, so, sa, count, owner, box)
        _sequence(owner, count, box, order)
    else:  # the shell, then whatever else there is
        for r in range(count):
            order[r] = r - 1 if r <= only else r
        order[0] = only
    vertices = r_vertex[rings]
    for k in range(count):
        r = order[k]
        for i in range(so[r], so[r + 1]):
            x[vertices] = gx[i]
            y[vertices] = gy[i]
            vertices += 1
        rings += 1
        r_vertex[rings] = vertices
    return rings, lost


@helper
def put_parts(
    gx: NDArray[np.int64],
    gy: NDArray[np.int64],
    so: NDArray[np.int64],
    sa: NDArray[np.int64],
    count: int,
    areas: bool,
    owner: NDArray[np.int64],
    order: NDArray[np.int64],
    box: NDArray[np.int64],
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    r_vertex: NDArray[np.int64],
    rings: int,
) -> tuple[int, bool]:
    """Append `count` parts (offsets `so`; of areas also doubled areas `sa`) to a tile's rings.

    `owner`, `order` [≥ count] and `box` [≥ 4 count + 1] are scratch. Returns the new number of rings and whether a hole
    found no shell.
    """
    if areas:
        rings, lost = _put_rings(gx, gy, so, sa, count, owner, order, box, x, y, r_vertex, rings)
        return rings, lost
    for r in range(count):
        o = r_vertex[rings] - so[r]
        for i in range(so[r], so[r + 1]):
            x[o + i] = gx[i]
            y[o + i] = gy[i]
        rings += 1
        r_vertex[rings] = o + so[r + 1]
    return rings, False
