"""Lines, points and the edges of the world through the whole engine: what every tile says against the source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from pipeline.errors import InputError
from tests.decoded import tiled
from tests.oracles.mercator import degrees, tile_units
from tests.shapes import batch, layer
from tests.vector.paper import ENGINE, P, check_areas, on_grid, tile_box

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
    with pytest.raises(InputError, match="no zoom shows a feature of layer a") as caught:
        tiled(tmp_path, layer("a", batch([shapely.box(0, 0, 10, 10)], n=[1]), where="n = 2"))
    assert caught.value.where == "layer a, 1 feature"
    assert caught.value.hint == "Correct where."
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
