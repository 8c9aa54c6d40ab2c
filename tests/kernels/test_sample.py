"""Sampling at other places: hand-made tables, a naive twin, laws and degenerate windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.kernels.bilinear import bilinear
from pipeline.kernels.box import box_colours
from pipeline.kernels.places import Places, extent_of
from pipeline.kernels.sample import BOX, CUBIC, LANCZOS, NEAREST, Range, Read, find_nothing, sample

ANY = Range(-np.inf, np.inf, False)
BYTES = Range(0, 255, True)


def straight(x: float, y: float, step: float, rows: int, columns: int, spacing: int = 2, turn: float = 0.0) -> Places:
    """Places of a grid whose first pixel's centre is at x, y, and whose pixels measure `step` source pixels."""
    cell = 3 * spacing
    n, m = 3 * (-(-rows // cell)) + 1, 3 * (-(-columns // cell)) + 1
    u, v = np.meshgrid(np.arange(m) * spacing - 0.5, np.arange(n) * spacing - 0.5)
    return Places(x + step * (u + turn * v), y + step * (v - turn * u), spacing, 0, 0)


def run(
    source: list[list[float]], places: Places, shape: tuple[int, int], method: int = BOX, *, averaging: bool = False,
    opacity: list[list[int]] | None = None,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    values = np.array(source, np.float32)[:, :, None]  # as kernels are compiled for users
    opaque = np.full(values.shape[:2], 255, np.uint8) if opacity is None else np.array(opacity, np.uint8)
    out, alpha = np.full((*shape, 1), 9.0, np.float32), np.full(shape, 9, np.uint8)
    read = Read(values, opaque, 0, 0, values.shape[1], values.shape[0])
    found = sample(read, places, method, averaging, ANY, out, alpha)
    assert found == int((alpha > 0).sum())
    return out[:, :, 0], alpha


def test_places_half_way_are_means() -> None:
    got, alpha = run([[0, 10], [20, 30]], straight(0.5, 0.5, 0.5, 3, 3), (3, 3))
    assert got.tolist() == [[0, 5, 10], [10, 15, 20], [20, 25, 30]]
    assert (alpha == 255).all()


def test_beyond_the_edge_there_is_nothing_and_before_it_the_outermost() -> None:
    got, alpha = run([[4, 8]], straight(-0.25, 0.5, 0.5, 1, 6), (1, 6))
    assert got.tolist() == [[0, 4, 5, 7, 8, 0]]  # at -0.25, 0.25, 0.75, 1.25, 1.75, 2.25
    assert alpha.tolist() == [[0, 255, 255, 255, 255, 0]]


def test_nearest_takes_the_pixel_a_centre_lies_on() -> None:
    got, _alpha = run([[1, 2, 3]], straight(0.1, 0.9, 0.5, 1, 6), (1, 6), NEAREST)
    assert got.tolist() == [[1, 1, 2, 2, 3, 3]]  # 0.1, 0.6, 1.1, 1.6, 2.1, 2.6


@pytest.mark.parametrize(("method", "expected"), [
    (CUBIC, (-0.0625 * 0 + 0.5625 * 0 + 0.5625 * 16 - 0.0625 * 16)), (LANCZOS, 8.0),
])  # fmt: skip
def test_wider_kernels_half_way_up_a_step(method: int, expected: float) -> None:
    """Keys' weights half-way are −1/16, 9/16, 9/16, −1/16; any symmetric kernel gives the middle of a step."""
    got, _alpha = run([[0, 0, 0, 0, 16, 16, 16, 16]], straight(4.0, 0.5, 1.0, 1, 1), (1, 1), method)
    assert got[0, 0] == pytest.approx(expected)


def test_an_area_is_averaged_with_the_parts_at_its_edges() -> None:
    row = [[1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]]
    got, _alpha = run(row * 3, straight(1.25, 1.5, 2.5, 1, 4), (1, 4), averaging=True)
    # 0…2.5: (1 + 2 + 3/2) / 2.5; 2.5…5: (3/2 + 4 + 5) / 2.5; 5…7.5; 7.5…10
    assert got[0] == pytest.approx([1.8, 4.2, 6.8, 9.2])


def test_half_of_an_area_must_hold_something() -> None:
    row, there = [[5.0, 7, 0, 0, 0, 9, 3, 3]] * 4, [[255, 255, 0, 0, 0, 255, 255, 255]] * 4
    got, alpha = run(row, straight(2.0, 2.0, 4.0, 1, 2), (1, 2), averaging=True, opacity=there)
    assert got[0].tolist() == [6.0, 5.0] and alpha[0].tolist() == [255, 255]
    there = [[255, 0, 0, 0, 0, 255, 255, 255]] * 4
    got, alpha = run(row, straight(2.0, 2.0, 4.0, 1, 2), (1, 2), averaging=True, opacity=there)
    assert got[0].tolist() == [0.0, 5.0] and alpha[0].tolist() == [0, 255]


def test_places_that_are_no_numbers_hold_nothing() -> None:
    for wrong in (np.nan, np.inf, -np.inf, 1e300):
        places = straight(0.5, 0.5, 1.0, 2, 2)
        places.x[1, 1] = wrong
        got, alpha = run([[1, 2], [3, 4]], places, (2, 2))
        assert not alpha.any() and not got.any()
        out, opaque = np.ones((2, 2, 1), np.float32), np.ones((2, 2), np.uint8)
        padded, full = np.zeros((4, 4, 1), np.float32), np.full((4, 4), 255, np.uint8)
        assert bilinear(Read(padded, full, -1, -1, 2, 2), places, ANY, out, opaque) == 0
        assert not out.any() and not opaque.any()
        painted, four = np.ones((2, 2, 4), np.uint8), np.full((4, 4, 4), 255, np.uint8)
        assert box_colours(Read(four, full, -1, -1, 2, 2), places, True, painted) == 0
        assert not painted.any()
    west, _north, east, _south = extent_of(Places(np.full((4, 4), np.nan), np.zeros((4, 4)), 2, 0, 0), 3, 3)
    assert west > east


def test_an_empty_window_is_nothing() -> None:
    got, alpha = run([[1, 2]], straight(0.5, 0.5, 1.0, 1, 1), (0, 0))
    assert got.size == 0 and alpha.size == 0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_fast_ways_are_the_slow_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns, bands = rng.integers(1, 12), rng.integers(1, 12), rng.integers(1, 4)
    height, width = rng.integers(1, 40, 2)
    inner = rng.integers(0, 256, (rows, columns, bands)).astype(np.uint8)
    there = rng.choice(np.array([0, 100, 255], np.uint8), (rows, columns), p=[0.2, 0.2, 0.6])
    if seed % 3 == 0:
        there[:] = 255
    source, opacity = np.pad(inner, ((1, 1), (1, 1), (0, 0)), "edge"), np.pad(there, 1, "edge")
    places = straight(
        rng.uniform(-3, 1), rng.uniform(-3, 3), rng.uniform(0.1, 0.99), height, width, turn=rng.uniform(-0.2, 0.2)
    )
    read, plain = Read(source, opacity, -1, -1, columns, rows), Read(inner, there, 0, 0, columns, rows)
    slow, fast = np.zeros((height, width, bands), np.uint8), np.ones((height, width, bands), np.uint8)
    alphas = [np.ones((height, width), np.uint8) for _ in range(2)]
    found = sample(plain, places, BOX, False, BYTES, slow, alphas[0])
    assert bilinear(read, places, BYTES, fast, alphas[1]) == found
    assert np.abs(alphas[0].astype(int) - alphas[1]).max(initial=0) <= 1
    assert np.abs(slow.astype(int) - fast).max(initial=0) <= 1 and (slow != fast).mean() < 0.02


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_colours_come_out_as_of_any_values(seed: int, averaging: bool) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(1, 14, 2)
    height, width = rng.integers(1, 40, 2)
    inner = rng.integers(0, 256, (rows, columns, 3)).astype(np.uint8)
    there = rng.choice(np.array([0, 100, 255], np.uint8), (rows, columns), p=[0.1, 0.1, 0.8])
    if seed % 3 == 0:
        there[:] = 255
    step = rng.uniform(1.0, 1.9) if averaging else rng.uniform(0.1, 0.99)
    spacing = int(rng.choice([1, 2, 32]))
    places = straight(rng.uniform(-3, 1), rng.uniform(-3, 3), step, height, width, spacing, rng.uniform(-0.2, 0.2))
    slow, alpha = np.zeros((height, width, 3), np.uint8), np.ones((height, width), np.uint8)
    read = Read(inner, there, 0, 0, columns, rows)
    found = sample(read, places, BOX, averaging, BYTES, slow, alpha)
    fast = np.ones((height, width, 4), np.uint8)
    padded = np.pad(np.dstack([inner, there]), ((1, 1), (1, 1), (0, 0)), "edge")
    read = Read(padded, there[:0, :0], -1, -1, columns, rows)
    assert box_colours(read, places, averaging, fast) == found
    assert ((fast[:, :, 3] > 0) == (alpha > 0)).all() and not fast[alpha == 0].any()
    assert np.abs(fast[:, :, 3].astype(int) - alpha).max(initial=0) <= 1
    assert np.abs(fast[:, :, :3].astype(int) - slow).max(initial=0) <= 1
    assert (np.abs(fast[:, :, :3].astype(int) - slow) > 0).mean() < 0.05 or fast.size < 400


def test_nine_neighbours_weigh_by_their_share_of_the_box() -> None:
    """A box 1.5 pixels wide at the middle of nine: a quarter to either side in ninths of 1.5, so 1/6, 4/6, 1/6."""
    grey = np.array([[0, 0, 0], [0, 0, 0], [0, 0, 252]], np.uint8)
    picture = np.dstack([grey, grey.T[::-1], np.full((3, 3), 9, np.uint8), np.full((3, 3), 255, np.uint8)])
    places = straight(1.5, 1.5, 1.5, 1, 1)
    out = np.zeros((1, 1, 4), np.uint8)
    assert box_colours(Read(picture, picture[:0, :0, 3], 0, 0, 3, 3), places, True, out) == 1
    assert out.ravel().tolist() == [7, 7, 9, 255]  # 252 / 36
    picture[0, 0, 3] = 0  # at the other end: 35/36 of the box are left
    assert box_colours(Read(picture, picture[:0, :0, 3], 0, 0, 3, 3), places, True, out) == 1
    assert out.ravel().tolist() == [7, 7, 9, 255]  # 252 / 35 = 7.2
    picture[:, :, 3] = 0
    assert box_colours(Read(picture, picture[:0, :0, 3], 0, 0, 3, 3), places, True, out) == 0
    assert not out.any()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_plane_stays_a_plane(seed: int) -> None:
    """A linear ramp is reproduced away from the edge; by areas but for the steps that its pixels are."""
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(-5, 5, 2)
    row, column = np.mgrid[0:40, 0:40] + 0.5
    ramp = (a * column + b * row).tolist()
    step = float(rng.uniform(0.2, 3.0))
    for method in (BOX, CUBIC):
        averaging = step > 1 and method == BOX
        got, _alpha = run(ramp, straight(10.3, 12.7, step, 6, 6), (6, 6), method, averaging=averaging)
        i, j = np.mgrid[0:6, 0:6]
        expected = a * (10.3 + step * j) + b * (12.7 + step * i)
        steps = 0.125 * (abs(a) + abs(b)) if averaging else 0.0
        assert np.abs(got - expected).max() <= steps + 1e-4  # up to 400 in 24 bits, four times


def test_nothing_is_found() -> None:
    values = np.array([[[1.0, 2.0], [7.0, 7.0]], [[7.0, 3.0], [np.nan, 3.0]]])
    opacity = np.full((2, 2), 255, np.uint8)
    assert find_nothing(values, np.array([7.0, 7.0]), opacity) == 2
    assert opacity.tolist() == [[255, 0], [255, 0]]
    whole = np.array([[[3], [0]]], np.int16)
    opacity = np.array([[255, 0]], np.uint8)
    assert find_nothing(whole, np.array([np.nan]), opacity) == 0  # no value means nothing; what is 0 already stays
    assert opacity.tolist() == [[255, 0]]
