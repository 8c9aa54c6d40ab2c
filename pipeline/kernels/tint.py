"""Numbers to colours by a ramp: heights, slopes, aspects."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import kernel


@kernel
def tint(
    values: NDArray[np.float32],
    stops: NDArray[np.float64],
    colours: NDArray[np.float64],
    unknown: NDArray[np.uint8],
    out: NDArray[np.uint8],
) -> None:
    """Colours between the stops of a ramp, linear in the stored values, as `gdaldem color-relief` does.

    `values` [rows, columns], NaN = unknown; `stops` [n ≥ 1] never falling; where two are equal the colour jumps, and
    the value itself has the second; `colours` [n, 4] RGBA 0…255; `unknown` [4] the colour of NaN; `out` [rows, columns,
    4]. Below the first and above the last stop the ramp keeps its outer colours.
    """
    last = len(stops) - 1
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            value = np.float64(values[row, column])
            if math.isnan(value):
                for band in range(4):
                    out[row, column, band] = unknown[band]
                continue
            low, high = 0, last + 1  # the first stop above the value lies in [low, high]
            while low < high:
                middle = (low + high) // 2
                if stops[middle] <= value:
                    low = middle + 1
                else:
                    high = middle
            if low == 0 or low > last:
                end = 0 if low == 0 else last
                for band in range(4):
                    out[row, column, band] = np.uint8(colours[end, band])
                continue
            share = (value - stops[low - 1]) / (stops[low] - stops[low - 1])
            for band in range(4):
                start = colours[low - 1, band]
                out[row, column, band] = np.uint8(math.floor(start + share * (colours[low, band] - start) + 0.5))


@kernel
def shade_colours(light: NDArray[np.float32], flat: float, strength: float, out: NDArray[np.uint8]) -> None:
    """Lay light on colours in place: flat ground keeps its colour, shade goes towards black, light towards white.

    `light` [rows, columns] 0…1, NaN = no light known, nothing changes; `flat` the light on flat ground; `strength` 0…1;
    `out` [rows, columns, 4] RGBA; opacity stays.
    """
    for row in range(light.shape[0]):
        for column in range(light.shape[1]):
            value = np.float64(light[row, column])
            if math.isnan(value):
                continue
            if value < flat:
                share, towards = strength * (flat - value) / flat, 0.0
            else:
                share, towards = strength * (value - flat) / (1.0 - flat), 255.0
            for band in range(3):
                colour = np.float64(out[row, column, band])
                out[row, column, band] = np.uint8(math.floor(colour + share * (towards - colour) + 0.5))
