"""Shapes in tile units around a corner of four tiles at Longquan."""

from __future__ import annotations

import math

import shapely

from tests.oracles.mercator import degrees

COLUMN, ROW, ZOOM = 13612, 6856, 14  # the tile of Longquan


def at(x: float, y: float) -> tuple[float, float]:
    """Degrees of a place in tile units of zoom 14, counted from a corner where four tiles meet."""
    return degrees(COLUMN * 4096 + x, ROW * 4096 + y, ZOOM)


def ring(*points: tuple[float, float]) -> list[tuple[float, float]]:
    return [at(x, y) for x, y in points]


def box(x0: float, y0: float, x1: float, y1: float) -> list[tuple[float, float]]:
    return ring((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))


def area(*points: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon(ring(*points))


def circle(x: float, y: float, radius: float, n: int) -> list[tuple[float, float]]:
    turns = [2 * math.pi * k / n for k in range(n)]
    return ring(*[(x + radius * math.cos(t), y + radius * math.sin(t)) for t in turns])
