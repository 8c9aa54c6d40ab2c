"""How far a change reaches: which tiles look different, and which features must be known to draw them.

Everything a tile shows follows from the features whose boxes, with the buffer, meet it; from those in their cells,
where areas are gathered or merged; and in a coverage from what touches them: a neighbour's vertex may be a node.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.pieces import EXTENT_BITS
from pipeline.vector.layer import cell_shift, zoom_shift
from pipeline.vector.plan import LayerPlan
from pipeline.vector.shards import Index

_MARGIN: Final = 8  # tile units that a drawn feature may reach beyond its box: squares of small areas, rounding
MOST_TILES: Final = 4096  # of a zoom; with more, building everything is as quick

Boxes = NDArray[np.int64]  # [n, 4] world units: x low, y low, x high, y high


@dataclass(frozen=True, slots=True)
class Changed:
    """One layer after a change: its features, and where something was added or removed."""

    plan: LayerPlan
    index: Index  # of the features as they are now
    boxes: Boxes  # of features added and removed
    curve: NDArray[np.int64]  # their places along the curve


@dataclass(frozen=True, slots=True)
class Reach:
    """What a change reaches."""

    tiles: dict[int, NDArray[np.int64]]  # zoom → [tiles, 2] columns and rows that look different
    visible: list[NDArray[np.uint32]]  # per layer [features] bit z: needed to draw zoom z
    context: list[NDArray[np.bool_]]  # per layer [features] needed at any zoom, or touched by one that is


def reach(layers: Sequence[Changed]) -> Reach | None:
    """The reach of a change, None where it is so wide that everything had better be built."""
    sources = _touched_borders(layers)
    tiles: dict[int, NDArray[np.int64]] = {}
    visible = [np.zeros(len(layer.index.ids), np.uint32) for layer in layers]
    zooms = range(min(x.plan.min_zoom for x in layers), max(x.plan.max_zoom for x in layers) + 1)
    for zoom in zooms:
        here = [i for i, layer in enumerate(layers) if layer.plan.min_zoom <= zoom <= layer.plan.max_zoom]
        found = [_tiles_of(_with_cells(layers[i], sources[i], zoom), layers[i].plan, zoom) for i in here]
        tiles[zoom] = np.unique(np.concatenate([np.empty((0, 2), np.int64), *found]), axis=0)
        if len(tiles[zoom]) > MOST_TILES:
            return None
        for i in here:
            need = _meeting(layers[i], tiles[zoom], zoom)
            visible[i] |= need.astype(np.uint32) << np.uint32(zoom)
    context = [mask > 0 for mask in visible]
    for group in _groups(layers):
        boxes = np.concatenate([layers[i].index.bounds[context[i]] for i in group])
        for i in group:
            context[i] |= touching(layers[i].index.bounds, boxes)
    return Reach(tiles, visible, context)


def touching(bounds: Boxes, boxes: Boxes) -> NDArray[np.bool_]:
    """Which of `bounds` meet any of the boxes, edges included; exact for few boxes, generous for many."""
    out = np.zeros(len(bounds), bool)
    if len(boxes) == 0:
        return out
    near = _within(bounds, *boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())
    if len(near) * len(boxes) > 50_000_000:
        out[near] = True
        return out
    for box in boxes:
        out[near] |= (bounds[near, :2] <= box[2:]).all(axis=1) & (bounds[near, 2:] >= box[:2]).all(axis=1)
    return out


def _within(bounds: Boxes, x_low: int, y_low: int, x_high: int, y_high: int) -> NDArray[np.int64]:
    """Which of `bounds` meet one box."""
    rows = np.flatnonzero(bounds[:, 0] <= x_high)
    rows = rows[bounds[rows, 2] >= x_low]
    return np.asarray(rows[(bounds[rows, 1] <= y_high) & (bounds[rows, 3] >= y_low)])


def _groups(layers: Sequence[Changed]) -> list[list[int]]:
    """Layers that share borders."""
    groups: dict[str, list[int]] = {}
    for i, layer in enumerate(layers):
        if layer.plan.coverage:
            groups.setdefault(layer.plan.coverage, []).append(i)
    return list(groups.values())


def _touched_borders(layers: Sequence[Changed]) -> list[Boxes]:
    """The boxes of everything that may look different: in a coverage also two rings of neighbours.

    A neighbour gets or loses a node where it touches what changed, and simplifies its arcs anew; whoever shares one
    of these arcs follows.
    """
    boxes = [layer.boxes for layer in layers]
    for group in _groups(layers):
        for _ring in range(2):
            every = np.concatenate([boxes[i] for i in group])
            for i in group:
                bounds = layers[i].index.bounds
                boxes[i] = np.unique(np.concatenate([boxes[i], bounds[touching(bounds, every)]]), axis=0)
    return boxes


def _cells(layer: Changed, zoom: int) -> int | None:
    """The shift of the cells in which features are looked at together, None where each stands for itself."""
    plan = layer.plan
    alone = plan.coverage is not None or (plan.tiny_area == 0.0 and plan.merge_near == 0.0)
    return None if alone or zoom >= plan.max_zoom else cell_shift(plan, zoom)


def _with_cells(layer: Changed, boxes: Boxes, zoom: int) -> Boxes:
    shift = _cells(layer, zoom)
    if shift is None:
        return boxes
    return np.concatenate([boxes, layer.index.bounds[_mates(layer.index.curve, shift, layer.curve)]])


def _mates(curve: NDArray[np.int64], shift: int, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which features lie in the cells that hold these places along the curve."""
    cells = np.unique(places >> shift)
    if len(cells) == 0:
        return np.empty(0, np.int64)
    rows = np.flatnonzero((curve >= cells[0] << shift) & (curve < (cells[-1] + 1) << shift))
    here = curve[rows] >> shift
    return np.asarray(rows[cells[np.minimum(np.searchsorted(cells, here), len(cells) - 1)] == here])


def _ranges(boxes: Boxes, plan: LayerPlan, zoom: int) -> NDArray[np.int64]:
    """First and last tile column and row of each box with its buffer, [n, 4]."""
    shift = zoom_shift(zoom)
    reach = (plan.buffer + _MARGIN + int(plan.merge_near)) << shift
    last = (1 << zoom) - 1
    low = (boxes[:, :2] - reach) >> (shift + EXTENT_BITS)
    high = (boxes[:, 2:] + reach) >> (shift + EXTENT_BITS)
    return np.asarray(np.clip(np.concatenate([low, high], axis=1), 0, last), np.int64)


def _tiles_of(boxes: Boxes, plan: LayerPlan, zoom: int) -> NDArray[np.int64]:
    """All tiles that the boxes reach, [tiles, 2]."""
    ranges = np.unique(_ranges(boxes, plan, zoom), axis=0)
    counts = (ranges[:, 2] - ranges[:, 0] + 1) * (ranges[:, 3] - ranges[:, 1] + 1)
    if counts.sum() > 4 * MOST_TILES:
        return np.zeros((MOST_TILES + 1, 2), np.int64) + np.arange(MOST_TILES + 1)[:, None]
    grids = [np.mgrid[a : c + 1, b : d + 1].reshape(2, -1).T for a, b, c, d in ranges.tolist()]
    return np.concatenate([np.empty((0, 2), np.int64), *grids])


def _meeting(layer: Changed, tiles: NDArray[np.int64], zoom: int) -> NDArray[np.bool_]:
    """Which features the tiles show, with all of their cells."""
    bounds = layer.index.bounds
    need = np.zeros(len(bounds), bool)
    if len(tiles) == 0:
        return need
    shift, size = zoom_shift(zoom), 1 << (zoom_shift(zoom) + EXTENT_BITS)
    reach = (layer.plan.buffer + _MARGIN + int(layer.plan.merge_near)) << shift
    low, high = tiles.min(axis=0) * size - reach, (tiles.max(axis=0) + 1) * size + reach
    near = _within(bounds, *low.tolist(), *high.tolist())
    held = np.zeros(len(near), bool)
    ranges = _ranges(bounds[near], layer.plan, zoom)
    single = (ranges[:, 0] == ranges[:, 2]) & (ranges[:, 1] == ranges[:, 3])
    keys = np.unique(tiles[:, 0] << 32 | tiles[:, 1])
    held[single] = np.isin(ranges[single, 0] << 32 | ranges[single, 1], keys)
    wide = np.flatnonzero(~single)
    for column, row in tiles.tolist():
        a, b, c, d = ranges[wide].T
        held[wide] |= (a <= column) & (column <= c) & (b <= row) & (row <= d)
    need[near] = held
    cells = _cells(layer, zoom)
    if cells is not None:
        need[_mates(layer.index.curve, cells, layer.index.curve[need])] = True
    return need
