"""Whole areas as pieces, so that the check of tiles (`simple.py`) can be asked of the source too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import kernel
from pipeline.kernels.pieces import SOUND, SUSPECT, Pieces
from pipeline.kernels.tilerings import area2, clean_ring

_REACH = 1 << 29  # units from a feature's first vertex: products of two differences stay below 2^61


@kernel
def outlines(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    vertex_offsets: NDArray[np.int64],
    roles: NDArray[np.uint8],
    part_from: NDArray[np.int64],
    part_to: NDArray[np.int64],
    rows: NDArray[np.int64],
) -> Pieces:
    """Each of `rows` as one piece without a tile: rings cleaned, wound by their role, from the first vertex on.

    `wx`, `wy` [vertices] world units, rings closed; `part_from`, `part_to` [features]. SUSPECT at once: what reaches
    farther than 320 km from its first vertex (its products would not fit), and a hole whose shell has no area.
    """
    rings = 0
    vertices = 0
    for row in rows:
        rings += part_to[row] - part_from[row]
        vertices += vertex_offsets[part_to[row]] - vertex_offsets[part_from[row]]
    n = len(rows)
    flag = np.zeros(n, np.uint8)
    ring_offsets = np.zeros(n + 1, np.int64)
    ends = np.zeros(rings + 1, np.int64)
    x = np.empty(vertices, np.int32)
    y = np.empty(vertices, np.int32)
    most = 0
    for row in rows:
        for part in range(part_from[row], part_to[row]):
            most = max(most, vertex_offsets[part + 1] - vertex_offsets[part])
    gx = np.empty(most, np.int64)
    gy = np.empty(most, np.int64)
    r = 0
    o = 0
    for k in range(n):
        row = rows[k]
        first = vertex_offsets[part_from[row]]
        flag[k] = SOUND
        shell = False
        for part in range(part_from[row], part_to[row]):
            e = vertex_offsets[part + 1] - vertex_offsets[part] - 1
            for i in range(e):
                gx[i] = wx[vertex_offsets[part] + i] - wx[first]
                gy[i] = wy[vertex_offsets[part] + i] - wy[first]
                if max(abs(gx[i]), abs(gy[i])) > _REACH:
                    flag[k] = SUSPECT
            if flag[k] == SUSPECT:
                break
            e = clean_ring(gx, gy, 0, max(e, 0))
            twice = area2(gx, gy, 0, e) if e > 0 else np.int64(0)
            if roles[part] == 1:
                shell = e > 0
            elif not shell:
                flag[k] = SUSPECT
                break
            if e == 0:
                continue
            if twice == 0:  # a bow-tie of equal halves
                flag[k] = SUSPECT
                break
            backwards = (twice > 0) != (roles[part] == 1)
            for i in range(e):
                j = e - 1 - i if backwards else i
                x[o] = gx[j]
                y[o] = gy[j]
                o += 1
            r += 1
            ends[r] = o
        ring_offsets[k + 1] = r
    nowhere = np.zeros(n, np.int32)
    return Pieces(nowhere, nowhere, rows, flag, ring_offsets, ends[: r + 1], x[:o], y[:o])
