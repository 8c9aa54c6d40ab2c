"""Finds features again: the rows of a layer's index that hold the features of chunks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.vector.chunk import Chunk
from pipeline.vector.ids import scattered
from pipeline.vector.ragged import joined
from pipeline.vector.shards import Index


def rows_of(index: Index, chunks: Sequence[Chunk]) -> NDArray[np.int64]:
    """The row of the index of each feature of the chunks, −1 for one that it does not have; each row once."""
    contents = joined([chunk.contents for chunk in chunks], np.uint64)
    asked = joined([chunk.ids for chunk in chunks], np.uint64)
    wanted = identities(contents, asked, joined([chunk.visible for chunk in chunks], np.uint32))
    rows = _with_contents(index, contents)
    found = identities(index.contents[rows], index.asked[rows], index.visible[rows])
    rows, found = rows[np.argsort(found, kind="stable")], np.sort(found)
    order = np.argsort(wanted, kind="stable")
    ascending = wanted[order]
    nth = np.arange(len(ascending)) - np.searchsorted(ascending, ascending)  # of its twins
    at = np.searchsorted(found, ascending) + nth
    there = at < len(found)
    there[there] = found[at[there]] == ascending[there]
    out = np.full(len(wanted), -1, np.int64)
    out[order[there]] = rows[at[there]]
    return out


def identities(
    contents: NDArray[np.uint64], asked: NDArray[np.uint64], visible: NDArray[np.uint32]
) -> NDArray[np.uint64]:
    """One number for each feature, equal for twins only: keys and rules may look at fields that are not kept."""
    return np.asarray(contents + scattered(asked + scattered(visible.astype(np.uint64))), np.uint64)


def _with_contents(index: Index, contents: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Rows that may have one of these contents: by some bits of the hash, since np.isin would sort all of the index."""
    mask = np.uint64((1 << max(len(contents).bit_length() + 6, 16)) - 1)
    seen = np.zeros(int(mask) + 1, bool)
    seen[contents & mask] = True
    return np.flatnonzero(seen[index.contents & mask])
