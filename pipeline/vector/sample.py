"""A sample of a layer in whole neighbourhoods: which cells of a grid enter follows from their own scattered numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.types import FeatureBatch, Geometries
from pipeline.vector.arrow import indices
from pipeline.vector.chunk import CURVE_BITS
from pipeline.vector.ids import scattered
from pipeline.vector.ragged import offsets_of, runs

MOST: Final = 50_000  # features that are held at a time
_LEAST: Final = 4096
_SHARE: Final = 20  # one feature in so many in the end
_CELLS: Final = 1000  # at least, in the first batch: so that some sixty places enter


@dataclass(slots=True)
class Sample:
    """Features of some cells of the grid; a cell is held with all of its features."""

    level: int = -1  # the cells are the tiles of this zoom; from the first batch
    cells: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))  # all, along the Hilbert curve
    counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))  # features of each
    _held: list[tuple[FeatureBatch, NDArray[np.int64]]] = field(default_factory=list)

    @property
    def features(self) -> int:
        """How many there were."""
        return int(self.counts.sum())

    def add(self, batch: FeatureBatch, rows: NDArray[np.int64], curve: NDArray[np.int64]) -> None:
        """Take what belongs to the sample of one more batch: `rows` have a geometry, `curve` is their place."""
        if self.level < 0 and len(curve):
            self.level = _level(curve)
        cell = curve >> (2 * (CURVE_BITS - self.level))
        self.cells, place = np.unique(np.concatenate([self.cells, cell]), return_inverse=True)
        weights = np.concatenate([self.counts, np.ones(len(cell), np.int64)])
        self.counts = np.bincount(place, weights, len(self.cells)).astype(np.int64)
        kept = self._chosen(min(max(self.features // (_SHARE // 2), 2 * _LEAST), MOST))
        here = np.flatnonzero(np.isin(cell, kept))
        self._held = [piece for held in self._held if len((piece := _only(*held, kept))[1])]
        if len(here):
            self._held.append((taken(batch, rows[here]), cell[here]))

    def chosen(self) -> tuple[list[FeatureBatch], NDArray[np.int64]]:
        """The features of the sample, and its cells."""
        kept = self._chosen(min(max(self.features // _SHARE, _LEAST), MOST))
        return [_only(batch, cell, kept)[0] for batch, cell in self._held], kept

    def _chosen(self, limit: int) -> NDArray[np.int64]:
        """The cells with the lowest scattered numbers that hold no more features than `limit` together.

        What is chosen of more features is among what was chosen of fewer, as long as the limit stays the same share.
        """
        order = np.argsort(scattered(self.cells.astype(np.uint64)), kind="stable")
        fitting = int(np.searchsorted(np.cumsum(self.counts[order]), limit, side="right"))
        return np.sort(self.cells[order[: max(fitting, 1)]])


def taken(batch: FeatureBatch, rows: NDArray[np.int64]) -> FeatureBatch:
    """Some features of a batch, in the order of `rows`."""
    shapes = batch.geometries
    parts = runs(shapes.part_offsets, rows)
    vertices = runs(shapes.vertex_offsets, parts)
    geometries = Geometries(
        shapes.kinds[rows],
        offsets_of(np.diff(shapes.part_offsets)[rows]),
        offsets_of(np.diff(shapes.vertex_offsets)[parts]),
        shapes.roles[parts],
        shapes.x[vertices],
        shapes.y[vertices],
    )
    return FeatureBatch(geometries, batch.attributes.take(indices(rows)))


def _only(
    batch: FeatureBatch, cell: NDArray[np.int64], kept: NDArray[np.int64]
) -> tuple[FeatureBatch, NDArray[np.int64]]:
    here = np.flatnonzero(np.isin(cell, kept))
    return (batch, cell) if len(here) == len(cell) else (taken(batch, here), cell[here])


def _level(curve: NDArray[np.int64]) -> int:
    """The coarsest grid on which these features lie in enough cells."""
    places = np.unique(curve)
    for level in range(CURVE_BITS):
        if 1 + int(np.count_nonzero(np.diff(places >> (2 * (CURVE_BITS - level))))) >= _CELLS:
            return level
    return CURVE_BITS
