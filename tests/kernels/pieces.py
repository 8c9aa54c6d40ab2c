"""Pieces and parts by hand, for the kernel tests."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.pieces import Features, Pieces

Ring = Sequence[tuple[int, int]]

# Interpreted kernels are some hundred times slower: fewer examples there.
EXAMPLES = 15 if os.environ.get("NUMBA_DISABLE_JIT") == "1" else 100


def ragged(parts: Sequence[Ring]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """x, y, offsets of parts, int64."""
    xy = np.array([p for part in parts for p in part], np.int64).reshape(-1, 2)
    offsets = np.cumsum([0, *(len(part) for part in parts)], dtype=np.int64)
    return np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1]), offsets


def piece(*rings: Ring) -> Pieces:
    """One piece of these unclosed rings."""
    x, y, offsets = ragged(rings)
    one = np.zeros(1, np.int32)
    return Pieces(
        one,
        one,
        np.zeros(1, np.int64),
        np.zeros(1, np.uint8),
        np.array([0, len(rings)], np.int64),
        offsets,
        x.astype(np.int32),
        y.astype(np.int32),
    )


def features(*shapes: Sequence[tuple[int, Ring]], first_zoom: int = 0, curve: Sequence[int] | None = None) -> Features:
    """Features of (role, vertices) parts in world units; every vertex matters."""
    parts = [part for shape in shapes for part in shape]
    wx, wy, offsets = ragged([points for _, points in parts])
    ends = np.cumsum([0, *(len(shape) for shape in shapes)], dtype=np.int64)
    area = [sum((1 if role == 1 else -1) * abs(area2(ring)) / 2 for role, ring in s if role) for s in shapes]
    return Features(
        wx,
        wy,
        np.full(len(wx), np.inf),
        offsets,
        np.array([role for role, _ in parts], np.uint8),
        ends[:-1],
        ends[1:],
        np.full(len(shapes), 0xFFFFFFFF << first_zoom & 0xFFFFFFFF, np.uint32),
        np.array(area, np.float64),
        np.arange(len(shapes)) if curve is None else np.array(curve, np.int64),
    )


def joined(first: Pieces, second: Pieces) -> Pieces:
    """All pieces of both."""
    plain = [np.concatenate([getattr(first, name), getattr(second, name)]) for name in ("tx", "ty", "row", "flag")]
    rings = np.concatenate([first.ring_offsets, second.ring_offsets[1:] + first.ring_offsets[-1]])
    vertices = np.concatenate([first.vertex_offsets, second.vertex_offsets[1:] + first.vertex_offsets[-1]])
    return Pieces(*plain, rings, vertices, np.concatenate([first.x, second.x]), np.concatenate([first.y, second.y]))


def area2(ring: Ring) -> int:
    """Twice the signed area; the ring may be closed or not."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))


def as_lists(pieces: Pieces) -> list[tuple[int, int, int, list[list[tuple[int, int]]]]]:
    """Pieces as (tx, ty, row, rings), sorted by tile and row."""
    out: list[Any] = []
    for k in range(len(pieces.tx)):
        rings = []
        for r in range(pieces.ring_offsets[k], pieces.ring_offsets[k + 1]):
            at = slice(pieces.vertex_offsets[r], pieces.vertex_offsets[r + 1])
            rings.append(list(zip(pieces.x[at].tolist(), pieces.y[at].tolist(), strict=True)))
        out.append((int(pieces.tx[k]), int(pieces.ty[k]), int(pieces.row[k]), rings))
    return sorted(out)
