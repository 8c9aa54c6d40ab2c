"""Areas that lie nearer to each other than the map can show are drawn as one: blocks instead of single buildings."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.components import components
from pipeline.kernels.importance import importances
from pipeline.kernels.pieces import Features
from pipeline.types import EXTERIOR, INTERIOR
from pipeline.vector.ragged import offsets_of, runs
from pipeline.vector.rightangle import right_angled

_MITRE = 2.0  # joins sharper than 60° are cut off


class Merged(NamedTuple):
    """Features of one zoom, some of them drawn together."""

    features: Features  # 0 … n − 1
    rows: NDArray[np.int64]  # [n] the feature whose id and attributes each has; in the order they were given
    into: NDArray[np.int64]  # [features given] the feature in whose place each is drawn: itself unless merged


class _Rings(NamedTuple):
    """Areas as ragged arrays, rings closed."""

    wx: NDArray[np.int64]
    wy: NDArray[np.int64]
    importance: NDArray[np.float64]
    vertex_offsets: NDArray[np.int64]
    roles: NDArray[np.uint8]
    part_offsets: NDArray[np.int64]  # [areas + 1]


def merge_near(
    features: Features, rows: NDArray[np.int64], cells: NDArray[np.int64], distance: float, tolerance: float
) -> Merged:
    """Draw areas of one cell that are nearer to each other than `distance` as one; both lengths in world units.

    `rows` areas of the layer that are seen at the zoom, in order; `cells` [rows] where each belongs: areas are merged
    within their cell only, so that the result does not depend on how the work is divided. What lies between merged
    areas is filled (closing: grown by half the distance, united, shrunk again, corners kept), the outline simplified
    by `tolerance` at right angles. The largest member, of equals the first, gives the new area its id.
    """
    rows = np.asarray(rows, np.int64)
    single = _taken(features, rows)
    near = right_angled(features, rows, tolerance)  # fewer vertices to grow
    label = _labels(near, cells, distance)
    sizes = np.bincount(label, minlength=len(rows))
    joined = np.flatnonzero(sizes[label] > 1)
    if len(joined) == 0:
        return Merged(_features(single, features, rows, features.size[rows]), rows, rows.copy())
    # Members lie together, the largest of each group first.
    joined = joined[np.lexsort((joined, -features.size[rows[joined]], label[joined]))]
    begins = np.flatnonzero(np.diff(label[joined], prepend=-1))
    group = np.repeat(np.arange(len(begins)), np.diff(np.append(begins, len(joined))))
    closed, size = _closed(near, joined, group, distance, tolerance)
    into = rows.copy()
    into[joined] = rows[joined[begins]][group]
    stays = np.flatnonzero(into == rows)
    picks = stays.copy()  # areas of `single`, or behind them of `closed`
    picks[np.searchsorted(stays, joined[begins])] = len(rows) + np.arange(len(begins))
    every = np.concatenate([features.size[rows], size])
    return Merged(_features(_picked(single, closed, picks), features, rows[stays], every[picks]), rows[stays], into)


def _labels(near: Features, cells: NDArray[np.int64], distance: float) -> NDArray[np.int64]:
    """The lowest area of each area's group."""
    import shapely  # GEOS is loaded only when it is needed

    shapes = _shapes(near)
    tree = shapely.STRtree(shapes)
    a, b = tree.query(shapes, predicate="dwithin", distance=distance)
    pairs = (a < b) & (cells[a] == cells[b])
    label = np.empty(len(shapes), np.int64)
    components(a[pairs].astype(np.int64), b[pairs].astype(np.int64), label)
    return label


def _shapes(near: Features) -> NDArray[np.object_]:
    """Areas whose parts lie one behind the other as multipolygons, without rings too short for GEOS."""
    import shapely

    long = np.diff(near.vertex_offsets) >= 4
    shell = near.roles == EXTERIOR
    kept = long & long[shell][np.cumsum(shell) - 1]
    parts = np.flatnonzero(kept)
    vertices = runs(near.vertex_offsets, parts)
    shells = np.flatnonzero(shell[parts])
    before = offsets_of(kept)[np.append(near.part_from, len(kept))]  # rings before each area
    return np.asarray(
        shapely.from_ragged_array(
            shapely.GeometryType.MULTIPOLYGON,
            np.column_stack([near.wx[vertices], near.wy[vertices]]).astype(np.float64),
            (
                offsets_of(np.diff(near.vertex_offsets)[parts]),
                np.append(shells, len(parts)),
                np.searchsorted(shells, before),
            ),
        )
    )


def _closed(
    near: Features, members: NDArray[np.int64], group: NDArray[np.int64], distance: float, tolerance: float
) -> tuple[_Rings, NDArray[np.float64]]:
    """Each group's members and what is between them, and its area."""
    import shapely

    polygons, of_member = shapely.get_parts(_shapes(near)[members], return_index=True)
    held = shapely.multipolygons(polygons, indices=group[of_member])
    grown = shapely.buffer(held, distance / 2, join_style="mitre", mitre_limit=_MITRE)
    shapes = np.asarray(shapely.buffer(grown, -distance / 2, join_style="mitre", mitre_limit=_MITRE))
    size = np.asarray(shapely.area(shapes), np.float64)
    every = np.arange(len(shapes))
    made = right_angled(_area_features(shapes, tolerance), every, tolerance)
    broken = np.flatnonzero(~shapely.is_valid(_shapes(made)))  # parts of one group that now overlap
    exact = _taken(_area_features(shapely.set_precision(shapes[broken], 1.0), tolerance), np.arange(len(broken)))
    picks = every.copy()
    picks[broken] = len(shapes) + np.arange(len(broken))
    return _picked(_taken(made, every), exact, picks), size


def _area_features(shapes: NDArray[np.object_], tolerance: float) -> Features:
    """GEOS areas as features, rounded, their vertices' importance from `tolerance` on."""
    import shapely

    polygons, of_shape = shapely.get_parts(shapes, return_index=True)
    rings, of_polygon = shapely.get_rings(polygons, return_index=True)
    xy = np.rint(shapely.get_coordinates(rings)).astype(np.int64)
    wx, wy = np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
    vertex_offsets = offsets_of(shapely.get_num_coordinates(rings).astype(np.int64))
    roles = np.where(np.diff(of_polygon, prepend=-1) > 0, EXTERIOR, INTERIOR).astype(np.uint8)
    importance, pinned = np.zeros(len(wx), np.float64), np.empty(0, np.uint8)
    importances(wx, wy, vertex_offsets, roles, pinned, float(tolerance * tolerance), 0, len(roles), importance)
    ends = offsets_of(np.bincount(of_shape[of_polygon], minlength=len(shapes)))
    none = np.zeros(len(shapes), np.int64)
    return Features(
        wx, wy, importance, vertex_offsets, roles, ends[:-1], ends[1:], none.astype(np.uint32), none.astype(float), none
    )


def _taken(features: Features, rows: NDArray[np.int64]) -> _Rings:
    """The rings of some features, one feature behind the other."""
    counts = (features.part_to - features.part_from)[rows]
    part_offsets = offsets_of(counts)
    parts = np.arange(part_offsets[-1]) + np.repeat(features.part_from[rows] - part_offsets[:-1], counts)
    vertices = runs(features.vertex_offsets, parts)
    return _Rings(
        features.wx[vertices],
        features.wy[vertices],
        features.importance[vertices] if len(features.importance) else np.full(len(vertices), np.inf),
        offsets_of(np.diff(features.vertex_offsets)[parts]),
        features.roles[parts],
        part_offsets,
    )


def _picked(first: _Rings, second: _Rings, picks: NDArray[np.int64]) -> _Rings:
    """Areas of both, counted through."""
    part_offsets = np.concatenate([first.part_offsets, second.part_offsets[1:] + first.part_offsets[-1]])
    vertex_offsets = np.concatenate([first.vertex_offsets, second.vertex_offsets[1:] + first.vertex_offsets[-1]])
    parts = runs(part_offsets, picks)
    vertices = runs(vertex_offsets, parts)
    return _Rings(
        np.concatenate([first.wx, second.wx])[vertices],
        np.concatenate([first.wy, second.wy])[vertices],
        np.concatenate([first.importance, second.importance])[vertices],
        offsets_of(np.diff(vertex_offsets)[parts]),
        np.concatenate([first.roles, second.roles])[parts],
        offsets_of(np.diff(part_offsets)[picks]),
    )


def _features(rings: _Rings, features: Features, rows: NDArray[np.int64], size: NDArray[np.float64]) -> Features:
    return Features(
        rings.wx,
        rings.wy,
        rings.importance,
        rings.vertex_offsets,
        rings.roles,
        rings.part_offsets[:-1],
        rings.part_offsets[1:],
        features.visible[rows],
        size,
        features.curve[rows],
    )
