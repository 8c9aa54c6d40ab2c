"""What an archive says of its layers: `vector_layers` and tilestats."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow.compute as pc

from pipeline.vector.arrow import indices
from pipeline.vector.layer import Layer, geometry_word
from pipeline.vector.plan import ArchivePlan

_VALUES_LISTED = 100  # distinct values named per attribute; more tell a reader nothing


def archive_metadata(plan: ArchivePlan, layers: Sequence[Layer]) -> dict[str, Any]:
    """The JSON metadata of an archive: name, attribution, `vector_layers`, tilestats, then `plan.extra`.

    Source: PMTiles v3 §5; TileJSON 3 §3.3; mapbox-geostats for tilestats.
    """
    return {
        "name": plan.name,
        **({"description": plan.description} if plan.description else {}),
        **({"attribution": plan.attribution} if plan.attribution else {}),
        "type": "overlay",
        "generator": "longquan",
        "vector_layers": [
            {
                "id": layer.plan.name,
                "description": layer.plan.description,
                "minzoom": layer.plan.min_zoom,
                "maxzoom": layer.plan.max_zoom,
                "fields": dict(zip(layer.attributes.names, layer.attributes.types, strict=True)),
            }
            for layer in layers
        ],
        "tilestats": {"layerCount": len(layers), "layers": [_layer_stats(layer) for layer in layers]},
        **json.loads(json.dumps(dict(plan.extra), ensure_ascii=False)),
    }


def _layer_stats(layer: Layer) -> dict[str, Any]:
    word = geometry_word(layer)
    attributes = [_attribute_stats(layer, i) for i in range(len(layer.attributes.names))]
    return {
        "layer": layer.plan.name,
        "count": layer.count,
        "geometry": {"point": "Point", "line": "LineString", "polygon": "Polygon"}.get(word, word),
        "attributeCount": len(attributes),
        "attributes": attributes,
    }


def _attribute_stats(layer: Layer, column: int) -> dict[str, Any]:
    codes = np.unique(layer.attributes.codes[column])
    codes = codes[codes >= 0]
    word = layer.attributes.types[column].lower()
    stats: dict[str, Any] = {
        "attribute": layer.attributes.names[column],
        "count": len(codes),
        "type": word,
        "values": [],
    }
    base = 0
    for values in layer.attributes.plain:
        picks = codes[(codes >= base) & (codes < base + len(values))] - base
        base += len(values)
        if not len(picks):
            continue
        used = values.take(indices(picks))
        if word == "number":
            low_high = pc.min_max(used)
            low, high = low_high["min"].as_py(), low_high["max"].as_py()
            stats["min"] = min(stats.get("min", low), low)
            stats["max"] = max(stats.get("max", high), high)
        if len(codes) <= _VALUES_LISTED:
            stats["values"] += used.to_pylist()
    stats["values"].sort()
    if len(json.dumps(stats["values"], ensure_ascii=False, default=str)) > 10_000:  # long texts would fill the header
        stats["values"] = []
    return _finite(stats)


def _finite(stats: dict[str, Any]) -> dict[str, Any]:
    """JSON knows no infinities."""
    infinite = {float("inf"), float("-inf")}
    kept = {k: v for k, v in stats.items() if k not in ("min", "max") or v not in infinite}
    kept["values"] = [v for v in stats["values"] if v not in infinite]
    return kept
