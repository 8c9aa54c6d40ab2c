"""Buildings of one zoom: simplified so that right angles stay right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.pieces import Features
from pipeline.kernels.rightangle import keep_right_angles


def right_angled(features: Features, rows: NDArray[np.int64], tolerance: float) -> Features:
    """The areas `rows` without walls shorter than `tolerance` (world units), as features 0 … len(rows) − 1.

    Rings at right angles come with infinite importance; others are as they were, to be simplified by their
    importance. Size, visibility and place in the order stay those of the features.
    """
    part_offsets = np.empty(len(rows) + 1, np.int64)
    x, y, importance, vertex_offsets, roles = keep_right_angles(
        features.wx,
        features.wy,
        features.importance,
        features.vertex_offsets,
        features.roles,
        features.part_from,
        features.part_to,
        rows,
        float(tolerance),
        part_offsets,
        np.zeros(3, np.int64),
    )
    return Features(
        np.rint(x).astype(np.int64),
        np.rint(y).astype(np.int64),
        importance,
        vertex_offsets,
        roles,
        part_offsets[:-1],
        part_offsets[1:],
        features.visible[rows],
        features.size[rows],
        features.curve[rows],
    )
