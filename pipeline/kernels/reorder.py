"""Features laid down anew in the order in which they are worked on, so that neighbours lie together in memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import kernel


@kernel
def lay_down(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    vertex_offsets: NDArray[np.int64],
    roles: NDArray[np.uint8],
    part_from: NDArray[np.int64],
    part_to: NDArray[np.int64],
    out_x: NDArray[np.int64],
    out_y: NDArray[np.int64],
    out_offsets: NDArray[np.int64],
    out_roles: NDArray[np.uint8],
    out_parts: NDArray[np.int64],
) -> None:
    """Copy features one after the other: feature f has parts [part_from[f], part_to[f]).

    `vertex_offsets` [parts + 1], `roles` [parts]; outputs hold as many vertices and parts as the features have:
    `out_offsets` [parts + 1], `out_parts` [features + 1].
    """
    v = np.int64(0)
    p = np.int64(0)
    out_offsets[0] = 0
    out_parts[0] = 0
    for f in range(len(part_from)):
        for part in range(part_from[f], part_to[f]):
            for i in range(vertex_offsets[part], vertex_offsets[part + 1]):
                out_x[v] = wx[i]
                out_y[v] = wy[i]
                v += 1
            out_roles[p] = roles[part]
            p += 1
            out_offsets[p] = v
        out_parts[f + 1] = p
