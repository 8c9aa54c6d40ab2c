"""How much of each feature other features cover: the share of its length, area or points that lies near any of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Shapes = NDArray[Any]  # shapely geometries in metres, None where there is none

_VERTICES = 256  # of a piece: a boundary of a whole county is not copied for every house beside it
_DEPTH = 24  # halvings of a box: vertices that lie closer than that cannot be told apart
_BLOCK = 2048  # pieces at a time
_CORNER = 8  # segments of a quarter circle: the buffer's edge is at most 0.5 % of its width inside the true one


class Cover:
    """Features and all that lies within some metres of them, ready to be asked."""

    def __init__(self, shapes: Shapes, within: float, threads: int) -> None:
        """`shapes` in a plane CRS in metres; those that are missing or empty cover nothing."""
        self._threads = threads
        pieces, _owner = subdivide(sound(shapes))
        buffers = self._blockwise(lambda block: shapely.buffer(pieces[block], within, quad_segs=_CORNER), len(pieces))
        self._near = buffers[~shapely.is_empty(buffers)]
        self._tree = shapely.STRtree(self._near)

    def measure(self, shapes: Shapes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How large features are and how much of that is covered, both [features].

        Areas in square metres, lines in metres, points by their number; a line or area of no extent is a point, and
        what a line runs over twice counts once. NaN
        where a feature has no geometry.
        """
        shapes = _extended(shapes)
        pieces, owner = subdivide(shapes)
        sizes = _size(pieces)
        covered = self._blockwise(lambda block: self._covered(pieces[block], sizes[block]), len(pieces))
        there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        whole = np.bincount(owner, sizes, len(shapes)).astype(np.float64)
        part = np.bincount(owner, covered.astype(np.float64), len(shapes)).astype(np.float64)
        return np.where(there, whole, np.nan), np.where(there, np.minimum(part, whole), np.nan)

    def _blockwise(self, work: Callable[[slice], NDArray[Any]], count: int) -> NDArray[Any]:
        """Results for so many pieces, a block at a time; GEOS works without the interpreter's lock."""
        blocks = [slice(start, start + _BLOCK) for start in range(0, count, _BLOCK)]
        with ThreadPoolExecutor(self._threads) as pool:
            return np.concatenate([np.empty(0, object), *pool.map(work, blocks)])

    def _covered(self, pieces: Shapes, sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much of each piece is covered, [pieces]."""
        out = np.zeros(len(pieces))
        inside = np.unique(self._tree.query(pieces, predicate="covered_by")[0])
        out[inside] = sizes[inside]
        # What no single one covers may be covered by several together.
        rest = np.setdiff1d(np.flatnonzero(shapely.get_dimensions(pieces) > 0), inside)
        asked, found = self._tree.query(pieces[rest], predicate="intersects")
        if len(asked):
            order = np.argsort(asked, kind="stable")
            at, group = np.unique(asked[order], return_inverse=True)
            together = shapely.geometrycollections(self._near[found[order]], indices=group)
            union = shapely.union_all(np.asarray(together).reshape(-1, 1), axis=1)
            out[rest[at]] = _size(
                shapely.intersection(pieces[rest[at]], union), shapely.get_dimensions(pieces[rest[at]])
            )
        return out


def sound(shapes: Shapes) -> Shapes:
    """The same features; areas that cross themselves are made valid, or no operation on them can be trusted."""
    bad = (shapely.get_dimensions(shapes) == 2) & ~shapely.is_valid(shapes)
    if bad.any():
        shapes = shapes.copy()
        shapes[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    return shapes


def subdivide(shapes: Shapes) -> tuple[Shapes, NDArray[np.int64]]:
    """Features in pieces of few vertices, and of which feature each is; their parts first, then these.

    Lines are cut at vertices, areas in halves both ways until they are small. The missing and empty have no piece.
    """
    parts, owner = shapely.get_parts(shapes, return_index=True)
    large = shapely.get_num_coordinates(parts) > _VERTICES
    lines = large & (shapely.get_dimensions(parts) == 1)
    areas = large & ~lines
    done: list[tuple[Shapes, NDArray[np.int64]]] = [(parts[~large], owner[~large])]
    if lines.any():
        runs, index = _runs(parts[lines])
        done.append((runs, owner[lines][index]))
    parts, owner = parts[areas], owner[areas]
    for _level in range(_DEPTH):
        if not len(parts):
            break
        pieces, index = shapely.get_parts(
            shapely.intersection(np.repeat(parts, 4), _quarters(shapely.bounds(parts))), return_index=True
        )
        # Where an area only touches a quarter, something of fewer dimensions comes along.
        kept = shapely.get_dimensions(pieces) == 2
        parts, owner = pieces[kept], owner[index[kept] // 4]
        large = shapely.get_num_coordinates(parts) > _VERTICES
        done.append((parts[~large], owner[~large]))
        parts, owner = parts[large], owner[large]
    done.append((parts, owner))
    pieces, owner = np.concatenate([each for each, _owner in done]), np.concatenate([each for _pieces, each in done])
    kept = ~shapely.is_empty(pieces)
    return pieces[kept], owner[kept].astype(np.int64)


def _runs(lines: Shapes) -> tuple[Shapes, NDArray[np.int64]]:
    """Lines cut at vertices, and of which line each run is."""
    steps = _VERTICES - 1  # segments of a run
    counts = shapely.get_num_coordinates(lines).astype(np.int64)
    firsts = np.cumsum(counts) - counts
    runs = -(-(counts - 1) // steps)
    owner = np.repeat(np.arange(len(lines)), runs)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(runs) - runs, runs)
    lengths = np.minimum(steps, counts[owner] - 1 - number * steps) + 1
    run = np.repeat(np.arange(len(owner)), lengths)
    vertex = np.arange(len(run)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    at = (firsts[owner] + number * steps)[run] + vertex
    return np.asarray(shapely.linestrings(shapely.get_coordinates(lines)[at], indices=run)), owner


def _quarters(bounds: NDArray[np.float64]) -> Shapes:
    """The four quarters of boxes [boxes, 4], four after one another."""
    west, south, east, north = bounds.T
    x, y = (west + east) / 2, (south + north) / 2
    sides = np.stack(
        [np.stack(q, 1) for q in ((west, south, x, y), (x, south, east, y), (west, y, x, north), (x, y, east, north))],
        1,
    ).reshape(-1, 4)
    return np.asarray(shapely.box(sides[:, 0], sides[:, 1], sides[:, 2], sides[:, 3]))


def _extended(shapes: Shapes) -> Shapes:
    """The same features, sound; what a line runs over twice once; lines and areas without extent as points."""
    valid = sound(shapes)
    again = (shapely.get_dimensions(valid) == 1) & ~shapely.is_simple(valid) & (shapely.length(valid) > 0)
    if again.any():
        valid = valid.copy()
        valid[again] = shapely.union_all(valid[again].reshape(-1, 1), axis=1)
    nothing = shapely.is_empty(valid) | ((shapely.get_dimensions(valid) == 1) & (shapely.length(valid) == 0))
    flat = nothing & ~shapely.is_empty(shapes)
    if flat.any():
        coordinates, row = shapely.get_coordinates(shapes[flat], return_index=True)
        _rows, first = np.unique(row, return_index=True)
        valid = valid.copy()
        valid[flat] = shapely.points(coordinates[first])
    return valid


def _size(shapes: Shapes, dimensions: NDArray[Any] | None = None) -> NDArray[np.float64]:
    """Area, length or number, by the dimensions (their own)."""
    if dimensions is None:
        dimensions = shapely.get_dimensions(shapes)
    return np.choose(np.clip(dimensions, 0, 2), [np.ones(len(shapes)), shapely.length(shapes), shapely.area(shapes)])
