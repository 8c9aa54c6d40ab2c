"""Numbers and runs of points in a byte buffer, in either byte order, aligned or not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Pair = tuple[float, float]


@helper
def u32(data: Bytes, p: int, little: bool) -> int:
    """The unsigned 32-bit integer at byte `p`, as int64."""
    a, b, c, d = np.int64(data[p]), np.int64(data[p + 1]), np.int64(data[p + 2]), np.int64(data[p + 3])
    return int(a | b << 8 | c << 16 | d << 24) if little else int(d | c << 8 | b << 16 | a << 24)


@helper
def _load(data: Bytes, p: int, little: bool) -> float:
    """The float64 at byte `p`, aligned or not.

    Unsigned indices, written out: then LLVM sees one load (and a byte swap); a loop or signed index is 15 times slower.
    """
    q = np.uint64(p)
    a, b = np.uint64(data[q]), np.uint64(data[q + np.uint64(1)])
    c, d = np.uint64(data[q + np.uint64(2)]), np.uint64(data[q + np.uint64(3)])
    e, f = np.uint64(data[q + np.uint64(4)]), np.uint64(data[q + np.uint64(5)])
    g, h = np.uint64(data[q + np.uint64(6)]), np.uint64(data[q + np.uint64(7)])
    s1, s2, s3, s4 = np.uint64(8), np.uint64(16), np.uint64(24), np.uint64(32)
    s5, s6, s7 = np.uint64(40), np.uint64(48), np.uint64(56)
    if little:
        return float(
            np.uint64(a | b << s1 | c << s2 | d << s3 | e << s4 | f << s5 | g << s6 | h << s7).view(np.float64)
        )
    return float(np.uint64(h | g << s1 | f << s2 | e << s3 | d << s4 | c << s5 | b << s6 | a << s7).view(np.float64))


@helper
def xy(data: Bytes, p: int, little: bool) -> Pair:
    """The point whose x begins at byte `p`."""
    return _load(data, p, little), _load(data, p + 8, little)


@helper
def finite(data: Bytes, p: int, n: int, stride: int, little: bool) -> bool:
    """Whether the x and y of all `n` points are numbers."""
    total = 0.0  # 0·x is 0 for numbers, NaN for the others: no branch per vertex
    for i in range(n):
        px, py = xy(data, p + i * stride, little)
        total += 0.0 * px + 0.0 * py
    return total == 0.0


@helper
def straight(data: Bytes, p: int, n: int, stride: int, little: bool, write: bool, x: Floats, y: Floats, at: int) -> int:
    """Append `n` points; returns the index behind the last."""
    if write:
        for i in range(n):
            x[at + i], y[at + i] = xy(data, p + i * stride, little)
    return at + n
