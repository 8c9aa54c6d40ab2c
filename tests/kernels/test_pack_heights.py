"""Heights in pictures, decoded by the published formulas; means of what is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.kernels.pack_heights import mean_heights, pack_heights
from tests.kernels.pieces import EXAMPLES

TERRARIUM = (256, 32768 * 256)  # units per metre, number of height 0
MAPBOX = (10, 100_000)


def pack(values: list[float], inverse: float, encoding: tuple[int, int], unknown: float = 0.0) -> NDArray[np.uint8]:
    out = np.zeros((1, len(values), 3), np.uint8)
    units = round(encoding[0] / inverse)
    pack_heights(np.array([values], np.float32), inverse, units, encoding[1], unknown, out)
    return out[0]


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
    out = np.zeros((1, 5, 3), np.uint8)
    values = np.array([[np.inf, -np.inf, 4e4, -4e4, 5]], np.float32)
    assert pack_heights(values, 8.0, 32, 32768 * 256, 0.0, out) == 4
    assert terrarium(out[0]).tolist() == [32768 - 1 / 256, -32768, 32768 - 1 / 256, -32768, 5]
    none = np.zeros((0, 0), np.float32)
    assert pack_heights(none, 8.0, 32, 0, 0.0, np.zeros((0, 0, 3), np.uint8)) == 0


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.floats(-9999, 9000, width=32), min_size=1, max_size=30))
def test_decoded_within_half_a_step(values: list[float]) -> None:
    heights = np.array(values, np.float32).astype(float)
    for step in (1 / 256, 1 / 8, 1.0):
        assert np.abs(terrarium(pack(values, 1 / step, TERRARIUM)) - heights).max() <= step / 2
    for step in (0.1, 0.2, 1.0):
        assert np.abs(mapbox(pack(values, 1 / step, MAPBOX)) - heights).max() <= step / 2 + 1e-9


def halve(
    heights: object, weights: object = None, each: float = 1.0
) -> tuple[NDArray[np.float32], NDArray[np.float32], int]:
    plane = np.array(heights, np.float32)
    n = len(plane)
    out, out_weights = np.full((n, n), 77, np.float32), np.full((n, n), 77, np.float32)
    counts = np.empty((0, 0), np.float32) if weights is None else np.array(weights, np.float32)
    known = mean_heights(plane, counts, each, n // 2, 0, out, out_weights)
    assert (out[: n // 2] == 77).all() and (out[:, n // 2 :] == 77).all()  # only its corner is written
    return out[n // 2 :, : n // 2], out_weights[n // 2 :, : n // 2], known


def test_means_of_what_is_known() -> None:
    nan = np.nan
    mean, weights, known = halve([[1, 3, nan, nan], [5, 7, nan, nan], [nan, 2, 9, nan], [nan, 5, nan, nan]], each=4.0)
    np.testing.assert_array_equal(mean, [[4, nan], [3.5, 9]])
    assert weights.tolist() == [[16, 0], [8, 4]] and known == 3


def test_means_are_weighed_by_number() -> None:
    mean, weights, known = halve([[10, 20], [np.nan, 40]], [[4, 1], [0, 3]])
    assert mean.tolist() == [[(40 + 20 + 120) / 8]] and weights.tolist() == [[8]] and known == 1


@pytest.mark.parametrize("seed", range(5))
def test_the_mean_of_means_is_the_mean_of_all(seed: int) -> None:
    draw = np.random.default_rng(seed)
    plane = draw.uniform(0, 4000, (16, 16)).astype(np.float32)
    plane[draw.random((16, 16)) < 0.6] = np.nan
    level, weights = plane, np.empty((0, 0), np.float32)
    while len(level) > 1:
        n = len(level) // 2
        above, counts = np.empty((n, n), np.float32), np.empty((n, n), np.float32)
        mean_heights(level, weights, 1.0, 0, 0, above, counts)
        level, weights = above, counts
    assert weights[0, 0] == (~np.isnan(plane)).sum()
    assert level[0, 0] == pytest.approx(np.nanmean(plane.astype(float)), abs=1e-3)
