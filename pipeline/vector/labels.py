"""The label layer of a layer: one anchor point per feature, computed once on the whole geometry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.kernels.anchor import anchors
from pipeline.types import OPEN, POINT
from pipeline.vector.layer import Layer
from pipeline.vector.plan import LayerPlan

SUFFIX = "_label"


def label_plan(plan: LayerPlan) -> LayerPlan:
    """How the label layer of a layer is tiled: whatever is seen has its label, at the same zooms."""
    return LayerPlan(
        plan.name + SUFFIX,
        plan.min_zoom,
        plan.max_zoom,
        fields=plan.label_fields,
        priority=plan.priority,
        budget=plan.budget,
        description=plan.description,
    )


def label_layer(layer: Layer) -> Layer:
    """`<name>_label`: points with the ids and, by `label_fields`, the attributes of the layer's features."""
    features = layer.features
    n = layer.count
    wx, wy = np.zeros(n, np.int64), np.zeros(n, np.int64)
    anchors(
        features.wx,
        features.wy,
        features.vertex_offsets,
        features.roles,
        features.part_from,
        features.part_to,
        layer.kinds,
        wx,
        wy,
    )
    index = np.arange(n + 1, dtype=np.int64)
    points = features._replace(
        wx=wx,
        wy=wy,
        importance=np.empty(0, np.float64),
        vertex_offsets=index,
        roles=np.full(n, OPEN, np.uint8),
        part_from=index[:-1],
        part_to=index[1:],
        size=np.zeros(n, np.float64),
    )
    fields = layer.plan.label_fields
    return replace(
        layer,
        plan=label_plan(layer.plan),
        features=points,
        kinds=np.full(n, POINT, np.uint8),
        attributes=layer.attributes if fields is None else layer.attributes.subset(fields),
    )
