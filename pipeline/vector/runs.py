"""What was cut of one shard at one zoom, sorted by tile: in memory, or in a file that is mapped when it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.pieces import KEPT
from pipeline.vector.cutting import Segment
from pipeline.vector.shards import Shard
from pipeline.vector.spool import load, save


@dataclass(frozen=True, slots=True)
class Records:
    """All pieces of a shard at one zoom; record i of a tile is `order[i]` of the arrays below."""

    tile_ids: NDArray[np.int64]  # [records] ascending
    order: NDArray[np.int64]  # [records] by tile, then drawing order
    rows: NDArray[np.int64]  # feature of the layer
    kinds: NDArray[np.uint8]
    starts: NDArray[np.int64]  # into geometry
    lengths: NDArray[np.int64]
    geometry: NDArray[np.uint8]  # MVT commands


class Run(Protocol):
    """The records of one shard at one zoom."""

    @property
    def shard(self) -> Shard:
        """The features that the records are of."""

    def load(self) -> Records:
        """The records."""


@dataclass(frozen=True, slots=True)
class HeldRun:
    """Records in memory."""

    shard: Shard
    records: Records

    def load(self) -> Records:
        return self.records


@dataclass(frozen=True, slots=True)
class StoredRun:
    """Records in a file."""

    shard: Shard
    path: Path

    def load(self) -> Records:
        arrays, _extra = load(self.path)
        return Records(*(arrays[name] for name in Records.__slots__))


@dataclass(frozen=True, slots=True)
class Cut:
    """What became of a shard's features at one zoom."""

    run: Run
    repairs: int  # pieces that GEOS mended
    ids: NDArray[np.uint64]  # features that are not drawn as they are
    fates: NDArray[np.uint8]  # why, one of kernels.pieces
    into: NDArray[np.uint64]  # in whose place each is drawn; 0: nobody's


def gather(shard: Shard, segments: Sequence[Segment]) -> Cut:
    """Join and sort the segments of a shard at one zoom."""
    bases = np.cumsum([0, *(len(s.geometry) for s in segments)])
    tile_ids = np.concatenate([s.tile_ids for s in segments])
    rows = np.concatenate([s.rows for s in segments])
    order = np.lexsort((rows, tile_ids))
    records = Records(
        tile_ids[order],
        order,
        rows,
        np.concatenate([s.kinds for s in segments]),
        np.concatenate([s.starts + base for s, base in zip(segments, bases[:-1].tolist(), strict=True)]),
        np.concatenate([s.lengths for s in segments]),
        np.concatenate([s.geometry for s in segments]),
    )
    fates = np.concatenate([s.fates for s in segments])
    lost = fates != KEPT
    ids = np.concatenate([s.ids for s in segments])[lost]
    into = np.concatenate([s.into for s in segments])[lost]
    return Cut(HeldRun(shard, records), sum(s.repairs for s in segments), ids, fates[lost], into)


def store_cut(path: Path, cut: Cut) -> Cut:
    """Move a cut's records into a file, with what else is known of it."""
    arrays = {name: getattr(cut.run.load(), name) for name in Records.__slots__}
    save(path, arrays | {"lost_ids": cut.ids, "fates": cut.fates, "into": cut.into}, {"repairs": cut.repairs})
    return load_cut(path, cut.run.shard)


def load_cut(path: Path, shard: Shard) -> Cut:
    """What `store_cut` wrote."""
    arrays, extra = load(path)
    lost = (arrays[name].copy() for name in ("lost_ids", "fates", "into"))
    return Cut(StoredRun(shard, path), extra["repairs"], *lost)
