"""Jobs that cut a run of features into the tiles of one zoom and encode what they get."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.cut import cut_shapes
from pipeline.kernels.cut_points import cut_points
from pipeline.kernels.hilbert import tile_ids
from pipeline.kernels.mvt import encode_geometries
from pipeline.kernels.pieces import COLLAPSED, HARD, HIDDEN, KEPT, MERGED, SEVERAL, SUSPECT, THINNED, Features, Pieces
from pipeline.kernels.place import place_shapes
from pipeline.kernels.simple import mark_suspects
from pipeline.types import LINE, POINT, POLYGON
from pipeline.vector.ids import scattered
from pipeline.vector.layer import Layer, cell_shift, parting_shift, zoom_shift
from pipeline.vector.simplify import tolerance2

_VERTICES_PER_JOB = 100_000
_FEATURES_PER_JOB = 16_384
_JOBS = 64  # of one zoom; jobs become larger, up to four times, before there are more of them
_LARGEST = 4


@dataclass(frozen=True, slots=True)
class CutJob:
    """Features [start, stop) of a layer at a zoom."""

    layer: Layer
    zoom: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Segment:
    """Encoded pieces: record i belongs to tile `tile_ids[i]` and feature `rows[i]` of the layer."""

    tile_ids: NDArray[np.int64]
    rows: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    starts: NDArray[np.int64]  # into geometry
    lengths: NDArray[np.int64]
    geometry: NDArray[np.uint8]  # MVT commands
    repairs: int  # pieces that GEOS mended
    ids: NDArray[np.uint64]  # [features of the job]
    fates: NDArray[np.uint8]  # [features of the job]
    into: NDArray[np.uint64]  # [features of the job] id of the feature in whose place it is drawn; 0: none


def cut_jobs(layer: Layer, zoom: int) -> Iterator[CutJob]:
    """The jobs of a layer at a zoom: no cell is parted, so that the division changes nothing of the result."""
    if layer.count == 0 or not layer.plan.min_zoom <= zoom <= layer.plan.max_zoom:
        return
    cells = layer.features.curve >> parting_shift(layer.plan, zoom, bool((layer.kinds == POLYGON).any()))
    ends = np.append(np.flatnonzero(np.diff(cells)) + 1, layer.count)
    load = np.cumsum(layer.vertex_counts + _VERTICES_PER_JOB // _FEATURES_PER_JOB)[ends - 1]
    size = min(max(int(load[-1]) // _JOBS, _VERTICES_PER_JOB), _LARGEST * _VERTICES_PER_JOB)
    start, done = 0, 0
    while start < layer.count:
        at = max(int(np.searchsorted(load, done + size, side="right")) - 1, 0)
        if ends[at] <= start:  # a cell that is more than a job
            at += 1
        yield CutJob(layer, zoom, start, int(ends[at]))
        start, done = int(ends[at]), int(load[at])


def cut(job: CutJob) -> Segment:
    """Cut one job's features and encode the pieces; areas that are not surely valid are examined by GEOS."""
    layer, zoom = job.layer, job.zoom
    kinds = layer.kinds[job.start : job.stop]
    fates = np.full(len(kinds), HIDDEN, np.uint8)
    into = np.full(len(kinds), -1, np.int64)
    groups: list[tuple[Pieces, int]] = []
    repairs = 0
    for kind in (POINT, LINE, POLYGON):
        here = np.flatnonzero(kinds == kind)
        rows = here + job.start
        if len(here) == 0:
            continue
        if kind == POLYGON:
            found, fates[here], into[here], repairs = _areas(layer, zoom, rows)
            groups += [(pieces, POLYGON) for pieces in found]
            continue
        fate = np.full(len(here), HIDDEN, np.uint8)
        if kind == POINT:
            kept = _kept(layer, zoom, rows) | ~_seen(layer, zoom, rows)
            fates[here[~kept]] = THINNED
            here, rows, fate = here[kept], rows[kept], fate[kept]
            found = [cut_points(layer.features, rows, zoom, zoom_shift(zoom), fate)]
        else:
            found = _shapes(layer, layer.features, zoom, rows, kind, fate)
        groups += [(pieces, kind) for pieces in found]
        fates[here] = fate
    drawn = np.zeros(len(kinds), bool)
    for pieces, kind in groups:
        sound = pieces.flag != SUSPECT if kind == POLYGON else slice(None)
        drawn[pieces.row[sound] - job.start] = True
    fates[(fates == KEPT) & ~drawn] = COLLAPSED  # nothing was left when it was mended
    ids = layer.ids[job.start : job.stop]
    joined = np.where(into >= 0, layer.ids[np.maximum(into, 0)], np.uint64(0))
    return _encode(groups, zoom, repairs, layer.first, ids, fates, joined)


def _areas(
    layer: Layer, zoom: int, rows: NDArray[np.int64]
) -> tuple[list[Pieces], NDArray[np.uint8], NDArray[np.int64], int]:
    """Pieces of areas, as they are drawn at this zoom; their fates, in whose place each is drawn, repairs."""
    plan, features = layer.plan, layer.features
    fates = np.full(len(rows), HIDDEN, np.uint8)
    into = np.full(len(rows), -1, np.int64)
    unit = float(1 << zoom_shift(zoom))
    tolerance = math.sqrt(tolerance2(layer, zoom))
    seen = np.flatnonzero(_seen(layer, zoom, rows))
    drawn = rows[seen]  # the features that the view's own features stand for
    view = layer
    picks = drawn
    if plan.merge_near > 0.0 and zoom < plan.max_zoom:
        from pipeline.vector.merge_near import merge_near

        cells = features.curve[drawn] >> cell_shift(plan, zoom)
        merged = merge_near(features, drawn, cells, plan.merge_near * unit, tolerance)
        fates[seen] = np.where(merged.into == drawn, HIDDEN, MERGED)
        into[seen] = np.where(merged.into == drawn, -1, merged.into)
        features, drawn, picks = merged.features, merged.rows, np.arange(len(merged.rows))
        view = replace(layer, features=features)
    if plan.simplify == "right-angle" and tolerance > 0.0 and plan.coverage is None:
        from pipeline.vector.rightangle import right_angled

        view, picks = replace(layer, features=right_angled(features, picks, tolerance)), np.arange(len(drawn))
    fate = np.full(len(drawn), HIDDEN, np.uint8)
    found = _shapes(layer, view.features, zoom, picks, POLYGON, fate)
    hard = picks[fate == HARD]
    fate[fate == HARD] = KEPT
    fates[np.searchsorted(rows, drawn)] = fate
    repairs = 0
    if sum(mark_suspects(pieces) for pieces in found):
        from pipeline.vector.repair import mend  # GEOS is loaded only when it is needed

        mended, repairs = mend(found)
        found.append(mended)
    if len(hard):
        from pipeline.vector.repair import cut_hard

        found.append(cut_hard(view, hard, zoom, tolerance2(layer, zoom)))
        repairs += len(hard)
    if view is not layer:
        found = [each._replace(row=drawn[each.row]) for each in found]
    return found, fates, into, repairs


def _seen(layer: Layer, zoom: int, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray((layer.features.visible[rows] >> np.uint32(zoom)) & np.uint32(1), bool)


def _kept(layer: Layer, zoom: int, points: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which points the plan's rate leaves: what a zoom keeps every finer one keeps too."""
    if layer.plan.rate <= 1.0 or zoom >= layer.plan.max_zoom:
        return np.ones(len(points), bool)
    share = layer.plan.rate ** (zoom - layer.plan.max_zoom)
    return scattered(layer.ids[points]) < np.uint64(int(share * 2.0**64))


def _shapes(
    layer: Layer, features: Features, zoom: int, rows: NDArray[np.int64], kind: int, fates: NDArray[np.uint8]
) -> list[Pieces]:
    """Pieces of lines or areas, `rows` of `features`; the fates tell which areas GEOS must cut."""
    plan = layer.plan
    areas = kind == POLYGON
    below = zoom < plan.max_zoom
    alone = areas and plan.coverage is None
    shift, tolerance = zoom_shift(zoom), tolerance2(layer, zoom)
    sides = np.empty(len(rows), np.int64)
    whole = place_shapes(
        features,
        rows,
        areas,
        zoom,
        shift,
        tolerance,
        float(plan.min_area if areas else plan.min_length) if below else 0.0,  # whole numbers compile the kernel anew
        float(plan.tiny_area) if alone and below else 0.0,
        cell_shift(plan, zoom),
        alone,
        plan.buffer,
        fates,
        sides,
    )
    several = np.flatnonzero(fates == SEVERAL)
    if len(several) == 0:
        return [whole]
    fate = np.empty(len(several), np.uint8)
    cut_up = cut_shapes(
        features, rows[several], sides[several], areas, zoom, shift, tolerance, alone, plan.buffer, fate
    )
    fates[several] = fate
    return [whole, cut_up]


def _encode(
    groups: list[tuple[Pieces, int]],
    zoom: int,
    repairs: int,
    first: int,
    feature_ids: NDArray[np.uint64],
    fates: NDArray[np.uint8],
    into: NDArray[np.uint64],
) -> Segment:
    ids, rows, kinds, starts, lengths, blobs = [], [], [], [], [], []
    base = 0
    for pieces, kind in groups:
        n = len(pieces.tx)
        out = np.empty(10 * len(pieces.x) + 12 * (len(pieces.vertex_offsets) - 1), np.uint8)
        start = np.empty(n, np.int64)
        length = np.empty(n, np.int64)
        used = encode_geometries(pieces, kind, out, start, length)
        tile = np.empty(n, np.int64)
        tile_ids(zoom, pieces.tx, pieces.ty, tile)
        sound = pieces.flag != SUSPECT if kind == POLYGON else slice(None)  # others stand in the place of suspects
        ids.append(tile[sound])
        rows.append(pieces.row[sound] + first)
        starts.append(start[sound] + base)
        lengths.append(length[sound])
        kinds.append(np.full(len(lengths[-1]), kind, np.uint8))
        blobs.append(out[:used].copy())
        base += used
    return Segment(
        np.concatenate(ids),
        np.concatenate(rows),
        np.concatenate(kinds),
        np.concatenate(starts),
        np.concatenate(lengths),
        np.concatenate(blobs),
        repairs,
        feature_ids,
        fates,
        into,
    )
