"""Points → the one tile of a zoom that holds each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import kernel
from pipeline.kernels.grow import sort_by
from pipeline.kernels.pieces import EXTENT, EXTENT_BITS, KEPT, Features, Pieces, seen

_CLOUD = 64  # points; a multipoint of more is not searched for points that fall together


@kernel
def cut_points(features: Features, rows: NDArray[np.int64], zoom: int, shift: int, fates: NDArray[np.uint8]) -> Pieces:
    """Put points into their tiles; a multipoint is split by tile.

    `rows` features, in order; `shift` from world units to the zoom's tile units; output `fates` [rows]. Points are
    rounded as vertices of lines and areas are, so that what lies in one place stays there; what lies beyond the world
    is moved onto its edge. No buffer: clients draw symbols and circles of neighbouring tiles themselves, and a point
    stays unique.
    """
    wx, wy, vertex_offsets, visible = features.wx, features.wy, features.vertex_offsets, features.visible
    part_from, part_to = features.part_from, features.part_to
    max_tile = (np.int64(1) << zoom) - 1
    total = 0
    most = 0
    for row in rows:
        count = vertex_offsets[part_to[row]] - vertex_offsets[part_from[row]]
        total += count
        most = max(most, count)
    p_tx = np.empty(total, np.int32)
    p_ty = np.empty(total, np.int32)
    p_row = np.empty(total, np.int64)
    offsets = np.empty(total + 1, np.int64)
    x = np.empty(total, np.int32)
    y = np.empty(total, np.int32)
    tile = np.empty(most, np.int64)
    order = np.empty(most, np.int64)
    half = (np.int64(1) << shift) >> 1
    last = ((max_tile + 1) << EXTENT_BITS) - 1
    offsets[0] = 0
    pieces = 0
    vertices = 0
    for n in range(len(rows)):
        row = rows[n]
        if not seen(visible, row, zoom):
            continue
        v0 = vertex_offsets[part_from[row]]
        count = vertex_offsets[part_to[row]] - v0
        fates[n] = KEPT
        if count == 1:
            gx = min(max((wx[v0] + half) >> shift, 0), last)
            gy = min(max((wy[v0] + half) >> shift, 0), last)
            x[vertices] = gx & (EXTENT - 1)
            y[vertices] = gy & (EXTENT - 1)
            vertices += 1
            p_tx[pieces] = gx >> EXTENT_BITS
            p_ty[pieces] = gy >> EXTENT_BITS
            p_row[pieces] = row
            pieces += 1
            offsets[pieces] = vertices
            continue
        for i in range(count):
            gx = min(max((wx[v0 + i] + half) >> shift, 0), last)
            gy = min(max((wy[v0 + i] + half) >> shift, 0), last)
            tile[i] = ((gy >> EXTENT_BITS) << 32) | (gx >> EXTENT_BITS)
        sort_by(tile, order, count)
        start = vertices
        for k in range(count):
            i = order[k]
            px = min(max((wx[v0 + i] + half) >> shift, 0), last) & (EXTENT - 1)
            py = min(max((wy[v0 + i] + half) >> shift, 0), last) & (EXTENT - 1)
            repeated = False
            if count <= _CLOUD:
                for j in range(start, vertices):
                    repeated |= x[j] == px and y[j] == py
            if not repeated:
                x[vertices] = px
                y[vertices] = py
                vertices += 1
            if k + 1 == count or tile[order[k + 1]] != tile[i]:
                p_tx[pieces] = tile[i] & 0xFFFFFFFF
                p_ty[pieces] = tile[i] >> 32
                p_row[pieces] = row
                pieces += 1
                offsets[pieces] = vertices
                start = vertices
    # One run of points per piece: rings and pieces coincide.
    return Pieces(
        p_tx[:pieces],
        p_ty[:pieces],
        p_row[:pieces],
        np.zeros(pieces, np.uint8),
        np.arange(pieces + 1),
        offsets[: pieces + 1],
        x[:vertices],
        y[:vertices],
    )
