"""What an archive says of its layers: `vector_layers` and tilestats."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pipeline.vector.attributes import NUMBER, STRING
from pipeline.vector.clusters import cluster_fields
from pipeline.vector.plan import ArchivePlan
from pipeline.vector.shards import Prepared


def archive_metadata(plan: ArchivePlan, layers: Sequence[Prepared]) -> dict[str, Any]:
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
                "fields": _fields(layer),
            }
            for layer in layers
        ],
        "tilestats": {"layerCount": len(layers), "layers": [_layer_stats(layer) for layer in layers]},
        **json.loads(json.dumps(dict(plan.extra), ensure_ascii=False)),
    }


def _fields(layer: Prepared) -> dict[str, str]:
    """Names and types of the fields in the tiles: those of the features, then those of clusters."""
    found = {name: stats.type for name, stats in layer.stats.fields.items()}
    if layer.plan.clusters is not None:
        for name in cluster_fields(layer.plan.clusters, layer.stats.fields):
            found[name] = NUMBER if found.get(name, NUMBER) == NUMBER else STRING
    return found


def _layer_stats(layer: Prepared) -> dict[str, Any]:
    word = layer.stats.geometry
    attributes = [stats.as_json(name) for name, stats in layer.stats.fields.items()]
    return {
        "layer": layer.plan.name,
        "count": layer.count,
        "geometry": {"point": "Point", "line": "LineString", "polygon": "Polygon"}.get(word, word),
        "attributeCount": len(attributes),
        "attributes": attributes,
    }
