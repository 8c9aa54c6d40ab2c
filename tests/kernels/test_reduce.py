"""Halving: by hand, against fractions, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from pipeline.kernels.reduce import reduce_heights, reduce_rgba, reduce_rgba_linear
from pipeline.raster.pixels import HEIGHTS, RGBA, RGBA_LINEAR, _light
from tests.raster.formula import halved

CLEAR = (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("four", "one"),
    [
        ([(1, 2, 3, 255)] * 4, (1, 2, 3, 255)),
        ([(0, 0, 0, 255), (0, 0, 0, 255), (0, 0, 0, 255), (1, 2, 3, 255)], (0, 0, 1, 255)),  # 1/4, 1/2, 3/4
        ([(2, 255, 0, 255), (3, 255, 0, 255), (2, 255, 0, 255), (3, 255, 0, 255)], (2, 255, 0, 255)),  # 2.5 → 2
        ([(3, 0, 0, 255), (4, 0, 0, 255), (3, 0, 0, 255), (4, 0, 0, 255)], (4, 0, 0, 255)),  # 3.5 → 4
        ([(9, 8, 7, 255), CLEAR, CLEAR, CLEAR], (9, 8, 7, 64)),  # its own colour, 63.75 of 255
        ([(9, 8, 7, 255), (200, 100, 50, 0), CLEAR, CLEAR], (9, 8, 7, 64)),  # what cannot be seen gives no colour
        ([(100, 0, 0, 255), (0, 100, 0, 85), CLEAR, CLEAR], (75, 25, 0, 85)),
        ([CLEAR] * 4, CLEAR),
        ([(9, 9, 9, 0)] * 4, CLEAR),
        ([(9, 9, 9, 2), CLEAR, CLEAR, CLEAR], CLEAR),  # 2/4 → 0
        ([(9, 9, 9, 3), CLEAR, CLEAR, CLEAR], (9, 9, 9, 1)),
        ([(9, 9, 9, 128)] * 4, (9, 9, 9, 128)),
    ],
)
def test_four_become_one(four: list[tuple[int, ...]], one: tuple[int, ...]) -> None:
    for k in range(4):
        turned = np.array(four[k:] + four[:k], np.uint8).reshape(2, 2, 4)
        assert RGBA.reduce(turned).tolist() == [[list(one)]]


@given(arrays.arrays(np.uint8, st.tuples(st.just(4), st.just(6), st.just(4))))
def test_as_with_fractions(pixels: NDArray[np.uint8]) -> None:
    assert RGBA.reduce(pixels).tolist() == halved(pixels).tolist()


@given(arrays.arrays(np.uint8, st.tuples(st.just(2), st.just(8), st.just(4)), elements=st.integers(253, 255)))
def test_as_with_fractions_nearly_opaque(pixels: NDArray[np.uint8]) -> None:
    assert RGBA.reduce(pixels).tolist() == halved(pixels).tolist()


def test_grey_does_not_brighten() -> None:
    """Noise keeps its mean over six zooms; rounding up would add most of one."""
    pixels = np.full((1024, 1024, 4), 255, np.uint8)
    pixels[..., :3] = np.random.default_rng(1).integers(0, 255, (1024, 1024, 3))
    mean = pixels[..., :3].mean()
    for _ in range(6):
        pixels = RGBA.reduce(pixels)
    assert abs(pixels[..., :3].mean() - mean) < 0.15


def test_light_is_the_published_curve() -> None:
    light, grey = _light()
    # IEC 61966-2-1: 0.5 of light is grey 188; grey 128 is 0.2159 of light.
    assert light[0] == 0 and light[255] == 65535 and round(light[128] / 65535, 4) == 0.2159 and grey[32768] == 188
    assert grey[light].tolist() == list(range(256))


def test_means_of_light() -> None:
    black, white = (0, 0, 0, 255), (255, 255, 255, 255)
    board = np.array([[black, white], [white, black]], np.uint8)
    assert RGBA_LINEAR.reduce(board).tolist() == [[[188, 188, 188, 255]]]
    assert RGBA.reduce(board).tolist() == [[[128, 128, 128, 255]]]
    edge = np.array([[(9, 80, 200, 255), CLEAR], [(1, 2, 3, 0), CLEAR]], np.uint8)
    assert RGBA_LINEAR.reduce(edge).tolist() == [[[9, 80, 200, 64]]]
    assert RGBA_LINEAR.reduce(np.zeros((2, 2, 4), np.uint8)).tolist() == [[list(CLEAR)]]


@given(st.integers(0, 255), st.integers(1, 255))
def test_one_colour_stays(grey: int, alpha: int) -> None:
    pixels = np.full((4, 4, 4), grey, np.uint8)
    pixels[..., 3] = alpha
    for kind in (RGBA, RGBA_LINEAR):
        assert kind.reduce(pixels).tolist() == pixels[:2, :2].tolist()


def test_heights() -> None:
    nan = np.nan
    source = np.array(
        [[1, 2, nan, 8, nan, nan, -0.0, 0], [3, 4, 4, nan, nan, nan, 0, 0], [1e6, nan, -3, -4, 5, 5, 8848, 0],
         [nan, nan, -5, -6, 5, nan, 0, 0]], np.float32,
    )  # fmt: skip
    expected = np.array([[2.5, 6, nan, 0], [1e6, -4.5, 5, 2212]], np.float32)
    np.testing.assert_array_equal(HEIGHTS.reduce(source), expected)


@given(arrays.arrays(np.float32, (4, 6), elements=st.floats(-500, 9000, width=32) | st.just(float("nan"))))
def test_heights_as_numpy(source: NDArray[np.float32]) -> None:
    four = source.astype(np.float64).reshape(2, 2, 3, 2).transpose(0, 2, 1, 3).reshape(2, 3, 4)
    known = ~np.isnan(four)
    with np.errstate(invalid="ignore"):
        expected = np.where(known, four, 0).sum(2) / known.sum(2)
    np.testing.assert_allclose(HEIGHTS.reduce(source), expected, rtol=1e-6, atol=1e-4)


def test_nothing_to_halve() -> None:
    for kernel, source in ((reduce_rgba, np.empty((0, 4, 4), np.uint8)), (reduce_rgba, np.empty((4, 0, 4), np.uint8))):
        out = np.empty((source.shape[0] // 2, source.shape[1] // 2, 4), np.uint8)
        kernel(source, out)
    reduce_heights(np.empty((0, 0), np.float32), np.empty((0, 0), np.float32))
    reduce_rgba_linear(np.empty((0, 0, 4), np.uint8), *_light(), np.empty((0, 0, 4), np.uint8))
