"""Rasters of a workspace: what datasets and archives may be told."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pytest
from PIL import Image
from shapely.geometry import box

from pipeline import build
from pipeline.archive.reader import open_archive
from pipeline.build import build_workspace
from tests.built_rasters import (
    DAY,
    archive_of,
    catalog_of,
    colour_at,
    inner,
    last_picture,
    one_archive,
    samples,
)
from tests.terrains import (
    DEPTH,
    EAST,
    HALF,
    NORTH,
    PHOTO,
    PIXEL,
    PLANNING,
    SIDE,
    STEP,
    furrowed,
    write_photo,
    write_terrain,
    write_tif,
)
from tests.test_build import light_portal


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "write_portal", light_portal)


def test_the_first_dataset_lies_on_top_inside_its_cutline(tmp_path: Path) -> None:
    toml = one_archive('kind = "imagery"\ndatasets = ["old-photo", "photo"]\nformat = "png"')
    cut = PLANNING.replace("currency = 2014-05-01", 'currency = 2014-05-01\ncutline = "inbox/planning/half.geojson"')
    root = write_terrain(tmp_path, {"framework.toml": toml, "departments/planning.toml": cut})
    plain = np.full((3, PHOTO, PHOTO), 200, np.uint8)
    write_photo(root / "inbox/planning/old.tif", 0, plain)  # in the place of the western photograph
    middle = EAST + PHOTO / 2 * PIXEL
    half = gpd.GeoDataFrame({"a": [1]}, geometry=[box(EAST - 9, NORTH - 900, middle, NORTH + 9)], crs="EPSG:3857")
    half.to_crs("EPSG:4326").to_file(root / "inbox/planning/half.geojson", driver="GeoJSON", engine="pyogrio")
    build_workspace(root, editions=["government"], as_of=DAY)
    picture = last_picture(root)
    assert colour_at(picture, middle - 10, NORTH - 60) == [200, 200, 200, 255]
    assert colour_at(picture, middle + 10, NORTH - 60)[0] == 20
    manifest = json.loads((root / "dist/government/release.json").read_text())
    assert ("old-photo", "inbox/planning/half.geojson") in {(i["dataset"], i["path"]) for i in manifest["inputs"]}
    assert catalog_of(root, "government")["archives"][0]["date"] == "2014-05-01"  # the older of both
    before = archive_of(root, "government", "all").name
    shifted = gpd.GeoDataFrame(
        {"a": [1]}, geometry=[box(EAST - 9, NORTH - 900, middle + 20, NORTH + 9)], crs="EPSG:3857"
    )
    shifted.to_crs("EPSG:4326").to_file(root / "inbox/planning/half.geojson", driver="GeoJSON", engine="pyogrio")
    build_workspace(root, editions=["government"], as_of=DAY)
    assert archive_of(root, "government", "all").name != before
    assert colour_at(last_picture(root), middle + 10, NORTH - 60) == [200, 200, 200, 255]


def test_bands_nodata_and_stretch_of_a_dataset(tmp_path: Path) -> None:
    toml = one_archive('kind = "imagery"\ndatasets = ["old-photo"]\nformat = "png"\nresampling = "nearest"')
    said = "currency = 2014-05-01\nbands = [2, 3, 1]\nnodata = 0\nstretch = { low = 0, high = 1000 }"
    planning = PLANNING.replace("currency = 2014-05-01", said)
    root = write_terrain(tmp_path, {"framework.toml": toml, "departments/planning.toml": planning})
    bands = np.empty((3, PHOTO, PHOTO), np.uint16)
    bands[:] = np.array([1000, 500, 250], np.uint16)[:, None, None]
    bands[:, :, : PHOTO // 2] = 0
    write_photo(root / "inbox/planning/old.tif", 3, bands)
    build_workspace(root, editions=["government"], as_of=DAY)
    picture = last_picture(root)
    west = EAST + 3 * PHOTO * PIXEL
    assert colour_at(picture, west + PHOTO * PIXEL * 0.75, NORTH - 50) == pytest.approx([128, 64, 255, 255], abs=1)
    assert colour_at(picture, west + PHOTO * PIXEL * 0.25, NORTH - 50)[3] == 0


def test_heights_in_feet_are_metres(tmp_path: Path) -> None:
    toml = one_archive('kind = "terrain"\ndatasets = ["dem"]\nrounding = 0.00390625')
    planning = PLANNING.replace("currency = 2026-09-30", 'currency = 2026-09-30\nvertical_unit = "ft"')
    root = write_terrain(tmp_path, {"framework.toml": toml, "departments/planning.toml": planning})
    build_workspace(root, editions=["government"], as_of=DAY)
    x, y, height, _pixel = samples(archive_of(root, "government", "all"))
    mine = inner(x, y, 100.0)
    assert abs(height - furrowed(x, y) * 0.3048)[mine].max() < 0.3 * DEPTH * 0.3048


def test_contours_by_zoom_with_peaks(tmp_path: Path) -> None:
    toml = one_archive(
        'kind = "contours"\ndatasets = ["dem"]\ninterval = { 11 = 100, 13 = 10 }\npeaks = 30\nmax_zoom = 13'
    )
    root = write_terrain(tmp_path, {"framework.toml": toml})
    x, y = np.meshgrid(np.arange(SIDE) * STEP, np.arange(SIDE) * STEP)
    domes = 400 + 100 * np.sin(2 * np.pi * x / 2000) * np.sin(2 * np.pi * y / 2000)
    write_tif(root / "inbox/planning/dem.tif", domes.astype(np.float32)[None], EAST - 2000, NORTH + 2000, STEP)
    build_workspace(root, editions=["government"], as_of=DAY)
    entry = catalog_of(root, "government")["archives"][0]
    assert (entry["type"], entry["product"], entry["max_zoom"]) == ("vector", "vector", 13)
    heights: dict[int, set[int]] = {}
    tops: set[int] = set()
    with open_archive(archive_of(root, "government", "all")) as archive:
        for z, _x, _y, body in archive.tiles():
            layers = mapbox_vector_tile.decode(gzip.decompress(body))
            lines = layers.get("contours", {"features": []})["features"]
            heights.setdefault(z, set()).update(feature["properties"]["ele"] for feature in lines)
            assert set(layers) <= {"contours", "contours_label", "peaks"}
            tops |= {
                round(feature["properties"]["ele"]) for feature in layers.get("peaks", {"features": []})["features"]
            }
        assert archive.metadata["contours"]["intervals"][0]["interval"] == 100.0
        assert {layer["id"] for layer in archive.metadata["vector_layers"]} == {"contours", "contours_label", "peaks"}
    assert tops == {500}  # the domes of a sine; hollows are no peaks
    assert {ele % 100 for z in (11, 12) for ele in heights[z]} == {0}
    assert {ele % 10 for ele in heights[13]} == {0} and {ele % 100 for ele in heights[13]} != {0}


def test_ramps_of_the_workspace_decide_over_the_archive(tmp_path: Path) -> None:
    toml = one_archive('kind = "tint"\ndatasets = ["dem"]\nformat = "png"\nramp = "inbox/planning/ramp.txt"')
    root = write_terrain(tmp_path, {"framework.toml": toml})
    names = []
    for colour in ("10 20 30", "40 50 60"):
        (root / "inbox/planning/ramp.txt").write_text(f"0 {colour}\n1000 {colour}\n")
        build_workspace(root, editions=["government"], as_of=DAY)
        names.append(archive_of(root, "government", "all").name)
        assert colour_at(last_picture(root), EAST, NORTH) == [*map(int, colour.split()), 255]
    assert names[0] != names[1]


def test_a_worldfile_that_changes_moves_the_picture(tmp_path: Path) -> None:
    toml = one_archive('kind = "imagery"\ndatasets = ["old-photo"]\nformat = "png"')
    planning = PLANNING.replace("inbox/planning/old.tif", "inbox/planning/old.png").replace(
        "currency = 2014-05-01", 'currency = 2014-05-01\ncrs = "EPSG:3857"'
    )
    root = write_terrain(tmp_path, {"framework.toml": toml, "departments/planning.toml": planning})
    Image.fromarray(np.full((PHOTO, PHOTO, 3), 90, np.uint8)).save(root / "inbox/planning/old.png")
    for east in (EAST, EAST + 500):
        world = f"{PIXEL}\n0\n0\n-{PIXEL}\n{east + PIXEL / 2}\n{NORTH - PIXEL / 2}\n"
        (root / "inbox/planning/old.pgw").write_text(world)
        build_workspace(root, editions=["government"], as_of=DAY)
        bounds = catalog_of(root, "government")["archives"][0]["bounds"]
        assert bounds[0] == pytest.approx(east / HALF * 180, abs=1e-6)
        manifest = json.loads((root / "dist/government/release.json").read_text())
        assert "inbox/planning/old.pgw" in {each["path"] for each in manifest["inputs"]}
