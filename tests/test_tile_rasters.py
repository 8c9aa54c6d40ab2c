"""Files of pictures become imagery, through Python and the command line."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from rio_tiler.io import Reader

from pipeline import open_archive
from pipeline.api import estimate
from pipeline.api.raster import PRODUCTS
from pipeline.errors import InputError, LongquanError
from pipeline.raster.images import decode_image
from pipeline.raster.result import RasterResult
from tests.pictures import NORTH, UTM, WEST, made, picture


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return picture(tmp_path / "town.tif")


def test_every_tile_is_what_rio_tiler_reads(town: Path) -> None:
    """The last zoom, to a mean of one grey value where both are opaque: kernels differ, places do not."""
    result = made(town, format="png", tile_size=256)
    assert (result.product, result.max_zoom, result.min_zoom) == ("imagery", 17, 14)
    # 600 pixels of 2 m are 1200 m on the ground, 1360 m of EPSG:3857 at 28°: half a tile of zoom 14 (2446 m).
    with Reader(str(town)) as reader, open_archive(result.path) as archive:
        tiles = list(archive.tiles(17))
        assert len(tiles) > 20
        for _z, x, y, body in tiles:
            mine = decode_image(body)
            theirs = reader.tile(x, y, 17, tilesize=256, resampling_method="bilinear", reproject_method="bilinear")
            opaque = (theirs.mask == 255) if mine.shape[2] == 3 else (theirs.mask == 255) & (mine[..., 3] == 255)
            apart = np.abs(mine[..., :3].astype(int) - np.moveaxis(theirs.data, 0, -1))[opaque]
            assert apart.mean() < 1 and np.quantile(apart, 0.999) <= 4
            if mine.shape[2] == 4:
                assert np.mean((theirs.mask > 0) != (mine[..., 3] > 127)) < 0.01


def test_threads_memory_and_blocks_do_not_show(town: Path) -> None:
    found = {
        made(town, threads=threads, memory=memory, name="x").sha256
        for threads, memory in ((1, None), (2, None), (3, 300 << 20), (2, 1 << 20))
    }
    assert len(found) == 1


def test_metadata_tells_files_without_their_folder(tmp_path: Path) -> None:
    tags = {"TIFFTAG_DATETIME": "2026:09:30 10:00:00"}
    result = made(picture(tmp_path / "a.tif", tags=tags), attribution="me")
    with open_archive(result.path) as archive:
        told = archive.metadata
    assert (told["name"], told["attribution"], told["date"], told["product"]) == ("out", "me", "2026-09-30", "imagery")
    (source,) = told["sources"]
    assert source["name"] == "a.tif" and source["bytes"] == (tmp_path / "a.tif").stat().st_size
    assert len(source["sha256"]) == 64 and str(tmp_path) not in json.dumps(told)


def _colour(result: RasterResult) -> list[int]:
    """In the middle of the archive, at its last zoom."""
    west, south, east, north = result.bounds
    lng, lat = (west + east) / 2, (south + north) / 2
    side = 1 << result.max_zoom
    wx = (lng / 360 + 0.5) * side
    wy = (0.5 - math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)) * side
    with open_archive(result.path) as archive:
        body = archive.tile(result.max_zoom, int(wx), int(wy))
    assert body is not None
    size = result.tile_size
    return [int(v) for v in decode_image(body)[int(wy % 1 * size), int(wx % 1 * size)]]


def test_which_lies_on_top(tmp_path: Path) -> None:
    def flat(name: str, value: int, day: str, pixel: float) -> Path:
        path = tmp_path / name
        size = int(400 / pixel)
        with rasterio.open(
            path, "w", driver="GTiff", width=size, height=size, count=3, dtype="uint8", crs=UTM,
            transform=rasterio.transform.from_origin(WEST, NORTH, pixel, pixel),
        ) as file:  # fmt: skip
            file.write(np.full((3, size, size), value, np.uint8))
            file.update_tags(TIFFTAG_DATETIME=f"{day} 00:00:00")
        return path

    old, new, fine = (
        flat("a.tif", 50, "2020:01:01", 2),
        flat("b.tif", 90, "2026:01:01", 2),
        flat("c.tif", 130, "2010:01:01", 1),
    )
    for top, value in (("first", 50), ("last", 130), ("newest", 90), ("finest", 130)):
        assert _colour(made(old, new, fine, top=top, format="png"))[:3] == [value] * 3, top


def test_a_cutline_and_nodata(tmp_path: Path, town: Path) -> None:
    area = {
        "type": "Polygon",
        "coordinates": [[[117.001, 28.015], [117.004, 28.015], [117.004, 28.02], [117.001, 28.015]]],
    }
    line = tmp_path / "area.geojson"
    line.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": area}))
    whole, cut = made(town, format="png"), made(town, cutline=line, format="png", out=tmp_path / "cut.pmtiles")
    assert cut.bounds == pytest.approx((117.001, 28.015, 117.004, 28.02), abs=1e-6)
    assert cut.tiles < whole.tiles
    void = picture(tmp_path / "void.tif", dtype="int16", nodata=128)
    assert made(void, format="png", stretch="0,255").tiles > 0
    with pytest.raises(InputError, match=r"No pixel"):
        flat = tmp_path / "flat.tif"
        with rasterio.open(void) as source, rasterio.open(flat, "w", **source.profile) as file:
            file.write(np.full((3, 600, 600), 128, np.int16))
        made(flat, stretch="0,255")


def test_only_changed_files_are_rendered(tmp_path: Path) -> None:
    """Three files side by side; one is made brighter, one goes, one comes: the bytes are those from scratch."""
    side = 600 * 2.0
    files = [picture(tmp_path / f"{i}.tif", WEST + i * 1.5 * side) for i in range(4)]
    first = made(*files[:3], keep_state=True, min_zoom=10, name="x")
    picture(files[1], WEST + 1.5 * side, brighter=9)
    updated = made(files[0], files[1], files[3], previous=first.path, min_zoom=10, name="x", out=tmp_path / "b.pmtiles")
    scratch = made(files[0], files[1], files[3], min_zoom=10, name="x", out=tmp_path / "c.pmtiles")
    assert updated.sha256 == scratch.sha256 and 0 < updated.copied < updated.tiles
    again = made(files[0], files[1], files[3], previous=updated.path, min_zoom=10, out=tmp_path / "d.pmtiles")
    assert again.copied == again.tiles  # a state is kept where one is used


def test_files_beside_and_behind_count(town: Path) -> None:
    """A mask that comes beside a file changes its tiles; what a virtual raster refers to is not looked at."""
    first = made(town, keep_state=True, name="x")
    assert made(town, previous=first.path, name="x", out=town.parent / "b.pmtiles").copied == first.tiles
    Path(f"{town}.aux.xml").write_text("<PAMDataset></PAMDataset>")
    assert made(town, previous=first.path, name="x", out=town.parent / "b.pmtiles").copied == 0
    virtual = town.parent / "town.vrt"
    rasterio.shutil.copy(town, virtual, driver="VRT")
    first = made(virtual, keep_state=True, name="x")
    assert made(virtual, previous=first.path, name="x", out=town.parent / "b.pmtiles").copied == 0


def test_folders_and_zips_stand_for_their_rasters(tmp_path: Path) -> None:
    folder = tmp_path / "sheets"
    folder.mkdir()
    picture(folder / "a.tif")
    picture(folder / "b.tif", WEST + 1200)
    (folder / "readme.txt").write_text("two sheets")
    packed = tmp_path / "sheets.zip"
    subprocess.run(
        [sys.executable, "-m", "zipfile", "-c", str(packed), str(folder / "a.tif"), str(folder / "b.tif")], check=True
    )
    found = {made(each, name="x").tiles for each in (folder, packed)}
    assert found == {made(folder / "a.tif", folder / "b.tif", name="x").tiles}


def test_every_product_can_be_asked_for() -> None:
    from dataclasses import fields, is_dataclass
    from importlib import import_module

    for product in PRODUCTS.values():
        module = import_module(f"pipeline.api.{product.module}")
        assert is_dataclass(getattr(module, product.options)) and callable(module.tile_files)
        assert {"min_zoom", "name"} <= {field.name for field in fields(getattr(module, product.options))}


def test_an_estimate_is_near(town: Path) -> None:
    told, real = estimate(town, min_zoom=10), made(town, min_zoom=10)
    assert told.tiles == pytest.approx(real.tiles, abs=2)
    assert told.bytes == pytest.approx(real.bytes, rel=0.3)
    assert [each.zoom for each in told.zooms] == list(range(10, real.max_zoom + 1))


def test_errors_are_ours(tmp_path: Path) -> None:
    torn = picture(tmp_path / "torn.tif")
    torn.write_bytes(torn.read_bytes()[: torn.stat().st_size // 2])
    with pytest.raises(LongquanError):
        made(torn)
    assert [each.name for each in tmp_path.iterdir()] == ["torn.tif"]
