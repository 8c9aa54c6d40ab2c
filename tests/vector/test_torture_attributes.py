"""Attributes and files that nobody would write on purpose, through the whole engine."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import mercantile
import numpy as np
import pyarrow as pa
import pytest
import shapely

import pipeline
from pipeline.archive.reader import open_archive
from pipeline.errors import LongquanError
from tests.decoded import Tiled, tiled
from tests.oracles.torture import check_valid
from tests.shapes import batch, layer


def properties(found: Tiled) -> list[dict[str, Any]]:
    return [f.properties for f in sorted(found.features, key=lambda f: f.id)]


def test_texts_of_all_kinds(tmp_path: Path) -> None:
    texts = [
        "龙泉市青瓷宝剑",
        "🏞️👨‍👩‍👧‍👦🇨🇳",
        "",
        " ",
        "a\x00b",
        "\t\n\r",
        "é",
        "e\u0301",
        "\U0010ffff",
        "龙" * 21845 + "ab",
        "𠮷野家",
        "'\"\\",
    ]
    texts += ["\u202eabc", "\ufeff", "x" * 65536]
    n = list(range(1, len(texts) + 1))
    found = tiled(tmp_path, layer("图层🗺", batch([shapely.Point(1, 1)] * len(texts), n=n, 名称=texts), key="n"))
    assert [p["名称"] for p in properties(found)] == texts
    assert {f.layer for f in found.features} == {"图层🗺"}
    assert len("龙" * 21845 + "ab") == 21847 and len(("龙" * 21845 + "ab").encode()) == 65537


def test_numbers_at_the_ends_of_their_types(tmp_path: Path) -> None:
    columns = {
        "i64": pa.array([-(1 << 63), (1 << 63) - 1, 0, None, -1], pa.int64()),
        "u64": pa.array([0, (1 << 64) - 1, 1 << 63, None, (1 << 53) + 1], pa.uint64()),
        "i8": pa.array([-128, 127, 0, None, 1], pa.int8()),
        "f64": pa.array([math.inf, -math.inf, math.nan, None, 5e-324]),
        "f32": pa.array([3.4028234663852886e38, 1e-45, -0.0, None, 0.1], pa.float32()),
        "big": pa.array([1.7976931348623157e308, -1.7976931348623157e308, 2.0**53 + 2, None, 0.1]),
        "truth": pa.array([True, False, None, True, False]),
    }
    found = tiled(tmp_path, layer("a", batch([shapely.Point(1, 1)] * 5, n=[1, 2, 3, 4, 5], **columns), key="n"))
    expected = [
        {"i64": -(1 << 63), "u64": 0, "i8": -128, "f64": math.inf, "f32": 3.4028234663852886e38,
         "big": 1.7976931348623157e308, "truth": True, "n": 1},
        {"i64": (1 << 63) - 1, "u64": (1 << 64) - 1, "i8": 127, "f64": -math.inf, "f32": float(np.float32(1e-45)),
         "big": -1.7976931348623157e308, "truth": False, "n": 2},
        {"i64": 0, "u64": 1 << 63, "i8": 0, "f32": 0.0, "big": 2.0**53 + 2, "n": 3},
        {"truth": True, "n": 4},
        {"i64": -1, "u64": (1 << 53) + 1, "i8": 1, "f64": 5e-324, "f32": float(np.float32(0.1)), "big": 0.1,
         "truth": False, "n": 5},
    ]  # fmt: skip
    assert properties(found) == expected
    assert json.dumps(found.metadata, allow_nan=False)


def test_five_hundred_fields_with_long_names(tmp_path: Path) -> None:
    names = [f"字段{i}" + "长" * 300 for i in range(500)]
    columns = {name: [i, None, str(i)][i % 3 : i % 3 + 1] for i, name in enumerate(names)}
    found = tiled(tmp_path, layer("a", batch([shapely.Point(1, 1)], **columns)))
    (feature,) = found.features
    assert feature.properties == {name: (i if i % 3 == 0 else str(i)) for i, name in enumerate(names) if i % 3 != 1}
    assert len(found.metadata["vector_layers"][0]["fields"]) in (333, 334, 500)


def test_no_attributes_at_all(tmp_path: Path) -> None:
    shapes = [shapely.Point(1, 1), shapely.LineString([(0, 0), (1, 1)]), shapely.box(0, 0, 1, 1)]
    found = tiled(tmp_path, layer("a", batch(shapes), min_zoom=0, max_zoom=5))
    assert {json.dumps(f.properties) for f in found.features} == {"{}"}
    assert len({f.id for f in found.at(5)}) == 3


def geojson(path: Path, *features: tuple[Any, Any]) -> Path:
    path.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [{"type": "Feature", "geometry": g, "properties": p} for g, p in features],
            }
        )
    )
    return path


POINT = {"type": "Point", "coordinates": [119.1, 28.0]}


def tiles_of_file(folder: Path, source: Path, **options: Any) -> list[dict[str, Any]]:
    import mapbox_vector_tile

    pipeline.tile(source, folder / "out.pmtiles", max_zoom=options.pop("max_zoom", 2), **options)
    found = []
    with open_archive(folder / "out.pmtiles") as archive:
        for z, x, y, _raw in archive.tiles():
            for content in mapbox_vector_tile.decode(archive.tile(z, x, y) or b"").values():
                found += [{"tile": (z, x, y), **feature} for feature in content["features"]]
    return found


def test_mixed_types_in_one_field(tmp_path: Path) -> None:
    values = [1, "a", True, None, 2.5, [1, 2], {"k": "v"}, "龙泉"]
    source = geojson(tmp_path / "mixed.geojson", *[(POINT, {"n": i, "v": v}) for i, v in enumerate(values)])
    found = {f["properties"]["n"]: f["properties"].get("v") for f in tiles_of_file(tmp_path, source, max_zoom=0)}
    assert set(found) == set(range(8))
    assert found[3] is None and found[1] == "a" and found[7] == "龙泉"
    assert found[0] in (1, "1") and found[4] in (2.5, "2.5")


def test_nested_collections(tmp_path: Path) -> None:
    inner = {"type": "GeometryCollection", "geometries": [POINT, {"type": "GeometryCollection", "geometries": []}]}
    shape = {"type": "Polygon", "coordinates": [[[119, 28], [119.1, 28], [119.1, 28.1], [119, 28]]]}
    deep = {"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection", "geometries": [inner, shape]}]}
    for _ in range(12):
        inner = {"type": "GeometryCollection", "geometries": [inner]}
    source = geojson(tmp_path / "deep.geojson", (deep, {"n": 1}), (inner, {"n": 2}), (None, {"n": 3}))
    found = tiles_of_file(tmp_path, source)
    kinds = {f["properties"]["n"]: f["geometry"]["type"] for f in found}
    assert kinds == {1: "Polygon", 2: "Point"}


def test_no_features_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(LongquanError) as caught:
        pipeline.tile(geojson(tmp_path / "none.geojson"), tmp_path / "out.pmtiles")
    assert caught.value.hint and not (tmp_path / "out.pmtiles").exists()


def test_one_feature_from_zoom_0_to_22(tmp_path: Path) -> None:
    """A point, a line and an area of a few metres, each alone, at every zoom there is."""
    for shape in (
        shapely.Point(119.1421, 28.0763),
        shapely.LineString([(119.1421, 28.0763), (119.14215, 28.07633)]),
        shapely.box(119.1421, 28.0763, 119.14215, 28.07633),
    ):
        found = tiled(tmp_path, layer("a", batch([shape], n=[7]), min_zoom=0, max_zoom=22, key="n", tiny_area=0))
        assert {f.tile[0] for f in found.features} == set(range(23)) or shape.geom_type == "LineString"
        assert {f.id for f in found.features} == {7}
        expected = {tuple(mercantile.tile(*c, 22)) for c in shapely.get_coordinates(shape).tolist()}
        assert {(f.tile[1], f.tile[2], 22) for f in found.at(22)} >= expected
        check_valid(found)
