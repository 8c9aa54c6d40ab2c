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
from pipeline.kernels.pieces import FATE_COLLAPSED, FATE_HARD, FATE_TINY, FATES, Pieces
from pipeline.kernels.simple import mark_suspects
from pipeline.types import LINE, POINT, POLYGON
from pipeline.vector.layer import Layer, zoom_shift
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
    """Encoded pieces: record i belongs to tile `tile_ids[i]` and feature `rows[i]`."""

    tile_ids: NDArray[np.int64]
    rows: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    starts: NDArray[np.int64]  # into geometry
    lengths: NDArray[np.int64]
    geometry: NDArray[np.uint8]  # MVT commands
    repairs: int  # pieces that GEOS mended
    tiny: int  # features gathered into another's square
    collapsed: int  # features that vanish on the grid


def cut_jobs(layer: Layer, zoom: int) -> Iterator[CutJob]:
    """The jobs of a layer at a zoom; how it is divided depends on the data alone, never on the number of threads."""
    if layer.count == 0 or not layer.plan.min_zoom <= zoom <= layer.plan.max_zoom:
        return
    load = np.cumsum(layer.vertex_counts + _VERTICES_PER_JOB // _FEATURES_PER_JOB)
    start = 0
    while start < layer.count:
        before = int(load[start - 1]) if start else 0
        stop = max(int(np.searchsorted(load, before + _VERTICES_PER_JOB, side="right")), start + 1)
        yield CutJob(layer, zoom, start, stop)
        start = stop


def cut(job: CutJob) -> Segment:
    """Cut one job's features and encode the pieces; areas that are not surely valid are examined by GEOS."""
    layer, zoom = job.layer, job.zoom
    fates = np.zeros(FATES, np.int64)
    rows = np.arange(job.start, job.stop)
    kinds = layer.kinds[job.start : job.stop]
    groups: list[tuple[Pieces, int]] = []
    repairs = 0
    if (points := rows[kinds == POINT]).size:
        groups.append((cut_points(layer.features, points, zoom, zoom_shift(zoom), fates), POINT))
    if (lines := rows[kinds == LINE]).size:
        groups.append((_shapes(job, lines, fates)[0], LINE))
    if (areas := rows[kinds == POLYGON]).size:
        pieces, hard = _shapes(job, areas, fates)
        suspects = mark_suspects(pieces)
        if suspects or len(hard):
            from pipeline.vector.repair import cut_hard, mend  # GEOS is loaded only when it is needed

            sound, mended, repairs = mend(pieces)
            groups += [(sound, POLYGON), (mended, POLYGON)]
            if len(hard):
                groups.append((cut_hard(layer, hard, zoom, tolerance2(layer, zoom)), POLYGON))
                repairs += len(hard)
        else:
            groups.append((pieces, POLYGON))
    return _encode(groups, zoom, repairs, int(fates[FATE_TINY]), int(fates[FATE_COLLAPSED]))


def _shapes(job: CutJob, rows: NDArray[np.int64], fates: NDArray[np.int64]) -> tuple[Pieces, NDArray[np.int64]]:
    """Pieces of the job's lines or areas, and the areas that GEOS must cut."""
    layer, zoom, plan = job.layer, job.zoom, job.layer.plan
    areas = bool(layer.kinds[rows[0]] == POLYGON)
    small = areas and plan.coverage is None
    hard = np.empty(len(rows) if areas else 0, np.int64)
    pieces = cut_shapes(
        layer.features,
        rows,
        areas,
        zoom,
        zoom_shift(zoom),
        tolerance2(layer, zoom),
        plan.tiny_area if small and zoom < plan.max_zoom else 0.0,
        small,
        plan.buffer,
        fates,
        hard,
    )
    return pieces, hard[: fates[FATE_HARD]]


def _encode(groups: list[tuple[Pieces, int]], zoom: int, repairs: int, tiny: int, collapsed: int) -> Segment:
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
        rows.append(pieces.row)
        kinds.append(np.full(n, kind, np.uint8))
        starts.append(start + base)
        lengths.append(length)
        blobs.append(out[:used].copy())
        base += used
    if not groups:
        none, bytes_ = np.empty(0, np.int64), np.empty(0, np.uint8)
        return Segment(none, none, bytes_, none, none, bytes_, 0, 0, 0)
    return Segment(
        np.concatenate(ids),
        np.concatenate(rows),
        np.concatenate(kinds),
        np.concatenate(starts),
        np.concatenate(lengths),
        np.concatenate(blobs),
        repairs,
        tiny,
        collapsed,
    )
