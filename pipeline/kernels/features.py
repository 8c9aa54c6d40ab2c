"""Measures of whole features in world units: bounds, size, a hash of their content."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@helper
def mix64(h: int) -> np.uint64:
    """The finaliser of SplitMix64: every input bit moves every output bit."""
    u = np.uint64(h)
    u = (u ^ (u >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    u = (u ^ (u >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return u ^ (u >> np.uint64(31))


@kernel
def measure(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    vertex_offsets: NDArray[np.int64],
    roles: NDArray[np.uint8],
    part_from: NDArray[np.int64],
    part_to: NDArray[np.int64],
    bounds: NDArray[np.int64],
    size: NDArray[np.float64],
) -> None:
    """Bounds and size of every feature.

    `wx`, `wy` [vertices] world units; `roles` [parts] 0 open, 1 exterior, 2 hole; outputs `bounds` [features, 4]
    (x low, y low, x high, y high) and `size` [features]: with rings the area in world units², holes taken off, else
    the length in world units.
    """
    for f in range(len(part_from)):
        x_low = y_low = np.int64(1) << 62
        x_high = y_high = -(np.int64(1) << 62)
        total = 0.0
        for part in range(part_from[f], part_to[f]):
            s, e = vertex_offsets[part], vertex_offsets[part + 1]
            twice = 0.0
            for i in range(s, e):
                x_low = min(x_low, wx[i])
                x_high = max(x_high, wx[i])
                y_low = min(y_low, wy[i])
                y_high = max(y_high, wy[i])
                if i + 1 == e:
                    continue
                if roles[part] == 0:
                    total += math.hypot(float(wx[i + 1] - wx[i]), float(wy[i + 1] - wy[i]))
                    continue
                twice += float(wx[i] - wx[s]) * float(wy[i + 1] - wy[s])
                twice -= float(wx[i + 1] - wx[s]) * float(wy[i] - wy[s])
            if roles[part] == 1:
                total += abs(twice) / 2.0
            elif roles[part] == 2:
                total -= abs(twice) / 2.0
        bounds[f, 0] = x_low
        bounds[f, 1] = y_low
        bounds[f, 2] = x_high
        bounds[f, 3] = y_high
        size[f] = max(total, 0.0)


@kernel
def hash_texts(offsets: NDArray[np.int64], data: NDArray[np.uint8], out: NDArray[np.uint64]) -> None:
    """64-bit hashes of byte strings: `offsets` [n + 1] into `data` → `out` [n].

    FNV-1a over the bytes, finished by SplitMix64's mixer.
    """
    for i in range(len(offsets) - 1):
        h = np.uint64(0xCBF29CE484222325)
        for b in range(offsets[i], offsets[i + 1]):
            h = (h ^ np.uint64(data[b])) * np.uint64(0x100000001B3)
        out[i] = mix64(h)


@kernel
def hash_contents(
    wx: NDArray[np.int64],
    wy: NDArray[np.int64],
    vertex_offsets: NDArray[np.int64],
    roles: NDArray[np.uint8],
    part_from: NDArray[np.int64],
    part_to: NDArray[np.int64],
    codes: NDArray[np.int32],
    key_hashes: NDArray[np.uint64],
    value_hashes: NDArray[np.uint64],
    out: NDArray[np.uint64],
) -> None:
    """A 64-bit hash of each feature's vertices, part roles and attributes, free of row and dictionary order.

    `codes` [columns, features] index `value_hashes`, -1 for null; `key_hashes` [columns]; `out` [features].
    """
    for f in range(len(part_from)):
        h = np.uint64(0x5EED)
        for part in range(part_from[f], part_to[f]):
            h = mix64(h + _GOLDEN + np.uint64(roles[part]))
            for i in range(vertex_offsets[part], vertex_offsets[part + 1]):
                h = mix64(h ^ (np.uint64(wx[i]) * _GOLDEN + np.uint64(wy[i])))
        attributes = np.uint64(0)  # a sum: the order of the columns must not matter
        for c in range(len(key_hashes)):
            if codes[c, f] >= 0:
                attributes += mix64(key_hashes[c] ^ (value_hashes[codes[c, f]] * _GOLDEN))
        out[f] = mix64(h ^ attributes)
