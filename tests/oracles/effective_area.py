"""Visvalingam–Whyatt as the paper has it: look at all triangles, take the smallest away, begin again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

Point = tuple[int, int]


def triangle(a: Point, b: Point, c: Point) -> Fraction:
    """Area, exact."""
    return Fraction(abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])), 2)


def _smallest(line: Sequence[Point], left: Sequence[int]) -> tuple[Fraction, int]:
    triangles = ((triangle(*(line[k] for k in left[n - 1 : n + 2])), line[left[n]], n) for n in range(1, len(left) - 1))
    area, _, n = min(triangles)
    return area, n


def effective_areas(line: Sequence[Point]) -> list[float]:
    """Of each vertex; the ends stay. Of equal triangles the one whose vertex has the smaller coordinates goes first."""
    out = [math.inf] * len(line)
    left = list(range(len(line)))
    reached = Fraction(0)
    while len(left) > 2:
        area, n = _smallest(line, left)
        reached = max(reached, area)
        out[left.pop(n)] = float(reached)
    return out


def kept(line: Sequence[Point], area: float) -> list[int]:
    """Indices of the vertices that stay when the smallest triangle is taken away as long as it is below `area`."""
    left = list(range(len(line)))
    while len(left) > 2:
        found, n = _smallest(line, left)
        if found >= area:
            break
        left.pop(n)
    return left
