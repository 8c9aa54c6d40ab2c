"""Islands that meet as the sea falls, by hand; prominence as a whole is tried in tests/raster/test_peaks.py."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels.summits import key_passes, passes

Found = list[tuple[int, int, float]]


def found(heights: list[list[float]], least: float) -> tuple[Found, list[tuple[int, int]]]:
    """The passes; and of each island its highest and its lowest sample."""
    high = np.array(heights, np.float32)
    order = np.argsort(-high.ravel(), kind="stable")[: int((~np.isnan(high)).sum())]
    parent, top, low = (np.full(high.size, -9, np.int32) for _ in range(3))
    a, b = np.empty(2 * len(order), np.int32), np.empty(2 * len(order), np.int32)
    height = np.empty(2 * len(order), np.float32)
    n = passes(high, order, least, parent, top, low, np.empty(high.size, np.bool_), a, b, height)
    islands = np.flatnonzero(parent == np.arange(high.size))
    return (
        list(zip(a[:n].tolist(), b[:n].tolist(), height[:n].tolist(), strict=True)),
        list(zip(top[islands].tolist(), low[islands].tolist(), strict=True)),
    )


def keys(edges: Found, heights: list[float], lowest: list[float]) -> NDArray[np.float32]:
    a, b, height = (np.array([edge[i] for edge in edges]) for i in range(3))
    out = np.empty(len(heights), np.float32)
    order = np.argsort(-height, kind="stable").astype(np.int64)
    key_passes(
        a.astype(np.int64), b.astype(np.int64), height.astype(np.float32), order, np.array(heights, np.float32),
        np.array(lowest, np.float32), np.empty(len(heights), np.int64), out,
    )  # fmt: skip
    return out


def test_inner_tops_end_at_their_pass() -> None:
    flat = [[0.0] * 7 for _ in range(5)]
    flat[2] = [0, 0, 9, 4, 7, 0, 0]
    edges, islands = found(flat, 1.0)
    assert (18, 16, 4.0) in edges  # the top of 7 meets that of 9 at 4
    assert islands == [(16, 34)]
    rim = {i for i in range(35) if i // 7 in (0, 4) or i % 7 in (0, 6)}
    assert {edge[0] for edge in edges} - {18} <= rim and len(edges) == len(rim) + 1
    assert (18, 16, 4.0) not in found(flat, 3.5)[0]  # it stands 3 above the pass


def test_whatever_touches_the_rim_is_kept() -> None:
    edges, islands = found([[5.0, 1.0, 4.0]], 100.0)
    assert edges == [(2, 0, 1.0), (1, 0, 1.0)] and islands == [(0, 1)]
    assert found([[3.0, 3.0]], 100.0) == ([(1, 0, 3.0)], [(0, 1)])  # of equals the first is higher
    assert found([[np.nan, 2.0], [np.nan, np.nan]], 1.0) == ([], [(1, 1)])
    assert found([[1.0, np.nan, 2.0]], 1.0) == ([], [(0, 0), (2, 2)])
    assert found([[np.nan]], 1.0) == ([], [])
    assert found([[1.0, np.nan], [np.nan, 2.0]], 9.0) == ([(0, 3, 1.0)], [(3, 0)])  # samples touch at corners


def test_keys_by_hand() -> None:
    # 9 –5– 7 –6– 8: the 7 meets the 8 first, at 6, then both meet the 9.
    assert keys([(0, 1, 5.0), (1, 2, 6.0)], [9, 7, 8], [9, 1, 8]).tolist() == [1, 6, 5]
    assert keys([], [4.0], [4.0]).tolist() == [4]
    assert keys([(0, 1, 2.0), (1, 0, 1.0)], [5, 5], [0, 5]).tolist() == [0, 2]  # of equals the first is higher
