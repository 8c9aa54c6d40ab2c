"""What the kernels cannot vouch for goes through GEOS: in tile units, on the tile's own grid.

A suspect piece that GEOS finds valid stays as it is. Any other is rebuilt by `make_valid` (structure method: rings
keep their role) and put back on the integer grid by `set_precision`, which keeps it valid.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity

from pipeline.kernels.pieces import EXTENT, EXTENT_BITS, SUSPECT, Pieces
from pipeline.vector.layer import Layer, zoom_shift
from pipeline.vector.ragged import offsets_of, runs

_POLYGONAL = (3, 6)  # GEOS type ids of Polygon and MultiPolygon


def mend(pieces: Pieces) -> tuple[Pieces, Pieces, int]:
    """Split pieces into the sound ones and the mended ones; also returns how many had to be changed."""
    suspect = np.flatnonzero(pieces.flag == SUSPECT)
    geometries = _polygons(pieces, suspect)
    valid = shapely.is_valid(geometries)
    keep = np.ones(len(pieces.tx), bool)
    keep[suspect[~valid]] = False
    broken = suspect[~valid]
    mended = [
        (int(pieces.tx[i]), int(pieces.ty[i]), int(pieces.row[i]), geometry)
        for i, geometry in zip(broken.tolist(), _valid_on_grid(geometries[~valid]), strict=True)
    ]
    return _select(pieces, np.flatnonzero(keep)), _pieces(mended), len(broken)


def cut_hard(layer: Layer, rows: NDArray[np.int64], zoom: int, tolerance2: float) -> Pieces:
    """Cut features whose rings bound no area: made valid first, then halved tile range by tile range."""
    buffer = layer.plan.buffer
    shift = zoom_shift(zoom)
    out: list[tuple[int, int, int, shapely.Geometry]] = []
    top = (1 << zoom) - 1
    for row in rows.tolist():
        whole = shapely.make_valid(_whole(layer, row, shift, tolerance2), method="structure", keep_collapsed=False)
        if shapely.is_empty(whole):
            continue
        west, north, east, south = (int(v) for v in shapely.bounds(whole))
        x0, x1 = max((west - buffer - 1) >> EXTENT_BITS, 0), min((east + buffer) >> EXTENT_BITS, top)
        y0, y1 = max((north - buffer - 1) >> EXTENT_BITS, 0), min((south + buffer) >> EXTENT_BITS, top)
        ranges = [(x0, y0, x1, y1, whole)]
        while ranges:
            x0, y0, x1, y1, held = ranges.pop()
            box = shapely.box(
                x0 * EXTENT - buffer, y0 * EXTENT - buffer, (x1 + 1) * EXTENT + buffer, (y1 + 1) * EXTENT + buffer
            )
            held = shapely.intersection(held, box)
            if shapely.is_empty(held) or x0 > x1 or y0 > y1:
                continue
            if x0 == x1 and y0 == y1:
                moved = affinity.translate(held, -x0 * EXTENT, -y0 * EXTENT)
                out.append((x0, y0, row, _valid_on_grid(np.array([moved]))[0]))
            elif x1 - x0 >= y1 - y0:
                m = (x0 + x1) // 2
                ranges += [(x0, y0, m, y1, held), (m + 1, y0, x1, y1, held)]
            else:
                m = (y0 + y1) // 2
                ranges += [(x0, y0, x1, m, held), (x0, m + 1, x1, y1, held)]
    return _pieces(out)


def _valid_on_grid(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    fixed = shapely.make_valid(geometries, method="structure", keep_collapsed=False)
    fixed = shapely.set_precision(fixed, 1.0)
    return shapely.orient_polygons(fixed, exterior_cw=False)  # y points down: this is clockwise on the screen


def _whole(layer: Layer, row: int, shift: int, tolerance2: float) -> shapely.Geometry:
    """The feature's simplified polygons on the zoom's grid."""
    features = layer.features
    half = (1 << shift) >> 1
    rings: list[NDArray[np.int64]] = []
    polygons: list[shapely.Geometry] = []

    def close() -> None:
        if rings:
            polygons.append(shapely.Polygon(rings[0], rings[1:]))
            rings.clear()

    for part in range(int(features.part_from[row]), int(features.part_to[row])):
        at = slice(int(features.vertex_offsets[part]), int(features.vertex_offsets[part + 1]))
        kept = features.importance[at] >= tolerance2
        ring = np.column_stack([(features.wx[at][kept] + half) >> shift, (features.wy[at][kept] + half) >> shift])
        if features.roles[part] == 1:
            close()
        if len(ring) >= 4 and (rings or features.roles[part] == 1):
            rings.append(ring)
    close()
    valid = shapely.make_valid(np.array(polygons, dtype=object), method="structure", keep_collapsed=False)
    return shapely.union_all(valid)


def _polygons(pieces: Pieces, picks: NDArray[np.int64]) -> NDArray[np.object_]:
    """The picked pieces as GEOS multipolygons."""
    coords: list[NDArray[np.int32]] = []
    ring_ends, polygon_ends, piece_ends = [0], [0], [0]
    for i in picks.tolist():
        for ring in range(int(pieces.ring_offsets[i]), int(pieces.ring_offsets[i + 1])):
            at = slice(int(pieces.vertex_offsets[ring]), int(pieces.vertex_offsets[ring + 1]))
            xy = np.column_stack([pieces.x[at], pieces.y[at]])
            exterior = _area2(xy) > 0
            if exterior and ring > int(pieces.ring_offsets[i]):
                polygon_ends.append(len(ring_ends) - 1)
            coords += [xy, xy[:1]]
            ring_ends.append(ring_ends[-1] + len(xy) + 1)
        polygon_ends.append(len(ring_ends) - 1)
        piece_ends.append(len(polygon_ends) - 1)
    if len(picks) == 0:
        return np.empty(0, object)
    return np.asarray(
        shapely.from_ragged_array(
            shapely.GeometryType.MULTIPOLYGON,
            np.concatenate(coords).astype(np.float64),
            (np.array(ring_ends), np.array(polygon_ends), np.array(piece_ends)),
        )
    )


def _area2(xy: NDArray[np.int32]) -> int:
    x, y = xy[:, 0].astype(np.int64), xy[:, 1].astype(np.int64)
    return int((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())


def _pieces(mended: list[tuple[int, int, int, shapely.Geometry]]) -> Pieces:
    """GEOS geometries in tile units → pieces; what is not an area, or is empty, is left out."""
    tx, ty, rows = [], [], []
    ring_offsets, vertex_offsets = [0], [0]
    coords: list[NDArray[np.float64]] = []
    for x, y, row, geometry in mended:
        rings = [
            ring
            for part in shapely.get_parts(geometry)
            if shapely.get_type_id(part) in _POLYGONAL
            for polygon in shapely.get_parts(part)
            if not shapely.is_empty(polygon)
            for ring in shapely.get_rings(polygon)
        ]
        if not rings:
            continue
        for ring in rings:
            xy = shapely.get_coordinates(ring)[:-1]
            coords.append(xy)
            vertex_offsets.append(vertex_offsets[-1] + len(xy))
        ring_offsets.append(len(vertex_offsets) - 1)
        tx.append(x)
        ty.append(y)
        rows.append(row)
    xy = np.concatenate(coords) if coords else np.empty((0, 2))
    return Pieces(
        np.array(tx, np.int32),
        np.array(ty, np.int32),
        np.array(rows, np.int64),
        np.zeros(len(tx), np.uint8),
        np.array(ring_offsets, np.int64),
        np.array(vertex_offsets, np.int64),
        np.ascontiguousarray(xy[:, 0]).astype(np.int32),
        np.ascontiguousarray(xy[:, 1]).astype(np.int32),
    )


def _select(pieces: Pieces, picks: NDArray[np.int64]) -> Pieces:
    """The picked pieces alone."""
    rings = runs(pieces.ring_offsets, picks)
    vertices = runs(pieces.vertex_offsets, rings)
    return Pieces(
        pieces.tx[picks],
        pieces.ty[picks],
        pieces.row[picks],
        np.zeros(len(picks), np.uint8),
        offsets_of(np.diff(pieces.ring_offsets)[picks]),
        offsets_of(np.diff(pieces.vertex_offsets)[rings]),
        pieces.x[vertices],
        pieces.y[vertices],
    )
