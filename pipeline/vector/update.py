"""After a change: only the tiles that look different are made anew, the others are copied from the previous archive.

The result is what a build from scratch would write, byte for byte. Whatever stands in the way of being sure of that
ends in `Scratch`, and everything is built.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from pipeline.kernels.mercator import WORLD, unproject
from pipeline.types import Bounds, FeatureBatch, Tally
from pipeline.vector.chunk import Chunk, make_chunk
from pipeline.vector.ids import told_apart
from pipeline.vector.influence import Boxes, Changed, Reach, reach
from pipeline.vector.layer import detail_of, layer_of, select
from pipeline.vector.matching import rows_of
from pipeline.vector.plan import Changes, LayerInput, LayerPlan
from pipeline.vector.prepare import add_detail, degrees
from pipeline.vector.ragged import joined
from pipeline.vector.shards import Held, Index, Ledger, Prepared
from pipeline.vector.state import LayerState, Scratch
from pipeline.vector.stats import LayerStats, Undecided

_EPSILON = 1e-7  # degrees around what is read: the world's grid is ten times finer

_TURNS = (0.0, -360.0, 360.0, -720.0, 720.0)  # where a source may say that it lies what is drawn in the world


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
        state = before.get(item.plan.name, LayerState(_index_of(()), LayerStats()))
        _check_rows(item, state)
        after, counted = _after(item.plan, item.changes, state)
        changed.append(after)
        stats.append(counted)
    found = reach(changed)
    if found is None:
        raise Scratch(_("the changes reach most of the tiles"))
    read: list[Prepared] = []
    for i, item in enumerate(inputs):
        index = changed[i].index
        shard = _needed(item, index, found, i, list(stats[i].fields))
        bounds = degrees([_limits(index.bounds)] if len(index.ids) else [])
        detail = detail_of([item.plan])
        read.append(Prepared(item.plan, detail, stats[i], bounds, Tally(), shard, index))
    layers = add_detail([layer for layer in read if layer.count], pool, ledger)
    return Update(layers, read, {zoom: _ids(zoom, tiles) for zoom, tiles in found.tiles.items()})


def copy_and_replace(
    writer: Writer, previous: Path, made: Iterable[tuple[int, bytes]], gone: Sequence[int], digests: Mapping[int, bytes]
) -> int:
    """Add the previous archive's tiles but those of `gone`, with the tiles of `made` between them; both ascend.

    `digests` are those of the previous archive's contents, by their offsets. Returns how many tiles were copied.
    """
    waiting = iter(made)
    following = next(waiting, None)
    copied = 0
    with open_archive(previous) as archive:
        for entry in archive.entries():
            body = None
            for first, count in _kept_runs(entry.tile_id, entry.run_length, gone):
                while following is not None and following[0] < first:
                    writer.add(*following)
                    following = next(waiting, None)
                body = archive.body(entry.offset, entry.length) if body is None else body
                writer.add(first, body, count, digests.get(entry.offset))
                copied += count
    while following is not None:
        writer.add(*following)
        following = next(waiting, None)
    return copied


def _kept_runs(first: int, count: int, gone: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The run of tiles without those that are gone, as runs."""
    for hole in (*gone[bisect_left(gone, first) : bisect_left(gone, first + count)], first + count):
        if hole > first:
            yield first, hole - first
        first = hole + 1


def _after(plan: LayerPlan, changes: Changes | None, state: LayerState) -> tuple[Changed, LayerStats]:
    """A layer after its changes, and its statistics. Raises Scratch and InputError."""
    removed, removed_stats = _chunks(plan, changes.removed if changes else ())
    added, added_stats = _chunks(plan, changes.added if changes else ())
    before = state.index
    gone = _removed(before, removed, plan)
    kept = np.ones(len(before.ids), bool)
    kept[gone] = False
    new = _index_of(added)
    after = Index(*(np.concatenate([getattr(before, name)[kept], getattr(new, name)]) for name in Index._fields))
    if (len(before.ids) == 0) != (len(after.ids) == 0):
        raise Scratch(_("layer {layer} begins or ends").format(layer=plan.name))
    # Whoever gets another id, because one of the same wish came or went, looks different too.
    after = after._replace(ids=told_apart(after.asked, after.contents, after.visible))
    renamed = np.flatnonzero(after.ids[: len(after.ids) - len(new.ids)] != before.ids[kept])
    boxes = np.concatenate([before.bounds[gone], new.bounds, after.bounds[renamed]])
    curve = np.concatenate([before.curve[gone], new.curve, after.curve[renamed]])
    return Changed(plan, after, boxes, curve), _counted(plan, state.stats, removed_stats, added_stats)


def _check_rows(item: LayerInput, state: LayerState) -> None:
    """Hold what the source says of its size against what it said before and the changes. Raises Scratch."""
    if item.features is None or state.rows is None:
        return
    changes = item.changes or Changes((), ())
    removed, added = (sum(b.geometries.features for b in each) for each in (changes.removed, changes.added))
    if item.features != state.rows - removed + added:
        raise Scratch(
            _("layer {layer} has {now:,} features, and {told:,} by its changes").format(
                layer=item.plan.name, now=item.features, told=state.rows - removed + added
            )
        )


def _counted(
    plan: LayerPlan, stats: LayerStats, removed: Sequence[LayerStats], added: Sequence[LayerStats]
) -> LayerStats:
    """The statistics after the changes. Raises Scratch."""
    held = [name for name, each in stats.fields.items() if each.values != {}]
    try:
        for part in removed:
            stats.without(part)
    except (Undecided, KeyError) as why:
        raise Scratch(_("the values of layer {layer} have to be counted anew").format(layer=plan.name)) from why
    names = list(stats.fields)
    for part in added:
        stats.merge(part)
    # A field that holds nothing any more may have gone with the file that had it.
    if list(stats.fields) != names or any(stats.fields[name].values == {} for name in held):
        raise Scratch(_("layer {layer} has other fields").format(layer=plan.name))
    return stats


def _removed(index: Index, chunks: Sequence[Chunk], plan: LayerPlan) -> NDArray[np.int64]:
    """The rows of the index that are removed. Raises InputError for features that it does not have."""
    rows = rows_of(index, chunks)
    if len(rows) and rows.min() < 0:
        raise InputError(
            _("The changes remove {n} features that the previous archive of layer {layer} does not have.").format(
                n=int((rows < 0).sum()), layer=plan.name
            ),
            expected=_("removed features as they were when it was built, with all their fields"),
            hint=_("Build without --changes."),
        )
    return rows


def _needed(item: LayerInput, index: Index, found: Reach, number: int, columns: Sequence[str]) -> tuple[Held, ...]:
    """The features that are needed, as one shard; each is seen only where it is needed."""
    wanted = np.flatnonzero(found.context[number])
    if len(wanted) == 0:
        return ()
    assert item.read_near is not None
    areas = _areas(index.bounds[wanted], index.curve[wanted])
    n = 0
    for turns in (_TURNS[:1], _TURNS):
        turned = tuple((west + turn, south, east + turn, north) for turn in turns for west, south, east, north in areas)
        chunks = [make_chunk(item.plan, batch)[0] for batch in item.read_near(Tally(), turned)]
        rows = rows_of(index, chunks)
        picked = (rows >= 0) & found.context[number][rows]
        n = int(picked.sum())
        if n == len(wanted):
            break
    untold = int((rows < 0).sum())
    if n != len(wanted) or untold:
        raise InputError(
            _("Layer {layer} holds {found} of the {n} features that it should hold here, and {untold} others.").format(
                layer=item.plan.name, found=n, n=len(wanted), untold=untold
            ),
            expected=_("the previous features with just these changes"),
            hint=_("Build without --changes."),
        )
    ends = np.cumsum([len(chunk.kinds) for chunk in chunks])[:-1]
    pairs = zip(chunks, np.split(picked, ends), np.split(rows, ends), strict=True)
    taken = [
        replace(select(chunk, np.flatnonzero(here)), visible=found.visible[number][at[here]] & index.visible[at[here]])
        for chunk, here, at in pairs
    ]
    rows = rows[picked]
    if item.plan.priority is not None and len(np.unique(index.asked[rows])) < n:
        raise Scratch(_("features of layer {layer} share an id").format(layer=item.plan.name))
    order = np.lexsort((index.ids[rows], index.curve[rows]))
    return (Held(layer_of(item.plan, taken, columns, index.ids[rows], order)),)


def _index_of(chunks: Sequence[Chunk]) -> Index:
    """What is known of the features of chunks."""
    asked = joined([chunk.ids for chunk in chunks], np.uint64)
    return Index(
        asked,
        asked,
        joined([chunk.contents for chunk in chunks], np.uint64),
        joined([chunk.visible for chunk in chunks], np.uint32),
        joined([chunk.keyed for chunk in chunks], np.bool_),
        joined([chunk.curve for chunk in chunks], np.int64),
        joined([chunk.bounds for chunk in chunks], np.int64).reshape(-1, 4),
    )


def _areas(bounds: Boxes, curve: NDArray[np.int64]) -> tuple[Bounds, ...]:
    """Few boxes in degrees that hold all of these: one for each neighbourhood."""
    order = np.argsort(curve)
    far = np.diff(curve[order]) > 1 << 30  # a cell of zoom 9
    areas: list[Bounds] = []
    for run in np.split(order, np.flatnonzero(far) + 1):
        low_x, low_y, high_x, high_y = _limits(bounds[run])
        lng, lat = np.empty(2), np.empty(2)
        unproject(np.array([low_x, high_x], np.float64), np.array([high_y, low_y], np.float64), lng, lat)
        west, east = float(lng[0]) - _EPSILON, float(lng[1]) + _EPSILON
        # What lies beyond the square of the world was moved onto its edge.
        south = -90.0 if high_y >= WORLD else float(lat[0]) - _EPSILON
        north = 90.0 if low_y <= 0 else float(lat[1]) + _EPSILON
        areas.append((west, south, east, north))
    return tuple(areas)


def _limits(bounds: Boxes) -> tuple[int, int, int, int]:
    # Column by column: numpy takes ten times longer along the rows of a narrow array.
    return tuple(int(edge) for edge in (*(bounds[:, i].min() for i in (0, 1)), *(bounds[:, i].max() for i in (2, 3))))  # type: ignore[return-value]


def _chunks(plan: LayerPlan, batches: Iterable[FeatureBatch]) -> tuple[list[Chunk], list[LayerStats]]:
    made = [make_chunk(plan, batch) for batch in batches]
    return [chunk for chunk, _stats, _tally in made], [stats for _chunk, stats, _tally in made]


def _ids(zoom: int, tiles: NDArray[np.int64]) -> NDArray[np.int64]:
    out = np.empty(len(tiles), np.int64)
    tile_ids(zoom, tiles[:, 0].astype(np.int32), tiles[:, 1].astype(np.int32), out)
    return np.sort(out)
