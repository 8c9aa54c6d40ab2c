"""A .prj beside a picture says its reference system, as departments hand them in with world files."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image
from pyproj import CRS
from rasterio.transform import from_origin

from pipeline.errors import InputError
from pipeline.sources.raster import RasterOptions, describe_raster

ESRI = CRS.from_epsg(4549).to_wkt("WKT1_ESRI")  # no code in it
PLACE = "2\n0\n0\n-2\n500001\n3099999\n"  # the middle of the first pixel


def _picture(folder: Path, name: str, prj: str | None, worldfile: str) -> Path:
    """Grey squares and the files beside them."""
    Image.fromarray(np.full((40, 60, 3), 90, np.uint8)).save(folder / name)
    (folder / worldfile).write_text(PLACE)
    if prj is not None:
        (folder / prj).write_text(ESRI)
    return folder / name


@pytest.mark.parametrize(("name", "prj", "worldfile"), [
    ("a.jpg", "a.prj", "a.jgw"), ("a.png", "a.prj", "a.pgw"), ("a.jpg", "A.PRJ", "a.jgw"),
    ("a.jpg", "a.jpg.prj", "a.wld"), ("a.tif", "a.prj", "a.tfw"),
])  # fmt: skip
def test_it_is_read(name: str, prj: str, worldfile: str, tmp_path: Path) -> None:
    info = describe_raster(_picture(tmp_path, name, prj, worldfile))
    assert (info.crs, info.notes) == ("EPSG:4549", ("crs-beside",))
    # 120° E is the central meridian of EPSG:4549, and its false easting is 500,000 m.
    assert info.extent[0] == pytest.approx(120.0, abs=1e-9)


def test_in_a_zip_too(tmp_path: Path) -> None:
    _picture(tmp_path, "a.jpg", "a.prj", "a.jgw")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as out:
        for name in ("a.jpg", "a.prj", "a.jgw"):
            out.write(tmp_path / name, f"图幅/{name}")
        out.write(tmp_path / "a.prj", "b.prj")
    info = describe_raster(tmp_path / "a.zip" / "图幅" / "a.jpg")
    assert (info.crs, info.notes) == ("EPSG:4549", ("crs-beside",))


def test_what_is_said_and_what_the_file_says_come_first(tmp_path: Path) -> None:
    path = _picture(tmp_path, "a.jpg", "a.prj", "a.jgw")
    assert describe_raster(path, RasterOptions(crs="EPSG:4548")).crs == "EPSG:4548"
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", width=9, height=9, count=1, dtype="uint8", crs="EPSG:4548",
        transform=from_origin(500_000, 3_100_000, 2, 2),
    ) as out:  # fmt: skip
        out.write(np.ones((1, 9, 9), np.uint8))
    info = describe_raster(tmp_path / "a.tif")
    assert (info.crs, info.notes) == ("EPSG:4548", ())


def test_without_it_and_with_nonsense(tmp_path: Path) -> None:
    path = _picture(tmp_path, "a.jpg", None, "a.jgw")
    with pytest.raises(InputError, match="does not say which coordinate reference system"):
        describe_raster(path)
    (tmp_path / "a.prj").write_text("Projection UTM")
    with pytest.raises(InputError, match="no coordinate reference system that PROJ knows") as caught:
        describe_raster(path)
    assert caught.value.where == str(tmp_path / "a.prj")


def test_pixels_larger_than_the_world_are_refused_without_a_warning(tmp_path: Path) -> None:
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", width=9, height=9, count=1, dtype="uint8", crs="EPSG:32650",
        transform=from_origin(500_000, 3_500_000, 1e12, 1e12),
    ) as out:  # fmt: skip
        out.write(np.ones((1, 9, 9), np.uint8))
    with warnings.catch_warnings(), pytest.raises(InputError, match="no place on the map"):
        warnings.simplefilter("error")
        describe_raster(tmp_path / "a.tif")
