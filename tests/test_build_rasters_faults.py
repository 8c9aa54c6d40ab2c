"""Rasters of a workspace that cannot be built as they are."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import box

from pipeline import build
from pipeline.build import build_workspace
from pipeline.errors import ConfigError, InputError
from tests.built_rasters import (
    DAY,
    Told,
    catalog_of,
)
from tests.terrains import (
    EAST,
    FRAMEWORK,
    HALF,
    NORTH,
    PHOTO,
    PIXEL,
    PLANNING,
    photograph,
    write_photo,
    write_terrain,
)
from tests.test_build import hashes, light_portal


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "write_portal", light_portal)


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
