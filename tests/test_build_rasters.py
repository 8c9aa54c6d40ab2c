"""Rasters of a workspace: what each edition's finished archives hold, and what is made again when files change."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from PIL import Image
from shapely.geometry import box

from pipeline import build
from pipeline.archive.reader import open_archive
from pipeline.build import build_workspace
from pipeline.errors import ConfigError, InputError, PolicyRefusal
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
    PLANNING,
    RED,
    SECRET,
    SIDE,
    STEP,
    furrowed,
    photograph,
    plane,
    write_photo,
    write_terrain,
    write_tif,
)
from tests.test_build import contents, hashes, light_portal

DAY = date(2026, 11, 22)


class Told:
    """Remembers the notes of a build, and of how many steps its tasks were."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.tasks: dict[str, int | None] = {}

    def start(self, task: str, total: int | None = None, unit: str = "") -> None:
        self.tasks[task] = total

    def advance(self, n: int = 1) -> None: ...

    def note(self, text: str) -> None:
        self.notes.append(text)

    def done(self) -> None: ...


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "write_portal", light_portal)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    root, told = write_terrain(tmp_path_factory.mktemp("terrain") / "city"), Told()
    patch = pytest.MonkeyPatch()
    patch.setattr(build, "write_portal", light_portal)
    build_workspace(root, as_of=DAY, progress=told)
    patch.undo()
    return root, told


def catalog_of(root: Path, edition: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / "dist" / edition / "catalog.json").read_text("utf-8"))
    return found


def archive_of(root: Path, edition: str, id: str) -> Path:
    return root / "dist" / edition / next(a["file"] for a in catalog_of(root, edition)["archives"] if a["id"] == id)


def pictures(path: Path) -> Iterator[tuple[int, int, int, NDArray[np.uint8]]]:
    with open_archive(path) as archive:
        for z, x, y, body in archive.tiles():
            with Image.open(io.BytesIO(body)) as picture:
                yield z, x, y, np.asarray(picture.convert("RGBA"))


def samples(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """x, y (EPSG:3857) and height of every pixel of the last zoom, and a pixel's metres; heights as published."""
    with open_archive(path) as archive:
        last = archive.header.max_zoom
    found = []
    for z, x, y, rgba in pictures(path):
        if z == last:
            side = rgba.shape[0]
            pixel = 2 * HALF / (side << z)
            east = (x * side + np.arange(side) + 0.5) * pixel - HALF
            north = HALF - (y * side + np.arange(side) + 0.5) * pixel
            height = rgba[..., 0] * 256.0 + rgba[..., 1] + rgba[..., 2] / 256.0 - 32768
            known = height != 0
            xs, ys = np.broadcast_arrays(east[None, :], north[:, None])
            found.append((xs[known], ys[known], height[known]))
    xs, ys, heights = (np.concatenate(each) for each in zip(*found, strict=True))
    return xs, ys, heights, pixel


def inner(x: NDArray[Any], y: NDArray[Any], margin: float) -> NDArray[np.bool_]:
    half = SIDE / 2 * STEP - margin
    inside: NDArray[np.bool_] = (abs(x - EAST) < half) & (abs(y - NORTH) < half)
    return inside


# Pixels -------------------------------------------------------------------------------------------------------------


def red(rgba: NDArray[np.uint8]) -> int:
    """Pixels in which red is stronger than in any picture without the secret."""
    return int(((rgba[..., 0] > 120) & (rgba[..., 3] > 0)).sum())


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


# Again --------------------------------------------------------------------------------------------------------------


def test_again_the_same_bytes_from_scratch_and_with_other_threads(built: tuple[Path, Told], tmp_path: Path) -> None:
    root, _told = built
    mine = write_terrain(tmp_path / "again")
    build_workspace(mine, as_of=DAY, threads=1, memory=1 << 30)
    first = hashes(mine / "dist")
    assert first == hashes(root / "dist")
    told = Told()
    build_workspace(mine, as_of=DAY, progress=told)
    assert hashes(mine / "dist") == first
    assert not [note for note in told.notes if "everything is built" in note]


@pytest.mark.parametrize("edition", ["public", "government"])
def test_a_changed_photograph_is_rendered_alone(tmp_path: Path, edition: str) -> None:
    root = write_terrain(tmp_path)
    first = Told()
    build_workspace(root, editions=[edition], as_of=DAY, progress=first)
    changed = 255 - photograph(1)
    changed[0] = 40
    write_photo(root / "inbox/planning/photo/b-east.tif", 1, changed)
    told = Told()
    build_workspace(root, editions=[edition], as_of=DAY, progress=told)
    task = f"{edition}/photo-2024: tiling"
    before, after = first.tasks[task], told.tasks[task]
    assert before is not None and after is not None and 0 < after < 0.8 * before
    assert told.tasks[f"{edition}/terrain: reading heights"] == 0
    assert not [note for note in told.notes if "everything is built" in note]
    updated = hashes(root / "dist")
    shutil.rmtree(root / "dist")
    shutil.rmtree(root / ".cache")
    build_workspace(root, editions=[edition], as_of=DAY)
    assert hashes(root / "dist") == updated


def test_a_change_beside_coarse_cells_reaches_as_far_as_they_do(tmp_path: Path) -> None:
    """Two DEMs side by side, 88 m east of the border of tiles: cells of 130 m, four pixels, carry a change across it.

    The last pixel before the border lies between the centres of its own cell and of the next, which reaches to 153 m.
    """
    folder = "inbox/planning/dems"
    files: dict[str, str | None] = {
        "departments/planning.toml": PLANNING.replace("inbox/planning/dem.tif", folder),
        "framework.toml": FRAMEWORK.replace("rounding = 0.00390625", "rounding = 0.00390625\nfill_voids = 0").replace(
            "masks =", "min_dem_grid_m = 130, masks ="
        ),
    }
    root = write_terrain(tmp_path, files)
    tile = 2 * HALF / (1 << 12)
    border = np.ceil((EAST - SIDE / 2 * STEP + HALF) / tile) * tile - HALF
    west, north = EAST - SIDE / 2 * STEP, NORTH + SIDE / 2 * STEP
    half = int(np.ceil((border + 80 - west) / STEP))
    assert 20 < half < SIDE - 20
    with rasterio.open(root / "inbox/planning/dem.tif") as whole:
        heights = whole.read()
    write_tif(root / folder / "west.tif", heights[:, :, :half], west, north, STEP)
    east = heights[:, :, half:]
    write_tif(root / folder / "east.tif", east, west + half * STEP, north, STEP)
    build_workspace(root, editions=["public"], as_of=DAY)
    write_tif(root / folder / "east.tif", east + 80, west + half * STEP, north, STEP)
    notes = assert_as_from_scratch(root, "public")
    assert not [note for note in notes if "everything is built" in note]


def test_masks_that_move_are_followed(tmp_path: Path) -> None:
    root = write_terrain(tmp_path)
    build_workspace(root, editions=["public"], as_of=DAY)
    masks = gpd.read_file(root / "inbox/secrecy/masks.geojson")
    masks["geometry"] = masks.translate(0.0001, 0)
    masks.to_file(root / "inbox/secrecy/masks.geojson", driver="GeoJSON", engine="pyogrio")
    assert_as_from_scratch(root, "public")
    assert sum(red(rgba) for *_zxy, rgba in pictures(archive_of(root, "public", "photo-2024"))) > 0


def assert_as_from_scratch(root: Path, edition: str) -> list[str]:
    """What a build makes of what the last one kept is what a build without it makes."""
    told = Told()
    build_workspace(root, editions=[edition], as_of=DAY, progress=told)
    updated = hashes(root / "dist")
    shutil.rmtree(root / "dist")
    shutil.rmtree(root / ".cache")
    build_workspace(root, editions=[edition], as_of=DAY)
    assert hashes(root / "dist") == updated
    return told.notes


def test_only_takes_other_rasters_over(built: tuple[Path, Told], tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(built[0], root)
    (result,) = build_workspace(root, editions=["public"], only=["photo"], as_of=DAY)
    assert {a.id: a.reused for a in result.archives} == {
        "terrain": True, "hills": True, "lines": True, "photo-2024": False, "old-photo": True,
    }  # fmt: skip
    assert {a.id: a.product for a in result.archives}["hills"] == "hillshade"
    assert hashes(root / "dist/public") == hashes(built[0] / "dist/public")


# Faults -------------------------------------------------------------------------------------------------------------


def test_a_damaged_raster_names_dataset_and_department(tmp_path: Path) -> None:
    root = write_terrain(tmp_path)
    whole = (root / "inbox/planning/dem.tif").read_bytes()
    (root / "inbox/planning/dem.tif").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="dataset dem: ") as error:
        build_workspace(root, as_of=DAY)
    assert "规划局 (planning)" in (error.value.where or "")
    assert not (root / "dist/public").exists()


def test_missing_masks_stop_the_build(tmp_path: Path) -> None:
    root = write_terrain(tmp_path)
    (root / "inbox/secrecy/masks.geojson").unlink()
    with pytest.raises(InputError, match="masks"):
        build_workspace(root, editions=["public"], as_of=DAY)
    build_workspace(root, editions=["government"], only=None, as_of=DAY)


def test_an_archive_that_begins_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    toml = FRAMEWORK.replace("min_zoom = 8", "min_zoom = 13")
    root = write_terrain(tmp_path, {"framework.toml": toml})
    with pytest.raises(ConfigError, match="begins at zoom 13"):
        build_workspace(root, editions=["public"], as_of=DAY)


def test_a_virtual_raster_is_refused(tmp_path: Path) -> None:
    vrt = PLANNING.replace("inbox/planning/old.tif", "inbox/planning/old.vrt")
    root = write_terrain(tmp_path, {"departments/planning.toml": vrt})
    text = f"""<VRTDataset rasterXSize="{PHOTO}" rasterYSize="{PHOTO}"><SRS>EPSG:3857</SRS>
<GeoTransform>{EAST}, {PIXEL}, 0, {NORTH}, 0, -{PIXEL}</GeoTransform>
<VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename relativeToVRT="1">old.tif</SourceFilename>
<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"""
    (root / "inbox/planning/old.vrt").write_text(text)
    with pytest.raises(InputError, match=r"old-photo: old\.vrt is a virtual raster"):
        build_workspace(root, as_of=DAY)


def test_pictures_and_elevations_make_no_archive_together(tmp_path: Path) -> None:
    toml = FRAMEWORK.replace('kind = "imagery"\ndatasets = ["photo"]', 'kind = "raster"\ndatasets = ["photo", "dem"]')
    root = write_terrain(tmp_path, {"framework.toml": toml})
    with pytest.raises(InputError, match="photo-2024: some of its rasters are pictures and some are elevations"):
        build_workspace(root, as_of=DAY)


def test_an_interrupted_build_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_terrain(tmp_path)
    build_workspace(root, editions=["government"], as_of=DAY)
    before = hashes(root / "dist")
    write_photo(root / "inbox/planning/old.tif", 3, 255 - photograph(3))
    with monkeypatch.context() as patch:
        patch.setattr(build, "write_portal", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            build_workspace(root, editions=["government"], as_of=DAY)
    assert hashes(root / "dist") == before
    told = Told()
    build_workspace(root, editions=["government"], as_of=DAY, progress=told)
    assert any(note == "government/old-photo: finished before the last build was interrupted" for note in told.notes)
    updated = hashes(root / "dist")
    assert updated != before
    shutil.rmtree(root / "dist")
    shutil.rmtree(root / ".cache")
    build_workspace(root, editions=["government"], as_of=DAY)
    assert hashes(root / "dist") == updated


def _interrupted(*_args: Any, **_more: Any) -> None:
    raise KeyboardInterrupt


def test_a_damaged_state_is_not_trusted(tmp_path: Path) -> None:
    root = write_terrain(tmp_path)
    build_workspace(root, editions=["government"], as_of=DAY)
    before = hashes(root / "dist")
    state = root / ".cache/rasters/government.photo-2024.state"
    data = bytearray(state.read_bytes())
    data[len(data) // 2] ^= 1
    state.write_bytes(data)
    told = Told()
    build_workspace(root, editions=["government"], as_of=DAY, progress=told)
    assert hashes(root / "dist") == before
    assert [note for note in told.notes if note.startswith("government/photo-2024: everything is built: ")]


def test_a_mask_over_everything_leaves_no_archive(tmp_path: Path) -> None:
    root = write_terrain(tmp_path)
    west, south, east, north = (EAST - 5e3) / HALF * 180, 28.0, (EAST + 5e3) / HALF * 180, 28.14
    everything = gpd.GeoDataFrame({"a": [1]}, geometry=[box(west, south, east, north)], crs="EPSG:4326")
    everything.to_file(root / "inbox/secrecy/masks.geojson", driver="GeoJSON", engine="pyogrio")
    (result,) = build_workspace(root, editions=["public"], as_of=DAY)
    assert result.archives == ()
    catalog = catalog_of(root, "public")
    assert catalog["archives"] == [] and all(dataset["layers"] == [] for dataset in catalog["datasets"])


# Choices ------------------------------------------------------------------------------------------------------------


def one_archive(choices: str) -> str:
    head = FRAMEWORK[: FRAMEWORK.index("[[archive]]")]
    return (
        head
        + f"""[[archive]]
id = "all"
title = {{ zh = "全部", en = "All" }}
{choices}
"""
    )


def last_picture(root: Path) -> tuple[int, NDArray[np.uint8], float, float]:
    """Zoom, pixels of the tiles of the last zoom put together, and the column and row of the first."""
    tiles = list(pictures(archive_of(root, "government", "all")))
    zoom = max(z for z, *_rest in tiles)
    tiles = [tile for tile in tiles if tile[0] == zoom]
    side = tiles[0][3].shape[0]
    left, top = min(x for _z, x, _y, _p in tiles), min(y for _z, _x, y, _p in tiles)
    width, height = max(x for _z, x, _y, _p in tiles) - left + 1, max(y for _z, _x, y, _p in tiles) - top + 1
    whole = np.zeros((height * side, width * side, 4), np.uint8)
    for _z, x, y, pixels in tiles:
        whole[(y - top) * side : (y - top + 1) * side, (x - left) * side : (x - left + 1) * side] = pixels
    return zoom, whole, left * side, top * side


def colour_at(picture: tuple[int, NDArray[np.uint8], float, float], x: float, y: float) -> list[int]:
    zoom, pixels, left, top = picture
    grid = 2 * HALF / (512 << zoom)
    found: list[int] = pixels[int((HALF - y) / grid - top), int((x + HALF) / grid - left)].tolist()
    return found


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
