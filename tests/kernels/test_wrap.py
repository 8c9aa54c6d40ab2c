"""Longitudes without jumps: what is taken for a way across the antimeridian, by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.wrap import DIVIDED, GARBAGE, INSIDE, SHIFTED, unwrap
from pipeline.types import EXTERIOR, OPEN


def unwrapped(lng: list[float], role: int = EXTERIOR, points: bool = False) -> tuple[list[float], int]:
    x, out, fates = np.array(lng, np.float64), np.full(len(lng), np.nan), np.full(1, 9, np.uint8)
    one = np.array([0, 1], np.int64)
    roles = np.array([role], np.uint8)
    found = unwrap(one, np.array([0, len(lng)], np.int64), roles, np.array([points]), x, out, fates)
    assert found == (fates[0] != INSIDE)
    return out.tolist(), int(fates[0])


RINGS = {
    "in the world": ([10, 20, 20, 10], [10, 20, 20, 10], INSIDE),
    "on both ends of the world": ([-180, 180, 180, -180, -180], [-180, 180, 180, -180, -180], INSIDE),
    "Antarctica": ([-180, 0, 180, 180, -180, -180], [-180, 0, 180, 180, -180, -180], INSIDE),
    "wide, but not at the ends": ([-169, 175, 175, -169, -169], [-169, 175, 175, -169, -169], INSIDE),
    "beyond": ([170, 190, 190, 170, 170], [170, 190, 190, 170, 170], DIVIDED),
    "beyond, west": ([-190, -170, -190], [-190, -170, -190], DIVIDED),
    "wholly beyond": ([181, 190, 190, 181], [-179, -170, -170, -179], SHIFTED),
    "wholly beyond, west": ([-181, -190, -190, -181], [179, 170, 170, 179], SHIFTED),
    "from the end on": ([180, 190, 190, 180], [-180, -170, -170, -180], SHIFTED),
    "up to the next end": ([500, 540, 500], [140, 180, 140], SHIFTED),
    "jumping": ([179, -179, -179, 179, 179], [179, 181, 181, 179, 179], DIVIDED),
    "jumping, from the west": ([-179, 179, 179, -179], [-179, -181, -181, -179], DIVIDED),
    "jumping to the end only": ([179, -180, -180, 179], [179, 180, 180, 179], SHIFTED),
    "jumping from end to end": (
        [175, 180, -180, -175, -180, 180, 175],
        [175, 180, 180, 185, 180, 180, 175],
        DIVIDED,
    ),
    "around a pole": ([0, 90, 175, -175, -90, 0], [0, 90, 175, 185, 270, 360], DIVIDED),
    "far away": ([1e6, 2e6, 2e6, 1e6], [1e6, 2e6, 2e6, 1e6], GARBAGE),
}


@pytest.mark.parametrize("name", RINGS)
def test_rings_by_hand(name: str) -> None:
    lng, expected, fate = RINGS[name]
    assert unwrapped(lng) == (expected, fate)


def test_a_line_may_begin_and_end_at_a_jump() -> None:
    assert unwrapped([179, -179], OPEN) == ([179, 181], DIVIDED)
    assert unwrapped([-180, 180], OPEN) == ([-180, 180], INSIDE)  # around the world along a parallel
    assert unwrapped([-180, 180, 179], OPEN) == ([180, 180, 179], SHIFTED)


def test_points_are_moved_one_by_one() -> None:
    assert unwrapped([181, -181, 540, -540, 180, -180, 0, 899], OPEN, points=True) == (
        [-179, 179, 180, -180, 180, -180, 0, 179],
        SHIFTED,
    )
    assert unwrapped([179, -179], OPEN, points=True) == ([179, -179], INSIDE)


def test_nothing_at_all() -> None:
    none = np.empty(0)
    assert unwrap(np.zeros(1, np.int64), np.zeros(1, np.int64), np.empty(0, np.uint8), np.empty(0, bool), none, none,
                  np.empty(0, np.uint8)) == 0  # fmt: skip
    fates = np.full(1, 9, np.uint8)
    two = np.zeros(2, np.int64)
    assert unwrap(two, np.zeros(1, np.int64), np.empty(0, np.uint8), np.zeros(1, bool), none, none, fates) == 0
    assert fates[0] == INSIDE


@given(st.lists(st.floats(-180, 180), min_size=2, max_size=20), st.sampled_from([OPEN, EXTERIOR]))
def test_whole_turns_only_and_no_jump_is_left(lng: list[float], role: int) -> None:
    out, fate = unwrapped(lng, role)
    assert all(abs((a - b) / 360 - round((a - b) / 360)) < 1e-9 for a, b in zip(lng, out, strict=True))
    for (a, c), (b, d) in zip(pairwise(lng), pairwise(out), strict=True):
        if fate in (SHIFTED, DIVIDED) and min(abs(a), abs(c)) >= 170 and 180 < abs(a - c) < 360:
            assert abs(b - d) <= 20
        elif abs(a - c) < 360:
            assert abs(b - d) == pytest.approx(abs(a - c), abs=1e-9)
