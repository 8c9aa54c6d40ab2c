"""Arrays that grow inside a kernel, and a sort small enough to compile quickly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import array_helper, helper


@array_helper
def grown(a: NDArray[Any], need: int) -> NDArray[Any]:
    """A copy of `a` that holds `need` elements and is at least twice as long; callers ask first whether it is short.

    A plain loop: numba's slice assignment took 3.3 s to compile here, the loop 0.2 s.
    """
    b = np.empty(max(2 * len(a), need), a.dtype)
    for i in range(len(a)):
        b[i] = a[i]
    return b


@helper
def sort_by(keys: NDArray[Any], order: NDArray[np.int64], n: int) -> None:
    """Fill `order` [≥ n] with 0 … n − 1 so that `keys[order]` ascends; equal keys keep their order.

    Shell sort (gaps of Ciura 2001, then ×2.25); numpy's argsort costs seconds of compile time in every caller.
    """
    for i in range(n):
        order[i] = i
    gap = 1
    while gap * 9 // 4 < n:
        gap = gap * 9 // 4 + 1
    while gap > 0:
        for i in range(gap, n):
            held = order[i]
            key = keys[held]
            j = i
            while j >= gap and (keys[order[j - gap]] > key or (keys[order[j - gap]] == key and order[j - gap] > held)):
                order[j] = order[j - gap]
                j -= gap
            order[j] = held
        gap = gap * 4 // 9
