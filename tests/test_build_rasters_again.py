"""Rasters of a workspace that are built again: the same bytes, and only what changed is made."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio

from pipeline import build
from pipeline.build import build_workspace
from tests.built_rasters import (
    DAY,
    Told,
    archive_of,
    assert_as_from_scratch,
    built_city,
    pictures,
    red,
)
from tests.terrains import (
    EAST,
    FRAMEWORK,
    HALF,
    NORTH,
    PLANNING,
    SIDE,
    STEP,
    photograph,
    write_photo,
    write_terrain,
    write_tif,
)
from tests.test_build import hashes, light_portal


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "write_portal", light_portal)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    return built_city(tmp_path_factory.mktemp("terrain") / "city")


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


def test_only_takes_other_rasters_over(built: tuple[Path, Told], tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(built[0], root)
    (result,) = build_workspace(root, editions=["public"], only=["photo"], as_of=DAY)
    assert {a.id: a.reused for a in result.archives} == {
        "terrain": True, "hills": True, "lines": True, "photo-2024": False, "old-photo": True,
    }  # fmt: skip
    assert {a.id: a.product for a in result.archives}["hills"] == "hillshade"
    assert hashes(root / "dist/public") == hashes(built[0] / "dist/public")
