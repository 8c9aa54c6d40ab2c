"""Importance of every vertex, once per layer or, where layers share borders, once per coverage."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.coverage import ROW, collect_neighbours, mark_nodes
from pipeline.kernels.effective_area import effective_areas
from pipeline.kernels.importance import importances
from pipeline.types import POINT
from pipeline.vector.layer import Layer, zoom_shift
from pipeline.vector.shards import Shard

_VERTICES_PER_JOB = 200_000
_THREADS = 2  # parts of a coverage's table that are at work at a time
_LEAST_TABLE = 1 << 20  # bytes; every part reads the whole coverage, so that there may not be too many


def tolerance2(layer: Layer, zoom: int) -> float:
    """The squared tolerance of a zoom in world units; nothing is simplified at the last zoom of the coverage."""
    tolerances = layer.detail.tolerances
    return 0.0 if zoom >= len(tolerances) else (tolerances[zoom] * float(1 << zoom_shift(zoom))) ** 2


def find_nodes(shards: Sequence[Shard], pool: Executor, memory: int) -> list[NDArray[np.uint8]]:
    """Nodes of the coverage that the shards form together: one mask [vertices] per shard.

    The table is divided so that what is at work at a time takes `memory` bytes, or a megabyte.
    """
    masks = [np.zeros(len(shard.load().features.wx), np.uint8) for shard in shards]
    total = sum(len(mask) for mask in masks)
    parts = max(_THREADS, 64 * total * _THREADS // max(memory, _LEAST_TABLE))

    def work(part: int) -> None:
        table = np.zeros((1 << (total * 5 // (4 * parts) + 64).bit_length(), ROW), np.uint64)
        for shard in shards:
            features = shard.load().features
            collect_neighbours(features.wx, features.wy, features.vertex_offsets, features.roles, part, parts, table)
        for shard, mask in zip(shards, masks, strict=True):
            features = shard.load().features
            mark_nodes(features.wx, features.wy, part, parts, table, mask)

    for first in range(0, parts, _THREADS):
        for job in [pool.submit(work, part) for part in range(first, min(first + _THREADS, parts))]:
            job.result()
    return masks


def add_importance(layer: Layer, pinned: NDArray[np.uint8] | None, pool: Executor) -> Layer:
    """The layer with the importance of every vertex; `pinned` [vertices] are the nodes of its coverage."""
    features = layer.features
    if layer.count == 0 or bool((layer.kinds == POINT).all()):
        return layer
    out = np.zeros(len(features.wx), np.float64)
    zooms = range(layer.plan.min_zoom, min(layer.plan.max_zoom + 1, len(layer.detail.tolerances)))
    floor2 = min((tolerance2(layer, zoom) for zoom in zooms), default=0.0)
    if any(tolerance2(layer, zoom) > 0.0 for zoom in zooms):
        kernel = effective_areas if layer.detail.simplify == "area" else importances
        if pinned is None:
            pinned = np.empty(0, np.uint8)
        steps = np.arange(_VERTICES_PER_JOB, len(features.wx), _VERTICES_PER_JOB)
        cuts = np.unique(np.searchsorted(features.vertex_offsets, [0, *steps, len(features.wx)]))
        cuts[-1] = len(features.roles)
        jobs = [
            pool.submit(
                kernel,
                features.wx,
                features.wy,
                features.vertex_offsets,
                features.roles,
                pinned,
                floor2,
                a,
                b,
                out,
            )
            for a, b in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)
        ]
        for job in jobs:
            job.result()
    return replace(layer, features=features._replace(importance=out))
