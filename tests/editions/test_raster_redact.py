"""Pixels that an edition may not show do not come out, and cells agree across blocks."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from pipeline.editions.raster_redact import (
    Pixels,
    RasterMask,
    RasterRules,
    ReadBlock,
    coarsened,
    finest_zoom,
    ground_scale,
    masked,
    redact_pixels,
)
from pipeline.types import PixelWindow
from tests.raster.formula import coordinates, noise

SIZE, ZOOM = 64, 10  # pixels of a tile; 611 m a pixel at the equator
COLUMN, ROW = 54464, 27456  # near 119° E, 28° N; a corner of a tile


def picture(window: PixelWindow) -> Pixels:
    x, y = coordinates(window)
    return np.stack([noise(x, y, 1), noise(x, y, 2), noise(x, y, 3), np.full_like(x, 255)], 2).astype(np.uint8)


def heights(window: PixelWindow) -> Pixels:
    x, y = coordinates(window)
    return noise(x, y, 4).astype(np.float32)


def window(column: int = 0, row: int = 0, width: int = 128, height: int = 128) -> PixelWindow:
    return PixelWindow(ZOOM, SIZE, COLUMN + column, ROW + row, width, height)


def area(left: float, top: float, right: float, bottom: float) -> shapely.Geometry:
    """Pixels from the corner as degrees."""
    x = np.array([left, right]) + COLUMN
    y = np.array([bottom, top]) + ROW
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / (SIZE << ZOOM)))))
    lng = x / (SIZE << ZOOM) * 360 - 180
    return shapely.box(lng[0], lat[0], lng[1], lat[1])


@pytest.mark.parametrize("lat", [0.0, 28.0, -45.0, 60.0, 84.0])
def test_ground_scale_is_that_of_the_ellipsoid(lat: float) -> None:
    geod = Geod(ellps="WGS84")
    step = 1e-4  # degrees
    metres = math.radians(step) * 6378137  # of EPSG:3857, along the parallel
    east = geod.inv(0, lat, step, lat)[2] / metres
    dlat = step * math.cos(math.radians(lat))  # as long on the map
    north = geod.inv(0, lat - dlat / 2, 0, lat + dlat / 2)[2] / metres
    assert ground_scale(lat) == pytest.approx(min(east, north), rel=1e-6)


def test_the_finest_zoom() -> None:
    # 0.5 m at 28° N: zoom 18 of 256 has 0.527 m of the sphere there, 0.527 × 0.9956 of the meridian; zoom 19 half.
    assert finest_zoom(0.5, 256, (119.0, 27.9, 119.1, 28.0)) == 18
    assert finest_zoom(0.5, 512, (119.0, 27.9, 119.1, 28.0)) == 17
    assert finest_zoom(0.53, 256, (119.0, 27.9, 119.1, 28.0)) == 17
    assert finest_zoom(0.5, 256, (119.0, 0.0, 119.1, 60.0)) == 17  # the northern edge decides
    assert finest_zoom(0.5, 256, (119.0, -60.0, 119.1, 0.0)) == 17
    assert finest_zoom(1e9, 256, (0, 0, 1, 1)) == 0


@pytest.mark.parametrize("read", [picture, heights])
def test_no_finer_than_allowed(read: ReadBlock) -> None:
    # 611 m at the equator are some 540 m at 28°: 1500 m take four pixels.
    out, whole = coarsened(read, 1500)(window()), read(window())
    assert out is not None and whole is not None and out.dtype == whole.dtype
    cells = out.reshape(32, 4, 32, 4, -1)
    assert (cells == cells[:, :1, :, :1]).all()
    means = whole.astype(np.float64).reshape(32, 4, 32, 4, -1).mean((1, 3))
    assert np.abs(cells[:, 0, :, 0] - means).max() <= 1  # rounded twice


def test_what_is_coarse_enough_stays() -> None:
    assert np.array_equal(coarsened(picture, 500)(window()), picture(window()))
    assert coarsened(lambda _window: None, 1500)(window()) is None


def test_cells_grow_towards_the_poles() -> None:
    """A window over a row of tiles where the scale passes a power of two: each row keeps the allowed size."""
    zoom, size = 4, 64
    tall = PixelWindow(zoom, size, 0, 0, 64, 8 * size)  # 85° N to the equator
    out = coarsened(picture, 100_000)(tall)
    assert out is not None
    for tile in range(8):
        rows = out[tile * size : (tile + 1) * size, :, 0]
        sides = [
            n for n in (1, 2, 4, 8, 16, 32, 64) if (rows == np.repeat(np.repeat(rows[::n, ::n], n, 0), n, 1)).all()
        ]
        north = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * tile / 16))))
        pixel = 2 * math.pi * 6378137 / (size << zoom)
        assert pixel * max(sides) * ground_scale(north) >= 100_000 > pixel * max(sides) / 2 * ground_scale(north)


RULES = [
    RasterRules(1500),
    RasterRules(masks=(RasterMask(area(20.3, 30.2, 70.9, 66.1)),)),
    RasterRules(masks=(RasterMask(area(20.3, 30.2, 70.9, 66.1), 5000),)),
    RasterRules(1500, (RasterMask(area(3, 3, 9, 9), 2500), RasterMask(area(60, 60, 99, 80)))),
]


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from(RULES), st.sampled_from([picture, heights]), st.integers(0, 100), st.integers(0, 100),
    st.integers(1, 60), st.integers(1, 60),
)  # fmt: skip
def test_any_window_shows_the_same(rules: RasterRules, read: ReadBlock, x: int, y: int, w: int, h: int) -> None:
    whole = redact_pixels(read, rules)(window(width=192, height=192))
    part = redact_pixels(read, rules)(window(x, y, w, h))
    assert whole is not None and part is not None
    np.testing.assert_array_equal(part, whole[y : y + h, x : x + w])


def test_threads_may_share_a_reader() -> None:
    """Without a lock GEOS crashed when several asked a prepared area for the first time."""
    (left, bottom), (right, top) = np.reshape(area(0, 0, 128, 128).bounds, (2, 2))
    for turn in range(8):
        middle = shapely.Point((left + right) / 2, (bottom + top) / 2)
        ragged = middle.buffer((top - bottom) * (0.3 + turn / 50), quad_segs=2000)  # a new one each time, unprepared
        read = masked(picture, RasterMask(ragged, margin=0))
        windows = [window(x, y, 32, 32) for y in range(0, 128, 32) for x in range(0, 128, 32)]
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(read, windows))
        whole = read(window())
        assert whole is not None
        for asked, part in zip(windows, found, strict=True):
            assert part is not None
            x, y = asked.column - COLUMN, asked.row - ROW
            np.testing.assert_array_equal(part, whole[y : y + 32, x : x + 32])


@pytest.mark.parametrize("read", [picture, heights])
def test_an_area_is_taken_out(read: ReadBlock) -> None:
    out, whole = masked(read, RasterMask(area(20.3, 30.2, 70.9, 66.1), margin=0))(window()), read(window())
    assert out is not None and whole is not None
    gone = np.zeros((128, 128), bool)
    gone[30:67, 20:71] = True  # every pixel that it touches
    nothing = np.isnan(out) if out.ndim == 2 else ~out.any(axis=2)
    assert np.array_equal(nothing, gone) and np.array_equal(out[~gone], whole[~gone])
    more = masked(read, RasterMask(area(20.3, 30.2, 70.9, 66.1)))(window())
    assert more is not None
    wider = np.isnan(more) if more.ndim == 2 else ~more.any(axis=2)
    assert wider[29:68, 19:72].all() and wider.sum() <= 39 * 53


def test_an_area_is_blurred_as_whole_cells() -> None:
    """No masked pixel has a say but through the mean of its cell; the mean of a cell is all that is seen of it."""
    out = masked(picture, RasterMask(area(20.3, 30.2, 70.9, 66.1), 5000, margin=0))(window())  # 16 pixels: 8640 m
    assert out is not None
    cells = np.zeros((8, 8), bool)
    cells[1:5, 1:5] = True  # pixels 16 … 79 either way
    blurred = np.repeat(np.repeat(cells, 16, 0), 16, 1)
    means = out.reshape(8, 16, 8, 16, 4)[:, 0, :, 0]
    whole = picture(window())
    assert np.array_equal(out[blurred], np.repeat(np.repeat(means, 16, 0), 16, 1)[blurred])
    assert np.array_equal(out[~blurred], whole[~blurred])
    assert np.abs(means[cells] - whole.reshape(8, 16, 8, 16, 4).mean((1, 3))[cells]).max() <= 2


def test_a_sliver_and_an_invalid_area() -> None:
    sliver = area(20.4, 0, 20.6, 128)  # no pixel's centre lies in it
    out = masked(picture, RasterMask(sliver, margin=0))(window())
    assert out is not None and not out[:, 20].any() and out[:, 19].any() and out[:, 21].any()
    x0, y0, x1, y1 = area(20, 20, 40, 40).bounds
    bow = shapely.Polygon([(x0, y0), (x1, y1), (x1, y0), (x0, y1)])
    out = masked(picture, RasterMask(bow))(window())
    assert out is not None and not out[30, 22].any() and not out[30, 38].any()


def test_elsewhere_nothing_is_copied() -> None:
    whole = picture(window())
    assert masked(lambda _window: whole, RasterMask(area(500, 500, 600, 600)))(window()) is whole
    assert masked(lambda _window: None, RasterMask(area(0, 0, 9, 9)))(window()) is None


def test_cells_beyond_all_measure_are_refused() -> None:
    with pytest.raises(ValueError, match="cells of"):
        coarsened(picture, 1e9)(window())
