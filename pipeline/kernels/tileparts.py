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
def _put_rings(
    gx: NDArray[np.int64],
    gy: NDArray[np.int64],
    so: NDArray[np.int64],
    sa: NDArray[np.int64],
    count: int,
    owner: NDArray[np.int64],
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    r_vertex: NDArray[np.int64],
    rings: int,
) -> tuple[int, bool]:
    """Append `count` rings (offsets `so`, doubled areas `sa`), each shell before its holes.

    Returns the new number of rings and whether a hole found no shell.
    """
    exteriors = 0
    largest = 0
    for r in range(count):
        if sa[r] > 0:
            if exteriors == 0 or sa[r] > sa[largest]:
                largest = r
            exteriors += 1
    lost = False
    for r in range(count):
        if sa[r] > 0:
            owner[r] = r
            continue
        owner[r] = largest if exteriors == 1 else -1
        for shell in range(count if exteriors > 1 else 0):  # the smallest shell around this hole
            if (
                sa[shell] > 0
                and (owner[r] < 0 or sa[shell] < sa[owner[r]])
                and hole_in(gx, gy, so[r], so[r + 1], so[shell], so[shell + 1]) > 0
            ):
                owner[r] = shell
        lost |= owner[r] < 0
    vertices = r_vertex[rings]
    for shell in range(count + 1):  # the last round: holes without a shell, for GEOS to decide
        if shell < count and sa[shell] < 0:
            continue
        for k in range(-1, count):
            r = shell if k < 0 else k
            if r == count or (k == shell) or (k >= 0 and owner[k] != (shell if shell < count else -1)):
                continue
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
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    r_vertex: NDArray[np.int64],
    rings: int,
) -> tuple[int, bool]:
    """Append `count` parts (offsets `so`; of areas also doubled areas `sa`) to a tile's rings.

    Returns the new number of rings and whether a hole found no shell.
    """
    if areas:
        rings, lost = _put_rings(gx, gy, so, sa, count, owner, x, y, r_vertex, rings)
        return rings, lost
    for r in range(count):
        o = r_vertex[rings] - so[r]
        for i in range(so[r], so[r + 1]):
            x[o + i] = gx[i]
            y[o + i] = gy[i]
        rings += 1
        r_vertex[rings] = o + so[r + 1]
    return rings, False
