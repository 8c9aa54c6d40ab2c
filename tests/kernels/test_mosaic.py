"""Kernels of mosaics: cutlines, distances to edges, pictures over one another."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from pipeline.kernels.composite import lay_under, stretch
from pipeline.kernels.cutline import fill_inside
from pipeline.kernels.feather import blend, finish_blend, weigh_edges


def sides(area: shapely.Geometry, scale: float) -> tuple[np.ndarray, ...]:
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(area)), return_index=True)
    xy = xy / scale
    same = ring[1:] == ring[:-1]
    return xy[:-1, 0][same], xy[:-1, 1][same], xy[1:, 0][same], xy[1:, 1][same]


def filled(area: shapely.Geometry, left: int, top: int, rows: int, columns: int) -> np.ndarray:
    inside = np.full((rows, columns), 7, np.uint8)
    found = fill_inside(*sides(area, 64.0), 64.0, left, top, inside)
    assert found == int((inside == 1).sum()) and set(np.unique(inside)) <= {0, 1}
    return inside


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_pixels_inside_are_those_whose_centres_are(seed: int) -> None:
    rng = np.random.default_rng(seed)
    area = shapely.make_valid(shapely.Polygon(rng.uniform(0, 30, (rng.integers(3, 9), 2))))
    area = shapely.union_all([g for g in shapely.get_parts(area) if g.geom_type.endswith("Polygon")])
    if area.is_empty:
        return
    got = filled(area, 3, 2, 20, 25)
    x, y = np.meshgrid(np.arange(25) + 3.5, np.arange(20) + 2.5)
    assert np.array_equal(got == 1, shapely.contains_xy(area, x, y))


def test_neighbours_share_no_pixel_and_leave_none_out() -> None:
    """Four polygons that meet on pixel centres: every pixel belongs to one."""
    total = np.zeros((8, 8), int)
    for w, n, e, s in ((0, 0, 3.5, 4.5), (3.5, 0, 8, 4.5), (0, 4.5, 3.5, 8), (3.5, 4.5, 8, 8)):
        total += filled(shapely.box(w, n, e, s), 0, 0, 8, 8)
    assert (total == 1).all()
    triangles = [shapely.Polygon([(0, 0), (8, 0), (8, 8)]), shapely.Polygon([(0, 0), (8, 8), (0, 8)])]
    assert (sum(filled(each, 0, 0, 8, 8).astype(int) for each in triangles) == 1).all()


def test_no_sides_no_inside() -> None:
    inside = np.ones((2, 3), np.uint8)
    none = np.empty(0)
    assert fill_inside(none, none, none, none, 8.0, 0, 0, inside) == 0 and not inside.any()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_weights_are_distances(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns, limit = rng.integers(1, 40), rng.integers(1, 40), int(rng.integers(1, 12))
    alpha = (rng.random((rows, columns)) < rng.choice([0.5, 0.9, 0.99])).astype(np.uint8) * 255
    weights = np.empty((rows, columns), np.float32)
    weigh_edges(alpha, limit, weights)
    if alpha.all():
        assert (weights == 1.0).all()
        return
    distance = distance_transform_edt(alpha)
    expected = np.clip((distance - 0.5) / limit, 0, 1)
    assert np.abs(weights - expected).max() < 1e-6


def test_over_as_porter_and_duff_have_it() -> None:
    canvas = np.array([[[0, 0, 0, 0], [100, 0, 0, 255], [100, 0, 0, 51], [0, 0, 0, 0]]], np.uint8)
    picture = np.array([[[7, 7, 7, 128], [7, 7, 7, 255], [200, 200, 200, 255], [7, 7, 7, 0]]], np.uint8)
    assert lay_under(picture, canvas) == 1
    assert canvas[0].tolist() == [[7, 7, 7, 128], [100, 0, 0, 255], [180, 160, 160, 255], [0, 0, 0, 0]]


def test_two_half_transparent_pictures() -> None:
    canvas = np.array([[[200, 0, 0, 128]]], np.uint8)
    lay_under(np.array([[[0, 200, 0, 128]]], np.uint8), canvas)
    # α = 0.502 + 0.498·0.502 = 0.752; red 0.502·200 / 0.752 = 133.5, green 66.5
    assert canvas[0, 0].tolist() == [134, 66, 0, 192]


@pytest.mark.parametrize(("low", "high", "values", "expected"), [
    (0.0, 255.0, [0, 1, 254, 255], [0, 1, 254, 255]), (100.0, 200.0, [0, 100, 150, 400], [0, 0, 128, 255]),
    (-10.0, 10.0, [-11, -10, 0, 10], [0, 0, 128, 255]),
])  # fmt: skip
def test_values_become_bytes(low: float, high: float, values: list[float], expected: list[int]) -> None:
    out = np.empty((1, 4, 1), np.uint8)
    stretch(
        np.array(values, np.float32).reshape(1, 4, 1),
        np.full((1, 4), 255, np.uint8),
        np.array([low]),
        np.array([high]),
        out,
    )
    assert out.ravel().tolist() == expected
    stretch(np.full((1, 4, 1), np.nan, np.float32), np.zeros((1, 4), np.uint8), np.array([low]), np.array([high]), out)
    assert not out.any()


def test_a_blend_of_one_picture_is_the_picture() -> None:
    rng = np.random.default_rng(1)
    values = rng.integers(0, 256, (6, 7, 3)).astype(np.uint8)
    alpha = rng.integers(0, 256, (6, 7)).astype(np.uint8)
    weights = rng.uniform(0.05, 1, (6, 7)).astype(np.float32)
    sums = np.zeros((6, 7, 6), np.float32)
    sums[:, :, 4:] = 1
    assert blend(values, alpha, weights, sums) == int(((alpha == 255) & (weights == 1)).sum())
    canvas = np.full((6, 7, 4), 9, np.uint8)
    finish_blend(sums, canvas)
    assert np.array_equal(canvas[:, :, 3], alpha)
    assert np.array_equal(canvas[alpha > 0][:, :3], values[alpha > 0]) and not canvas[alpha == 0].any()
