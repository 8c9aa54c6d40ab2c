"""A number for every feature of decoded tiles that is the same exactly when what it shows is the same.

Two features have one fingerprint when geometry type, vertices and attributes are equal, however keys and values are
numbered and in whatever order attributes stand. Numbers are mixed with the finaliser of splitmix64 (Steele, Lea and
Flood 2014, "Fast splittable pseudorandom number generators"), by position where order counts, and summed; two
different features share one with a chance of 2⁻⁶⁴. Not for security.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels import decode_mvt as col
from pipeline.vector.tables import Decoded

Hashes = NDArray[np.uint64]

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
# Field of Value → class of its type. Integers are one class: how they are written (int, uint, sint) does not show.
_CLASSES: Final = np.array([0, 1, 2, 3, 4, 4, 4, 5], dtype=np.int64)
_SINT: Final = 6  # field of Value, written in zigzag
_LEFT_OUT: Final = -1


def fingerprints(decoded: Decoded) -> Hashes:
    """One fingerprint for every row of `decoded.tables.features`; the feature's id is not part of it."""
    t = decoded.tables
    features = t.features
    whole = _mixed(features[:, [col.KIND, col.FAULT]], t.layers[features[:, col.LAYER], col.EXTENT][:, None])
    return _mix(whole + _attributes(decoded) + _mix(_geometry(decoded) + _GOLDEN))


def _mix(values: Hashes) -> Hashes:
    mixed = values + _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX[0]
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[1]
    return mixed ^ (mixed >> np.uint64(31))


def _mixed(*columns: NDArray[Any]) -> Hashes:
    """Every row of the columns as one number."""
    table = np.concatenate(columns, axis=1)
    hashes = np.zeros(len(table), dtype=np.uint64)
    for column in table.T:
        hashes = _mix(hashes ^ column.astype(np.int64).view(np.uint64))
    return hashes


def _sums(values: Hashes, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> Hashes:
    """Sums of `values` from `starts` up to `stops`, modulo 2⁶⁴."""
    totals = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum(values, out=totals[1:])
    return totals[stops] - totals[starts]


def _spread(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For groups of so many members: the group of every member, and its place there."""
    groups = np.repeat(np.arange(len(counts)), counts)
    return groups, np.arange(len(groups)) - np.repeat(np.cumsum(counts) - counts, counts)


def _texts(data: NDArray[np.uint8], starts: NDArray[np.int64], stops: NDArray[np.int64]) -> Hashes:
    """A number for every run of bytes."""
    sizes = np.maximum(stops - starts, 0)
    runs, places = _spread(sizes)
    letters = _mixed(data[starts[runs] + places][:, None], places[:, None])
    ends = np.cumsum(sizes)
    return _mix(_sums(letters, ends - sizes, ends) + sizes.view(np.uint64))


def _attributes(decoded: Decoded) -> Hashes:
    """The attributes of every feature, whatever their order; pairs that point nowhere are left out."""
    t = decoded.tables
    data = np.frombuffer(decoded.data, dtype=np.uint8)
    keys = _texts(data, t.keys[:, 0], t.keys[:, 1])
    kinds, bits = t.values[:, col.TYPE], t.values[:, col.BITS]
    plain = np.where(kinds == _SINT, ((bits >> 1) & np.int64(2**63 - 1)) ^ -(bits & 1), bits)
    written = t.values[:, col.STOP] > t.values[:, col.START]
    texts = _texts(data, t.values[:, col.START], t.values[:, col.STOP])
    classes = np.where(kinds < 0, _LEFT_OUT, _CLASSES[np.maximum(kinds, 0)])
    values = _mixed(classes[:, None], np.where(written, texts.view(np.int64), plain)[:, None])
    counts = t.features[:, col.TAG1] - t.features[:, col.TAG0]
    pairs = counts // 2
    owners, places = _spread(pairs)
    at = t.features[owners, col.TAG0] + 2 * places
    rows = t.layers[t.features[owners, col.LAYER]]
    key, value = t.tags[at], t.tags[at + 1]
    fits = (key >= 0) & (key < rows[:, col.KEY1] - rows[:, col.KEY0])
    fits &= (value >= 0) & (value < rows[:, col.VALUE1] - rows[:, col.VALUE0])
    hashes = np.zeros(len(owners), dtype=np.uint64)
    chosen = keys[(rows[:, col.KEY0] + key)[fits]], values[(rows[:, col.VALUE0] + value)[fits]]
    hashes[fits] = _mixed(*(column.view(np.int64)[:, None] for column in chosen))
    ends = np.cumsum(pairs)
    return _sums(hashes, ends - pairs, ends)


def _geometry(decoded: Decoded) -> Hashes:
    """The vertices of every feature in their order, part by part."""
    t = decoded.tables
    first, last = t.features[:, col.PART0], t.features[:, col.PART1]
    sizes = np.diff(t.parts)
    parts, places = _spread(sizes)
    owners = np.repeat(np.arange(len(first)), last - first)  # of the parts
    numbers = np.arange(len(sizes)) - first[owners]
    xy = t.xy.astype(np.int64)
    vertices = _mixed(places[:, None], numbers[parts][:, None], xy)
    return _sums(vertices, t.parts[first], t.parts[last])
