"""Jobs that put the tiles of a range together from all layers' runs and compress them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.compress import gzip_bytes
from pipeline.kernels.mvt import assemble_layer
from pipeline.kernels.pieces import EXTENT
from pipeline.vector.attributes import key_fields
from pipeline.vector.budget import within_budget
from pipeline.vector.drawn import Drawn, Loss, drawn
from pipeline.vector.generalise import generalised
from pipeline.vector.plan import LayerPlan
from pipeline.vector.runs import Run

_RECORDS_PER_JOB = 20_000
_SMALL = 1024  # bytes; larger bodies are seldom the same
_SAMPLE = 64  # every so many records of a run speak for it when a zoom is divided
_TAIL = np.frombuffer(bytes([0x28, EXTENT & 127 | 128, EXTENT >> 7]), np.uint8)  # Layer.extent


@dataclass(frozen=True, slots=True)
class LayerRuns:
    """One layer at one zoom: the runs of its shards, in drawing order."""

    plan: LayerPlan
    zoom: int
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class RenderJob:
    """Tiles [first, stop) of a zoom, by tile id."""

    layers: tuple[LayerRuns, ...]
    first: int
    stop: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """The compressed tiles of a job, ascending by id, and what the rules of its layers left out."""

    tiles: tuple[tuple[int, bytes], ...]
    losses: tuple[tuple[str, Loss], ...]  # by layer name


def render_jobs(layers: Sequence[LayerRuns]) -> Iterator[RenderJob]:
    """Divide a zoom into ranges of tiles with about the same number of records."""
    samples, total, last = [], 0, -1
    for layer in layers:
        for run in layer.runs:
            tile_ids = run.load().tile_ids
            if len(tile_ids):
                total += len(tile_ids)
                last = max(last, int(tile_ids[-1]))
                samples.append(np.concatenate([tile_ids[:1], tile_ids[_SAMPLE // 2 :: _SAMPLE]]))
    if not total:
        return
    ids = np.sort(np.concatenate(samples))
    step = max(_RECORDS_PER_JOB * len(ids) // total, 1)
    cuts = [*np.unique(ids[::step]).tolist(), last + 1]
    for first, stop in pairwise(cuts):
        yield RenderJob(tuple(layers), first, stop)


def render(job: RenderJob) -> Rendered:
    """Put the job's tiles together, layers in the order of the plan, and compress them."""
    parts: dict[int, list[NDArray[np.uint8]]] = {}
    losses: list[tuple[str, Loss]] = []
    for layer in job.layers:
        found = drawn(layer.runs, job.first, job.stop)
        if found is None:
            continue
        found, lost = generalised(layer.plan, layer.zoom, found)
        if layer.plan.budget is not None:
            found, over = within_budget(layer.plan, layer.zoom, found, assembled, layer.plan.budget)
            lost = (*lost, *over)
        losses += [(layer.plan.name, loss) for loss in lost]
        for tile_id, body in assembled(layer.plan, found):
            parts.setdefault(tile_id, []).append(body)
    packed: dict[bytes, bytes] = {}  # the inside of an area is the same in many tiles
    tiles = []
    for tile_id in sorted(parts):
        whole = _joined(parts[tile_id])
        done = packed.get(whole) if len(whole) < _SMALL else None
        if done is None:
            done = gzip_bytes(whole)
            if len(whole) < _SMALL:
                packed[whole] = done
        tiles.append((tile_id, done))
    return Rendered(tuple(tiles), tuple(losses))


def assembled(plan: LayerPlan, found: Drawn) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """The layer's bytes in every tile that holds some of it, ascending by tile id."""
    ids, starts = np.unique(found.tile_ids, return_index=True)
    offsets = np.empty(len(ids) + 1, np.int64)
    attributes = found.attributes
    body = assemble_layer(
        np.append(starts, len(found.tile_ids)),
        found.order,
        found.rows,
        found.kinds,
        found.starts,
        found.lengths,
        found.geometry,
        found.ids,
        attributes.codes,
        attributes.value_offsets,
        attributes.values,
        attributes.key_offsets,
        attributes.keys,
        _head(plan.name),
        _TAIL,
        offsets,
    )
    for tile_id, start, stop in zip(ids.tolist(), offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
        yield tile_id, body[start:stop]


def _joined(layers: list[NDArray[np.uint8]]) -> bytes:
    return layers[0].tobytes() if len(layers) == 1 else b"".join(layer.tobytes() for layer in layers)


def _head(name: str) -> NDArray[np.uint8]:
    """Layer.version 2 and Layer.name."""
    name_field, _ends = key_fields([name], 1)
    return np.concatenate([np.array([0x78, 2], np.uint8), name_field])
