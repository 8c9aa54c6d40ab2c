"""Several pictures as one: what lies on top, seams, faded edges, cutlines, values of any type."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from pipeline.errors import InputError
from pipeline.raster.handles import Handles
from pipeline.raster.mosaic import Mosaic, MosaicRules, MosaicSource, open_mosaic
from pipeline.raster.stretch import Stretch
from pipeline.sources.raster import RasterOptions, describe_raster
from pipeline.types import PixelWindow
from tests.oracles import rasters
from tests.oracles.rasters import Frame, frame_at, window_over

ZOOM = 15
METRES = 2 * rasters.EDGE / (512 << ZOOM)
LEFT, TOP = 13_941_000, 7_047_000  # a world pixel in Zhejiang


def flat(path: Path, box: tuple[int, int, int, int], colour: tuple[int, ...], **how: object) -> MosaicSource:
    """A picture of one colour on the grid itself: columns and rows from LEFT, TOP, width, height."""
    column, row, width, height = box
    frame = Frame(
        "EPSG:3857", (LEFT + column) * METRES - rasters.EDGE, rasters.EDGE - (TOP + row) * METRES, METRES, width, height
    )
    rasters.write(
        path, frame, lambda x, y: np.broadcast_to(np.array(colour)[:, None, None], (len(colour), height, width)), **how
    )  # type: ignore[arg-type]
    return MosaicSource(describe_raster(path))


def pixels(column: int, row: int, width: int, height: int) -> PixelWindow:
    return PixelWindow(ZOOM, 512, LEFT + column, TOP + row, width, height)


def degrees(column: float, row: float) -> tuple[float, float]:
    """A place of the grid in degrees."""
    x, y = (LEFT + column) * METRES - rasters.EDGE, rasters.EDGE - (TOP + row) * METRES
    return float(np.degrees(x / 6378137)), float(np.degrees(np.arctan(np.sinh(y / 6378137))))


RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


def test_priority_decides_and_then_the_order(tmp_path: Path) -> None:
    a = flat(tmp_path / "a.tif", (0, 0, 20, 10), RED)
    b = flat(tmp_path / "b.tif", (10, 0, 20, 10), GREEN)
    c = flat(tmp_path / "c.tif", (20, 0, 20, 10), BLUE)
    with open_mosaic([a, b, c]) as mosaic:
        row = mosaic.read(pixels(0, 0, 40, 10))[5]  # type: ignore[index]
    assert row[:20].tolist() == [[*RED, 255]] * 20
    assert row[20:30].tolist() == [[*GREEN, 255]] * 10
    assert row[30:].tolist() == [[*BLUE, 255]] * 10
    with open_mosaic([a, b, MosaicSource(c.info, priority=2.5)]) as mosaic:
        row = mosaic.read(pixels(0, 0, 40, 10))[5]  # type: ignore[index]
    assert row[20:].tolist() == [[*BLUE, 255]] * 20
    with open_mosaic([b, a]) as mosaic:
        assert mosaic.read(pixels(10, 0, 10, 10))[5].tolist() == [[*GREEN, 255]] * 10  # type: ignore[index]


def test_what_is_hidden_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a = flat(tmp_path / "a.tif", (0, 0, 20, 10), RED)
    b = flat(tmp_path / "b.tif", (0, 0, 20, 10), GREEN)
    (tmp_path / "b.tif").unlink()
    with open_mosaic([a, b]) as mosaic:
        assert mosaic.read(pixels(0, 0, 20, 10)) is not None
    with open_mosaic([b, a]) as mosaic, pytest.raises(InputError, match="does not exist"):
        mosaic.read(pixels(0, 0, 20, 10))


def test_no_gap_between_two_zones(tmp_path: Path) -> None:
    """Two pictures in UTM zones 50 and 51 that overlap a little, and what lies between their edges in either."""
    zones = [("EPSG:32650", 119.99), ("EPSG:32651", 120.0)]
    sources = []
    for n, (crs, lng) in enumerate(zones):
        frame = frame_at(crs, lng, 28.07, 5.0, 300, 300)
        rasters.write(tmp_path / f"{n}.tif", frame, lambda x, y: rasters.waves(x, y, 4500.0))
        sources.append(MosaicSource(describe_raster(tmp_path / f"{n}.tif")))
    with open_mosaic(sources) as mosaic:
        assert mosaic.max_zoom(512) == 14  # 5.67 m of the map; zoom 13 has 9.55, 14 has 4.78
        window = window_over(mosaic.bounds, ZOOM, 512)
        got = mosaic.read(window)
    assert got is not None
    inner = got[60:-60]  # the zones' norths converge: their upper and lower edges are steps
    first, last = (inner[:, :, 3] > 0).argmax(axis=1), inner.shape[1] - 1 - (inner[:, ::-1, 3] > 0).argmax(axis=1)
    for row in range(len(inner)):
        assert (inner[row, first[row] : last[row] + 1, 3] == 255).all()
    expected = rasters.waves(*rasters.centres(window), 4500.0).transpose(1, 2, 0)
    at = np.meshgrid(np.arange(window.width), np.arange(window.height))
    inside = shapely.contains_xy(shapely.box(20, 70, window.width - 20, window.height - 70), *at)
    inside = np.asarray(inside) & (got[:, :, 3] == 255)
    edge = np.zeros_like(inside)
    edge[2:-2, 2:-2] = (np.lib.stride_tricks.sliding_window_view(got[:, :, 3], (5, 5)) == 255).all(axis=(2, 3))
    assert (inside & edge).sum() > 100_000
    assert (
        np.abs(got[:, :, :3] - expected)[inside & edge].max() <= 1.7
    )  # half a source pixel from the edge, waves stand still


def test_pictures_that_share_an_edge_leave_no_gap(tmp_path: Path) -> None:
    """Cut from one raster at odd places, in a CRS turned against the grid: not one pixel misses or differs."""
    frame = frame_at("EPSG:32650", 119.13, 28.07, 7.0, 300, 200, turned=11.0)
    whole = tmp_path / "whole.tif"
    values = rasters.write(whole, frame, lambda x, y: np.full((3, 200, 300), 77.0))
    sources = []
    for n, (x, y, w, h) in enumerate([(0, 0, 131, 77), (131, 0, 169, 77), (0, 77, 131, 123), (131, 77, 169, 123)]):
        t = frame.transform @ rasters.Affine.translation(x, y)
        path = tmp_path / f"{n}.tif"
        with rasterio.open(
            path, "w", driver="GTiff", width=w, height=h, count=3, dtype="uint8", crs=frame.crs, transform=t
        ) as out:
            out.write(values[:, y : y + h, x : x + w])
        sources.append(MosaicSource(describe_raster(path)))
    with open_mosaic([MosaicSource(describe_raster(whole))]) as one, open_mosaic(sources) as four:
        window = window_over(one.bounds, ZOOM, 512)
        assert np.array_equal(one.read(window), four.read(window))


def test_edges_fade_into_what_lies_below(tmp_path: Path) -> None:
    a = flat(tmp_path / "a.tif", (0, 0, 100, 40), RED)
    b = flat(tmp_path / "b.tif", (60, 0, 100, 40), BLUE)
    with open_mosaic([a, b], MosaicRules(feather=8)) as mosaic:
        got = mosaic.read(pixels(0, 0, 160, 40))
    assert got is not None and (got[:, :, 3] == 255).all()
    row = got[20].astype(int)
    assert row[:60].tolist() == [[*RED, 255]] * 60  # nothing below: no fading
    assert row[100:].tolist() == [[*BLUE, 255]] * 60
    # Red's last pixel is one from nothing: (1 − 0.5)/8; the blue one's edge lies under red, at full weight.
    shares = np.minimum(1.0, (np.arange(40, 0, -1) - 0.5) / 8)
    below = np.minimum(1.0, (np.arange(1, 41) - 0.5) / 8)
    expected = 200 * shares / (shares + (1 - shares) * below)
    assert np.abs(row[60:100, 0] - expected).max() <= 0.51


@pytest.mark.parametrize("feather", [0, 5, 31])
def test_seams_do_not_know_the_blocks(feather: int, tmp_path: Path) -> None:
    """Rough pictures with holes, cutlines and half-transparent pixels: the same from any division into windows."""
    sources = []
    rng = np.random.default_rng(4)
    for n in range(4):
        frame = frame_at("EPSG:32650" if n % 2 else "EPSG:4549", 119.13 + 0.004 * n, 28.07 - 0.002 * n, 5.0, 200, 180)
        holes = np.kron(rng.random((18, 20)) < 0.15, np.ones((10, 10), bool))
        noise = rng.integers(0, 255, (3, 180, 200))
        rasters.write(
            tmp_path / f"{n}.tif",
            frame,
            lambda x, y, noise=noise: noise,
            nothing=holes,
            how="alpha" if n == 2 else "mask",
        )
        cut = shapely.Point(119.137 + 0.004 * n, 28.066).buffer(0.003) if n == 1 else None
        sources.append(MosaicSource(describe_raster(tmp_path / f"{n}.tif"), cutline=cut, priority=float(n == 3)))
    with open_mosaic(sources, MosaicRules(feather=feather)) as mosaic:
        window = window_over(mosaic.bounds, ZOOM, 512)
        whole = mosaic.read(window)
        assert whole is not None
        pieces = np.zeros_like(whole)
        edges = [0, 37, 38, 150, 231, window.width], [0, 64, 129, 200, 201, window.height]
        windows = [
            PixelWindow(ZOOM, 512, window.column + x, window.row + y, right - x, bottom - y)
            for x, right in zip(edges[0], edges[0][1:], strict=False)
            for y, bottom in zip(edges[1], edges[1][1:], strict=False)
        ]
        with ThreadPoolExecutor(3) as pool:  # and from any thread
            for each, got in zip(windows, pool.map(mosaic.read, windows), strict=True):
                if got is not None:
                    row, column = each.row - window.row, each.column - window.column
                    pieces[row : row + each.height, column : column + each.width] = got
    assert np.array_equal(whole, pieces)
    assert (whole[:, :, 3] > 0).mean() > 0.4


def test_a_cutline_shows_what_is_inside(tmp_path: Path) -> None:
    a = flat(tmp_path / "a.tif", (0, 0, 100, 100), RED)
    b = flat(tmp_path / "b.tif", (0, 0, 100, 100), BLUE)
    ring = shapely.Polygon(
        [degrees(10, 10), degrees(60, 10), degrees(60, 60), degrees(10, 60)],
        [[degrees(20, 20), degrees(30, 20), degrees(30, 30), degrees(20, 30)]],
    )
    with open_mosaic([MosaicSource(a.info, cutline=ring), b]) as mosaic:
        got = mosaic.read(pixels(0, 0, 100, 100))
        west, south = (LEFT + 10) * METRES - rasters.EDGE, rasters.EDGE - (TOP + 60) * METRES
        box = (west, south, west + 50 * METRES, south + 50 * METRES)
        assert mosaic.footprints[0] == pytest.approx(box, abs=1e-3)
    expected = np.zeros((100, 100), bool)
    expected[10:60, 10:60] = True
    expected[20:30, 20:30] = False
    assert got is not None and np.array_equal(got[:, :, 0] == 200, expected) and (got[:, :, 3] == 255).all()
    with open_mosaic([MosaicSource(a.info, cutline=ring)]) as mosaic:
        assert mosaic.read(pixels(70, 70, 20, 20)) is None
        alone = mosaic.read(pixels(0, 0, 100, 100))
    assert alone is not None and np.array_equal(alone[:, :, 3] == 255, expected) and not alone[~expected].any()
    with (
        pytest.raises(InputError, match="encloses no area"),
        open_mosaic([MosaicSource(a.info, cutline=shapely.Point(1, 2))]),
    ):
        pass


def test_gray_and_colour_and_alpha_in_one(tmp_path: Path) -> None:
    gray = flat(tmp_path / "gray.tif", (0, 0, 10, 10), (90,))
    colour = flat(tmp_path / "colour.tif", (10, 0, 10, 10), RED)
    glass = flat(tmp_path / "glass.tif", (0, 0, 20, 10), GREEN, how="alpha")
    with rasterio.open(tmp_path / "glass.tif", "r+") as out:
        out.write(np.full((10, 20), 51, np.uint8), 4)  # a fifth
    with open_mosaic([glass, gray, colour]) as mosaic:
        got = mosaic.read(pixels(0, 0, 30, 10))
    assert got is not None
    assert got[5, 5].tolist() == [72, 112, 72, 255]  # 0.2·(0, 200, 0) + 0.8·(90, 90, 90)
    assert got[5, 15].tolist() == [160, 40, 0, 255]
    assert got[5, 25].tolist() == [0, 0, 0, 0]


def test_wide_values_are_stretched_alike_in_all_files(tmp_path: Path) -> None:
    ramps = [
        np.linspace(1000, 3000, 128 * 128).reshape(1, 128, 128),
        np.linspace(3000, 5000, 128 * 128).reshape(1, 128, 128),
    ]
    sources = []
    for n, ramp in enumerate(ramps):
        frame = Frame(
            "EPSG:3857", (LEFT + 128 * n) * METRES - rasters.EDGE, rasters.EDGE - TOP * METRES, METRES, 128, 128
        )
        nothing = np.zeros((128, 128), bool)
        nothing[:, :8] = True
        rasters.write(
            tmp_path / f"{n}.tif",
            frame,
            lambda x, y, ramp=ramp: np.repeat(ramp, 3, axis=0),
            dtype="uint16",
            nothing=nothing,
            nodata=65535,
        )
        sources.append(MosaicSource(describe_raster(tmp_path / f"{n}.tif")))
    byte = flat(tmp_path / "byte.tif", (0, 128, 10, 10), (90, 100, 110))
    with open_mosaic([*sources, byte]) as mosaic:
        limits = mosaic.limits[False, 3]
        assert limits.low == pytest.approx([1080] * 3, abs=10) and limits.high == pytest.approx([4920] * 3, abs=10)
        got = mosaic.read(pixels(0, 0, 256, 138))
        again = Mosaic([*sources, byte], MosaicRules())
        assert np.array_equal(again.limits[False, 3].low, limits.low)
    assert got is not None
    assert got[130, 5].tolist() == [90, 100, 110, 255]  # bytes stay as they are
    assert not got[:128, :8].any()
    middle = (3000 - limits.low[0]) / (limits.high[0] - limits.low[0]) * 255
    assert abs(int(got[127, 127, 0]) - middle) <= 1 and abs(int(got[0, 140, 0]) - middle) <= 2
    with open_mosaic(sources, MosaicRules(stretch=Stretch(0, 10_000, percentiles=False))) as mosaic:
        got = mosaic.read(pixels(0, 0, 256, 128))
    assert got is not None and got[127, 127].tolist() == [77, 77, 77, 255]  # 3000/10000·255 = 76.5


def test_nothing_to_stretch_by_is_said(tmp_path: Path) -> None:
    empty = flat(
        tmp_path / "empty.tif", (0, 0, 10, 10), (7,), dtype="uint16", nothing=np.ones((10, 10), bool), nodata=9
    )
    with pytest.raises(InputError, match="No pixel holds a value"), open_mosaic([empty]):
        pass


def test_bands_may_be_chosen(tmp_path: Path) -> None:
    flat(tmp_path / "four.tif", (0, 0, 10, 10), (10, 20, 30, 40))
    info = describe_raster(tmp_path / "four.tif", RasterOptions(bands=(4, 1, 2)))
    with open_mosaic([MosaicSource(info)]) as mosaic:
        assert mosaic.read(pixels(0, 0, 10, 10))[5, 5].tolist() == [40, 10, 20, 255]  # type: ignore[index]


@pytest.mark.parametrize(("pixel", "tile_size", "zoom"), [
    (METRES, 512, 15), (METRES, 256, 16), (METRES * 1.9, 512, 15), (METRES * 0.995, 512, 15), (METRES * 0.98, 512, 16),
])  # fmt: skip
def test_the_highest_zoom_is_no_coarser_than_the_source(
    pixel: float, tile_size: int, zoom: int, tmp_path: Path
) -> None:
    frame = Frame("EPSG:3857", 1e6, 4e6, pixel, 50, 50)
    rasters.write(tmp_path / "a.tif", frame)
    with open_mosaic([MosaicSource(describe_raster(tmp_path / "a.tif"))]) as mosaic:
        assert mosaic.max_zoom(tile_size) == zoom


def test_more_files_than_may_be_open(tmp_path: Path) -> None:
    """A thousand squares of four files, two open at a time, by several threads."""
    infos = [flat(tmp_path / f"{n}.tif", (10 * n, 0, 10, 10), (50 * n + 20, 0, 0)).info for n in range(4)]
    sources = [MosaicSource(infos[n % 4]) for n in range(1000)]
    mosaic = Mosaic(sources, MosaicRules())
    mosaic._handles = Handles(mosaic._open, most=2)
    with ThreadPoolExecutor(3) as pool:
        got = list(pool.map(mosaic.read, [pixels(10 * (n % 4), 0, 10, 10) for n in range(60)]))
    counts = [len(each) for each in mosaic._handles._all]
    mosaic.close()
    assert all(each is not None and each[5, 5, 0] == 50 * (n % 4) + 20 for n, each in enumerate(got))
    assert counts and max(counts) <= 2
    assert not any(mosaic._handles._all)


def test_handles_close_what_was_not_used_longest() -> None:
    closed = []

    class Door:
        def __init__(self, number: int) -> None:
            self.number = number

        def __enter__(self) -> int:
            return self.number

        def __exit__(self, *_: object) -> None:
            closed.append(self.number)

    handles: Handles[int] = Handles(Door, most=2)
    assert [handles.get(n) for n in (1, 2, 1, 3, 2)] == [1, 2, 1, 3, 2]
    assert closed == [2, 1]
    handles.close()
    assert sorted(closed) == [1, 2, 2, 3]


def test_the_nine_chips_of_two_zones(shared_data: Path) -> None:
    chips = sorted((shared_data / "raster" / "neon").glob("*.tif"))
    infos = [describe_raster(each) for each in chips]
    assert len(infos) == 9 and {each.crs for each in infos} == {"EPSG:32611", "EPSG:32617"}
    with open_mosaic([MosaicSource(each) for each in infos]) as mosaic:
        assert mosaic.max_zoom(512) == 20
        for info, footprint in zip(infos, mosaic.footprints, strict=True):
            got = mosaic.read(window_over(footprint, 20, 512))
            assert got is not None
            with rasterio.open(info.path) as file:
                mean = file.read([1, 2, 3]).mean(axis=(1, 2))
            assert 0.85 < (got[:, :, 3] == 255).mean() < 0.98  # turned by the convergence of the meridians
            assert np.abs(got[got[:, :, 3] == 255][:, :3].mean(axis=0) - mean).max() < 1.5


def test_two_years_of_the_same_quarter(shared_data: Path) -> None:
    infos = [describe_raster(each) for each in sorted((shared_data / "raster").glob("m_4709963_*.tif"))]
    assert len(infos) == 2
    with open_mosaic([MosaicSource(infos[0]), MosaicSource(infos[1], priority=1)]) as mosaic:
        window = window_over(mosaic.bounds, 14, 512)
        newest = mosaic.read(window)
    with open_mosaic([MosaicSource(infos[1])]) as mosaic:
        alone = mosaic.read(window)
    assert newest is not None and alone is not None
    shown = alone[:, :, 3] == 255
    assert shown.mean() > 0.9 and np.array_equal(newest[shown], alone[shown])
    assert (newest[:, :, 3] == 255).sum() > shown.sum()  # the older one reaches five metres further
