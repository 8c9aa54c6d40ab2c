"""Heights in pictures, decoded by the published formulas; means of what is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.kernels.pack_heights import mean_heights, mean_known, pack_heights
from tests.kernels.pieces import EXAMPLES

TERRARIUM = (256, 32768 * 256)  # units per metre, number of height 0
MAPBOX = (10, 100_000)


def pack(values: list[float], inverse: float, encoding: tuple[int, int], unknown: float = 0.0) -> NDArray[np.uint8]:
    out = np.zeros((1, len(values), 4), np.uint8)
    units = round(encoding[0] / inverse)
    heights = np.array([values], np.float32)
    heights.flags.writeable = False  # as they come from a block
    pack_heights(heights, float(inverse), units, encoding[1], unknown, out)
    assert (out[..., 3] == 255).all()
    return out[0, :, :3]


def terrarium(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Tilezen: (red * 256 + green + blue / 256) - 32768."""
    r, g, b = rgb.astype(float).T
    return (r * 256 + g + b / 256) - 32768  # type: ignore[no-any-return]


def mapbox(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mapbox: -10000 + ((R * 256 * 256 + G * 256 + B) * 0.1)."""
    r, g, b = rgb.astype(float).T
    return -10000 + ((r * 256 * 256 + g * 256 + b) * 0.1)  # type: ignore[no-any-return]


def test_by_hand() -> None:
    assert pack([0, 1, -1, 8848.5], 256, TERRARIUM).tolist() == [
        [128, 0, 0],
        [128, 1, 0],
        [127, 255, 0],
        [162, 144, 128],
    ]
    # (100000 + 8848.5 · 10 = 188485) = 2 · 65536 + 224 · 256 + 69
    assert pack([0, 8848.5], 10, MAPBOX).tolist() == [[1, 134, 160], [2, 224, 69]]
    assert pack([0.0624, 0.0625, -0.0625, -0.0626], 8, TERRARIUM)[:, 2].tolist() == [0, 32, 0, 224]  # steps of 1/8


def test_unknown_and_impossible() -> None:
    assert pack([np.nan], 8, TERRARIUM, -3.0).tolist() == [[127, 253, 0]]
    out = np.zeros((1, 5, 4), np.uint8)
    values = np.array([[np.inf, -np.inf, 4e4, -4e4, 5]], np.float32)
    values.flags.writeable = False
    assert pack_heights(values, 8.0, 32, 32768 * 256, 0.0, out) == 4
    assert terrarium(out[0, :, :3]).tolist() == [32768 - 1 / 256, -32768, 32768 - 1 / 256, -32768, 5]
    none = np.zeros((0, 0), np.float32)
    assert pack_heights(none, 8.0, 32, 0, 0.0, np.zeros((0, 0, 4), np.uint8)) == 0


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.floats(-9999, 9000, width=32), min_size=1, max_size=30))
def test_decoded_within_half_a_step(values: list[float]) -> None:
    heights = np.array(values, np.float32).astype(float)
    for step in (1 / 256, 1 / 8, 1.0):
        assert np.abs(terrarium(pack(values, 1 / step, TERRARIUM)) - heights).max() <= step / 2
    for step in (0.1, 0.2, 1.0):
        assert np.abs(mapbox(pack(values, 1 / step, MAPBOX)) - heights).max() <= step / 2 + 1e-9


NAN = np.nan


def halve(heights: NDArray[np.float32], kernel: Any = mean_heights) -> NDArray[np.float32]:
    out = np.full((heights.shape[0] // 2, heights.shape[1] // 2, 2), 77, np.float32)
    kernel(heights, out)
    return out


def test_means_of_what_is_known() -> None:
    plane = np.array([[1, 3, NAN, NAN], [5, 7, NAN, NAN], [NAN, 2, 9, NAN], [NAN, 5, NAN, NAN]], np.float32)
    out = halve(plane, mean_known)
    np.testing.assert_array_equal(out[..., 0], [[4, NAN], [3.5, 9]])
    np.testing.assert_array_equal(out[..., 1], [[4, NAN], [2, 1]])
    assert halve(np.zeros((0, 0), np.float32), mean_known).shape == (0, 0, 2)


def test_means_are_weighed_by_number() -> None:
    plane = np.array([[[10, 4], [20, 1]], [[NAN, NAN], [40, 3]]], np.float32)
    assert halve(plane).tolist() == [[[(40 + 20 + 120) / 8, 8]]]
    assert np.isnan(halve(np.full((2, 2, 2), NAN, np.float32))).all()


@pytest.mark.parametrize("seed", range(5))
def test_the_mean_of_means_is_the_mean_of_all(seed: int) -> None:
    draw = np.random.default_rng(seed)
    plane = draw.uniform(0, 4000, (16, 16)).astype(np.float32)
    plane[draw.random((16, 16)) < 0.6] = np.nan
    level = halve(plane, mean_known)
    while len(level) > 1:
        level = halve(level)
    assert level[0, 0, 1] == (~np.isnan(plane)).sum()
    assert level[0, 0, 0] == pytest.approx(np.nanmean(plane.astype(float)), abs=1e-3)
