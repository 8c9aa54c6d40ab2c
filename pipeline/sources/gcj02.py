"""GCJ-02 and BD-09, the displaced coordinates of Chinese web maps ⇄ WGS 84 / CGCS2000, whole arrays at once.

The displacement was never published; what everybody uses was made known as `eviltransform` (googollee, 2013) and
`coordtransform` (wandergis, 2015), whose test pairs are ours. It has no inverse in closed form: what comes out where
something is guessed to have come from tells how wrong the guess was, and each guess is some hundred times better.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
System = Literal["GCJ-02", "BD-09"]
SYSTEMS: Final[tuple[System, ...]] = ("GCJ-02", "BD-09")

# Inside this box, and only there, coordinates are displaced (the same in every implementation).
WEST, SOUTH, EAST, NORTH = 72.004, 0.8293, 137.8347, 55.8271
_A: Final = 6378245.0  # Krasovsky 1940, metres
_E2: Final = 0.00669342162296594323
_CLOSE: Final = 1e-10  # degrees, a hundredth of a millimetre
_STEPS: Final = 30
_WAVE: Final = np.pi * 3000 / 180  # of BD-09
# How people and .prj files write them; "BD_09" may be the ninth of something.
_NAMES: Final[tuple[tuple[System, str], ...]] = (("GCJ-02", r"gcj[-_ ]?02|火星坐标"), ("BD-09", r"bd[- ]?09(ll)?"))


def displaced(text: str) -> System | None:
    """The system that a CRS, WKT or file name speaks of; None where it is neither."""
    for system, pattern in _NAMES:
        if re.search(rf"(?<![a-z0-9])({pattern})(?![a-z0-9])", text.lower()):
            return system
    return None


def to_displaced(system: System, lng: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """WGS 84 degrees → GCJ-02 or BD-09; unchanged outside China."""
    inside = _inside(lng, lat)
    x, y = lng.copy(), lat.copy()
    x[inside], y[inside] = _FORWARD[system](lng[inside], lat[inside])
    return x, y


def from_displaced(system: System, lng: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """GCJ-02 or BD-09 → WGS 84 degrees, to 1e-9; unchanged outside China, NaN and infinite ones too."""
    inside = _inside(lng, lat)
    goal_x, goal_y = lng[inside], lat[inside]
    x, y = goal_x.copy(), goal_y.copy()
    for _step in range(_STEPS):
        found_x, found_y = _FORWARD[system](x, y)
        off_x, off_y = goal_x - found_x, goal_y - found_y
        x, y = x + off_x, y + off_y
        if max(np.abs(off_x).max(initial=0.0), np.abs(off_y).max(initial=0.0)) < _CLOSE:
            break
    out_x, out_y = lng.copy(), lat.copy()
    out_x[inside], out_y[inside] = x, y
    return out_x, out_y


def _gcj02(lng: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lng - 105.0, lat - 35.0
    root, both = np.sqrt(np.abs(x)), x * y
    common = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * both + 0.2 * root
    north += (common + _waves(y, 20.0, 40.0, 160.0, 320.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * both + 0.1 * root
    east += (common + _waves(x, 20.0, 40.0, 150.0, 300.0)) * 2.0 / 3.0
    phi = np.radians(lat)
    w2 = 1.0 - _E2 * np.sin(phi) ** 2
    moved_x = lng + np.degrees(east * np.sqrt(w2) / (_A * np.cos(phi)))
    moved_y = lat + np.degrees(north * w2 * np.sqrt(w2) / (_A * (1.0 - _E2)))
    return moved_x, moved_y


def _bd09(lng: Floats, lat: Floats) -> tuple[Floats, Floats]:
    lng, lat = _gcj02(lng, lat)
    radius = np.hypot(lng, lat) + 0.00002 * np.sin(lat * _WAVE)
    angle = np.arctan2(lat, lng) + 0.000003 * np.cos(lng * _WAVE)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


_FORWARD: Final[dict[System, Callable[[Floats, Floats], tuple[Floats, Floats]]]] = {"GCJ-02": _gcj02, "BD-09": _bd09}


def _waves(t: Floats, a: float, b: float, c: float, d: float) -> Floats:
    """Metres, in waves of 2, 6, 24 and 60 degrees."""
    waves: Floats = a * np.sin(np.pi * t) + b * np.sin(np.pi * t / 3.0)
    return waves + c * np.sin(np.pi * t / 12.0) + d * np.sin(np.pi * t / 30.0)


def _inside(lng: Floats, lat: Floats) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (lng >= WEST) & (lng <= EAST) & (lat >= SOUTH) & (lat <= NORTH)
    return found
