"""Smoothing and refining, against scipy, by hand, and cut into blocks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import convolve

from pipeline.kernels.blur import blur, refine
from tests.kernels.pieces import EXAMPLES


def blurred(heights: NDArray[np.float32], weights: list[float]) -> NDArray[np.float64]:
    out = np.full(heights.shape, -1.0)
    blur(heights, np.array(weights), np.empty(heights.shape), np.empty(heights.shape), out)
    return out


def refined(heights: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    rows, cols = (factor * (n - 3) + 1 for n in heights.shape)
    out = np.full((rows, cols), -1.0)
    refine(heights, factor, np.empty((heights.shape[0], cols)), out)
    return out


def test_a_blur_by_hand() -> None:
    heights = np.array([[0, 8, np.nan, 4]], np.float32)
    # 1·0.5 + 0.25 of each neighbour that is known, over the weights of those that are.
    assert blurred(heights, [0.25, 0.5, 0.25])[0].tolist()[:2] == [8 * 0.25 / 0.75, 8 * 0.5 / 0.75]
    assert np.isnan(blurred(heights, [0.25, 0.5, 0.25])[0, 2])
    assert blurred(heights, [0.25, 0.5, 0.25])[0, 3] == 4
    assert blurred(np.array([[7.0]], np.float32), [0.1, 0.2, 0.5, 0.2, 0.1]).tolist() == [[7.0]]
    assert blurred(np.empty((0, 3), np.float32), [1.0]).shape == (0, 3)


heights_with_voids = st.builds(
    lambda seed, rows, cols, share: _heights(seed, rows, cols, share),
    st.integers(0, 1 << 30),
    st.integers(5, 20),
    st.integers(5, 20),
    st.sampled_from([0.0, 0.1, 0.6]),
)


def _heights(seed: int, rows: int, cols: int, share: float) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    heights = rng.normal(500, 100, (rows, cols)).astype(np.float32)
    heights[rng.random((rows, cols)) < share] = np.nan
    return heights


@settings(max_examples=EXAMPLES, deadline=None)
@given(heights_with_voids)
def test_the_blur_is_scipys_normalised_convolution(heights: NDArray[np.float32]) -> None:
    w = np.exp(-0.5 * (np.arange(-3, 4) / 1.3) ** 2)
    known = ~np.isnan(heights)
    sums = convolve(np.where(known, heights, 0).astype(np.float64), np.outer(w, w), mode="constant")
    shares = convolve(known.astype(np.float64), np.outer(w, w), mode="constant")
    expected = np.where(known, sums / np.where(known, shares, 1), np.nan)
    np.testing.assert_allclose(blurred(heights, w.tolist()), expected, rtol=1e-12)


@settings(max_examples=EXAMPLES, deadline=None)
@given(heights_with_voids, st.integers(0, 12), st.integers(0, 12))
def test_a_block_with_its_surroundings_gives_the_same_bits(heights: NDArray[np.float32], row: int, col: int) -> None:
    w = [0.1, 0.3, 0.7, 0.3, 0.1]
    row, col = min(row, heights.shape[0] - 1), min(col, heights.shape[1] - 1)
    top, left = max(row - 2, 0), max(col - 2, 0)
    part = blurred(np.ascontiguousarray(heights[top:, left:]), w)[row - top :, col - left :]
    assert part.tobytes() == np.ascontiguousarray(blurred(heights, w)[row:, col:]).tobytes()


def test_refining_by_hand() -> None:
    assert refined(np.full((3, 3), 5.0), 4).tolist() == [[5.0]]
    plane = np.add.outer(10.0 * np.arange(5), np.arange(6.0))
    assert refined(plane, 2).tolist() == np.add.outer(10 + 10 * np.arange(5) / 2, 1 + np.arange(7) / 2).tolist()
    # A step: level before it and after it, nothing beyond either.
    step = np.tile(np.array([0.0, 0.0, 0.0, 8.0, 8.0, 8.0]), (4, 1))
    assert refined(step, 2)[0].tolist() == [0.0, 0.0, 0.0, 4.0, 8.0, 8.0, 8.0]


@settings(max_examples=EXAMPLES, deadline=None)
@given(heights_with_voids.filter(lambda heights: not np.isnan(heights).any()), st.integers(2, 4))
def test_rows_and_columns_are_scipys_monotone_cubics(heights: NDArray[np.float32], factor: int) -> None:
    wide = heights.astype(np.float64)
    out = refined(wide, factor)
    for axis, line in ((wide[1], out[0]), (wide[:, 1], out[:, 0])):
        at = 1 + np.arange(len(line)) / factor
        np.testing.assert_allclose(line, PchipInterpolator(np.arange(len(axis)), axis)(at), rtol=1e-9)


@settings(max_examples=EXAMPLES, deadline=None)
@given(heights_with_voids, st.integers(2, 3))
def test_nothing_is_made_where_a_corner_is_unknown_nor_beyond_the_corners(
    heights: NDArray[np.float32], factor: int
) -> None:
    out = refined(heights.astype(np.float64), factor)
    for r in range(out.shape[0] - 1):
        for c in range(out.shape[1] - 1):
            j, i = 1 + r // factor, 1 + c // factor
            cell = heights[j : j + 2, i : i + 2]
            mine = out[r : r + 2, c : c + 2]
            assert np.isnan(cell).any() or not np.isnan(mine).any()
    whole = refined(np.where(np.isnan(heights), 500, heights).astype(np.float64), factor)
    inner = np.where(np.isnan(heights), 500, heights)[1:-1, 1:-1]
    assert whole.min() >= inner.min() - 1e-9 and whole.max() <= inner.max() + 1e-9
