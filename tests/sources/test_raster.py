"""What raster files say of themselves, and what is said about those that cannot be read."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.control
import rasterio.crs

from pipeline import i18n
from pipeline.errors import InputError, UsageError
from pipeline.sources.raster import RasterOptions, describe_raster, is_raster, raster_files
from pipeline.sources.raster_windows import open_windows
from tests.oracles import rasters
from tests.oracles.rasters import Frame, frame_at, window_over
from tests.sources.virtual import virtual

FRAME = frame_at("EPSG:4549", 119.13, 28.07, 2.0, 60, 40)


def test_what_an_orthophoto_is(tmp_path: Path) -> None:
    path = tmp_path / "photo.tif"
    rasters.write(path, FRAME, photometric="rgb")
    with rasterio.open(path, "r+") as out:
        out.update_tags(TIFFTAG_DATETIME="2024:03:05 10:20:30")
    info = describe_raster(path)
    assert (info.driver, info.width, info.height, info.dtype) == ("GTiff", 60, 40, "uint8")
    assert (info.bands, info.colours, info.alpha, info.palette) == ((1, 2, 3), ("red", "green", "blue"), None, False)
    assert (info.crs, info.kind, info.nodata, info.date, info.notes) == ("EPSG:4549", "imagery", None, "2024-03-05", ())
    assert info.extent[0] == pytest.approx(119.13, abs=2e-5) and info.extent[3] == pytest.approx(28.07, abs=2e-5)
    # Two metres at 28.07° N are 2 / cos 28.07° on the map: domain.md has 1.133.
    assert info.pixel == pytest.approx(2 * 1.133, rel=0.004)


@pytest.mark.parametrize(("dtype", "bands", "profile", "kind"), [
    ("float32", 1, {}, "elevation"), ("int16", 1, {}, "elevation"), ("uint8", 1, {}, "imagery"),
    ("uint16", 3, {}, "imagery"), ("uint16", 1, {"photometric": "palette"}, "imagery"),
])  # fmt: skip
def test_kinds(dtype: str, bands: int, profile: dict[str, str], kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    rasters.write(path, FRAME, lambda x, y: rasters.waves(x, y)[:bands], dtype=dtype, **profile)
    if "photometric" in profile:
        with rasterio.open(path, "r+") as out:
            out.write_colormap(1, {i: (i % 256, 0, 0, 255) for i in range(300)})
    assert describe_raster(path).kind == kind


def test_bytes_in_metres_are_heights(tmp_path: Path) -> None:
    path = tmp_path / "heights.tif"
    rasters.write(path, FRAME, lambda x, y: rasters.waves(x, y)[:1])
    with rasterio.open(path, "r+") as out:
        out.units = ["metre"]
    info = describe_raster(path)
    assert (info.kind, info.unit) == ("elevation", "metre")


def test_a_vertical_datum_is_told(tmp_path: Path) -> None:
    path = tmp_path / "compound.tif"
    rasters.write(path, FRAME, lambda x, y: rasters.waves(x, y)[:1], dtype="float32")
    info = describe_raster(path, RasterOptions(crs="EPSG:4549+5737"))
    assert info.vertical is not None and "1985" in info.vertical
    assert info.bounds == pytest.approx(describe_raster(path).bounds, abs=0.01)


def test_impossible_nodata_is_left_out_and_noted(tmp_path: Path) -> None:
    rasters.write(tmp_path / "a.tif", FRAME)
    info = describe_raster(tmp_path / "a.tif", RasterOptions(nodata=-9999))
    assert info.nodata is None and info.notes == ("nodata-given", "nodata-impossible")


def test_bands_that_there_are_not(tmp_path: Path) -> None:
    rasters.write(tmp_path / "a.tif", FRAME)
    with pytest.raises(UsageError, match="no such bands: 1, 2, 4"):
        describe_raster(tmp_path / "a.tif", RasterOptions(bands=(1, 2, 4)))
    with pytest.raises(UsageError):
        describe_raster(tmp_path / "a.tif", RasterOptions(bands=()))


def _no_crs(path: Path) -> None:
    rasters.write(path, FRAME, crs=None)


def _no_place(path: Path) -> None:
    with rasterio.open(path, "w", driver="PNG", width=9, height=9, count=3, dtype="uint8") as out:
        out.write(np.zeros((3, 9, 9), np.uint8))


def _cut(path: Path) -> None:
    rasters.write(path, frame_at("EPSG:4549", 119.13, 28.07, 2.0, 600, 400), compress="deflate")
    path.write_bytes(path.read_bytes()[:-2000])


def _head(path: Path) -> None:
    rasters.write(path, FRAME)
    path.write_bytes(path.read_bytes()[:60])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("no picture\n")


def _local(path: Path) -> None:
    rasters.write(path, FRAME, crs='LOCAL_CS["site",UNIT["metre",1]]')


def _wild(path: Path) -> None:
    rasters.write(path, Frame("EPSG:3857", 1e9, 1e9, 2.0, 60, 40))


def _camera(path: Path) -> None:
    with rasterio.open(path, "w", driver="GTiff", width=9, height=9, count=1, dtype="uint8") as out:
        out.write(np.zeros((1, 9, 9), np.uint8))
        out.rpcs = rasterio.rpc.RPC(0, 1, 28, 1, [1.0] * 20, [1.0] * 20, 5, 5, 119, 1, [1.0] * 20, [1.0] * 20, 5, 5)


def _few_points(path: Path) -> None:
    """Two control points fix no plane."""
    with rasterio.open(path, "w", driver="GTiff", width=9, height=9, count=1, dtype="uint8") as out:
        out.write(np.zeros((1, 9, 9), np.uint8))
        points = [rasterio.control.GroundControlPoint(n, n, 119.0 + n / 100, 28.0) for n in (0, 8)]
        out.gcps = points, rasterio.crs.CRS.from_epsg(4326)


def _flat(path: Path) -> None:
    """A geotransform that lays all rows on one line."""
    place = rasterio.Affine(2.0, 2.0, 500_000.0, 1.0, 1.0, 3_100_000.0)
    with rasterio.open(
        path, "w", driver="GTiff", width=9, height=9, count=1, dtype="uint8", crs="EPSG:4549", transform=place
    ) as out:
        out.write(np.zeros((1, 9, 9), np.uint8))


BROKEN = {
    "few-points.tif": (_few_points, "no place on the map"),
    "flat.tif": (_flat, "no place on the map"),
    "no-crs.tif": (_no_crs, "does not say which coordinate reference system"),
    "no-place.png": (_no_place, "does not say where it lies"),
    "cut.tif": (_cut, r"cut off after \d+ of \d+ bytes"),
    "head.tif": (_head, r"cut off after 60 of \d+ bytes"),
    "empty.tif": (_empty, "empty"),
    "text.tif": (_text, "no raster that can be read"),
    "local.tif": (_local, "local coordinate system"),
    "wild.tif": (_wild, "no place on the map"),
    "camera.tif": (_camera, "not rectified"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_refused_with_advice(name: str, tmp_path: Path) -> None:
    make, message = BROKEN[name]
    make(tmp_path / name)
    with pytest.raises(InputError, match=message) as caught:
        describe_raster(tmp_path / name)
    assert name in str(caught.value) and caught.value.expected and caught.value.hint
    i18n.set_language("zh_CN")
    with pytest.raises(InputError) as chinese:
        describe_raster(tmp_path / name)
    assert chinese.value.message != caught.value.message and chinese.value.hint != caught.value.hint


def test_a_missing_file_and_a_missing_crs_that_is_given(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        describe_raster(tmp_path / "none.tif")
    _no_crs(tmp_path / "bare.tif")
    info = describe_raster(tmp_path / "bare.tif", RasterOptions(crs="EPSG:4549"))
    assert info.notes == ("crs-given",) and info.extent[0] == pytest.approx(119.13, abs=2e-5)
    with open_windows(info) as windows:
        assert windows.read(window_over(info.bounds, 16, 512)) is not None


def test_big_tiff_and_overviews_may_be_cut_too(tmp_path: Path) -> None:
    for n, profile in enumerate(({"bigtiff": "yes"}, {"bigtiff": "yes", "endianness": "big"}, {"endianness": "big"})):
        path = tmp_path / f"{n}.tif"
        rasters.write(path, frame_at("EPSG:4549", 119.13, 28.07, 2.0, 600, 400), tiled=True, **profile)
        describe_raster(path)
        path.write_bytes(path.read_bytes()[:-5])
        with pytest.raises(InputError, match="cut off"):
            describe_raster(path)
    path = tmp_path / "overview.tif"
    rasters.write(path, frame_at("EPSG:4549", 119.13, 28.07, 2.0, 600, 400))
    with rasterio.open(path, "r+") as out:
        out.build_overviews([2, 4])
    describe_raster(path)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(InputError, match="cut off"):
        describe_raster(path)


def test_a_turned_raster_is_noted(tmp_path: Path) -> None:
    rasters.write(tmp_path / "a.tif", frame_at("EPSG:4549", 119.13, 28.07, 2.0, 60, 40, turned=20.0))
    assert describe_raster(tmp_path / "a.tif").notes == ("rotated",)


def test_what_is_a_raster(tmp_path: Path) -> None:
    """What GDAL opens as one; and what is called so, or begins so, for whoever reads it to say what is wrong."""
    rasters.write(tmp_path / "a.tif", FRAME)
    (tmp_path / "renamed.dat").write_bytes((tmp_path / "a.tif").read_bytes())
    _text(tmp_path / "text.tif")
    (tmp_path / "points.csv").write_text("x,y,z\n0,0,1\n1,0,2\n0,1,3\n1,1,4\n")
    (tmp_path / "a.geojson").write_text('{"type":"FeatureCollection","features":[]}')
    (tmp_path / "layers.vrt").write_text("<OGRVRTDataSource><OGRVRTLayer name='a'/></OGRVRTDataSource>")
    virtual(tmp_path / "gone.vrt", "gone.tif", relative=1)
    virtual(tmp_path / "gone.dat", "gone.tif", relative=1)
    _cut(tmp_path / "cut.tif")
    assert [name for name in sorted(each.name for each in tmp_path.iterdir()) if is_raster(tmp_path / name)] == [
        "a.tif", "cut.tif", "gone.dat", "gone.vrt", "renamed.dat", "text.tif",
    ]  # fmt: skip
    assert not is_raster(tmp_path) and not is_raster(tmp_path / "none.tif")


def test_folders_zips_and_virtual_rasters(tmp_path: Path) -> None:
    folder = tmp_path / "sheets"
    folder.mkdir()
    for n in (10, 9):
        rasters.write(folder / f"{n}.tif", FRAME)
    (folder / "readme.txt").write_text("about")
    assert [each.name for each in raster_files(folder)] == ["10.tif", "9.tif"]
    with zipfile.ZipFile(tmp_path / "sheets.zip", "w") as out:
        for each in folder.iterdir():
            out.write(each, f"inner/{each.name}")
    found = raster_files(tmp_path / "sheets.zip")
    assert [each.name for each in found] == ["10.tif", "9.tif"] and is_raster(tmp_path / "sheets.zip")
    assert describe_raster(found[0]).bounds == describe_raster(folder / "10.tif").bounds
    with pytest.raises(InputError, match="no such file in the zip"):
        describe_raster(tmp_path / "sheets.zip" / "inner" / "11.tif")
    with pytest.raises(InputError, match="no raster in it"):
        raster_files(_made(tmp_path / "bare"))
    virtual(tmp_path / "all.vrt", "sheets/9.tif", relative=1)
    info = describe_raster(tmp_path / "all.vrt")
    with open_windows(info) as windows:
        got = windows.read(window_over(info.bounds, 16, 512))
    assert info.driver == "VRT" and got is not None and got[0].max() > 100


def test_a_raster_among_others_that_cannot_be_read_is_no_secret(tmp_path: Path) -> None:
    """What is called a raster is handed on, so that reading it tells what is wrong."""
    folder = tmp_path / "sheets"
    folder.mkdir()
    rasters.write(folder / "good.tif", FRAME)
    (folder / "random.tif").write_bytes(b"\x07" * 99)
    with zipfile.ZipFile(tmp_path / "sheets.zip", "w") as out:
        for each in folder.iterdir():
            out.write(each, each.name)
    for path in (folder, tmp_path / "sheets.zip"):
        files = {each.name: each for each in raster_files(path)}
        assert sorted(files) == ["good.tif", "random.tif"]
        with pytest.raises(InputError, match="no raster that can be read"):
            describe_raster(files["random.tif"])


def test_a_zip_that_was_cut_off_holds_no_raster(tmp_path: Path) -> None:
    rasters.write(tmp_path / "good.tif", FRAME)
    with zipfile.ZipFile(tmp_path / "cut.zip", "w") as out:
        out.write(tmp_path / "good.tif", "good.tif")
    (tmp_path / "cut.zip").write_bytes((tmp_path / "cut.zip").read_bytes()[:-40])
    assert not is_raster(tmp_path / "cut.zip")
    with pytest.raises(InputError, match="no raster in it"):
        raster_files(tmp_path / "cut.zip")


def test_a_local_system_that_is_given_is_refused_too(tmp_path: Path) -> None:
    rasters.write(tmp_path / "a.tif", FRAME)
    with pytest.raises(InputError, match="local coordinate system"):
        describe_raster(tmp_path / "a.tif", RasterOptions(crs='LOCAL_CS["site",UNIT["metre",1]]'))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_grid_of_text_and_other_formats(tmp_path: Path) -> None:
    (tmp_path / "grid.asc").write_text(
        "ncols 4\nnrows 3\nxllcorner 119.0\nyllcorner 28.0\ncellsize 0.01\nNODATA_value -9999\n"
        "1.5 2 3 4\n5 6 -9999 8\n9 10 11 12\n"
    )
    (tmp_path / "grid.prj").write_text(rasterio.crs.CRS.from_epsg(4490).to_wkt())
    info = describe_raster(tmp_path / "grid.asc")
    assert (info.driver, info.kind, info.nodata, info.crs) == ("AAIGrid", "elevation", -9999.0, "EPSG:4490")
    rasters.write(tmp_path / "a.jp2", FRAME, driver="JP2OpenJPEG", quality=100, reversible="yes")
    assert describe_raster(tmp_path / "a.jp2").bounds == pytest.approx(_bounds(tmp_path), abs=1e-6)
    rasters.write(tmp_path / "a.png", FRAME, driver="PNG", crs=None)
    assert describe_raster(tmp_path / "a.png", RasterOptions(crs="EPSG:4549")).bounds == pytest.approx(
        _bounds(tmp_path)
    )


def _bounds(folder: Path) -> tuple[float, float, float, float]:
    rasters.write(folder / "same.tif", FRAME)
    return describe_raster(folder / "same.tif").bounds


def test_bounds_reach_as_far_as_curved_edges_do(tmp_path: Path) -> None:
    """A country in one sheet: every pixel's centre of its northern edge is inside, though the edge is an arc."""
    frame = Frame("EPSG:2154", 100_003.0, 7_200_000.0, 1000.0, 1100, 900)
    rasters.write(tmp_path / "france.tif", frame, lambda x, y: np.zeros((900, 1100)))
    west, south, east, north = describe_raster(tmp_path / "france.tif").bounds
    column = np.linspace(0, 1100, 7001)
    for row in (0.0, 900.0):
        x, y = rasters.mercator(frame.crs, frame.west + 1000 * column, np.full(7001, frame.north - 1000 * row))
        assert west <= x.min() + 1 and x.max() <= east + 1 and south <= y.min() + 1 and y.max() <= north + 1
    at = rasters.mercator(frame.crs, frame.west + 1000 * column, np.full(7001, frame.north))[1].max()
    assert north - at < 10  # a hundredth of a pixel


def test_real_files(shared_data: Path) -> None:
    folder = shared_data / "raster"
    whitney = describe_raster(folder / "mt_whitney_rgba_3857.tif")
    assert (whitney.crs, whitney.kind, whitney.bands) == ("EPSG:3857", "imagery", (1, 2, 3))
    assert whitney.pixel == pytest.approx(2.388657133911758, rel=1e-9)
    heights = describe_raster(folder / "N48W125_1arcsec.tif")
    assert (heights.crs, heights.kind, heights.nodata) == ("EPSG:4326", "elevation", -32768.0)
    assert heights.extent == pytest.approx((-125.0001389, 47.9998611, -123.9998611, 49.0001389), abs=1e-7)
    assert all(is_raster(each) for each in folder.glob("*.tif"))
    assert not is_raster(shared_data / "vector" / "cambridge.gpkg")


def test_describing_takes_neither_compiled_code_nor_what_is_not_needed(tmp_path: Path) -> None:
    """Checking and packing do without numba, 0.25 s of every start; files in EPSG:3857 without pyproj."""
    for name, crs, without in (("a.tif", "EPSG:4549", {"numba"}), ("b.tif", "EPSG:3857", {"numba", "pyproj"})):
        rasters.write(tmp_path / name, frame_at(crs, 119.13, 28.07, 2.0, 60, 40))
        program = (
            "import sys; from pathlib import Path; from pipeline.sources.raster import describe_raster;"
            "describe_raster(Path(sys.argv[1])); print(*sys.modules)"
        )
        command = [sys.executable, "-c", program, str(tmp_path / name)]
        loaded = set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
        assert "rasterio" in loaded and not loaded & without
