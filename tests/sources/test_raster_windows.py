"""Rasters on the grid of world pixels: every pixel against its formula, and the same whichever window asks."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rio_tiler.io import Reader

from pipeline.errors import InputError
from pipeline.sources.raster import RasterOptions, describe_raster
from pipeline.sources.raster_windows import Windows, open_windows
from pipeline.types import PixelWindow
from tests.oracles import rasters
from tests.oracles.rasters import Frame, frame_at, tile_window, waves, window_over

LNG, LAT = 119.13, 28.07
FRAMES = {
    "utm": frame_at("EPSG:32650", LNG, LAT, 5.0, 400, 300),
    "gauss-krueger": frame_at("EPSG:4549", LNG, LAT, 5.0, 400, 300),
    "degrees": frame_at("EPSG:4490", LNG, LAT, 5e-5, 400, 300),
    "mercator": frame_at("EPSG:3857", LNG, LAT, 5.0, 400, 300),
    "turned": frame_at("EPSG:32650", LNG, LAT, 5.0, 400, 300, turned=30.0),
    "lambert": frame_at("EPSG:2154", 2.35, 48.85, 5.0, 400, 300),
    "polar": frame_at("EPSG:3995", 15.0, 78.2, 5.0, 400, 300),
}


def full_windows(
    path: Path, zoom: int, tile_size: int = 512, **options: object
) -> tuple[PixelWindow, np.ndarray, np.ndarray]:
    info = describe_raster(path)
    window = window_over(info.bounds, zoom, tile_size)
    with open_windows(info, **options) as windows:
        got = windows.read(window)
    assert got is not None
    return window, *got


def inside(frame: Frame, window: PixelWindow, margin: float = 0.0) -> np.ndarray:
    column, row = rasters.source_places(frame, window)
    return (column >= margin) & (column < frame.width - margin) & (row >= margin) & (row < frame.height - margin)


@pytest.mark.parametrize("name", FRAMES)
def test_every_pixel_is_the_formula_of_its_place(name: str, tmp_path: Path) -> None:
    frame = FRAMES[name]
    rasters.write(tmp_path / "waves.tif", frame)
    zoom = math.ceil(math.log2(2 * rasters.EDGE / 512 / frame.ground))
    window, values, alpha = full_windows(tmp_path / "waves.tif", zoom)
    on, surely = inside(frame, window), inside(frame, window, 1.0)
    assert surely.sum() > 100_000
    assert np.array_equal(alpha, np.where(on, 255, 0))
    assert not values[:, ~on].any()
    expected = frame.waves(*rasters.centres(window))
    # Half a grey from rounding the source, half from the result, an eighth from places in 1/2048, and a twelfth.
    assert np.abs(values - expected)[:, surely].max() <= 1.2
    assert abs(float((values - expected)[:, surely].mean())) < 0.02  # no shift of any kind


@pytest.mark.parametrize("name", ["utm", "degrees", "mercator"])
def test_tiles_agree_with_the_formula_to_their_corners(name: str, tmp_path: Path) -> None:
    frame = FRAMES[name]
    rasters.write(tmp_path / "waves.tif", frame)
    info = describe_raster(tmp_path / "waves.tif")
    zoom = 16
    whole = window_over(info.bounds, zoom, 512)
    x, y = (whole.column + whole.width // 2) // 512, (whole.row + whole.height // 2) // 512
    with open_windows(info) as windows:
        for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
            window = tile_window(zoom, x + dx, y + dy)
            got = windows.read(window)
            if got is None:
                continue
            surely = inside(frame, window, 1.0)
            expected = frame.waves(*rasters.centres(window))
            for corner in (np.s_[:3, :3], np.s_[:3, -3:], np.s_[-3:, :3], np.s_[-3:, -3:]):
                difference = np.abs(got[0] - expected)[(slice(None), *corner)]
                assert (difference <= 1.2)[:, surely[corner]].all()


@pytest.mark.parametrize("how", ["plain", "nodata", "alpha", "mask", "float", "uint16"])
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_pixel_is_the_same_from_any_window(
    how: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    opened = _opened(how, tmp_path_factory)
    _info, whole, (values, alpha), windows = opened
    zoom, size = whole.zoom, whole.tile_size
    left = data.draw(st.integers(-20, whole.width - 1))
    top = data.draw(st.integers(-20, whole.height - 1))
    width, height = data.draw(st.integers(1, 300)), data.draw(st.integers(1, 300))
    window = PixelWindow(zoom, size, whole.column + left, whole.row + top, width, height)
    got = windows.read(window)
    rows = slice(max(top, 0), max(0, min(top + height, whole.height)))
    columns = slice(max(left, 0), max(0, min(left + width, whole.width)))
    if got is None:
        assert not alpha[rows, columns].any()
        return
    part = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
    assert np.array_equal(got[1][part], alpha[rows, columns])
    assert np.array_equal(got[0][(slice(None), *part)], values[(slice(None), rows, columns)], equal_nan=True)
    assert int((got[1] > 0).sum()) == int((alpha[rows, columns] > 0).sum())  # nothing beyond


_OPEN: dict[str, tuple] = {}


def _opened(how: str, factory: pytest.TempPathFactory) -> tuple:
    """A raster with holes, all of its pixels, and a reader of it, once for all examples."""
    if how not in _OPEN:
        path = factory.mktemp("windows") / "holes.tif"
        frame = FRAMES["utm"]
        rng = np.random.default_rng(7)
        nothing = None if how in ("plain", "float") else np.kron(rng.random((30, 40)) < 0.2, np.ones((10, 10), bool))
        dtype = {"float": "float32", "uint16": "uint16"}.get(how, "uint8")
        rasters.write(
            path, frame, dtype=dtype, nothing=nothing, how=how if how in ("alpha", "mask") else "nodata",
            nodata=0 if how in ("nodata", "uint16") else None, tiled=True, blockxsize=128, blockysize=128,
        )  # fmt: skip
        info = describe_raster(path)
        context = open_windows(info, exact=how == "float")
        windows: Windows = context.__enter__()
        whole = window_over(info.bounds, 15, 512)
        _OPEN[how] = (info, whole, windows.read(whole), windows, context)
    return _OPEN[how][:4]


@pytest.mark.parametrize("name", ["utm", "degrees", "mercator"])
def test_rio_tiler_reads_the_same_tile(name: str, tmp_path: Path) -> None:
    rasters.write(tmp_path / "waves.tif", FRAMES[name])
    info = describe_raster(tmp_path / "waves.tif")
    whole = window_over(info.bounds, 15, 512)
    x, y = (whole.column + whole.width // 2) // 512, (whole.row + whole.height // 2) // 512
    with Reader(str(tmp_path / "waves.tif")) as reader:
        theirs = reader.tile(x, y, 15, tilesize=512, resampling_method="bilinear", reproject_method="bilinear")
    with open_windows(info) as windows:
        ours = windows.read(tile_window(15, x, y))
    assert ours is not None
    surely = inside(FRAMES[name], tile_window(15, x, y), 2.0)
    assert surely.sum() > 10_000
    # GDAL's warp is allowed an eighth of a source pixel, of which these waves make 1 grey.
    assert np.abs(theirs.data.astype(int) - ours[0])[:, surely].max() <= 3
    assert np.abs(theirs.data.astype(int) - ours[0])[:, surely].mean() < 0.5


def test_heights_are_those_of_the_exact_place(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rough = rng.normal(0, 400, (300, 400)).round()
    for name in ("utm", "degrees", "turned"):
        frame = FRAMES[name]
        values = rasters.write(tmp_path / f"{name}.tif", frame, lambda x, y: rough, dtype="int16")
        window, got, alpha = full_windows(tmp_path / f"{name}.tif", 15, exact=True)
        assert got.dtype == np.float32
        column, row = rasters.source_places(frame, window)
        expected = rasters.bilinear(values, column, row)
        on = alpha == 255
        assert np.abs(got - expected)[:, on].max() < 1e-3  # a millimetre, on cliffs of hundreds of metres per pixel


def test_finer_pixels_are_averaged_over_the_area(tmp_path: Path) -> None:
    """A raster on the grid itself, four times as fine: every pixel is the mean of sixteen."""
    metres = 2 * rasters.EDGE / (512 << 14)
    west, north = 1000 * metres * 4 - rasters.EDGE, rasters.EDGE - 2000 * metres * 4
    frame = Frame("EPSG:3857", west, north, metres, 64, 48)
    noise = np.random.default_rng(5).integers(0, 60_000, (48, 64))
    values = rasters.write(tmp_path / "fine.tif", frame, lambda x, y: noise, dtype="float32")
    info = describe_raster(tmp_path / "fine.tif")
    with open_windows(info, exact=True) as windows:
        got = windows.read(PixelWindow(12, 512, 1000, 2000, 16, 12))
    assert got is not None
    expected = values.reshape(1, 12, 4, 16, 4).mean(axis=(2, 4), dtype=np.float64)
    assert np.allclose(got[0], expected, rtol=1e-6)
    assert (got[1] == 255).all()


@pytest.mark.parametrize("zoom", [6, 8, 9, 10, 11])
def test_pixels_far_coarser_than_the_raster_hold_its_mean(zoom: int, tmp_path: Path) -> None:
    """Down to where only every nth pixel is looked at, and where a window is read in many pieces."""
    metres = 2 * rasters.EDGE / (512 << 16)
    side = 1 << (16 - zoom)
    left, top = 7 * side, 5 * side
    frame = Frame("EPSG:3857", left * metres - rasters.EDGE, rasters.EDGE - top * metres, metres, 2048, 2048)
    rasters.write(tmp_path / "fine.tif", frame, lambda x, y: waves(x, y, 900 * metres)[:1], tiled=True)
    info = describe_raster(tmp_path / "fine.tif")
    n = max(1, 2048 // side)
    with open_windows(info) as windows:
        got = windows.read(PixelWindow(zoom, 512, 7, 5, n, n))
    assert got is not None
    fine = waves(*frame.places(), 900 * metres)[0]
    if side <= 2048:
        expected = fine.reshape(n, side, n, side).mean(axis=(1, 3))
        assert np.abs(got[0][0] - expected).max() <= 1.5


def test_a_window_of_many_pieces_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rasters.write(tmp_path / "waves.tif", FRAMES["utm"])
    _window, values, alpha = full_windows(tmp_path / "waves.tif", 15)
    monkeypatch.setattr("pipeline.sources.raster_windows._BYTES", 60_000)
    _window, pieces, opaque = full_windows(tmp_path / "waves.tif", 15)
    assert np.array_equal(values, pieces) and np.array_equal(alpha, opaque)


def test_overviews_are_read_where_they_are_fine_enough(tmp_path: Path) -> None:
    metres = 2 * rasters.EDGE / (512 << 16)
    frame = Frame("EPSG:3857", 800 * metres - rasters.EDGE, rasters.EDGE - 800 * metres, metres, 512, 512)
    path = tmp_path / "overviews.tif"
    rasters.write(path, frame)
    with rasterio.open(path, "r+") as out:
        out.build_overviews([2, 4], rasterio.enums.Resampling.average)
        out.write(np.zeros((3, 512, 512), np.uint8))  # the overviews stay as they are
    info = describe_raster(path)

    def first(zoom: int, exact: bool = False) -> int:
        with open_windows(info, exact=exact) as windows:
            got = windows.read(window_over(info.bounds, zoom, 512))
        assert got is not None
        return int(got[0].max())

    assert first(16) == first(15) == 0  # two to one: the raster itself
    assert first(14) > 100 and first(13) > 100
    assert first(13, exact=True) == 0  # heights never come from overviews


METHODS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "cubic": lambda t: np.where(
        np.abs(t) < 1, 1.5 * np.abs(t) ** 3 - 2.5 * t**2 + 1,
        np.where(np.abs(t) < 2, -0.5 * np.abs(t) ** 3 + 2.5 * t**2 - 4 * np.abs(t) + 2, 0),
    ),
    "lanczos": lambda t: np.where(np.abs(t) < 3, np.sinc(t) * np.sinc(t / 3), 0),
    "bilinear": lambda t: np.maximum(0, 1 - np.abs(t)),
    "nearest": lambda t: ((t > -0.5) & (t <= 0.5)).astype(float),
}  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_kernels_are_those_of_the_books(name: str, tmp_path: Path) -> None:
    """Against a dense matrix of the published kernels, a pixel of the raster 2.6 of the map's."""
    metres = 2 * rasters.EDGE / (512 << 15)
    frame = Frame("EPSG:3857", 900 * metres - rasters.EDGE, rasters.EDGE - 700 * metres, 2.6 * metres, 40, 30)
    noise = np.random.default_rng(11).normal(0, 100, (30, 40))
    values = rasters.write(tmp_path / "noise.tif", frame, lambda x, y: noise, dtype="float64")
    with open_windows(describe_raster(tmp_path / "noise.tif"), resampling=name) as windows:  # type: ignore[arg-type]
        got = windows.read(PixelWindow(15, 512, 900, 700, 104, 78))
    assert got is not None

    def matrix(size: int, n: int) -> np.ndarray:
        weights = METHODS[name]((np.arange(size) + 0.5)[None, :] - ((np.arange(n) + 0.5) / 2.6)[:, None])
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    expected = matrix(30, 78) @ values[0] @ matrix(40, 104).T
    assert np.abs(got[0][0] - expected).max() < 1e-3


@pytest.mark.parametrize("how", ["nodata", "alpha", "mask"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_no_colour_comes_from_where_there_is_nothing(how: str, dtype: str, tmp_path: Path) -> None:
    """Ground of one colour, and holes of another: no pixel has anything of the second."""
    frame = FRAMES["utm"]
    nothing = np.random.default_rng(2).random((300, 400)) < 0.4
    rasters.write(
        tmp_path / "holes.tif", frame, lambda x, y: np.full((3, 300, 400), 200.0), dtype=dtype, nothing=nothing,
        how=how, nodata=7 if how == "nodata" else None,
    )  # fmt: skip
    for zoom in (13, 15):
        window, values, alpha = full_windows(tmp_path / "holes.tif", zoom)
        assert np.unique(values[:, alpha > 0]).tolist() == [200]
        assert np.unique(values[:, alpha == 0]).tolist() == [0]
        if zoom == 15:  # a pixel is there where the nearest one of the raster is
            column, row = (np.floor(each).astype(int) for each in rasters.source_places(frame, window))
            on = inside(frame, window)
            there = np.zeros_like(on)
            there[on] = ~nothing[row[on], column[on]]
            assert ((alpha > 0) == there).mean() > 0.9999


def test_half_opaque_pixels_stay_so_and_weigh_half(tmp_path: Path) -> None:
    metres = 2 * rasters.EDGE / (512 << 15)
    frame = Frame("EPSG:3857", 900 * metres - rasters.EDGE, rasters.EDGE - 700 * metres, 2 * metres, 2, 1)
    path = tmp_path / "alpha.tif"
    rasters.write(path, frame, lambda x, y: np.zeros((3, 1, 2)), how="alpha")
    with rasterio.open(path, "r+") as out:
        out.write(np.array([[[100, 200]], [[0, 0]], [[0, 0]], [[255, 85]]], np.uint8))
    with open_windows(describe_raster(path)) as windows:
        got = windows.read(PixelWindow(15, 512, 900, 700, 4, 2))
    assert got is not None
    # Weights 1, 3/4, 1/4, 0 of the western pixel; colours weigh as they are opaque (1 and 1/3).
    assert got[1][0].tolist() == [255, 213, 128, 85]  # 0.75·255 + 0.25·85 = 212.5, 127.5
    assert got[0][0][0].tolist() == [100, 110, 150, 200]  # (0.75·100 + 0.25·200/3) / (0.75 + 0.25/3) = 110


def test_what_is_no_number_is_nothing(tmp_path: Path) -> None:
    frame = FRAMES["utm"]
    field = np.full((300, 400), 5.0)
    field[100:200, 100:200] = np.nan
    field[0:50] = np.inf
    rasters.write(tmp_path / "nan.tif", frame, lambda x, y: field, dtype="float32")
    _window, values, alpha = full_windows(tmp_path / "nan.tif", 15, exact=True)
    assert np.unique(values[0][alpha > 0]).tolist() == [5.0] and np.isfinite(values).all()
    assert 0.6 < (alpha > 0).sum() / (inside(frame, _window).sum()) < 0.85


def test_a_palette_becomes_colours_before_they_are_mixed(tmp_path: Path) -> None:
    metres = 2 * rasters.EDGE / (512 << 15)
    frame = Frame("EPSG:3857", 900 * metres - rasters.EDGE, rasters.EDGE - 700 * metres, 2 * metres, 2, 2)
    path = tmp_path / "palette.tif"
    rasters.write(path, frame, lambda x, y: np.array([[7.0, 9.0], [7.0, 9.0]]), photometric="palette")
    with rasterio.open(path, "r+") as out:
        out.write_colormap(1, {7: (200, 0, 40, 255), 9: (100, 80, 0, 255)})
    info = describe_raster(path)
    assert info.palette and info.kind == "imagery"
    with open_windows(info) as windows:
        got = windows.read(PixelWindow(15, 512, 900, 700, 4, 4))
    assert got is not None
    assert got[0][:, 1].T.tolist() == [[200, 0, 40], [175, 20, 30], [125, 60, 10], [100, 80, 0]]


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    frame = FRAMES["mercator"]
    rasters.write(tmp_path / "bits.tif", frame, lambda x, y: np.indices((300, 400)).sum(0) // 40 % 2, nbits=1)
    _window, values, alpha = full_windows(tmp_path / "bits.tif", 15, resampling="nearest")
    assert np.unique(values[0][alpha > 0]).tolist() == [0, 255]


def test_a_block_that_cannot_be_read_is_a_clear_message(tmp_path: Path) -> None:
    path = tmp_path / "torn.tif"
    rasters.write(path, FRAMES["utm"], compress="lzw", tiled=True, blockxsize=128, blockysize=128)
    body = bytearray(path.read_bytes())
    middle = len(body) // 2
    body[middle : middle + 4000] = b"\xff" * 4000
    path.write_bytes(body)
    info = describe_raster(path)
    with open_windows(info) as windows, pytest.raises(InputError, match=r"damaged: rows \d+ to \d+") as caught:
        windows.read(window_over(info.bounds, 15, 512))
    assert "torn.tif" in str(caught.value)


def test_far_from_the_raster_there_is_nothing(tmp_path: Path) -> None:
    rasters.write(tmp_path / "waves.tif", FRAMES["utm"])
    with open_windows(describe_raster(tmp_path / "waves.tif")) as windows:
        assert windows.read(tile_window(15, 3, 5)) is None


def test_nothing_but_nodata_is_nothing(tmp_path: Path) -> None:
    rasters.write(tmp_path / "empty.tif", FRAMES["utm"], nothing=np.ones((300, 400), bool), nodata=0)
    info = describe_raster(tmp_path / "empty.tif")
    with open_windows(info) as windows:
        assert windows.read(window_over(info.bounds, 15, 512)) is None


def test_nodata_may_be_given(tmp_path: Path) -> None:
    rasters.write(
        tmp_path / "void.tif",
        FRAMES["utm"],
        lambda x, y: np.where(np.indices((300, 400))[1] < 200, -9999, 50),
        dtype="int16",
    )
    info = describe_raster(tmp_path / "void.tif")
    with open_windows(info, RasterOptions(nodata=-9999), exact=True) as windows:
        got = windows.read(window_over(info.bounds, 15, 512))
    assert got is not None and np.unique(got[0][0][got[1] > 0]).tolist() == [50.0]
