"""Slope, aspect and light: planes by hand, and gdaldem's published formulas in plain numpy as the oracle."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.kernels.hillshade import hillshade_multi, hillshade_single, shade_alpha, shade_grey
from pipeline.kernels.slope import aspect, slope

Plane = NDArray[np.float32]
CELL = 30.0


def plane(east: float, north: float, rows: int = 5, columns: int = 6) -> Plane:
    """Heights that rise by `east` and `north` metres per metre, with a rim of one cell."""
    r, c = np.mgrid[0 : rows + 2, 0 : columns + 2]
    return (1000.0 + east * CELL * c - north * CELL * r).astype(np.float32)


def hills(rows: int = 40, columns: int = 50) -> Plane:
    """Something of all slopes and directions."""
    r, c = np.mgrid[0 : rows + 2, 0 : columns + 2].astype(float)
    return (500 + 90 * np.sin(c / 5) * np.cos(r / 7) + 300 * np.exp(-((r - 20) ** 2 + (c - 30) ** 2) / 90)).astype(
        np.float32
    )


def ground_of(heights: Plane, cell: float = CELL) -> NDArray[np.float64]:
    return np.full(heights.shape[0] - 2, cell)


def run(kernel: Any, heights: Plane, *arguments: Any) -> Plane:
    out = np.full((heights.shape[0] - 2, heights.shape[1] - 2), -9, np.float32)
    kernel(heights, *arguments, out)
    return out


def horn(heights: Plane, cell: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """gdaldem's gradient: to the east and to the north."""
    z = heights.astype(float)
    a, b, c = z[:-2, :-2], z[:-2, 1:-1], z[:-2, 2:]
    d, f = z[1:-1, :-2], z[1:-1, 2:]
    g, h, i = z[2:, :-2], z[2:, 1:-1], z[2:, 2:]
    across = 8 * cell[:, None]
    return ((c + f + f + i) - (a + d + d + g)) / across, ((a + b + b + c) - (g + h + h + i)) / across


@pytest.mark.parametrize(
    ("east", "north", "steepness", "direction"),
    [
        (0.0, 0.0, 0.0, -1.0),  # flat
        (1.0, 0.0, 45.0, 270.0),  # rises to the east, falls to the west
        (-1.0, 0.0, 45.0, 90.0),
        (0.0, 1.0, 45.0, 180.0),  # rises to the north, falls to the south
        (0.0, -1.0, 45.0, 0.0),
        (0.5, 0.5, 35.26439, 225.0),  # atan(√½)
        (-0.3, -0.4, 26.56505, 36.8699),  # atan(½), atan(3/4) east of north
    ],
)
def test_planes(east: float, north: float, steepness: float, direction: float) -> None:
    heights = plane(east, north)
    np.testing.assert_allclose(run(slope, heights, ground_of(heights)), steepness, atol=1e-3)
    got = run(aspect, heights, 0.0)
    if direction == 0.0:  # 359.99… is as near to north
        got = (got + 180) % 360 - 180
    np.testing.assert_allclose(got, direction, atol=1e-2)


def test_rows_have_their_own_cell() -> None:
    heights = plane(1.0, 0.0)
    got = run(slope, heights, np.array([30.0, 60.0, 15.0, 30.0, 30.0]))
    np.testing.assert_allclose(got[:, 0], [45, math.degrees(math.atan(0.5)), math.degrees(math.atan(2)), 45, 45], 1e-5)


def test_hills_are_those_of_gdaldem() -> None:
    heights = hills()
    cell = np.linspace(20.0, 35.0, heights.shape[0] - 2)
    east, north = horn(heights, cell)
    np.testing.assert_allclose(run(slope, heights, cell), np.degrees(np.arctan(np.hypot(east, north))), atol=2e-4)
    down = np.degrees(np.arctan2(-east, -north)) % 360
    apart = (run(aspect, heights, 0.0) - down + 180) % 360 - 180
    assert np.abs(apart).max() < 1e-3


@pytest.mark.parametrize(("azimuth", "altitude"), [(315.0, 45.0), (0.0, 30.0), (200.0, 60.0)])
def test_one_light_is_that_of_gdaldem(azimuth: float, altitude: float) -> None:
    """gdaldem's formula with slope and aspect, as published; ours knows no angles."""
    heights, factor = hills(), 1.7
    east, north = (factor * each for each in horn(heights, ground_of(heights)))
    steep, facing = np.arctan(np.hypot(east, north)), np.arctan2(-east, -north)
    zenith = math.radians(90 - altitude)
    wanted = np.cos(zenith) * np.cos(steep) + np.sin(zenith) * np.sin(steep) * np.cos(math.radians(azimuth) - facing)
    got = run(hillshade_single, heights, ground_of(heights), factor, azimuth, altitude)
    np.testing.assert_allclose(got, np.maximum(wanted, 0), atol=1e-5)
    assert got.min() == 0.0 or altitude > 45


def test_four_lights_are_those_of_gdaldem() -> None:
    """Each light by itself, weighed by cos²(aspect − azimuth); the weights add up to 2."""
    heights, altitude = hills(), 45.0
    east, north = horn(heights, ground_of(heights))
    facing = np.arctan2(-east, -north)
    total, weights = np.zeros(east.shape), np.zeros(east.shape)
    for azimuth in (225, 270, 315, 360):
        a = math.radians(azimuth)
        light = math.sin(math.radians(altitude)) - math.cos(math.radians(altitude)) * (
            east * math.sin(a) + north * math.cos(a)
        )
        weight = np.cos(facing - a) ** 2
        total += weight * np.maximum(light, 0) / np.sqrt(1 + east**2 + north**2)
        weights += weight
    np.testing.assert_allclose(weights, 2.0)
    np.testing.assert_allclose(run(hillshade_multi, heights, ground_of(heights), 1.0, altitude), total / 2, atol=1e-5)


def test_flat_ground_has_the_sine_of_the_altitude() -> None:
    heights = plane(0, 0)
    for altitude, light in ((30.0, 0.5), (90.0, 1.0)):
        assert (run(hillshade_multi, heights, ground_of(heights), 1.0, altitude) == np.float32(light)).all()
        np.testing.assert_allclose(run(hillshade_single, heights, ground_of(heights), 1.0, 315.0, altitude), light)


def test_unknown_heights() -> None:
    """Beside a void the slope of the far side goes on, so that a plane stays one; a lone cell is flat."""
    heights = plane(0.2, -0.1)
    heights[3, 3] = np.nan
    heights[0, :] = np.nan
    got = run(slope, heights, ground_of(heights))
    assert math.isnan(got[2, 2]) and np.isnan(got).sum() == 1
    np.testing.assert_allclose(got[~np.isnan(got)], math.degrees(math.atan(math.hypot(0.2, 0.1))), atol=2e-3)
    lone = np.full((3, 3), np.nan, np.float32)
    assert math.isnan(run(slope, lone, ground_of(lone))[0, 0]) and math.isnan(run(aspect, lone, 0.0)[0, 0])
    lone[1, 1] = 7
    assert run(slope, lone, ground_of(lone)) == 0 and run(aspect, lone, 0.0) == -1
    assert run(hillshade_multi, lone, ground_of(lone), 1.0, 30.0) == 0.5


def test_nothing_at_all() -> None:
    none = np.zeros((2, 2), np.float32)
    for each, arguments in ((slope, (np.empty(0),)), (aspect, (0.0,)), (hillshade_multi, (np.empty(0), 1.0, 45.0))):
        assert run(each, none, *arguments).shape == (0, 0)


def test_a_block_is_a_part_of_the_plane() -> None:
    """The law of seams: what a block with its rim gives is what the whole gives there, bit for bit."""
    heights = hills()
    heights[11, 13] = np.nan
    cell = np.linspace(20.0, 35.0, heights.shape[0] - 2)
    whole = run(hillshade_multi, heights, cell, 1.3, 45.0)
    part = run(hillshade_multi, heights[8:22, 9:30].copy(), cell[8:20].copy(), 1.3, 45.0)
    assert part.tobytes() == whole[8:20, 9:28].tobytes()


def test_light_as_grey() -> None:
    out = np.zeros((1, 4, 4), np.uint8)
    shade_grey(np.array([[0.0, 0.5, 1.0, np.nan]], np.float32), out)
    assert out[0].tolist() == [[0, 0, 0, 255], [128, 128, 128, 255], [255, 255, 255, 255], [0, 0, 0, 0]]


def test_light_as_a_veil() -> None:
    """flat 0.5: half of the shade of 0.8 is 0.4 · 255 = 102, to eights 104; a little light rounds to nothing."""
    out = np.full((1, 6, 4), 9, np.uint8)
    shade_alpha(np.array([[0.25, 0.0, 1.0, 0.5, np.nan, 0.5001]], np.float32), 0.5, 0.8, 0.4, 8, out)
    black, white = [0, 0, 0], [255, 255, 255]
    nothing = [0, 0, 0, 0]
    assert out[0].tolist() == [[*black, 104], [*black, 208], [*white, 104], nothing, nothing, nothing]
