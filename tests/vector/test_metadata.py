"""What an archive says of its layers, read back with the pmtiles package."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pyarrow as pa
import shapely

from tests.decoded import tiled
from tests.shapes import batch, layer

POINTS = [shapely.Point(k, 1) for k in range(4)]


def test_the_whole_metadata(tmp_path: Path) -> None:
    found = tiled(
        tmp_path,
        layer(
            "AGNP",
            batch(POINTS, NAME=["剑村", None, "剑村", "a"], RANK=[3, 1, 2, 3], NEW=[True, True, None, True]),
            min_zoom=1,
            max_zoom=2,
            description="place names",
        ),
        description="d",
        attribution="© 龙泉",
        extra={"longquan:sample": True, "type": "baselayer"},
    )
    assert found.metadata == {
        "name": "test",
        "description": "d",
        "attribution": "© 龙泉",
        "type": "baselayer",
        "generator": "longquan",
        "longquan:sample": True,
        "vector_layers": [
            {
                "id": "AGNP",
                "description": "place names",
                "minzoom": 1,
                "maxzoom": 2,
                "fields": {"NAME": "String", "RANK": "Number", "NEW": "Boolean"},
            }
        ],
        "tilestats": {
            "layerCount": 1,
            "layers": [
                {
                    "layer": "AGNP",
                    "count": 4,
                    "geometry": "Point",
                    "attributeCount": 3,
                    "attributes": [
                        {"attribute": "NAME", "count": 2, "type": "string", "values": ["a", "剑村"]},
                        {"attribute": "RANK", "count": 3, "type": "number", "values": [1, 2, 3], "min": 1, "max": 3},
                        {"attribute": "NEW", "count": 1, "type": "boolean", "values": [True]},
                    ],
                }
            ],
        },
    }


def test_numbers_that_json_does_not_know(tmp_path: Path) -> None:
    column = pa.array([math.inf, -math.inf, math.nan, 0.5])
    found = tiled(tmp_path, layer("a", batch(POINTS, v=column)))
    (stats,) = found.metadata["tilestats"]["layers"][0]["attributes"]
    assert stats["values"] == [0.5] and stats["count"] == 3
    assert json.loads(json.dumps(found.metadata, allow_nan=False)) == found.metadata


def test_many_or_long_values_are_not_listed(tmp_path: Path) -> None:
    shapes = [shapely.Point(k / 10, 1) for k in range(101)]
    found = tiled(
        tmp_path, layer("a", batch(shapes, many=list(range(101)), long=["剑" * 12_000] * 101, few=[1, 2] * 50 + [3]))
    )
    stats = {s["attribute"]: s for s in found.metadata["tilestats"]["layers"][0]["attributes"]}
    assert stats["many"] == {
        "attribute": "many", "count": 101, "type": "number", "values": [], "min": 0, "max": 100
    }  # fmt: skip
    assert stats["long"]["values"] == [] and stats["long"]["count"] == 1
    assert stats["few"]["values"] == [1, 2, 3]


def test_a_subset_of_a_column_counts_only_what_the_layer_uses(tmp_path: Path) -> None:
    """Values are shared by columns and by layers of labels; statistics are not."""
    found = tiled(tmp_path, layer("a", batch(POINTS, x=["p", "q", "p", "q"], y=["q", "r", None, None])))
    stats = {s["attribute"]: s["values"] for s in found.metadata["tilestats"]["layers"][0]["attributes"]}
    assert stats == {"x": ["p", "q"], "y": ["q", "r"]}


def test_mixed_layers_have_no_single_geometry(tmp_path: Path) -> None:
    found = tiled(tmp_path, layer("a", batch([shapely.Point(1, 1), shapely.LineString([(0, 0), (1, 1)])])))
    assert found.metadata["tilestats"]["layers"][0]["geometry"] == "mixed"
