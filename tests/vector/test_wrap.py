"""Features over the antimeridian come out in the world, cut at its ends, with nothing lost."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from pipeline.types import INTERIOR, LINE, NONE, POLYGON, Geometries, Tally
from pipeline.vector.wrap import wrap
from tests.shapes import geometries


def wrapped(*shapes: shapely.Geometry | None) -> tuple[list[shapely.Geometry | None], Tally, Geometries]:
    tally = Tally()
    out = wrap(geometries(shapes), tally)
    assert len(out.vertex_offsets) == len(out.roles) + 1 and out.part_offsets[-1] == len(out.roles)
    assert out.vertex_offsets[-1] == len(out.x) == len(out.y)
    return shapes_of(out), tally, out


def shapes_of(g: Geometries) -> list[shapely.Geometry | None]:
    """Back into shapely; every ring must be closed."""
    found: list[shapely.Geometry | None] = []
    for i, kind in enumerate(g.kinds.tolist()):
        parts = []
        for p in range(g.part_offsets[i], g.part_offsets[i + 1]):
            at = slice(g.vertex_offsets[p], g.vertex_offsets[p + 1])
            parts.append((g.roles[p], np.column_stack([g.x[at], g.y[at]])))
        if kind == NONE:
            found.append(None)
        elif kind == POLYGON:
            polygons: list[list[np.ndarray]] = []
            for role, xy in parts:
                assert (xy[0] == xy[-1]).all()
                if role == INTERIOR:
                    polygons[-1].append(xy)
                else:
                    polygons.append([xy])
            found.append(shapely.MultiPolygon([shapely.Polygon(p[0], p[1:]) for p in polygons]))
        elif kind == LINE:
            found.append(shapely.MultiLineString([xy for _role, xy in parts]))
        else:
            found.append(shapely.MultiPoint(parts[0][1]))
    return found


def same(found: shapely.Geometry | None, expected: shapely.Geometry) -> bool:
    return found is not None and found.is_valid and shapely.symmetric_difference(found, expected).area < 1e-9


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(west, south, east, north)


JUMP = shapely.Polygon([(179, -1), (-179, -1), (-179, 1), (179, 1)])
TWO = shapely.MultiPolygon([box(179, -1, 180, 1), box(-180, -1, -179, 1)])
AREAS = {
    "jumping": (JUMP, TWO),
    "jumping, the other way round": (JUMP.reverse(), TWO),
    "beyond the east": (box(179, -1, 181, 1), TWO),
    "beyond the west": (box(-181, -1, -179, 1), TWO),
    "wholly beyond the east": (box(181, -1, 182, 1), box(-179, -1, -178, 1)),
    "wholly beyond the west": (box(-182, -1, -181, 1), box(178, -1, 179, 1)),
    "a turn and more away": (box(541, -1, 542, 1), box(-179, -1, -178, 1)),
    "with a hole over the end": (
        shapely.Polygon(box(170, -9, 190, 9).exterior, [box(175, -5, 185, 5).exterior]),
        shapely.difference(
            shapely.union_all([box(170, -9, 180, 9), box(-180, -9, -170, 9)]),
            shapely.union_all([box(175, -5, 180, 5), box(-180, -5, -175, 5)]),
        ),
    ),
    "with a hole written in the other world": (
        shapely.Polygon(box(170, -9, 190, 9).exterior, [box(-179, -5, -175, 5).exterior]),
        shapely.union_all([box(170, -9, 180, 9), box(-180, -9, -170, 9).difference(box(-179, -5, -175, 5))]),
    ),
    "with parts on both sides": (
        shapely.MultiPolygon([box(170, 0, 175, 5), JUMP]),
        shapely.union_all([box(170, 0, 175, 5), *TWO.geoms]),
    ),
    "wider than the world": (box(-200, -9, 200, 9), box(-180, -9, 180, 9)),
    "around the north pole": (
        shapely.Polygon([(lng if lng <= 180 else lng - 360, 80) for lng in range(0, 360, 5)]),
        box(-180, 80, 180, 90),
    ),
    "around the south pole, westward": (
        shapely.Polygon([(lng if lng <= 180 else lng - 360, -80) for lng in range(355, -1, -5)]),
        box(-180, -90, 180, -80),
    ),
    "around the north pole with a hole around it": (
        shapely.Polygon(
            [(lng if lng <= 180 else lng - 360, 60) for lng in range(0, 360, 5)],
            [[(lng if lng <= 180 else lng - 360, 80) for lng in range(0, 360, 5)]],
        ),
        box(-180, 60, 180, 80),
    ),
    "crossing itself beyond the end": (
        shapely.Polygon([(175, -5), (185, 5), (185, -5), (175, 5)]),
        shapely.union_all(
            [shapely.Polygon([(175, -5), (180, 0), (175, 5)]), shapely.Polygon([(-175, -5), (-180, 0), (-175, 5)])]
        ),
    ),
}


@pytest.mark.parametrize("name", AREAS)
def test_areas_by_hand(name: str) -> None:
    area, expected = AREAS[name]
    (found,), tally, out = wrapped(area)
    assert same(found, expected)
    assert tally.counts == {"antimeridian": 1} and tally.samples["antimeridian"]
    assert out.x.min() >= -180 and out.x.max() <= 180


def test_both_halves_are_cut_at_the_same_latitude() -> None:
    (found,), _tally, _out = wrapped(shapely.Polygon([(178.3, 1.1), (181.7, 2.3), (180.9, 7.7)]))
    assert found is not None
    east, west = ({y for x, y in shapely.get_coordinates(part).tolist() if abs(x) == 180} for part in found.geoms)
    assert east == west and len(east) == 2


LINES = {
    "jumping": ([(179, 0), (-179, 2)], [[(179, 0), (180, 1)], [(-180, 1), (-179, 2)]]),
    "beyond": ([(179, 0), (181, 2)], [[(179, 0), (180, 1)], [(-180, 1), (-179, 2)]]),
    "beyond, westward": ([(-179, 2), (-181, 0)], [[(-179, 2), (-180, 1)], [(180, 1), (179, 0)]]),
    "there and back": (
        [(179, 0), (181, 0), (179, 0)],
        [[(179, 0), (180, 0)], [(-180, 0), (-179, 0), (-180, 0)], [(180, 0), (179, 0)]],
    ),
    "touching the end": ([(179, 0), (180, 0), (181, 0)], [[(179, 0), (180, 0)], [(-180, 0), (-179, 0)]]),
    "from the end": ([(180, 0), (181, 0)], [[(-180, 0), (-179, 0)]]),
    "twice around": (
        [(0, 0), (720, 72)],
        [[(0, 0), (180, 18)], [(-180, 18), (180, 54)], [(-180, 54), (0, 72)]],
    ),
    "along the end, then on": (
        [(180, 0), (180, 5), (181, 5), (179, 7)],
        [[(-180, 0), (-180, 5), (-179, 5), (-180, 6)], [(180, 6), (179, 7)]],
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_lines_by_hand(name: str) -> None:
    line, expected = LINES[name]
    (found,), tally, _out = wrapped(shapely.LineString(line))
    assert found is not None
    pieces = [shapely.remove_repeated_points(part) for part in found.geoms]
    assert [list(piece.coords) for piece in pieces] == expected
    assert tally.counts == {"antimeridian": 1}


def test_points_keep_their_number() -> None:
    (found, other), tally, _out = wrapped(shapely.MultiPoint([(181, 5), (-181, 5), (180, 1)]), shapely.Point(179, 0))
    assert found is not None and [tuple(p.coords[0]) for p in found.geoms] == [(-179, 5), (179, 5), (180, 1)]
    assert other == shapely.MultiPoint([(179, 0)])
    assert tally.counts == {"antimeridian": 1}


@pytest.mark.parametrize(
    "shape",
    [
        box(-180, -90, 180, 90),
        box(-169, -10, 175, 10),  # wide, and not near both ends
        shapely.Polygon([(-180, -85), (0, -70), (180, -85), (180, -90), (-180, -90)]),  # Antarctica
        shapely.LineString([(-180, 0), (180, 0)]),
        shapely.MultiPoint([(179, 0), (-179, 0)]),
        None,
    ],
)
def test_what_lies_in_the_world_is_handed_back_untouched(shape: shapely.Geometry | None) -> None:
    tally = Tally()
    given_ = geometries([shape, shapely.Point(1, 1)])
    assert wrap(given_, tally) is given_
    assert tally.counts == {}


def test_what_is_far_beyond_is_counted_and_left() -> None:
    far = box(100_000, 0, 100_001, 1)
    (found, moved), tally, _out = wrapped(far, box(181, 0, 182, 1))
    assert same(found, far) and same(moved, box(-179, 0, -178, 1))
    assert tally.counts == {"antimeridian": 1, "far-beyond-world": 1}


def test_others_keep_every_bit_and_their_place() -> None:
    shapes = [
        box(10.1, 0.1, 10.2, 0.3), JUMP, None, shapely.Point(0.1, 0.7), JUMP, shapely.LineString([(179, 0), (181, 0)]),
        shapely.LineString([(1 / 3, 0), (1 / 7, 1)]), box(181, 0, 182, 1), box(5, 5, 6, 6),
    ]  # fmt: skip
    found, tally, out = wrapped(*shapes)
    for i in (0, 3, 6, 8):
        assert (
            found[i] is not None
            and shapely.get_coordinates(found[i]).tolist() == shapely.get_coordinates(shapes[i]).tolist()
        )
    assert found[2] is None and same(found[1], TWO) and same(found[4], TWO)
    assert out.kinds.tolist() == geometries(shapes).kinds.tolist()
    assert tally.counts == {"antimeridian": 4}


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-40, 40), st.floats(-60, 60)), min_size=3, max_size=9),
    st.floats(-540, 540),
)
def test_area_is_kept_wherever_it_lies(points: list[tuple[float, float]], centre: float) -> None:
    """The area's own turn of the world does not matter: cut by GEOS in one place, by ours in another."""
    polygon = shapely.Polygon([(x + centre, y) for x, y in points])
    sound = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
    (found,), _tally, out = wrapped(polygon)
    if found is None:
        assert sound.area < 1e-6
        return
    valid = shapely.make_valid(found, method="structure", keep_collapsed=False)
    expected = shapely.union_all(
        [
            affinity.translate(shapely.intersection(sound, box(360 * k - 180, -90, 360 * k + 180, 90)), -360 * k)
            for k in range(-3, 4)
        ]
    )
    assert shapely.symmetric_difference(valid, expected).area <= 1e-6
    assert out.x.min() >= -180 and out.x.max() <= 180
