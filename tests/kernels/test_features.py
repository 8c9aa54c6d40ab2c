"""Measures and hashes of whole features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.kernels.features import hash_contents, hash_texts, measure, mix64
from tests.kernels.pieces import EXAMPLES, Ring, ragged

M64 = 2**64 - 1

# Hashes wrap around on purpose; interpreted, numpy says so.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")


def splitmix(v: int) -> int:
    v = (v ^ (v >> 30)) * 0xBF58476D1CE4E5B9 & M64
    v = (v ^ (v >> 27)) * 0x94D049BB133111EB & M64
    return v ^ (v >> 31)


def measured(*shapes: list[tuple[int, Ring]]) -> tuple[list[list[int]], list[float]]:
    x, y, offsets = ragged([ring for shape in shapes for _, ring in shape])
    roles = np.array([role for shape in shapes for role, _ in shape], np.uint8)
    ends = np.cumsum([0, *map(len, shapes)], dtype=np.int64)
    bounds, area = np.zeros((len(shapes), 4), np.int64), np.full(len(shapes), -1.0)
    measure(x, y, offsets, roles, ends[:-1], ends[1:], bounds, area)
    return bounds.tolist(), area.tolist()


def box(x: int, y: int, w: int) -> Ring:
    return [(x, y), (x + w, y), (x + w, y + w), (x, y + w), (x, y)]


def test_bounds_and_areas() -> None:
    bounds, area = measured(
        [(1, box(10, -20, 100)), (2, box(20, 0, 10)[::-1]), (1, box(1000, 0, 10)[::-1])],
        [(0, [(5, 6), (1, 9)])],
        [(0, [(7, 7)])],
        [(1, box(0, 0, 5)), (2, box(0, 0, 50))],
    )
    assert bounds == [[10, -20, 1010, 80], [1, 6, 5, 9], [7, 7, 7, 7], [0, 0, 50, 50]]
    assert area == [10000 - 100 + 100, 5, 0, 0], "a hole larger than its shell leaves nothing, not less"
    assert measured([])[1] == [0.0]
    assert measured()[1] == []


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2**36), st.integers(0, 2**36)), min_size=3, max_size=20))
def test_areas_against_geos(ring: Ring) -> None:
    _, (area,) = measured([(1, [*ring, ring[0]])])
    assert area == pytest.approx(shapely.Polygon(ring).area if shapely.Polygon(ring).is_valid else area, rel=1e-9)


def test_parts_in_any_order() -> None:
    x, y, offsets = ragged([box(0, 0, 1), box(0, 0, 2), box(0, 0, 3)])
    area, bounds = np.zeros(3), np.zeros((3, 4), np.int64)
    measure(x, y, offsets, np.ones(3, np.uint8), np.array([2, 0, 1]), np.array([3, 1, 2]), bounds, area)
    assert area.tolist() == [9, 1, 4]


@pytest.mark.parametrize("value", [0, 1, 2**63, M64, 0x123456789ABCDEF])
def test_the_mixer_is_splitmix64(value: int) -> None:
    assert int(mix64(np.uint64(value))) == splitmix(value)


def test_texts_hash_as_fnv_1a_mixed() -> None:
    texts = [b"", b"a", b"foobar", "龙泉".encode()]
    offsets = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    out = np.zeros(4, np.uint64)
    hash_texts(offsets, np.array(bytearray(b"".join(texts))), out)
    known = {b"": 0xCBF29CE484222325, b"a": 0xAF63DC4C8601EC8C, b"foobar": 0x85944171F73967E8}  # FNV's own table
    for text, value in zip(texts, out.tolist(), strict=True):
        if text in known:
            assert value == splitmix(known[text])
    assert len(set(out.tolist())) == 4


def content(
    shape: list[tuple[int, Ring]],
    codes: Sequence[int] = (),
    keys: Sequence[int] = (),
    values: Sequence[int] = (),
) -> int:
    x, y, offsets = ragged([ring for _, ring in shape])
    out = np.zeros(1, np.uint64)
    hash_contents(
        x, y, offsets, np.array([role for role, _ in shape], np.uint8),
        np.array([0], np.int64), np.array([len(shape)], np.int64),
        np.array(codes, np.int32).reshape(len(codes), 1), np.array(keys, np.uint64), np.array(values, np.uint64), out,
    )  # fmt: skip
    return int(out[0])


def test_content_is_everything_but_the_order_of_columns_and_values() -> None:
    shape: list[tuple[int, Ring]] = [(1, box(0, 0, 9))]
    assert content(shape, [0, 1], [7, 8], [50, 60]) == content(shape, [1, 0], [8, 7], [50, 60])
    assert content(shape, [0, 1], [7, 8], [50, 60]) == content(shape, [1, 0], [7, 8], [60, 50])
    assert content(shape, [0, -1], [7, 8], [50]) == content(shape, [0], [7], [50])
    others = [
        content(shape), content([(2, box(0, 0, 9))]), content([(1, box(0, 0, 8))]), content([(1, box(0, 0, 9)[::-1])]),
        content([*shape, *shape]), content([(1, box(0, 0, 9)[:3]), (1, box(0, 0, 9)[3:])]), content([]),
        content(shape, [0], [7], [50]), content(shape, [0], [8], [50]), content(shape, [0], [7], [60]),
        content(shape, [0, 0], [7, 7], [50]), content(shape, [0, 1], [7, 8], [60, 50]),
        content([(0, [(-1, 0), (0, 0)])]), content([(0, [(0, -1), (0, 0)])]),
    ]  # fmt: skip
    assert len(set(others)) == len(others)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sets(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=2, max_size=40))
def test_close_points_have_far_hashes(points: set[tuple[int, int]]) -> None:
    assert len({content([(0, [p])]) % 2**53 for p in points}) == len(points)
