"""What GEOS mends: pieces of tiles, features that bound no area, and areas of the source."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.kernels.pieces import SUSPECT, Pieces
from pipeline.types import POLYGON, Geometries, Tally
from pipeline.vector.plan import LayerPlan
from pipeline.vector.ragged import offsets_of, runs
from pipeline.vector.repair import cut_hard, mend
from pipeline.vector.simplify import tolerance2
from pipeline.vector.valid import Shapes, areas_made_valid
from tests.kernels.pieces import Ring, area2, as_lists, piece
from tests.oracles.mercator import degrees
from tests.shapes import batch, geometries
from tests.vector.prepared import held, prepared

SQUARE: Ring = [(0, 0), (100, 0), (100, 100), (0, 100)]


def joined(*pieces: Pieces) -> Pieces:
    """Several pieces as one, rows numbered."""
    rings = offsets_of(np.concatenate([np.diff(p.ring_offsets) for p in pieces]))
    vertices = offsets_of(np.concatenate([np.diff(p.vertex_offsets) for p in pieces]))
    n = len(pieces)
    return Pieces(
        np.arange(n, dtype=np.int32),
        np.zeros(n, np.int32),
        np.arange(n),
        np.concatenate([p.flag for p in pieces]),
        rings,
        vertices,
        np.concatenate([p.x for p in pieces]),
        np.concatenate([p.y for p in pieces]),
    )


def shape_of(rings: list[list[tuple[int, int]]]) -> shapely.Geometry:
    polygons: list[tuple[Ring, list[Ring]]] = []
    for ring in rings:
        if area2(ring) > 0:
            polygons.append((ring, []))
        else:
            polygons[-1][1].append(ring)
    return shapely.MultiPolygon([shapely.Polygon(shell, holes) for shell, holes in polygons])


def test_runs_of_ragged_arrays() -> None:
    offsets = np.array([0, 2, 2, 5, 6])
    assert runs(offsets, np.array([2, 0, 1])).tolist() == [2, 3, 4, 0, 1]
    assert runs(offsets, np.array([], np.int64)).tolist() == []
    assert offsets_of(np.array([2, 0, 3])).tolist() == [0, 2, 2, 5]


def test_only_what_is_invalid_is_changed() -> None:
    bow: Ring = [(0, 0), (10, 10), (10, 0), (0, 10)]
    touching = [SQUARE, [(0, 50), (20, 60), (20, 40)]]
    pieces = joined(piece(SQUARE), piece(bow), piece(*touching))
    pieces.flag[1:] = SUSPECT
    mended, changed = mend([pieces])
    assert changed == 1, "the bow-tie; a hole that touches its shell is valid"
    by_row = {row: (tx, rings) for tx, _, row, rings in as_lists(mended)}
    assert sorted(by_row) == [1, 2], "what is no suspect needs no other in its place"
    assert [by_row[row][0] for row in (1, 2)] == [1, 2]
    assert shape_of(by_row[2][1]).equals(shape_of(touching)) and shape_of(by_row[2][1]).is_valid
    assert shape_of(by_row[1][1]).equals(shapely.Polygon([(0, 0), (5, 5), (0, 10)])), (
        "the half that is wound backwards has folded over; bow-ties of the source are mended before they are cut"
    )


def test_rings_that_only_touch_themselves_are_linked_without_geos() -> None:
    """An hourglass whose waist is one vertex, a spike, a needle into the inside: their areas are exact."""
    waist = [(0, 0), (10, 0), (5, 5), (10, 10), (0, 10), (5, 5)]
    spike = [(0, 0), (100, 0), (100, 100), (100, 300), (100, 100), (0, 100)]
    needle = [(0, 0), (50, 0), (50, 50), (50, 0), (100, 0), (100, 100), (0, 100)]
    pieces = joined(piece(waist), piece(spike), piece(needle))
    pieces.flag[:] = SUSPECT
    mended, changed = mend([pieces])
    assert changed == 0 and not mended.flag.any()
    found = {row: shape_of(rings) for _, _, row, rings in as_lists(mended)}
    assert found[0].equals(shapely.MultiPolygon([shapely.Polygon(waist[:3]), shapely.Polygon(waist[3:])]))
    square = shapely.Polygon(SQUARE)
    assert found[1].equals(square) and found[2].equals(square)
    assert all(shape.is_valid for shape in found.values())


def test_what_has_no_area_is_left_out() -> None:
    doubled = piece(SQUARE, SQUARE[::-1])
    doubled.flag[0] = SUSPECT
    mended, changed = mend([doubled])
    assert (len(mended.tx), changed) == (0, 0)
    assert mended.x.dtype == np.int32 and len(mended.ring_offsets) == 1


def test_nothing_to_mend() -> None:
    mended, changed = mend([piece(SQUARE)])
    assert len(mended.tx) == 0 and changed == 0


GRID = st.tuples(st.integers(0, 8), st.integers(0, 8))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(GRID, min_size=3, max_size=8, unique=True), min_size=1, max_size=3))
def test_whatever_is_mended_is_valid_on_the_grid(rings: list[Ring]) -> None:
    rings = [r for r in rings if area2(r)]
    if not rings:
        return
    first = rings[0] if area2(rings[0]) > 0 else rings[0][::-1]
    pieces = piece(first, *rings[1:])
    pieces.flag[0] = SUSPECT
    mended, changed = mend([pieces])
    assert len(mended.tx) <= 1 and changed <= 1 and not mended.flag.any()
    whole = shapely.Polygon(first) if len(rings) == 1 else None
    for *_, found in as_lists(mended):
        assert shape_of(found).is_valid
        assert all(len(ring) >= 3 and area2(ring) != 0 for ring in found)
        assert area2(found[0]) > 0
    if whole is not None and whole.is_valid:
        assert changed == 0 and shape_of(as_lists(mended)[0][3]).equals(whole)


# ---------------------------------------------------------------- features that bound no area


def test_hard_features_are_cut_by_geos_like_any_other() -> None:
    corner = (13600 * 4096, 6900 * 4096)

    def ring(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [degrees(corner[0] + x, corner[1] + y, 14) for x, y in points]

    shell = ring((-5000, -5000), (5000, -5000), (5000, 5000), (-5000, 5000))
    shape = shapely.Polygon(shell, [ring((-10, -10), (10, -10), (10, 10))])
    layer = held(prepared(LayerPlan("a", 14, 14), batch([shape])))
    layer = replace(layer, features=layer.features._replace(importance=np.zeros(len(layer.features.wx))))
    found = as_lists(cut_hard(layer, np.zeros(1, np.int64), 14, tolerance2(layer, 14)))
    assert len(found) == 16
    total = 0.0
    for tx, ty, _, rings in found:
        got = shape_of(rings)
        assert got.is_valid
        west, north = tx * 4096 - corner[0], ty * 4096 - corner[1]
        box = shapely.box(west, north, west + 4096, north + 4096)
        moved = shapely.transform(got, lambda c, o=box.bounds[:2]: c + o)
        assert shapely.box(-80, -80, 4176, 4176).covers(got)
        total += moved.intersection(box).area
    assert total == pytest.approx(10_000**2 - 200, abs=4)


# ---------------------------------------------------------------- areas of the source


def in_world(given_: Geometries) -> Shapes:
    """Coordinates that are world units already."""
    ends = given_.part_offsets
    return Shapes(
        given_.x.astype(np.int64), given_.y.astype(np.int64), given_.vertex_offsets, given_.roles, ends[:-1], ends[1:]
    )


def made_valid(*shapes: shapely.Geometry) -> tuple[list[shapely.Geometry], Tally, int]:
    """Shapes in world units, through `areas_made_valid`; also how many parts there are in all."""
    given_ = geometries(shapes)
    tally = Tally()
    found = areas_made_valid(in_world(given_), given_.kinds, tally)
    out = []
    for a, b in zip(found.part_from.tolist(), found.part_to.tolist(), strict=True):
        polygons: list[tuple[Ring, list[Ring]]] = []
        for part in range(a, b):
            at = slice(found.vertex_offsets[part], found.vertex_offsets[part + 1])
            ring = list(zip(found.wx[at].tolist(), found.wy[at].tolist(), strict=True))
            assert ring[0] == ring[-1]
            if found.roles[part] == 1:
                polygons.append((ring, []))
            else:
                polygons[-1][1].append(ring)
        out.append(shapely.MultiPolygon([shapely.Polygon(shell, holes) for shell, holes in polygons]))
    return out, tally, len(found.roles)


def test_valid_areas_are_not_touched() -> None:
    around = shapely.box(0, 0, 100, 100).difference(shapely.box(10, 10, 90, 90))
    island = shapely.MultiPolygon([around, shapely.box(20, 20, 30, 30)])
    touching = shapely.Polygon([(0, 0), (99, 0), (99, 99), (0, 99)], [[(0, 50), (20, 60), (20, 40)]])
    found, tally, parts = made_valid(island, shapely.box(0, 0, 9, 9), touching)
    assert found[0].equals(island) and found[2].equals(touching)
    assert tally.counts == {} and parts == 6


def test_broken_areas_are_made_valid_beside_sound_ones() -> None:
    bow = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    overlap = shapely.MultiPolygon([shapely.box(0, 0, 60, 60), shapely.box(40, 40, 100, 100)])
    square = shapely.box(7, 7, 9, 9)
    found, tally, _ = made_valid(square, bow, square, overlap, square)
    assert [f.area for f in found] == [4, 5000, 4, 2 * 3600 - 400, 4]
    assert all(f.is_valid for f in found)
    assert tally.counts == {"invalid-area": 2}
    lng, lat = map(float, tally.samples["invalid-area"].split(", "))
    assert (round(lng), round(lat)) == (-180, 85), "a place for the person who looks for it"


def test_areas_without_area_stay_as_they_are() -> None:
    nothing = shapely.Polygon(SQUARE, [SQUARE])
    _, tally, parts = made_valid(nothing)
    assert parts == 2 and tally.counts == {}


def test_wide_areas_are_asked_of_geos() -> None:
    far = 2**35
    wide = shapely.Polygon([(0, 0), (far, far), (far, 0), (0, far)])
    found, tally, _ = made_valid(wide, shapely.box(0, 0, far, far))
    assert found[0].area == far * far / 2 and found[1].area == far * far
    assert tally.counts == {"invalid-area": 1}


def test_other_kinds_pass() -> None:
    given_ = geometries([shapely.Point(1, 1), shapely.LineString([(0, 0), (5, 5), (5, 0), (0, 5)])])
    found = areas_made_valid(in_world(given_), given_.kinds, Tally())
    assert not (given_.kinds == POLYGON).any() and len(found.roles) == 2
