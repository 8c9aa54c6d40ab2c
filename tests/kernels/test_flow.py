from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.kernels.flow import accumulate, cost_distance, incise, inherit, priority_flood, receivers

#   A 5 × 5 bowl: rim 5, one outlet of height 1 on the left, a pit of 0 in the middle.
BOWL = np.array([[5, 5, 5, 5, 5], [5, 3, 3, 3, 5], [1, 2, 0, 3, 5], [5, 3, 3, 3, 5], [5, 5, 5, 5, 5]], np.float64)


def flood(land: np.ndarray, outlets: np.ndarray, epsilon: float = 0.01) -> tuple[np.ndarray, np.ndarray, int]:
    filled, order = np.full(land.size, np.nan), np.full(land.size, -1, np.int64)
    reached = priority_flood(land.ravel(), outlets.ravel(), land.shape[1], epsilon, filled, order)
    return filled.reshape(land.shape), order, reached


def route(filled: np.ndarray, outlets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    receiver, length = np.empty(filled.size, np.int64), np.empty(filled.size)
    receivers(filled.ravel(), outlets.ravel(), filled.shape[1], 10.0, receiver, length)
    return receiver, length


def rim(shape: tuple[int, int]) -> np.ndarray:
    out = np.zeros(shape, np.bool_)
    out[[0, -1], :] = out[:, [0, -1]] = True
    return out


def test_a_pit_is_filled_to_just_above_its_sill() -> None:
    outlets = np.zeros_like(BOWL, np.bool_)
    outlets[2, 0] = True
    filled, order, reached = flood(BOWL, outlets)
    assert reached == 25 and order[0] == 10
    assert filled[2, 1] == 2.0  # the sill keeps its height
    assert filled[2, 2] == 2.01  # the pit is lifted ε above it
    assert np.all(filled >= BOWL)
    receiver, length = route(filled, outlets)
    assert receiver[12] == 11 and receiver[11] == 10 and receiver[10] == 10
    assert length[12] == 10.0 and length[10] == 0.0
    assert length[6] == pytest.approx(14.142135623730951)  # (1, 1) drains diagonally to the outlet
    area = np.ones(25)
    accumulate(order, receiver, area)
    assert area[10] == 25.0  # all water leaves through the one outlet


def test_cells_cut_off_from_every_outlet_are_not_reached() -> None:
    _filled, order, reached = flood(np.zeros((3, 3)), np.zeros((3, 3), np.bool_))
    assert reached == 0 and np.all(order == -1)


@settings(max_examples=40, deadline=None)
@given(arrays(np.float64, (7, 9), elements=st.integers(0, 30).map(float)))
def test_filled_land_drains_and_keeps_all_water(land: np.ndarray) -> None:
    outlets = rim(land.shape)
    filled, order, reached = flood(land, outlets)
    assert reached == land.size and sorted(order.tolist()) == list(range(land.size))
    receiver, _length = route(filled, outlets)
    flat = filled.ravel()
    inner = ~outlets.ravel()
    assert np.all(flat[receiver[inner]] < flat[inner])  # strictly downhill, so without cycles
    area = np.ones(land.size)
    accumulate(order, receiver, area)
    assert area[receiver == np.arange(land.size)].sum() == land.size
    label = np.where(outlets.ravel(), np.arange(land.size), -1)
    inherit(order, receiver, label)
    for cell in range(land.size):  # the naive twin: follow the water down
        at = cell
        while receiver[at] != at:
            at = receiver[at]
        assert label[cell] == at


def test_incision_of_one_reach_is_the_closed_form() -> None:
    # Two cells: an outlet at 0 and one 10 m away with A = 100 m², K·Δt = 2, m = 0.5: F = 2·10/10 = 2.
    elevation = np.array([0.0, 30.0])
    incise(
        np.array([0, 1]), np.array([0, 0]), np.array([0.0, 10.0]), np.array([200.0, 100.0]), np.array([0.0, 3.0]),
        np.array([2.0, 2.0]), 0.5, np.array([9.0, 9.0]), elevation,
    )  # fmt: skip
    assert elevation.tolist() == [0.0, 11.0]  # (30 + 3 + 2·0) / (1 + 2)
    steep = np.array([0.0, 300.0])
    incise(
        np.array([0, 1]), np.array([0, 0]), np.array([0.0, 10.0]), np.array([200.0, 100.0]), np.zeros(2),
        np.zeros(2), 0.5, np.array([0.7, 0.7]), steep,
    )  # fmt: skip
    assert steep.tolist() == [0.0, 7.0]  # the talus angle: 0.7 over 10 m


def naive_distance(cost: np.ndarray, land: np.ndarray, seeds: list[int], weight: float) -> np.ndarray:
    rows, cols = cost.shape
    best = np.full(cost.size, np.inf)
    heap = [(0.0, seed) for seed in seeds]
    for seed in seeds:
        best[seed] = 0.0
    while heap:
        at, cell = heapq.heappop(heap)
        if at > best[cell]:
            continue
        y, x = divmod(cell, cols)
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                v, u = y + dy, x + dx
                if (dy or dx) and 0 <= v < rows and 0 <= u < cols and cost[v, u] > 0:
                    run = 10.0 * (2.0**0.5 if dy and dx else 1.0)
                    slope = weight * (land[v, u] - land[y, x]) / run
                    to = at + run * (cost[v, u] + cost[y, x]) / 2 * (1 + slope * slope)
                    if to < best[v * cols + u]:
                        best[v * cols + u] = to
                        heapq.heappush(heap, (to, v * cols + u))
    return best


@settings(max_examples=30, deadline=None)
@given(
    arrays(np.float64, (6, 5), elements=st.sampled_from([0.0, 1.0, 2.0, 5.0])),
    arrays(np.float64, (6, 5), elements=st.integers(0, 9).map(float)),
    st.lists(st.integers(0, 29), min_size=1, max_size=3, unique=True),
)
def test_cost_distance_is_that_of_a_plain_dijkstra(cost: np.ndarray, land: np.ndarray, seeds: list[int]) -> None:
    distance, source, previous = np.empty(30), np.empty(30, np.int64), np.empty(30, np.int64)
    cost_distance(cost.ravel(), np.array(seeds), 5, 10.0, 3.0, land.ravel(), distance, source, previous)
    np.testing.assert_allclose(distance, naive_distance(cost, land, seeds, 3.0), rtol=1e-12)
    for cell in range(30):
        if np.isfinite(distance[cell]):
            at = cell
            while previous[at] >= 0:
                assert distance[previous[at]] <= distance[at]
                at = int(previous[at])
            assert at == seeds[source[cell]]
        else:
            assert source[cell] == -1 and previous[cell] == -1


def test_nan_and_zero_cost_are_walls() -> None:
    cost = np.array([[1.0, np.nan, 1.0], [1.0, 0.0, 1.0], [1.0, -1.0, 1.0]])
    distance, source, previous = np.empty(9), np.empty(9, np.int64), np.empty(9, np.int64)
    cost_distance(cost.ravel(), np.array([0]), 3, 1.0, 0.0, np.zeros(9), distance, source, previous)
    assert np.isinf(distance[[1, 2, 4, 5, 7, 8]]).all() and distance[[0, 3, 6]].tolist() == [0.0, 1.0, 2.0]
