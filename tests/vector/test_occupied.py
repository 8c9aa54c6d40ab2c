"""Tiles that shapes reach, against shapely asked about every tile."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from pipeline.types import Tally
from pipeline.vector.chunk import in_world_units, measured
from pipeline.vector.occupied import TileRuns, joined, occupied
from pipeline.vector.plan import LayerPlan
from tests.shapes import batch

LAST, FIRST = 9, 4
SHAPES = {
    "point": shapely.Point(119.13, 28.07),
    "long line": shapely.LineString([(100.0, 20.0), (119.13, 28.07), (119.5, 60.0)]),
    "wide area": shapely.Polygon([(100.0, 20.0), (118.0, 21.0), (119.0, 38.0), (103.0, 30.0)]),
    "ring": shapely.box(100.0, 20.0, 115.0, 35.0).difference(shapely.box(103.0, 23.0, 112.0, 32.0)),
    "two areas": shapely.MultiPolygon([shapely.box(100.0, 20.0, 106.0, 26.0), shapely.box(112.0, 20.0, 117.0, 30.0)]),
    "small area": shapely.box(119.13, 28.07, 119.1301, 28.0701),
}


def tiles(shapes: list[shapely.Geometry], visible: list[int] | None = None) -> dict[int, set[tuple[int, int]]]:
    _rows, kinds, located = in_world_units(batch(shapes), Tally())
    seen = np.array(visible or [(1 << LAST + 1) - 1] * len(shapes), np.uint32)
    found: dict[int, list[TileRuns]] = {}
    for zoom, runs in occupied(LayerPlan("a", FIRST, LAST), located, kinds, seen, measured(located)[0]):
        found.setdefault(zoom, []).append(runs)
    out = {}
    for zoom, several in found.items():
        whole = joined(several)
        out[zoom] = {
            (place & 0xFFFFFFFF, place >> 32)
            for start, end in zip(whole.starts.tolist(), whole.ends.tolist(), strict=True)
            for place in range(start, end)
        }
        assert whole.total == len(out[zoom])
    return out


def asked(shape: shapely.Geometry, zoom: int, reach: float) -> set[tuple[int, int]]:
    """Tiles that meet the shape when they are `reach` tiles wider on each side."""

    def place(xy: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        lng, lat = xy[:, 0], np.radians(xy[:, 1])
        return np.column_stack([lng / 360 + 0.5, 0.5 - np.arcsinh(np.tan(lat)) / (2 * math.pi)]) * 2**zoom

    drawn = shapely.transform(shape, place)
    west, north, east, south = (int(v) for v in drawn.bounds)
    return {
        (x, y)
        for x in range(west - 1, east + 2)
        for y in range(north - 1, south + 2)
        if drawn.intersects(shapely.box(x - reach, y - reach, x + 1 + reach, y + 1 + reach))
    }


@pytest.mark.parametrize("name", SHAPES)
def test_the_tiles_are_those_that_meet_the_shape(name: str) -> None:
    buffer = 0.0 if name == "point" else 80 / 4096
    found = tiles([SHAPES[name]])
    assert sorted(found) == list(range(FIRST, LAST + 1))
    for zoom, reached in found.items():
        assert asked(SHAPES[name], zoom, max(buffer - 1 / 64, 0.0)) <= reached  # vertices 1/64 apart count as one
        assert reached <= asked(SHAPES[name], zoom, buffer + 1 / 64 if buffer else 0.0)


def test_many_shapes_of_all_kinds_are_the_union() -> None:
    alone = [tiles([shape]) for shape in SHAPES.values()]
    together = tiles(list(SHAPES.values()))
    for zoom in range(FIRST, LAST + 1):
        union = set().union(*(each[zoom] for each in alone))
        assert len(union ^ together[zoom]) <= 0.01 * len(union)


def test_a_feature_counts_at_its_zooms_only() -> None:
    far, near = SHAPES["ring"], SHAPES["small area"]
    found = tiles([far, near], [0b1110000, (1 << LAST + 1) - 1])  # the ring at zooms 4 to 6
    assert len(found[6]) > 10
    assert found[7] == tiles([near])[7]
