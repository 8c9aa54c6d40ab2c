"""Shaded relief: how much light falls on the ground, from one direction or from four."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import kernel
from pipeline.kernels.slope import gradient

_HALF = math.sqrt(0.5)  # cosine of 45°, between the four lights


@kernel
def hillshade_single(
    heights: NDArray[np.float32],
    ground: NDArray[np.float64],
    factor: float,
    azimuth: float,
    altitude: float,
    out: NDArray[np.float32],
) -> None:
    """Cosine of the angle between the light and the ground's normal, 0 in its own shadow to 1.

    `heights` [rows + 2, columns + 2] metres, NaN = unknown, with one cell of the neighbours all around; `ground` [rows]
    metres that a cell of each row measures on the ground; `factor` stretches heights; `azimuth` (clockwise from north)
    and `altitude` of the light in degrees; `out` [rows, columns], NaN where the height is unknown. Source: Horn
    (1981) §VI.
    """
    radians = math.pi / 180.0
    up = math.sin(altitude * radians)
    light_east = math.cos(altitude * radians) * math.sin(azimuth * radians)
    light_north = math.cos(altitude * radians) * math.cos(azimuth * radians)
    for row in range(out.shape[0]):
        inverse = factor / (8.0 * ground[row])
        for column in range(out.shape[1]):
            if math.isnan(heights[row + 1, column + 1]):
                out[row, column] = np.nan
                continue
            east, north = gradient(heights, row + 1, column + 1, inverse)
            light = (up - east * light_east - north * light_north) / math.sqrt(1.0 + east * east + north * north)
            out[row, column] = max(light, 0.0)


@kernel
def hillshade_multi(
    heights: NDArray[np.float32],
    ground: NDArray[np.float64],
    factor: float,
    altitude: float,
    out: NDArray[np.float32],
) -> None:
    """The mean of four lights from 225°, 270°, 315° and 360°, each weighed by the ground's direction.

    Arguments as those of `hillshade_single`. The weight of a light is the squared cosine of the angle between it and
    the aspect, which gives each slope the light that shows it best; the four weights add up to 2. Flat ground has the
    sine of the altitude. Source: Mark, R. K. (1992): A multidirectional, oblique-weighted, shaded-relief image of the
    Island of Hawaii, USGS Open-File Report 92-422, as `gdaldem hillshade -multidirectional` weighs it.
    """
    radians = math.pi / 180.0
    up, flat = math.sin(altitude * radians), math.cos(altitude * radians)
    slant = flat * _HALF
    for row in range(out.shape[0]):
        inverse = factor / (8.0 * ground[row])
        for column in range(out.shape[1]):
            if math.isnan(heights[row + 1, column + 1]):
                out[row, column] = np.nan
                continue
            east, north = gradient(heights, row + 1, column + 1, inverse)
            square = east * east + north * north
            if square == 0.0:
                out[row, column] = up
                continue
            south_west = max(up + (east + north) * slant, 0.0)
            west = max(up + east * flat, 0.0)
            north_west = max(up + (east - north) * slant, 0.0)
            from_north = max(up - north * flat, 0.0)
            rising = 0.5 * square + east * north  # (east + north)² / 2: along the light from 225°
            light = (
                rising * south_west + east * east * west + (square - rising) * north_west + north * north * from_north
            ) / (2.0 * square)
            out[row, column] = light / math.sqrt(1.0 + square)


@kernel
def shade_grey(light: NDArray[np.float32], out: NDArray[np.uint8]) -> None:
    """Light as grey: `light` [rows, columns] 0…1, NaN = unknown → `out` [rows, columns, 4], unknown is transparent."""
    for row in range(light.shape[0]):
        for column in range(light.shape[1]):
            value = light[row, column]
            known = not math.isnan(value)
            grey = np.uint8(math.floor(min(value, 1.0) * 255.0 + 0.5)) if known else np.uint8(0)
            out[row, column, 0] = grey
            out[row, column, 1] = grey
            out[row, column, 2] = grey
            out[row, column, 3] = np.uint8(255 if known else 0)


@kernel
def shade_alpha(
    light: NDArray[np.float32], flat: float, shadow: float, shine: float, step: int, out: NDArray[np.uint8]
) -> None:
    """Light as a veil to lay over any map: black where it is darker than flat ground, white where it is brighter.

    `light` [rows, columns] 0…1, NaN = unknown; `flat` the light on flat ground; `shadow` and `shine` the opacity of
    full shade and full light, 0…1; opacities are rounded to multiples of `step` of 255, because few different ones
    compress well; `out` [rows, columns, 4] RGBA, transparent black on flat and on unknown ground.
    """
    for row in range(light.shape[0]):
        for column in range(light.shape[1]):
            value = np.float64(light[row, column])
            tone, opacity = np.uint8(0), 0.0
            if value < flat:
                opacity = shadow * (flat - value) / flat
            elif value > flat:
                tone, opacity = np.uint8(255), shine * (value - flat) / (1.0 - flat)
            level = min(math.floor(min(opacity, 1.0) * 255.0 / step + 0.5) * step, 255)
            if level == 0:
                tone = np.uint8(0)
            out[row, column, 0] = tone
            out[row, column, 1] = tone
            out[row, column, 2] = tone
            out[row, column, 3] = np.uint8(level)
