"""From any coordinate reference system to longitude and latitude, after asking whether the numbers fit it."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources.detective import are_degrees, check, contradicted, digits, displacement, infer, option
from pipeline.sources.gcj02 import System, displaced, from_displaced
from pipeline.sources.ragged import features_of, without
from pipeline.sources.transformers import transformer_between
from pipeline.types import NONE, Bounds, Geometries, Tally

if TYPE_CHECKING:
    import pyproj

# Longitude/latitude in degrees on WGS 84 or CGCS2000, which differ by centimetres. EPSG:4490 and 4326 say latitude
# first, but files store x = longitude.
DEGREES: Final = frozenset({"EPSG:4326", "EPSG:4979", "EPSG:4490", "EPSG:4480", "OGC:CRS84", "OGC:CRS84H"})
_DISPLACED: Final = 0.02  # degrees, more than GCJ-02 and BD-09 move anything


class Locator:
    """Takes one layer's geometries to degrees; looks at the first coordinates it gets before it believes the CRS."""

    def __init__(
        self, source: str, declared: str | None, override: str | None, areas: tuple[Bounds, ...] | None = None
    ) -> None:
        self.source = source
        self.areas = areas
        self._crs = override or declared
        self._overridden = override is not None
        self._displaced: System | None = None
        self._transformer: pyproj.Transformer | None = None
        self._settled = False

    def windows(self) -> tuple[Bounds, ...] | None:
        """The areas in the source's own units, rather too wide; None where all has to be read.

        That is so without areas, where the source does not name its CRS, and for an area that its projection does not
        reach.
        """
        if self.areas is None or self._crs is None:
            return None
        if _is_degrees(self._crs):
            return self.areas
        if displaced(self._crs):
            return tuple((w - _DISPLACED, s - _DISPLACED, e + _DISPLACED, n + _DISPLACED) for w, s, e, n in self.areas)
        import pyproj

        crs = parse_crs(self._crs, self.source)
        if crs.is_engineering:
            return None
        transformer = pyproj.Transformer.from_crs("EPSG:4326", crs.to_2d(), always_xy=True)
        found = []
        for area in self.areas:
            west, south, east, north = transformer.transform_bounds(*area)
            if not (isfinite(west + south + east + north) and west <= east and south <= north):
                return None
            # A side becomes a curve, of which PROJ follows 21 points.
            aside, beyond = 0.01 * (east - west) + 1e-9, 0.01 * (north - south) + 1e-9
            found.append((west - aside, south - beyond, east + aside, north + beyond))
        return tuple(found)

    def locate(self, geometries: Geometries, tally: Tally, place: Callable[[int], str]) -> Geometries:
        """The same features in degrees (the arrays are overwritten).

        Those that have no place on earth lose their geometry and are counted. Raises InputError where the coordinates
        contradict the CRS, or where there is none and the digits do not tell.
        """
        if len(geometries.x) == 0:
            return geometries
        if not self._settled:
            self._settle(geometries, tally)
        if self._displaced is not None:
            geometries.x[:], geometries.y[:] = from_displaced(self._displaced, geometries.x, geometries.y)
            tally.add("displaced", int((geometries.kinds != NONE).sum()), f"{self.source}: {self._displaced}")
        if self._transformer is None:
            return geometries
        self._transformer.transform(geometries.x, geometries.y, inplace=True)
        lost = ~(np.isfinite(geometries.x) & np.isfinite(geometries.y))
        if not lost.any():
            return geometries
        rows = features_of(geometries, lost)
        tally.add("outside-crs", int(rows.sum()), place(int(np.flatnonzero(rows)[0])))
        return without(geometries, rows)

    def _settle(self, geometries: Geometries, tally: Tally) -> None:
        """Decide how the layer gets to degrees."""
        seen = digits(geometries.x, geometries.y)
        if system := displaced(self._crs or "") or (None if self._overridden else displaced(self.source)):
            if not self._overridden:
                raise displacement(system, self.source)
            self._crs, self._displaced = "EPSG:4490", system
            if not are_degrees(seen.box):
                raise contradicted(system, seen, self.source, None)
        crs = None if self._crs is None or _is_degrees(self._crs) else parse_crs(self._crs, self.source)
        if self._crs is None or (crs is not None and crs.is_engineering):
            self._crs, crs = infer(seen, self.source), None
            tally.add("crs-assumed", 1, f"{self.source}: {self._crs}")
        self._settled = True
        if _is_degrees(self._crs) and are_degrees(seen.box):
            return
        import pyproj

        crs = crs or pyproj.CRS(self._crs)
        transformer = transformer_between(crs, "EPSG:4326")
        if not check(crs, transformer, seen, self.source):
            tally.add("outside-crs-area", 1, self.source)
        if not _is_degrees(self._crs):
            self._transformer = transformer


def _is_degrees(crs: str) -> bool:
    return crs.upper() in DEGREES


def parse_crs(text: str, source: str) -> pyproj.CRS:
    import pyproj

    try:
        crs = pyproj.CRS(text)
    except pyproj.exceptions.CRSError as error:
        shown = text if len(text) <= 60 else text[:57] + "…"
        raise InputError(
            _('"{crs}" is no coordinate reference system that PROJ knows.').format(crs=shown),
            where=source,
            expected=_("a code such as EPSG:4490 or EPSG:4549, WKT, or a PROJ string"),
            hint=_("correct it: {option}").format(option=option("EPSG:4549")),
        ) from error
    if crs.is_geocentric or (crs.is_vertical and not crs.is_compound):
        raise InputError(
            _("{crs} has no plane coordinates.").format(crs=crs.name),
            where=source,
            expected=_("a geographic or projected coordinate reference system"),
            hint=_("correct it: {option}").format(option=option("EPSG:4549")),
        )
    return crs
