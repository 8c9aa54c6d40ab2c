"""Cutting lines and areas into tiles, against GEOS."""

from __future__ import annotations

import math
import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.kernels.cut import cut_shapes
from pipeline.kernels.pieces import (
    COLLAPSED,
    GATHERED,
    HARD,
    HIDDEN,
    KEPT,
    SEVERAL,
    SUSPECT,
    TOO_SMALL,
    Features,
    Pieces,
    split_at,
    tile_range,
    to_tile,
)
from pipeline.kernels.place import place_shapes
from tests.kernels.pieces import EXAMPLES, Ring, area2, as_lists, features, joined

ZOOM, SHIFT = 3, 21  # eight tiles a side; world units of 2^36 → tile units


def units(*points: tuple[float, float]) -> Ring:
    """Tile units of the zoom → world units."""
    return [(round(x * 2**SHIFT), round(y * 2**SHIFT)) for x, y in points]


def ring(*points: tuple[float, float]) -> Ring:
    return units(*points, points[0])


def box(x0: float, y0: float, x1: float, y1: float) -> Ring:
    return ring((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def cut(
    shapes: Features,
    areas: bool = True,
    tiny: float = 0.0,
    small: bool = True,
    buffer: int = 80,
    tolerance: float = 0.0,
    least: float = 0.0,
    cell_shift: int = 40,
) -> tuple[Pieces, Counter[int], list[int]]:
    """Pieces, how many features had which fate, and the rows that are GEOS's."""
    rows = np.arange(len(shapes.part_from))
    fates = np.full(len(rows), HIDDEN, np.uint8)
    tolerance2 = (tolerance * 2**SHIFT) ** 2
    sides = np.full(len(rows), -1, np.int64)
    whole = place_shapes(
        shapes, rows, areas, ZOOM, SHIFT, tolerance2, least, tiny, cell_shift, small, buffer, fates, sides
    )
    several = np.flatnonzero(fates == SEVERAL)
    fate = np.full(len(several), HIDDEN, np.uint8)
    cut_up = cut_shapes(shapes, rows[several], sides[several], areas, ZOOM, SHIFT, tolerance2, small, buffer, fate)
    fates[several] = fate
    pieces = joined(whole, cut_up)
    return pieces, Counter(fates.tolist()), np.flatnonzero(fates == HARD).tolist()


# ---------------------------------------------------------------- helpers


@pytest.mark.parametrize(
    ("low", "high", "want"),
    [
        (100, 200, (0, 0)), (4096, 4097, (0, 1)), (4176, 4200, (0, 1)), (4177, 4200, (1, 1)), (4015, 4016, (0, 1)),
        (4000, 4015, (0, 0)), (-500, 40000, (0, 7)), (-500, -81, (0, -1)), (32848, 32900, (7, 7)),
        (32849, 32900, (8, 7)),
    ],
)  # fmt: skip
def test_tile_range(low: int, high: int, want: tuple[int, int]) -> None:
    assert tile_range(low, high, 80, 7) == want


def test_split_at_the_highest_power_of_two() -> None:
    table = {(0, 1): 1, (2, 3): 3, (3, 4): 4, (0, 7): 4, (5, 7): 6, (1, 6): 4, (6, 9): 8, (1000, 1030): 1024}
    assert {pair: split_at(*pair) for pair in table} == table
    for a in range(40):
        for b in range(a + 1, 40):
            powers = {m: m & -m for m in range(a + 1, b + 1)}
            assert split_at(a, b) == max(powers, key=lambda m: powers[m])


def test_to_tile_rounds_half_up_and_stays_in_the_box() -> None:
    assert [to_tile(v, 4096, 80) for v in (4096.0, 4096.5, 4096.49, 4015.5, 4000.0, 9000.0)] == [
        0,
        1,
        0,
        -80,
        -80,
        4176,
    ]


# ---------------------------------------------------------------- areas by hand


def test_one_tile_whole_with_a_hole() -> None:
    shape = [(1, box(4200, 4200, 4300, 4300)), (2, box(4220, 4220, 4230, 4230))]
    pieces, fates, hard = cut(features(shape))
    ((tx, ty, row, rings),) = as_lists(pieces)
    assert (tx, ty, row, hard) == (1, 1, 0, []) and fates[KEPT] == 1
    assert [area2(r) for r in rings] == [2 * 100 * 100, -2 * 10 * 10]
    assert set(rings[0]) == {(104, 104), (204, 104), (204, 204), (104, 204)}


def test_winding_of_the_source_does_not_matter() -> None:
    right = cut(features([(1, box(10, 10, 20, 20)), (2, box(12, 12, 14, 14))]))[0]
    wrong = cut(features([(1, box(10, 10, 20, 20)[::-1]), (2, box(12, 12, 14, 14)[::-1])]))[0]
    for (*_, a), (*_, b) in zip(as_lists(right), as_lists(wrong), strict=True):
        assert [area2(r) for r in a] == [area2(r) for r in b] == [200, -8]
        assert [set(r) for r in a] == [set(r) for r in b]


def test_holes_follow_the_shell_that_holds_them() -> None:
    shape = [(1, box(100, 100, 900, 900)), (2, box(110, 110, 120, 120)), (1, box(1000, 100, 1900, 900)),
             (2, box(1010, 110, 1020, 120)), (2, box(1030, 110, 1040, 120))]  # fmt: skip
    ((_, _, _, rings),) = as_lists(cut(features(shape))[0])
    assert [area2(r) > 0 for r in rings] == [True, False, True, False, False]
    assert all(x >= 1000 for r in rings[2:] for x, _ in r)


def test_nothing_left() -> None:
    flat = features([(1, ring((10, 10), (500, 10), (700, 10)))], [(1, ring((10, 10), (10.3, 10), (10, 10.3)))])
    pieces, fates, _ = cut(flat, small=False)
    assert len(pieces.tx) == 0 and fates == {COLLAPSED: 2}
    pieces, fates, _ = cut(flat)
    assert [area2(r) for *_, (r,) in as_lists(pieces)] == [2, 2] * (len(pieces.tx) // 2) and fates[KEPT] == 2


def test_what_folds_in_all_its_tiles_leaves_a_unit_or_is_counted() -> None:
    """Neither half of a needle over a border holds a whole unit, though the zoom's grid kept a triangle."""
    needle = [(1, ring((4096 - 2045, 2399), (4096 + 529, 2400), (4096 + 511.6, 2400.2)))]
    whole = [(1, box(500, 500, 600, 600))]
    for buffer in (0, 80):
        pieces, fates, _ = cut(features(needle, whole), small=False, buffer=buffer)
        assert fates == {COLLAPSED: 1, KEPT: 1} and pieces.row.tolist() == [1]
        pieces, fates, _ = cut(features(whole, needle, whole), buffer=buffer)
        assert fates == {KEPT: 3} and sorted(pieces.row.tolist()) == [0, 1, 2]
        assert as_lists(pieces)[1] == (0, 0, 1, [[(3338, 2400), (3339, 2400), (3339, 2401), (3338, 2401)]])


def test_a_shell_that_vanishes_does_not_take_the_others_along() -> None:
    shape = [(1, box(10, 10, 10.2, 10.2)), (1, box(5000, 5000, 6000, 6000))]
    pieces, fates, _ = cut(features(shape), small=False)
    assert fates[KEPT] == 1 and [area2(r) for *_, (r,) in as_lists(pieces)] == [2_000_000]


def test_features_without_rings_or_rows() -> None:
    nothing = features([])
    assert len(cut(nothing)[0].tx) == 0
    assert cut(nothing)[1][COLLAPSED] == 1
    assert len(cut(features())[0].tx) == 0


def test_features_of_later_zooms_wait() -> None:
    pieces, fates, _ = cut(features([(1, box(10, 10, 900, 900))], first_zoom=4))
    assert len(pieces.tx) == 0 and fates == {HIDDEN: 1}


def test_tiny_areas_are_gathered_into_squares() -> None:
    shapes = features(*[[(1, box(100 + 2 * k, 100, 101 + 2 * k, 101))] for k in range(10)])
    pieces, fates, _ = cut(shapes, tiny=4.0)
    assert fates == {KEPT: 3, GATHERED: 7}, "10 of 4 are 2.5 squares, rounded to 3"
    assert [area2(r) for *_, (r,) in as_lists(pieces)] == [8, 8, 8]


def test_a_cell_gathers_for_itself() -> None:
    tiny = [[(1, box(100 + 2 * k, 100, 101 + 2 * k, 101))] for k in range(10)]
    curve = [0, 1, 2, 3, 4, 5, 6, 7, 8, 8]  # cells of four places: areas 4, 4 and 2; they begin with 2, 0.47 and 2.94
    pieces, fates, _ = cut(features(*tiny, curve=curve), tiny=4.0, cell_shift=2)
    assert [row for _, _, row, _ in as_lists(pieces)] == [1, 7, 9] and fates == {KEPT: 3, GATHERED: 7}
    alone = cut(features(*tiny[4:8], curve=curve[4:8]), tiny=4.0, cell_shift=2)[0]
    assert as_lists(alone)[0][3] == as_lists(pieces)[1][3], "other cells change nothing"


def test_what_is_smaller_than_asked_for_is_left_out() -> None:
    areas = features([(1, box(10, 10, 14, 14))], [(1, box(20, 20, 25, 25))])
    pieces, fates, _ = cut(areas, least=20.0)
    assert fates == {TOO_SMALL: 1, KEPT: 1} and {row for _, _, row, _ in as_lists(pieces)} == {1}
    lines = features([(0, units((10, 10), (13, 14)))], [(0, units((10, 10), (16, 18)))])
    lines = lines._replace(size=np.array([5.0, 10.0]) * 2**SHIFT)
    assert cut(lines, areas=False, least=6.0)[1] == {TOO_SMALL: 1, KEPT: 1}


def test_a_tolerance_leaves_vertices_out() -> None:
    shape = features([(1, ring((0, 0), (500, 1), (1000, 0), (1000, 1000), (0, 1000)))])
    shape.importance[1] = (1 * 2**SHIFT) ** 2
    assert len(as_lists(cut(shape, tolerance=0.9)[0])[0][3][0]) == 5
    assert len(as_lists(cut(shape, tolerance=1.1)[0])[0][3][0]) == 4


def test_a_tile_inside_is_its_buffered_box_everywhere() -> None:
    pieces, _, _ = cut(features([(1, box(-500, -500, 40000, 40000))]))
    assert len(pieces.tx) == 64
    far = 4096 + 80
    assert all(set(r) == {(-80, -80), (far, -80), (far, far), (-80, far)} for *_, (r,) in as_lists(pieces))


def test_what_sticks_out_of_the_world_is_cut_at_its_buffer() -> None:
    pieces, _, _ = cut(features([(1, box(-9000, 100, 200, 300))]))
    assert {(tx, ty): sorted(r) for tx, ty, _, (r,) in as_lists(pieces)} == {
        (0, 0): [(-80, 100), (-80, 300), (200, 100), (200, 300)]
    }
    assert len(cut(features([(1, box(-9000, 100, -200, 300))]))[0].tx) == 0


def test_rings_that_bound_no_area_are_left_to_geos() -> None:
    """Two shells overlap across a cut: leaving and entering do not alternate."""
    shape = [(1, box(1000, 1000, 9000, 2000)), (1, box(1000, 1500, 9000, 2500))]
    pieces, fates, hard = cut(features(shape, [(1, box(10, 10, 20, 20))]))
    assert hard == [0] and fates[HARD] == 1
    assert {row for _, _, row, _ in as_lists(pieces)} == {1}, "and leave nothing half done"


def test_a_comb_of_many_teeth_outgrows_every_scratch_array() -> None:
    """Ring scratch grows with the pieces of one feature, not with its parts."""
    for teeth in (3, 4, 5, 40, 300):
        points = []
        for k in range(teeth):
            points += [(8 * k, 6000), (8 * k, 3000), (8 * k + 4, 3000), (8 * k + 4, 6000)]
        shape = shapely.Polygon([*points, (8 * teeth, 6000), (8 * teeth, 7000), (-8, 7000), (-8, 6000)])
        check_area(shape, 80)
        check_area(shapely.transform(shape, lambda c: c[:, ::-1]), 0)


# ---------------------------------------------------------------- areas against GEOS


def from_shapely(shape: shapely.Geometry) -> Features:
    parts = []
    for polygon in shapely.get_parts(shape):
        parts.append((1, units(*polygon.exterior.coords)))
        parts += [(2, units(*hole.coords)) for hole in polygon.interiors]
    return features(parts)


def to_shapely(rings: list[list[tuple[int, int]]]) -> shapely.Geometry:
    polygons: list[tuple[list[tuple[int, int]], list[list[tuple[int, int]]]]] = []
    for r in rings:
        if area2(r) > 0:
            polygons.append((r, []))
        else:
            polygons[-1][1].append(r)
    return shapely.MultiPolygon([shapely.Polygon(shell, holes) for shell, holes in polygons])


def check_area(shape: shapely.Geometry, buffer: int) -> None:
    """Every tile's piece is the intersection, to one unit along the outline; the parts sum up to the whole."""
    pieces, _, hard = cut(from_shapely(shape), buffer=buffer)
    assert hard == []
    whole = 0.0
    for tx, ty, _, rings in as_lists(pieces):
        tile = shapely.box(tx * 4096, ty * 4096, tx * 4096 + 4096, ty * 4096 + 4096)
        got = shapely.transform(to_shapely(rings), lambda c, o=(tx * 4096, ty * 4096): c + o)
        assert all(-buffer <= v <= 4096 + buffer for r in rings for point in r for v in point)
        want = shape.intersection(shapely.box(*tile.bounds).buffer(buffer, join_style="mitre") if buffer else tile)
        if shapely.is_valid(got):
            assert want.symmetric_difference(got).area <= want.length + got.length + 2
            whole += got.intersection(tile).area
        else:  # two vertices rounded together; the next kernel finds it, GEOS mends it
            assert abs(want.area - got.area) <= want.length + got.length + 2
            whole += shapely.make_valid(got).intersection(tile).area
    inside = shape.intersection(shapely.box(0, 0, 8 * 4096, 8 * 4096))
    assert abs(whole - inside.area) <= 2 * inside.length + 2


def star(seed: int, snap: int) -> shapely.Polygon:
    draw = random.Random(seed)
    n, reach = draw.randrange(3, 40), draw.choice([50, 3000, 14000])
    x, y = draw.randrange(1, 8) * 4096, draw.randrange(1, 8) * 4096
    points = []
    for i in range(n):
        r = draw.uniform(0.1, 1) * reach
        points.append((x + r * math.cos(2 * math.pi * i / n), y + r * math.sin(2 * math.pi * i / n)))
    shell = shapely.Polygon([(round(a / snap) * snap, round(b / snap) * snap) for a, b in points])
    hole = shapely.Point(x, y).buffer(0.05 * reach, 3)
    return shell.difference(shapely.transform(hole, np.round)) if shell.is_valid and draw.random() < 0.5 else shell


@settings(max_examples=EXAMPLES, deadline=None)
@example(281813, 4096, 80)  # a diagonal through two corners of a tile with its buffer: half of it, not a fill
@given(st.integers(0, 2**32), st.sampled_from([1, 64, 2048, 4096]), st.sampled_from([80, 0, 1]))
def test_stars_against_geos(seed: int, snap: int, buffer: int) -> None:
    shape = star(seed, snap)
    if shape.is_valid and not shape.is_empty and shape.geom_type == "Polygon":
        check_area(shape, buffer)


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(st.integers(0, 2**32))
def test_many_rows_at_once_are_cut_as_each_alone(seed: int) -> None:
    shapes = [s for k in range(6) if (s := star(seed + k, 1)).is_valid and s.geom_type == "Polygon"]
    parts = [[(1, units(*s.exterior.coords)), *((2, units(*h.coords)) for h in s.interiors)] for s in shapes]
    together = as_lists(cut(features(*parts))[0])
    alone = [
        (tx, ty, row, rings)
        for row, shape in enumerate(parts)
        for tx, ty, _, rings in as_lists(cut(features(shape))[0])
    ]
    assert together == sorted(alone)


def test_cutting_what_was_cut_changes_nothing() -> None:
    """clip ∘ clip = clip: a tile's piece, cut again, is the same piece."""
    shape = star(5, 1)
    for tx, ty, _, rings in as_lists(cut(from_shapely(shape))[0]):
        parts = []
        for r in rings:
            moved = [(x + tx * 4096, y + ty * 4096) for x, y in r]
            parts.append((1 if area2(r) > 0 else 2, ring(*moved)))
        again = [found for found in as_lists(cut(features(parts))[0]) if found[:2] == (tx, ty)]
        assert [[set(r) for r in rings] for *_, rings in again] == [[set(r) for r in rings]]


# ---------------------------------------------------------------- lines


def lines_of(*lines: Ring, buffer: int = 80) -> list[tuple[int, int, int, list[list[tuple[int, int]]]]]:
    return as_lists(cut(features([(0, line) for line in lines]), areas=False, buffer=buffer)[0])


def test_lines_by_hand() -> None:
    assert lines_of(units((100, 100), (200, 100), (300, 100), (300, 400))) == [
        (0, 0, 0, [[(100, 100), (300, 100), (300, 400)]])
    ]
    assert lines_of(units((2000, 2000), (6000, 2000)), buffer=0) == [
        (0, 0, 0, [[(2000, 2000), (4096, 2000)]]),
        (1, 0, 0, [[(0, 2000), (1904, 2000)]]),
    ]


def test_lines_that_are_points_on_the_grid_are_dropped() -> None:
    pieces, fates, _ = cut(features([(0, units((10, 10), (10.2, 10.2)))]), areas=False, small=False)
    assert len(pieces.tx) == 0 and fates[COLLAPSED] == 1


def test_lines_keep_their_direction_and_come_back_in_parts() -> None:
    wave = units((4000, 1000), (5000, 1100), (4000, 1200), (5000, 1300))
    (_, (_, _, _, right)) = lines_of(wave, buffer=0)
    assert right == [[(0, 1010), (904, 1100), (0, 1190)], [(0, 1210), (904, 1300)]]
    (_, (_, _, _, back)) = lines_of(wave[::-1], buffer=0)
    assert [r[::-1] for r in back[::-1]] == right


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-5000, 38000), st.integers(-5000, 38000)), min_size=2, max_size=20, unique=True),
    st.sampled_from([80, 0]),
)
def test_lines_against_geos(points: list[tuple[int, int]], buffer: int) -> None:
    """Nothing is added; what is missing is shorter than the grid can show."""
    segments = [shapely.LineString(pair) for pair in pairwise(points)]
    for tx, ty, _, parts in lines_of(units(*points), buffer=buffer):
        frame = shapely.box(tx * 4096, ty * 4096, tx * 4096 + 4096, ty * 4096 + 4096)
        frame = frame.buffer(buffer + 0.5, join_style="mitre")
        want = shapely.intersection(segments, frame)
        got = shapely.transform(shapely.MultiLineString(parts), lambda c, o=(tx * 4096, ty * 4096): c + o)
        assert shapely.union_all(want).buffer(1.5).covers(got)
        missing = shapely.union_all(want).difference(got.buffer(2))
        assert all(part.length < 3 for part in shapely.get_parts(missing))
        assert abs(got.length - shapely.length(want).sum()) <= 3 * len(points) + 3


def test_suspects_are_marked_where_a_hole_found_no_shell() -> None:
    shape = [(1, box(100, 100, 200, 200)), (1, box(1000, 100, 1100, 200)), (2, box(500, 500, 600, 600))]
    assert cut(features(shape))[0].flag.tolist() == [SUSPECT]
