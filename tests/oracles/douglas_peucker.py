"""Douglas–Peucker as the paper has it: recursive, one tolerance at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = tuple[float, float]


def distance(p: Point, a: Point, b: Point) -> float:
    """From a point to a segment."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    if dx == dy == 0:
        return math.dist(p, a)
    t = min(max(((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy), 0), 1)
    return math.dist(p, (a[0] + t * dx, a[1] + t * dy))


def kept(line: Sequence[Point], tolerance: float) -> list[int]:
    """Indices of the vertices that stay: a vertex at exactly the tolerance does."""

    def inner(lo: int, hi: int) -> list[int]:
        if hi - lo < 2:
            return []
        far = max(range(lo + 1, hi), key=lambda k: (distance(line[k], line[lo], line[hi]), -k))
        if distance(line[far], line[lo], line[hi]) < tolerance:
            return []
        return [*inner(lo, far), far, *inner(far, hi)]

    return sorted({0, len(line) - 1, *inner(0, len(line) - 1)})
