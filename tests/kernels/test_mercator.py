"""Spherical Web Mercator on 2^36 units, against PROJ."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from pipeline.kernels.mercator import MAX_LAT, WORLD, project, unproject
from tests.kernels.pieces import EXAMPLES

HALF = math.pi * 6378137.0  # metres from the middle of EPSG:3857 to its edge
PROJ = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)


def projected(
    points: list[tuple[float, float]], offsets: list[int] | None = None
) -> tuple[list[tuple[int, int]], list[int]]:
    xy = np.array(points, np.float64).reshape(-1, 2)
    ends = np.array([0, len(points)] if offsets is None else offsets, np.int64)
    out, wx, wy = np.full(len(ends), -1, np.int64), np.zeros(len(xy), np.int64), np.zeros(len(xy), np.int64)
    n = project(xy[:, 0].copy(), xy[:, 1].copy(), ends, out, wx, wy)
    return list(zip(wx[:n].tolist(), wy[:n].tolist(), strict=True)), out.tolist()


@pytest.mark.parametrize(
    ("place", "want"),
    [
        ((0, 0), (WORLD // 2, WORLD // 2)),
        ((-180, 0), (0, WORLD // 2)),
        ((180, 0), (WORLD, WORLD // 2)),
        ((-180, MAX_LAT), (0, 0)),
        ((180, -MAX_LAT), (WORLD, WORLD)),
        ((0, 90), (WORLD // 2, 0)),
        ((0, -90), (WORLD // 2, WORLD)),
        ((90, 66.51326044311186), (WORLD * 3 // 4, WORLD // 4)),  # gd(π/2), half the way up
        ((540, 0), (2 * WORLD, WORLD // 2)),
        ((-181, 0), (-round(WORLD / 360), WORLD // 2)),
    ],
)
def test_known_places(place: tuple[float, float], want: tuple[int, int]) -> None:
    assert projected([place])[0] == [want]


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-85.05, 85.05)), min_size=1, max_size=50))
def test_proj_agrees(places: list[tuple[float, float]]) -> None:
    for place in places:
        ((x, y),) = projected([place])[0]
        east, north = PROJ.transform(*place)
        assert abs(x - (east / HALF + 1) / 2 * WORLD) <= 0.6
        assert abs(y - (1 - north / HALF) / 2 * WORLD) <= 0.6


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.integers(0, WORLD), st.integers(0, WORLD))
def test_there_and_back(x: int, y: int) -> None:
    lng, lat = np.empty(1), np.empty(1)
    unproject(np.array([float(x)]), np.array([float(y)]), lng, lat)
    ((back_x, back_y),) = projected([(lng[0], lat[0])])[0]
    assert abs(back_x - x) <= 1 and abs(back_y - y) <= 1


def test_repeats_are_dropped_within_a_part_only() -> None:
    a, b = (10.0, 10.0), (10.0, 10.00000000001)
    got, offsets = projected([a, a, b, a, a, (11, 10), a], [0, 4, 4, 5, 7])
    assert offsets == [0, 1, 1, 2, 4]
    assert got[0] == got[1] == got[3] != got[2]


def test_nothing() -> None:
    assert projected([]) == ([], [0, 0])
    assert projected([], [0]) == ([], [0])


def test_one_unit_is_the_same_square_everywhere() -> None:
    """Latitudes grow northwards, rows southwards, and nothing folds."""
    lats = np.linspace(-89, 89, 500)
    ys = [y for _, y in projected([(0.0, lat) for lat in lats])[0]]
    assert all(a > b for a, b in pairwise(ys))
