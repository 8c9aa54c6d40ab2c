"""Jobs that put the tiles of a range together from all layers' segments and compress them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.compress import gzip_bytes
from pipeline.kernels.mvt import assemble_layer
from pipeline.kernels.pieces import EXTENT
from pipeline.vector.attributes import key_fields
from pipeline.vector.cutting import Segment
from pipeline.vector.layer import Layer

_RECORDS_PER_JOB = 20_000
_TAIL = np.frombuffer(bytes([0x28, EXTENT & 127 | 128, EXTENT >> 7]), np.uint8)  # Layer.extent


@dataclass(frozen=True, slots=True)
class LayerRecords:
    """All pieces of one layer at one zoom, sorted by tile, then drawing order."""

    layer: Layer
    tile_ids: NDArray[np.int64]  # [records], ascending
    order: NDArray[np.int64]  # [records] into the arrays below
    rows: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    geometry: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class RenderJob:
    """Tiles [first, stop) of a zoom, by tile id."""

    records: tuple[LayerRecords, ...]
    first: int
    stop: int


def gather(layer: Layer, segments: Sequence[Segment]) -> LayerRecords:
    """Join and sort the segments of a layer at one zoom."""
    bases = np.cumsum([0, *(len(s.geometry) for s in segments)])
    tile_ids = np.concatenate([s.tile_ids for s in segments])
    rows = np.concatenate([s.rows for s in segments])
    order = np.lexsort((rows, tile_ids))
    return LayerRecords(
        layer,
        tile_ids[order],
        order,
        rows,
        np.concatenate([s.kinds for s in segments]),
        np.concatenate([s.starts + base for s, base in zip(segments, bases[:-1].tolist(), strict=True)]),
        np.concatenate([s.lengths for s in segments]),
        np.concatenate([s.geometry for s in segments]),
    )


def render_jobs(records: Sequence[LayerRecords]) -> Iterator[RenderJob]:
    """Divide a zoom into ranges of tiles with about the same number of records."""
    records = tuple(r for r in records if len(r.tile_ids))
    if not records:
        return
    tile_ids = np.sort(np.concatenate([r.tile_ids for r in records]), kind="stable")
    start = 0
    while start < len(tile_ids):
        stop = min(start + _RECORDS_PER_JOB, len(tile_ids))
        if stop < len(tile_ids):
            stop = int(np.searchsorted(tile_ids, tile_ids[stop - 1], side="right"))
        yield RenderJob(records, int(tile_ids[start]), int(tile_ids[stop - 1]) + 1)
        start = stop


def render(job: RenderJob) -> list[tuple[int, bytes]]:
    """The compressed tiles of a job, ascending by id; layers in the order of the plan."""
    parts: dict[int, list[NDArray[np.uint8]]] = {}
    for records in job.records:
        a, b = np.searchsorted(records.tile_ids, (job.first, job.stop))
        if a == b:
            continue
        ids, starts = np.unique(records.tile_ids[a:b], return_index=True)
        offsets = np.empty(len(ids) + 1, np.int64)
        attributes = records.layer.attributes
        body = assemble_layer(
            np.append(starts, b - a),
            records.order[a:b],
            records.rows,
            records.kinds,
            records.starts,
            records.lengths,
            records.geometry,
            records.layer.ids,
            attributes.codes,
            attributes.value_offsets,
            attributes.values,
            attributes.key_offsets,
            attributes.keys,
            _head(records.layer.plan.name),
            _TAIL,
            offsets,
        )
        for tile_id, start, stop in zip(ids.tolist(), offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
            parts.setdefault(tile_id, []).append(body[start:stop])
    return [(tile_id, gzip_bytes(_joined(parts[tile_id]))) for tile_id in sorted(parts)]


def _joined(layers: list[NDArray[np.uint8]]) -> bytes:
    return layers[0].tobytes() if len(layers) == 1 else b"".join(layer.tobytes() for layer in layers)


def _head(name: str) -> NDArray[np.uint8]:
    """Layer.version 2 and Layer.name."""
    name_field, _ends = key_fields([name], 1)
    return np.concatenate([np.array([0x78, 2], np.uint8), name_field])
