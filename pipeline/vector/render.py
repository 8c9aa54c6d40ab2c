"""Jobs that put the tiles of a range together from all layers' runs and compress them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.gzip_many import gzip_many
from pipeline.kernels.assemble import assemble_layer
from pipeline.kernels.distinct import gather_strings
from pipeline.kernels.pieces import EXTENT
from pipeline.vector.attributes import key_fields
from pipeline.vector.budget import within_budget
from pipeline.vector.drawn import Drawn, Loss, drawn
from pipeline.vector.generalise import generalised
from pipeline.vector.plan import LayerPlan
from pipeline.vector.ragged import joined, offsets_of
from pipeline.vector.runs import Run

_RECORDS_PER_JOB = 20_000
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


class Bodies(NamedTuple):
    """Tiles before they are compressed, ascending by id: body i is `data[offsets[i]:offsets[i + 1]]`."""

    tile_ids: NDArray[np.int64]
    offsets: NDArray[np.int64]
    data: NDArray[np.uint8]


def render(job: RenderJob) -> Rendered:
    """Put the job's tiles together, layers in the order of the plan, and compress them."""
    layers: list[Bodies] = []
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
        layers.append(assembled(layer.plan, found))
    tiles = _together(layers)
    packed, ends = gzip_many(tiles.data, tiles.offsets)
    bodies = (packed[a:b].tobytes() for a, b in pairwise(ends.tolist()))
    return Rendered(tuple(zip(tiles.tile_ids.tolist(), bodies, strict=True)), tuple(losses))


def assembled(plan: LayerPlan, found: Drawn) -> Bodies:
    """The layer's bytes in every tile that holds some of it."""
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
    return Bodies(ids, offsets, body)


def _together(layers: Sequence[Bodies]) -> Bodies:
    """The layers of each tile one after the other."""
    if len(layers) == 1:
        return layers[0]
    tile_ids = joined([layer.tile_ids for layer in layers], np.int64)
    order = np.argsort(tile_ids, kind="stable")
    bases = np.cumsum([0, *(len(layer.data) for layer in layers)])
    starts = joined([layer.offsets[:-1] + base for layer, base in zip(layers, bases, strict=False)], np.int64)
    offsets = np.append(starts, bases[-1])
    ends = offsets_of(np.diff(offsets)[order])
    data = np.empty(bases[-1], np.uint8)
    gather_strings(offsets, joined([layer.data for layer in layers], np.uint8), order, ends, data)
    ids, firsts = np.unique(tile_ids[order], return_index=True)
    return Bodies(ids, np.append(ends[firsts], bases[-1]), data)


def _head(name: str) -> NDArray[np.uint8]:
    """Layer.version 2 and Layer.name."""
    name_field, _ends = key_fields([name], 1)
    return np.concatenate([np.array([0x78, 2], np.uint8), name_field])
