"""Archives of heights: decoded by the published formulas, against the terrain's own formula, zoom by zoom."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage

from pipeline.archive.reader import open_archive
from pipeline.editions.coarsen import coarsen
from pipeline.errors import InputError, UsageError
from pipeline.raster.heights import open_heights
from pipeline.raster.images import encode_image
from pipeline.raster.packed import packed_heights
from pipeline.raster.plan import ImageFormat
from pipeline.raster.shade import hillshade
from pipeline.raster.state import state_path
from pipeline.raster.terrain import FILLED, VOIDS
from pipeline.raster.tint import tint
from pipeline.types import PixelWindow
from tests.oracles.rasters import Floats
from tests.raster.elevations import (
    FORMULAS,
    FRAMES,
    X0,
    Y0,
    bowl,
    build,
    dem,
    mapbox,
    pictures,
    places,
    plane,
    source,
    swell,
    terrarium,
)

DECODE = {"terrarium": terrarium, "mapbox": mapbox}


def tile_window(zoom: int, x: int, y: int, size: int = 256) -> PixelWindow:
    return PixelWindow(zoom, size, x * size, y * size, size, size)


@pytest.mark.parametrize("encoding", DECODE)
@pytest.mark.parametrize(("frame", "formula"), list(zip(FRAMES, FORMULAS, strict=True)))
def test_decoded_heights_are_those_of_the_formula(tmp_path: Path, frame: str, formula: str, encoding: str) -> None:
    """Within 0.1 m wherever the file knows its neighbourhood, at every tile of the largest zoom; 0 outside."""
    path = dem(tmp_path / "a.tif", FRAMES[frame], FORMULAS[formula])
    product = packed_heights(encoding)  # type: ignore[arg-type]
    result = build(tmp_path / "t.pmtiles", [source(path)], product, (12, 13))
    tiles = pictures(result.path)
    assert result.tiles == len(tiles) and {zoom for zoom, _x, _y in tiles} == {12, 13}
    known = 0
    with open_heights([source(path)]) as heights:
        for (zoom, x, y), picture in tiles.items():
            if zoom < 13:
                continue
            window = tile_window(zoom, x, y)
            read = heights.read(window)
            assert read is not None
            got, there = DECODE[encoding](picture), ~np.isnan(read)
            assert (got[~there] == 0).all()
            assert np.abs(got - read)[there].max() < 0.07
            px, py = places(window)
            inner = there & (np.abs(px - X0) < 4000) & (np.abs(py - Y0) < 4000)
            known += int(inner.sum())
            if inner.any():
                assert np.abs(got - FORMULAS[formula](px, py))[inner].max() < 0.1
    assert known > 100_000


def test_lower_zooms_are_means_of_their_children(tmp_path: Path) -> None:
    """Before rounding: each zoom is rounded by itself, so a parent and its children are apart by a step at most."""
    tiles = pictures(build(tmp_path / "t.pmtiles", [source(dem(tmp_path / "a.tif", FRAMES["gauss"], swell))],
                           packed_heights(), (8, 12)).path)  # fmt: skip
    decoded = {place: terrarium(picture) for place, picture in tiles.items()}
    with_children = 0
    for (zoom, x, y), heights in decoded.items():
        for dy in (0, 1):
            for dx in (0, 1):
                child = decoded.get((zoom + 1, 2 * x + dx, 2 * y + dy))
                if child is None:
                    continue
                inside = scipy.ndimage.binary_erosion(child > 0, np.ones((3, 3)))  # the rim is the mean of a part
                known = inside.reshape(128, 2, 128, 2).all(axis=(1, 3))
                means = child.reshape(128, 2, 128, 2).mean(axis=(1, 3))
                quarter = heights[dy * 128 : dy * 128 + 128, dx * 128 : dx * 128 + 128]
                with_children += int(known.sum())
                assert np.abs(quarter - means)[known].max(initial=0) <= 0.125
    assert with_children > 20_000


def test_the_lowest_zoom_is_the_mean_of_all(tmp_path: Path) -> None:
    """By numpy, over the pixels that the terrain knows at its largest zoom, weighed by nothing but their number."""
    path = dem(tmp_path / "a.tif", FRAMES["mercator"], bowl)
    tiles = pictures(build(tmp_path / "t.pmtiles", [source(path)], packed_heights(step=1 / 256), (5, 12)).path)
    size = 256 << 7
    ((_zoom, x, y),) = [place for place in tiles if place[0] == 5]
    wide = np.full((size // 8, size // 8), np.nan)  # the part of the tile of zoom 5 that the terrain lies in
    top, left = y * size, x * size
    ys, xs = [p[2] for p in tiles if p[0] == 12], [p[1] for p in tiles if p[0] == 12]
    top, left = min(ys) * 256 // 1024 * 1024, min(xs) * 256 // 1024 * 1024
    with open_heights([source(path)]) as heights:
        wide = np.full((2048, 2048), np.nan)
        read = heights.read(PixelWindow(12, 256, left, top, 2048, 2048))
        assert read is not None
        wide[:] = read
    got = terrarium(tiles[5, x, y])
    for row in range(top // 128, top // 128 + 16):
        for column in range(left // 128, left // 128 + 16):
            if row // 256 != y or column // 256 != x:
                continue
            cells = wide[row * 128 - top : row * 128 - top + 128, column * 128 - left : column * 128 - left + 128]
            wanted = 0.0 if np.isnan(cells).all() else np.nanmean(cells)
            assert got[row % 256, column % 256] == pytest.approx(wanted, abs=0.003)


def test_threads_and_blocks_do_not_matter(tmp_path: Path) -> None:
    path = dem(tmp_path / "a.tif", FRAMES["gauss"], swell)
    for product in (packed_heights(), hillshade(), tint(strength=0.5)):
        results = [
            build(tmp_path / f"{threads}.pmtiles", [source(path)], product, (9, 12), threads=threads)
            for threads in (1, 2)
        ]
        assert results[0].sha256 == results[1].sha256


def test_metadata_tells_how_heights_are_written(tmp_path: Path) -> None:
    result = build(tmp_path / "t.pmtiles", [source(dem(tmp_path / "a.tif", FRAMES["gauss"]))], packed_heights("mapbox"))
    with open_archive(result.path) as archive:
        said = archive.metadata
    assert said["encoding"] == "mapbox" and said["product"] == "terrain" and said["format"] == "webp"
    assert (said["rounding"], said["unknown"], said["vertical_unit"], said["tileSize"]) == (0.1, 0.0, "m", 256)
    assert result.product == "terrain" and (result.min_zoom, result.max_zoom) == (9, 12)


def test_voids_are_told(tmp_path: Path) -> None:
    """One of 30 × 20 pixels of 34 m stays: 60 × 40 · 17 m² at the map's scale, less the rim that is interpolated."""
    nothing = np.zeros((360, 400), np.bool_)
    nothing[100:130, 200:220] = True
    nothing[50:52, 50:52] = True
    path = dem(tmp_path / "a.tif", FRAMES["mercator"], nothing=nothing, nodata=-9999.0)
    result = build(tmp_path / "t.pmtiles", [source(path)], packed_heights(), (9, 13))
    assert result.tally is not None and result.tally.counts[VOIDS] == 1 and result.tally.counts[FILLED] > 0
    area, place = result.tally.samples[VOIDS].split(" km², ")
    on_map = 20 * 30 * (34 * 0.8825) ** 2 / 1e6  # cos 28.05°
    assert 0.85 * on_map < float(area) < 1.01 * on_map  # at the latitude of its north
    lng, lat = map(float, place.split())
    assert 119.05 < lng < 119.16 and 28.0 < lat < 28.12


def test_what_lies_outside_is_a_height_that_is_said(tmp_path: Path) -> None:
    path = dem(tmp_path / "a.tif", FRAMES["gauss"], lambda x, y: x * 0 + 100)
    result = build(tmp_path / "t.pmtiles", [source(path)], packed_heights(outside=-3.0), (9, 9))
    heights = np.concatenate([terrarium(picture).ravel() for picture in pictures(result.path).values()])
    assert set(heights.tolist()) == {-3.0, 100.0}
    empty = dem(tmp_path / "b.tif", FRAMES["gauss"], nothing=np.ones((360, 400), np.bool_), nodata=-1.0)
    with pytest.raises(InputError):
        build(tmp_path / "e.pmtiles", [source(empty)], packed_heights())
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.tif", "b.tif", "t.pmtiles"]


@pytest.mark.parametrize(
    "choices",
    [
        {"step": 0.3},
        {"step": 3 / 256},
        {"step": 0.0},
        {"step": float("nan")},
        {"step": float("inf")},
        {"encoding": "mapbox", "step": 0.125},
        {"form": ImageFormat("jpeg")},
        {"form": ImageFormat("webp")},
        {"outside": float("nan")},
        {"encoding": "mapbox", "outside": -10_001.0},
    ],
)
def test_products_that_cannot_be(choices: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        packed_heights(**choices)  # type: ignore[arg-type]


def test_rounding_makes_tiles_smaller(tmp_path: Path) -> None:
    """Noise in the last byte costs: an eighth of a metre instead of 1/256 on a rough surface."""
    rough = dem(tmp_path / "a.tif", FRAMES["gauss"], lambda x, y: swell(x, y) + np.sin(x * y) / 4)
    fine = build(tmp_path / "1.pmtiles", [source(rough)], packed_heights(step=1 / 256), (9, 12))
    usual = build(tmp_path / "2.pmtiles", [source(rough)], packed_heights(), (9, 12))
    assert usual.bytes < 0.7 * fine.bytes


def test_an_edition_gets_a_coarser_grid(tmp_path: Path) -> None:
    """Cells of 200 m: a ridge of one pixel is gone from everything that is made; 9 pixels of zoom 13 are a cell."""

    def ridge(x: Floats, y: Floats) -> Floats:
        return np.where(np.abs(x - X0) < 20, 900.0, 100.0)

    path = dem(tmp_path / "a.tif", FRAMES["mercator"], ridge)
    fine = build(tmp_path / "1.pmtiles", [source(path)], packed_heights(), (13, 13))
    coarse = build(
        tmp_path / "2.pmtiles", [source(path)], packed_heights(), (13, 13), wrap=lambda read: coarsen(read, 200, 28.12)
    )
    highest = [max(terrarium(picture).max() for picture in pictures(each.path).values()) for each in (fine, coarse)]
    assert highest[0] > 800 and highest[1] < 300


# ---------------------------------------------------------------- after a change


@pytest.mark.parametrize("product", [packed_heights(), tint(strength=0.6)])
@pytest.mark.parametrize("change", ["mend", "add", "remove"])
def test_a_change_makes_the_same_archive(tmp_path: Path, product: object, change: str) -> None:
    """A small sheet on top of a large one changes, comes or goes: byte for byte the archive from scratch."""
    large = dem(tmp_path / "large.tif", FRAMES["gauss"], swell)
    frame = FRAMES["mercator"]
    small = tmp_path / "small.tif"
    sheet = type(frame)(frame.crs, frame.west + 9000, frame.north - 5000, 34.0, 30, 25)
    dem(small, sheet, plane)
    before = [source(small), source(large)] if change != "add" else [source(large)]
    archive = tmp_path / "t.pmtiles"
    build(archive, before, product, (9, 14), tile_size=64, keep_state=True, code="x")  # type: ignore[arg-type]
    if change == "mend":
        dem(small, sheet, lambda x, y: plane(x, y) + 30)
    after = [source(large)] if change == "remove" else [source(small), source(large)]
    scratch = build(tmp_path / "s.pmtiles", after, product, (9, 14), tile_size=64, keep_state=True, code="x")  # type: ignore[arg-type]
    made = build(archive, after, product, (9, 14), tile_size=64, keep_state=True, previous=archive, code="x")  # type: ignore[arg-type]
    assert made.sha256 == scratch.sha256
    assert 0 < made.copied < made.tiles
    assert state_path(archive).stat().st_size == state_path(scratch.path).stat().st_size


def test_a_change_reaches_as_far_as_voids_are_filled(tmp_path: Path) -> None:
    """Sheets over the western rims of voids come: what is filled beyond them changes too, across borders of tiles."""
    nothing = np.zeros((360, 400), np.bool_)
    for column in (40, 130, 220, 310):
        nothing[100:120, column : column + 24] = True
    frame = FRAMES["mercator"]
    large = source(dem(tmp_path / "large.tif", frame, swell, nothing=nothing, nodata=-9999.0))
    sheets = []
    for column in (40, 130, 220, 310):
        sheet = type(frame)(frame.crs, frame.west + 34 * column, frame.north - 34 * 98, 34.0, 4, 24)
        sheets.append(source(dem(tmp_path / f"{column}.tif", sheet, lambda x, y: x * 0 + 3000)))
    archive = tmp_path / "t.pmtiles"
    build(archive, [large], packed_heights(), (9, 14), tile_size=64, keep_state=True, code="x")
    files = [*sheets, large]
    made = build(archive, files, packed_heights(), (9, 14), tile_size=64, previous=archive, code="x")
    scratch = build(tmp_path / "s.pmtiles", files, packed_heights(), (9, 14), tile_size=64)
    assert made.sha256 == scratch.sha256 and made.copied > 0


def test_heights_that_are_gone_cast_no_light(tmp_path: Path) -> None:
    """A sheet beside another goes: its heights are not taken out of the state again for its neighbour's light."""
    frame = FRAMES["mercator"]
    west = source(dem(tmp_path / "west.tif", frame, swell))
    beside = type(frame)(frame.crs, frame.west + 400 * 34, frame.north, 34.0, 400, 360)
    east = source(dem(tmp_path / "east.tif", beside, swell))
    archive = tmp_path / "t.pmtiles"
    product = hillshade(shadow=1.0, shine=1.0)
    build(archive, [west, east], product, (6, 13), tile_size=64, keep_state=True, code="x")
    made = build(archive, [west], product, (6, 13), tile_size=64, keep_state=True, previous=archive, code="x")
    scratch = build(tmp_path / "s.pmtiles", [west], product, (6, 13), tile_size=64)
    assert made.sha256 == scratch.sha256


def test_bounds_are_those_of_what_is_shown(tmp_path: Path) -> None:
    """A file whose western half is unknown: the archive begins where its tiles do, also after an update."""
    nothing = np.zeros((360, 400), np.bool_)
    nothing[:, :200] = True
    path = dem(tmp_path / "a.tif", FRAMES["mercator"], nothing=nothing, nodata=-9999.0)
    archive = tmp_path / "t.pmtiles"
    first = build(archive, [source(path)], packed_heights(), (9, 14), tile_size=64, keep_state=True, code="x")
    whole = source(path).info.extent
    tile = 360 / 2**14
    assert whole[0] + 200 * 34 / 111320 - 2 * tile < first.bounds[0] < whole[0] + 200 * 34 / 111000
    assert first.bounds[1:] == pytest.approx(whole[1:], abs=1e-6)
    again = build(archive, [source(path)], packed_heights(), (9, 14), tile_size=64, previous=archive, code="x")
    assert again.sha256 == first.sha256 and again.bounds == first.bounds


def test_nothing_changed_copies_everything(tmp_path: Path) -> None:
    files = [source(dem(tmp_path / "a.tif", FRAMES["gauss"], swell))]
    archive = tmp_path / "t.pmtiles"
    first = build(archive, files, hillshade(), (9, 12), tile_size=64, keep_state=True, code="x")
    again = build(archive, files, hillshade(), (9, 12), tile_size=64, keep_state=True, previous=archive, code="x")
    assert again.sha256 == first.sha256 and again.copied == again.tiles
    other = build(archive, files, hillshade(shadow=0.5), (9, 12), tile_size=64, previous=archive, code="x")
    assert other.copied == 0 and other.sha256 != first.sha256


def test_encoded_without_loss() -> None:
    """Whatever the bytes: WebP without loss keeps every colour of an opaque picture."""
    picture = np.random.default_rng(2).integers(0, 256, (64, 64, 4), dtype=np.uint8)
    picture[..., 3] = 255
    from pipeline.raster.images import decode_image

    for form in (packed_heights().form, ImageFormat("png")):
        assert (decode_image(encode_image(picture, form))[..., :3] == picture[..., :3]).all()
