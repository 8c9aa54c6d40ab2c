"""Masked areas in finished pixels: of pictures and heights, taken out or blurred; and the same areas left in."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from pipeline.audit import AuditResult, audit_folder
from tests.audit.built import build_lightly
from tests.audit.planting import archive, reseal
from tests.terrains import ANSWERED, EAST, FRAMEWORK, NORTH, SIDE, STEP, secret_place, write_terrain, write_tif

DAY = date(2026, 11, 22)
MASKS = 'masks = "inbox/secrecy/masks.geojson"'


def hollow_town(root: Path, said: str, framework: str) -> Path:
    """Level ground with a hollow of 200 m, and photographs; the hollow and a place of the photographs are masked."""
    toml = framework.replace(MASKS, f"{MASKS}, {said}")
    write_terrain(root, {"framework.toml": toml})
    x, y = np.meshgrid(*(np.arange(-SIDE / 2 + 0.5, SIDE / 2) * STEP,) * 2)
    heights = np.where((abs(x + 1000) < 300) & (abs(y) < 300), 250.0, 450.0).astype(np.float32)
    west, north = EAST - SIDE / 2 * STEP, NORTH + SIDE / 2 * STEP
    write_tif(root / "inbox/planning/dem.tif", heights[None], west, north, STEP)
    around = gpd.GeoSeries([box(EAST - 1400, NORTH - 400, EAST - 600, NORTH + 400)], crs="EPSG:3857").to_crs(
        "EPSG:4326"
    )
    place = gpd.GeoSeries([around[0], secret_place()], crs="EPSG:4326")
    place.to_file(root / "inbox/secrecy/masks.geojson", driver="GeoJSON", engine="pyogrio")
    build_lightly(root, as_of=DAY, threads=1)
    return root


def under_masks(root: Path, edition: str = "public") -> AuditResult:
    return audit_folder(root / "dist" / edition, root, threads=1)


@pytest.fixture(scope="module", params=["remove", "blur"])
def masked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Limits are lifted knowingly, so that both editions have the same zooms."""
    said = f'mask_mode = "{request.param}", min_dem_grid_m = 0, min_contour_interval_m = 0, min_ground_resolution_m = 0'
    said += ", blur_m = 700" if request.param == "blur" else ""
    root = tmp_path_factory.mktemp("masked") / request.param
    return hollow_town(root, said, FRAMEWORK + ANSWERED)


def test_what_is_masked_is_clean(masked: Path) -> None:
    result = under_masks(masked)
    assert [f"{f.rule} {f.file} {f.where}: {f.message}" for f in result.report.faults] == []
    assert result.measure.tiles > 10


@pytest.mark.parametrize("id", ["terrain", "photo-2024"])
def test_what_is_left_in_is_found(masked: Path, id: str, tmp_path: Path) -> None:
    """The government's archive in the place of the public one."""
    root = Path(shutil.copytree(masked, tmp_path / "town"))
    shutil.copyfile(archive(root / "dist/government", id), archive(root / "dist/public", id))
    reseal(root / "dist/public")
    found = under_masks(root).report
    assert "pixel-mask" in found.counts, found.counts
    assert all(fault.file.startswith(f"tiles/{id}-") for fault in found.faults if fault.rule == "pixel-mask")
