"""Nodes of a coverage with a dictionary: positions that several parts pass through differently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

Point = tuple[int, int]


def nodes(parts: Sequence[tuple[bool, Sequence[Point]]]) -> set[Point]:
    """`parts` are (is a ring, vertices; rings closed); consecutive vertices differ."""
    passes: dict[Point, set[frozenset[Point]]] = defaultdict(set)
    ends: set[Point] = set()
    for ring, points in parts:
        if ring:
            around = [points[-2], *points]
            for before, here, after in zip(around, points[:-1], points[1:], strict=False):
                passes[here].add(frozenset((before, after)))
        else:
            ends |= {points[0], points[-1]}
            for before, here, after in zip(points, points[1:], points[2:], strict=False):
                passes[here].add(frozenset((before, after)))
    return ends | {point for point, ways in passes.items() if len(ways) > 1}
