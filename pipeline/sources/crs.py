"""From any coordinate reference system to longitude and latitude, after asking whether the numbers fit it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.sources.ragged import features_of, without
from pipeline.types import Bounds, Geometries, Tally

if TYPE_CHECKING:
    import pyproj

# Longitude/latitude in degrees on WGS 84 or CGCS2000, which differ by centimetres. EPSG:4490 and 4326 say latitude
# first, but files store x = longitude.
DEGREES: Final = frozenset({"EPSG:4326", "EPSG:4979", "EPSG:4490", "EPSG:4480", "OGC:CRS84", "OGC:CRS84H"})


class Locator:
    """Takes a layer's geometries to degrees; looks at the first coordinates it gets before it believes the CRS."""

    def __init__(self, source: str, declared: str | None, override: str | None, bounds: Bounds | None) -> None:
        self.source = source
        self.bounds = bounds
        self._crs = override or declared
        self._transformer: pyproj.Transformer | None = None
        self._settled = False

    def locate(self, geometries: Geometries, tally: Tally, place: Callable[[int], str]) -> Geometries:
        """The same features in degrees; those that have no place on earth lose their geometry and are counted."""
        if len(geometries.x) == 0:
            return geometries
        if not self._settled:
            self._settle(geometries, tally)
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
        self._settled = True
        if self._crs is None:
            tally.add("crs-assumed", 1, self.source)
            return
        if self._crs.upper() in DEGREES:
            return
        import pyproj

        self._transformer = pyproj.Transformer.from_crs(self._crs, "EPSG:4326", always_xy=True)
