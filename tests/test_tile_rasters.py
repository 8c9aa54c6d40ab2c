"""Files of pictures become imagery, through Python and the command line."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from rio_tiler.io import Reader

from pipeline import open_archive, tile
from pipeline.api import TileOptions, estimate
from pipeline.api.imagery import ImageryOptions
from pipeline.api.raster import PRODUCTS, are_rasters
from pipeline.cli import main
from pipeline.errors import InputError, LongquanError, OutputError, UsageError
from pipeline.raster.images import decode_image
from pipeline.raster.result import RasterResult
from tests.oracles.rasters import waves

UTM = "EPSG:32650"  # 117° E in its middle
WEST, NORTH = 500_000.0, 3_100_000.0  # 28° N


def picture(
    path: Path, west: float = WEST, north: float = NORTH, size: int = 600, pixel: float = 2.0, **more: Any
) -> Path:
    """Smooth waves of three bands, north up."""
    y, x = np.mgrid[:size, :size] * pixel
    values = waves(west + x, north - y, length=600.0).astype(more.pop("dtype", "uint8"))
    values += more.pop("brighter", 0)
    profile = {
        "driver": "GTiff", "width": size, "height": size, "count": 3, "dtype": values.dtype, "crs": UTM,
        "transform": rasterio.transform.from_origin(west, north, pixel, pixel), "tiled": True, "blockxsize": 256,
        "blockysize": 256, "compress": "deflate",
    }  # fmt: skip
    tags = more.pop("tags", {})
    with rasterio.open(path, "w", **profile | more) as file:
        file.write(values)
        file.update_tags(**tags)
    return path


def made(*inputs: Path, **more: Any) -> RasterResult:
    out = more.pop("out", inputs[0].parent / "out.pmtiles")
    result = tile(list(inputs), out, **more)
    assert isinstance(result, RasterResult)
    return result


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


@pytest.fixture
def roads(tmp_path: Path) -> Path:
    path = tmp_path / "roads.geojson"
    line = {"type": "LineString", "coordinates": [[117, 28], [117.1, 28.1]]}
    path.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": line}))
    return path


def test_what_a_raster_is(tmp_path: Path, town: Path, roads: Path) -> None:
    assert are_rasters([town]) and not are_rasters([roads]) and not are_rasters(["-"]) and not are_rasters([])
    assert not are_rasters(["postgresql://me@here/db"]) and not are_rasters([tmp_path / "missing.tif"])
    renamed = town.rename(tmp_path / "town.data")
    assert are_rasters([renamed, str(renamed)])


@pytest.mark.parametrize(
    ("choices", "match"),
    [
        ({"density": 8}, "--density: this does not apply to imagery"),
        ({"layer": "x", "fields": ("a",)}, "--layer, --field"),
        ({"explain": True}, "--explain"),
        ({"changes": "x.geojson"}, "--changes"),
        ({"interval": 20.0}, "--interval"),
        ({"product": "soup"}, "no product soup"),
        ({"tile_size": 333}, "Tiles of 333"),
        ({"format": "gif"}, "--format cannot be gif"),
        ({"quality": 0}, "Quality"),
        ({"feather": -1}, "feather"),
        ({"effort": 7}, "Effort"),
        ({"lossless": True, "format": "png"}, "Only WebP"),
        ({"effort": 1, "format": "jpeg"}, "JPEG"),
        ({"date": "yesterday"}, "no date"),
        ({"min_zoom": 9, "max_zoom": 8}, "no range"),
        ({"max_zoom": 27}, "no range"),
        ({"stretch": "5"}, "no range of values"),
        ({"stretch": "9,5"}, "no range of values"),
        ({"stretch": "2%,98"}, "no range of values"),
        ({"stretch": "2%,101%"}, "no range of values"),
        ({"resampling": "best"}, "--resampling cannot be best"),
        ({"top": "me"}, "--top cannot be me"),
        ({"options": TileOptions(buffer=9)}, "--buffer"),
    ],
)  # fmt: skip
def test_what_does_not_apply_is_refused(town: Path, choices: dict[str, Any], match: str) -> None:
    with pytest.raises(UsageError, match=match):
        made(town, **choices)
    assert not (town.parent / "out.pmtiles").exists()


@pytest.mark.parametrize(
    "choices", [{"tile_size": 256}, {"product": "imagery"}, {"options": ImageryOptions(quality=5)}]
)
def test_nor_do_rasters_options_to_vectors(roads: Path, choices: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="this is for rasters"):
        tile(roads, roads.with_suffix(".pmtiles"), **choices)


def test_places_that_cannot_be(town: Path, roads: Path, tmp_path: Path) -> None:
    for choices, error in (
        ({"out": tmp_path}, OutputError),
        ({"out": tmp_path / "none" / "a.pmtiles"}, OutputError),
        ({"out": town}, UsageError),
        ({"previous": tmp_path / "none.pmtiles"}, InputError),
    ):
        with pytest.raises(error):
            made(town, **choices)
    with pytest.raises(UsageError, match="archives of their own"):
        tile([town, roads], tmp_path / "x.pmtiles")
    heights = tmp_path / "dem.tif"
    with rasterio.open(town) as source:
        profile = source.profile | {"count": 1, "dtype": "float32"}
    with rasterio.open(heights, "w", **profile) as file:
        file.write(np.full((1, 600, 600), 500, np.float32))
    with pytest.raises(UsageError, match="pictures and some are elevations"):
        tile([town, heights], tmp_path / "x.pmtiles")
    assert made(town, out=tmp_path / "y.pmtiles").path.exists()
    with pytest.raises(OutputError):
        made(town, out=tmp_path / "y.pmtiles", no_clobber=True)


def test_every_product_can_be_asked_for() -> None:
    from dataclasses import fields, is_dataclass
    from importlib import import_module

    for product in PRODUCTS.values():
        module = import_module(f"pipeline.api.{product.module}")
        assert is_dataclass(getattr(module, product.options)) and callable(getattr(module, product.run))
        assert {"min_zoom", "name"} <= {field.name for field in fields(getattr(module, product.options))}


def test_an_estimate_is_near(town: Path) -> None:
    told, real = estimate(town, min_zoom=10), made(town, min_zoom=10)
    assert told.tiles == pytest.approx(real.tiles, abs=2)
    assert told.bytes == pytest.approx(real.bytes, rel=0.3)
    assert [each.zoom for each in told.zooms] == list(range(10, real.max_zoom + 1))


# ---------------------------------------------------------------- the command line


def test_the_command(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = town.with_suffix(".pmtiles")
    assert (
        main(["--lang", "en", "tile", str(town), str(out), "--tile-size", "256", "--format", "jpeg", "-z", "15"]) == 0
    )
    said = capsys.readouterr()
    assert said.out.splitlines()[0].startswith(f"{out}: ") and "imagery, jpeg, 256 pixels a tile" in said.out
    assert "tiles · " in said.err
    assert main(["tile", str(town), str(out), "--json", "-z", "13", "--keep-state"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["product"], told["format"], told["max_zoom"], told["tile_size"]) == ("imagery", "webp", 13, 512)
    assert main(["--lang", "en", "tile", str(town), str(out), "-z", "13", "--previous", str(out)]) == 0
    assert "copied from the previous archive" in capsys.readouterr().out


def test_the_command_estimates(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "tile", "--estimate", str(town)]) == 0
    said = capsys.readouterr().out
    assert "blocks" in said and "zoom" in said and not list(town.parent.glob("*.pmtiles"))
    assert main(["tile", "--estimate", str(town), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tiles"] > 0


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--labels"], 2, "--labels"),
        (["--clusters", "64"], 2, "--clusters"),
        (["--bands", "0"], 2, "bands"),
        (["--bands", "1,9,2"], 2, ""),
        (["--as", "soup"], 2, "soup"),
        (["--no-clobber"], 0, ""),
    ],
)
def test_the_command_refuses(
    town: Path, capsys: pytest.CaptureFixture[str], options: list[str], code: int, said: str
) -> None:
    assert main(["--lang", "en", "tile", str(town), str(town.with_suffix(".pmtiles")), *options]) == code
    assert said in capsys.readouterr().err


def test_imagery_needs_no_vectors(town: Path) -> None:
    """Starting takes a second less of processor time without them."""
    program = "import sys; from pipeline.cli import main; main(sys.argv[1:]); print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program, "tile", str(town), str(town.with_suffix(".pmtiles"))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = done.stdout.splitlines()[-1]
    assert "'PIL.Image'" in loaded and "'rasterio'" in loaded
    for heavy in ("pyarrow", "pyogrio", "pandas", "rio_tiler", "pydantic", "pipeline.vector"):
        assert f"'{heavy}'" not in loaded, heavy


def test_interrupted_it_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C while tiles are made."""
    big = picture(tmp_path / "big.tif", size=3000, pixel=0.5)
    out = tmp_path / "out.pmtiles"
    command = [
        sys.executable,
        "-m",
        "pipeline",
        "--lang",
        "en",
        "tile",
        str(big),
        str(out),
        "--effort",
        "6",
        "--keep-state",
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".*.part")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(30) == 130
    assert [each.name for each in tmp_path.iterdir()] == ["big.tif"]


@pytest.mark.long
def test_memory_is_bounded(tmp_path: Path) -> None:
    """An input of 1.7 GB of pixels within 500 MB."""
    size = 24_000
    profile = {
        "driver": "GTiff", "width": size, "height": size, "count": 3, "dtype": "uint8", "crs": UTM, "tiled": True,
        "transform": rasterio.transform.from_origin(WEST, NORTH, 1.0, 1.0), "compress": "deflate", "bigtiff": "yes",
    }  # fmt: skip
    big = tmp_path / "big.tif"
    with rasterio.open(big, "w", **profile) as file:
        rows = np.arange(256)[:, None] + np.arange(size)[None]
        stripe = np.stack([rows & 255, (rows // 3) & 255, (rows // 7) & 255]).astype(np.uint8)
        for row in range(0, size, 256):
            n = min(256, size - row)
            file.write(stripe[:, :n], window=rasterio.windows.Window(0, row, size, n))
    program = (
        "import sys, resource; from pipeline.cli import main; code = main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(code)"
    )
    command = ["tile", str(big), str(tmp_path / "o.pmtiles"), "--memory", "500MB", "--format", "jpeg"]
    done = subprocess.run([sys.executable, "-c", program, *command], capture_output=True, text=True, check=True)
    assert int(done.stdout.splitlines()[-1]) * 1024 < 500e6


def test_errors_are_ours(tmp_path: Path) -> None:
    torn = picture(tmp_path / "torn.tif")
    torn.write_bytes(torn.read_bytes()[: torn.stat().st_size // 2])
    with pytest.raises(LongquanError):
        made(torn)
    assert [each.name for each in tmp_path.iterdir()] == ["torn.tif"]
