"""Lines and areas on the grid of one zoom: what lies in one tile is put there, what spans several is left to be cut.

A feature is loaded once per zoom: vertices above the tolerance, rounded to the zoom's grid of tile units, repeated and
collinear ones dropped. Its range of tiles follows from its bounds; a feature of one tile (most are) is taken whole.

No array is made or assigned anew on this way: numba counts references to arrays atomically (see `_jit.helper`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.gridshape import limits, load_parts, load_square
from pipeline.kernels.pieces import (
    COLLAPSED,
    EXTENT_BITS,
    GATHERED,
    KEPT,
    SEVERAL,
    SOUND,
    SUSPECT,
    TOO_SMALL,
    Features,
    Pieces,
    seen,
    tile_range,
)
from pipeline.kernels.tileparts import put_parts

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # the golden section of 2^64


@helper
def _head_start(cell: int) -> float:
    """The part of a square that a cell begins with, [0, 1): what cells round away, neighbouring cells round up.

    Multiples of the golden section lie evenly whatever run of them is taken, so that in any part of the map the total
    is kept to about a square; a half for every cell would lose all that is thinner than half a square per cell.
    Source: Knuth, The Art of Computer Programming 3, §6.4.
    """
    return float((np.uint64(cell) * _GOLDEN + np.uint64(1 << 63)) >> np.uint64(11)) / float(1 << 53)


@kernel
def place_shapes(
    features: Features,
    rows: NDArray[np.int64],
    areas: bool,
    zoom: int,
    shift: int,
    tolerance2: float,
    least: float,
    tiny: float,
    cell_shift: int,
    keep_small: bool,
    buffer: int,
    fates: NDArray[np.uint8],
    sides: NDArray[np.int64],
) -> Pieces:
    """Put lines or (`areas`) areas that lie in one tile of a zoom there.

    `rows` features, in order; `shift` from world units to the zoom's tile units; `tolerance2` squared world units;
    `least` tile units (lines) or tile units² (areas): smaller ones are left out (0: none); `tiny` tile units²: within a
    cell (the curve shifted right by `cell_shift`) smaller areas are gathered, and each time their sum reaches a square
    of at least that size (sides are whole units) one of them is drawn as that square (0: off); `keep_small`: an area
    that vanishes on the grid is drawn as one square unit.
    Outputs: `fates` [rows], SEVERAL for those to be cut; `sides` [rows] of the squares that stand for features, 0 where
    they stand for themselves. The rings of a line's piece are its line strings.
    """
    # Unpacked once: a tuple of arrays that is passed on costs two atomic counts for each of them.
    wx, wy, importance, roles = features.wx, features.wy, features.importance, features.roles
    vertex_offsets, part_from, part_to = features.vertex_offsets, features.part_from, features.part_to
    visible, size, curve = features.visible, features.size, features.curve
    max_tile = (np.int64(1) << zoom) - 1
    world_end = (max_tile + 1) << EXTENT_BITS
    unit = float(np.int64(1) << shift)
    scale = 1.0 / (unit * unit) if areas else 1.0 / unit
    square_side = np.int64(np.ceil(np.sqrt(tiny)))
    square = float(square_side * square_side)
    most_vertices = 4
    most_parts = 1
    all_vertices = np.int64(0)
    all_parts = np.int64(0)
    for row in rows:
        vertices = vertex_offsets[part_to[row]] - vertex_offsets[part_from[row]]
        most_vertices = max(most_vertices, vertices)
        most_parts = max(most_parts, part_to[row] - part_from[row])
        all_vertices += max(vertices, 4)
        all_parts += max(part_to[row] - part_from[row], 1)
    # A feature on the zoom's grid: parts at so, doubled areas sa.
    gx = np.empty(most_vertices, np.int64)
    gy = np.empty(most_vertices, np.int64)
    so = np.empty(most_parts + 1, np.int64)
    sa = np.empty(most_parts + 1, np.int64)
    owner, order, box = (
        np.empty(most_parts, np.int64),
        np.empty(most_parts, np.int64),
        np.empty(4 * most_parts + 1, np.int64),
    )
    so[0] = 0
    n = len(rows)
    p_tx = np.empty(n, np.int32)
    p_ty = np.empty(n, np.int32)
    p_row = np.empty(n, np.int64)
    p_flag = np.empty(n, np.uint8)
    p_ring = np.empty(n + 1, np.int64)
    r_vertex = np.empty(all_parts + 1, np.int64)
    x = np.empty(all_vertices, np.int32)
    y = np.empty(all_vertices, np.int32)
    p_ring[0] = 0
    r_vertex[0] = 0
    # Counters are int64 from the start: numba would compile every helper once more for a literal 0.
    pieces = np.int64(0)
    rings = np.int64(0)
    cell = np.int64(-1)
    gathered = 0.0
    for k in range(n):
        row = rows[k]
        sides[k] = 0
        if not seen(visible, row, zoom):
            continue
        if size[row] * scale < least:
            fates[k] = TOO_SMALL
            continue
        side = np.int64(0)
        if tiny > 0.0 and size[row] * scale < tiny:
            if curve[row] >> cell_shift != cell:
                cell = curve[row] >> cell_shift
                gathered = square * _head_start(cell)  # what is left at the end of a cell is rounded, not lost
            gathered += size[row] * scale
            if gathered < square:
                fates[k] = GATHERED
                continue
            gathered -= square
            side = square_side
        v0, v1 = vertex_offsets[part_from[row]], vertex_offsets[part_to[row]]
        parts = np.int64(1)
        if side == 0:
            parts, shells = load_parts(
                wx, wy, importance, vertex_offsets, roles, part_from[row], part_to[row], areas, shift, tolerance2,
                gx, gy, so, sa,
            )  # fmt: skip
            if parts == 0 or (areas and shells == 0):
                if not keep_small or part_from[row] == part_to[row]:
                    fates[k] = COLLAPSED
                    continue
                side = np.int64(1)
                parts = np.int64(1)
        sides[k] = side
        if side > 0:
            load_square(wx, wy, v0, v1, side, shift, gx, gy, so, sa)
        x_low, x_high, y_low, y_high = limits(gx, gy, np.int64(0), so[parts])
        tx0, tx1 = tile_range(x_low, x_high, buffer, max_tile)
        ty0, ty1 = tile_range(y_low, y_high, buffer, max_tile)
        if tx0 > tx1 or ty0 > ty1:  # beyond the world's square
            fates[k] = COLLAPSED
            continue
        if (
            tx0 != tx1
            or ty0 != ty1
            or x_low < -buffer
            or y_low < -buffer
            or x_high > world_end + buffer
            or y_high > world_end + buffer
        ):
            fates[k] = SEVERAL
            continue
        fates[k] = KEPT
        for i in range(so[parts]):
            gx[i] -= tx0 << EXTENT_BITS
            gy[i] -= ty0 << EXTENT_BITS
        lost = False
        if parts == 1:  # as most have
            o = r_vertex[rings]
            for i in range(so[1]):
                x[o + i] = gx[i]
                y[o + i] = gy[i]
            rings += 1
            r_vertex[rings] = o + so[1]
        else:
            rings, lost = put_parts(gx, gy, so, sa, parts, areas, owner, order, box, x, y, r_vertex, rings)
        p_tx[pieces], p_ty[pieces], p_row[pieces] = tx0, ty0, row
        p_flag[pieces] = SUSPECT if lost else SOUND
        pieces += 1
        p_ring[pieces] = rings
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
