"""Jobs that cut a run of features into the tiles of one zoom and encode what they get."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.cut import cut_shapes
from pipeline.kernels.cut_points import cut_points
from pipeline.kernels.hilbert import tile_ids
from pipeline.kernels.mvt import encode_geometries
from pipeline.kernels.pieces import HARD, HIDDEN, KEPT, THINNED, Pieces
from pipeline.kernels.simple import mark_suspects
from pipeline.types import LINE, POINT, POLYGON
from pipeline.vector.ids import scattered
from pipeline.vector.layer import Layer, cell_shift, zoom_shift
from pipeline.vector.simplify import tolerance2

_VERTICES_PER_JOB = 100_000
_FEATURES_PER_JOB = 16_384


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


def cut_jobs(layer: Layer, zoom: int) -> Iterator[CutJob]:
    """The jobs of a layer at a zoom: no cell is parted, so that the division changes nothing of the result."""
    if layer.count == 0 or not layer.plan.min_zoom <= zoom <= layer.plan.max_zoom:
        return
    cells = layer.features.curve >> cell_shift(zoom)
    ends = np.append(np.flatnonzero(np.diff(cells)) + 1, layer.count)
    load = np.cumsum(layer.vertex_counts + _VERTICES_PER_JOB // _FEATURES_PER_JOB)[ends - 1]
    start, done = 0, 0
    while start < layer.count:
        at = max(int(np.searchsorted(load, done + _VERTICES_PER_JOB, side="right")) - 1, 0)
        if ends[at] <= start:  # a cell that is more than a job
            at += 1
        yield CutJob(layer, zoom, start, int(ends[at]))
        start, done = int(ends[at]), int(load[at])


def cut(job: CutJob) -> Segment:
    """Cut one job's features and encode the pieces; areas that are not surely valid are examined by GEOS."""
    layer, zoom = job.layer, job.zoom
    rows = np.arange(job.start, job.stop)
    kinds = layer.kinds[job.start : job.stop]
    fates = np.full(len(rows), HIDDEN, np.uint8)
    groups: list[tuple[Pieces, int]] = []
    repairs = 0
    for kind in (POINT, LINE, POLYGON):
        here = np.flatnonzero(kinds == kind)
        if len(here) == 0:
            continue
        fate = np.full(len(here), HIDDEN, np.uint8)
        if kind == POINT:
            fates[here] = np.where(kept := _kept(layer, zoom, rows[here]), HIDDEN, THINNED)
            here, fate = here[kept], fate[kept]
            pieces = cut_points(layer.features, rows[here], zoom, zoom_shift(zoom), fate)
        else:
            pieces = _shapes(layer, zoom, rows[here], kind, fate)
        if kind == POLYGON:
            hard = rows[here][fate == HARD]
            fate[fate == HARD] = KEPT
            if mark_suspects(pieces) or len(hard):
                from pipeline.vector.repair import cut_hard, mend  # GEOS is loaded only when it is needed

                sound, pieces, repairs = mend(pieces)
                groups.append((sound, POLYGON))
                if len(hard):
                    groups.append((cut_hard(layer, hard, zoom, tolerance2(layer, zoom)), POLYGON))
                    repairs += len(hard)
        groups.append((pieces, kind))
        fates[here] = fate
    return _encode(groups, zoom, repairs, layer.first, layer.ids[job.start : job.stop], fates)


def _kept(layer: Layer, zoom: int, points: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which points the plan's rate leaves: what a zoom keeps every finer one keeps too."""
    if layer.plan.rate <= 1.0 or zoom >= layer.plan.max_zoom:
        return np.ones(len(points), bool)
    share = layer.plan.rate ** (zoom - layer.plan.max_zoom)
    return scattered(layer.ids[points]) < np.uint64(int(share * 2.0**64))


def _shapes(layer: Layer, zoom: int, rows: NDArray[np.int64], kind: int, fates: NDArray[np.uint8]) -> Pieces:
    """Pieces of lines or areas; the fates tell which areas GEOS must cut."""
    plan = layer.plan
    areas = kind == POLYGON
    below = zoom < plan.max_zoom
    alone = areas and plan.coverage is None
    return cut_shapes(
        layer.features,
        rows,
        areas,
        zoom,
        zoom_shift(zoom),
        tolerance2(layer, zoom),
        (plan.min_area if areas else plan.min_length) if below else 0.0,
        plan.tiny_area if alone and below else 0.0,
        cell_shift(zoom),
        alone,
        plan.buffer,
        fates,
    )


def _encode(
    groups: list[tuple[Pieces, int]],
    zoom: int,
    repairs: int,
    first: int,
    feature_ids: NDArray[np.uint64],
    fates: NDArray[np.uint8],
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
        ids.append(tile)
        rows.append(pieces.row + first)
        kinds.append(np.full(n, kind, np.uint8))
        starts.append(start + base)
        lengths.append(length)
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
    )
