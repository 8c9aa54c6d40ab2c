"""What hangs together: the connected components of a graph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import kernel


@kernel
def components(a: NDArray[np.int64], b: NDArray[np.int64], label: NDArray[np.int64]) -> None:
    """Label every node with the lowest node of its component: edges a[i]–b[i] [edges], output `label` [nodes].

    Union–find with path halving (Tarjan & van Leeuwen 1984).
    """
    for node in range(len(label)):
        label[node] = node
    for i in range(len(a)):
        p, q = a[i], b[i]
        while label[p] != p:
            label[p] = label[label[p]]
            p = label[p]
        while label[q] != q:
            label[q] = label[label[q]]
            q = label[q]
        label[max(p, q)] = min(p, q)
    for node in range(len(label)):
        label[node] = label[label[node]]  # parents are lower: theirs are already final
