"""Which tiles shapes reach, without cutting them: from their vertices and where they cross the lines between tiles.

A tile of an area's inside holds no vertex and no border; the line along its upper edge lies inside the area. So the
pairs of crossings with that line tell all such tiles at once, as runs along a row. The lines of every lower zoom are
some of the last zoom's, and so are their crossings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.pieces import EXTENT_BITS
from pipeline.types import POINT, POLYGON
from pipeline.vector.layer import zoom_shift
from pipeline.vector.plan import LayerPlan
from pipeline.vector.valid import Shapes, pick_shapes

_FINE: Final = 6  # vertices within 1/64 of a tile's edge count once: less than the usual buffer of 80/4096


class TileRuns(NamedTuple):
    """Tiles of one zoom as runs along rows, ascending and apart: `row << 32 | column` of first and past last."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    @property
    def total(self) -> int:
        """How many tiles there are."""
        return int((self.ends - self.starts).sum())


def joined(several: list[TileRuns]) -> TileRuns:
    """The tiles that are in any of them; runs may overlap and come in any order."""
    starts = np.concatenate([np.empty(0, np.int64), *(each.starts for each in several)])
    ends = np.concatenate([np.empty(0, np.int64), *(each.ends for each in several)])
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    apart = np.ones(len(starts), bool)
    apart[1:] = starts[1:] > ends[:-1]
    begins = np.flatnonzero(apart)
    return TileRuns(starts[begins], ends[np.append(begins[1:], len(starts)) - 1] if len(starts) else ends)


def occupied(
    plan: LayerPlan, shapes: Shapes, kinds: NDArray[np.uint8], visible: NDArray[np.uint32], bounds: NDArray[np.int64]
) -> Iterator[tuple[int, TileRuns]]:
    """Each zoom of the plan, the last first, with the tiles that features visible there reach: points without a buffer.

       A zoom comes twice where a batch holds points and others.
    `kinds`, `visible`
       [features]; `bounds` [features, 4] world units. Rules that look at sizes are not asked.
    """
    points = kinds == POINT
    if points.any() and not points.all():
        for rows in (np.flatnonzero(points), np.flatnonzero(~points)):
            yield from occupied(plan, pick_shapes(shapes, rows), kinds[rows], visible[rows], bounds[rows])
        return
    buffer = 0 if points.any() else plan.buffer
    last = zoom_shift(plan.max_zoom) + EXTENT_BITS
    features = _features(shapes)
    seen = None if len(visible) and bool((visible == visible[0]).all()) else visible
    part_ends = np.zeros(len(shapes.wx), bool)
    part_ends[shapes.vertex_offsets[1:][np.diff(shapes.vertex_offsets) > 0] - 1] = True
    steps = np.zeros_like(part_ends) if points.any() else ~part_ends
    along_y = _crossings(shapes.wy, shapes.wx, steps, last)
    along_x = _crossings(shapes.wx, shapes.wy, steps, last)
    firsts = _first_of_cells(shapes.wx, shapes.wy, last - _FINE, None if seen is None else seen[features])
    px = np.concatenate([shapes.wx[firsts], along_y.other, along_x.line << last])
    py = np.concatenate([shapes.wy[firsts], along_y.line << last, along_x.other])
    mask = None if seen is None else seen[features[np.concatenate([firsts, along_y.vertex, along_x.vertex])]]
    wide = (kinds == POLYGON) & ((bounds[:, 2:] - bounds[:, :2]) >= 1 << last).all(axis=1)
    inside = _insides(along_y, features, wide, last)
    for zoom in range(plan.max_zoom, plan.min_zoom - 1, -1):
        shift = zoom_shift(zoom) + EXTENT_BITS
        if zoom < plan.max_zoom:
            keep = _unique_cells(px, py, shift - _FINE, mask)
            px, py, mask = px[keep], py[keep], None if mask is None else mask[keep]
            inside = inside.coarser()
        there = slice(None) if mask is None else ((mask >> np.uint32(zoom)) & np.uint32(1)).astype(bool)
        if mask is None and len(visible) and not int(visible[0]) >> zoom & 1:
            continue
        filled = inside if seen is None else inside.only(((seen[inside.feature] >> np.uint32(zoom)) & 1).astype(bool))
        runs = TileRuns(filled.row << 32 | filled.first, (filled.row << 32 | filled.last) + 1)
        yield zoom, joined([*_around(px[there], py[there], zoom, buffer), runs])


def _around(px: NDArray[np.int64], py: NDArray[np.int64], zoom: int, buffer: int) -> list[TileRuns]:
    """The tiles whose buffered squares hold the points."""
    shift, reach, top = zoom_shift(zoom) + EXTENT_BITS, buffer << zoom_shift(zoom), (1 << zoom) - 1
    left, right = ((px - reach) >> shift).clip(0, top), ((px + reach) >> shift).clip(0, top)
    low, high = ((py - reach) >> shift).clip(0, top), ((py + reach) >> shift).clip(0, top)
    found = []
    for step in range(int((high - low).max(initial=-1)) + 1):
        row = low + step
        there = row <= high if step else slice(None)
        starts, ends = (row << 32 | left)[there], (row << 32 | right)[there] + 1
        changes = np.ones(len(starts), bool)
        changes[1:] = (starts[1:] != starts[:-1]) | (ends[1:] != ends[:-1])
        found.append(joined([TileRuns(starts[changes], ends[changes])]))
    return found


class _Crossings(NamedTuple):
    """Where edges cross the lines between tiles of the last zoom."""

    line: NDArray[np.int64]  # number of the line
    other: NDArray[np.int64]  # the other coordinate there
    vertex: NDArray[np.int64]  # the edge's first vertex


def _crossings(a: NDArray[np.int64], b: NDArray[np.int64], steps: NDArray[np.bool_], shift: int) -> _Crossings:
    """Crossings with lines of constant `a`; an edge that begins or ends on a line crosses it once or not at all."""
    cell = a >> shift
    edges = np.flatnonzero((cell[1:] != cell[:-1]) & steps[:-1])
    from_, to = cell[edges], cell[edges + 1]
    counts = np.abs(to - from_)
    first = np.cumsum(counts) - counts
    edge = np.repeat(edges, counts)
    line = np.repeat(np.minimum(from_, to) + 1 - first, counts) + np.arange(int(counts.sum()))
    part = ((line << shift) - a[edge]) / (a[edge + 1] - a[edge])
    return _Crossings(line, b[edge] + np.rint(part * (b[edge + 1] - b[edge])).astype(np.int64), edge)


class _Inside(NamedTuple):
    """Runs of tiles whose upper edge lies inside an area."""

    row: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    feature: NDArray[np.int64]

    def only(self, kept: NDArray[np.bool_]) -> _Inside:
        return _Inside(*(column[kept] for column in self))

    def coarser(self) -> _Inside:
        """The runs of the zoom below, whose rows begin where every second one does."""
        even = self.only(self.row & 1 == 0)
        return _Inside(even.row >> 1, even.first >> 1, even.last >> 1, even.feature)


def _insides(crossings: _Crossings, features: NDArray[np.int64], wide: NDArray[np.bool_], shift: int) -> _Inside:
    feature = features[crossings.vertex]
    picks = np.flatnonzero(wide[feature])
    picks = picks[np.lexsort((crossings.other[picks], crossings.line[picks], feature[picks]))]
    column = crossings.other[picks] >> shift
    return _Inside(crossings.line[picks[::2]], column[::2], column[1::2], feature[picks[::2]])


def _features(shapes: Shapes) -> NDArray[np.int64]:
    """The feature of each vertex."""
    return np.repeat(np.arange(len(shapes.part_from)), _vertex_counts(shapes))


def _vertex_counts(shapes: Shapes) -> NDArray[np.int64]:
    return np.asarray(shapes.vertex_offsets[shapes.part_to] - shapes.vertex_offsets[shapes.part_from])


def _first_of_cells(
    px: NDArray[np.int64], py: NDArray[np.int64], shift: int, mask: NDArray[np.uint32] | None
) -> NDArray[np.int64]:
    """The points that begin a run of points in one cell."""
    cell = (py >> shift) << 32 | (px >> shift)
    changes = np.ones(len(cell), bool)
    changes[1:] = cell[1:] != cell[:-1]
    if mask is not None:
        changes[1:] |= mask[1:] != mask[:-1]
    return np.flatnonzero(changes)


def _unique_cells(
    px: NDArray[np.int64], py: NDArray[np.int64], shift: int, mask: NDArray[np.uint32] | None
) -> NDArray[np.int64]:
    """One point of each cell, where all are seen alike."""
    if mask is not None:
        return _first_of_cells(px, py, shift, mask)
    return np.asarray(np.unique((py >> shift) << 32 | (px >> shift), return_index=True)[1])
