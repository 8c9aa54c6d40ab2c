"""What an archive must hold of areas and lines, told by shapely, mercantile and the definition of the projection."""

from __future__ import annotations

import mercantile
import numpy as np
import shapely

from tests.decoded import Tile, Tiled
from tests.oracles.mercator import tile_units


def in_units(shape: shapely.Geometry, zoom: int) -> shapely.Geometry:
    """A source geometry in the tile units of a zoom, made valid, clipped to the world."""
    flat = shapely.transform(shape, lambda xy: tile_units(np.clip(xy, (-1e9, -89.9), (1e9, 89.9)), zoom))
    if shape.geom_type.endswith("Polygon"):
        flat = shapely.make_valid(flat, method="structure", keep_collapsed=False)
    size = 4096 << zoom
    return shapely.intersection(flat, shapely.box(0, 0, size, size))


def square(tile: Tile, buffer: float = 0.0) -> shapely.Geometry:
    """A tile in the units of its zoom."""
    _, x, y = tile
    return shapely.box(x * 4096 - buffer, y * 4096 - buffer, (x + 1) * 4096 + buffer, (y + 1) * 4096 + buffer)


def tiles_of(shape: shapely.Geometry, zoom: int) -> set[Tile]:
    """By mercantile: tiles that hold clearly more of an area than rounding could take away."""
    flat = in_units(shape, zoom)
    if flat.is_empty:
        return set()
    west, south, east, north = shape.bounds
    covering = mercantile.tiles(max(west, -180), max(south, -85.06), min(east, 180), min(north, 85.06), [zoom])
    squares = {(zoom, t.x, t.y): shapely.intersection(flat, square((zoom, t.x, t.y))) for t in covering}
    return {tile for tile, held in squares.items() if held.area > held.length + 2}


def check_valid(found: Tiled) -> None:
    """Every polygon at every zoom is valid and lies within its buffered tile."""
    for feature in found.features:
        assert feature.shape.is_valid, (feature.tile, shapely.is_valid_reason(feature.shape))
        assert shapely.box(-80, -80, 4176, 4176).covers(feature.shape), feature.tile


def check_area(found: Tiled, shape: shapely.Geometry, zoom: int) -> None:
    """What the tiles of a zoom show of the only area, within their own squares, is the source within rounding."""
    shown = [f for f in found.at(zoom) if f.shape.geom_type.endswith("Polygon")]
    whole = shapely.union_all([shapely.intersection(f.in_zoom(), square(f.tile)) for f in shown])
    source = in_units(shape, zoom)
    apart = shapely.symmetric_difference(whole, source).area
    assert apart <= 0.75 * (source.length + whole.length) + 4, (zoom, apart, source.area, source.length)
    assert tiles_of(shape, zoom) <= {f.tile for f in shown}
    for feature in shown:
        assert shapely.intersects(source, square(feature.tile, 82)), feature.tile
