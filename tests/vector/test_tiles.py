"""Layers through the whole engine: what every tile says against what the source meant."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import affinity

from pipeline.archive.reader import open_archive
from pipeline.archive.verify import verify_archive
from pipeline.errors import InputError, LongquanError
from pipeline.vector.plan import ArchivePlan
from pipeline.vector.tiles import tile_layers
from pipeline.vector.verify import verify_tiles
from tests.decoded import Tile, Tiled, tiled
from tests.oracles.mercator import degrees, tile_units
from tests.shapes import batch, layer

ENGINE = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def on_grid(shape: shapely.Geometry, zoom: int) -> shapely.Geometry:
    """The source in tile units of the zoom, rounded."""
    return shapely.transform(shape, lambda c: np.floor(tile_units(c, zoom) + 0.5))


def meant(shape: shapely.Geometry, zoom: int) -> shapely.Geometry:
    """What an area means: made valid as it stands in the source, then rounded to the zoom's grid."""
    exact = shapely.transform(shape, lambda c: tile_units(c, zoom))
    sound = shapely.make_valid(exact, method="structure", keep_collapsed=False)
    rounded = shapely.transform(sound, lambda c: np.floor(c + 0.5))
    return shapely.make_valid(rounded, method="structure", keep_collapsed=False)


def tile_box(tile: Tile, buffer: float = 0) -> shapely.Geometry:
    _, x, y = tile
    return shapely.box(x * 4096 - buffer, y * 4096 - buffer, (x + 1) * 4096 + buffer, (y + 1) * 4096 + buffer)


def tiles_meeting(shape: shapely.Geometry, zoom: int) -> list[Tile]:
    """Tiles whose own square the shape (zoom units) has a share in that the grid can show."""
    if shape.is_empty:
        return []
    last = (1 << zoom) - 1
    west, north, east, south = (int(v) >> 12 for v in shape.bounds)
    box = [
        (zoom, x, y)
        for x in range(max(west, 0), min(east, last) + 1)
        for y in range(max(north, 0), min(south, last) + 1)
    ]
    return [tile for tile in box if (held := shape.intersection(tile_box(tile))).area > held.length + 2]


def check_areas(found: Tiled, shape: shapely.Geometry, zoom: int, buffer: int) -> None:
    """Every tile holds the source's part of its buffered box; all are valid; none is missing."""
    source = meant(shape, zoom)
    for feature in found.at(zoom):
        assert feature.shape.is_valid, (feature.tile, shapely.is_valid_reason(feature.shape))
        want, got = source.intersection(tile_box(feature.tile, buffer)), feature.in_zoom()
        slack = max(want.length, got.length) + 2
        assert want.symmetric_difference(got).area <= slack, (feature.tile, want.area, got.area)
    assert set(tiles_meeting(source, zoom)) <= {feature.tile for feature in found.at(zoom)}
    whole = shapely.union_all([f.in_zoom().intersection(tile_box(f.tile)) for f in found.at(zoom)])
    world = shapely.box(0, 0, 4096 << zoom, 4096 << zoom)
    inside = source.intersection(world)
    assert whole.symmetric_difference(inside).area <= inside.length + whole.length + 2


def area_case(folder: Path, shape: shapely.Geometry, zoom: int, buffer: int = 80) -> Tiled:
    found = tiled(folder, layer("a", batch([shape]), min_zoom=zoom, max_zoom=zoom, buffer=buffer))
    check_areas(found, shape, zoom, buffer)
    return found


class Paper:
    """Draws in tile units around a corner where four tiles meet."""

    def __init__(self, zoom: int, column: int, row: int) -> None:
        self.zoom, self.x, self.y = zoom, column * 4096, row * 4096

    def ring(self, *points: tuple[float, float]) -> list[tuple[float, float]]:
        return [degrees(self.x + x, self.y + y, self.zoom) for x, y in points]

    def box(self, x0: float, y0: float, x1: float, y1: float) -> list[tuple[float, float]]:
        return self.ring((x0, y0), (x1, y0), (x1, y1), (x0, y1))

    def polygon(self, *points: tuple[float, float]) -> shapely.Polygon:
        return shapely.Polygon(self.ring(*points))

    def line(self, *points: tuple[float, float]) -> shapely.LineString:
        return shapely.LineString(self.ring(*points))


P = Paper(14, 13600, 6900)  # near Longquan


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


INVALID = {
    "bow-tie in one tile": P.polygon((100, 100), (900, 900), (900, 100), (100, 900)),
    "bow-tie over a border, its halves alike": P.polygon((-900, -400), (900, 400), (900, -400), (-900, 400)),
    "bow-tie over a border, its halves unlike": P.polygon((-3000, -900), (900, 400), (900, -400), (-3000, 900)),
    "bow-tie over many tiles": P.polygon((-14000, -9000), (14000, 9000), (14000, -9000), (-14000, 9000)),
    "spike": P.polygon((0, 0), (500, 0), (9000, 0), (500, 0), (500, 500), (0, 500)),
    "hole outside": shapely.Polygon(P.box(-900, -900, 900, 900), [P.box(5000, 5000, 5900, 5900)]),
    "hole half outside": shapely.Polygon(P.box(-900, -900, 900, 900), [P.box(0, 0, 5000, 5000)]),
    "holes overlap": shapely.Polygon(
        P.box(-9000, -9000, 9000, 9000), [P.box(-5000, -5000, 1000, 1000), P.box(-1000, -1000, 5000, 5000)]
    ),
    "hole twice": shapely.Polygon(P.box(-900, -900, 900, 900), [P.box(-50, -50, 50, 50), P.box(-50, -50, 50, 50)]),
    "parts overlap": shapely.MultiPolygon(
        [shapely.Polygon(P.box(-5000, -5000, 1000, 1000)), shapely.Polygon(P.box(-1000, -1000, 5000, 5000))]
    ),
    "part within part": shapely.MultiPolygon(
        [shapely.Polygon(P.box(-9000, -9000, 9000, 9000)), shapely.Polygon(P.box(-900, -900, 900, 900))]
    ),
    "parts share an edge": shapely.MultiPolygon(
        [shapely.Polygon(P.box(-900, -900, 0, 900)), shapely.Polygon(P.box(0, -900, 900, 900))]
    ),
    "pentagram": P.polygon(
        *[(5000 * math.sin(k * 0.8 * math.pi), 5000 * math.cos(k * 0.8 * math.pi)) for k in range(5)]
    ),
    "ring run through twice": P.polygon(*[(-900, -900), (900, -900), (900, 900), (-900, 900)] * 2),
    "outline of a loop, wound twice": P.polygon(
        *[((900 - 20 * t) * math.sin(t), (900 - 20 * t) * math.cos(t)) for t in range(13)]
    ),
}


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


# ---------------------------------------------------------------- the edges of the world


def test_an_area_over_the_whole_world_fills_every_tile(tmp_path: Path) -> None:
    found = tiled(tmp_path, layer("a", batch([shapely.box(-180, -90, 180, 90)]), min_zoom=0, max_zoom=4))
    assert len(found.tiles) == sum(4**z for z in range(5))
    for feature in found.features:
        assert tile_box((0, 0, 0)).within(feature.shape)


def within_world(shape: shapely.Geometry) -> shapely.Geometry:
    """Whole turns are taken off: RFC 7946 §3.1.9."""
    turns = [
        affinity.translate(shapely.intersection(shape, shapely.box(k - 180, -90, k + 180, 90)), -k)
        for k in (-360, 0, 360)
    ]
    return shapely.union_all(turns)


@pytest.mark.parametrize("zoom", [0, 3])
@pytest.mark.parametrize(
    "shape", [shapely.box(170, -10, 200, 10), shapely.box(-200, 60, -170, 89), shapely.box(-400, -89.9, 400, -84)]
)
def test_what_lies_beyond_the_world_comes_in_from_the_other_side(
    tmp_path: Path, shape: shapely.Polygon, zoom: int
) -> None:
    found = tiled(tmp_path, layer("a", batch([shape]), min_zoom=zoom, max_zoom=zoom))
    check_areas(found, within_world(shape), zoom, 80)
    assert found.features
    west, south, east, north = found.result.bounds
    assert -180 <= west < east <= 180 and -85.06 < south < north < 85.06


def test_a_feature_a_turn_away_is_the_feature(tmp_path: Path) -> None:
    away = tiled(tmp_path, layer("a", batch([shapely.box(190, 0, 200, 10)], n=[1]), key="n", max_zoom=4))
    here = tiled(tmp_path, layer("a", batch([shapely.box(-170, 0, -160, 10)], n=[1]), key="n", max_zoom=4))
    assert away.tiles == here.tiles
    assert away.result.layers[0].tally.counts == {"antimeridian": 1} and here.result.layers[0].tally.counts == {}


def test_features_that_no_zoom_shows_leave_no_tile(tmp_path: Path) -> None:
    with pytest.raises(LongquanError, match="no tile"):
        tiled(tmp_path, layer("a", batch([shapely.box(0, 0, 10, 10)], n=[1]), where="n = 2"))
    assert list(tmp_path.iterdir()) == []


def test_poles_lie_on_the_edge_of_the_world(tmp_path: Path) -> None:
    found = tiled(tmp_path, layer("a", batch([shapely.Point(0, 90), shapely.Point(0, -90)])))
    assert sorted(f.parts[0][0] for f in found.features) == [(2048, 0), (2048, 4095)]


# ---------------------------------------------------------------- lines


LINES = {
    "within a tile": P.line((10, 10), (900, 500), (10, 2000)),
    "over a corner": P.line((-3000, -3000), (3000, 3000)),
    "along a border": P.line((-9000, 0), (9000, 0)),
    "along the border of a buffer": P.line((-9000, 80), (9000, 80)),
    "there and back": P.line((-3000, 50), (3000, 50), (-3000, 50)),
    "to and fro over a border": P.line(*[(200 * (-1) ** k, 10 * k) for k in range(60)]),
    "closed": P.line((-900, -900), (900, -900), (900, 900), (-900, 900), (-900, -900)),
    "crosses itself": P.line((-900, -900), (900, 900), (900, -900), (-900, 900)),
    "ends on a corner": P.line((-700, -300), (0, 0)),
    "two parts": shapely.MultiLineString([P.line((100, 100), (900, 100)), P.line((5000, 5000), (9000, 9000))]),
}


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("buffer", [80, 0])
def test_lines(tmp_path: Path, name: str, buffer: int) -> None:
    shape, zoom = LINES[name], 14
    found = tiled(tmp_path, layer("a", batch([shape]), min_zoom=zoom, max_zoom=zoom, buffer=buffer))
    source = on_grid(shape, zoom)
    assert found.features
    for feature in found.features:
        got = feature.in_zoom()
        assert got.hausdorff_distance(source.intersection(tile_box(feature.tile, buffer + 0.5))) <= 1.5
        assert shapely.box(-buffer, -buffer, 4096 + buffer, 4096 + buffer).covers(feature.shape)
    every = shapely.union_all([f.in_zoom() for f in found.features])
    assert source.hausdorff_distance(every) <= 1.5
    lengths = sum(shapely.intersection(f.in_zoom(), tile_box(f.tile)).length for f in found.features)
    if name not in ("there and back", "along a border", "crosses itself"):
        assert lengths == pytest.approx(source.length, rel=0.01)


def test_a_line_keeps_its_direction_and_its_vertices(tmp_path: Path) -> None:
    found = tiled(
        tmp_path, layer("a", batch([LINES["within a tile"], LINES["closed"]]), min_zoom=14, max_zoom=14, buffer=2000)
    )
    rows = {tuple(map(tuple, f.parts)) for f in found.features if f.tile == (14, 13600, 6900)}
    assert rows == {
        (((10, 10), (900, 500), (10, 2000)),),
        (((-900, -900), (900, -900), (900, 900), (-900, 900), (-900, -900)),),
    }


# ---------------------------------------------------------------- points


def test_points_on_corners_and_borders_are_in_one_tile_each(tmp_path: Path) -> None:
    points = [P.ring((0, 0))[0], P.ring((4096, 0))[0], P.ring((-1, -1))[0], P.ring((4095.9, 4095.9))[0]]
    found = tiled(
        tmp_path,
        layer("a", batch([shapely.Point(p) for p in points], n=[1, 2, 3, 4]), min_zoom=14, max_zoom=14, key="n"),
    )
    assert {f.id: (f.tile, f.parts) for f in found.features} == {
        1: ((14, 13600, 6900), [[(0, 0)]]),
        2: ((14, 13601, 6900), [[(0, 0)]]),
        3: ((14, 13599, 6899), [[(4095, 4095)]]),
        4: ((14, 13601, 6901), [[(0, 0)]]),
    }


@settings(ENGINE, max_examples=15)
@given(
    st.lists(st.tuples(st.floats(-180, 180), st.floats(-85, 85)), min_size=1, max_size=200), st.sampled_from([0, 3, 9])
)
def test_a_multipoint_is_split_and_nothing_is_lost(
    tmp_path: Path, points: list[tuple[float, float]], zoom: int
) -> None:
    found = tiled(tmp_path, layer("a", batch([shapely.MultiPoint(points)]), min_zoom=zoom, max_zoom=zoom))
    assert len({f.tile for f in found.features}) == len(found.features)
    got = np.array([(x + f.tile[1] * 4096, y + f.tile[2] * 4096) for f in found.features for x, y in f.parts[0]])
    want = np.clip(tile_units(np.array(points), zoom), 0, (4096 << zoom) - 1)
    apart = np.abs(got[None, :, :] - want[:, None, :]).max(axis=2)
    assert apart.min(axis=1).max() <= 0.51  # every source point is there …
    assert apart.min(axis=0).max() <= 0.51  # … and nothing else
    assert all(0 <= v < 4096 for f in found.features for point in f.parts[0] for v in point)


def test_points_and_line_ends_at_one_place_meet(tmp_path: Path) -> None:
    place = degrees(P.x + 100.7, P.y + 200.6, 14)
    end = P.ring((900, 900))[0]
    found = tiled(
        tmp_path, layer("a", batch([shapely.Point(place), shapely.LineString([place, end])]), min_zoom=14, max_zoom=14)
    )
    assert [f.parts[0][0] for f in found.features] == [(101, 201), (101, 201)]


# ---------------------------------------------------------------- whole archives


def town(rng: random.Random, n: int = 300) -> list[shapely.Geometry]:
    """Points, lines, areas, some of them over many tiles."""
    shapes: list[shapely.Geometry] = []
    for k in range(n):
        paper = Paper(14, 13600 + rng.randrange(6), 6900 + rng.randrange(6))
        x, y = rng.uniform(0, 4096), rng.uniform(0, 4096)
        if k % 3 == 0:
            shapes.append(shapely.Point(paper.ring((x, y))[0]))
        elif k % 3 == 1:
            shapes.append(paper.line((x, y), (x + rng.uniform(-6000, 6000), y), (x, y + rng.uniform(-9000, 9000))))
        else:
            s = rng.choice([3, 20, 400, 6000])
            shapes.append(paper.polygon((x, y), (x + s, y), (x + s, y + s * rng.random()), (x, y + s)))
    return shapes


def test_mixed_kinds_share_a_layer(tmp_path: Path) -> None:
    found = tiled(tmp_path, layer("m", batch(town(random.Random(1))), min_zoom=8, max_zoom=14))
    assert found.result.layers[0].geometry == "mixed"
    kinds = {f.shape.geom_type.removeprefix("Multi") for f in found.at(14)}
    assert kinds == {"Point", "LineString", "Polygon"}
    assert len({f.id for f in found.at(14)}) == 300


def bytes_of(folder: Path, inputs: list, threads: int) -> bytes:  # type: ignore[type-arg]
    tile_layers(ArchivePlan("same"), inputs, folder / "same.pmtiles", threads=threads)
    return (folder / "same.pmtiles").read_bytes()


def test_same_bytes_whatever_the_threads_the_order_and_the_batches(tmp_path: Path) -> None:
    rng = random.Random(2)
    shapes = [*town(rng), *INVALID.values(), INVALID["spike"]]
    names = [rng.choice(["龙泉", "剑", None, "x"]) for _ in shapes]
    numbers = [rng.choice([1.0, 2.0, 3.5, None]) for _ in shapes]
    plan = {"min_zoom": 9, "max_zoom": 14, "labels": True}
    one = bytes_of(tmp_path, [layer("m", batch(shapes, n=names, v=numbers), **plan)], 1)
    assert one == bytes_of(tmp_path, [layer("m", batch(shapes, n=names, v=numbers), **plan)], 2)
    order = list(range(len(shapes)))
    rng.shuffle(order)
    s, n, v = ([values[i] for i in order] for values in (shapes, names, numbers))
    assert one == bytes_of(tmp_path, [layer("m", batch(s, n=n, v=v), **plan)], 2)
    cuts = [0, 1, 7, 7, 100, len(s)]
    parts = [batch(s[a:b], n=n[a:b], v=v[a:b]) for a, b in pairwise(cuts)]
    assert one == bytes_of(tmp_path, [layer("m", *parts, **plan)], 2)


def test_bytes_do_not_depend_on_the_cutting_into_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = town(random.Random(3))
    one = bytes_of(tmp_path, [layer("m", batch(shapes), min_zoom=13, max_zoom=14, tiny_area=0)], 2)
    monkeypatch.setattr("pipeline.vector.cutting._VERTICES_PER_JOB", 500)
    monkeypatch.setattr("pipeline.vector.simplify._VERTICES_PER_JOB", 100)
    monkeypatch.setattr("pipeline.vector.render._RECORDS_PER_JOB", 17)
    assert one == bytes_of(tmp_path, [layer("m", batch(shapes), min_zoom=13, max_zoom=14, tiny_area=0)], 2)


def test_one_feature_from_zoom_0_to_22(tmp_path: Path) -> None:
    size = 0.00002
    lng, lat = 119.1421, 28.0763
    found = area_case_all_zooms(tmp_path, shapely.box(lng, lat, lng + size, lat + size))
    assert (found.result.min_zoom, found.result.max_zoom) == (0, 22)
    assert found.header["min_zoom"] == 0 and found.header["max_zoom"] == 22


def area_case_all_zooms(folder: Path, shape: shapely.Geometry) -> Tiled:
    found = tiled(folder, layer("a", batch([shape]), min_zoom=0, max_zoom=22, tiny_area=0))
    assert {f.tile[0] for f in found.features} == set(range(23))
    source = meant(shape, 22)
    best = shapely.union_all([f.in_zoom().intersection(tile_box(f.tile)) for f in found.at(22)])
    assert best.symmetric_difference(source).area <= source.length + 2
    return found


def test_nothing_to_tile_is_an_input_error_and_leaves_no_file(tmp_path: Path) -> None:
    for inputs in ([layer("a")], [layer("a", batch([None, shapely.Point()]))], [layer("a", batch([], n=[]))]):
        with pytest.raises(InputError, match="nothing to tile"):
            tile_layers(ArchivePlan("none"), inputs, tmp_path / "none.pmtiles")
    assert list(tmp_path.iterdir()) == []


def test_an_error_while_reading_leaves_no_file(tmp_path: Path) -> None:
    def broken(tally):  # type: ignore[no-untyped-def]
        yield batch([shapely.Point(1, 1)])
        raise InputError("cut off")

    inputs = [layer("a", batch([shapely.Point(0, 0)])), type(layer("b"))(layer("b").plan, broken)]
    with pytest.raises(InputError, match="cut off"):
        tile_layers(ArchivePlan("x"), inputs, tmp_path / "x.pmtiles")
    assert list(tmp_path.iterdir()) == []


def test_empty_layers_stand_beside_full_ones(tmp_path: Path) -> None:
    found = tiled(
        tmp_path,
        layer("empty", key="id", fields=("a",)),
        layer("nulls", batch([None], id=[1]), key="id", labels=True),
        layer("full", batch([shapely.Point(1, 1)], id=[7]), key="id"),
    )
    assert [r.features for r in found.result.layers] == [0, 0, 1]
    assert [f.id for f in found.features] == [7]
    assert [entry["id"] for entry in found.metadata["vector_layers"]] == ["full"]


def test_features_without_attributes(tmp_path: Path) -> None:
    shapes = [shapely.Point(1, 1), None, shapely.Point(2, 2)]
    found = tiled(tmp_path, layer("bare", batch(shapes)), layer("none", batch(shapes, n=[1, 2, 3]), fields=()))
    assert [(f.layer, f.properties) for f in found.features] == [("bare", {})] * 2 + [("none", {})] * 2


# ---------------------------------------------------------------- from which zoom, and how small


def test_layers_have_their_own_zooms(tmp_path: Path) -> None:
    found = tiled(
        tmp_path,
        layer("low", batch([shapely.Point(1, 1)]), min_zoom=0, max_zoom=2),
        layer("high", batch([shapely.Point(1, 1)]), min_zoom=2, max_zoom=4),
    )
    assert [(f.tile[0], f.layer) for f in found.features] == [
        (0, "low"), (1, "low"), (2, "low"), (2, "high"), (3, "high"), (4, "high")
    ]  # fmt: skip


def test_simplification_0_keeps_every_vertex(tmp_path: Path) -> None:
    wiggle = P.line(*[(40 * k, 200 + 3 * (k % 2)) for k in range(50)])
    plain = tiled(tmp_path, layer("a", batch([wiggle]), min_zoom=13, max_zoom=14, simplification=0))
    assert [len(f.parts[0]) for f in plain.features if f.tile[1:] in ((6800, 3450), (13600, 6900))] == [50, 50]
    simple = tiled(tmp_path, layer("a", batch([wiggle]), min_zoom=12, max_zoom=14, simplification=2))
    assert [len(f.parts[0]) for f in simple.features if f.tile[1:] in ((3400, 1725), (13600, 6900))] == [2, 50]


@pytest.mark.parametrize("tiny", [4.0, 5.0, 1.0, 30.0])
def test_tiny_areas_keep_their_total(tmp_path: Path, tiny: float) -> None:
    rng = random.Random(5)
    corners = [(rng.uniform(0, 4000), rng.uniform(0, 4000)) for _ in range(4000)]
    shapes = [shapely.Polygon(P.box(x, y, x + 4, y + 4)) for x, y in corners]
    found = tiled(tmp_path, layer("a", batch(shapes), min_zoom=8, max_zoom=14, tiny_area=tiny))
    square = math.ceil(math.sqrt(tiny)) ** 2
    for zoom in (11, 10, 9):
        want = 4000 * 16 / 4.0 ** (14 - zoom)
        got = sum(f.shape.intersection(shapely.box(0, 0, 4096, 4096)).area for f in found.at(zoom))
        assert got == pytest.approx(want, rel=0.05, abs=3 * square), zoom
    assert len([f for f in found.at(14) if f.tile == (14, 13600, 6900)]) == 4000
    assert found.result.dropped["gathered"] > 4000


# ---------------------------------------------------------------- what the archive says of itself


def test_the_archive_passes_its_own_rules(tmp_path: Path) -> None:
    tiled(
        tmp_path,
        layer("m", batch(town(random.Random(4)), n=list(range(300))), min_zoom=7, max_zoom=14, labels=True),
        attribution="© 龙泉",
    )
    assert verify_archive(tmp_path / "out.pmtiles").faults == ()
    with open_archive(tmp_path / "out.pmtiles") as archive:
        assert verify_tiles(archive).report.faults == ()


def test_bounds_and_centre(tmp_path: Path) -> None:
    found = tiled(tmp_path, layer("a", batch([shapely.Point(10, 20), shapely.LineString([(30, -5), (12, 50)])])))
    assert found.result.bounds == pytest.approx((10, -5, 30, 50), abs=1e-8)
    assert found.header["min_lon_e7"] == 100000000 and found.header["max_lat_e7"] == 500000000
    assert found.header["center_lon_e7"] == 200000000 and found.header["center_lat_e7"] == 225000000
