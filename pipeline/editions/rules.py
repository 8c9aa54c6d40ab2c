"""A layer's rules without what they would tell of fields that stay out of an edition.

Whatever a rule does is seen in the tiles, so a rule may look at shown fields only. What happens to it depends on what
is left without it:

- `where` (either way to write it): a layer chosen by a value tells that value of everything in it, and without the
  filter it would show features that it was not meant to show. The layer stays out.
- `zoom_by`: the zoom at which a feature appears tells its value. All features appear from the default zoom.
- `priority`: who survives in a full tile tells who has the larger value. Features give way in the engine's own order.
- `clusters.sums`: a sum over one feature is its value. The points are still gathered, the sum is not written.
- `merge_lines`, `dissolve`: where a border remains, the values differ. The fields that stay out are not compared; when
  none is left, features are joined that are equal in all that is shown.
- `fields`, `label_fields`: the field is missing, as it is in every layer of the dataset.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.framework import LayerSpec
from pipeline.i18n import _


def admitted_rules(layer: LayerSpec, may_show: Callable[[str], bool]) -> tuple[LayerSpec | None, list[tuple[str, str]]]:
    """The layer with the rules that an edition may follow, None where it stays out; and what was taken from it."""
    denied: list[tuple[str, str]] = []
    hidden = [(rule, name) for rule, name in layer.used_fields if not may_show(name)]
    if chosen := [name for rule, name in hidden if rule == "where"]:
        reason = _("the field stays out, and with it a layer that is chosen by it")
        return None, [(f"where {name}", reason) for name in chosen]
    changes: dict[str, Any] = {}
    for rule, name in hidden:
        reason = _("the field stays out, and the rule without it")
        if rule == "zoom_by" and layer.zoom_by is not None:
            zoom = layer.zoom_by.default
            changes |= {"zoom_by": None, "min_zoom": max(zoom, layer.min_zoom)}
            reason = _("the field stays out; all features appear from zoom {zoom}").format(zoom=zoom)
        elif rule == "priority":
            changes["priority"] = None
        elif rule == "clusters" and layer.clusters is not None:
            kept = tuple(each for each in layer.clusters.sums if may_show(each))
            changes["clusters"] = layer.clusters.model_copy(update={"sums": kept})
        elif rule in ("merge_lines", "dissolve"):
            changes[rule] = tuple(each for each in getattr(layer, rule) if may_show(each))
        else:
            changes["label_fields"] = tuple(each for each in layer.label_fields or () if may_show(each))
        denied.append((f"{rule} {name}", reason))
    if layer.fields is not None and not all(map(may_show, layer.fields)):
        changes["fields"] = tuple(name for name in layer.fields if may_show(name))
    return (layer.model_copy(update=changes) if changes else layer), denied
