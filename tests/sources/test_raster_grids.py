"""netCDF, HDF5 and GRIB: several rasters in a file, numbers packed into integers, files that are cut off."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.shutil import copy

from pipeline.errors import InputError
from pipeline.raster.heights import HeightSource, open_heights
from pipeline.sources import raster_open
from pipeline.sources.grid_whole import grid_format, missing
from pipeline.sources.raster import RasterOptions, describe_raster, is_raster, raster_files
from pipeline.sources.raster_parts import as_path, parts_in
from pipeline.sources.raster_survey import survey_raster
from pipeline.sources.raster_windows import open_windows
from tests.oracles.rasters import window_over
from tests.sources import netcdf
from tests.sources.netcdf import Variable

ROWS, COLUMNS = 50, 60
# Centres of pixels of 1/50°, the southernmost row first as most programs of oceanographers and meteorologists write.
LATITUDES = Variable("lat", ("lat",), 27.01 + 0.02 * np.arange(ROWS), {"units": "degrees_north"})
LONGITUDES = Variable("lon", ("lon",), 119.01 + 0.02 * np.arange(COLUMNS), {"units": "degrees_east"})
TIMES = Variable("time", ("time",), 10.0 * np.arange(3), {"units": "days since 2020-01-01"})
PLANE = (4 * np.arange(ROWS)[:, None] + 6 * np.arange(COLUMNS)).astype("i2")  # from south to north


def _grid(name: str, values: np.ndarray, **attributes: str | float) -> Variable:
    return Variable(name, ("lat", "lon"), values, {"units": "m", **attributes})


def _two(path: Path) -> Path:
    netcdf.write(path, [LATITUDES, LONGITUDES, _grid("elevation", PLANE), _grid("tid", PLANE.astype("i1") * 0)])
    return path


def test_a_grid_of_longitudes_and_latitudes(tmp_path: Path) -> None:
    """Its northern edge is on top, its edges lie half a pixel outside of the coordinates; the datum is not said."""
    netcdf.write(tmp_path / "dem.nc", [LATITUDES, LONGITUDES, _grid("elevation", PLANE, _FillValue=np.int16(-99))])
    info = describe_raster(tmp_path / "dem.nc")
    assert is_raster(tmp_path / "dem.nc")
    assert (info.driver, info.kind, info.unit, info.nodata, info.crs) == (
        "netCDF",
        "elevation",
        "m",
        -99.0,
        "EPSG:4326",
    )
    assert info.notes == ("crs-degrees",)
    assert info.extent == pytest.approx((119.0, 27.0, 120.2, 28.0), abs=1e-9)
    with open_windows(info, exact=True) as windows:
        x, y = _mercator(119.01, 27.99)
        assert windows.at(x, y) == pytest.approx([4 * 49], abs=1e-3)
    other = describe_raster(tmp_path / "dem.nc", RasterOptions(crs="EPSG:4490"))
    assert (other.crs, other.notes) == ("EPSG:4490", ("crs-given",))


def test_packed_heights_are_unpacked(tmp_path: Path) -> None:
    """value = number · scale_factor + add_offset (NetCDF User's Guide, A.2); the pixels of voids are marked before."""
    packed = PLANE.copy()
    packed[0, 0] = -99
    named = {"scale_factor": 0.5, "add_offset": -50.0, "_FillValue": np.int16(-99)}
    netcdf.write(tmp_path / "dem.nc", [LATITUDES, LONGITUDES, _grid("elevation", packed, **named)], version=2)
    info = describe_raster(tmp_path / "dem.nc")
    assert (info.scale, info.offset) == (0.5, -50.0)
    window = window_over(info.bounds, 8, 256)
    with open_heights([HeightSource(info)]) as heights, open_windows(info, exact=True) as windows:
        got, stored = heights.read(window), windows.read(window)
    assert got is not None and stored is not None
    known = np.isfinite(got)
    assert known.any() and np.array_equal(known, stored[1] > 0)
    np.testing.assert_allclose(got[known], stored[0][0][known] * 0.5 - 50, atol=1e-4)
    survey = survey_raster(info)
    # Of the other pixels the lowest is 4 · 1, the highest 4 · 49 + 6 · 59.
    assert (survey.shown, survey.lowest_height, survey.highest_height) == (2999, 4 * 0.5 - 50, 550 * 0.5 - 50)


def test_packed_sheets_side_by_side_are_one_surface(tmp_path: Path) -> None:
    """Beyond its edge a packed sheet asks the other one, in metres: a plane in two halves stays a plane."""
    for name, part, scale, add in (("west", slice(0, 30), 0.5, -50.0), ("east", slice(30, 60), 2.0, 300.0)):
        values = np.round((PLANE[:, part] - add) / scale).astype("i2")
        longitudes = LONGITUDES._replace(values=LONGITUDES.values[part])
        grid = _grid("elevation", values, scale_factor=scale, add_offset=add)
        netcdf.write(tmp_path / f"{name}.nc", [LATITUDES, longitudes, grid])
    infos = [describe_raster(tmp_path / f"{name}.nc") for name in ("west", "east")]
    with open_heights([HeightSource(each) for each in infos]) as heights:
        got = heights.read(window_over(infos[0].bounds, 12, 256))
    assert got is not None
    row = got[got.shape[0] // 2]
    row = row[np.isfinite(row)]
    # Heights climb by 6 m in 0.02°, evenly, also from sheet to sheet.
    step = 6 / 0.02 * 360 / (256 << 12)
    assert np.abs(np.diff(row)).max() == pytest.approx(step, rel=0.02)


def test_one_of_several(tmp_path: Path) -> None:
    path = _two(tmp_path / "two.nc")
    assert is_raster(path)
    with pytest.raises(InputError, match="holds 2 rasters") as caught:
        describe_raster(path)
    assert caught.value.expected == "one of: [50x60] elevation (16-bit integer), [50x60] tid (8-bit integer)"
    assert f"{path}/elevation" in (caught.value.hint or "")
    for given in (f"NETCDF:{path}:elevation", f'netcdf:"{path}":elevation', f"{path}/elevation"):
        (found,) = raster_files(Path(given))
        assert found == path / "elevation" and is_raster(Path(given))
        assert describe_raster(found).unit == "m"
    with pytest.raises(InputError, match="no raster 'depth' in the file") as caught:
        describe_raster(path / "depth")
    assert (caught.value.where, caught.value.expected) == (str(path), "one of: elevation, tid")
    # Written anew, with other variables: what was listed before counts no more.
    netcdf.write(path, [LATITUDES, LONGITUDES, _grid("depth", PLANE), _grid("other", PLANE)])
    assert describe_raster(path / "depth").unit == "m"


def test_parts_of_geopackages_and_hdf5(tmp_path: Path) -> None:
    plain = tmp_path / "plain.tif"
    place = rasterio.transform.from_origin(119, 28, 0.001, 0.001)
    profile = {"driver": "GTiff", "width": 40, "height": 30, "crs": "EPSG:4490", "transform": place}
    with rasterio.open(plain, "w", count=3, dtype="uint8", **profile) as out:
        out.write(np.full((3, 30, 40), 7, np.uint8))
    copy(plain, tmp_path / "two.gpkg", driver="GPKG", RASTER_TABLE="OLD")
    copy(plain, tmp_path / "two.gpkg", driver="GPKG", RASTER_TABLE="NEW", APPEND_SUBDATASET="YES")
    (new,) = raster_files(Path(f"GPKG:{tmp_path}/two.gpkg:NEW"))
    assert describe_raster(new).bands == (1, 2, 3)
    (tmp_path / "town.geojson").write_text("{}")
    assert not is_raster(tmp_path / "town.geojson" / "roads")

    copy(plain, tmp_path / "bands.nc", driver="netCDF", FORMAT="NC4")  # a variable for each band, as HDF5
    (tmp_path / "bands.nc").rename(tmp_path / "bands.h5")
    assert as_path(f'HDF5:"{tmp_path}/bands.h5"://Band2') == tmp_path / "bands.h5" / "Band2"
    with pytest.raises(InputError, match="does not say where it lies"):  # HDF5 itself has no way to
        describe_raster(tmp_path / "bands.h5" / "Band2")


def test_parts_are_of_the_file_itself(tmp_path: Path) -> None:
    """A virtual raster may carry tags of subdatasets that lead elsewhere."""
    path = tmp_path / "a.nc"
    tags = {
        "SUBDATASET_1_NAME": "/vsicurl/http://example.org/a.tif", "SUBDATASET_1_DESC": "a",
        "SUBDATASET_2_NAME": f"NETCDF:\"{path}\":elevation", "SUBDATASET_2_DESC": "b",
        "SUBDATASET_3_NAME": f"NETCDF:\"{path}x\":elevation", "SUBDATASET_3_DESC": "c",
    }  # fmt: skip
    assert [each.name for each in parts_in(path, tags)] == ["elevation"]


def test_times_are_no_colours(tmp_path: Path) -> None:
    series = Variable("depth", ("time", "lat", "lon"), np.stack([PLANE + n for n in range(3)]), {"units": "m"})
    netcdf.write(tmp_path / "times.nc", [TIMES, LATITUDES, LONGITUDES, series], unlimited="time")
    with pytest.raises(InputError, match="3 bands, which are no colours") as caught:
        describe_raster(tmp_path / "times.nc")
    assert caught.value.expected == "one of: 1: time 0; 2: time 10; 3: time 20"
    info = describe_raster(tmp_path / "times.nc", RasterOptions(bands=(3,)))
    assert (info.kind, info.bands) == ("elevation", (3,))
    with open_windows(info, exact=True) as windows:
        assert windows.at(*_mercator(119.01, 27.01)) == pytest.approx([2], abs=1e-3)


def test_a_grib(tmp_path: Path) -> None:
    place = rasterio.transform.from_origin(119, 28, 0.01, 0.01)
    heights = (100 + np.arange(2400) % 60).reshape(1, 40, 60).astype(np.float32)
    with rasterio.open(
        tmp_path / "a.grb", "w", driver="GRIB", width=60, height=40, count=1, dtype="float32", crs="EPSG:4326",
        transform=place,
    ) as out:  # fmt: skip
        out.write(heights)
    info = describe_raster(tmp_path / "a.grb")
    assert (info.driver, info.kind, info.unit) == ("GRIB", "elevation", None)  # "[-]" is none
    with open_windows(info, exact=True) as windows:
        assert windows.at(*_mercator(119.105, 27.895)) == pytest.approx([110], abs=0.01)
    cut = tmp_path / "cut.grb"
    cut.write_bytes((tmp_path / "a.grb").read_bytes()[:-500])
    assert is_raster(cut)
    with pytest.raises(InputError, match="damaged"):
        describe_raster(cut)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("unlimited", [None, "time"])
@pytest.mark.parametrize("alone", [True, False])
def test_where_a_classic_file_ends(version: int, unlimited: str | None, alone: bool, tmp_path: Path) -> None:
    """To the byte, but for what fills up the last number to four bytes; records of one variable are not filled up."""
    odd = Variable("flags", ("time", "lon"), np.ones((3, 5), "i1"))
    longitudes = LONGITUDES._replace(values=LONGITUDES.values[:5])
    path = tmp_path / "a.nc"
    netcdf.write(path, [longitudes, odd] if alone else [TIMES, longitudes, odd], version=version, unlimited=unlimited)
    size = path.stat().st_size
    filled = 0 if unlimited and alone else 1  # 5 or 15 bytes in 8 or 16
    filled = 3 if unlimited and not alone else filled
    assert missing(path) is None
    data = path.read_bytes()
    path.write_bytes(data[: size - filled])
    assert missing(path) is None
    for left in (size - filled - 1, size // 2, 40, 9):
        path.write_bytes(data[:left])
        found = missing(path)
        assert found is not None and found[0] == left < found[1]
        if left > size // 2:
            assert found[1] == size - filled


def test_zeros_are_not_read_where_a_file_is_cut_off(tmp_path: Path) -> None:
    path = _two(tmp_path / "two.nc")
    path.write_bytes(path.read_bytes()[:-3500])
    assert is_raster(path)
    for asked in (path, path / "elevation"):
        with pytest.raises(InputError, match="cut off after"):
            describe_raster(asked)


def test_an_hdf5_that_is_cut_off(tmp_path: Path) -> None:
    netcdf.write(tmp_path / "a.nc", [LATITUDES, LONGITUDES, _grid("elevation", PLANE)])
    copy(tmp_path / "a.nc", tmp_path / "four.nc", driver="netCDF", FORMAT="NC4")
    data = (tmp_path / "four.nc").read_bytes()
    assert grid_format(tmp_path / "four.nc") == "HDF5" and missing(tmp_path / "four.nc") is None
    (tmp_path / "four.nc").write_bytes(data[:-1])
    assert missing(tmp_path / "four.nc") == (len(data) - 1, len(data))
    # The older superblock tells it elsewhere (HDF5 File Format Specification 3.0, II.A.1).
    older = b"\x89HDF\r\n\x1a\n" + bytes([0, 0, 0, 0, 0, 8, 8, 0]) + bytes(8) + struct.pack("<QQQ", 0, 2**64 - 1, 5000)
    (tmp_path / "older.h5").write_bytes(older.ljust(4999, b"\0"))
    assert missing(tmp_path / "older.h5") == (4999, 5000)


def test_a_gdal_without_the_driver_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _two(tmp_path / "a.nc")
    fewer = [name for name in raster_open._drivers() if name not in ("netCDF", "HDF5", "HDF5Image")]
    monkeypatch.setattr(raster_open, "_drivers", lambda: fewer)
    assert is_raster(tmp_path / "a.nc")
    with pytest.raises(InputError, match="netCDF, which the GDAL of this machine cannot read"):
        describe_raster(tmp_path / "a.nc")


def _mercator(lng: float, lat: float) -> tuple[np.ndarray, np.ndarray]:
    radius = 6378137.0
    y = radius * np.log(np.tan(np.pi / 4 + np.radians(lat) / 2))
    return np.array([radius * np.radians(lng)]), np.array([y])
