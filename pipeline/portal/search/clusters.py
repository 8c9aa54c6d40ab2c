"""Which features are one thing: those of one name that lie near each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BITS = 20  # of a cell's number in each direction


def clusters(
    key: NDArray[np.int64],
    owner: NDArray[np.int64],
    owners: int,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    cell: NDArray[np.float64],
) -> NDArray[np.int64]:
    """The cluster of each owner [owners], numbered by its lowest owner.

    Every point [n] belongs to an owner and has a key below 2^23; owners hang together where points of theirs of the
    same key lie in the same or in neighbouring cells of `cell` degrees [n].
    """
    from pipeline.kernels.components import components

    column = np.floor((x + 180) / cell).astype(np.int64) & ((1 << _BITS) - 1)
    row = np.floor((y + 90) / cell).astype(np.int64) & ((1 << _BITS) - 1)
    place = (key << 2 * _BITS) | (column << _BITS) | row
    cells, of = np.unique(place, return_inverse=True)
    a, b = [owners + of], [owner]
    for east, north in ((1, 0), (0, 1), (1, 1), (1, -1)):
        wanted = cells + (east << _BITS) + north
        at = np.minimum(np.searchsorted(cells, wanted), max(len(cells) - 1, 0))
        hit = np.flatnonzero(cells[at] == wanted) if len(cells) else np.zeros(0, np.int64)
        a.append(owners + hit)
        b.append(owners + at[hit])
    label = np.empty(owners + len(cells), np.int64)
    components(np.concatenate(a), np.concatenate(b), label)
    return label[:owners]
