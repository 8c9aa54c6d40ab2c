"""Gaps between areas that share borders, as product.md defines them.

Area of the union with its holes filled minus area of the union, over the area of the union; the holes that the source
itself has are to be subtracted. Every tile is clipped to its own square, so that buffers neither hide nor double
anything; areas are in tile units of the zoom.

What a source can have at best at a zoom is not nothing: rounding its vertices to the tile grid alone opens gaps where
one neighbour has a vertex that the other does not, and where areas collapse. `of_source` measures that, without any
simplification, and every tool is held against it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray
from pmtiles.tile import tileid_to_zxy

from pipeline.archive.reader import open_archive
from pipeline.vector.tables import decode_tables
from pipeline.vector.tile_batch import Batch
from tests.bench.quality import unpacked

EXTENT = 4096
_SQUARE = shapely.box(0, 0, EXTENT, EXTENT)
_FINE = 2.0**-8  # tile units: grid of unions that GEOS could not do in floating point


class Gap(NamedTuple):
    """At one zoom, over the area of the union."""

    holes: float
    overlap: float  # how much of the area is covered twice


def of_archive(path: Path) -> dict[int, Gap]:
    """Gaps at every zoom of an archive whose only layer is of areas."""
    tiles: dict[int, list[tuple[int, int, bytes]]] = {}
    with open_archive(path) as archive:
        for entry in archive.entries():
            body = unpacked(archive, entry.offset, entry.length)
            for tile_id in range(entry.tile_id, entry.tile_id + entry.run_length):
                zoom, x, y = tileid_to_zxy(tile_id)
                tiles.setdefault(zoom, []).append((x, y, body))
    with ThreadPoolExecutor(2) as pool:
        return {zoom: gap([*pool.map(lambda tile: _in_square(*tile), found)]) for zoom, found in sorted(tiles.items())}


def of_source(path: Path, low: int, high: int) -> tuple[float, dict[int, Gap]]:
    """Holes of the source as it is, over its area, and gaps of the source rounded to the grid of each zoom."""
    shapes = shapely.from_wkb(pq.read_table(path, columns=["geometry"]).column("geometry").to_numpy())
    world = _sound(shapely.get_parts(shapely.transform(shapes, _mercator)))

    def rounded(zoom: int) -> Gap:
        units = EXTENT * 2.0**zoom
        parts = _sound(shapely.transform(world, lambda xy: np.floor(xy * units + 0.5)))
        return gap([(_joined(parts), float(shapely.area(parts).sum()))])

    zooms = range(low, high + 1)
    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(zooms, pool.map(rounded, zooms), strict=True))
    return gap([(_joined(world), float(shapely.area(world).sum()))]).holes, found


def gap(squares: list[tuple[shapely.Geometry, float]]) -> Gap:
    """Of unions that do not overlap one another, each with the sum of the areas it is made of."""
    whole = _joined(np.array([union for union, _area in squares], dtype=object))
    filled = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(whole))))
    area = float(shapely.area(whole))
    covered = sum(area for _union, area in squares)
    return Gap((float(shapely.area(filled)) - area) / area, (covered - area) / area)


def _in_square(x: int, y: int, body: bytes) -> tuple[shapely.Geometry, float]:
    """The union of a tile's areas within its square, in units of the zoom, and the sum of these areas."""
    _rows, shapes, _valid = Batch([], decode_tables([body]), {}, {}).polygons
    shapes = _sound(shapes)
    west, north, east, south = shapely.bounds(shapes).T
    outside = (west < 0) | (north < 0) | (east > EXTENT) | (south > EXTENT)
    shapes[outside] = shapely.intersection(shapes[outside], _SQUARE)
    union = shapely.transform(_joined(shapes), lambda xy: xy + np.array([x, y]) * EXTENT)
    return union, float(shapely.area(shapes).sum())


def _sound(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Valid shapes; what is no area any more becomes empty."""
    broken = ~shapely.is_valid(shapes)
    shapes = shapes.copy()
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    return shapes


def _joined(shapes: NDArray[np.object_]) -> shapely.Geometry:
    """The union, areas only."""
    try:
        union = shapely.union_all(shapes)
    except shapely.GEOSException:  # rare: a union of many slivers came out invalid
        union = shapely.union_all(_sound(shapes), grid_size=_FINE)
    parts = shapely.get_parts(union)
    return shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])


def _mercator(lng_lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """World units, 0 … 1."""
    lng, lat = lng_lat.T
    return np.column_stack([(lng + 180) / 360, 0.5 - np.arcsinh(np.tan(np.radians(lat))) / (2 * np.pi)])
