"""Layers by chance around a corner of tiles near Longquan: enough of everything to meet every rule."""

from __future__ import annotations

import math
import random
from typing import Any

import shapely

from pipeline.types import FeatureBatch
from pipeline.vector.plan import Clusters, LayerInput
from tests.oracles.mercator import degrees
from tests.shapes import batch, layer
from tests.vector.test_simplify import Country

COLUMN, ROW, ZOOM = 13600, 6900, 14
SIDE = 6 * 4096  # tile units of zoom 14


def at(x: float, y: float) -> tuple[float, float]:
    """Tile units of zoom 14 from the corner → degrees."""
    return degrees(COLUMN * 4096 + x, ROW * 4096 + y, ZOOM)


def box(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    """A square-cornered area in tile units of zoom 14 from the corner."""
    return shapely.Polygon([at(x0, y0), at(x1, y0), at(x1, y1), at(x0, y1)])


def points(draw: random.Random, n: int) -> list[shapely.Geometry]:
    """Points, some of them in one place, and some multipoints."""
    some = [at(draw.uniform(0, SIDE), draw.uniform(0, SIDE)) for _ in range(max(n // 2, 1))]
    found: list[shapely.Geometry] = [shapely.Point(draw.choice(some)) for _ in range(n - n // 10)]
    return found + [shapely.MultiPoint([draw.choice(some) for _ in range(3)]) for _ in range(n // 10)]


def lines(draw: random.Random, n: int) -> list[shapely.Geometry]:
    """Roads of a grid, cut at crossings, and some that run anywhere."""
    found: list[shapely.Geometry] = []
    for k in range(n):
        x, y = draw.randrange(0, 24) * 1024, draw.randrange(0, 24) * 1024
        if k % 4:
            found.append(shapely.LineString([at(x, y), draw.choice([at(x + 1024, y), at(x, y + 1024)])]))
        else:
            bends = [(x + draw.gauss(0, 400), y + draw.gauss(0, 400)) for _ in range(draw.randint(2, 9))]
            found.append(shapely.LineString([at(*bend) for bend in bends]))
    return found


def areas(draw: random.Random, n: int) -> list[shapely.Geometry]:
    """Houses in rows, crumbs, large areas over many tiles, areas with a hole, and some that cross themselves."""
    found: list[shapely.Geometry] = []
    for k in range(n):
        x, y = draw.uniform(0, SIDE), draw.uniform(0, SIDE)
        side = draw.choice([0.3, 3, 40, 60, 400, 6000])
        if k % 3 == 0:
            x, y = draw.randrange(0, 60) * 70, draw.randrange(0, 60) * 70
            found.append(box(x, y, x + 62, y + draw.choice([50, 62])))
        elif k % 7 == 1:
            found.append(shapely.Polygon([at(x, y), at(x + side, y + side), at(x + side, y), at(x, y + side / 2)]))
        elif k % 7 == 2:
            hole = box(x + side / 4, y + side / 4, x + side / 2, y + side / 2)
            found.append(shapely.Polygon(box(x, y, x + side, y + side).exterior, [hole.exterior]))
        else:
            found.append(box(x, y, x + side, y + side * draw.uniform(0.2, 1)))
    return found


def needles(draw: random.Random, n: int) -> list[shapely.Geometry]:
    """Long and thin areas in all directions: on the grid they fold over, and little or nothing is left of them."""
    found: list[shapely.Geometry] = []
    for _ in range(n):
        x, y = draw.uniform(0, SIDE), draw.uniform(0, SIDE)
        turn, length = draw.choice([draw.uniform(0, 6.28), math.pi / 4, 0.0]), draw.choice([5, 50, 3000, 9000])
        along = sorted(draw.uniform(0, length) for _ in range(draw.randint(2, 6)))
        width = draw.choice([0.1, 0.4, 0.6, 1.2, 3])
        sides = [(t, width * draw.random()) for t in along] + [(t, -width * draw.random()) for t in along[::-1]]
        c, s = math.cos(turn), math.sin(turn)
        found.append(shapely.Polygon([at(x + c * t - s * v, y + s * t + c * v) for t, v in sides]))
    return found


def columns(draw: random.Random, n: int, *names: str) -> dict[str, list[Any]]:
    """Classes, numbers with gaps, names."""
    made: dict[str, list[Any]] = {
        "CLASS": [draw.choice(["a", "b", "c", None]) for _ in range(n)],
        "POP": [draw.choice([None, 1, 2, 3, 50, 700]) for _ in range(n)],
        "V": [draw.choice([None, 0.5, 2.0, 1e9]) for _ in range(n)],
        "NAME": [draw.choice(["龙泉", "剑池", None, f"village {k}"]) for k in range(n)],
    }
    return {name: made[name] for name in names or made}


def _some(draw: random.Random, shapes: list[shapely.Geometry], *names: str) -> FeatureBatch:
    return batch(shapes, **columns(draw, len(shapes), *names))


def scene(name: str, seed: int = 1, n: int = 300) -> list[LayerInput]:
    """The layers of one of SCENES."""
    draw = random.Random(seed)
    zooms: dict[str, Any] = {"min_zoom": 9, "max_zoom": 14}
    if name == "points":
        return [
            layer("p", _some(draw, points(draw, n)), rate=1.7, where="POP > 1 OR POP IS NULL OR zoom > 12", **zooms)
        ]
    if name == "density":
        return [layer("p", _some(draw, points(draw, n)), density=64, priority="POP", **zooms)]
    if name == "clusters":
        return [layer("p", _some(draw, points(draw, n)), clusters=Clusters(256, 12, ("POP",)), **zooms)]
    if name == "lines":
        return [layer("l", _some(draw, lines(draw, n)), merge_lines=("CLASS",), min_length=3.0, **zooms)]
    if name == "areas":
        return [layer("a", _some(draw, areas(draw, n)), min_area=0.01, **zooms)]
    if name == "houses":
        return [layer("h", _some(draw, areas(draw, n)), merge_near=4.0, simplify="right-angle", **zooms)]
    if name == "needles":
        return [layer("n", _some(draw, needles(draw, n // 2)), merge_near=3.0, **zooms)]
    if name == "dissolve":
        return [layer("d", _some(draw, areas(draw, n)), dissolve=("CLASS",), **zooms)]
    if name == "coverage":
        country = Country(7)
        plan: dict[str, Any] = {"min_zoom": 5, "max_zoom": 9, "coverage": "boundaries"}
        return [
            layer("towns", batch(country.towns, n=list(range(len(country.towns)))), labels=True, **plan),
            layer("BOUL", batch(country.borders), **plan | {"max_zoom": 8}),
        ]
    if name == "labels":
        mixed = [*points(draw, n // 3), *lines(draw, n // 3), *areas(draw, n // 3)]
        return [layer("m", _some(draw, mixed), labels=True, label_fields=("NAME",), **zooms)]
    if name == "budget":
        return [layer("b", _some(draw, areas(draw, n)), budget=900, priority="POP", **zooms)]
    assert name == "files", name
    files = [
        _some(draw, points(draw, n // 3), "CLASS", "V"),
        _some(draw, lines(draw, n // 3), "NAME", "CLASS"),
        _some(draw, areas(draw, n // 3), "POP"),
    ]
    return [layer("f", *files, **zooms), layer("g", *files[::-1], labels=True, **zooms)]


SCENES = (
    "points", "density", "clusters", "lines", "areas", "houses", "needles", "dissolve", "coverage", "labels", "budget",
    "files",
)  # fmt: skip
