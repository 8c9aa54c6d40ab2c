"""Importance of every vertex, once per layer or, where layers share borders, once per coverage."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.coverage import nodes
from pipeline.kernels.importance import importances
from pipeline.types import POINT
from pipeline.vector.layer import Detail, Layer, zoom_shift

_VERTICES_PER_JOB = 200_000


def add_importance(layers: Sequence[Layer], pool: Executor) -> list[Layer]:
    """The layers with the importance of every vertex; those that name the same coverage share nodes and detail."""
    layers = list(layers)
    pinned: dict[int, NDArray[np.uint8]] = {}
    groups: dict[str, list[int]] = {}
    for i, layer in enumerate(layers):
        if layer.plan.coverage:
            groups.setdefault(layer.plan.coverage, []).append(i)
    for members in groups.values():
        detail = Detail(
            min(layers[i].detail.simplification for i in members), max(layers[i].detail.full_zoom for i in members)
        )
        for i in members:
            layers[i] = replace(layers[i], detail=detail)
        pinned.update(zip(members, _nodes([layers[i] for i in members]), strict=True))
    return [_with_importance(layer, pinned.get(i), pool) for i, layer in enumerate(layers)]


def tolerance2(layer: Layer, zoom: int) -> float:
    """The squared tolerance of a zoom in world units; nothing is simplified at the last zoom of the coverage."""
    if zoom >= layer.detail.full_zoom:
        return 0.0
    return (layer.detail.simplification * float(1 << zoom_shift(zoom))) ** 2


def _nodes(layers: Sequence[Layer]) -> list[NDArray[np.uint8]]:
    """Nodes of the coverage that the layers form together: one mask [vertices] per layer."""
    wx = np.concatenate([layer.features.wx for layer in layers])
    wy = np.concatenate([layer.features.wy for layer in layers])
    offsets = [np.zeros(1, np.int64)]
    for layer in layers:
        offsets.append(layer.features.vertex_offsets[1:] + offsets[-1][-1])
    roles = np.concatenate([layer.features.roles for layer in layers])
    table = np.full(1 << max(4, (2 * len(wx)).bit_length()), -1, np.int64)
    pinned = np.empty(len(wx), np.uint8)
    nodes(wx, wy, np.concatenate(offsets), roles, table, pinned)
    return np.split(pinned, np.cumsum([len(layer.features.wx) for layer in layers])[:-1])


def _with_importance(layer: Layer, pinned: NDArray[np.uint8] | None, pool: Executor) -> Layer:
    features = layer.features
    if layer.count == 0 or bool((layer.kinds == POINT).all()):
        return layer
    out = np.zeros(len(features.wx), np.float64)
    if layer.detail.simplification > 0 and layer.detail.full_zoom > layer.plan.min_zoom:
        floor2 = tolerance2(layer, layer.detail.full_zoom - 1)
        if pinned is None:
            pinned = np.empty(0, np.uint8)
        steps = np.arange(_VERTICES_PER_JOB, len(features.wx), _VERTICES_PER_JOB)
        cuts = np.unique(np.searchsorted(features.vertex_offsets, [0, *steps, len(features.wx)]))
        cuts[-1] = len(features.roles)
        jobs = [
            pool.submit(
                importances,
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
