"""Points of one cell drawn as one: at the middle of them, with their number and the sums of some of their fields."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.types import Tally
from pipeline.vector.arrow_from import from_numbers
from pipeline.vector.attributes import Attributes, encode_attributes, join_columns, numbers_of
from pipeline.vector.drawn import Drawn, Loss
from pipeline.vector.plan import Clusters
from pipeline.vector.tile_records import Encoded, TileRecords, pack, unpack

COUNT = "point_count"


def cluster_fields(clusters: Clusters, fields: Collection[str]) -> tuple[str, ...]:
    """The fields that clusters have in a layer with these fields."""
    return COUNT, *(f"{name}_sum" for name in clusters.sums if name in fields)


def clustered(zoom: int, found: Drawn, clusters: Clusters, cell: NDArray[np.int64]) -> tuple[Drawn, Loss]:
    """The records with the points of every cell as one; `cell` [records], −1 for what is no point.

    A cell of one point stays as it is. A cluster has the id of its first point in drawing order, no attributes but
    `point_count` and `<field>_sum`; null counts as 0.
    """
    rows = found.rows[found.order]
    points = np.flatnonzero(cell >= 0)
    by_cell = points[np.lexsort((cell[points], found.tile_ids[points]))]  # stable: drawing order within a cell
    begins = np.ones(len(by_cell), bool)
    begins[1:] = (np.diff(found.tile_ids[by_cell]) != 0) | (np.diff(cell[by_cell]) != 0)
    group = np.cumsum(begins) - 1
    counts = np.bincount(group)
    head = by_cell[begins]
    several = counts > 1
    ids = found.ids[rows]
    into = ids.copy()
    into[by_cell] = ids[head][group]
    gone = into != ids
    kept = np.ones(len(rows), bool)
    kept[by_cell[~begins]] = False
    records = unpack(
        found.tile_ids,
        np.arange(len(rows)),
        found.kinds[found.order],
        Encoded(found.starts[found.order], found.lengths[found.order], found.geometry),
    )
    moved = _moved(records, head[several], by_cell, group, np.flatnonzero(several))
    attributes = found.attributes.taken(rows)
    plain = attributes.codes.copy()
    plain[:, head[several]] = -1
    added = pa.table(_sums(attributes, by_cell, group, head, several, clusters, len(rows)))
    extra, _kinds = encode_attributes(added, len(rows), Tally())
    both = join_columns(replace(attributes, codes=plain), extra)
    after = Drawn(
        records.tile_ids,
        np.arange(len(rows)),
        np.arange(len(rows)),
        records.kinds,
        *pack(moved),
        ids,
        found.rank[rows] if len(found.rank) else found.rank,
        found.size[rows],
        both,
    ).only(kept)
    return after, Loss("clustered", zoom, ids[gone], into[gone], found.tile_ids[gone].astype(np.uint64))


def _moved(
    records: TileRecords,
    head: NDArray[np.int64],
    by_cell: NDArray[np.int64],
    group: NDArray[np.int64],
    several: NDArray[np.int64],
) -> TileRecords:
    """The records with each cluster's first point in the middle of all its points."""
    first = records.vertex_offsets[records.part_offsets[:-1]]
    x, y = records.x.copy(), records.y.copy()
    for values in (x, y):
        sums = np.bincount(group, weights=values[first[by_cell]])
        middle = np.floor(sums / np.bincount(group) + 0.5)
        values[first[head]] = middle[several]
    return records._replace(x=x, y=y)


def _sums(
    attributes: Attributes,
    by_cell: NDArray[np.int64],
    group: NDArray[np.int64],
    head: NDArray[np.int64],
    several: NDArray[np.bool_],
    clusters: Clusters,
    records: int,
) -> dict[str, pa.Array]:
    """The fields of clusters, null for every other record."""
    columns: dict[str, pa.Array] = {}

    def column(values: NDArray[np.int64] | NDArray[np.float64]) -> pa.Array:
        out = np.zeros(records, values.dtype)
        given = np.zeros(records, bool)
        out[head[several]] = values[several]
        given[head[several]] = True
        return from_numbers(out, given)

    columns[COUNT] = column(np.bincount(group).astype(np.int64))
    numbers = numbers_of(attributes)
    for name in clusters.sums:
        if name in attributes.names:
            codes = attributes.codes[attributes.names.index(name)][by_cell]
            values = np.where(codes >= 0, numbers[codes], 0.0)
            columns[f"{name}_sum"] = column(np.bincount(group, weights=values))
    return columns
