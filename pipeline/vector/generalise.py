"""Rules that look at all features of a layer in a tile: thinning and clustering of points, merging of lines and areas.

Each sees nothing but one tile, so that a change of a feature reaches only the tiles that hold it. Cells of points are
parts of a tile, and a point lies in one tile only: no cell is seen twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.pieces import EXTENT
from pipeline.kernels.records import unpack_geometries
from pipeline.types import LINE, POINT, POLYGON
from pipeline.vector.clusters import clustered
from pipeline.vector.dissolve import dissolve
from pipeline.vector.drawn import Drawn, Loss
from pipeline.vector.ids import scattered
from pipeline.vector.merge_lines import merge_lines
from pipeline.vector.plan import Clusters, LayerPlan
from pipeline.vector.tile_records import Encoded, TileRecords, pack, unpack

Merge = Callable[[TileRecords, NDArray[np.int64]], tuple[TileRecords, NDArray[np.int64]]]


def generalised(plan: LayerPlan, zoom: int, found: Drawn) -> tuple[Drawn, tuple[Loss, ...]]:
    """What the plan's rules leave of the records at this zoom, and what they took away; nothing at the last zoom."""
    losses: list[Loss] = []
    if zoom >= plan.max_zoom:
        return found, ()
    clusters = plan.clusters if plan.clusters and _clusters_at(plan.clusters, zoom) else None
    if clusters is not None:
        found, lost = clustered(zoom, found, clusters, cells(found, clusters.cell))
        losses.append(lost)
    elif plan.density is not None:
        found, lost = _thinned(zoom, found, cells(found, plan.density))
        losses.append(lost)
    for kind, fields, merge in ((LINE, plan.merge_lines, merge_lines), (POLYGON, plan.dissolve, dissolve)):
        if fields is not None and bool((found.kinds[found.order] == kind).any()):
            found, lost_ones = _merged(zoom, found, kind, fields, merge)
            losses += lost_ones
    return found, tuple(loss for loss in losses if len(loss.ids))


def _clusters_at(clusters: Clusters, zoom: int) -> bool:
    return clusters.max_zoom is None or zoom <= clusters.max_zoom


def cells(found: Drawn, edge: int) -> NDArray[np.int64]:
    """Which cell of its tile each point lies in, [records]; −1 for lines, areas and clouds of points."""
    kinds = found.kinds[found.order]
    offsets = np.empty(len(kinds) + 1, np.int64)
    starts, lengths = found.starts[found.order], found.lengths[found.order]
    vertex_offsets, x, y = unpack_geometries(kinds, starts, lengths, found.geometry, offsets)
    first = vertex_offsets[offsets[:-1]]
    alone = (kinds == POINT) & (vertex_offsets[offsets[1:]] - first == 1)
    places = (y[first] // edge).astype(np.int64) * (EXTENT // edge + 1) + x[first] // edge
    return np.where(alone, places, -1)


def importance(found: Drawn) -> NDArray[np.int64]:
    """The place of each record when the most important come first, [records]: rank, then size, then by its id."""
    rows = found.rows[found.order]
    ids = found.ids[rows]
    rank = found.rank[rows] if len(found.rank) else np.zeros(len(rows))
    order = np.lexsort((ids, scattered(ids), -found.size[rows], -rank))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return place


def _thinned(zoom: int, found: Drawn, cell: NDArray[np.int64]) -> tuple[Drawn, Loss]:
    """At most one point in a cell: the most important."""
    order = np.lexsort((importance(found), cell, found.tile_ids))
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(found.tile_ids[order]) != 0) | (np.diff(cell[order]) != 0)
    kept = np.zeros(len(order), bool)
    kept[order] = first
    kept |= cell < 0
    gone = found.ids[found.rows[found.order[~kept]]]
    return found.only(kept), Loss("thinned", zoom, gone, tiles=found.tile_ids[~kept].astype(np.uint64))


def _merged(zoom: int, found: Drawn, kind: int, fields: Sequence[str], merge: Merge) -> tuple[Drawn, list[Loss]]:
    """Records equal in the fields as one; what else they differ in is left out."""
    names = found.attributes.names
    columns = [names.index(name) for name in fields if name in names] if fields else list(range(len(names)))
    rows = found.rows[found.order]
    groups = _groups(found.attributes.codes[columns][:, rows])
    records = unpack(
        found.tile_ids,
        np.arange(len(rows)),
        found.kinds[found.order],
        Encoded(found.starts[found.order], found.lengths[found.order], found.geometry),
    )
    merged, holder = merge(records, groups)
    encoded = pack(merged)
    codes = np.ascontiguousarray(found.attributes.codes[:, rows])
    others = [i for i in range(len(names)) if i not in columns]
    counts = np.append(np.bincount(holder[holder >= 0], minlength=len(merged.rows)), 0)  # the last: of those gone
    joined = counts[holder] > 1
    if others:
        codes[np.ix_(np.array(others), np.flatnonzero(joined & (found.kinds[found.order] == kind)))] = -1
    ids = found.ids[rows]
    gone = holder < 0  # nothing is left of its group on the grid
    into = ids.copy()
    into[~gone] = ids[merged.rows[holder[~gone]]]
    lost = into != ids
    after = Drawn(
        merged.tile_ids,
        np.arange(len(merged.rows)),
        merged.rows,
        merged.kinds,
        *encoded,
        ids,
        found.rank[rows] if len(found.rank) else found.rank,
        found.size[rows],
        replace(found.attributes, codes=codes),
    )
    tiles = found.tile_ids.astype(np.uint64)
    return after, [
        Loss("merged", zoom, ids[lost], into[lost], tiles[lost]),
        Loss("collapsed", zoom, ids[gone], tiles=tiles[gone]),
    ]


def _groups(codes: NDArray[np.int32]) -> NDArray[np.int64]:
    """One number for all records of equal codes, in the order of their first records: [columns, records] → [records].

    The order of the codes themselves depends on what else a shard holds.
    """
    groups = np.zeros(codes.shape[1], np.int64)
    first = groups[:1]
    for column in codes:
        key = groups * (int(codes.max(initial=0)) + 2) + column + 1
        _keys, first, groups = np.unique(key, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[groups]
