"""Areas that are invalid in the source are made valid once, before anything is measured, simplified or cut.

Afterwards would be too late: a cut takes the halves of a bow-tie or two overlapping parts into different tiles, where
nothing tells a half that runs the wrong way from a hole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.mercator import unproject
from pipeline.kernels.outlines import outlines
from pipeline.kernels.pieces import SUSPECT
from pipeline.kernels.reorder import lay_down
from pipeline.kernels.simple import mark_suspects
from pipeline.types import EXTERIOR, INTERIOR, POLYGON, Tally
from pipeline.vector.ragged import offsets_of, runs

Run = Callable[..., Iterable[Any]]  # calls a function for each of some arguments: `map`, or that of an executor


class Shapes(NamedTuple):
    """A layer's geometries in world units; features need not lie in the order of their parts."""

    wx: NDArray[np.int64]  # [vertices]
    wy: NDArray[np.int64]
    vertex_offsets: NDArray[np.int64]  # [parts + 1]
    roles: NDArray[np.uint8]  # [parts]
    part_from: NDArray[np.int64]  # [features]
    part_to: NDArray[np.int64]


def pick_shapes(shapes: Shapes, rows: NDArray[np.int64]) -> Shapes:
    """The shapes of some features, in the order of `rows`, with nothing but their own vertices."""
    picked = shapes._replace(part_from=shapes.part_from[rows], part_to=shapes.part_to[rows])
    return laid_down([picked], [np.arange(len(rows))])


def laid_down(pieces: Sequence[Shapes], places: Sequence[NDArray[np.int64]], run: Run = map) -> Shapes:
    """Shapes of several runs of features as one: each feature goes to its place, all of which are taken.

    `places` [features] of each piece; `run` may be the `map` of an executor.
    """
    features = sum(len(piece.part_from) for piece in pieces)
    parts, vertices = np.empty(features, np.int64), np.empty(features, np.int64)
    for piece, place in zip(pieces, places, strict=True):
        parts[place] = piece.part_to - piece.part_from
        vertices[place] = piece.vertex_offsets[piece.part_to] - piece.vertex_offsets[piece.part_from]
    part_starts, vertex_starts = offsets_of(parts), offsets_of(vertices)
    wx, wy = np.empty(vertex_starts[-1], np.int64), np.empty(vertex_starts[-1], np.int64)
    vertex_offsets, roles = np.empty(part_starts[-1] + 1, np.int64), np.empty(part_starts[-1], np.uint8)
    vertex_offsets[-1] = vertex_starts[-1]

    def put(piece: Shapes, place: NDArray[np.int64]) -> None:
        lay_down(*piece, place, part_starts, vertex_starts, wx, wy, vertex_offsets, roles)

    list(run(put, pieces, places))
    return Shapes(wx, wy, vertex_offsets, roles, part_starts[:-1], part_starts[1:])


def areas_made_valid(found: Shapes, kinds: NDArray[np.uint8], tally: Tally) -> Shapes:
    """The geometries with broken areas mended; what was mended is counted as `invalid-area`.

    Mended is by `make_valid` (structure method: rings keep their role; overlapping parts become one), rounded to the
    world's grid. An area of which nothing would be left stays as it is.
    """
    rows = np.flatnonzero(kinds == POLYGON)
    if len(rows) == 0:
        return found
    pieces = outlines(*found, rows)
    if mark_suspects(pieces) == 0:
        return found
    mended = _mended(found, rows[pieces.flag == SUSPECT], tally)
    # What was broken must go: it would make nodes of a coverage where nobody has any.
    return found if mended is found else pick_shapes(mended, np.arange(len(kinds)))


def _mended(found: Shapes, rows: NDArray[np.int64], tally: Tally) -> Shapes:
    import shapely  # GEOS is loaded only when it is needed

    whole = _multipolygons(found, rows)
    broken = ~shapely.is_valid(whole)
    rows, whole = rows[broken], whole[broken]
    valid = shapely.make_valid(whole, method="structure", keep_collapsed=False)
    polygons, of_row = shapely.get_parts(shapely.set_precision(valid, 1.0), return_index=True)
    areal = shapely.area(polygons) > 0
    polygons, of_row = polygons[areal], of_row[areal]
    if len(polygons) == 0:
        return found
    rings, of_polygon = shapely.get_rings(polygons, return_index=True)
    xy = shapely.get_coordinates(rings).astype(np.int64)
    ends = len(found.wx) + np.cumsum(shapely.get_num_coordinates(rings))
    changed, counts = np.unique(of_row[of_polygon], return_counts=True)
    part_from, part_to = found.part_from.copy(), found.part_to.copy()
    part_from[rows[changed]] = len(found.roles) + offsets_of(counts)[:-1]
    part_to[rows[changed]] = len(found.roles) + offsets_of(counts)[1:]
    roles = np.where(np.diff(of_polygon, prepend=-1) > 0, EXTERIOR, INTERIOR)
    tally.add("invalid-area", len(changed), _place(xy[0]))
    return Shapes(
        np.concatenate([found.wx, xy[:, 0]]),
        np.concatenate([found.wy, xy[:, 1]]),
        np.concatenate([found.vertex_offsets, ends]),
        np.concatenate([found.roles, roles.astype(np.uint8)]),
        part_from,
        part_to,
    )


def _multipolygons(found: Shapes, rows: NDArray[np.int64]) -> NDArray[np.object_]:
    """Features as GEOS multipolygons, without rings too short for GEOS (they have no area)."""
    import shapely

    counts = (found.part_to - found.part_from)[rows]
    of_row = np.repeat(np.arange(len(rows)), counts)
    parts = np.arange(len(of_row)) + np.repeat(found.part_from[rows] - offsets_of(counts)[:-1], counts)
    long = np.diff(found.vertex_offsets)[parts] >= 4
    shell = found.roles[parts] == EXTERIOR
    kept = long & (long[shell][np.cumsum(shell) - 1])
    shells = np.flatnonzero(shell[kept])
    return np.asarray(
        shapely.from_ragged_array(
            shapely.GeometryType.MULTIPOLYGON,
            np.column_stack([a[runs(found.vertex_offsets, parts[kept])] for a in (found.wx, found.wy)]).astype(float),
            (
                offsets_of(np.diff(found.vertex_offsets)[parts[kept]]),
                np.append(shells, int(kept.sum())),
                offsets_of(np.bincount(of_row[kept][shells], minlength=len(rows))),
            ),
        )
    )


def _place(xy: NDArray[np.int64]) -> str:
    lng, lat = np.empty(1), np.empty(1)
    unproject(xy[:1].astype(np.float64), xy[1:].astype(np.float64), lng, lat)
    return f"{lng[0]:.6f}, {lat[0]:.6f}"
