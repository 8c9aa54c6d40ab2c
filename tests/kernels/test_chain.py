"""Pieces put together and lines tidied, by hand and cut at random."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.kernels.chain import chain, tidy
from tests.kernels.pieces import EXAMPLES

Points = list[tuple[float, float]]


def ragged(lines: list[Points]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    flat = np.array([point for line in lines for point in line], np.float64).reshape(-1, 2)
    return np.cumsum([0, *map(len, lines)]).astype(np.int64), flat[:, 0].copy(), flat[:, 1].copy()


def chained(follower: list[int], lines: list[Points]) -> list[tuple[int, Points]]:
    offsets, x, y = ragged(lines)
    first, out = np.empty(len(lines), np.int64), np.empty(len(lines) + 1, np.int64)
    ox, oy = np.empty(len(x)), np.empty(len(y))
    n = chain(np.array(follower, np.int64), offsets, x, y, first, out, ox, oy)
    return [(int(first[i]), list(zip(ox[a:b].tolist(), oy[a:b].tolist(), strict=True)))
            for i, (a, b) in enumerate(pairwise(out[: n + 1]))]  # fmt: skip


def tidied(lines: list[Points], nearest: float, smallest: float) -> list[tuple[int, Points]]:
    offsets, x, y = ragged(lines)
    kept, out = np.empty(len(lines), np.int64), np.empty(len(lines) + 1, np.int64)
    ox, oy = np.empty(len(x)), np.empty(len(y))
    n = tidy(offsets, x, y, nearest, smallest, kept, out, ox, oy)
    return [(int(kept[i]), list(zip(ox[a:b].tolist(), oy[a:b].tolist(), strict=True)))
            for i, (a, b) in enumerate(pairwise(out[: n + 1]))]  # fmt: skip


def test_pieces_by_hand() -> None:
    a, b, c, d = (0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (2.0, 1.0)
    assert chained([], []) == []
    assert chained([-1], [[a, b]]) == [(0, [a, b])]
    assert chained([-1, 0], [[b, c, d], [a, b]]) == [(1, [a, b, c, d])]
    assert chained([1, 0], [[a, b, c], [c, d, a]]) == [(0, [a, b, c, d, a])]
    assert chained([0], [[a, b, c, a]]) == [(0, [a, b, c, a])]
    # Lines with a beginning come before rings.
    assert chained([1, 0, -1], [[a, b, c], [c, d, a], [a, d]]) == [(2, [a, d]), (0, [a, b, c, d, a])]


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=6), max_size=6), st.booleans(), st.randoms())
def test_whatever_was_cut_comes_back(cuts: list[list[int]], closed: bool, random) -> None:  # type: ignore[no-untyped-def]
    pieces: list[tuple[int, int, Points]] = []
    wholes = []
    for number, lengths in enumerate(cuts):
        line = [(float(number), float(i)) for i in range(sum(lengths) + 1)]
        if closed:
            line[-1] = line[0]
        wholes.append(line)
        at = 0
        for part, length in enumerate(lengths):
            pieces.append((number, part, line[at : at + length + 1]))
            at += length
    random.shuffle(pieces)
    place = {(number, part): i for i, (number, part, _points) in enumerate(pieces)}
    after = [place.get((number, part + 1), place[number, 0] if closed else -1) for number, part, _points in pieces]
    found = sorted(line for _first, line in chained(after, [points for *_which, points in pieces]))
    if closed:
        assert [sorted(line[1:]) for line in found] == [sorted(line[1:]) for line in sorted(wholes)]
        assert all(line[0] == line[-1] for line in found)
    else:
        assert found == sorted(wholes)


def test_tidying_by_hand() -> None:
    square = [(4.0, 4.0), (4.0, 2.0), (2.0, 2.0), (2.0, 4.0), (4.0, 4.0)]
    turned = [(2.0, 2.0), (2.0, 4.0), (4.0, 4.0), (4.0, 2.0), (2.0, 2.0)]
    assert tidied([square], 0.1, 4.0) == [(0, turned)]
    assert tidied([square], 0.1, 4.01) == []
    line = [(0.0, 0.0), (0.05, 0.0), (1.0, 0.0), (1.95, 0.0), (2.0, 0.0)]
    assert tidied([square, line], 0.1, 9.0) == [(1, [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)])]
    assert tidied([[(0.0, 0.0), (0.01, 0.0)], [(1.0, 1.0)], []], 0.1, 0.0) == []
    # All corners on one spot: a ring around a sample that is on the line's very height.
    assert tidied([[(1.0, 1.0), (1.001, 1.0), (1.0, 1.001), (1.0, 1.0)]], 0.1, 0.0) == []
    # The end stays where the vertex before it is too near.
    assert tidied([[(0.0, 0.0), (1.0, 0.0), (1.05, 0.0)]], 0.1, 0.0) == [(0, [(0.0, 0.0), (1.05, 0.0)])]


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=12, unique=True), st.data())
def test_a_ring_is_the_same_wherever_it_was_begun(corners: list[tuple[int, int]], data: st.DataObject) -> None:
    ring = [(float(x), float(y)) for x, y in corners]
    turn = data.draw(st.integers(0, len(ring) - 1))
    other = ring[turn:] + ring[:turn]
    assert tidied([[*ring, ring[0]]], 0.5, 0.0) == tidied([[*other, other[0]]], 0.5, 0.0)
    (_, found), *_ = tidied([[*ring, ring[0]]], 0.5, 0.0)
    assert found[0] == found[-1] == min(ring, key=lambda p: (p[1], p[0])) and len(found) == len(ring) + 1
