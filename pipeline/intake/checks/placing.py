"""Where coordinates lie: which reading of them fits what they declare, their digits and the city.

Unlike `sources.crs`, which refuses what contradicts itself, this finds the reading that would fit and goes on with it,
so that a department hears of all faults at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.sources.crs import DEGREES
from pipeline.sources.detective import Digits, are_degrees, check, infer, zoned
from pipeline.sources.gcj02 import System, displaced, from_displaced
from pipeline.sources.transformers import transformer_between
from pipeline.types import Bounds

if TYPE_CHECKING:
    import pyproj

Floats = NDArray[np.float64]
State = Literal["declared", "assumed", "swapped", "contradicted", "unknown"]
_PLANE: Final = 2e-3  # a projection for maps stretches less: its units are metres
_STEP: Final = 1e-4  # of a degree, over which the ground is measured


@dataclass(frozen=True, slots=True)
class Placing:
    """How a layer's coordinates become longitude and latitude, and metres on the ground."""

    state: State
    declared: str | None  # what the file or the one who hands it in says
    crs: str | None  # the reading that is gone on with; None: there is none
    swapped: bool  # whether x and y are exchanged in that reading
    displaced: System | None  # moved back, because the declared CRS is such a one
    said_displaced: System | None  # what the source says of itself without being asked to
    seen: Digits | None  # None: there are no coordinates
    scale: tuple[float, float]  # metres in a unit of x and of y, at the data's middle
    transformer: pyproj.Transformer | None = None  # from the reading to degrees; None: they are degrees

    def degrees(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Longitude and latitude of coordinates in the source's units (already in the right order)."""
        if self.displaced is not None:
            return from_displaced(self.displaced, x, y)
        if self.transformer is None:
            return x, y
        lng, lat = self.transformer.transform(x, y)
        return np.asarray(lng, np.float64), np.asarray(lat, np.float64)

    def units(self, lng: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """The other way; of displaced coordinates as if they were none, which is right to some hundred metres."""
        if self.transformer is None:
            return lng, lat
        x, y = self.transformer.transform(lng, lat, direction="INVERSE")
        return np.asarray(x, np.float64), np.asarray(y, np.float64)


def settle(
    source: str, declared: str | None, override: str | None, seen: Digits | None, city: Bounds | None
) -> Placing:
    """Find the reading that fits; `override` is what the one who hands in says, and counts for more."""
    text = override or declared
    told = None if override else displaced(declared or "") or displaced(source)
    moved = displaced(override or "")
    if seen is None:
        return Placing("declared" if text else "unknown", text, text, False, moved, told, None, (1.0, 1.0))
    if moved or told:
        state: State = "declared" if are_degrees(seen.box) else "contradicted"
        crs = "EPSG:4490" if state == "declared" else None
        return _made(state, text, crs, False, moved or told, told, seen)
    parsed = None if text is None else _parsed(text)
    if text is None or (parsed is not None and parsed.is_engineering):
        return _without(text, seen, city, source)
    if parsed is None:
        return _fitting("unknown", text, None, seen, city)
    if _fits(parsed, seen, source):
        return _made("declared", text, text, False, None, None, seen)
    if not parsed.is_geographic and (are_degrees(seen.box) or are_degrees(_exchanged(seen).box)):
        return _fitting("contradicted", text, parsed, seen, city)  # degrees, which near 0, 0 are metres, too
    if _fits(parsed, _exchanged(seen), source) or (_is_plane(seen) and _infer(_exchanged(seen), source)):
        crs = text if _fits(parsed, _exchanged(seen), source) else _infer(_exchanged(seen), source)
        return _made("swapped", text, crs, True, None, None, seen)
    return _fitting("contradicted", text, parsed, seen, city)


def fits_city(seen: Digits, city: Bounds) -> str | None:
    """The CGCS2000 Gauss-Krüger CRS in which the typical vertex lies inside the city's box; None where there is none.

    With a zone number in its digits that zone, else those of the nearest meridians, every 3° (EPSG 4534 is 75° E);
    those of 6° zones are among them.
    """
    middle = round((city[0] + city[2]) / 6)  # of 3° zones
    near = [f"EPSG:{4534 + zone - 25}" for zone in (middle, middle - 1, middle + 1) if 25 <= zone <= 45]
    for crs in [named] if (named := zoned(seen.x)) else near:
        lng, lat = transformer_between(crs, "EPSG:4326").transform(seen.x, seen.y)
        if city[0] <= lng <= city[2] and city[1] <= lat <= city[3]:
            return crs
    return None


def _without(text: str | None, seen: Digits, city: Bounds | None, source: str) -> Placing:
    """No CRS is declared."""
    if crs := _infer(seen, source):
        return _made("assumed", text, crs, False, None, None, seen)
    if crs := _infer(_exchanged(seen), source):
        return _made("swapped", text, crs, True, None, None, seen)
    return _fitting("unknown", text, None, seen, city)


def _fitting(state: State, text: str | None, parsed: pyproj.CRS | None, seen: Digits, city: Bounds | None) -> Placing:
    """The declared CRS does not do: whatever would fit."""
    crs = None
    if city is not None:
        crs = fits_city(seen, city) if _is_plane(seen) else None
        if crs is None and _is_plane(seen) and (turned := fits_city(_exchanged(seen), city)):
            return _made("swapped", text, turned, True, None, None, seen)
    if crs is None and are_degrees(seen.box) and any(seen.box):
        crs = "EPSG:4490"
    if crs is None:
        crs = _infer(seen, "")
    return _made(state, text, crs, False, None, None, seen)


def _made(
    state: State,
    text: str | None,
    crs: str | None,
    swapped: bool,
    moved: System | None,
    told: System | None,
    seen: Digits,
) -> Placing:
    transformer = None
    x, y = (seen.y, seen.x) if swapped else (seen.x, seen.y)
    if crs is not None and crs.upper() not in DEGREES:
        transformer = transformer_between(crs, "EPSG:4326")
        lng, lat = transformer.transform(x, y)
    else:
        lng, lat = x, y
    scale = _scale(transformer, lng, lat) if crs is not None else (1.0, 1.0)
    return Placing(state, text, crs, swapped, moved, told, seen, scale, transformer)


def _scale(transformer: pyproj.Transformer | None, lng: float, lat: float) -> tuple[float, float]:
    """Metres on the ground in a unit of x and of y, by geodesics to a place little further east and north."""
    import pyproj

    if not (math.isfinite(lng) and math.isfinite(lat)):
        return 1.0, 1.0
    lat = min(max(lat, -89.0), 89.0)
    geod = pyproj.Geod(ellps="GRS80")
    east, north = geod.inv(lng, lat, lng + _STEP, lat)[2], geod.inv(lng, lat, lng, lat + _STEP)[2]
    if transformer is None:
        return float(east / _STEP), float(north / _STEP)
    xs, ys = transformer.transform(
        np.array([lng, lng + _STEP, lng]), np.array([lat, lat, lat + _STEP]), direction="INVERSE"
    )
    sideways, upwards = math.hypot(xs[1] - xs[0], ys[1] - ys[0]), math.hypot(xs[2] - xs[0], ys[2] - ys[0])
    # A projection turns east and north a little against x and y; those for maps of cities stretch both alike.
    one = (east / sideways + north / upwards) / 2
    if not math.isfinite(one) or one <= 0 or abs(one - 1) < _PLANE:
        one = 1.0
    return one, one


def _parsed(text: str) -> pyproj.CRS | None:
    import pyproj

    try:
        crs = pyproj.CRS(text)
    except pyproj.exceptions.CRSError:
        return None
    return None if crs.is_geocentric or (crs.is_vertical and not crs.is_compound) else crs


def _fits(crs: pyproj.CRS, seen: Digits, source: str) -> bool:
    """Whether the digits do not contradict a CRS."""
    if crs.is_geographic and not are_degrees(seen.box):
        return False
    transformer = transformer_between(crs, "EPSG:4326")
    try:
        check(crs, transformer, seen, source)
    except InputError:
        return False
    return True


def _infer(seen: Digits, source: str) -> str | None:
    try:
        return infer(seen, source)
    except InputError:
        return None


def _exchanged(seen: Digits) -> Digits:
    west, south, east, north = seen.box
    return Digits(seen.y, seen.x, (south, west, north, east))


def _is_plane(seen: Digits) -> bool:
    return not are_degrees(seen.box)
