"""What the cutting kernels read and write."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper

EXTENT_BITS: Final = 12
EXTENT: Final = 1 << EXTENT_BITS  # tile units along a tile's edge

# Flags of a piece.
SOUND: Final = 0
SUSPECT: Final = 1  # to be examined by GEOS

# Fates of a feature at a zoom.
HIDDEN: Final = 0  # not to be seen at this zoom
KEPT: Final = 1
GATHERED: Final = 2  # too small: its area is drawn as part of another's square
COLLAPSED: Final = 3  # nothing left on the grid
TOO_SMALL: Final = 4  # below the least size that was asked for
HARD: Final = 5  # rings that bound no area: GEOS cuts them
THINNED: Final = 6  # one of the points that are too many
MERGED: Final = 7  # drawn as part of another that is near
SEVERAL: Final = 8  # spans several tiles: to be cut


class Features(NamedTuple):
    """A layer in world units, as the cutting kernels read it."""

    wx: NDArray[np.int64]  # [vertices]
    wy: NDArray[np.int64]
    importance: NDArray[np.float64]  # [vertices] squared world units; empty for points
    vertex_offsets: NDArray[np.int64]  # [parts + 1]
    roles: NDArray[np.uint8]  # [parts]
    part_from: NDArray[np.int64]  # [features] first part; features need not lie in the order of their parts
    part_to: NDArray[np.int64]  # [features]
    visible: NDArray[np.uint32]  # [features] bit z: to be seen at zoom z
    size: NDArray[np.float64]  # [features] areas: world units², holes taken off; lines: length; points: 0
    curve: NDArray[np.int64]  # [features] place along the Hilbert curve, ascending


class Pieces(NamedTuple):
    """Parts of features by tile, as ragged arrays in tile units; rings unclosed, each exterior before its holes."""

    tx: NDArray[np.int32]  # [pieces] tile column
    ty: NDArray[np.int32]  # [pieces] tile row
    row: NDArray[np.int64]  # [pieces] feature
    flag: NDArray[np.uint8]  # [pieces] SOUND or SUSPECT
    ring_offsets: NDArray[np.int64]  # [pieces + 1]
    vertex_offsets: NDArray[np.int64]  # [rings + 1]
    x: NDArray[np.int32]  # [vertices]
    y: NDArray[np.int32]  # [vertices]


@helper
def seen(visible: NDArray[np.uint32], row: int, zoom: int) -> bool:
    """Whether a feature is to be seen at a zoom."""
    return bool((np.int64(visible[row]) >> zoom) & 1)


@helper
def tile_range(low: int, high: int, buffer: int, max_tile: int) -> tuple[int, int]:
    """First and last tile along an axis whose buffered box meets [low, high] tile units of the zoom."""
    return max((low - buffer - 1) >> EXTENT_BITS, 0), min((high + buffer) >> EXTENT_BITS, max_tile)


@helper
def split_at(a: int, b: int) -> int:
    """The multiple of the highest power of two in (a, b]: the same for every range that holds it."""
    k = 0
    d = a ^ b
    while d > 1:
        d >>= 1
        k += 1
    return (b >> k) << k


@helper
def to_tile(v: float, origin: int, buffer: int) -> int:
    """Tile units of the zoom → of the tile that begins at `origin`, rounded, held within the buffered box."""
    t = int(np.floor(v - origin + 0.5))
    return min(max(t, -buffer), EXTENT + buffer)
