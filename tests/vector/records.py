"""Tile records by hand, and as shapely geometries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from pipeline.types import LINE, POLYGON
from pipeline.vector.tile_records import TileRecords
from tests.kernels.pieces import Ring, area2, ragged

Parts = Sequence[Ring]


def records(*entries: tuple[int, int, int, Parts]) -> TileRecords:
    """Records of (tile, row, kind, parts), in their order."""
    x, y, vertex_offsets = ragged([part for _, _, _, parts in entries for part in parts])
    return TileRecords(
        np.array([tile for tile, _, _, _ in entries], np.int64),
        np.array([row for _, row, _, _ in entries], np.int64),
        np.array([kind for _, _, kind, _ in entries], np.uint8),
        np.cumsum([0, *(len(parts) for _, _, _, parts in entries)], dtype=np.int64),
        vertex_offsets,
        x.astype(np.int32),
        y.astype(np.int32),
    )


def as_entries(held: TileRecords) -> list[tuple[int, int, int, list[list[tuple[int, int]]]]]:
    """The inverse of `records`."""
    out = []
    for k in range(len(held.kinds)):
        parts = []
        for p in range(held.part_offsets[k], held.part_offsets[k + 1]):
            at = slice(held.vertex_offsets[p], held.vertex_offsets[p + 1])
            parts.append(list(zip(held.x[at].tolist(), held.y[at].tolist(), strict=True)))
        out.append((int(held.tile_ids[k]), int(held.rows[k]), int(held.kinds[k]), parts))
    return out


def shape(parts: Parts, kind: int) -> shapely.Geometry:
    """A record's geometry; rings with positive area begin a polygon."""
    if kind == LINE:
        return shapely.MultiLineString([list(part) for part in parts])
    assert kind == POLYGON
    polygons: list[tuple[Ring, list[Ring]]] = []
    for ring in parts:
        if area2(ring) > 0:
            polygons.append((ring, []))
        else:
            polygons[-1][1].append(ring)
    return shapely.MultiPolygon([shapely.Polygon(shell, holes) for shell, holes in polygons])


def entry(tile: int, row: int, area: shapely.Geometry) -> tuple[int, int, int, list[list[tuple[int, int]]]]:
    """An area on the integer grid as an entry for `records`: exteriors with positive area, rings unclosed."""
    rings = []
    for polygon in shapely.get_parts(shapely.orient_polygons(area, exterior_cw=False)):
        for ring in shapely.get_rings(polygon):
            corners = [(round(x), round(y)) for x, y in shapely.get_coordinates(ring)[:-1].tolist()]
            rings.append(corners)
    return tile, row, POLYGON, rings
