"""After a change: only the tiles that look different are made anew, the others are copied from the previous archive.

The result is what a build from scratch would write, byte for byte. Whatever stands in the way of being sure of that
ends in `Scratch`, and everything is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.reader import open_archive
from pipeline.archive.writer import Writer
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.kernels.hilbert import tile_ids
from pipeline.kernels.mercator import unproject
from pipeline.types import Bounds, FeatureBatch, Tally
from pipeline.vector.chunk import Chunk, make_chunk
from pipeline.vector.influence import Boxes, Changed, Reach, reach
from pipeline.vector.layer import Detail, layer_of, select
from pipeline.vector.plan import Changes, LayerInput, LayerPlan
from pipeline.vector.prepare import add_detail, degrees
from pipeline.vector.shards import Held, Index, Ledger, Prepared
from pipeline.vector.state import LayerState
from pipeline.vector.stats import LayerStats, Undecided

_EPSILON = 1e-7  # degrees around what is read: the world's grid is ten times finer


class Scratch(Exception):
    """Everything has to be built; the message says why."""


@dataclass(frozen=True, slots=True)
class Update:
    """What there is to do: layers that hold what the tiles that change show, and these tiles."""

    layers: list[Prepared]  # label layers included; statistics and bounds of everything, features of what is needed
    read: list[Prepared]  # the layers that were given, in their order
    tiles: dict[int, NDArray[np.int64]]  # zoom → ids of the tiles that look different, ascending


def plan_update(inputs: Sequence[LayerInput], before: dict[str, LayerState], pool: Executor, ledger: Ledger) -> Update:
    """Find out what changes and read what is needed for it. Raises Scratch; InputError for changes that do not fit."""
    changed: list[Changed] = []
    stats: list[LayerStats] = []
    for item in inputs:
        state = before.get(item.plan.name, LayerState(_no_features(), LayerStats()))
        index, counted, boxes, curve = _after(item.plan, item.changes, state)
        changed.append(Changed(item.plan, index, boxes, curve))
        stats.append(counted)
    found = reach(changed)
    if found is None:
        raise Scratch(_("the changes reach most of the tiles"))
    read: list[Prepared] = []
    for i, item in enumerate(inputs):
        index = changed[i].index
        shard = _needed(item, index, found, i, list(stats[i].fields))
        limits = [tuple(int(v) for v in (*index.bounds[:, :2].min(axis=0), *index.bounds[:, 2:].max(axis=0)))]
        bounds = degrees(limits if len(index.ids) else [])  # type: ignore[arg-type]
        detail = Detail(item.plan.simplification, item.plan.max_zoom)
        read.append(Prepared(item.plan, detail, stats[i], bounds, Tally(), shard, index))
    layers = add_detail([layer for layer in read if layer.count], pool, ledger)
    return Update(layers, read, {zoom: _ids(zoom, tiles) for zoom, tiles in found.tiles.items()})


def copy_and_replace(writer: Writer, previous: Path, made: Iterable[tuple[int, bytes]], gone: Sequence[int]) -> int:
    """Add the previous archive's tiles but those of `gone`, with the tiles of `made` between them; both ascend.

    Returns how many were copied.
    """
    waiting = iter(made)
    following = next(waiting, None)
    replaced = np.array(gone, np.int64)
    copied = 0
    with open_archive(previous) as archive:
        for entry in archive.entries():
            body = None
            for first, count in _kept_runs(entry.tile_id, entry.run_length, replaced):
                while following is not None and following[0] < first:
                    writer.add(*following)
                    following = next(waiting, None)
                body = archive.body(entry.offset, entry.length) if body is None else body
                writer.add(first, body, count)
                copied += count
    while following is not None:
        writer.add(*following)
        following = next(waiting, None)
    return copied


def _kept_runs(first: int, count: int, gone: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """The run of tiles without those that are gone, as runs."""
    a, b = np.searchsorted(gone, (first, first + count))
    for hole in (*gone[a:b].tolist(), first + count):
        if hole > first:
            yield first, hole - first
        first = hole + 1


def _after(
    plan: LayerPlan, changes: Changes | None, state: LayerState
) -> tuple[Index, LayerStats, Boxes, NDArray[np.int64]]:
    """A layer's index and statistics after its changes, and where these lie: boxes and places along the curve."""
    removed, removed_stats = _chunks(plan, changes.removed if changes else ())
    added, added_stats = _chunks(plan, changes.added if changes else ())
    index = state.index
    gone = _found(index, _joined([chunk.contents for chunk in removed], np.uint64), plan)
    apart = index.asked[index.ids != index.asked]
    asked = _joined([chunk.ids for chunk in added], np.uint64)
    kept = np.flatnonzero(~gone)
    moved = np.concatenate([index.asked[gone], asked])
    alone = len(np.unique(asked)) == len(asked)
    if np.isin(moved, apart).any() or np.isin(index.ids[kept], asked).any() or not alone:
        raise Scratch(_("ids of layer {layer} meet others").format(layer=plan.name))
    new = Index(
        asked,
        asked,
        _joined([chunk.contents for chunk in added], np.uint64),
        _joined([chunk.visible for chunk in added], np.uint32),
        _joined([chunk.keyed for chunk in added], np.bool_),
        _joined([chunk.curve for chunk in added], np.int64),
        _joined([chunk.bounds for chunk in added], np.int64).reshape(-1, 4),
    )
    boxes = np.concatenate([index.bounds[gone], new.bounds])
    curve = np.concatenate([index.curve[gone], new.curve])
    try:
        for each in removed_stats:
            state.stats.without(each)
    except (Undecided, KeyError) as why:
        raise Scratch(_("the values of layer {layer} have to be counted anew").format(layer=plan.name)) from why
    names = list(state.stats.fields)
    for each in added_stats:
        state.stats.merge(each)
    if list(state.stats.fields) != names:
        raise Scratch(_("layer {layer} has other fields").format(layer=plan.name))
    after = Index._make(np.concatenate([old[kept], fresh]) for old, fresh in zip(index, new, strict=True))
    return after, state.stats, boxes, curve


def _found(index: Index, contents: NDArray[np.uint64], plan: LayerPlan) -> NDArray[np.bool_]:
    """Which features of the index have these contents. Raises Scratch for twins, InputError for what is not there."""
    gone = np.isin(index.contents, contents)
    if int(gone.sum()) > len(contents):
        raise Scratch(_("layer {layer} holds the same feature twice").format(layer=plan.name))
    if int(gone.sum()) < len(contents):
        raise InputError(
            _("The changes remove {n} features that the previous archive of layer {layer} does not have.").format(
                n=len(contents) - int(gone.sum()), layer=plan.name
            ),
            expected=_("removed features as they were when it was built, with all their fields"),
            hint=_("Build without --changes."),
        )
    return np.asarray(gone)


def _needed(item: LayerInput, index: Index, found: Reach, number: int, columns: Sequence[str]) -> tuple[Held, ...]:
    """The features that are needed, as one shard; each is seen only where it is needed."""
    rows = np.flatnonzero(found.context[number])
    if len(rows) == 0:
        return ()
    assert item.read_near is not None
    areas = _areas(index.bounds[rows], index.curve[rows])
    wanted = index.contents[rows]
    chunks: list[Chunk] = []
    for batch in item.read_near(Tally(), areas):
        chunk, _stats, _faults = make_chunk(item.plan, batch)
        picks = np.flatnonzero(np.isin(chunk.contents, wanted))
        if len(picks):
            chunks.append(select(chunk, picks))
    contents = _joined([chunk.contents for chunk in chunks], np.uint64)
    if len(contents) != len(rows):
        raise InputError(
            _("Layer {layer} holds {found} of the {n} features that it should hold here.").format(
                layer=item.plan.name, found=len(contents), n=len(rows)
            ),
            expected=_("the previous features with just these changes"),
            hint=_("Build without --changes."),
        )
    # Twins have the same content: whichever takes which id, their tiles are the same.
    place = np.empty(len(rows), np.int64)
    place[np.argsort(contents, kind="stable")] = rows[np.lexsort((index.ids[rows], wanted))]
    ends = np.cumsum([len(chunk.kinds) for chunk in chunks])
    seen = np.split(found.visible[number][place] & index.visible[place], ends[:-1])
    chunks = [replace(chunk, visible=visible) for chunk, visible in zip(chunks, seen, strict=True)]
    ids = index.ids[place]
    order = np.lexsort((ids, index.curve[place]))
    return (Held(layer_of(item.plan, chunks, columns, ids, order)),)


def _areas(bounds: Boxes, curve: NDArray[np.int64]) -> tuple[Bounds, ...]:
    """Few boxes in degrees that hold all of these: one for each neighbourhood."""
    order = np.argsort(curve)
    far = np.diff(curve[order]) > 1 << 30  # a cell of zoom 9
    areas = []
    for run in np.split(order, np.flatnonzero(far) + 1):
        x = bounds[run][:, [0, 2]].astype(np.float64)
        y = bounds[run][:, [1, 3]].astype(np.float64)
        lng, lat = np.empty(2), np.empty(2)
        unproject(np.array([x.min(), x.max()]), np.array([y.max(), y.min()]), lng, lat)
        areas.append(
            (lng[0] - _EPSILON, max(lat[0] - _EPSILON, -90.0), lng[1] + _EPSILON, min(lat[1] + _EPSILON, 90.0))
        )
    return tuple((float(w), float(s), float(e), float(n)) for w, s, e, n in areas)


def _chunks(plan: LayerPlan, batches: Iterable[FeatureBatch]) -> tuple[list[Chunk], list[LayerStats]]:
    made = [make_chunk(plan, batch) for batch in batches]
    return [chunk for chunk, _stats, _tally in made], [stats for _chunk, stats, _tally in made]


def _ids(zoom: int, tiles: NDArray[np.int64]) -> NDArray[np.int64]:
    out = np.empty(len(tiles), np.int64)
    tile_ids(zoom, tiles[:, 0].astype(np.int32), tiles[:, 1].astype(np.int32), out)
    return np.sort(out)


def _no_features() -> Index:
    ids, places = np.empty(0, np.uint64), np.empty(0, np.int64)
    return Index(ids, ids, ids, np.empty(0, np.uint32), np.empty(0, bool), places, places.reshape(0, 4))


def _joined(arrays: Sequence[NDArray], dtype: type) -> NDArray:  # type: ignore[type-arg]
    return np.concatenate(arrays) if arrays else np.empty(0, dtype)
