"""What the digits of coordinates say about their reference system, and whether they contradict a declared one.

CGCS2000 Gauss–Krüger (GB/T 22021, EPSG 4491–4554): eastings carry the zone number as a prefix (8 digits, millions =
zone: 13–23 in 6° zones, 25–45 in 3° zones) or none (6 digits, false easting 500,000); northings in China are
1.8–6 million metres. The standards name the northing first, so files with x and y exchanged are common.
Nothing is exchanged silently: what contradicts itself is refused, with the reading that would fit.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources.gcj02 import SYSTEMS, Floats, System, from_displaced
from pipeline.types import Bounds

if TYPE_CHECKING:
    import pyproj

SAMPLE = 20_000  # vertices looked at
FEWEST = 10  # points and places from which a suspicion may arise
SLACK = 10.0  # degrees; data may lie this far outside the area its CRS is meant for
NORTHINGS = (1.8e6, 6.0e6)  # metres; China from 16° to 54° north


class Digits(NamedTuple):
    """A typical place (medians, so that single wrong ones do not decide) and the extremes.

    Of an even count the lower median: a number that stands in the file, since messages quote it.
    """

    x: float
    y: float
    box: Bounds


class Suspicion(NamedTuple):
    """Points that seem to be displaced; all in metres, offsets east and north."""

    system: System
    offset: tuple[float, float]  # median from the nearest known place to where a point stands
    expected: tuple[float, float]  # median displacement of the system there
    near: float  # median distance to the nearest known place once moved back
    apart: float  # the same as they stand
    points: int  # looked at


def digits(x: NDArray[np.float64], y: NDArray[np.float64]) -> Digits:
    """What the coordinates [vertices], at least one, look like."""
    step = max(1, len(x) // SAMPLE)
    box = (float(x.min()), float(y.min()), float(x.max()), float(y.max()))
    x, y = x[::step], y[::step]
    middle = (len(x) - 1) // 2
    return Digits(float(np.partition(x, middle)[middle]), float(np.partition(y, middle)[middle]), box)


def are_degrees(box: Bounds) -> bool:
    """Whether all coordinates may be longitudes and latitudes."""
    west, south, east, north = box
    return west >= -180.000001 and east <= 180.000001 and south >= -90.000001 and north <= 90.000001


def zoned(easting: float) -> str | None:
    """The CGCS2000 Gauss–Krüger zone that an 8-digit easting names, as "EPSG:4528"."""
    zone, within = divmod(easting, 1e6)
    if not 1e5 <= within <= 9e5:
        return None
    if 25 <= zone <= 45:
        return f"EPSG:{4513 + int(zone) - 25}"
    if 13 <= zone <= 23:
        return f"EPSG:{4491 + int(zone) - 13}"
    return None


def infer(seen: Digits, source: str) -> str:
    """The CRS of coordinates that came without one. Raises InputError where the digits do not tell."""
    if are_degrees(seen.box):
        return "EPSG:4326"
    if _northing(seen.y) and (named := zoned(seen.x)):
        return named
    if (abs(seen.x) <= 90 < abs(seen.y) <= 180) or (_northing(seen.x) and (zoned(seen.y) or _unzoned(seen.y))):
        raise _exchanged(seen, source, None)
    found = _("The file does not say which coordinate reference system its coordinates are in: {x}, {y}.")
    if _northing(seen.y) and _unzoned(seen.x):
        expected = _("6-digit eastings fit any Gauss–Krüger zone, so the central meridian has to be given")
        hint = _("give the CRS, EPSG:4534 (75° E) … EPSG:4549 (120° E) … EPSG:4554 (135° E): {option}")
    else:
        expected = _("degrees, 8-digit eastings with a zone number, or a declared CRS")
        hint = _("ask the department for the CRS (local systems cannot be guessed) and give it: {option}")
    raise InputError(
        found.format(x=plain(seen.x), y=plain(seen.y)),
        where=source,
        expected=expected,
        hint=hint.format(option=option("EPSG:4549")),
    )


def check(crs: pyproj.CRS, transformer: pyproj.Transformer, seen: Digits, source: str) -> bool:
    """Whether the typical vertex lies where `crs` is meant for (`transformer` leads from it to degrees).

    False: finite, but far outside. Raises InputError where another reading fits or none does.
    """
    area = _area(crs)
    if not crs.is_geographic and are_degrees(seen.box) and any(seen.box):
        raise contradicted(_name(crs), seen, source, "EPSG:4490")
    where = transformer.transform(seen.x, seen.y)
    if _inside(where, area, SLACK) and (crs.is_geographic or _returns(transformer, where, seen)):
        return True
    swapped = transformer.transform(seen.y, seen.x)
    if (area or crs.is_geographic) and _inside(swapped, area, SLACK / 5):
        raise _exchanged(seen, source, crs)
    if _northing(seen.x) and zoned(seen.y):
        raise _exchanged(seen, source, crs)
    fits = zoned(seen.x) if _northing(seen.y) else None
    epsg = crs.to_epsg() or 0
    if fits is None and _northing(seen.y) and _unzoned(seen.x) and 4513 <= epsg <= 4533:
        fits = f"EPSG:{epsg + 21}"  # the same meridian without the zone number
    if fits is None and all(map(math.isfinite, where)) and not (crs.is_geographic and abs(seen.y) > 90):
        return False
    raise contradicted(_name(crs), seen, source, fits)


def displacement(system: System, source: str) -> InputError:
    """The error for a source that says it is displaced."""
    message = _("The coordinates are said to be displaced: {system}, as Chinese web maps use it.")
    hint = _("ask for the data in CGCS2000; or have them moved back: {yes}; or say that they are not: {no}")
    return InputError(
        message.format(system=system),
        where=source,
        expected=_("coordinates in CGCS2000 or WGS 84"),
        hint=hint.format(yes=option(system), no=option("EPSG:4490")),
    )


def suspect(lng: Floats, lat: Floats, known_lng: Floats, known_lat: Floats) -> Suspicion | None:
    """Whether points [points] are displaced as in GCJ-02 or BD-09, seen from places that are known, [places]; degrees.

    The places are of the same kind (addresses, junctions, schools), in any order and number. Suspicion arises where
    most points have a place close by once they are moved back, and do not as they stand, nor moved as far in three
    other directions: among places that stand close together some would always fit.
    """
    step = max(1, len(lng) // SAMPLE)
    lng, lat = lng[::step], lat[::step]
    if len(lng) < FEWEST or len(known_lng) < FEWEST:
        return None
    import shapely

    east = 111_320.0 * math.cos(math.radians(float(np.median(known_lat))))  # metres in a degree; 0.5 % will do
    scale = np.array([east, 110_800.0])
    places = np.column_stack((known_lng, known_lat)) * scale
    tree = shapely.STRtree(shapely.points(places))

    def nearest(moved: Floats) -> tuple[float, Floats]:
        """The median distance to the nearest place, and what those points make of it."""
        found, away = tree.query_nearest(shapely.points(moved), return_distance=True, all_matches=False)
        return float(np.median(away)), places[found[1]]

    stand = np.column_stack((lng, lat)) * scale
    best: Suspicion | None = None
    for system in SYSTEMS:
        back = np.column_stack(from_displaced(system, lng, lat)) * scale
        shift = stand - back
        if not np.abs(shift).any():
            continue  # outside China
        near, met = nearest(back)
        turned = np.column_stack((-shift[:, 1], shift[:, 0]))
        others = min(nearest(stand + other)[0] for other in (np.zeros_like(shift), shift, turned, -turned))
        if near < others / 3 and (best is None or near < best.near):
            offset, expected = np.median(stand - met, axis=0), np.median(shift, axis=0)
            best = Suspicion(system, _pair(offset), _pair(expected), near, nearest(stand)[0], len(lng))
    return best


def plain(value: float) -> str:
    """A coordinate as people write it: millimetres or 1e-7 degrees, no exponent."""
    return f"{value:.3f}" if abs(value) > 360 else f"{value:.7f}"


def option(crs: str) -> str:
    """How a CRS is given, in a dataset's file or on the command line."""
    return f'crs = "{crs}" / --s-srs {crs}'


def _pair(vector: Floats) -> tuple[float, float]:
    return float(vector[0]), float(vector[1])


def _northing(value: float) -> bool:
    return NORTHINGS[0] <= value <= NORTHINGS[1]


def _unzoned(value: float) -> bool:
    return 1e5 <= value <= 9e5


def _area(crs: pyproj.CRS) -> Bounds | None:
    """Where the CRS is meant for; for a transverse Mercator without a register entry, around its meridian."""
    import pyproj

    known = crs.area_of_use
    if known is None and (epsg := crs.to_epsg()):
        known = pyproj.CRS.from_epsg(epsg).area_of_use
    if known is not None:
        return (known.west, known.south, known.east, known.north)
    operation = crs.coordinate_operation
    if operation is not None and operation.method_name == "Transverse Mercator":
        for parameter in operation.params:
            if parameter.name == "Longitude of natural origin":
                meridian = float(parameter.value)
                return (meridian - SLACK, -90.0, meridian + SLACK, 90.0)
    return None


def _returns(transformer: pyproj.Transformer, where: tuple[float, float], seen: Digits) -> bool:
    """Whether degrees lead back to the coordinates; not so where a projection went round the world to find them."""
    x, y = transformer.transform(*where, direction="INVERSE")
    return bool(abs(x - seen.x) <= 1 and abs(y - seen.y) <= 1)


def _inside(point: tuple[float, float], area: Bounds | None, slack: float) -> bool:
    lng, lat = point
    if not (math.isfinite(lng) and math.isfinite(lat) and abs(lat) <= 90):
        return False
    if area is None:
        return True
    west, south, east, north = area
    width = (east - west) % 360 or 360.0  # an area may cross the antimeridian: 160 … -160
    return south - slack <= lat <= north + slack and (lng - west + slack) % 360 <= width + 2 * slack


def _exchanged(seen: Digits, source: str, crs: pyproj.CRS | None) -> InputError:
    message = _("The coordinates stand in the wrong order: x = {x}, y = {y}.")
    hint = _("export the file with the easting or longitude as x; in a table, exchange the two coordinate columns")
    return InputError(
        message.format(x=plain(seen.x), y=plain(seen.y)),
        where=source if crs is None else f"{source} ({_name(crs)})",
        expected=_("x = easting or longitude, y = northing or latitude"),
        hint=hint,
    )


def contradicted(crs: str, seen: Digits, source: str, fits: str | None) -> InputError:
    """The error for coordinates that do not fit the declared CRS, and what would `fits`."""
    message = _("The coordinates do not fit the declared coordinate reference system {crs}: x = {x}, y = {y}.")
    if fits is None:
        hint = _("find out which CRS the coordinates are in and give it: {option}").format(option=option("EPSG:…"))
    else:
        hint = _("{crs} would fit; if that is right, give it: {option}").format(crs=fits, option=option(fits))
    return InputError(
        message.format(crs=crs, x=plain(seen.x), y=plain(seen.y)),
        where=source,
        expected=_("coordinates inside the area that {crs} is meant for").format(crs=crs),
        hint=hint,
    )


def _name(crs: pyproj.CRS) -> str:
    epsg = crs.to_epsg()
    return f"EPSG:{epsg}" if epsg else str(crs.name)
