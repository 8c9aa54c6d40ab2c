"""Where a raster lies: from the square of world pixels, or EPSG:3857, to its own rows and columns and back."""

from __future__ import annotations

import math
import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.types import Bounds, PixelWindow

if TYPE_CHECKING:
    import pyproj

    from pipeline.kernels.places import Places

HALF: Final = math.pi * 6378137.0  # metres of EPSG:3857 from the middle of the world to its edge
MERCATOR: Final = "EPSG:3857"
_SPACINGS: Final = (32, 16, 8, 4, 2, 1)
_LATTICE: Final = 9  # places along each side at which a spacing is tried
_INSIDE: Final = 179.999999  # degrees, what is not beyond the map's edge
_EDGE: Final = 33  # points along each side of a raster that its bounds follow

Floats = NDArray[np.float64]


class RasterPlace:
    """One raster's place on earth; not to be shared by threads, as PROJ's transformations are not."""

    def __init__(self, dataset: Any, crs: str, where: Path) -> None:
        """`dataset` of rasterio, whose own CRS is not asked. Raises InputError."""
        self.width, self.height = int(dataset.width), int(dataset.height)
        self._crs = crs
        self._where = where
        self._forward, self._back = transformers(crs, str(where))
        try:
            self._gcps = _gcp_transformer(dataset)
        except Exception as error:  # GDAL's own, of a module that is private: points that fix no plane
            raise self._nowhere() from error
        self._affine: Any = None if self._gcps else dataset.transform
        if self._affine is not None and not abs(self._affine.determinant) > 0.0:  # not a number, too
            raise self._nowhere()
        self._centre = 0.0
        self._turn = 360.0 if _geographic(crs) else 0.0
        if self._turn and self._affine is not None:
            self._centre = self._affine.a * self.width / 2 + self._affine.b * self.height / 2 + self._affine.c

    def to_pixels(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """EPSG:3857 metres → columns and rows from the raster's corner; infinite where there is no way."""
        meridian = np.asarray(x, np.float64) / HALF * 180.0
        if self._forward is not None:
            x, y = self._forward.transform(x, y)
        x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        if self._gcps is not None:
            finite = np.isfinite(x) & np.isfinite(y)
            rows, columns = np.full(x.shape, np.inf), np.full(x.shape, np.inf)
            if finite.any():
                rows[finite], columns[finite] = self._gcps.rowcol(x[finite].tolist(), y[finite].tolist(), op=_same)
            return columns, rows
        if self._turn:  # beyond the map's edge meridians are counted on, and in the raster's way, such as from 0 to 360
            x = x + self._turn * np.round((meridian - x) / self._turn)
            x = x + self._turn * np.round((self._centre - np.clip(meridian, -_INSIDE, _INSIDE)) / self._turn)
        inverse = ~self._affine
        return inverse.a * x + inverse.b * y + inverse.c, inverse.d * x + inverse.e * y + inverse.f

    def to_mercator(self, columns: Floats, rows: Floats) -> tuple[Floats, Floats]:
        """Columns and rows from the raster's corner → EPSG:3857 metres; infinite where there is no way."""
        if self._gcps is not None:
            x, y = self._gcps.xy(rows.ravel().tolist(), columns.ravel().tolist(), offset="ul")
            x, y = np.reshape(x, rows.shape), np.reshape(y, rows.shape)
        else:
            a = self._affine
            x, y = a.a * columns + a.b * rows + a.c, a.d * columns + a.e * rows + a.f
        if self._turn:  # the poles are infinitely far in EPSG:3857
            y = np.clip(y, -89.999, 89.999)
        if self._back is not None:
            x, y = self._back.transform(x, y)
        return np.asarray(x, np.float64), np.asarray(y, np.float64)

    @cached_property
    def bounds(self) -> Bounds:
        """EPSG:3857 metres; the whole width of the world where the antimeridian is crossed."""
        columns, rows = np.meshgrid(
            np.linspace(0.0, self.width, _EDGE), np.linspace(0.0, self.height, _EDGE)
        )  # all over the raster: a pole inside is on no edge
        x, y = self.to_mercator(columns, rows)
        good = np.isfinite(x) & np.isfinite(y)
        if not good.any():
            raise self._nowhere()
        if self._crosses(np.clip(x[good], -HALF, HALF)):
            x = np.linspace(-HALF, HALF, _EDGE)[None, :] + np.zeros((_EDGE, 1))
        west, east = _reach(x, good)
        south, north = _reach(y, good)
        if not (west < east and south < north):
            raise self._nowhere()
        return west, south, east, north

    def _crosses(self, x: Floats) -> bool:
        """Whether what seems to span most of the world is rather a raster on both sides of the antimeridian."""
        return bool(np.ptp(x) > HALF and not self._inside_at(0.5 * (float(x.min()) + float(x.max()))))

    def _inside_at(self, x: float) -> bool:
        y = np.linspace(-HALF, HALF, 721)
        columns, rows = self.to_pixels(np.full(len(y), x), y)
        return bool(((columns >= 0) & (columns < self.width) & (rows >= 0) & (rows < self.height)).any())

    @cached_property
    def pixels(self) -> tuple[float, float]:
        """Metres of EPSG:3857 that a pixel measures along columns and rows at the raster's centre."""
        columns = self.width / 2 + np.array([-0.5, 0.5, 0.0, 0.0])
        rows = self.height / 2 + np.array([0.0, 0.0, -0.5, 0.5])
        x, y = self.to_mercator(columns, rows)
        with np.errstate(invalid="ignore"):  # beyond the projection places are infinite
            sizes = np.hypot(x[1::2] - x[0::2], y[1::2] - y[0::2])
        if not (np.isfinite(sizes).all() and sizes.min() > 0):
            raise self._nowhere()
        return float(sizes[0]), float(sizes[1])

    def _nowhere(self) -> InputError:
        return InputError(
            _("The raster has no place on the map of the world."),
            where=f"{self._where} ({self._crs[:60]})",
            expected=_("a coordinate reference system that fits its coordinates"),
            hint=_("find out which one it is, and give it"),
        )


class Lattice:
    """Exact places of one raster in the world pixels of one zoom, as far apart as the bicubic between them allows.

    The spacing is chosen once for raster and zoom, from places all over the raster, so that every window gets the same
    places. `tolerance`: source pixels by which a place may be wrong.
    """

    def __init__(self, place: RasterPlace, zoom: int, tile_size: int, tolerance: float, factor: tuple[float, float]):
        self._place = place
        self._metres = 2.0 * HALF / (tile_size << zoom)  # of a world pixel
        self._factor = factor  # source pixels that a pixel of the level read measures, by axis
        self.spacing, self.breadth = self._try(tolerance)

    def places(self, window: PixelWindow) -> Places:
        """The places that a window needs, in pixels of the level that is read."""
        from pipeline.kernels.places import Places  # compiled code, which describing a raster does without

        cell = 3 * self.spacing
        first_x, first_y = window.column // cell * cell, window.row // cell * cell
        columns = 3 * -(-(window.column + window.width - first_x) // cell) + 1
        rows = 3 * -(-(window.row + window.height - first_y) // cell) + 1
        x, y = np.meshgrid(
            first_x + self.spacing * np.arange(columns, dtype=np.float64),
            first_y + self.spacing * np.arange(rows, dtype=np.float64),
        )
        x, y = self._exact(x, y)
        return Places(x, y, self.spacing, window.column - first_x, window.row - first_y)

    def _exact(self, column: Floats, row: Floats) -> tuple[Floats, Floats]:
        """World pixels (from the corner of the grid) → pixels of the level."""
        x, y = self._place.to_pixels(column * self._metres - HALF, HALF - row * self._metres)
        return x / self._factor[0], y / self._factor[1]

    def _try(self, tolerance: float) -> tuple[int, float]:
        """The widest spacing whose cells are right all over the raster, and how broad a pixel becomes at most."""
        west, south, east, north = self._place.bounds
        x, y = np.meshgrid(
            np.floor((np.linspace(west, east, _LATTICE) + HALF) / self._metres),
            np.floor((HALF - np.linspace(north, south, _LATTICE)) / self._metres),
        )
        column, row = x.ravel(), y.ravel()
        want = self._exact(column + 0.5, row + 0.5)
        spacing, broadest = 1, 0.0
        for spacing in _SPACINGS:
            wrong, broadest = self._wrong(column, row, want, spacing)
            if wrong <= tolerance:
                break
        return spacing, broadest

    def _wrong(self, column: Floats, row: Floats, want: tuple[Floats, Floats], spacing: int) -> tuple[float, float]:
        """How wrong the cells of these pixels place them at most, and how broad they are; in source pixels."""
        cell = 3 * spacing
        left, top = np.floor(column / cell) * cell, np.floor(row / cell) * cell
        nodes = spacing * np.arange(4.0)
        shape = (len(column), 4, 4)
        x, y = self._exact(
            np.broadcast_to(left[:, None, None] + nodes[None, None, :], shape).ravel(),
            np.broadcast_to(top[:, None, None] + nodes[None, :, None], shape).ravel(),
        )
        x, y = x.reshape(shape), y.reshape(shape)
        across, down = _lagrange((column + 0.5 - left) / spacing), _lagrange((row + 0.5 - top) / spacing)
        with np.errstate(invalid="ignore"):
            error = np.hypot(
                *(np.einsum("nij,ni,nj->n", a, down, across) - b for a, b in zip((x, y), want, strict=True))
            )
            sizes = [
                np.hypot(
                    a[:, 0, 3] - a[:, 0, 0] + a[:, 3, 3] - a[:, 3, 0], a[:, 3, 0] - a[:, 0, 0] + a[:, 3, 3] - a[:, 0, 3]
                )
                / (2 * cell)
                for a in (x, y)
            ]
            aside = 1.0 + np.maximum(*sizes)
            width, height = self._place.width / self._factor[0], self._place.height / self._factor[1]
            on = (want[0] > -aside) & (want[0] < width + aside) & (want[1] > -aside) & (want[1] < height + aside)
        if not on.any():
            return 0.0, 0.0
        return float(np.nan_to_num(error[on], nan=np.inf).max()), float(np.maximum(*sizes)[on].max())


def _lagrange(u: Floats) -> Floats:
    """Weights [n, 4] of nodes at 0, 1, 2, 3 at places u [n] between them."""
    return np.stack(
        [
            (u - 1) * (u - 2) * (u - 3) / -6,
            u * (u - 2) * (u - 3) / 2,
            u * (u - 1) * (u - 3) / -2,
            u * (u - 1) * (u - 2) / 6,
        ],
        axis=1,
    )


def _reach(values: Floats, good: NDArray[np.bool_]) -> tuple[float, float]:
    """The least and the greatest of an axis over a lattice [rows, columns], on the map.

    A curved edge reaches beyond the points on it: to the vertex of the parabola through three of them.
    """
    found = [values[good]]
    values = np.where(good, values, np.nan)
    for lines in (values, values.T):
        a, b, c = lines[:, :-2], lines[:, 1:-1], lines[:, 2:]
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            bend = a - 2 * b + c
            vertex = b - (a - c) ** 2 / (8 * bend)
            found.append(vertex[np.abs(a - c) <= 2 * np.abs(bend)])
    every = np.concatenate(found)
    every = np.clip(every[np.isfinite(every)], -HALF, HALF)
    return float(every.min()), float(every.max())


def degrees(bounds: Bounds) -> Bounds:
    """Bounds in EPSG:3857 metres as longitudes and latitudes."""
    west, south, east, north = (each / HALF * math.pi for each in bounds)
    latitudes = [math.degrees(math.atan(math.sinh(each))) for each in (south, north)]
    return math.degrees(west), latitudes[0], math.degrees(east), latitudes[1]


_LOCAL = threading.local()


def transformers(crs: str, where: str) -> tuple[pyproj.Transformer | None, pyproj.Transformer | None]:
    """From EPSG:3857 to the CRS and back, one pair for each thread; None where it is EPSG:3857. Raises InputError."""
    if crs == MERCATOR:
        return None, None
    made = _LOCAL.__dict__.setdefault("transformers", {})
    if crs not in made:
        from pipeline.sources.crs import parse_crs
        from pipeline.sources.transformers import transformer_between

        plane = parse_crs(crs, where)
        made[crs] = transformer_between(MERCATOR, plane), transformer_between(plane, MERCATOR)
    pair: tuple[pyproj.Transformer, pyproj.Transformer] = made[crs]
    return pair


def _geographic(crs: str) -> bool:
    if crs == MERCATOR:
        return False
    from pyproj import CRS

    return bool(CRS(crs).is_geographic)


def _gcp_transformer(dataset: Any) -> Any:
    """Ground control points fitted by GDAL's polynomial, where there is no geotransform."""
    from rasterio.transform import GCPTransformer

    points, _crs = dataset.gcps
    return GCPTransformer(points) if points and dataset.transform.is_identity else None


def _same(value: Any) -> Any:
    return value
