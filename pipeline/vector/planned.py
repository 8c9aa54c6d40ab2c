"""Rules as written in a file → the plan of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.vector.plan import Clusters, LayerPlan, ZoomByField

if TYPE_CHECKING:  # whoever has rules has loaded the framework's models
    from pipeline.framework import LayerRules


def layer_plan(
    rules: LayerRules,
    *,
    name: str,
    max_zoom: int,
    fields: tuple[str, ...] | None,
    key: str | None,
    where: str | None,
    description: str = "",
) -> LayerPlan:
    """The plan of a layer called `name`; what a rule does not say is given beside it.

    `fields` and `where` are not taken from the rules: they may name fields that are not there under that name, and
    features may have been chosen before.
    """
    clusters, zoom_by = rules.clusters, rules.zoom_by
    return LayerPlan(
        name=name,
        min_zoom=rules.min_zoom,
        max_zoom=max_zoom,
        fields=fields,
        key=key,
        where=where,
        zoom_by=ZoomByField(zoom_by.field, dict(zoom_by.zooms), zoom_by.default) if zoom_by else None,
        min_length=rules.min_length,
        min_area=rules.min_area,
        tiny_area=rules.tiny_area,
        rate=rules.rate,
        density=rules.density,
        clusters=Clusters(clusters.cell, clusters.max_zoom, clusters.sums) if clusters else None,
        priority=rules.priority,
        budget=rules.budget,
        simplify=rules.simplify,
        simplification=rules.simplification,
        simplification_by_zoom=dict(sorted(rules.simplification_by_zoom.items())),
        coverage=rules.coverage,
        merge_lines=rules.merge_lines,
        dissolve=rules.dissolve,
        merge_near=rules.merge_near,
        buffer=rules.buffer,
        labels=rules.labels,
        label_fields=rules.label_fields,
        description=description,
    )
