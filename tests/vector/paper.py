"""Shapes drawn in tile units, and what the tiles must show of them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import shapely
from hypothesis import HealthCheck, settings

from tests.decoded import Tile, Tiled, tiled
from tests.oracles.mercator import degrees, tile_units
from tests.shapes import batch, layer

ENGINE = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def on_grid(shape: shapely.Geometry, zoom: int) -> shapely.Geometry:
    """The source in tile units of the zoom, rounded."""
    return shapely.transform(shape, lambda c: np.floor(tile_units(c, zoom) + 0.5))


def meant(shape: shapely.Geometry, zoom: int) -> shapely.Geometry:
    """What an area means: made valid as it stands in the source, then rounded to the zoom's grid."""
    exact = shapely.transform(shape, lambda c: tile_units(c, zoom))
    sound = shapely.make_valid(exact, method="structure", keep_collapsed=False)
    rounded = shapely.transform(sound, lambda c: np.floor(c + 0.5))
    return shapely.make_valid(rounded, method="structure", keep_collapsed=False)


def tile_box(tile: Tile, buffer: float = 0) -> shapely.Geometry:
    _, x, y = tile
    return shapely.box(x * 4096 - buffer, y * 4096 - buffer, (x + 1) * 4096 + buffer, (y + 1) * 4096 + buffer)


def tiles_meeting(shape: shapely.Geometry, zoom: int) -> list[Tile]:
    """Tiles whose own square the shape (zoom units) has a share in that the grid can show."""
    if shape.is_empty:
        return []
    last = (1 << zoom) - 1
    west, north, east, south = (int(v) >> 12 for v in shape.bounds)
    box = [
        (zoom, x, y)
        for x in range(max(west, 0), min(east, last) + 1)
        for y in range(max(north, 0), min(south, last) + 1)
    ]
    return [tile for tile in box if (held := shape.intersection(tile_box(tile))).area > held.length + 2]


def check_areas(found: Tiled, shape: shapely.Geometry, zoom: int, buffer: int) -> None:
    """Every tile holds the source's part of its buffered box; all are valid; none is missing."""
    source = meant(shape, zoom)
    for feature in found.at(zoom):
        assert feature.shape.is_valid, (feature.tile, shapely.is_valid_reason(feature.shape))
        want, got = source.intersection(tile_box(feature.tile, buffer)), feature.in_zoom()
        slack = max(want.length, got.length) + 2
        assert want.symmetric_difference(got).area <= slack, (feature.tile, want.area, got.area)
    assert set(tiles_meeting(source, zoom)) <= {feature.tile for feature in found.at(zoom)}
    whole = shapely.union_all([f.in_zoom().intersection(tile_box(f.tile)) for f in found.at(zoom)])
    world = shapely.box(0, 0, 4096 << zoom, 4096 << zoom)
    inside = source.intersection(world)
    assert whole.symmetric_difference(inside).area <= inside.length + whole.length + 2


def area_case(folder: Path, shape: shapely.Geometry, zoom: int, buffer: int = 80) -> Tiled:
    found = tiled(folder, layer("a", batch([shape]), min_zoom=zoom, max_zoom=zoom, buffer=buffer))
    check_areas(found, shape, zoom, buffer)
    return found


class Paper:
    """Draws in tile units around a corner where four tiles meet."""

    def __init__(self, zoom: int, column: int, row: int) -> None:
        self.zoom, self.x, self.y = zoom, column * 4096, row * 4096

    def ring(self, *points: tuple[float, float]) -> list[tuple[float, float]]:
        return [degrees(self.x + x, self.y + y, self.zoom) for x, y in points]

    def box(self, x0: float, y0: float, x1: float, y1: float) -> list[tuple[float, float]]:
        return self.ring((x0, y0), (x1, y0), (x1, y1), (x0, y1))

    def polygon(self, *points: tuple[float, float]) -> shapely.Polygon:
        return shapely.Polygon(self.ring(*points))

    def line(self, *points: tuple[float, float]) -> shapely.LineString:
        return shapely.LineString(self.ring(*points))


P = Paper(14, 13600, 6900)  # near Longquan

INVALID = {
    "bow-tie in one tile": P.polygon((100, 100), (900, 900), (900, 100), (100, 900)),
    "bow-tie over a border, its halves alike": P.polygon((-900, -400), (900, 400), (900, -400), (-900, 400)),
    "bow-tie over a border, its halves unlike": P.polygon((-3000, -900), (900, 400), (900, -400), (-3000, 900)),
    "bow-tie over many tiles": P.polygon((-14000, -9000), (14000, 9000), (14000, -9000), (-14000, 9000)),
    "spike": P.polygon((0, 0), (500, 0), (9000, 0), (500, 0), (500, 500), (0, 500)),
    "hole outside": shapely.Polygon(P.box(-900, -900, 900, 900), [P.box(5000, 5000, 5900, 5900)]),
    "hole half outside": shapely.Polygon(P.box(-900, -900, 900, 900), [P.box(0, 0, 5000, 5000)]),
    "holes overlap": shapely.Polygon(
        P.box(-9000, -9000, 9000, 9000), [P.box(-5000, -5000, 1000, 1000), P.box(-1000, -1000, 5000, 5000)]
    ),
    "hole twice": shapely.Polygon(P.box(-900, -900, 900, 900), [P.box(-50, -50, 50, 50), P.box(-50, -50, 50, 50)]),
    "parts overlap": shapely.MultiPolygon(
        [shapely.Polygon(P.box(-5000, -5000, 1000, 1000)), shapely.Polygon(P.box(-1000, -1000, 5000, 5000))]
    ),
    "part within part": shapely.MultiPolygon(
        [shapely.Polygon(P.box(-9000, -9000, 9000, 9000)), shapely.Polygon(P.box(-900, -900, 900, 900))]
    ),
    "parts share an edge": shapely.MultiPolygon(
        [shapely.Polygon(P.box(-900, -900, 0, 900)), shapely.Polygon(P.box(0, -900, 900, 900))]
    ),
    "pentagram": P.polygon(
        *[(5000 * math.sin(k * 0.8 * math.pi), 5000 * math.cos(k * 0.8 * math.pi)) for k in range(5)]
    ),
    "ring run through twice": P.polygon(*[(-900, -900), (900, -900), (900, 900), (-900, 900)] * 2),
    "outline of a loop, wound twice": P.polygon(
        *[((900 - 20 * t) * math.sin(t), (900 - 20 * t) * math.cos(t)) for t in range(13)]
    ),
}
