"""The public interface: `tile` and `open_archive`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import geopandas
import mapbox_vector_tile
import pytest
import shapely

import pipeline
from pipeline import estimate, open_archive, tile
from pipeline.api import reading
from pipeline.errors import InputError, OutputError, UsageError
from pipeline.progress import Silent
from pipeline.vector import precision

# Two triangles in Longquan; at z14 tile x = floor((119.13 + 180) / 360 · 2^14) = 13613.
SHAPES = [
    {"type": "Polygon", "coordinates": [[[119.13, 28.07], [119.14, 28.07], [119.14, 28.08], [119.13, 28.07]]]},
    {"type": "Polygon", "coordinates": [[[119.15, 28.07], [119.16, 28.07], [119.16, 28.08], [119.15, 28.07]]]},
]


def geojson(path: Path, shapes: list[dict[str, Any] | None], **columns: list[Any]) -> Path:
    features = [
        {"type": "Feature", "geometry": shape, "properties": {name: values[i] for name, values in columns.items()}}
        for i, shape in enumerate(shapes)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), "utf-8")
    return path


def features(path: Path, z: int) -> dict[str, list[dict[str, Any]]]:
    """Features of all tiles of a zoom by layer."""
    found: dict[str, list[dict[str, Any]]] = {}
    with open_archive(path) as archive:
        for zoom, x, y, _raw in archive.tiles():
            if zoom != z:
                continue
            body = archive.tile(zoom, x, y)
            assert body is not None
            for name, layer in mapbox_vector_tile.decode(body).items():
                found.setdefault(name, []).extend(layer["features"])
    return found


def test_the_public_names_are_these() -> None:
    assert sorted(pipeline.__all__) == ["__version__", "estimate", "open_archive", "tile"]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        pipeline.nothing  # noqa: B018


def test_a_file_becomes_an_archive(tmp_path: Path) -> None:
    source = geojson(tmp_path / "towns.geojson", list(SHAPES), NAME=["剑池", "八都"], FLOORS=[3, None])
    tiled = tile(source, tmp_path / "out.pmtiles", min_zoom=8, max_zoom=10, attribution="测绘院")
    assert [(layer.name, layer.features, layer.geometry) for layer in tiled.archive.layers] == [("towns", 2, "polygon")]
    assert (tiled.archive.min_zoom, tiled.archive.max_zoom, tiled.max_zoom_guessed) == (8, 10, False)
    assert tiled.archive.bounds == pytest.approx((119.13, 28.07, 119.16, 28.08), abs=1e-7)
    with open_archive(tmp_path / "out.pmtiles") as archive:
        assert archive.metadata["attribution"] == "测绘院"
        assert [layer["id"] for layer in archive.metadata["vector_layers"]] == ["towns"]
    for zoom in (8, 9, 10):
        found = {f["id"]: f["properties"] for f in features(tmp_path / "out.pmtiles", zoom)["towns"]}
        assert sorted(found.values(), key=str) == [{"NAME": "八都"}, {"NAME": "剑池", "FLOORS": 3}]


def test_options_choose_fields_key_layer_and_labels(tmp_path: Path) -> None:
    source = geojson(tmp_path / "a.geojson", list(SHAPES), ID=[7, 9], NAME=["甲", "乙"], SECRET=["x", "y"])
    tile(
        source, tmp_path / "o.pmtiles", max_zoom=6, layer="town", fields=("NAME",), key="ID", labels=True, tiny_area=0.0
    )
    found = features(tmp_path / "o.pmtiles", 6)
    assert set(found) == {"town", "town_label"}
    for name in found:
        assert {f["id"]: f["properties"] for f in found[name]} == {7: {"NAME": "甲"}, 9: {"NAME": "乙"}}
    assert all(f["geometry"]["type"] == "Point" for f in found["town_label"])


def test_layers_of_the_same_name_from_several_files_become_one(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    whole = geojson(tmp_path / "x.geojson", list(SHAPES), NAME=["甲", "乙"])
    first = geojson(tmp_path / "first.geojson", [SHAPES[1]], NAME=["乙"])
    second = geojson(tmp_path / "second.geojson", [SHAPES[0]], NAME=["甲"])
    tile([whole], tmp_path / "one.pmtiles", max_zoom=12, layer="x", name="n")
    tile([first, second], tmp_path / "two.pmtiles", max_zoom=12, layer="x", name="n")
    one, two = ((tmp_path / name).read_bytes() for name in ("one.pmtiles", "two.pmtiles"))
    assert hashlib.sha256(one).hexdigest() == hashlib.sha256(two).hexdigest()


def test_the_maximum_zoom_follows_the_precision_of_the_data(tmp_path: Path) -> None:
    # Steps of 0.01° are 1.1 km: 8 tile units of 139 m. One unit at zoom z is 40075 km / 4096 / 2^z = 9783.9 m / 2^z:
    # 139 m lies between z6 (152.9 m) and z7 (76.4 m), and the first zoom not coarser is 7.
    coarse = geojson(
        tmp_path / "c.geojson", [{"type": "LineString", "coordinates": [[119 + i / 100, 0] for i in range(9)]}]
    )
    assert tile(coarse, tmp_path / "c.pmtiles").archive.max_zoom == 7
    # Steps of 0.0001° need a unit 100 times finer: 1.39 m lies between z12 (2.39 m) and z13 (1.19 m).
    fine = geojson(
        tmp_path / "f.geojson", [{"type": "LineString", "coordinates": [[119 + i / 10_000, 0] for i in range(9)]}]
    )
    assert tile(fine, tmp_path / "f.pmtiles").archive.max_zoom == 13


def test_layers_without_geometry_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "two.gpkg"
    geopandas.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(119, 28)], crs=4326).to_file(path, layer="places")
    geopandas.GeoDataFrame({"a": [1]}, geometry=[None], crs=4326).to_file(path, layer="nothing", mode="a")
    tiled = tile(path, tmp_path / "o.pmtiles", max_zoom=4)
    assert tiled.without_geometry == ("nothing",)
    assert [layer.name for layer in tiled.archive.layers if layer.features] == ["places"]


@pytest.mark.parametrize(
    ("choices", "error", "words"),
    [
        ({"min_zoom": 9, "max_zoom": 8}, UsageError, "Zooms 9 to 8 are no range"),
        ({"max_zoom": 23}, UsageError, "0 ≤ minimum ≤ maximum ≤ 22"),
        ({"buffer": 5000}, UsageError, "from 0 to 4096"),
        ({"select": ("townz",)}, InputError, "No input has a layer townz"),
        ({"key": "CODE"}, InputError, "The key field CODE is not in the data"),
        ({"fields": ("NAM",)}, InputError, "has no field NAM"),
        ({"s_srs": "EPSG:0"}, InputError, "EPSG:0"),
    ],
)
def test_wrong_choices_are_refused_and_write_nothing(
    tmp_path: Path, choices: dict[str, Any], error: type[Exception], words: str
) -> None:
    source = geojson(tmp_path / "towns.geojson", list(SHAPES), NAME=["甲", "乙"])
    with pytest.raises(error, match=words):
        tile(source, tmp_path / "o.pmtiles", **{"max_zoom": 6, **choices})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["towns.geojson"]


def test_places_that_cannot_be_written_are_refused_before_reading(tmp_path: Path) -> None:
    source = geojson(tmp_path / "towns.geojson", list(SHAPES))
    with pytest.raises(OutputError, match="cannot be written here"):
        tile(source, tmp_path / "none" / "o.pmtiles")
    with pytest.raises(InputError, match="does not exist"):
        tile(tmp_path / "gone.shp", tmp_path / "o.pmtiles")
    with pytest.raises(InputError, match="damaged"):
        (tmp_path / "photo.tif").write_bytes(b"II*\0")
        tile(tmp_path / "photo.tif", tmp_path / "o.pmtiles")
    with pytest.raises(UsageError, match="its own input"):
        tile(source, source)
    with pytest.raises(UsageError, match="No input file"):
        tile([], tmp_path / "o.pmtiles")
    with pytest.raises(InputError, match="name of the input is empty"):
        tile("", tmp_path / "o.pmtiles")


def test_an_existing_archive_is_replaced_or_kept(tmp_path: Path) -> None:
    source = geojson(tmp_path / "towns.geojson", list(SHAPES))
    out = tmp_path / "o.pmtiles"
    out.write_bytes(b"old")
    with pytest.raises(OutputError):
        tile(source, out, max_zoom=5, no_clobber=True)
    assert out.read_bytes() == b"old"
    empty = geojson(tmp_path / "empty.geojson", [None])
    with pytest.raises(InputError, match="nothing to tile"):
        tile(empty, out, max_zoom=5)
    assert out.read_bytes() == b"old"
    tile(source, out, max_zoom=5)
    assert out.read_bytes().startswith(b"PMTiles\x03")


@pytest.mark.parametrize(
    "choice",
    [
        {"layer": ""},
        {"layer": "\udcc3\udcfb"},
        {"description": "\udcc3"},
        {"simplification": float("nan")},
        {"simplification": float("inf")},
        {"tiny_area": float("nan")},
    ],
)
def test_choices_that_mean_nothing_are_refused(tmp_path: Path, choice: dict[str, Any]) -> None:
    source = geojson(tmp_path / "towns.geojson", list(SHAPES))
    with pytest.raises(UsageError):
        tile(source, tmp_path / "out.pmtiles", max_zoom=5, **choice)
    assert not (tmp_path / "out.pmtiles").exists()


def test_what_lay_beside_an_archive_does_not_outlive_it(tmp_path: Path) -> None:
    places = geojson(tmp_path / "a.geojson", [{"type": "Point", "coordinates": [119, 28]}])
    out = tmp_path / "a.pmtiles"
    tile(places, out, explain=True, keep_state=True, max_zoom=2)
    assert {path.name for path in tmp_path.glob("a.*")} == {"a.geojson", "a.pmtiles", "a.explain.parquet", "a.state"}
    tile(places, out, max_zoom=3)
    assert {path.name for path in tmp_path.glob("a.*")} == {"a.geojson", "a.pmtiles"}
    (tmp_path / "a.state").write_text("somebody else's")
    tile(places, out, max_zoom=2)
    assert (tmp_path / "a.state").read_text() == "somebody else's"


def test_names_that_are_not_text_are_refused_by_name(tmp_path: Path) -> None:
    # "名" in GBK, as unpacking a zip from Windows leaves it on a UTF-8 system.
    source = geojson(tmp_path / "towns.geojson", list(SHAPES))
    with pytest.raises(UsageError, match="name is not text"):
        tile(source, tmp_path / "\udcc3\udcfb.pmtiles", max_zoom=5)
    try:
        strange = source.rename(tmp_path / "\udcc3\udcfb.geojson")
    except OSError:
        pytest.skip("this file system holds no such names")
    with pytest.raises(InputError, match="name is not text"):
        tile(strange, tmp_path / "out.pmtiles", max_zoom=5)


def test_the_precision_is_told_by_the_first_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few stay in memory, and what was looked at is tiled like the rest, from a file and from a pipe."""
    n = 66_000  # more than a batch
    source = tmp_path / "many.geojsonl"
    points = ({"type": "Point", "coordinates": [119 + i % 300 / 300, 28 + i // 300 / 300]} for i in range(n))
    lines = (json.dumps({"type": "Feature", "properties": {}, "geometry": point}) for point in points)
    source.write_text("\n".join(lines))
    whole = tile(source, tmp_path / "whole.pmtiles")
    monkeypatch.setattr(reading, "BATCHES", 1)
    held: list[int] = []
    monkeypatch.setattr(precision, "guess_max_zoom", lambda batches: held.append(len(batches)) or 8)
    assert tile(source, tmp_path / "file.pmtiles").archive.layers[0].features == n
    with source.open() as lines_:
        monkeypatch.setattr("sys.stdin", lines_)
        piped = tile("-", tmp_path / "pipe.pmtiles").archive
    assert held == [1, 1] and whole.max_zoom_guessed
    assert (piped.layers[0].features, piped.max_zoom) == (n, 8)


def test_an_estimate_builds_nothing(tmp_path: Path) -> None:
    source = geojson(tmp_path / "towns.geojson", list(SHAPES), NAME=["剑池", "八都"])
    found = estimate(source, min_zoom=8, max_zoom=10)
    built = tile(source, tmp_path / "o.pmtiles", min_zoom=8, max_zoom=10).archive
    assert (found.features, found.sampled, found.tiles) == (2, 2, built.tiles)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.pmtiles", "towns.geojson"]
    with pytest.raises(InputError, match="does not exist"):
        estimate(tmp_path / "gone.geojson")


def test_the_precision_of_nothing_is_not_told(tmp_path: Path) -> None:
    class Notes(Silent):
        def note(self, text: str) -> None:
            noted.append(text)

    noted: list[str] = []
    with pytest.raises(InputError, match="no feature has a geometry"):
        tile(geojson(tmp_path / "none.geojson", [None], NAME=["剑池"]), tmp_path / "out.pmtiles", progress=Notes())
    assert noted == []
    tile(geojson(tmp_path / "two.geojson", list(SHAPES)), tmp_path / "out.pmtiles", progress=Notes())
    assert [text[:12] for text in noted] == ["maximum zoom"]
