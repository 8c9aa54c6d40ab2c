"""Areas through the whole engine: what every tile says against what the source meant."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipeline.archive.reader import open_archive
from pipeline.vector.verify import verify_tiles
from tests.decoded import tiled
from tests.shapes import batch, layer
from tests.vector.paper import ENGINE, INVALID, P, area_case, meant

# ---------------------------------------------------------------- areas by hand


def test_a_square_in_one_tile_is_four_vertices(tmp_path: Path) -> None:
    found = area_case(tmp_path, shapely.Polygon(P.box(100, 200, 300, 500)), 14)
    assert [f.tile for f in found.features] == [(14, 13600, 6900)]
    (ring,) = found.features[0].parts
    assert set(ring) == {(100, 200), (300, 200), (300, 500), (100, 500)}


def test_a_square_over_a_corner_is_in_four_tiles_with_its_buffer(tmp_path: Path) -> None:
    found = area_case(tmp_path, shapely.Polygon(P.box(-1000, -1000, 1000, 1000)), 14)
    boxes = {f.tile: f.shape.bounds for f in found.features}
    assert boxes == {
        (14, 13599, 6899): (3096, 3096, 4176, 4176),
        (14, 13600, 6899): (-80, 3096, 1000, 4176),
        (14, 13599, 6900): (3096, -80, 4176, 1000),
        (14, 13600, 6900): (-80, -80, 1000, 1000),
    }


def test_a_square_in_the_buffer_only_is_in_the_neighbours_too(tmp_path: Path) -> None:
    found = area_case(tmp_path, shapely.Polygon(P.box(10, 10, 60, 60)), 14)
    assert len(found.features) == 4


def test_a_hole_wider_than_the_buffered_tile_leaves_it_empty(tmp_path: Path) -> None:
    shape = shapely.Polygon(P.box(-9000, -9000, 9000, 9000), [P.box(-4300, -4300, 4300, 4300)])
    found = area_case(tmp_path, shape, 14)
    assert len(found.features) == 36 - 4


def test_a_tile_inside_an_area_is_a_square_of_its_buffered_box(tmp_path: Path) -> None:
    found = area_case(tmp_path, shapely.Polygon(P.box(-9000, -9000, 9000, 9000)), 14)
    (middle,) = [f for f in found.features if f.tile == (14, 13600, 6900)]
    assert set(middle.parts[0]) == {(-80, -80), (4176, -80), (4176, 4176), (-80, 4176)}


def square_hole_touching_shell() -> shapely.Polygon:
    return shapely.Polygon(P.box(-500, -500, 500, 500), [P.ring((-500, 0), (0, 100), (0, -100))])


VALID = {
    "vertices on tile corners": shapely.Polygon(P.box(-4096, -4096, 4096, 4096)),
    "edges on borders of buffers": shapely.Polygon(P.box(-80, -80, 4176, 4176)),
    "edges half a unit beside borders of buffers": shapely.Polygon(P.box(-80.5, -80.5, 4176.5, 4176.5)),
    "diamond with corners on borders": P.polygon((0, -4096), (4096, 0), (0, 4096), (-4096, 0)),
    "diagonal through the corner": P.polygon((-3000, -3000), (3000, 3000), (-3000, 3000)),
    "hole touches shell in a point": square_hole_touching_shell(),
    "sliver along a border": P.polygon((-9000, -1), (9000, 0), (9000, 1), (-9000, 0)),
    "sliver one unit wide": shapely.Polygon(P.box(-9000, 5, 9000, 6)),
    "island in a hole": shapely.MultiPolygon(
        [
            shapely.Polygon(P.box(-9000, -9000, 9000, 9000), [P.box(-8000, -8000, 8000, 8000)]),
            shapely.Polygon(P.box(-5000, -5000, 5000, 5000), [P.box(-100, -100, 100, 100)]),
            shapely.Polygon(P.box(-50, -50, 50, 50)),
        ]
    ),
    "two parts meet in a point": shapely.MultiPolygon(
        [shapely.Polygon(P.box(-900, -900, 0, 0)), shapely.Polygon(P.box(0, 0, 900, 900))]
    ),
    "duplicate vertices": P.polygon((0, 0), (0, 0), (900, 0), (900, 0), (900, 900), (0, 0)),
    "collinear vertices": P.polygon((-900, 0), (-300, 0), (0, 0), (900, 0), (900, 450), (900, 900)),
    "spiral": shapely.LineString(
        P.ring(*[(t * 8 * math.cos(t / 9), t * 8 * math.sin(t / 9)) for t in range(40, 700, 2)])
    ).buffer(0.0004),
}


@pytest.mark.parametrize("name", VALID)
@pytest.mark.parametrize("buffer", [80, 0])
def test_valid_areas(tmp_path: Path, name: str, buffer: int) -> None:
    area_case(tmp_path, VALID[name], 14, buffer)


@pytest.mark.parametrize("name", INVALID)
def test_invalid_areas_are_made_valid(tmp_path: Path, name: str) -> None:
    found = area_case(tmp_path, INVALID[name], 14)
    assert found.features
    if "spike" not in name:  # takes up no area, and no count
        assert found.result.layers[0].tally.counts == {"invalid-area": 1}


def test_a_hole_that_is_its_shell_leaves_nothing(tmp_path: Path) -> None:
    gone = shapely.Polygon(P.box(-900, -900, 900, 900), [P.box(-900, -900, 900, 900)])
    found = tiled(
        tmp_path, layer("a", batch([gone, shapely.Point(0, 0)], n=["gone", "here"]), min_zoom=14, max_zoom=14)
    )
    assert [f.properties for f in found.features] == [{"n": "here"}]


@pytest.mark.parametrize("name", INVALID)
def test_invalid_areas_stay_valid_where_simplified(tmp_path: Path, name: str) -> None:
    found = tiled(tmp_path, layer("a", batch([INVALID[name]]), min_zoom=4, max_zoom=14))
    assert {f.tile[0] for f in found.features} >= set(range(11, 15))
    assert all(f.shape.is_valid for f in found.features)


def test_an_area_without_area_leaves_one_unit(tmp_path: Path) -> None:
    found = tiled(
        tmp_path, layer("a", batch([P.polygon((500, 500), (900, 500), (600, 500))]), min_zoom=14, max_zoom=14)
    )
    assert [f.shape.area for f in found.features] == [1.0]


# ---------------------------------------------------------------- areas by chance


def star(draw: random.Random, reach: float, snap: int) -> shapely.Polygon:
    """A valid star: one vertex per direction (until snapping folds it)."""
    n = draw.randrange(3, 40)
    return P.polygon(
        *[
            (
                round(draw.uniform(0.1, 1) * reach * math.cos(2 * math.pi * i / n) / snap) * snap,
                round(draw.uniform(0.1, 1) * reach * math.sin(2 * math.pi * i / n) / snap) * snap,
            )
            for i in range(n)
        ]
    )


def tangle(draw: random.Random, reach: float, snap: int) -> shapely.Polygon:
    """A few vertices anywhere: mostly self-crossing."""
    return P.polygon(
        *[
            (round(draw.uniform(-reach, reach) / snap) * snap, round(draw.uniform(-reach, reach) / snap) * snap)
            for _ in range(draw.randrange(3, 12))
        ]
    )


def comb(draw: random.Random, reach: float, snap: int) -> shapely.Polygon:
    """Teeth that cross a tile border again and again."""
    n = draw.randrange(2, 60)
    points: list[tuple[float, float]] = []
    for i in range(n):
        high, low = reach * draw.uniform(0.1, 1.1), reach * draw.uniform(-0.3, -0.1)
        points += [(2 * i * reach / n, low), (2 * i * reach / n, high), ((2 * i + 1) * reach / n, high)]
        points += [((2 * i + 1) * reach / n, low)]
    points += [(2 * reach, -reach / 2), (0, -reach / 2)]
    return P.polygon(*[(round(x / snap) * snap, round(y / snap) * snap) for x, y in points])


def boxes(draw: random.Random, reach: float, snap: int) -> shapely.MultiPolygon:
    """Parts and holes anywhere: overlapping, nested, outside."""

    def box() -> list[tuple[float, float]]:
        x, y = draw.uniform(-reach, reach), draw.uniform(-reach, reach)
        w, h = draw.uniform(1, reach), draw.uniform(1, reach)
        x, y, u, v = (round(a / snap) * snap for a in (x, y, x + w, y + h))
        return P.box(x, y, u, v)

    return shapely.MultiPolygon(
        [shapely.Polygon(box(), [box() for _ in range(draw.randrange(3))]) for _ in range(draw.randrange(1, 5))]
    )


@ENGINE
@given(
    seed=st.integers(0, 2**32),
    make=st.sampled_from([star, tangle, comb, boxes]),
    reach=st.sampled_from([50, 500, 3000, 9000]),
    snap=st.sampled_from([1, 64, 2048, 4096]),
    buffer=st.sampled_from([80, 0, 1]),
)
def test_areas_by_chance(tmp_path: Path, seed: int, make, reach: int, snap: int, buffer: int) -> None:  # type: ignore[no-untyped-def]
    shape = make(random.Random(seed), reach, snap)
    if meant(shape, 14).is_empty:
        return
    area_case(tmp_path, shape, 14, buffer)


@ENGINE
@given(seed=st.integers(0, 2**32), make=st.sampled_from([star, tangle, comb, boxes]))
def test_simplified_areas_by_chance_are_valid(tmp_path: Path, seed: int, make) -> None:  # type: ignore[no-untyped-def]
    draw = random.Random(seed)
    shapes = [make(draw, draw.choice([50, 500, 9000]), 1) for _ in range(8)]
    found = tiled(tmp_path, layer("a", batch(shapes), min_zoom=9, max_zoom=14))
    assert all(f.shape.is_valid for f in found.features)
    with open_archive(tmp_path / "out.pmtiles") as archive:
        assert sum(zoom.invalid for zoom in verify_tiles(archive).zooms) == 0
