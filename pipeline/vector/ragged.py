"""Ragged arrays: runs of one array, told by their offsets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


def runs(offsets: NDArray[np.int64], picks: NDArray[np.int64]) -> NDArray[np.int64]:
    """All indices of the picked runs, one run after the other: `offsets` [runs + 1], `picks` [n]."""
    counts = (offsets[1:] - offsets[:-1])[picks]
    starts = offsets[:-1][picks]
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(starts - (ends - counts), counts), np.int64)


def offsets_of(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Offsets [runs + 1] of runs of these lengths."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def joined(arrays: Sequence[NDArray[Any]], dtype: DTypeLike) -> NDArray[Any]:
    """The arrays one after the other: a single one as it is, none as an empty one of the type."""
    return np.concatenate(arrays) if len(arrays) > 1 else arrays[0] if arrays else np.empty(0, dtype)
