"""Hilbert curve positions: PMTiles tile ids, and a sort key that keeps neighbours together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel


@helper
def hilbert(bits: int, x: np.int64, y: np.int64) -> np.int64:
    """Position of cell (x, y) on the Hilbert curve over 2^bits × 2^bits cells."""
    d = np.int64(0)
    s = np.int64(1) << (bits - 1) if bits > 0 else np.int64(0)
    n = s << 1
    while s > 0:
        rx = np.int64(1) if (x & s) > 0 else np.int64(0)
        ry = np.int64(1) if (y & s) > 0 else np.int64(0)
        d += s * s * ((3 * rx) ^ ry)
        if ry == 0:
            if rx == 1:
                x = n - 1 - x
                y = n - 1 - y
            x, y = y, x
        s >>= 1
    return d


@kernel
def tile_ids(zoom: int, tx: NDArray[np.int32], ty: NDArray[np.int32], out: NDArray[np.int64]) -> None:
    """PMTiles ids of tiles of one zoom: `tx`, `ty` columns and rows [n] → `out` [n].

    Source: PMTiles v3 §4.1: tiles of lower zooms first, then the Hilbert curve.
    """
    base = ((np.int64(1) << (2 * zoom)) - 1) // 3
    for i in range(len(tx)):
        out[i] = base + hilbert(zoom, np.int64(tx[i]), np.int64(ty[i]))


@kernel
def sort_keys(wx: NDArray[np.int64], wy: NDArray[np.int64], world_bits: int, bits: int, out: NDArray[np.int64]) -> None:
    """Hilbert positions of world points on a grid of 2^bits cells: `wx`, `wy` [n] → `out` [n]."""
    top = (np.int64(1) << bits) - 1
    for i in range(len(wx)):
        x = min(max(wx[i] >> (world_bits - bits), 0), top)
        y = min(max(wy[i] >> (world_bits - bits), 0), top)
        out[i] = hilbert(bits, x, y)
