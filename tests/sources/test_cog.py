"""Rasters as Cloud Optimized GeoTIFFs: every pixel, mask and word as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from pipeline.errors import InputError, OutputError
from pipeline.sources import cog
from pipeline.sources.cog import write_cog

PLACE = Affine(0.0001, 0, 119, 0, -0.0001, 28.2)


def raster(path: Path, pixels: np.ndarray[Any, Any], **profile: Any) -> Path:
    count, height, width = pixels.shape
    with rasterio.open(
        path, "w", **{"driver": "GTiff", "width": width, "height": height, "count": count, "dtype": pixels.dtype,
                      "crs": "EPSG:4490", "transform": PLACE} | profile
    ) as file:  # fmt: skip
        file.write(pixels)
        file.update_tags(TIFFTAG_DATETIME="2026:09:15 10:00:00")
    return path


def random(dtype: str, bands: int = 1, size: int = 700) -> np.ndarray[Any, Any]:
    values = np.random.default_rng(1).random((bands, size, size + 50))
    return (values * 200).astype(dtype)


@pytest.mark.parametrize(
    ("dtype", "bands", "profile"),
    [
        ("uint8", 3, {"compress": "jpeg", "photometric": "ycbcr"}),
        ("uint8", 4, {}),
        ("int16", 1, {"nodata": -32768}),
        ("float32", 1, {"nodata": -9999.0}),
        ("uint16", 2, {"tiled": True}),
        ("float64", 1, {}),
    ],
)
def test_pixels_do_not_change(tmp_path: Path, dtype: str, bands: int, profile: dict[str, Any]) -> None:
    source = raster(tmp_path / "a.tif", random(dtype, bands), **profile)
    (tmp_path / "s").mkdir()
    write_cog(source, tmp_path / "b.tif", tmp_path / "s")
    with rasterio.open(source) as before, rasterio.open(tmp_path / "b.tif") as after:
        assert np.array_equal(before.read(), after.read())
        assert (before.crs, before.transform, before.nodata) == (after.crs, after.transform, after.nodata)
        assert before.dtypes == after.dtypes and before.mask_flag_enums == after.mask_flag_enums
        assert after.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG" and after.block_shapes == [(512, 512)] * bands
        assert after.overviews(1) == [2] and after.tags()["TIFFTAG_DATETIME"] == "2026:09:15 10:00:00"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tif", "b.tif", "s"]
    assert not list((tmp_path / "s").iterdir())


def test_the_same_raster_gives_the_same_bytes(tmp_path: Path) -> None:
    source = raster(tmp_path / "a.tif", random("uint8", 3))
    write_cog(source, tmp_path / "b.tif", tmp_path)
    write_cog(source, tmp_path / "c.tif", tmp_path)
    assert (tmp_path / "b.tif").read_bytes() == (tmp_path / "c.tif").read_bytes()


def test_a_reference_system_that_is_said(tmp_path: Path) -> None:
    source = raster(tmp_path / "a.tif", random("uint8"), crs=None)
    write_cog(source, tmp_path / "b.tif", tmp_path, crs="EPSG:4549")
    with rasterio.open(tmp_path / "b.tif") as file:
        assert file.crs.to_epsg() == 4549 and file.transform == PLACE and (file.read() == random("uint8")).all()


def test_overviews_of_classes_are_no_mixtures(tmp_path: Path) -> None:
    source = raster(tmp_path / "a.tif", np.tile(np.array([[1, 9], [9, 1]], "uint8"), (400, 400))[None])
    with rasterio.open(source, "r+") as file:
        file.write_colormap(1, {1: (255, 0, 0), 9: (0, 255, 0)})
    write_cog(source, tmp_path / "b.tif", tmp_path)
    with rasterio.open(tmp_path / "b.tif", overview_level=0) as file:
        assert set(np.unique(file.read())) <= {1, 9}


def test_a_raster_that_is_cut_off(tmp_path: Path) -> None:
    source = raster(tmp_path / "a.tif", random("uint8", 3))
    source.write_bytes(source.read_bytes()[:-100_000])
    with pytest.raises(InputError):
        write_cog(source, tmp_path / "b.tif", tmp_path)
    assert not (tmp_path / "b.tif").exists() and not list(tmp_path.glob("*.part*"))


def test_no_place_to_write(tmp_path: Path) -> None:
    source = raster(tmp_path / "a.tif", random("uint8"))
    with pytest.raises((OutputError, InputError)):
        write_cog(source, tmp_path / "nowhere" / "b.tif", tmp_path)


def test_a_copy_that_differs_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JPEG instead of DEFLATE: something is lost, and the check says so."""
    monkeypatch.setattr(cog, "_CHOICES", {"COMPRESS": "JPEG", "QUALITY": "40"})
    source = raster(tmp_path / "a.tif", random("uint8", 3))
    with pytest.raises(InputError, match="pixel by pixel"):
        write_cog(source, tmp_path / "b.tif", tmp_path)
    assert not (tmp_path / "b.tif").exists()
