"""Colours of a ramp, by hand and against numpy's interpolation."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.kernels.tint import shade_colours, tint
from tests.kernels.pieces import EXAMPLES

UNKNOWN = np.array([1, 2, 3, 4], np.uint8)


def colours_of(values: list[float], stops: list[float], colours: list[list[int]]) -> NDArray[np.uint8]:
    out = np.zeros((1, len(values), 4), np.uint8)
    tint(np.array([values], np.float32), np.array(stops, float), np.array(colours, float), UNKNOWN, out)
    return out[0]


def test_between_stops() -> None:
    got = colours_of(
        [-5, 0, 50, 75, 100, 101, np.nan, np.inf, -np.inf],
        [0, 100],
        [[0, 10, 200, 255], [100, 20, 100, 55]],
    )
    assert got.tolist() == [
        [0, 10, 200, 255], [0, 10, 200, 255], [50, 15, 150, 155], [75, 18, 125, 105], [100, 20, 100, 55],
        [100, 20, 100, 55], [1, 2, 3, 4], [100, 20, 100, 55], [0, 10, 200, 255],
    ]  # fmt: skip


def test_one_stop_and_a_jump() -> None:
    assert colours_of([-1, 3, 9], [3], [[5, 6, 7, 8]]).tolist() == [[5, 6, 7, 8]] * 3
    got = colours_of([0, 4.999, 5, 6], [0, 5, 5, 10], [[0] * 4, [100] * 4, [200] * 4, [250] * 4])
    assert got[:, 0].tolist() == [0, 100, 200, 210]


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.integers(-500, 9000), min_size=1, max_size=12, unique=True), st.integers(0, 2**32 - 1))
def test_as_numpy_interpolates(stops: list[int], seed: int) -> None:
    draw = np.random.default_rng(seed)
    colours = draw.integers(0, 256, (len(stops), 4))
    values = draw.uniform(-600, 9100, 40).astype(np.float32)
    got = colours_of(values.tolist(), sorted(map(float, stops)), colours.tolist())
    for band in range(4):
        wanted = np.interp(values, sorted(stops), colours[:, band])
        assert np.abs(got[:, band] - wanted).max() <= 0.5 + 1e-6


def test_light_on_colours() -> None:
    """Flat 0.5 keeps; full shade at strength ½ halves; full light goes half the way to white; NaN keeps."""
    out = np.array([[[100, 200, 50, 70]] * 4], np.uint8)
    shade_colours(np.array([[0.5, 0.0, 1.0, np.nan]], np.float32), 0.5, 0.5, out)
    assert out[0].tolist() == [[100, 200, 50, 70], [50, 100, 25, 70], [178, 228, 153, 70], [100, 200, 50, 70]]
