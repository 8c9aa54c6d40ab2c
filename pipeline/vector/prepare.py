"""Sources → layers ready to be tiled: batches become chunks in threads, chunks become shards in drawing order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace

import numpy as np

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.kernels.mercator import unproject
from pipeline.progress import Progress
from pipeline.types import Bounds, FeatureBatch, Tally
from pipeline.vector.attributes import NUMBER
from pipeline.vector.chunk import Chunk, make_chunk
from pipeline.vector.labels import SUFFIX, label_layer, label_plan
from pipeline.vector.layer import detail_of
from pipeline.vector.plan import LayerPlan
from pipeline.vector.shards import Chunks, Ledger, Prepared, Shard
from pipeline.vector.simplify import add_importance, find_nodes
from pipeline.vector.stats import LayerStats

_AHEAD = 3  # chunks under way


def prepare_layer(
    plan: LayerPlan,
    batches: Iterable[FeatureBatch],
    tally: Tally,
    pool: Executor,
    ledger: Ledger,
    progress: Progress,
    name: str = "layer",
) -> Prepared:
    """Read all batches of a layer and bring its features into drawing order; importance is still missing.

    `name` begins the names of its files. Raises InputError for an unknown key or field.
    """
    chunks = Chunks(name, ledger)
    stats = LayerStats()
    limits: list[tuple[int, int, int, int]] = []
    waiting: deque[Future[tuple[Chunk, LayerStats, Tally]]] = deque()

    def take() -> None:
        chunk, found, faults = waiting.popleft().result()
        stats.merge(found)
        tally.merge(faults)
        if len(chunk.bounds):
            low, high = chunk.bounds.min(axis=0), chunk.bounds.max(axis=0)
            limits.append((int(low[0]), int(low[1]), int(high[2]), int(high[3])))
        chunks.add(chunk)

    for batch in batches:
        waiting.append(pool.submit(make_chunk, plan, batch))
        progress.advance(batch.geometries.features)
        del batch
        if len(waiting) >= _AHEAD:
            take()
    while waiting:
        take()
    _check_fields(plan, stats)
    detail = detail_of([plan])
    shards, index = chunks.shards(plan, list(stats.fields), tally, pool.map) if stats.features else ((), None)
    return Prepared(plan, detail, stats, degrees(limits), tally, shards, index)


def _check_fields(plan: LayerPlan, stats: LayerStats) -> None:
    """Refuse rules that look at fields which the layer does not keep. Raises InputError."""
    sums = plan.clusters.sums if plan.clusters else ()
    for rule, names in (("merge_lines", plan.merge_lines), ("dissolve", plan.dissolve), ("clusters.sums", sums)):
        for name in names or ():
            if stats.features and name not in stats.fields:
                raise InputError(
                    _("Layer {layer} has no field {field}.").format(layer=plan.name, field=name),
                    expected=_("one of: {names}").format(names=", ".join(stats.fields)),
                    hint=_("Correct {rule}.").format(rule=rule),
                )
    for name in sums:
        if stats.features and stats.fields[name].type != NUMBER:
            raise InputError(
                _("Field {field} of layer {layer} cannot be summed: it is no number.").format(
                    layer=plan.name, field=name
                ),
                expected=_("a field of numbers"),
                hint=_("Correct {rule}.").format(rule="clusters.sums"),
            )


def add_detail(layers: Sequence[Prepared], pool: Executor, ledger: Ledger) -> list[Prepared]:
    """The layers with the importance of every vertex; those that name the same coverage share nodes and detail.

    A layer that is to have labels is followed by its label layer.
    """
    groups: dict[str, list[Prepared]] = {}
    for layer in layers:
        if layer.plan.coverage:
            groups.setdefault(layer.plan.coverage, []).append(layer)
    details = {name: detail_of([member.plan for member in members]) for name, members in groups.items()}
    nodes = {
        name: iter(find_nodes([shard for member in members for shard in member.shards], pool, ledger.limit))
        for name, members in groups.items()
    }
    out: list[Prepared] = []
    for layer in layers:
        name = layer.plan.coverage or ""
        detail = details.get(name, layer.detail)
        shards: list[Shard] = []
        labels: list[Shard] = []
        for shard in layer.shards:
            pinned = next(nodes[name]) if name else None
            loaded = add_importance(replace(shard.load(), detail=detail), pinned, pool)
            shards.append(shard.store(loaded))
            if layer.plan.labels:
                labels.append(shard.sibling(SUFFIX).store(label_layer(loaded)))
        out.append(replace(layer, detail=detail, shards=tuple(shards)))
        if layer.plan.labels:
            plan = label_plan(layer.plan)
            stats = layer.stats.labels(plan.fields)
            out.append(Prepared(plan, detail, stats, layer.bounds, Tally(), tuple(labels)))
    return out


def degrees(limits: Sequence[tuple[int, int, int, int]]) -> Bounds | None:
    """West, south, east, north of boxes in world units (y points down)."""
    if not limits:
        return None
    x = np.array([min(box[0] for box in limits), max(box[2] for box in limits)], np.float64)
    y = np.array([max(box[3] for box in limits), min(box[1] for box in limits)], np.float64)
    lng, lat = np.empty(2), np.empty(2)
    unproject(x, y, lng, lat)
    return (float(lng[0]), float(lat[0]), float(lng[1]), float(lat[1]))
