"""Elevation files through the public interface and the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from click.testing import CliRunner

from pipeline import open_archive, tile
from pipeline.api import estimate
from pipeline.cli import cli
from pipeline.errors import ConfigError, InputError, UsageError
from pipeline.raster.estimate import RasterEstimate
from pipeline.raster.result import RasterResult
from tests.raster.elevations import FRAMES, dem, mapbox, pictures, plane, swell, terrarium


@pytest.fixture
def valley(tmp_path: Path) -> Path:
    return dem(tmp_path / "valley.tif", FRAMES["gauss"], swell)


def test_an_elevation_file_becomes_terrain(tmp_path: Path, valley: Path) -> None:
    made = tile(valley, tmp_path / "t.pmtiles", min_zoom=9, tile_size=256)
    assert made.product == "terrain" and (made.min_zoom, made.max_zoom) == (9, 13)  # type: ignore[union-attr]
    with open_archive(tmp_path / "t.pmtiles") as archive:
        said = archive.metadata
    assert said["encoding"] == "terrarium" and said["name"] == "t" and said["sources"][0]["name"] == "valley.tif"
    heights = np.concatenate([terrarium(picture).ravel() for picture in pictures(tmp_path / "t.pmtiles").values()])
    assert heights.min() == 0 and heights.max() == pytest.approx(520, abs=0.5)


def test_the_same_from_the_command_line(tmp_path: Path, valley: Path) -> None:
    out = tmp_path / "t.pmtiles"
    words = [
        "tile",
        "--json",
        "--height-encoding",
        "mapbox",
        "--format",
        "png",
        "--outside",
        "-7",
        "-z",
        "10",
        str(valley),
    ]
    done = CliRunner().invoke(cli, [*words, str(out)])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["product"], told["format"], told["max_zoom"]) == ("terrain", "png", 10)
    tile(valley, tmp_path / "p.pmtiles", height_encoding="mapbox", format="png", outside=-7, max_zoom=10, name="t")
    assert out.read_bytes() == (tmp_path / "p.pmtiles").read_bytes()
    values = np.concatenate([mapbox(picture).ravel() for picture in pictures(out).values()])
    assert values.min() == -7 and 400 < values.max() < 521


@pytest.mark.parametrize(
    ("product", "choices", "form"),
    [
        ("hillshade", {}, "webp"),
        ("hillshade", {"style": "grey", "light": "single", "format": "jpeg", "quality": 60}, "jpeg"),
        ("tint", {"shading": 0.5, "format": "png"}, "png"),
        ("slope", {"lossless": True}, "webp"),
        ("aspect", {}, "webp"),
    ],
)
def test_pictures_of_it(tmp_path: Path, valley: Path, product: str, choices: dict[str, object], form: str) -> None:
    out = tmp_path / "p.pmtiles"
    made = tile(valley, out, product=product, min_zoom=11, max_zoom=11, **choices)
    assert made.product == product and made.format == form and made.tiles > 0  # type: ignore[union-attr]
    seen = np.concatenate([picture[..., :3].ravel() for picture in pictures(out).values()])
    assert len(np.unique(seen)) >= 2
    checked = CliRunner().invoke(cli, ["archive", "verify", str(out)])
    assert checked.exit_code == 0, checked.output


def test_a_ramp_of_ones_own(tmp_path: Path, valley: Path) -> None:
    ramp = tmp_path / "red.txt"
    ramp.write_text("0 255 0 0\n1000 255 0 0\n", "utf-8")
    tile(valley, tmp_path / "p.pmtiles", product="tint", ramp=str(ramp), format="png", max_zoom=10)
    for picture in pictures(tmp_path / "p.pmtiles").values():
        seen = picture[picture[..., 3] > 0] if picture.shape[2] == 4 else picture.reshape(-1, 3)
        assert (seen[:, :3] == [255, 0, 0]).all()
    with pytest.raises(ConfigError):
        tile(valley, tmp_path / "p.pmtiles", product="tint", ramp=str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("product", "choices"),
    [
        ("terrain", {"height_encoding": "raw"}),
        ("terrain", {"format": "jpeg"}),
        ("terrain", {"rounding": 0.3}),
        ("terrain", {"unit": "furlong"}),
        ("terrain", {"plausible": (9.0, 0.0)}),
        ("terrain", {"quality": 50}),
        ("hillshade", {"ramp": "celadon"}),
        ("hillshade", {"light": "candle"}),
        ("hillshade", {"effort": 7}),
        ("hillshade", {"quality": 0}),
        ("slope", {"format": "png", "lossless": True}),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, valley: Path, product: str, choices: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        tile(valley, tmp_path / "p.pmtiles", product=product, **choices)
    assert [each.name for each in tmp_path.iterdir()] == ["valley.tif"]


def test_real_terrain(tmp_path: Path, shared_data: Path) -> None:
    """SRTM of the Olympic Peninsula and of Andorra: heights between the sea and the summits, and both verify."""
    for name, lowest, highest, zoom in (
        ("N48W125_1arcsec.tif", -20, 1095, 10),
        ("mosaic_pyrenees_andorra_3arcsec.tif", -20, 3100, 9),
    ):
        out = tmp_path / "t.pmtiles"
        made = tile(shared_data / "raster" / name, out, product="terrain", max_zoom=zoom)
        heights = np.concatenate([terrarium(picture).ravel() for picture in pictures(out).values()])
        assert lowest <= heights.min() and highest * 0.9 < heights.max() <= highest
        assert made.tally is not None and made.tally.counts["filled-void-cells"] > 0  # type: ignore[union-attr]
        assert CliRunner().invoke(cli, ["archive", "verify", str(out)]).exit_code == 0


@pytest.mark.parametrize("product", ["hillshade", "slope", "aspect", "tint"])
def test_flat_land_is_drawn_as_flat(tmp_path: Path, product: str) -> None:
    """A veil over it is clear, and there: one tile of the lowest zoom; the others would say no more."""
    flat = dem(tmp_path / "flat.tif", FRAMES["gauss"], lambda x, y: 0 * x + 40.0)
    made = tile(flat, tmp_path / "f.pmtiles", product=product, max_zoom=12, min_zoom=8)
    assert made.min_zoom == 8  # type: ignore[union-attr]
    found = pictures(tmp_path / "f.pmtiles")
    if product == "hillshade":
        assert [zoom for zoom, _x, _y in found] == [8]
        assert all(picture.shape[2] == 4 and not picture[..., 3].any() for picture in found.values())
    assert CliRunner().invoke(cli, ["archive", "verify", str(tmp_path / "f.pmtiles")]).exit_code == 0


def test_a_plain_beside_mountains_has_no_tiles_of_its_own(tmp_path: Path) -> None:
    half = dem(tmp_path / "half.tif", FRAMES["gauss"], lambda x, y: np.maximum(0, plane(x, y) - 700))
    tile(half, tmp_path / "h.pmtiles", product="hillshade", max_zoom=13, min_zoom=8)
    tile(half, tmp_path / "t.pmtiles", product="terrain", max_zoom=13, min_zoom=8)
    shades, heights = (set(pictures(tmp_path / name)) for name in ("h.pmtiles", "t.pmtiles"))
    assert shades < heights and {zoom for zoom, _x, _y in shades} == set(range(8, 14))


@pytest.mark.parametrize("product", ["terrain", "hillshade", "contours"])
def test_heights_that_nobody_believes_are_told(tmp_path: Path, product: str) -> None:
    """Centimetres without a unit: hills of 500 m would be 50 km high."""
    far = dem(tmp_path / "far.tif", FRAMES["gauss"], lambda x, y: 100 * swell(x, y))
    with pytest.raises(InputError, match=r"No height is believed: [\d,]+ lie beyond -500 to 9000 m") as caught:
        tile(far, tmp_path / "f.pmtiles", product=product, max_zoom=12)
    assert caught.value.where is not None and caught.value.where.startswith("far.tif: ")
    assert [each.name for each in tmp_path.iterdir()] == ["far.tif"]


@pytest.mark.parametrize("product", ["terrain", "contours"])
def test_a_damaged_file_is_not_taken_for_an_empty_one(tmp_path: Path, product: str) -> None:
    path = dem(tmp_path / "torn.tif", FRAMES["gauss"], compress="deflate", tiled=True, blockxsize=128, blockysize=128)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2 :] = bytes(len(whole) - len(whole) // 2)
    path.write_bytes(whole)
    with pytest.raises(InputError, match="is damaged"):
        tile(path, tmp_path / "f.pmtiles", product=product)


def test_what_lies_behind_and_beside_heights_counts(tmp_path: Path) -> None:
    """As for pictures: a virtual raster does not tell that its file changed, and a mask beside the file does."""
    path, out = dem(tmp_path / "a.tif", FRAMES["gauss"], swell), tmp_path / "t.pmtiles"
    with rasterio.open(path) as file:
        rasterio.shutil.copy(file, tmp_path / "a.vrt", driver="VRT")
    tile(tmp_path / "a.vrt", out, keep_state=True, max_zoom=11)
    tile(path, tmp_path / "b.pmtiles", keep_state=True, max_zoom=11, name="t")
    with rasterio.open(path, "r+") as file:
        file.write(file.read() + np.float32(50))
    made = tile(tmp_path / "a.vrt", out, previous=out, max_zoom=11)
    assert made.copied == 0  # type: ignore[union-attr]
    tile(path, tmp_path / "c.pmtiles", keep_state=True, max_zoom=11, name="t")
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(path, "r+") as file:
        file.write_mask(np.pad(np.full((180, 400), 255, np.uint8), ((0, 180), (0, 0))))
    assert (tmp_path / "a.tif.msk").exists()
    tile(path, tmp_path / "c.pmtiles", previous=tmp_path / "c.pmtiles", max_zoom=11, name="t")
    tile(path, tmp_path / "d.pmtiles", keep_state=True, max_zoom=11, name="t")
    assert (tmp_path / "c.pmtiles").read_bytes() == (tmp_path / "d.pmtiles").read_bytes()


@pytest.mark.parametrize(("product", "choices"), [
    ("terrain", {}), ("terrain", {"tile_size": 256}), ("hillshade", {"min_zoom": 11}),
])  # fmt: skip
def test_an_estimate_is_near(tmp_path: Path, valley: Path, product: str, choices: dict[str, int]) -> None:
    told = estimate(valley, product=product, **({"min_zoom": 9, "max_zoom": 12} | choices))
    assert isinstance(told, RasterEstimate) and [each.name for each in tmp_path.iterdir()] == ["valley.tif"]
    real = tile(valley, tmp_path / "t.pmtiles", product=product, **({"min_zoom": 9, "max_zoom": 12} | choices))
    assert isinstance(real, RasterResult)
    assert told.tiles == pytest.approx(real.tiles, abs=4) and told.bytes == pytest.approx(real.bytes, rel=0.4)
    assert told.zooms[-1].zoom == 12 and told.seconds > 0
