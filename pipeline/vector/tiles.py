"""Layers → one PMTiles archive: the way of the features through the engine.

    read → prepare (project, identify, order) → importance → cut (per zoom) → gather → render → archive

Chunks, cuts and tiles are jobs for a pool of threads; their kernels and the compressor release the GIL. What fits into
memory stays there: a zoom is rendered while the next one is being cut. What does not fit goes through files in a folder
beside the archive, shard by shard; an interrupted build finds there what it had done.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.archive.header import Compression, TileType
from pipeline.archive.writer import Writer, Written
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.kernels.pieces import COLLAPSED, GATHERED, HIDDEN, MERGED, THINNED, TOO_SMALL
from pipeline.machine import memory_bound, processors
from pipeline.progress import Progress, Silent
from pipeline.types import Bounds, Tally
from pipeline.vector.cutting import Segment, cut, cut_jobs
from pipeline.vector.fitting import check_fit
from pipeline.vector.interrupted import load_prepared, store_prepared
from pipeline.vector.layer import Layer
from pipeline.vector.metadata import archive_metadata
from pipeline.vector.nothing_left import nothing_left
from pipeline.vector.pace import Pace
from pipeline.vector.plan import (
    ArchivePlan,
    ArchiveResult,
    LayerInput,
    LayerResult,
    Previous,
    explained_path,
    known_features,
)
from pipeline.vector.prepare import add_detail, prepare_layer
from pipeline.vector.render import LayerRuns, Rendered, RenderJob, render, render_jobs
from pipeline.vector.runs import Cut, gather, load_cut, store_cut
from pipeline.vector.shards import Held, Ledger, Prepared, Shard, Stored
from pipeline.vector.spool import remove
from pipeline.vector.state import Fingerprint, LayerState, Scratch, fingerprint, load_state, save_state, state_path
from pipeline.vector.successors import ids_path, write_ids
from pipeline.vector.update import copy_and_replace, plan_update
from pipeline.vector.workfolder import claim, clear

if TYPE_CHECKING:
    from pipeline.vector.explain import ExplainWriter

_RULES: Final = {
    HIDDEN: "not-yet",
    GATHERED: "gathered",
    COLLAPSED: "collapsed",
    TOO_SMALL: "too-small",
    THINNED: "thinned",
    MERGED: "merged",
}


def tile_layers(
    plan: ArchivePlan,
    layers: Sequence[LayerInput],
    out: Path,
    *,
    threads: int | None = None,
    memory: int | None = None,
    recipe: str | None = None,
    work: Path | None = None,
    explain: Path | None = None,
    explain_unseen: bool = True,
    keep_state: str | None = None,
    previous: Previous | None = None,
    no_clobber: bool = False,
    progress: Progress | None = None,
) -> ArchiveResult:
    """Tile layers into the PMTiles archive `out`, replaced atomically, and tell what became of them.

    `threads` defaults to the processors this process may use, `memory` (bytes) to a quarter of the machine's; the
    bytes of the archive depend on neither. `explain` names a Parquet file for what the rules left out; with
    `explain_unseen` false it names no feature that no tile is sure to show. `recipe` stands for everything that decides
    over the bytes: an interrupted build of the same recipe takes up what it finds in the folder `work` (that of the
    archive); without one nothing is kept. `keep_state`, a text that stands for the code, writes a file beside the
    archive from which a later build with `previous` and the layers' changes does only what changed, as long as code and
    plans are the same; `explain` is not possible then. With `no_clobber` an existing archive is kept and the work
    refused.

    Raises InputError when no layer has a feature with a geometry or no tile shows one, UsageError for a rule that no
    feature can meet, OutputError when the archive cannot be written.
    """
    threads = threads or processors()
    folder = claim(out, work, hashlib.sha256(recipe.encode()).hexdigest()[:12] if recipe else None)
    steady = _Work(plan, folder, bool(recipe), threads, progress or Silent())
    ledger = Ledger(memory or memory_bound(), folder, indexed=keep_state is not None)
    with ThreadPoolExecutor(threads, thread_name_prefix="tile") as pool:
        try:
            job = _Job(tuple(layers), out, explain, explain_unseen, keep_state, no_clobber)
            result = _updated(steady, ledger, job, previous, pool) if previous is not None else None
            result = result or _tile(steady, ledger, job, pool)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            if not recipe:
                shutil.rmtree(folder, ignore_errors=True)
            raise
    clear(out, folder)
    return result


@dataclass(frozen=True, slots=True)
class _Work:
    """What stays the same during a build."""

    plan: ArchivePlan
    folder: Path  # for what does not fit into memory
    resumable: bool
    threads: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class _Job:
    """What is asked for."""

    inputs: tuple[LayerInput, ...]
    out: Path
    explain: Path | None
    explain_unseen: bool
    keep_state: str | None
    no_clobber: bool

    def fingerprint(self, code: str) -> Fingerprint:
        """What a state must agree with."""
        return fingerprint([item.plan for item in self.inputs], code)


def _tile(
    work: _Work, ledger: Ledger, job: _Job, pool: Executor, before: Mapping[str, LayerState] | None = None
) -> ArchiveResult:
    """Everything; `before` are the layers before their changes, where these are told."""
    layers, read = _prepared(work, ledger, job.inputs, pool)
    bounds = _bounds(layers, job)
    zooms = _all_zooms(layers)
    counts: Counter[str] = Counter()
    total = sum(layer.count * len(_zooms(layer)) for layer in layers)
    work.progress.start(_("tiling"), total, _("features × zooms"))
    with ExitStack() as stack:
        writer = stack.enter_context(_writer(job))
        losses = _Losses(counts)
        if job.explain is not None:
            from pipeline.vector.explain import ExplainWriter

            seen_at = None if job.explain_unseen else {layer.plan.name: _zooms(layer) for layer in layers}
            losses.writer = stack.enter_context(ExplainWriter(job.explain, seen_at))
        for rendered in _drawn(work, layers, zooms, losses, pool):
            for tile_id, body in rendered.tiles:
                writer.add(tile_id, body)
            losses.of_tiles(rendered)
        if not writer.digests:
            raise nothing_left(layers, counts)
        written = _finish(work, job, writer, layers, bounds, zooms)
    if job.keep_state is not None:
        save_state(written, writer.digests, job.fingerprint(job.keep_state), layers, job.inputs)
    if before is not None:
        _write_ids(job, before, layers)
    work.progress.done()
    return _archive_result(read, written, bounds, counts)


def _updated(work: _Work, ledger: Ledger, job: _Job, previous: Previous, pool: Executor) -> ArchiveResult | None:
    """Only what changed; None where everything has to be built."""
    print_ = job.fingerprint(previous.code)
    try:
        before = load_state(previous.archive, print_)
    except Scratch as why:
        work.progress.note(_("everything is built: {why}").format(why=why))
        return None
    work.progress.start(_("finding what changed"), None)
    checked = pool.submit(before.check, previous.archive)
    try:
        update = plan_update(job.inputs, before.layers, pool, ledger)
    except Scratch as why:
        work.progress.note(_("everything is built: {why}").format(why=why))
        return _tile(work, ledger, job, pool, before.layers)
    check_fit([(layer.plan, layer.stats.kinds) for layer in update.read], work.progress)
    bounds = _bounds(update.layers, job)
    zooms = _all_zooms(update.layers)
    counts: Counter[str] = Counter()
    gone = [tile for zoom in sorted(update.tiles) for tile in update.tiles[zoom].tolist()]
    work.progress.start(_("tiling"), len(gone), _("tiles"))
    wanted = set(gone)
    checked.result()
    with _writer(job) as writer:
        losses = _Losses(counts)
        made = (
            tile
            for rendered in _drawn(replace(work, progress=Silent()), update.layers, zooms, losses, pool)
            for tile in _told(rendered, wanted, work.progress)
        )
        copied = copy_and_replace(writer, previous.archive, made, gone, before.digests)
        if not writer.digests:  # a build of everything says why
            return _tile(work, ledger, job, pool, before.layers)
        written = _finish(work, job, writer, update.layers, bounds, zooms)
    if job.keep_state is not None:
        save_state(written, writer.digests, print_, update.layers, job.inputs)
    _write_ids(job, before.layers, update.layers)
    work.progress.done()
    return replace(_archive_result([_result(layer) for layer in update.read], written, bounds, counts), copied=copied)


def _write_ids(job: _Job, before: Mapping[str, LayerState], layers: Sequence[Prepared]) -> None:
    after = {layer.plan.name: layer.index for layer in layers if layer.index is not None}
    write_ids(job.out, job.inputs, {name: state.index for name, state in before.items()}, after)


def _told(rendered: Rendered, wanted: set[int], progress: Progress) -> Iterator[tuple[int, bytes]]:
    """The tiles that are wanted, each told to the progress."""
    for tile in rendered.tiles:
        if tile[0] in wanted:
            yield tile
            progress.advance(1)


def _bounds(layers: Sequence[Prepared], job: _Job) -> Bounds:
    """The bounds of all layers. Raises InputError when there is none."""
    bounds = _union([layer.bounds for layer in layers if layer.bounds])
    if bounds is None:
        raise InputError(
            _("There is nothing to tile: no feature has a geometry."),
            where=", ".join(item.plan.name for item in job.inputs),
            expected=_("at least one feature with a geometry"),
            hint=_("Check the layer names and the source files."),
        )
    return bounds


def _all_zooms(layers: Sequence[Prepared]) -> range:
    return range(min(layer.plan.min_zoom for layer in layers), max(layer.plan.max_zoom for layer in layers) + 1)


def _writer(job: _Job) -> Writer:
    return Writer(job.out, tile_type=TileType.MVT, tile_compression=Compression.GZIP, no_clobber=job.no_clobber)


def _finish(
    work: _Work, job: _Job, writer: Writer, layers: Sequence[Prepared], bounds: Bounds, zooms: range
) -> Written:
    # What lies beside the archive that is replaced says nothing of this one; it goes first, so that it is never beside
    # it. What explains or remembers this one is written afterwards.
    explained_path(job.out).unlink(missing_ok=True)
    ids_path(job.out).unlink(missing_ok=True)
    remove(state_path(job.out))
    return writer.finish(
        metadata=archive_metadata(work.plan, layers),
        bounds=bounds,
        center=((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2, zooms[0]),
        min_zoom=zooms[0],
        max_zoom=zooms[-1],
    )


def _archive_result(
    read: Sequence[LayerResult], written: Written, bounds: Bounds, counts: Counter[str]
) -> ArchiveResult:
    return ArchiveResult(
        tuple(read),
        written.tiles,
        written.bytes,
        written.min_zoom,
        written.max_zoom,
        bounds,
        counts.pop("repairs", 0),
        {rule: n for rule, n in sorted(counts.items()) if n},
    )


def _drawn(
    work: _Work, layers: Sequence[Prepared], zooms: range, losses: _Losses, pool: Executor
) -> Iterator[Rendered]:
    """All tiles of all layers, zoom by zoom; a zoom is drawn while the next one is being cut."""
    pace, so_far = Pace(work.progress), 0
    upcoming = _submit(work, layers, zooms[0], pool, pace)
    for zoom in zooms:
        cuts, upcoming = upcoming, _submit(work, layers, zoom + 1, pool, pace)
        runs = []
        for layer, jobs in cuts:
            done = [job.result() for job in jobs]
            for each in done:
                losses.of_cut(layer, zoom, each)
            if done:
                runs.append(LayerRuns(layer.plan, zoom, tuple(each.run for each in done)))
        del cuts
        here = sum(layer.count for layer in layers if zoom in _zooms(layer))
        ranges = list(render_jobs(runs))
        for rendered in _in_order(pool, ranges, 2 * work.threads):
            yield rendered
            pace.add(here / 2 / len(ranges))
        so_far += here
        pace.settle(so_far)


def _prepared(
    work: _Work, ledger: Ledger, inputs: Sequence[LayerInput], pool: Executor
) -> tuple[list[Prepared], list[LayerResult]]:
    """The layers that hold features, label layers included, and what reading each told."""
    state = work.folder / "prepared"
    found = load_prepared(state, [item.plan for item in inputs]) if work.resumable else None
    if found is not None:
        work.progress.note(_("going on with an interrupted build"))
        return found
    # What was killed while it read, or a process of the same number (containers have few), may have left files.
    shutil.rmtree(work.folder, ignore_errors=True)
    read = []
    work.progress.start(_("reading"), known_features(inputs), _("features"))
    for number, item in enumerate(inputs):
        tally = Tally()
        name = f"{number:03d}"
        read.append(prepare_layer(item.plan, item.read(tally), tally, pool, ledger, work.progress, name))
    check_fit([(layer.plan, layer.stats.kinds) for layer in read], work.progress)
    results = [_result(layer) for layer in read]
    layers = [layer for layer in read if layer.count]
    if ledger.folder.exists():  # one of them did not fit: none stays in memory, so that all can be taken up again
        layers = [_put_aside(work.folder, number, layer) for number, layer in enumerate(layers)]
    layers = add_detail(layers, pool, ledger)
    if work.resumable and ledger.folder.exists():
        store_prepared(state, layers, results)
    return layers, results


def _put_aside(folder: Path, number: int, layer: Prepared) -> Prepared:
    shards: list[Shard] = []
    for shard in layer.shards:
        if isinstance(shard, Held):
            path = folder / f"held-{number:03d}"
            shard = Stored(path, layer.plan, layer.detail).store(shard.layer)
        shards.append(shard)
    return replace(layer, shards=tuple(shards))


def _zooms(layer: Prepared) -> range:
    return range(layer.plan.min_zoom, layer.plan.max_zoom + 1)


class _Now:
    """A result that is there when it is asked for; the twin of Future for work that must not run ahead."""

    def __init__(self, shard: Shard, path: Path, zoom: int, pool: Executor, pace: Pace) -> None:
        self._asked = shard, path, zoom, pool, pace

    def result(self) -> Cut:
        """The cut, from its file or made now and put there."""
        shard, path, zoom, pool, pace = self._asked
        if path.exists():
            return load_cut(path, shard)
        segments = [future.result() for future in _cutting(shard.load(), zoom, pool, pace)]
        return store_cut(path, gather(shard, segments))


@dataclass(frozen=True, slots=True)
class _Soon:
    """A cut whose segments are being made."""

    shard: Shard
    segments: list[Future[Segment]]

    def result(self) -> Cut:
        return gather(self.shard, [future.result() for future in self.segments])


def _cutting(layer: Layer, zoom: int, pool: Executor, pace: Pace) -> list[Future[Segment]]:
    """The jobs of a shard at a zoom, under way."""
    futures = []
    for job in cut_jobs(layer, zoom):
        futures.append(pool.submit(cut, job))
        futures[-1].add_done_callback(lambda _future, half=(job.stop - job.start) / 2: pace.add(half))  # type: ignore[misc]
    return futures


def _submit(
    work: _Work, layers: Sequence[Prepared], zoom: int, pool: Executor, pace: Pace
) -> list[tuple[Prepared, list[_Now | _Soon]]]:
    """Begin to cut a zoom; shards on disk wait until they are asked for."""
    found: list[tuple[Prepared, list[_Now | _Soon]]] = []
    for number, layer in enumerate(layers):
        if zoom not in _zooms(layer):
            continue
        jobs: list[_Now | _Soon] = []
        for k, shard in enumerate(layer.shards):
            if isinstance(shard, Held):
                jobs.append(_Soon(shard, _cutting(shard.layer, zoom, pool, pace)))
            else:
                path = work.folder / f"z{zoom:02d}.{number:03d}.{k:05d}.run"
                jobs.append(_Now(shard, path, zoom, pool, pace))
        found.append((layer, jobs))
    return found


def _in_order(pool: Executor, jobs: Iterable[RenderJob], ahead: int) -> Iterator[Rendered]:
    """Results of the jobs in their order, with a bounded number under way."""
    waiting: list[Future[Rendered]] = []
    for job in jobs:
        waiting.append(pool.submit(render, job))
        if len(waiting) >= ahead:
            yield waiting.pop(0).result()
    for future in waiting:
        yield future.result()


class _Losses:
    """Counts what is not drawn as it is, and writes it down where that was asked for."""

    def __init__(self, counts: Counter[str]) -> None:
        self.counts = counts
        self.writer: ExplainWriter | None = None

    def of_cut(self, layer: Prepared, zoom: int, cut: Cut) -> None:
        """What was lost when a shard was cut; a label layer loses what its layer loses."""
        self.counts["repairs"] += cut.repairs
        for fate, rule in _RULES.items():
            here = cut.fates == fate
            ids = cut.ids[here]
            if fate != HIDDEN:
                self.counts[rule] += len(ids)
            if self.writer is not None and len(ids):
                self.writer.add(layer.plan.name, zoom, rule, ids, cut.into[here] if fate == MERGED else None)

    def of_tiles(self, rendered: Rendered) -> None:
        """What the rules of tiles took out."""
        for name, loss in rendered.losses:
            self.counts[loss.rule] += len(loss.ids)
            if self.writer is not None:
                self.writer.add(name, loss.zoom, loss.rule, loss.ids, loss.into, loss.tiles)


def _union(bounds: Sequence[Bounds]) -> Bounds | None:
    if not bounds:
        return None
    return (
        max(min(b[0] for b in bounds), -180.0),
        min(b[1] for b in bounds),
        min(max(b[2] for b in bounds), 180.0),
        max(b[3] for b in bounds),
    )


def _result(layer: Prepared) -> LayerResult:
    return LayerResult(
        layer.plan.name,
        layer.count,
        layer.stats.geometry,
        {name: stats.type for name, stats in layer.stats.fields.items()},
        layer.bounds,
        layer.tally,
        layer.plan.min_zoom,
        layer.plan.max_zoom,
    )
