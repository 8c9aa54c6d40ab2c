"""The segments of rings and lines as numbers, so that neighbours can be told to share them without any topology."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.intake.checks.layer import Shapes

GRID = 1e-3  # metres; vertices that round to the same millimetre are the same


class Segments(NamedTuple):
    """Straight pieces between two neighbouring vertices of one ring or line, those of no length left out."""

    start: NDArray[np.float64]  # [segments, 2]
    end: NDArray[np.float64]  # [segments, 2]
    owner: NDArray[np.int64]  # [segments] which shape each belongs to


def segments_of(shapes: Shapes) -> Segments:
    """All segments of shapes [features], areas by their rings, in order."""
    areal = np.isin(shapely.get_type_id(shapes), (3, 6))
    rings, of_areas = shapely.get_rings(shapes[areal], return_index=True)
    parts, of_lines = shapely.get_parts(shapes[~areal], return_index=True)
    lines = np.concatenate([rings, parts])
    whose = np.concatenate([np.flatnonzero(areal)[of_areas], np.flatnonzero(~areal)[of_lines]])
    xy, line = shapely.get_coordinates(lines, return_index=True)
    follows = line[1:] == line[:-1]
    start, end, owner = xy[:-1][follows], xy[1:][follows], whose[line[1:][follows]]
    long = (start != end).any(1)
    return Segments(start[long], end[long], owner[long])


def single(segments: Segments) -> NDArray[np.bool_]:
    """Which segments [segments] are not met by exactly one other that runs the opposite way.

    In areas whose rings all turn the same way, a border that two neighbours share is there once in each direction; the
    others are borders to the outside, to a gap or into an overlap.
    """
    a, b = np.rint(segments.start / GRID).astype(np.int64), np.rint(segments.end / GRID).astype(np.int64)
    forward = (a[:, 0] < b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] < b[:, 1]))
    low, high = np.where(forward[:, None], a, b), np.where(forward[:, None], b, a)
    group = groups_of(np.column_stack((low, high)))
    ways = np.bincount(group, np.where(forward, 1.0, 1e6))  # one number for both counts
    return np.asarray((ways != 1.0 + 1e6)[group], np.bool_)


def groups_of(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each row of `keys` [rows, columns], the same for equal rows."""
    order = np.lexsort(keys.T[::-1])
    ordered = keys[order]
    new = np.concatenate(([False], (ordered[1:] != ordered[:-1]).any(1))) if len(keys) else np.zeros(0, np.bool_)
    group = np.empty(len(keys), np.int64)
    group[order] = np.cumsum(new)
    return group


def as_lines(segments: Segments, chosen: NDArray[np.bool_]) -> Shapes:
    """The chosen segments as lines of two vertices."""
    pairs = np.stack((segments.start[chosen], segments.end[chosen]), axis=1)
    return np.asarray(shapely.linestrings(pairs), object)
