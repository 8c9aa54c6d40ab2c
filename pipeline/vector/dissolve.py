"""Areas of a tile that are equal in what the map shows of them become one feature, their common borders gone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.dissolve import dissolve_rings
from pipeline.kernels.pieces import SUSPECT, Pieces
from pipeline.kernels.simple import mark_suspects
from pipeline.types import POLYGON
from pipeline.vector.ragged import offsets_of, runs
from pipeline.vector.tile_records import Groups, TileRecords, grouped, replaced

Rings = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]


def dissolve(records: TileRecords, groups: NDArray[np.int64]) -> tuple[TileRecords, NDArray[np.int64]]:
    """One record for all areas of a tile that have the same code in `groups` [records]: their union.

    Areas that share edges, as those of a coverage do, are united by leaving these out, exactly; where areas overlap,
    GEOS finds the outline. The new record has the row of the first. Also returns, for each record, the new record that
    holds it, −1 where nothing is left of its group on the grid. Points, lines and single areas stay as they are.
    """
    areas = _several(grouped(records, POLYGON, groups))
    count = len(areas.offsets) - 1
    if count == 0:
        return records, np.arange(len(records.kinds))
    flags, ring_offsets = np.empty(count, np.uint8), np.empty(count + 1, np.int64)
    vertex_offsets, x, y = dissolve_rings(
        *areas, records.part_offsets, records.vertex_offsets, records.x, records.y, False, flags, ring_offsets
    )
    zero = np.zeros(count, np.int32)
    pieces = Pieces(zero, zero, np.arange(count), flags, ring_offsets, vertex_offsets, x, y)
    rings = ring_offsets, vertex_offsets, x, y
    if mark_suspects(pieces):
        rings = _united(rings, np.flatnonzero(flags == SUSPECT))
    return replaced(records, areas, *rings)


def _several(groups: Groups) -> Groups:
    """The groups of more than one member."""
    picks = np.flatnonzero(np.diff(groups.offsets) > 1)
    return Groups(groups.members[runs(groups.offsets, picks)], offsets_of(np.diff(groups.offsets)[picks]))


def _united(rings: Rings, suspects: NDArray[np.int64]) -> Rings:
    """The rings with those of the suspects that are not valid replaced by what they wind around at least once."""
    import shapely  # GEOS is loaded only when it is needed

    from pipeline.vector.geos_areas import from_geos, to_geos

    shapes = to_geos(*rings, suspects)
    broken = ~shapely.is_valid(shapes)
    if not bool(broken.any()):
        return rings
    # A buffer of no width sums the winding of all rings, whatever polygon they are of, and keeps what has any.
    united = shapely.set_precision(shapely.buffer(shapes[broken], 0.0), 1.0)
    part_offsets, vertex_offsets, x, y = from_geos(united)
    # The old rings, then the new; every group takes its own.
    both_parts = np.concatenate([rings[0], part_offsets[1:] + rings[0][-1]])
    both_vertices = np.concatenate([rings[1], vertex_offsets[1:] + rings[1][-1]])
    picks = np.arange(len(rings[0]) - 1)
    picks[suspects[broken]] = len(picks) + np.arange(len(united))
    parts = runs(both_parts, picks)
    vertices = runs(both_vertices, parts)
    return (
        offsets_of(np.diff(both_parts)[picks]),
        offsets_of(np.diff(both_vertices)[parts]),
        np.concatenate([rings[2], x.astype(np.int32)])[vertices],
        np.concatenate([rings[3], y.astype(np.int32)])[vertices],
    )
