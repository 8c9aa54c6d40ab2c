"""How much of each feature other features cover: the share of its length, area or points that lies near any of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Shapes = NDArray[Any]  # shapely geometries in metres, None where there is none

_VERTICES = 256  # of a piece at most: a boundary of a whole county is not copied for every house beside it
_DEPTH = 24  # halvings of a box: vertices that lie closer than that cannot be told apart
_BLOCK = 2048  # pieces at a time
_CORNER = 8  # segments of a quarter circle: the buffer's edge is at most 0.5 % of its width inside the true one


class Cover:
    """Features and all that lies within some metres of them, ready to be asked."""

    def __init__(self, shapes: Shapes, within: float) -> None:
        """`shapes` in a plane CRS in metres; those that are missing or empty cover nothing."""
        pieces, _owner = subdivide(sound(shapes))
        buffers = shapely.buffer(pieces, within, quad_segs=_CORNER)
        self._near = np.asarray(buffers)[~shapely.is_empty(buffers)]
        self._tree = shapely.STRtree(self._near)

    def measure(self, shapes: Shapes, threads: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How large features are and how much of that is covered, both [features].

        Areas in square metres, lines in metres, points by their number; a line or area of no extent is a point. NaN
        where a feature has no geometry.
        """
        shapes = sound(shapes)
        pieces, owner = subdivide(_extended(shapes))
        sizes = _size(pieces)
        blocks = [slice(start, start + _BLOCK) for start in range(0, len(pieces), _BLOCK)]
        with ThreadPoolExecutor(threads) as pool:  # GEOS works without the interpreter's lock
            covered = list(pool.map(lambda block: self._covered(pieces[block], sizes[block]), blocks))
        there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        whole = np.bincount(owner, sizes, len(shapes)).astype(np.float64)
        part = np.bincount(owner, np.concatenate([np.zeros(0), *covered]), len(shapes)).astype(np.float64)
        return np.where(there, whole, np.nan), np.where(there, np.minimum(part, whole), np.nan)

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
    shapes = np.asarray(shapes, object)
    bad = ~(shapely.is_valid(shapes) | shapely.is_missing(shapes))
    if bad.any():
        shapes = shapes.copy()
        shapes[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    return shapes


def subdivide(shapes: Shapes) -> tuple[Shapes, NDArray[np.int64]]:
    """Features in pieces of few vertices, and of which feature each is: halved both ways until they are small.

    Collections fall into their parts; the missing and empty have no piece.
    """
    parts, owner = shapely.get_parts(shapes, return_index=True)
    done: list[Shapes] = []
    owners: list[NDArray[np.int64]] = []
    for _level in range(_DEPTH):
        large = shapely.get_num_coordinates(parts) > _VERTICES
        done.append(parts[~large])
        owners.append(owner[~large])
        parts, owner = parts[large], owner[large]
        if not len(parts):
            break
        pieces = shapely.intersection(np.repeat(parts, 4), _quarters(shapely.bounds(parts)))
        # Where it only touches a quarter, something of fewer dimensions comes along.
        dimension = np.repeat(shapely.get_dimensions(parts), 4)
        parts, index = shapely.get_parts(pieces, return_index=True)
        owner = np.repeat(owner, 4)[index]
        kept = (shapely.get_dimensions(parts) == dimension[index]) & ~shapely.is_empty(parts)
        parts, owner = parts[kept], owner[kept]
    else:
        done.append(parts)
        owners.append(owner)
    pieces, owner = np.concatenate(done), np.concatenate(owners)
    kept = ~shapely.is_empty(pieces)
    return pieces[kept], owner[kept].astype(np.int64)


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
    """The same features; lines and areas without extent as points."""
    dimensions = shapely.get_dimensions(shapes)
    flat = ((dimensions == 1) & (shapely.length(shapes) == 0)) | ((dimensions == 2) & (shapely.area(shapes) == 0))
    if flat.any():
        shapes = shapes.copy()
        shapes[flat] = shapely.point_on_surface(shapes[flat])
    return shapes


def _size(shapes: Shapes, dimensions: NDArray[Any] | None = None) -> NDArray[np.float64]:
    """Area, length or number, by the dimensions (their own)."""
    if dimensions is None:
        dimensions = shapely.get_dimensions(shapes)
    return np.choose(np.clip(dimensions, 0, 2), [np.ones(len(shapes)), shapely.length(shapes), shapely.area(shapes)])
