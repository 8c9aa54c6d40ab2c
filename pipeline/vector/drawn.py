"""The records of a layer in a range of tiles, with their features' ids and attributes: what rules of tiles change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.vector.attributes import Attributes, join_attributes, settled
from pipeline.vector.layer import Layer
from pipeline.vector.runs import Records, Run


@dataclass(frozen=True, slots=True)
class Drawn:
    """Records sorted by tile, then drawing order: record i is stored at `order[i]`, its feature is `rows` of that."""

    tile_ids: NDArray[np.int64]  # [records] ascending
    order: NDArray[np.int64]  # [records]
    rows: NDArray[np.int64]  # [stored] feature
    kinds: NDArray[np.uint8]  # [stored]
    starts: NDArray[np.int64]  # [stored] into geometry
    lengths: NDArray[np.int64]  # [stored]
    geometry: NDArray[np.uint8]  # MVT commands
    ids: NDArray[np.uint64]  # [features]
    rank: NDArray[np.float64]  # [features] declared priority, or empty
    size: NDArray[np.float64]  # [features] areas: world units²; lines: world units; points: 0
    attributes: Attributes  # of the features

    def only(self, kept: NDArray[np.bool_]) -> Drawn:
        """Without the records that are not `kept` [records]."""
        return replace(self, tile_ids=self.tile_ids[kept], order=self.order[kept])


@dataclass(frozen=True, slots=True)
class Loss:
    """Features that a rule took out of tiles; `into` is the feature in whose place they are drawn."""

    rule: str  # of explain.RULES
    zoom: int
    ids: NDArray[np.uint64]
    into: NDArray[np.uint64] | None = None
    tiles: NDArray[np.uint64] | None = None


def drawn(runs: Sequence[Run], first: int, stop: int) -> Drawn | None:
    """The records of tiles [first, stop) from all runs of a layer, None where there are none.

    One run's arrays are handed on as they are; those of several are copied together, so that only what the tiles
    hold is read from files.
    """
    picked: list[tuple[Records, Layer, int, int]] = []
    for run in runs:
        records = run.load()
        a, b = (int(i) for i in np.searchsorted(records.tile_ids, (first, stop)))
        if a < b:
            picked.append((records, run.shard.load(), a, b))
    if not picked:
        return None
    if len(runs) == 1:
        records, layer, a, b = picked[0]
        rows = records.rows if layer.first == 0 else records.rows - layer.first
        return Drawn(
            records.tile_ids[a:b],
            records.order[a:b],
            rows,
            records.kinds,
            records.starts,
            records.lengths,
            records.geometry,
            layer.ids,
            layer.rank,
            layer.features.size,
            layer.attributes,
        )
    return _together([_copied(*each) for each in picked])


def _copied(records: Records, layer: Layer, a: int, b: int) -> Drawn:
    """The records [a, b) alone; each has its feature for itself."""
    order = records.order[a:b]
    rows = records.rows[order] - layer.first
    starts, lengths = records.starts[order], records.lengths[order]
    low, high = int(starts.min()), int((starts + lengths).max())
    n = np.arange(b - a)
    return Drawn(
        records.tile_ids[a:b].copy(),
        n,
        n,
        records.kinds[order],
        starts - low,
        lengths,
        records.geometry[low:high].copy(),
        layer.ids[rows],
        layer.rank[rows] if len(layer.rank) else layer.rank,
        layer.features.size[rows],
        settled(layer.attributes.taken(rows)),
    )


def _together(parts: Sequence[Drawn]) -> Drawn:
    """Records of several shards in one; the shards stand in drawing order, and a stable sort keeps it."""
    records = np.cumsum([0, *(len(part.order) for part in parts)])
    bytes_ = np.cumsum([0, *(len(part.geometry) for part in parts)])
    tile_ids = np.concatenate([part.tile_ids for part in parts])
    order = np.argsort(tile_ids, kind="stable")
    return Drawn(
        tile_ids[order],
        order,
        np.arange(records[-1]),
        np.concatenate([part.kinds for part in parts]),
        np.concatenate([part.starts + at for part, at in zip(parts, bytes_, strict=False)]),
        np.concatenate([part.lengths for part in parts]),
        np.concatenate([part.geometry for part in parts]),
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.rank for part in parts]),
        np.concatenate([part.size for part in parts]),
        join_attributes([part.attributes for part in parts]),
    )
