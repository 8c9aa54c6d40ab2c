"""Near areas drawn as one: by hand, and free of order and neighbours."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.kernels.components import components
from pipeline.vector.merge_near import Merged, merge_near
from tests.kernels.pieces import EXAMPLES
from tests.vector.areas import area_features, shapes

box = shapely.box


def merged(areas: list[shapely.Geometry], distance: float = 10, tolerance: float = 1, cells: object = None) -> Merged:
    """All areas of one cell."""
    n = len(areas)
    keys = np.zeros(n, np.int64) if cells is None else np.array(cells)
    return merge_near(area_features(areas), np.arange(n), keys, distance, tolerance)


def test_what_is_nearer_than_the_distance_becomes_one() -> None:
    made = merged([box(0, 0, 100, 50), box(108, 0, 220, 50), box(232, 0, 300, 50)])
    assert [s.normalize() for s in shapes(made.features)] == [
        shapely.MultiPolygon([box(0, 0, 220, 50)]).normalize(),
        shapely.MultiPolygon([box(232, 0, 300, 50)]).normalize(),
    ]
    assert made.rows.tolist() == [1, 2], "the largest gives its id"
    assert made.into.tolist() == [1, 1, 2]
    assert made.features.visible.tolist() == [101, 102] and made.features.curve.tolist() == [1, 2]
    assert made.features.size.tolist() == [220 * 50, 68 * 50]


def test_of_equals_the_first_stands_for_all() -> None:
    made = merged([box(0, 0, 50, 50), box(200, 0, 250, 50), box(55, 0, 105, 50), box(110, 0, 160, 50)])
    assert (made.rows.tolist(), made.into.tolist()) == ([0, 1], [0, 1, 0, 0])
    assert shapes(made.features)[0].equals(box(0, 0, 160, 50))


def test_an_offset_row_of_houses_keeps_right_angles() -> None:
    made = merged([box(0, 0, 100, 50), box(105, 30, 200, 90)])
    corners = shapely.get_coordinates(shapes(made.features)[0])
    assert len(corners) == 9, "eight corners and the first again"
    edges = np.diff(corners, axis=0)
    assert (edges.prod(axis=1) == 0).all(), "all along the axes"


def test_a_courtyard_stays_open_and_a_gap_is_filled() -> None:
    around = [box(0, 0, 100, 30), box(0, 70, 100, 100), box(0, 34, 30, 66), box(70, 34, 100, 66)]
    (block,) = shapes(merged(around).features)
    assert block.equals(box(0, 0, 100, 100).difference(box(30, 30, 70, 70)))


def test_cells_stay_apart() -> None:
    areas = [box(0, 0, 50, 50), box(55, 0, 105, 50), box(110, 0, 160, 50)]
    made = merged(areas, cells=[4, 4, 5])
    assert (made.rows.tolist(), made.into.tolist()) == ([0, 2], [0, 0, 2])


def test_single_areas_stay_untouched() -> None:
    notched = box(0, 0, 100, 60).difference(box(40, 0, 45, 20))
    holed = box(200, 0, 300, 60).difference(box(240, 20, 242, 22))
    made = merged([notched, holed], tolerance=30)
    assert [s.equals(t) for s, t in zip(shapes(made.features), [notched, holed], strict=True)] == [True, True]
    assert set(made.features.importance.tolist()) == {1.0}
    assert made.rows.tolist() == made.into.tolist() == [0, 1]


def test_rows_of_a_layer_and_areas_of_several_parts() -> None:
    far = box(5000, 5000, 5050, 5050)
    areas = [far, shapely.MultiPolygon([box(0, 0, 50, 50), box(300, 0, 350, 50)]), far, box(55, 0, 105, 50)]
    made = merge_near(area_features(areas), np.array([1, 3]), np.zeros(2, np.int64), 10, 1)
    assert (made.rows.tolist(), made.into.tolist()) == ([1], [1, 1])
    assert shapes(made.features)[0].equals(shapely.union_all([box(0, 0, 105, 50), box(300, 0, 350, 50)]))


def test_nothing() -> None:
    made = merge_near(area_features([box(0, 0, 9, 9)]), np.empty(0, np.int64), np.empty(0, np.int64), 10, 1)
    assert len(made.rows) == len(made.into) == len(made.features.wx) == 0


def test_areas_without_an_area_stay_as_they_are() -> None:
    features = area_features([box(0, 0, 50, 50), box(55, 0, 105, 50)])
    flat = features._replace(
        vertex_offsets=np.array([0, 3, 10]), part_from=np.array([0, 1, 1]), part_to=np.array([1, 1, 2]),
        visible=np.ones(3, np.uint32), size=np.array([0.0, 0.0, 1.0]), curve=np.arange(3),
    )  # fmt: skip
    made = merge_near(flat, np.arange(3), np.zeros(3, np.int64), 10, 1)
    assert made.into.tolist() == [0, 1, 2]
    assert made.features.wx.tolist() == features.wx.tolist()
    assert made.features.vertex_offsets.tolist() == [0, 3, 10]
    assert (made.features.part_to - made.features.part_from).tolist() == [1, 0, 1]


def test_round_areas_are_simplified_by_importance() -> None:
    tanks = [shapely.set_precision(shapely.Point(x, 0).buffer(1000), 1) for x in (0, 2005)]
    features = merged(tanks, distance=50, tolerance=40).features
    assert len(features.part_from) == 1
    kept = features.importance >= 40 * 40
    assert 8 <= kept.sum() < 0.7 * len(kept)


BOXES = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(5, 60), st.integers(5, 60)), min_size=1, max_size=12
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(BOXES, st.integers(1, 40), st.randoms())
def test_laws(boxes: list[tuple[int, int, int, int]], distance: int, random: object) -> None:
    areas = [box(x, y, x + w, y + h) for x, y, w, h in boxes]
    made = merged(areas, distance=distance, tolerance=0.5)
    after = shapes(made.features)
    groups = {
        row: shapely.union_all([areas[i] for i in np.flatnonzero(made.into == row)]) for row in made.rows.tolist()
    }
    for shape, (row, members) in zip(after, groups.items(), strict=True):
        assert shape.is_valid
        assert shapely.area(members.difference(shape)) <= 0.5 * members.length, "members stay covered, but for rounding"
        assert members.buffer(distance, join_style="mitre").contains(shape)
        assert areas[row].area == max(areas[i].area for i in np.flatnonzero(made.into == row))
    for i, a in enumerate(areas):
        for j, b in enumerate(areas):
            assert a.distance(b) > distance or made.into[i] == made.into[j], "near ones are together"
    order = list(range(len(areas)))
    random.shuffle(order)  # type: ignore[attr-defined]
    other = merged([areas[i] for i in order], distance=distance, tolerance=0.5)
    parts = {frozenset(np.flatnonzero(made.into == row).tolist()) for row in made.rows}
    assert parts == {frozenset(order[i] for i in np.flatnonzero(other.into == row)) for row in other.rows}


def test_components() -> None:
    label = np.empty(7, np.int64)
    components(np.array([5, 1, 4]), np.array([1, 4, 5]), label)
    assert label.tolist() == [0, 1, 2, 3, 1, 1, 6]
    components(np.array([6, 5, 4, 3, 2]), np.array([5, 4, 3, 2, 1]), label)
    assert label.tolist() == [0, 1, 1, 1, 1, 1, 1]
    components(np.empty(0, np.int64), np.empty(0, np.int64), label)
    assert label.tolist() == list(range(7))
