"""The area of a picture that is to be shown, as a polygon."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.kernels.cutline import fill_inside
from pipeline.types import Bounds, PixelWindow

if TYPE_CHECKING:
    from shapely import Geometry

# Sides are straight in degrees, and nearly so on the map: 4 mm of EPSG:3857 aside at 60° N, if no longer than this.
_SIDE: Final = 0.005
_LAST: Final = 85.0511287798066  # degrees; the map of the world ends there
_POLYGONS: Final = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


class Cutline(NamedTuple):
    """The sides of polygons in world units: x from 180° W east, y from 85.05° N south, both 0…1."""

    x0: NDArray[np.float64]
    y0: NDArray[np.float64]
    x1: NDArray[np.float64]
    y1: NDArray[np.float64]

    @property
    def bounds(self) -> Bounds:
        """Metres of EPSG:3857."""
        edge = math.pi * 6378137.0
        west, east = float(self.x0.min()), float(self.x0.max())
        north, south = float(self.y0.min()), float(self.y0.max())
        return (2 * west - 1) * edge, (1 - 2 * south) * edge, (2 * east - 1) * edge, (1 - 2 * north) * edge

    def inside(self, window: PixelWindow) -> NDArray[np.uint8]:
        """1 for the pixels of a window [rows, columns] whose centres are inside, 0 for the others."""
        scale = float(window.tile_size << window.zoom)
        out = np.empty((window.height, window.width), np.uint8)
        top, bottom = window.row / scale, (window.row + window.height) / scale
        near = (np.maximum(self.y0, self.y1) >= top) & (np.minimum(self.y0, self.y1) <= bottom)
        sides = (self.x0[near], self.y0[near], self.x1[near], self.y1[near])
        fill_inside(*sides, scale, window.column, window.row, out)
        return out


def make_cutline(area: Geometry) -> Cutline:
    """The cutline of a (multi)polygon in degrees; parts may overlap. Raises InputError where it has no area."""
    if not bool(shapely.is_valid(area)):
        area = shapely.make_valid(area)
    parts = [each for each in shapely.get_parts(area) if shapely.get_type_id(each) in _POLYGONS]
    whole = shapely.union_all(parts) if parts else None
    if whole is None or whole.area == 0.0:
        raise InputError(
            _("The cutline encloses no area."), expected=_("at least one polygon in degrees of longitude and latitude")
        )
    xy, ring = shapely.get_coordinates(
        shapely.get_rings(shapely.get_parts(shapely.segmentize(whole, _SIDE))), return_index=True
    )
    phi = np.radians(np.clip(xy[:, 1], -_LAST, _LAST))
    x, y = xy[:, 0] / 360.0 + 0.5, 0.5 - np.arcsinh(np.tan(phi)) / (2.0 * math.pi)
    same = ring[1:] == ring[:-1]
    return Cutline(x[:-1][same], y[:-1][same], x[1:][same], y[1:][same])
