"""Voids by hand, against scipy's labels and a dense solver, and the law that blocks do not matter."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.ndimage
from numpy.typing import NDArray

from pipeline.kernels.fill_voids import fill_voids, label_voids, spread_faults

Plane = NDArray[np.float32]
NAN = math.nan


def fill(heights: object, span: int = 8, cells: int = 64) -> tuple[Plane, int]:
    plane = np.array(heights, np.float32)
    room = [np.empty(plane.size, np.int32) for _ in range(2)]
    return plane, fill_voids(plane, span, cells, room[0], room[1], np.empty(cells))


def test_one_cell_is_the_mean_of_its_sides() -> None:
    filled, count = fill([[9, 1, 9], [2, NAN, 4], [9, 5, 9]])
    assert count == 1 and filled[1, 1] == 3.0 and filled[0].tolist() == [9, 1, 9]


def test_two_cells_by_hand() -> None:
    """4a = 1 + 2 + 3 + b and 4b = 5 + 6 + 7 + a: a = 14/5... from 15a = 24 + 18, b = 4a − 6."""
    filled, count = fill([[0, 1, 5, 0], [2, NAN, NAN, 6], [0, 3, 7, 0]])
    assert count == 2
    np.testing.assert_allclose(filled[1, 1:3], [2.8, 5.2], atol=1e-4)


def test_small_by_span_and_by_number() -> None:
    row = [1.0, NAN, NAN, NAN, 1.0]
    plane = [[1.0] * 5, row, [1.0] * 5]
    assert fill(plane, span=3)[1] == 3
    assert fill(plane, span=2)[1] == 0
    assert fill(plane, span=3, cells=2)[1] == 0
    assert fill(plane, span=0)[1] == 0


def test_what_may_go_on_outside_is_left() -> None:
    for plane in ([[NAN, 1], [1, 1]], [[NAN, NAN], [NAN, NAN]], [[1, 1, 1], [1, 1, NAN], [1, 1, 1]]):
        assert fill(plane)[1] == 0
    assert fill(np.empty((0, 0)))[1] == 0
    assert fill(np.ones((3, 3)))[1] == 0


def test_a_plane_goes_on() -> None:
    r, c = np.mgrid[0:30, 0:40]
    plane = 100 + 3.0 * r - 1.5 * c
    holes = plane.copy()
    holes[5:15, 8:20] = NAN
    holes[20:28, 5] = NAN
    holes[22, 3:9] = NAN
    filled, count = fill(holes, 20, 400)
    assert count == 10 * 12 + 8 + 5
    np.testing.assert_allclose(filled, plane, atol=2e-3)


@pytest.mark.parametrize("seed", range(4))
def test_the_film_solves_laplace(seed: int) -> None:
    """Against a dense solver, for voids of any shape."""
    draw = np.random.default_rng(seed)
    known = np.pad(draw.random((18, 18)) > 0.35, 1, constant_values=True)
    plane = np.where(known, draw.uniform(0, 1000, known.shape), NAN)
    filled, count = fill(plane, 20, 400)
    cells = [tuple(map(int, cell)) for cell in np.argwhere(~known)]
    assert count == len(cells)
    matrix, right = np.zeros((count, count)), np.zeros(count)
    for k, (r, c) in enumerate(cells):
        matrix[k, k] = 4
        for side in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)):
            if known[side]:
                right[k] += np.float32(plane[side])
            else:
                matrix[k, cells.index(side)] = -1
    np.testing.assert_allclose(filled[~known], np.linalg.solve(matrix, right), atol=5e-3)
    assert filled[~known].max() <= np.nanmax(plane) and filled[~known].min() >= np.nanmin(plane)


def test_the_division_into_blocks_does_not_matter() -> None:
    """Whatever block reaches `span` cells beyond a cell gives it the same bits."""
    draw = np.random.default_rng(7)
    span = 6
    plane = draw.uniform(0, 1000, (60, 70)).astype(np.float32)
    plane[draw.random(plane.shape) < 0.5] = NAN
    whole, _ = fill(plane, span, 30)
    assert 0 < np.isnan(whole).sum() < np.isnan(plane).sum()
    for top, left, rows, columns in ((6, 6, 20, 30), (17, 23, 9, 9), (30, 10, 24, 50), (20, 20, 1, 1)):
        block = plane[top - span : top + rows + span, left - span : left + columns + span]
        inner, _ = fill(block, span, 30)
        got = inner[span : span + rows, span : span + columns]
        assert got.tobytes() == whole[top : top + rows, left : left + columns].tobytes()


@pytest.mark.parametrize("share", [0.0, 0.2, 0.6, 1.0])
def test_labels_are_those_of_scipy(share: float) -> None:
    plane = np.random.default_rng(3).random((25, 31)).astype(np.float32)
    plane[plane < share] = NAN
    labels, queue = np.empty(plane.size, np.int32), np.empty(plane.size, np.int32)
    cells, places = np.zeros(plane.size, np.int64), np.zeros(plane.size, np.int64)
    count = label_voids(plane, labels, queue, cells, places)
    wanted, number = scipy.ndimage.label(np.isnan(plane))
    assert count == number
    assert (labels.reshape(plane.shape) == wanted - 1).all()  # scipy numbers them in the same order
    assert cells[:count].tolist() == np.bincount(wanted.ravel(), minlength=number + 1)[1:].tolist()
    assert places[:count].tolist() == [int(np.flatnonzero(wanted.ravel() == k + 1)[0]) for k in range(number)]


def test_faults_spread() -> None:
    plane = np.full((5, 6), 100, np.float32)
    plane[0, 0], plane[4, 4], plane[2, 2], plane[4, 0] = 9001, -np.inf, 9000, NAN
    marks = np.zeros(plane.shape, np.uint8)
    assert spread_faults(plane, -500.0, 9000.0, 1, marks) == 2
    unknown = {(0, 0), (0, 1), (1, 0), (1, 1), (3, 3), (3, 4), (3, 5), (4, 3), (4, 4), (4, 5), (4, 0)}
    assert {tuple(map(int, cell)) for cell in np.argwhere(np.isnan(plane))} == unknown
    assert plane[2, 2] == 9000
    assert spread_faults(plane, -500.0, 9000.0, 1, marks) == 0
