"""Rasters of a workspace: what each edition's finished archives hold."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pytest
from shapely.geometry import box

from pipeline import build
from pipeline.archive.reader import open_archive
from pipeline.build import build_workspace
from pipeline.errors import PolicyRefusal
from tests.built_rasters import (
    DAY,
    Told,
    archive_of,
    built_city,
    catalog_of,
    inner,
    pictures,
    red,
    samples,
)
from tests.terrains import (
    ANSWERED,
    DEPTH,
    EAST,
    FRAMEWORK,
    GROUND,
    HALF,
    LAT,
    NORTH,
    PHOTO,
    PIXEL,
    RED,
    SECRET,
    SIDE,
    STEP,
    furrowed,
    plane,
    write_terrain,
    write_tif,
)
from tests.test_build import contents, light_portal


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "write_portal", light_portal)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    return built_city(tmp_path_factory.mktemp("terrain") / "city")


def test_the_secret_is_in_no_public_pixel_at_any_zoom(built: tuple[Path, Told]) -> None:
    root, _told = built
    public = [red(rgba) for *_zxy, rgba in pictures(archive_of(root, "public", "photo-2024"))]
    assert len(public) > 5
    assert sum(public) == 0
    government = list(pictures(archive_of(root, "government", "photo-2024")))
    last = max(z for z, *_rest in government)
    left, top, right, bottom = SECRET
    grid = 2 * HALF / (256 << last)
    area = (right - left) * (bottom - top) * (PIXEL / grid) ** 2
    assert sum(red(rgba) for z, _x, _y, rgba in government if z == last) == pytest.approx(area, rel=0.05)
    assert any((rgba[..., :3] == RED).all(-1).any() for *_zxy, rgba in government)


def test_public_pixels_are_no_finer_than_half_a_metre(built: tuple[Path, Told]) -> None:
    """Web Mercator (spherical): 156 543 m · cos φ / 2^z for 256 px; 0.5 m fits zoom 18 at 28°, 0.26 m zoom 20."""
    root, told = built
    zooms = {}
    for edition in ("public", "government"):
        entry = next(a for a in catalog_of(root, edition)["archives"] if a["id"] == "photo-2024")
        zooms[edition] = entry["max_zoom"]
        metres = 2 * np.pi * 6378137 / 256 / 2 ** entry["max_zoom"] * np.cos(np.radians(LAT))
        assert (metres >= 0.5) == (edition == "public")
    assert zooms == {"public": 18, "government": 19}
    assert any(note.startswith("public/photo-2024: imagery ends at zoom 18") for note in told.notes)
    assert not [note for note in told.notes if note.startswith("government/photo-2024")]


def test_the_ground_between_masks_is_shown(built: tuple[Path, Told]) -> None:
    root, _told = built
    seen = sum(
        int((rgba[..., 3] == 255).sum())
        for z, *_xy, rgba in pictures(archive_of(root, "public", "photo-2024"))
        if z == 18
    )
    grid = 2 * HALF / (256 << 18)
    left, top, right, bottom = SECRET
    whole = 2 * (PHOTO * PIXEL / grid) ** 2
    secret = (right - left + 6) * (bottom - top + 6) * (PIXEL / grid) ** 2
    assert whole - 2.2 * secret < seen < whole - secret


def test_masks_may_be_blurred(tmp_path: Path) -> None:
    masks = 'raster = { masks = "inbox/secrecy/masks.geojson", mask_mode = "blur", blur_m = 16 }'
    toml = FRAMEWORK.replace('raster = { masks = "inbox/secrecy/masks.geojson" }', masks)
    root = write_terrain(tmp_path, {"framework.toml": toml})
    build_workspace(root, editions=["public"], as_of=DAY, only=None)
    found = [rgba for z, *_xy, rgba in pictures(archive_of(root, "public", "photo-2024")) if z == 18]
    colours = {tuple(c) for rgba in found for c in rgba[(rgba[..., 0] > 60) & (rgba[..., 3] > 0)].tolist()}
    assert 1 <= len(colours) <= 9  # 13 m of secret in cells of 16 m and more: nine at most, each of one colour
    assert all(r < 240 for r, _g, _b, _a in colours)


def test_a_dataset_in_no_archive_is_what_its_file_is(built: tuple[Path, Told]) -> None:
    root, _told = built
    entry = next(a for a in catalog_of(root, "government")["archives"] if a["id"] == "old-photo")
    assert (entry["type"], entry["product"], entry["format"], entry["tile_size"]) == ("raster", "imagery", "webp", 512)
    assert (entry["date"], entry["series"]) == ("2014-05-01", None)
    west, _south, east, north = entry["bounds"]
    assert west == pytest.approx((EAST + 3 * PHOTO * PIXEL) / HALF * 180, abs=1e-6)
    assert east == pytest.approx((EAST + 4 * PHOTO * PIXEL) / HALF * 180, abs=1e-6)
    assert north == pytest.approx(LAT, abs=1e-6)


# Heights ------------------------------------------------------------------------------------------------------------


def test_government_has_every_furrow_and_the_public_none(built: tuple[Path, Told]) -> None:
    root, told = built
    x, y, height, pixel = samples(archive_of(root, "government", "terrain"))
    assert pixel <= STEP * 1.01
    mine = inner(x, y, 2 * STEP)
    error = abs(height - furrowed(x, y))[mine]
    assert error.max() < 0.3 * DEPTH  # a sine of four samples to a wave, 45° beside its tops: 1 - sin 45° is cut off
    assert abs(height - plane(x, y))[mine].max() > 0.65 * DEPTH

    x, y, height, pixel = samples(archive_of(root, "public", "terrain"))
    mine = inner(x, y, 400.0)
    assert mine.sum() > 1000
    rough = abs(height - plane(x, y))[mine]
    assert rough.max() < 0.45 * DEPTH  # means of 100 m of waves of 88 m
    # Between centres of cells heights are interpolated, so nothing varies faster than over 100 m on the ground.
    assert pixel * GROUND * 4 >= 100
    assert any("public/terrain: heights become means of cells of 100 m" in note for note in told.notes)


def test_contours_keep_the_interval_of_the_edition(built: tuple[Path, Told]) -> None:
    root, told = built
    heights = {}
    for edition in ("public", "government"):
        found = set()
        with open_archive(archive_of(root, edition, "lines")) as archive:
            for _z, _x, _y, body in archive.tiles():
                layers = mapbox_vector_tile.decode(gzip.decompress(body))
                assert set(layers) <= {"contours", "contours_label"}
                found |= {feature["properties"]["ele"] for layer in layers.values() for feature in layer["features"]}
        heights[edition] = found
    assert {ele % 20 for ele in heights["government"]} == {0} and {ele % 50 for ele in heights["government"]} != {0}
    assert len(heights["public"]) >= 4 and {ele % 50 for ele in heights["public"]} == {0}
    assert any("public/lines: contours every 20 m become multiples of 50 m" in note for note in told.notes)


def test_contours_of_coarse_heights_are_smooth(built: tuple[Path, Told]) -> None:
    """Lines that follow 60 m of furrows on a slope of 5 % wander 600 m; on means of 100 m they are nearly straight."""
    root, _told = built
    counts = {}
    for edition in ("public", "government"):
        entry = next(d for d in catalog_of(root, edition)["datasets"] if d["id"] == "dem")
        assert entry["features"] is None
        layer = next(each for each in entry["layers"] if each["archive"] == "lines")
        assert (layer["layer"], layer["geometry"], layer["product"]) == ("contours", "line", "contours")
        counts[edition] = archive_of(root, edition, "lines").stat().st_size
    assert counts["public"] < counts["government"]


@pytest.mark.parametrize("mode", ["remove", "blur"])
def test_masks_hide_heights_of_every_product(tmp_path: Path, mode: str) -> None:
    """A hollow of 200 m in the middle, masked: no contour runs through it, no height below the plane is published."""
    said = f'mask_mode = "{mode}", blur_m = 700, min_dem_grid_m = 0, min_contour_interval_m = 0'
    toml = FRAMEWORK.replace('masks = "inbox/secrecy/masks.geojson"', f'masks = "inbox/secrecy/masks.geojson", {said}')
    root = write_terrain(tmp_path, {"framework.toml": toml + ANSWERED})
    x, y = np.meshgrid(*(np.arange(-SIDE / 2 + 0.5, SIDE / 2) * STEP,) * 2)
    hollow = np.where((abs(x) < 300) & (abs(y) < 300), 250.0, 450.0).astype(np.float32)
    write_tif(root / "inbox/planning/dem.tif", hollow[None], EAST - SIDE / 2 * STEP, NORTH + SIDE / 2 * STEP, STEP)
    place = gpd.GeoDataFrame(
        {"a": [1]}, geometry=[box(EAST - 300, NORTH - 300, EAST + 300, NORTH + 300)], crs="EPSG:3857"
    )
    place.to_crs("EPSG:4326").to_file(root / "inbox/secrecy/masks.geojson", driver="GeoJSON", engine="pyogrio")
    build_workspace(root, as_of=DAY)
    lowest, drawn = {}, {}
    for edition in ("public", "government"):
        lowest[edition] = samples(archive_of(root, edition, "terrain"))[2].min()
        entry = next((a for a in catalog_of(root, edition)["archives"] if a["id"] == "lines"), None)
        drawn[edition] = set()
        if entry is not None:
            with open_archive(root / "dist" / edition / entry["file"]) as archive:
                for *_zxy, body in archive.tiles():
                    layer = mapbox_vector_tile.decode(gzip.decompress(body))["contours"]
                    drawn[edition] |= {feature["properties"]["ele"] for feature in layer["features"]}
    assert lowest["government"] == 250.0 and drawn["government"] == {260, 280, 300, 320, 340, 360, 380, 400, 420, 440}
    if mode == "remove":
        assert lowest["public"] == 450.0 and drawn["public"] == set()
    else:  # means of cells with land around: 600 m of hollow are in four cells of 1000 m or more at most
        assert lowest["public"] > 300.0
        assert 260 not in drawn["public"] and 280 not in drawn["public"]


def test_hillshade_is_drawn_from_what_the_edition_may_know(built: tuple[Path, Told]) -> None:
    root, _told = built
    spread = {}
    for edition in ("public", "government"):
        path = archive_of(root, edition, "hills")
        with open_archive(path) as archive:
            last = archive.header.max_zoom
            assert archive.metadata["product"] == "hillshade"
        alphas = [rgba[40:-40, 40:-40, 3].astype(float) for z, _x, _y, rgba in pictures(path) if z == last]
        spread[edition] = max(float(np.abs(np.diff(alpha, axis=1)).mean()) for alpha in alphas)
    assert spread["public"] < spread["government"] / 4


# What is told -------------------------------------------------------------------------------------------------------


def test_nothing_public_tells_of_masks(built: tuple[Path, Told]) -> None:
    root, _told = built
    everything = contents(root / "dist" / "public")
    for name, data in everything.items():
        assert "mask" not in name and "secrecy" not in name
        assert b"secrecy" not in data and b"masks" not in data and b"blur_m" not in data, name
    for name in everything:
        if name.endswith(".pmtiles"):
            with open_archive(root / "dist/public" / name) as archive:
                text = json.dumps(archive.metadata, ensure_ascii=False)
                assert not any(word in text for word in ("mask", "secrecy", "blur")), name


def test_inputs_dates_and_series_are_told(built: tuple[Path, Told]) -> None:
    root, _told = built
    manifest = json.loads((root / "dist/public/release.json").read_text())
    read = {(each["dataset"], each["path"]) for each in manifest["inputs"]}
    assert read == {
        ("dem", "inbox/planning/dem.tif"),
        ("photo", "inbox/planning/photo/a-west.tif"),
        ("photo", "inbox/planning/photo/b-east.tif"),
        ("old-photo", "inbox/planning/old.tif"),
    }
    for each in manifest["inputs"]:
        assert each["sha256"] == hashlib.sha256((root / each["path"]).read_bytes()).hexdigest()
    files = {each["path"]: each.get("datasets") for each in manifest["files"]}
    path = archive_of(root, "public", "photo-2024")
    assert files[f"tiles/{path.name}"] == ["photo"]
    with open_archive(path) as archive:
        metadata = archive.metadata
    assert (metadata["date"], metadata["sample"], metadata["tileSize"]) == ("2024-05-01", True, 256)
    assert [source["name"] for source in metadata["sources"]] == ["a-west.tif", "b-east.tif"]
    entry = next(a for a in catalog_of(root, "public")["archives"] if a["id"] == "photo-2024")
    assert (entry["series"], entry["date"], entry["format"]) == ("photo", "2024-05-01", "png")
    tilejson = json.loads((root / "dist/public/tilejson/terrain.json").read_text())
    assert (tilejson["encoding"], tilejson["tileSize"], tilejson["maxzoom"]) == ("terrarium", 256, 12)
    assert not list((root / "dist").rglob("*.state"))


def test_limits_may_be_lifted_knowingly(built: tuple[Path, Told], tmp_path: Path) -> None:
    root, _told = built
    lifted = "raster = { min_ground_resolution_m = 0, min_contour_interval_m = 0, min_dem_grid_m = 0 }"
    toml = FRAMEWORK.replace('raster = { masks = "inbox/secrecy/masks.geojson" }', lifted)
    with pytest.raises(PolicyRefusal):
        build_workspace(write_terrain(tmp_path / "unanswered", {"framework.toml": toml}), as_of=DAY)
    mine = write_terrain(tmp_path / "answered", {"framework.toml": toml + ANSWERED})
    build_workspace(mine, as_of=DAY)
    for id in ("terrain", "hills", "lines", "photo-2024", "old-photo"):
        assert archive_of(mine, "public", id).name == archive_of(mine, "government", id).name
        assert archive_of(mine, "public", id).name == archive_of(root, "government", id).name
