"""What may be inside the files of an edition, as release.json says it, so that `audit` can hold them against it alone.

Nothing here is a secret: whatever is named is published. What stays out is not named, and nothing tells that it exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pipeline.catalog import ArchiveFacts
from pipeline.editions import DatasetView, EditionView, raster_policy
from pipeline.framework import ArchiveSpec, LayerSpec
from pipeline.framework.archive import LABEL_SUFFIX
from pipeline.making.change_rules import CHANGED, KINDS, change_id, change_layer, changing, told_fields
from pipeline.vector.clusters import COUNT

_LIMITS: Final[Mapping[str, tuple[str, ...]]] = {
    "imagery": ("min_ground_resolution_m",),
    "contours": ("min_contour_interval_m", "min_dem_grid_m"),
}
_HEIGHTS: Final = ("min_dem_grid_m",)


def allow_list(view: EditionView, archives: Sequence[ArchiveFacts]) -> dict[str, Any]:
    """Datasets, fields with their types and codes, layers with their zooms, and what limits each archive of pixels."""
    specs = {spec.id: spec for spec in view.archives}
    changes = {change_id(shown.dataset.id, n): (shown, layer) for shown, layer in changing(view) for n in _steps(view)}
    return {
        "datasets": [
            {
                "id": shown.dataset.id,
                "kind": shown.dataset.kind,
                "fields": [
                    {"name": f.name, "type": f.type, "domain": None if f.domain is None else list(f.domain)}
                    for f in shown.fields
                ],
            }
            for shown in view.datasets
        ],
        "archives": [
            _archive(view, specs[facts.id], facts) if facts.id in specs else _changes(*changes[facts.id], facts)
            for facts in archives
        ],
    }


def _steps(view: EditionView) -> range:
    return range(1, view.edition.changes + 1)


def _changes(shown: DatasetView, layer: LayerSpec, facts: ArchiveFacts) -> dict[str, Any]:
    """Layers of features that came, went and changed; `before` are fields whose old values stand beside the new."""
    fields = list(told_fields(shown, layer))
    about = {"dataset": shown.dataset.id, "min_zoom": layer.min_zoom, "max_zoom": layer.max_zoom, "fields": fields}
    layers = [
        {"name": change_layer(shown.dataset.id, kind), **about, "derived": [], "before": []}
        if kind != CHANGED
        else {"name": change_layer(shown.dataset.id, kind), **about, "derived": [CHANGED], "before": fields}
        for kind in KINDS
    ]
    return {"id": facts.id, "file": facts.file, "product": "vector", "datasets": [shown.dataset.id], "layers": layers}


def _archive(view: EditionView, spec: ArchiveSpec, facts: ArchiveFacts) -> dict[str, Any]:
    product = facts.raster.product if facts.raster else spec.kind
    allowed: dict[str, Any] = {"id": facts.id, "file": facts.file, "product": product, "datasets": list(spec.made_of)}
    if product == "vector":
        return {**allowed, "layers": [entry for layer in spec.layers for entry in _layers(view, layer)]}
    limits = {**_limits(view, product), "min_zoom": facts.min_zoom, "max_zoom": facts.max_zoom}
    if facts.raster is not None:
        return {**allowed, **limits, "tile_size": facts.raster.tile_size}
    return {**allowed, **limits, "layers": [_drawn(layer) for layer in facts.vector_layers]}


def _layers(view: EditionView, layer: LayerSpec) -> Iterator[dict[str, Any]]:
    """The layer, and the one of its labels; `derived` are fields that count or add up."""
    shown = [field.name for field in view.dataset(layer.dataset).fields]
    fields = shown if layer.fields is None else [name for name in shown if name in layer.fields]
    derived = [COUNT, *(f"{name}_sum" for name in layer.clusters.sums)] if layer.clusters else []
    about = {"dataset": layer.dataset, "min_zoom": layer.min_zoom, "max_zoom": layer.max_zoom}
    yield {"name": layer.name, **about, "fields": fields, "derived": derived}
    if layer.labels:
        named = fields if layer.label_fields is None else [name for name in shown if name in layer.label_fields]
        yield {"name": layer.name + LABEL_SUFFIX, **about, "fields": named, "derived": []}


def _limits(view: EditionView, product: str) -> dict[str, float | None]:
    policy = raster_policy(view.edition, view.confirmed)
    known = {
        "min_ground_resolution_m": policy.ground_resolution,
        "min_contour_interval_m": policy.contour_interval,
        "min_dem_grid_m": policy.dem_grid,
    }
    return {name: known[name] for name in _LIMITS.get(product, _HEIGHTS)}


def _drawn(layer: Any) -> dict[str, Any]:
    """A layer that was drawn of heights: its fields are those of the product, none of a department."""
    zooms = {"min_zoom": layer["minzoom"], "max_zoom": layer["maxzoom"]}
    return {"name": layer["id"], "dataset": None, **zooms, "fields": [], "derived": sorted(layer["fields"])}
