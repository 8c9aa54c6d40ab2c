"""The heights that the colours of a terrain tile stand for, by the published formulas.

Terrarium: R·256 + G + B/256 − 32768 (Mapzen, "Terrain Tiles", formats); Mapbox: −10000 + (R·65536 + G·256 + B)·0.1
(Mapbox Terrain-RGB). Both grow with the 24-bit number R·65536 + G·256 + B.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_STEP: Final = {"terrarium": 1 / 256, "mapbox": 0.1}  # metres
_BASE: Final = {"terrarium": -32768.0, "mapbox": -10000.0}


def codes_of(pixels: NDArray[np.uint8]) -> NDArray[np.int32]:
    """The 24-bit numbers [rows, cols] of pixels [rows, cols, 3 or 4]; alpha is passed over."""
    r, g, b = (pixels[:, :, band].astype(np.int32) for band in range(3))
    return (r << 16) | (g << 8) | b


def metres(codes: NDArray[np.int32] | int, encoding: str) -> Any:
    """Metres, float64, of 24-bit numbers in the shape given."""
    return np.float64(_BASE[encoding]) + np.asarray(codes, np.float64) * _STEP[encoding]


def heights_of(pixels: NDArray[np.uint8], encoding: str) -> NDArray[np.float64]:
    """Heights [rows, cols] in metres of pixels [rows, cols, 3 or 4] in an encoding, terrarium or mapbox."""
    heights: NDArray[np.float64] = metres(codes_of(pixels), encoding)
    return heights


def code_of(height: float, encoding: str) -> int:
    """The 24-bit number nearest to a height in metres."""
    return round((height - _BASE[encoding]) / _STEP[encoding])


def step_of(encoding: str) -> float:
    """Metres between two neighbouring numbers: a height is exact to half of it."""
    return _STEP[encoding]
