"""Layers → one PMTiles archive: the way of the features through the engine.

    read → prepare (project, identify, order) → importance → cut (per zoom) → gather → render → archive

Cutting and rendering are jobs for a pool of threads; their kernels and the compressor release the GIL. A zoom is
rendered while the next one is being cut, so that two zooms are in memory at most.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from pipeline.archive.header import Compression, TileType
from pipeline.archive.writer import Writer
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.progress import Progress, Silent
from pipeline.types import Bounds, Tally
from pipeline.vector.cutting import Segment, cut, cut_jobs
from pipeline.vector.labels import label_layer
from pipeline.vector.layer import Layer, geometry_word, prepare_layer
from pipeline.vector.metadata import archive_metadata
from pipeline.vector.plan import ArchivePlan, ArchiveResult, LayerInput, LayerResult
from pipeline.vector.render import gather, render, render_jobs
from pipeline.vector.simplify import add_importance

T = TypeVar("T")


def tile_layers(
    plan: ArchivePlan,
    layers: Sequence[LayerInput],
    out: Path,
    *,
    threads: int | None = None,
    no_clobber: bool = False,
    progress: Progress | None = None,
) -> ArchiveResult:
    """Tile layers into the PMTiles archive `out`, replaced atomically, and tell what became of them.

    With `no_clobber` an existing archive is kept and the work refused. `threads` defaults to the processors this
    process may use; the bytes do not depend on it. Raises InputError when no layer has a feature with a geometry,
    OutputError when the archive cannot be written.
    """
    progress = progress or Silent()
    with ThreadPoolExecutor(threads or _processors(), thread_name_prefix="tile") as pool:
        try:
            return _tile(plan, layers, out, no_clobber, pool, threads or _processors(), progress)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _tile(
    plan: ArchivePlan,
    inputs: Sequence[LayerInput],
    out: Path,
    no_clobber: bool,
    pool: Executor,
    threads: int,
    progress: Progress,
) -> ArchiveResult:
    read = []
    progress.start(_("reading"), len(inputs), _("layers"))
    for item in inputs:
        tally = Tally()
        read.append(prepare_layer(item.plan, item.read(tally), tally))
        progress.advance()
    filled = [layer for layer in read if layer.count]
    bounds = _union([layer.bounds for layer in filled if layer.bounds])
    if bounds is None:
        raise InputError(
            _("There is nothing to tile: no feature has a geometry."),
            where=", ".join(item.plan.name for item in inputs),
            expected=_("at least one feature with a geometry"),
            hint=_("Check the layer names and the source files."),
        )
    layers = add_importance(filled, pool)
    layers = [each for layer in layers for each in ((layer, label_layer(layer)) if layer.plan.labels else (layer,))]
    min_zoom = min(layer.plan.min_zoom for layer in layers)
    max_zoom = max(layer.plan.max_zoom for layer in layers)
    dropped: Counter[str] = Counter()
    progress.start(_("tiling"), max_zoom - min_zoom + 1, _("zooms"))
    with Writer(out, tile_type=TileType.MVT, tile_compression=Compression.GZIP, no_clobber=no_clobber) as writer:
        upcoming = _submit_cuts(layers, min_zoom, pool)
        for zoom in range(min_zoom, max_zoom + 1):
            cuts, upcoming = upcoming, _submit_cuts(layers, zoom + 1, pool)
            records = []
            for layer, futures in cuts:
                segments = [future.result() for future in futures]
                _count(segments, dropped)
                if segments:
                    records.append(gather(layer, segments))
            del cuts
            for tiles in _in_order(pool, render, render_jobs(records), 2 * threads):
                for tile_id, body in tiles:
                    writer.add(tile_id, body)
            progress.advance()
        centre = ((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2, min_zoom)
        written = writer.finish(
            metadata=archive_metadata(plan, layers), bounds=bounds, center=centre, min_zoom=min_zoom, max_zoom=max_zoom
        )
    progress.done()
    return ArchiveResult(
        tuple(_result(layer) for layer in read),
        written.tiles,
        written.bytes,
        written.min_zoom,
        written.max_zoom,
        bounds,
        dropped.pop("repairs", 0),
        {rule: n for rule, n in sorted(dropped.items()) if n},
    )


def _submit_cuts(layers: Sequence[Layer], zoom: int, pool: Executor) -> list[tuple[Layer, list[Future[Segment]]]]:
    return [(layer, [pool.submit(cut, job) for job in cut_jobs(layer, zoom)]) for layer in layers]


def _in_order(pool: Executor, work: object, jobs: Iterable[object], ahead: int) -> Iterator[list[tuple[int, bytes]]]:
    """Results of the jobs in their order, with a bounded number under way."""
    waiting: list[Future[list[tuple[int, bytes]]]] = []
    for job in jobs:
        waiting.append(pool.submit(work, job))  # type: ignore[arg-type]
        if len(waiting) >= ahead:
            yield waiting.pop(0).result()
    for future in waiting:
        yield future.result()


def _count(segments: Sequence[Segment], dropped: Counter[str]) -> None:
    for segment in segments:
        dropped["repairs"] += segment.repairs
        dropped["tiny"] += segment.tiny
        dropped["collapsed"] += segment.collapsed


def _union(bounds: Sequence[Bounds]) -> Bounds | None:
    if not bounds:
        return None
    return (
        max(min(b[0] for b in bounds), -180.0),
        min(b[1] for b in bounds),
        min(max(b[2] for b in bounds), 180.0),
        max(b[3] for b in bounds),
    )


def _result(layer: Layer) -> LayerResult:
    return LayerResult(
        layer.plan.name,
        layer.count,
        geometry_word(layer),
        dict(zip(layer.attributes.names, layer.attributes.types, strict=True)),
        layer.bounds,
        layer.tally,
        layer.plan.min_zoom,
        layer.plan.max_zoom,
    )
