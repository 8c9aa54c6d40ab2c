"""Lines and areas of several tiles → pieces: what each tile of one zoom holds of each.

A feature's range of tiles is cut by bisection: it is halved at the highest power of two inside it, each half keeps
what lies on its side of the cut plus the buffer, until one tile is left. A half whose content is exactly its own box is
wholly inside the area and needs no more cutting (a fill).

Cuts run at half tile units, so that no vertex of the grid ever lies on one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.gridshape import limits, load_parts, load_square
from pipeline.kernels.grow import grown
from pipeline.kernels.halfplane import clip_lines, clip_rings
from pipeline.kernels.pieces import (
    COLLAPSED,
    EXTENT,
    EXTENT_BITS,
    HARD,
    KEPT,
    SOUND,
    SUSPECT,
    Features,
    Pieces,
    split_at,
    tile_range,
)
from pipeline.kernels.tileparts import put_parts, round_part

_FRAMES: Final = 80  # of the bisection: two per zoom, and the four edges of the world

# What there may be too little room for.
_PIECES: Final = 0
_RINGS: Final = 1  # of all pieces
_VERTICES: Final = 2
_GRID: Final = 3  # vertices of one tile's part
_PARTS: Final = 4  # of one tile's part
_ARENA: Final = 5  # vertices of the bisection
_FRAMED: Final = 6  # parts of the bisection
_CHAIN: Final = 7  # vertices of what is halved
_ROOMS: Final = 8


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
def _cut_rows(
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
            need[_ARENA], need[_FRAMED] = so[parts], parts + 1
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
                    need[_PIECES], need[_RINGS] = pieces + tiles + 1, rings + tiles * (b - a) + 1
                    need[_VERTICES], need[_GRID], need[_PARTS] = r_vertex[rings] + tiles * total, total, b - a + 1
                    if (
                        need[_PIECES] > len(p_tx)
                        or need[_RINGS] > len(r_vertex)
                        or need[_VERTICES] > len(x)
                        or need[_GRID] > len(gx)
                        or need[_PARTS] > len(sa)
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
            need[_ARENA], need[_FRAMED] = ro[b] + 2 * total + 4, b + (b - a) + total + 4
            need[_CHAIN] = total + 4
            if need[_ARENA] > len(ax) or need[_FRAMED] > len(ro) or need[_CHAIN] > len(partner):
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
    frame = np.empty((_FRAMES, 7), np.int64)  # x0, y0, x1, y1 tiles, first part, end of parts, halves done
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
    need = np.zeros(_ROOMS, np.int64)
    # Arrays grow here, not where the work is done: numba counts every array that may be another one in the next turn of
    # a loop, atomically and in every turn.
    while not _cut_rows(
        wx, wy, importance, vertex_offsets, roles, part_from, part_to, size,
        rows, sides, areas, zoom, shift, tolerance2, keep_small, buffer,
        gx, gy, so, sa, owner, sequence, box, ax, ay, ro, chain, ends, partner, order, frame,
        p_tx, p_ty, p_row, p_flag, p_ring, r_vertex, x, y, fates, at, need,
    ):  # fmt: skip
        if need[_PIECES] > len(p_tx):
            p_tx, p_ty, p_row = grown(p_tx, need[_PIECES]), grown(p_ty, need[_PIECES]), grown(p_row, need[_PIECES])
            p_flag, p_ring = grown(p_flag, need[_PIECES]), grown(p_ring, need[_PIECES] + 1)
        if need[_RINGS] > len(r_vertex):
            r_vertex = grown(r_vertex, need[_RINGS])
        if need[_VERTICES] > len(x):
            x, y = grown(x, need[_VERTICES]), grown(y, need[_VERTICES])
        if need[_GRID] > len(gx):
            gx, gy = grown(gx, need[_GRID]), grown(gy, need[_GRID])
        if need[_PARTS] > len(sa):
            so, sa = grown(so, need[_PARTS] + 1), grown(sa, need[_PARTS])
            owner, sequence = grown(owner, need[_PARTS]), grown(sequence, need[_PARTS])
            box = grown(box, 4 * need[_PARTS] + 1)
        if need[_ARENA] > len(ax):
            ax, ay = grown(ax, need[_ARENA]), grown(ay, need[_ARENA])
        if need[_FRAMED] > len(ro):
            ro = grown(ro, need[_FRAMED])
        if need[_CHAIN] > len(partner):
            chain, ends = grown(chain, 4 * need[_CHAIN]), grown(ends, 2 * need[_CHAIN])
            partner, order = grown(partner, need[_CHAIN]), grown(order, 2 * need[_CHAIN])
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
