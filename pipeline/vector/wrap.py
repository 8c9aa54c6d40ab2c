"""Features that reach over the antimeridian, brought into the world: −180 … 180, cut at its ends.

Before projection: the engine knows one world. What lies beyond it is shifted by whole turns, what reaches over its end
is divided there, and a ring around a pole is closed along the pole. Source: RFC 7946 §3.1.9.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.wrap import DIVIDED, GARBAGE, NEAR, SHIFTED, unwrap
from pipeline.types import EXTERIOR, INTERIOR, LINE, NONE, OPEN, POINT, Geometries, Tally
from pipeline.vector.ragged import offsets_of

_Part = tuple[int, NDArray[np.float64]]  # role, [vertices, 2]


def wrap(geometries: Geometries, tally: Tally) -> Geometries:
    """The geometries within longitudes −180 … 180, degrees; the very same when none leaves them.

    Counted as `antimeridian`: features that were shifted or divided; as `far-beyond-world`: those more than two turns
    away, which stay as they are. A divided feature stays one feature of several parts. Kinds and order are kept.
    """
    x = geometries.x
    if len(x) == 0 or (x.min() >= -180.0 and x.max() <= 180.0 and (x.min() > -NEAR or x.max() < NEAR)):
        return geometries
    out = np.empty_like(x)
    fates = np.empty(geometries.features, np.uint8)
    points = (geometries.kinds == POINT) | (geometries.kinds == NONE)
    if not unwrap(geometries.part_offsets, geometries.vertex_offsets, geometries.roles, points, x, out, fates):
        return geometries
    moved = np.flatnonzero((fates == SHIFTED) | (fates == DIVIDED))
    tally.add("antimeridian", len(moved), _place(geometries, moved))
    garbage = np.flatnonzero(fates == GARBAGE)
    tally.add("far-beyond-world", len(garbage), _place(geometries, garbage))
    # Features that stay INSIDE keep every bit: adding a turn of 0 changes none.
    wrapped = geometries._replace(x=out)
    rows = np.flatnonzero(fates == DIVIDED)
    return _replaced(wrapped, rows, [_divided(wrapped, row) for row in rows.tolist()])


def _place(geometries: Geometries, rows: NDArray[np.int64]) -> str:
    if len(rows) == 0:
        return ""
    vertex = geometries.vertex_offsets[geometries.part_offsets[rows[0]]]
    return f"{geometries.x[vertex]:.6f}, {geometries.y[vertex]:.6f}"


def _divided(geometries: Geometries, row: int) -> list[_Part]:
    """The parts of one line or area without jumps, cut at every end of the world."""
    parts: list[_Part] = []
    for part in range(int(geometries.part_offsets[row]), int(geometries.part_offsets[row + 1])):
        at = slice(int(geometries.vertex_offsets[part]), int(geometries.vertex_offsets[part + 1]))
        parts.append((int(geometries.roles[part]), np.column_stack([geometries.x[at], geometries.y[at]])))
    if geometries.kinds[row] == LINE:
        return [(OPEN, piece) for _role, line in parts for piece in _divided_line(line)]
    polygons: list[list[NDArray[np.float64]]] = []
    for role, ring in parts:
        if role == EXTERIOR:
            polygons.append([])
        polygons[-1].append(ring)
    return [part for rings in polygons for part in _divided_polygon(rings)]


def _divided_line(line: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """One line, cut where it crosses an odd multiple of 180°; what runs along one stays with what came before."""
    pieces: list[NDArray[np.float64]] = []
    held = [line[0]]
    world = _world(line[0, 0], line[1, 0])
    for a, b in pairwise(line):
        while not -180.0 <= b[0] - 360.0 * world <= 180.0:
            end = 360.0 * world + (180.0 if b[0] > a[0] else -180.0)
            cut = np.array([end, a[1] + (end - a[0]) / (b[0] - a[0]) * (b[1] - a[1])])
            pieces.append(_shifted([*held, cut], world))
            held = [cut]
            world += 1 if b[0] > a[0] else -1
        held.append(b)
    pieces.append(_shifted(held, world))
    return [piece for piece in pieces if len(piece) > 1 and bool((piece != piece[0]).any())]


def _world(at: float, towards: float) -> int:
    """The turn of the world that a line is in which starts at a longitude and leads to another."""
    turn = (at + 180.0) / 360.0
    return int(turn) - 1 if turn == math.floor(turn) and towards < at else math.floor(turn)


def _shifted(vertices: Sequence[NDArray[np.float64]], world: int) -> NDArray[np.float64]:
    piece = np.array(vertices)
    piece[:, 0] -= 360.0 * world
    return piece


def _divided_polygon(rings: list[NDArray[np.float64]]) -> list[_Part]:
    """One polygon: its shell in the world less its holes in the world."""
    import shapely

    area: Any = _in_world(rings[0])
    if len(rings) > 1:
        area = shapely.difference(area, shapely.union_all([_in_world(ring) for ring in rings[1:]]))
    parts: list[_Part] = []
    for polygon in shapely.get_parts(area).tolist():
        if polygon.geom_type == "Polygon" and not polygon.is_empty:
            parts.append((EXTERIOR, shapely.get_coordinates(polygon.exterior)))
            parts += [(INTERIOR, shapely.get_coordinates(hole)) for hole in polygon.interiors]
    return parts


def _in_world(ring: NDArray[np.float64]) -> Any:
    """What a ring without jumps encloses, every turn of the world laid upon the first."""
    import shapely
    from shapely import affinity

    if len(ring) < 4:  # encloses nothing, and GEOS refuses it
        return shapely.Polygon()
    if abs(ring[-1, 0] - ring[0, 0]) > 180.0:  # around a pole, the nearer one
        pole = math.copysign(90.0, float(ring[:, 1].mean()))
        ring = np.concatenate([ring, [[ring[-1, 0], pole], [ring[0, 0], pole]], ring[:1]])
    whole = shapely.make_valid(shapely.Polygon(ring), method="structure", keep_collapsed=False)
    west, _south, east, _north = shapely.bounds(whole).tolist() if not whole.is_empty else (0.0, 0.0, 0.0, 0.0)
    worlds = range(math.floor((west + 180.0) / 360.0), math.ceil((east + 180.0) / 360.0))
    cut = [
        affinity.translate(
            shapely.intersection(whole, shapely.box(360.0 * k - 180.0, -1e3, 360.0 * k + 180.0, 1e3)), -360.0 * k
        )
        for k in worlds
    ]
    return cut[0] if len(cut) == 1 else shapely.union_all(cut)


def _replaced(geometries: Geometries, rows: NDArray[np.int64], parts: list[list[_Part]]) -> Geometries:
    """The geometries with other parts for some features; a feature left without any has no geometry."""
    if len(rows) == 0:
        return geometries
    kinds = geometries.kinds.copy()
    counts = np.diff(geometries.part_offsets)
    roles, sizes, x, y = [], [], [], []
    begun = int(geometries.part_offsets[0])  # parts before are dealt with
    for row, new in zip(rows.tolist(), parts, strict=True):
        kept = slice(begun, int(geometries.part_offsets[row]))
        vertices = slice(int(geometries.vertex_offsets[kept.start]), int(geometries.vertex_offsets[kept.stop]))
        roles += [geometries.roles[kept], np.array([role for role, _xy in new], np.uint8)]
        sizes += [np.diff(geometries.vertex_offsets[kept.start : kept.stop + 1])]
        sizes += [np.array([len(xy) for _role, xy in new], np.int64)]
        x += [geometries.x[vertices], *(xy[:, 0] for _role, xy in new)]
        y += [geometries.y[vertices], *(xy[:, 1] for _role, xy in new)]
        counts[row] = len(new)
        if not new:
            kinds[row] = NONE
        begun = int(geometries.part_offsets[row + 1])
    rest = int(geometries.vertex_offsets[begun])
    return Geometries(
        kinds,
        offsets_of(counts),
        offsets_of(np.concatenate([*sizes, np.diff(geometries.vertex_offsets[begun:])])),
        np.concatenate([*roles, geometries.roles[begun:]]),
        np.concatenate([*x, geometries.x[rest:]]),
        np.concatenate([*y, geometries.y[rest:]]),
    )
