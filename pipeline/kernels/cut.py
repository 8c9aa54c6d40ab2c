"""Lines and areas of several tiles → pieces: the room that cutting them takes, made as it is needed."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import kernel
from pipeline.kernels.bisect import (
    ARENA,
    CHAIN,
    FRAMED,
    GRID,
    PARTS,
    PIECES,
    RINGS,
    ROOMS,
    VERTICES,
    bisect_rows,
)
from pipeline.kernels.grow import grown
from pipeline.kernels.pieces import Features, Pieces

FRAMES: Final = 80  # of the bisection: two per zoom, and the four edges of the world


@kernel
def cut_shapes(
    features: Features,
    rows: NDArray[np.int64],
    sides: NDArray[np.int64],
    areas: bool,
    zoom: int,
    shift: int,
    tolerance2: float,
    keep_small: bool,
    buffer: int,
    fates: NDArray[np.uint8],
) -> Pieces:
    """Cut lines or (`areas`) areas of several tiles into the tiles of one zoom.

    `rows` features, in order, and the `sides` of the squares that stand for them (0: they stand for themselves);
    `shift` from world units to the zoom's tile units; `tolerance2` squared world units; `keep_small`: an area that
    vanishes on the grids of all its tiles is drawn as one square unit.
    Output: `fates` [rows]; the areas that are HARD have no pieces. The rings of a line's piece are its line strings.
    """
    # Unpacked once: a tuple of arrays that is passed on costs two atomic counts for each of them.
    wx, wy, importance, roles = features.wx, features.wy, features.importance, features.roles
    vertex_offsets, part_from, part_to = features.vertex_offsets, features.part_from, features.part_to
    size = features.size
    most_vertices = 4
    most_parts = 1
    for row in rows:
        most_vertices = max(most_vertices, vertex_offsets[part_to[row]] - vertex_offsets[part_from[row]])
        most_parts = max(most_parts, part_to[row] - part_from[row])
    # A feature on the zoom's grid, and later one tile's part of it: parts at so, doubled areas sa.
    gx = np.empty(most_vertices, np.int64)
    gy = np.empty(most_vertices, np.int64)
    so = np.empty(most_parts + 2, np.int64)
    sa = np.empty(most_parts + 1, np.int64)
    so[0] = 0
    owner, sequence = np.empty(most_parts + 1, np.int64), np.empty(most_parts + 1, np.int64)
    box = np.empty(4 * most_parts + 5, np.int64)
    # The bisection's arena: frames lie one behind the other, children behind their parent.
    ax = np.empty(1024, np.float64)
    ay = np.empty(1024, np.float64)
    ro = np.empty(1024, np.int64)
    chain = np.empty(4096, np.int64)
    ends = np.empty(2048, np.float64)
    partner = np.empty(1024, np.int64)
    order = np.empty(2048, np.int64)
    frame = np.empty((FRAMES, 7), np.int64)  # x0, y0, x1, y1 tiles, first part, end of parts, halves done
    # Output.
    n = len(rows) + 64
    p_tx = np.empty(n, np.int32)
    p_ty = np.empty(n, np.int32)
    p_row = np.empty(n, np.int64)
    p_flag = np.empty(n, np.uint8)
    p_ring = np.empty(n + 1, np.int64)
    r_vertex = np.empty(n + most_parts + 1, np.int64)
    x = np.empty(8 * n + most_vertices, np.int32)
    y = np.empty(8 * n + most_vertices, np.int32)
    p_ring[0] = 0
    r_vertex[0] = 0
    at = np.zeros(4, np.int64)
    need = np.zeros(ROOMS, np.int64)
    # Arrays grow here, not where the work is done: numba counts every array that may be another one in the next turn of
    # a loop, atomically and in every turn.
    while not bisect_rows(
        wx, wy, importance, vertex_offsets, roles, part_from, part_to, size,
        rows, sides, areas, zoom, shift, tolerance2, keep_small, buffer,
        gx, gy, so, sa, owner, sequence, box, ax, ay, ro, chain, ends, partner, order, frame,
        p_tx, p_ty, p_row, p_flag, p_ring, r_vertex, x, y, fates, at, need,
    ):  # fmt: skip
        if need[PIECES] > len(p_tx):
            p_tx, p_ty, p_row = grown(p_tx, need[PIECES]), grown(p_ty, need[PIECES]), grown(p_row, need[PIECES])
            p_flag, p_ring = grown(p_flag, need[PIECES]), grown(p_ring, need[PIECES] + 1)
        if need[RINGS] > len(r_vertex):
            r_vertex = grown(r_vertex, need[RINGS])
        if need[VERTICES] > len(x):
            x, y = grown(x, need[VERTICES]), grown(y, need[VERTICES])
        if need[GRID] > len(gx):
            gx, gy = grown(gx, need[GRID]), grown(gy, need[GRID])
        if need[PARTS] > len(sa):
            so, sa = grown(so, need[PARTS] + 1), grown(sa, need[PARTS])
            owner, sequence = grown(owner, need[PARTS]), grown(sequence, need[PARTS])
            box = grown(box, 4 * need[PARTS] + 1)
        if need[ARENA] > len(ax):
            ax, ay = grown(ax, need[ARENA]), grown(ay, need[ARENA])
        if need[FRAMED] > len(ro):
            ro = grown(ro, need[FRAMED])
        if need[CHAIN] > len(partner):
            chain, ends = grown(chain, 4 * need[CHAIN]), grown(ends, 2 * need[CHAIN])
            partner, order = grown(partner, need[CHAIN]), grown(order, 2 * need[CHAIN])
    pieces, rings = at[1], at[2]
    return Pieces(
        p_tx[:pieces],
        p_ty[:pieces],
        p_row[:pieces],
        p_flag[:pieces],
        p_ring[: pieces + 1],
        r_vertex[: rings + 1],
        x[: r_vertex[rings]],
        y[: r_vertex[rings]],
    )
