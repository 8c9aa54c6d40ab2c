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
    places: NDArray[np.int64],
    part_starts: NDArray[np.int64],
    vertex_starts: NDArray[np.int64],
    out_x: NDArray[np.int64],
    out_y: NDArray[np.int64],
    out_offsets: NDArray[np.int64],
    out_roles: NDArray[np.uint8],
) -> None:
    """Copy features to their places: feature f has parts [part_from[f], part_to[f]) and goes to `places[f]`.

    `vertex_offsets` [parts + 1], `roles` [parts]; by place: where parts and vertices begin, `part_starts` and
    `vertex_starts`. Outputs: vertices, and for each part its role and where it begins, `out_offsets`.
    """
    for f in range(len(part_from)):
        p = part_starts[places[f]]
        v = vertex_starts[places[f]]
        for part in range(part_from[f], part_to[f]):
            out_offsets[p] = v
            out_roles[p] = roles[part]
            p += 1
            for i in range(vertex_offsets[part], vertex_offsets[part + 1]):
                out_x[v] = wx[i]
                out_y[v] = wy[i]
                v += 1
