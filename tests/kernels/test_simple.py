"""The cheap half of the validity check: whatever GEOS calls invalid is suspected, whole areas of a source too."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.kernels.outlines import outlines
from pipeline.kernels.pieces import SUSPECT
from pipeline.kernels.simple import mark_suspects
from tests.kernels.pieces import EXAMPLES, Ring, area2, piece, ragged

SHELL: Ring = [(0, 0), (100, 0), (100, 100), (0, 100)]


def hole(x: int, y: int, size: int) -> Ring:
    return [(x, y), (x, y + size), (x + size, y + size), (x + size, y)]


def circle(n: int, r: float, x: float = 0, y: float = 0) -> Ring:
    turns = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return [(round(x + r * np.cos(t)), round(y + r * np.sin(t))) for t in turns]


def suspected(*rings: Ring) -> bool:
    one = piece(*rings)
    count = mark_suspects(one)
    assert count == (one.flag[0] == SUSPECT)
    return bool(count)


SOUND = {
    "triangle": [[(0, 0), (9, 0), (0, 9)]],
    "square": [SHELL],
    "hole": [SHELL, hole(10, 10, 20)],
    "two holes": [SHELL, hole(10, 10, 20), hole(40, 10, 20)],
    "two shells": [SHELL, [(200, 0), (300, 0), (300, 100)]],
    "two shells with holes": [SHELL, hole(10, 10, 20), [(200, 0), (300, 0), (300, 100), (200, 100)], hole(210, 10, 9)],
    "convex with upright edges": [[(0, 0), (9, -4), (20, 0), (20, 8), (9, 14), (0, 8)]],
    "convex but for one corner": [[(0, 0), (20, 0), (20, 20), (10, 9), (0, 20)]],
    "circle of many edges": [circle(200, 4000)],
    "circle with circle": [circle(200, 4000), circle(100, 2000)[::-1]],
    "very many edges": [circle(2000, 400_000)],
    "very many edges and holes": [
        circle(1100, 400_000),
        *(hole(x, y, 900) for x in range(-9000, 9000, 1000) for y in range(-9000, 9000, 1000)),
    ],
    "very many edges in two shells": [
        circle(600, 4000),
        circle(300, 2000)[::-1],
        circle(600, 4000, 9000),
        circle(300, 2000, 9000)[::-1],
    ],
}
BROKEN = {
    "a star goes round twice": [[(100, 0), (-81, 59), (31, -95), (31, 95), (-81, -59)]],
    "bow-tie": [[(0, 0), (10, 10), (10, 0), (0, 10)]],
    "touches itself": [[(0, 0), (10, 0), (5, 5), (10, 10), (0, 10), (5, 5)]],
    "edge on edge": [[(0, 0), (10, 0), (10, 5), (5, 5), (5, 0), (3, 0), (3, 9), (0, 9)]],
    "hole outside": [SHELL, hole(200, 10, 20)],
    "hole crosses": [SHELL, hole(90, 10, 20)],
    "hole in hole": [SHELL, hole(10, 10, 50), hole(20, 20, 10)],
    "holes overlap": [SHELL, hole(10, 10, 20), hole(20, 20, 20)],
    "shell in shell": [SHELL, [(10, 10), (20, 10), (20, 20)]],
    "hole of the other shell": [SHELL, [(200, 0), (300, 0), (300, 100), (200, 100)], hole(10, 10, 20)],
    "crossing far round a circle": [[*circle(200, 4000)[:150], (0, 4500)]],
    "the first edge crosses the last but one": [[(0, 0), (10, 0), (10, 10), (5, -1), (5, -9)]],
    "the last of 32 edges crosses the first": [[*circle(31, 4000)[:30], (3990, 500), (3990, -10)]],
    "very many edges, two cross": [[*circle(2000, 400_000)[:1500], (0, 450_000)]],
    "very many edges, one of the last crosses the first": [
        [*circle(2000, 400_000)[1:-1], (399_000, 1900), (400_100, 1900)]
    ],
    "hole outside of very many edges": [circle(1100, 400_000), hole(500_000, 0, 9)],
    "hole of another shell of very many edges": [
        circle(600, 4000),
        circle(600, 4000, 9000),
        circle(300, 2000)[::-1],
        circle(300, 2000, 9000)[::-1],
    ],
}


@pytest.mark.parametrize("name", SOUND)
def test_sound(name: str) -> None:
    assert not suspected(*SOUND[name])


@pytest.mark.parametrize("name", BROKEN)
def test_broken(name: str) -> None:
    assert suspected(*BROKEN[name])


def test_touching_is_suspected_though_it_may_be_valid() -> None:
    assert suspected(SHELL, [(0, 50), (20, 60), (20, 40)])
    assert suspected(SHELL, hole(10, 10, 50), [(20, 20), (30, 20), (30, 30)]), "an island in a hole"


def test_a_suspect_stays_one_and_nothing_is_sound() -> None:
    one = piece(SHELL)
    one.flag[0] = SUSPECT
    assert mark_suspects(one) == 1
    assert not suspected()


GRID = st.tuples(st.integers(0, 6), st.integers(0, 6))


@settings(max_examples=3 * EXAMPLES, deadline=None)
@given(st.lists(st.lists(GRID, min_size=3, max_size=9, unique=True), min_size=1, max_size=3))
def test_what_is_not_suspected_is_valid(rings: list[Ring]) -> None:
    """No three vertices in a row, as `clean_ring` leaves them; the first ring is a shell."""
    sound = []
    for k, ring in enumerate(rings):
        n = len(ring)
        for i in range(n):
            (ax, ay), (bx, by), (cx, cy) = ring[i - 1], ring[i], ring[(i + 1) % n]
            if (bx - ax) * (cy - by) == (by - ay) * (cx - bx):
                return
        if area2(ring) == 0:
            return
        sound.append(ring if k or area2(ring) > 0 else ring[::-1])
    polygons: list[tuple[Ring, list[Ring]]] = []
    for ring in sound:
        if area2(ring) > 0:
            polygons.append((ring, []))
        else:
            polygons[-1][1].append(ring)
    shape = shapely.MultiPolygon([shapely.Polygon(shell, holes) for shell, holes in polygons])
    if not suspected(*sound):
        assert shape.is_valid, shapely.is_valid_reason(shape)


# ---------------------------------------------------------------- whole areas


def outline(*parts: tuple[int, Ring]) -> tuple[bool, list[Ring]]:
    """Whether one feature is suspected, and its rings as pieces."""
    x, y, offsets = ragged([[*ring, ring[0]] if ring else [] for _, ring in parts])
    roles = np.array([role for role, _ in parts], np.uint8)
    one = np.zeros(1, np.int64)
    made = outlines(x, y, offsets, roles, one, np.array([len(parts)], np.int64), one)
    rings = [
        list(zip(made.x[a:b].tolist(), made.y[a:b].tolist(), strict=True))
        for a, b in zip(made.vertex_offsets[:-1], made.vertex_offsets[1:], strict=True)
    ]
    return bool(mark_suspects(made)), rings


def test_outlines_are_wound_by_role_and_begin_at_the_first_vertex() -> None:
    far = [(x + 2**36, y - 2**36) for x, y in SHELL]
    inside = [(x + 2**36, y - 2**36) for x, y in hole(10, 10, 20)]
    for shell, inner in ((far, inside), (far[::-1], inside[::-1])):
        suspect, rings = outline((1, shell), (2, inner))
        assert not suspect and [area2(r) for r in rings] == [20000, -800]
    assert outline((1, far))[1] == [list(SHELL)]


@pytest.mark.parametrize("name", BROKEN)
def test_broken_outlines(name: str) -> None:
    parts = [(1 if k == 0 or area2(ring) > 0 else 2, ring) for k, ring in enumerate(BROKEN[name])]
    assert outline(*parts)[0]


def test_degenerate_outlines() -> None:
    assert outline((1, [(0, 0), (5, 5)])) == (False, []), "no area: nothing to mend"
    assert outline((1, [(7, 7)])) == (False, [])
    assert outline() == (False, [])
    assert outline((1, [(0, 0), (9, 0), (5, 0)]), (2, hole(1, 1, 3)))[0], "a hole in nothing"
    assert outline((2, hole(1, 1, 3)))[0]
    assert outline((1, [(0, 0), (10, 10), (10, 0), (0, 10)]))[0], "halves of equal size"
    assert outline((1, [(0, 0), (50, 0), (100, 0), (50, 0), (50, 50)])) == (False, [[(0, 0), (50, 0), (50, 50)]])


def test_what_is_too_wide_to_be_exact_is_geos_to_say() -> None:
    for reach, suspect in ((2**29, False), (2**29 + 1, True)):
        assert outline((1, [(0, 0), (reach, 0), (0, reach)]))[0] == suspect
