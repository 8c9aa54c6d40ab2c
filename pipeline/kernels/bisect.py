"""Lines and areas cut by bisection: what each tile of one zoom holds of features of several tiles.

A feature's range of tiles is halved at the highest power of two inside it, each half keeps what lies on its side of the
cut plus the buffer, until one tile is left. A half whose content is exactly its own box is wholly inside the area and
needs no more cutting (a fill).

Cuts run at half tile units, so that no vertex of the grid ever lies on one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper
from pipeline.kernels.gridshape import limits, load_parts, load_square
from pipeline.kernels.halfplane import clip_lines, clip_rings
from pipeline.kernels.pieces import (
    COLLAPSED,
    EXTENT,
    EXTENT_BITS,
    HARD,
    KEPT,
    SOUND,
    SUSPECT,
    split_at,
    tile_range,
)
from pipeline.kernels.tileparts import put_parts, round_part

# What there may be too little room for.
PIECES: Final = 0
RINGS: Final = 1  # of all pieces
VERTICES: Final = 2
GRID: Final = 3  # vertices of one tile's part
PARTS: Final = 4  # of one tile's part
ARENA: Final = 5  # vertices of the bisection
FRAMED: Final = 6  # parts of the bisection
CHAIN: Final = 7  # vertices of what is halved
ROOMS: Final = 8


@helper
def _is_box(
    ax: NDArray[np.float64], ay: NDArray[np.float64], s: int, e: int, x0: float, y0: float, x1: float, y1: float
) -> bool:
    """Whether the ring [s, e) is exactly the box, corner by corner."""
    if e - s != 4:
        return False
    for i in range(s, e):
        if (ax[i] != x0 and ax[i] != x1) or (ay[i] != y0 and ay[i] != y1):
            return False
    # Diagonals halve one another; a triangle with a corner repeated has four vertices too.
    return bool(
        ax[s] + ax[s + 2] == ax[s + 1] + ax[s + 3]
        and ay[s] + ay[s + 2] == ay[s + 1] + ay[s + 3]
        and ax[s] != ax[s + 2]
        and ay[s] != ay[s + 2]
    )


@helper
def bisect_rows(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    importance: NDArray[np.float64],
    vertex_offsets: NDArray[np.int64],
    roles: NDArray[np.uint8],
    part_from: NDArray[np.int64],
    part_to: NDArray[np.int64],
    size: NDArray[np.float64],
    rows: NDArray[np.int64],
    sides: NDArray[np.int64],
    areas: bool,
    zoom: int,
    shift: int,
    tolerance2: float,
    keep_small: bool,
    buffer: int,
    gx: NDArray[np.int64],
    gy: NDArray[np.int64],
    so: NDArray[np.int64],
    sa: NDArray[np.int64],
    owner: NDArray[np.int64],
    sequence: NDArray[np.int64],
    box: NDArray[np.int64],
    ax: NDArray[np.float64],
    ay: NDArray[np.float64],
    ro: NDArray[np.int64],
    chain: NDArray[np.int64],
    ends: NDArray[np.float64],
    partner: NDArray[np.int64],
    order: NDArray[np.int64],
    frame: NDArray[np.int64],
    p_tx: NDArray[np.int32],
    p_ty: NDArray[np.int32],
    p_row: NDArray[np.int64],
    p_flag: NDArray[np.uint8],
    p_ring: NDArray[np.int64],
    r_vertex: NDArray[np.int64],
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    fates: NDArray[np.uint8],
    at: NDArray[np.int64],
    need: NDArray[np.int64],
) -> bool:
    """Cut features from `rows[at[0]]` on, as long as there is room; whether all are done.

    `at` is where the work stands: row, pieces, rings, whether the row is drawn as a square. Where room is short, `need`
    says how much of what, and the row is begun anew by the next call.
    """
    max_tile = (np.int64(1) << zoom) - 1
    world_end = float((max_tile + 1) << EXTENT_BITS)
    # Counters are int64 from the start: numba would compile every helper once more for a literal 0.
    k, pieces, rings = at[0], at[1], at[2]
    vanished = at[3] != 0  # what was cut last: its parts folded on the grids of their tiles, so that none is left
    while k < len(rows):
        at[0], at[1], at[2], at[3] = k, pieces, rings, 1 if vanished else 0
        row = rows[k]
        side = np.int64(1) if vanished else sides[k]
        vanished = False
        v0, v1 = vertex_offsets[part_from[row]], vertex_offsets[part_to[row]]
        parts = np.int64(1)
        if side > 0:
            load_square(wx, wy, v0, v1, side, shift, gx, gy, so, sa)
        else:
            parts, _shells = load_parts(
                wx, wy, importance, vertex_offsets, roles, part_from[row], part_to[row], areas, shift, tolerance2,
                gx, gy, so, sa,
            )  # fmt: skip
        fates[k] = KEPT
        x_low, x_high, y_low, y_high = limits(gx, gy, np.int64(0), so[parts])
        tx0, tx1 = tile_range(x_low, x_high, buffer, max_tile)
        ty0, ty1 = tile_range(y_low, y_high, buffer, max_tile)
        sticks_out = x_low < -buffer or y_low < -buffer or x_high > world_end + buffer or y_high > world_end + buffer
        before_pieces, before_rings = pieces, rings
        if so[parts] > len(ax) or parts >= len(ro):
            need[ARENA], need[FRAMED] = so[parts], parts + 1
            return False
        for i in range(so[parts]):
            ax[i] = float(gx[i])
            ay[i] = float(gy[i])
        for r in range(parts + 1):
            ro[r] = so[r]
        top = 0
        edges = 0 if sticks_out else 4  # what sticks out of the world's square goes first
        frame[0, 0], frame[0, 1], frame[0, 2], frame[0, 3] = tx0, ty0, tx1, ty1
        frame[0, 4], frame[0, 5], frame[0, 6] = 0, parts, 0
        failed = False
        while top >= 0:
            x0, y0, x1, y1 = frame[top, 0], frame[top, 1], frame[top, 2], frame[top, 3]
            a, b = frame[top, 4], frame[top, 5]
            if a == b or frame[top, 6] == 2:
                top -= 1
                continue
            total = ro[b] - ro[a]
            if edges == 4:
                fill = (
                    areas
                    and b - a == 1
                    and _is_box(
                        ax,
                        ay,
                        ro[a],
                        ro[b],
                        float(x0 << EXTENT_BITS) - buffer - 0.5,
                        float(y0 << EXTENT_BITS) - buffer - 0.5,
                        float((x1 + 1) << EXTENT_BITS) + buffer + 0.5,
                        float((y1 + 1) << EXTENT_BITS) + buffer + 0.5,
                    )
                )
                if fill or (x0 == x1 and y0 == y1):
                    tiles = (x1 - x0 + 1) * (y1 - y0 + 1)
                    need[PIECES], need[RINGS] = pieces + tiles + 1, rings + tiles * (b - a) + 1
                    need[VERTICES], need[GRID], need[PARTS] = r_vertex[rings] + tiles * total, total, b - a + 1
                    if (
                        need[PIECES] > len(p_tx)
                        or need[RINGS] > len(r_vertex)
                        or need[VERTICES] > len(x)
                        or need[GRID] > len(gx)
                        or need[PARTS] > len(sa)
                    ):
                        return False
                    for tile in range(tiles):
                        tx = x0 + tile % (x1 - x0 + 1)
                        ty = y0 + tile // (x1 - x0 + 1)
                        got = np.int64(0)
                        shells = 0
                        for r in range(a, b):
                            if fill:
                                o, far = -buffer, EXTENT + buffer
                                gx[0], gx[1], gx[2], gx[3] = o, far, far, o
                                gy[0], gy[1], gy[2], gy[3] = o, o, far, far
                                so[1], sa[0] = 4, (far - o) * (far - o) * 2
                            else:
                                so[got + 1], sa[got] = round_part(
                                    ax, ay, ro[r], ro[r + 1], tx, ty, buffer, areas, gx, gy, so[got]
                                )
                            if so[got + 1] > so[got]:
                                shells += sa[got] > 0
                                got += 1
                        if got == 0 or (areas and shells == 0):
                            continue
                        rings, lost = put_parts(gx, gy, so, sa, got, areas, owner, sequence, box, x, y, r_vertex, rings)
                        p_tx[pieces], p_ty[pieces], p_row[pieces] = tx, ty, row
                        p_flag[pieces] = SUSPECT if lost else SOUND
                        pieces += 1
                        p_ring[pieces] = rings
                    top -= 1
                    continue
            # Cut: an edge of the world replaces the frame's parts, a half becomes a frame of its own.
            need[ARENA], need[FRAMED] = ro[b] + 2 * total + 4, b + (b - a) + total + 4
            need[CHAIN] = total + 4
            if need[ARENA] > len(ax) or need[FRAMED] > len(ro) or need[CHAIN] > len(partner):
                return False
            if edges < 4:
                axis = edges // 2
                high_half = edges % 2 == 0
                cut = -buffer - 0.5 if high_half else world_end + buffer + 0.5
            else:
                axis = 0 if x1 - x0 >= y1 - y0 else 1
                middle = split_at(x0, x1) if axis == 0 else split_at(y0, y1)
                high_half = frame[top, 6] == 1
                frame[top, 6] += 1
                cut = float(middle << EXTENT_BITS) + (-buffer - 0.5 if high_half else buffer + 0.5)
            if areas:
                got = clip_rings(axis, cut, high_half, a, b, b, ax, ay, ro, chain, ends, partner, order)
            else:
                got = clip_lines(axis, cut, high_half, a, b, b, ax, ay, ro)
            if got < 0:
                failed = True
                break
            if edges < 4:
                edges += 1
                frame[0, 4], frame[0, 5] = b, got
                continue
            top += 1
            frame[top, 0], frame[top, 1], frame[top, 2], frame[top, 3] = x0, y0, x1, y1
            if axis == 0 and high_half:
                frame[top, 0] = middle
            elif axis == 0:
                frame[top, 2] = middle - 1
            elif high_half:
                frame[top, 1] = middle
            else:
                frame[top, 3] = middle - 1
            frame[top, 4], frame[top, 5], frame[top, 6] = b, got, 0
        if failed:
            pieces, rings = before_pieces, before_rings
            fates[k] = HARD
        elif pieces == before_pieces:
            vanished = areas and keep_small and side == 0 and size[row] > 0.0  # not a hole as large as its shell
            fates[k] = COLLAPSED
        k += 0 if vanished else 1
    at[0], at[1], at[2] = k, pieces, rings
    return True
