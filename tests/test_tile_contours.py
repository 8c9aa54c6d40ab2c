"""Contours of elevation files, from the file to the tiles."""

from __future__ import annotations

import gzip
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from pmtiles.reader import MmapSource, Reader, all_tiles
from rasterio.transform import from_origin

from pipeline import tile
from pipeline.api import Tiled, estimate, open_archive
from pipeline.api.contours import ContourOptions, contour_rules, tile_files
from pipeline.api.raster import RasterJob, describe_inputs
from pipeline.errors import InputError, PolicyRefusal, UsageError
from pipeline.vector.estimate import Estimate
from tests.decoded import Feature, decoded

STEP = 1 / 1200  # degrees


def write(path: Path, high: NDArray[np.floating], west: float = 119.0, north: float = 28.1, **profile: Any) -> Path:
    rows, cols = high.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=cols, height=rows, count=1, dtype="float32", crs="EPSG:4326",
        transform=from_origin(west, north, STEP, STEP), nodata=-9999, **profile,
    ) as file:  # fmt: skip
        file.write(np.nan_to_num(high, nan=-9999).astype(np.float32), 1)
    return path


def cone(side: int = 130, top: float = 525.0) -> NDArray[np.float64]:
    """A cone of 8 m a sample on a plain of 5 m, its top on sample (60, 60)."""
    y, x = np.mgrid[0:side, 0:side]
    return np.maximum(top - 8 * np.hypot(x - 60, y - 60), 5.0)


def job(out: Path, *paths: Path, **how: Any) -> RasterJob:
    infos, reading = describe_inputs(list(paths), {})
    return RasterJob(infos, reading, out, **how)


def test_a_cone_from_the_file_to_the_tiles(tmp_path: Path) -> None:
    out = tmp_path / "cone.pmtiles"
    source = write(tmp_path / "cone.tif", cone())
    made = tile_files(
        job(out, source), ContourOptions(interval=50, peaks=100, smooth=0, feet=True, attribution="Bureau")
    )
    assert [layer.name for layer in made.archive.layers] == ["contours", "peaks"]
    assert made.max_zoom_guessed and (made.archive.min_zoom, made.archive.max_zoom) == (8, 12)
    with open_archive(out) as archive:
        said = archive.metadata
    assert said["attribution"] == "Bureau" and said["sources"][0]["name"] == "cone.tif"
    assert said["contours"]["intervals"][-1] == {"zoom": 12, "interval": 50.0, "index": 5}
    assert {layer["id"] for layer in said["vector_layers"]} == {"contours", "contours_label", "peaks"}
    features = features_of(out)
    last = [f for f in features if f.tile[0] == 12]
    lines = [f for f in last if f.layer == "contours"]
    assert {f.properties["ele"] for f in lines} == set(range(50, 501, 50))
    assert {f.properties["ele"]: f.properties["index"] for f in lines} == {
        h: 2 if h % 500 == 0 else 1 if h % 250 == 0 else 0 for h in range(50, 501, 50)
    }
    assert all(f.properties["ele_ft"] == round(f.properties["ele"] / 0.3048) for f in lines)
    # Circles around the top, in samples of the source.
    middle = 119 + 60.5 * STEP, 28.1 - 60.5 * STEP
    for f in lines:
        for part in f.parts:
            for lng, lat in (place(f.tile, *point) for point in part):
                radius = math.hypot((lng - middle[0]) / STEP, (lat - middle[1]) / STEP)
                assert radius == pytest.approx((525 - f.properties["ele"]) / 8, abs=0.25)
    (peak,) = {
        (f.properties["ele"], f.properties["prominence"], f.properties["rank"]) for f in last if f.layer == "peaks"
    }
    assert peak[0] == pytest.approx(525, abs=4) and peak[1] == pytest.approx(520, abs=4) and peak[2] == 1
    # Lower zooms: every 100 m at 11, 250 m at 9 and 10.
    assert {f.properties["ele"] for f in features if f.tile[0] == 11 and f.layer == "contours"} == set(
        range(100, 501, 100)
    )
    assert {f.properties["ele"] for f in features if f.tile[0] == 9 and f.layer == "contours"} == {250, 500}
    assert {f.tile[0] for f in features if f.layer == "peaks"} == {8, 9, 10, 11, 12}


def features_of(path: Path) -> list[Feature]:
    with path.open("rb") as file:
        tiles = sorted((tile, gzip.decompress(body)) for tile, body in all_tiles(Reader(MmapSource(file)).get_bytes))
    return [feature for tile, body in tiles for feature in decoded(tile, body)]


def place(tile: tuple[int, int, int], tx: float, ty: float) -> tuple[float, float]:
    zoom, x, y = tile
    wx, wy = (x + tx / 4096) / 2**zoom, (y + ty / 4096) / 2**zoom
    return wx * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * wy))))


def test_two_files_make_one_line_and_threads_the_same_bytes(tmp_path: Path) -> None:
    whole = cone()
    west = write(tmp_path / "west.tif", whole[:, :70])
    east = write(tmp_path / "east.tif", whole[:, 60:], 119 + 60 * STEP)
    one, two = tmp_path / "one.pmtiles", tmp_path / "two.pmtiles"
    options = ContourOptions(interval=50, name="contours", min_zoom=12)
    made = tile_files(job(one, west, east, threads=1), options)
    tile_files(job(two, west, east, threads=3, memory=300 << 20), options)
    assert one.read_bytes() == two.read_bytes()
    lines = [f for f in features_of(one) if f.layer == "contours_label"]
    assert sorted(f.properties["ele"] for f in lines) == list(range(50, 501, 50))  # each a whole ring
    assert made.archive.layers[0].features == 10


def test_lines_end_at_voids_that_are_too_large_to_fill(tmp_path: Path) -> None:
    high = cone()
    high[40:100, 30:50] = np.nan
    out = tmp_path / "void.pmtiles"
    made = tile_files(job(out, write(tmp_path / "void.tif", high)), ContourOptions(interval=50, min_zoom=12))
    box = 119 + 30 * STEP, 119 + 50 * STEP, 28.1 - 100 * STEP, 28.1 - 40 * STEP
    for f in features_of(out):
        for part in f.parts:
            for lng, lat in (place(f.tile, *point) for point in part):
                assert not (box[0] < lng < box[1] and box[2] < lat < box[3])
    assert made.archive.layers[0].features >= 10


def test_an_edition_refuses_what_is_too_fine(tmp_path: Path) -> None:
    source, out = write(tmp_path / "cone.tif", cone()), tmp_path / "out.pmtiles"
    with pytest.raises(PolicyRefusal) as refusal:
        tile_files(job(out, source), ContourOptions(interval=20, minimum_interval=50))
    assert refusal.value.exit_code == 3 and not list(tmp_path.glob("out*"))
    tile_files(job(out, source), ContourOptions(interval=20, minimum_interval=50, coarsen=True))
    found = {f.properties["ele"] for f in features_of(out)}
    assert found and not [ele for ele in found if ele % 50]


def test_nothing_to_draw_is_said(tmp_path: Path) -> None:
    flat = write(tmp_path / "flat.tif", np.full((40, 40), 33.0))
    with pytest.raises(InputError, match="No contour runs through these heights"):
        tile_files(job(tmp_path / "out.pmtiles", flat), ContourOptions())
    assert sorted(each.name for each in tmp_path.iterdir()) == ["flat.tif"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"interval": 0}, {"interval": {}}, {"interval": {9: 100.0, 23: 5.0}}, {"interval": math.nan}, {"smooth": -1},
        {"refine": 0}, {"smallest_ring": -1}, {"peaks": 0}, {"max_zoom": 23}, {"tile_size": 256}, {"layer": ""},
        {"min_zoom": 9, "max_zoom": 8}, {"top": "lowest"}, {"interval": 0.0005}, {"interval": {12: 20}, "max_zoom": 10},
    ],
)  # fmt: skip
def test_options_that_cannot_be(tmp_path: Path, wrong: dict[str, Any]) -> None:
    source = write(tmp_path / "cone.tif", cone())
    with pytest.raises(UsageError):
        tile_files(job(tmp_path / "out.pmtiles", source), ContourOptions(**wrong))
    assert not list(tmp_path.glob("out*"))


def test_zooms_by_interval_and_resolution() -> None:
    def zooms(finest: int, **said: Any) -> list[tuple[int, float]]:
        rules = contour_rules(replace(ContourOptions(), **said), finest)
        return [*((step.zoom, step.interval) for step in rules.steps), (rules.max_zoom, 0)]

    assert zooms(12) == [(9, 200), (11, 100), (12, 40), (13, 20), (13, 0)]  # 20 m need zoom 13
    assert zooms(14) == [(9, 200), (11, 100), (12, 40), (13, 20), (14, 0)]
    assert zooms(17)[-1] == (15, 0)  # clients enlarge lines well
    assert zooms(12, max_zoom=11) == [(9, 200), (11, 20), (11, 0)]
    assert zooms(12, min_zoom=12) == [(12, 40), (13, 20), (13, 0)]
    assert zooms(12, interval={9: 200, 11: 100, 13: 50}) == [(9, 200), (11, 100), (13, 50), (13, 0)]
    assert zooms(12, interval={9: 200, 11: 100, 13: 50}, min_zoom=12) == [(12, 100), (13, 50), (13, 0)]


def test_an_estimate_is_of_the_lines_that_are_drawn(tmp_path: Path) -> None:
    source = write(tmp_path / "cone.tif", cone())
    told = estimate(source, product="contours", interval=20)
    real = tile(source, tmp_path / "out.pmtiles", product="contours", interval=20)
    assert isinstance(told, Estimate) and isinstance(real, Tiled)
    assert told.features == sum(layer.features for layer in real.archive.layers)
    assert told.tiles == pytest.approx(real.archive.tiles, rel=0.3)
    flat = write(tmp_path / "flat.tif", np.full((40, 40), 33.0))
    with pytest.raises(InputError, match="No contour runs through"):
        estimate(flat, product="contours")


def test_more_lines_than_anybody_could_see(tmp_path: Path) -> None:
    """A millimetre apart: the cone is hundreds of metres high."""
    with pytest.raises(UsageError, match=r"There are [\d,]+ contours between"):
        tile(write(tmp_path / "cone.tif", cone()), tmp_path / "out.pmtiles", product="contours", interval=0.001)
    assert not list(tmp_path.glob("out*"))
