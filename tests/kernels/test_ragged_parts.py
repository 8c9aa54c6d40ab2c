"""Nested lists → ragged features: rings by hand; `tests/sources/test_parquet.py` holds them against WKB's own walk."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.kernels.ragged_parts import ragged_parts
from pipeline.kernels.wkb import COORDINATES, EMPTY, NULL, SHORT, UNCLOSED

NAN, INF = float("nan"), float("inf")
POINT, LINE, POLYGON = 1, 2, 3
SQUARE = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]


def run(kind: int, features: list[list[list[list[tuple[float, float]]]]], valid: list[bool] | None = None) -> Any:
    """Kinds, flags, and of each feature its parts as (role, vertices)."""
    members = np.cumsum([0, *(len(f) for f in features)], dtype=np.int64)
    rings = np.cumsum([0, *(len(m) for f in features for m in f)], dtype=np.int64)
    ends = np.cumsum([0, *(len(r) for f in features for m in f for r in m)], dtype=np.int64)
    vertices = np.array([v for f in features for m in f for r in m for v in r], np.float64).reshape(-1, 2)
    x, y = vertices.T.copy()
    runs, count = len(ends) - 1, len(features)
    kinds, flags = np.empty(count, np.uint8), np.empty(count, np.int32)
    part_offsets, vertex_offsets = np.empty(count + 1, np.int64), np.empty(runs + 1, np.int64)
    roles = np.empty(runs, np.uint8)
    out_x, out_y = np.empty(len(x) + runs), np.empty(len(x) + runs)
    parts, kept = ragged_parts(
        kind, np.array(valid or [], np.bool_), members, rings, ends, x, y,
        kinds, flags, part_offsets, vertex_offsets, roles, out_x, out_y,
    )  # fmt: skip
    assert (part_offsets[-1], vertex_offsets[parts]) == (parts, kept)
    found = [
        [
            (int(roles[p]), list(zip(out_x[a:b].tolist(), out_y[a:b].tolist(), strict=True)))
            for p in range(part_offsets[i], part_offsets[i + 1])
            for a, b in [vertex_offsets[p : p + 2]]
        ]
        for i in range(count)
    ]
    return kinds.tolist(), flags.tolist(), found


@pytest.mark.parametrize(
    ("kind", "feature", "flags", "parts"),
    [
        (POINT, [[[(1, 2)]]], 0, [(0, [(1, 2)])]),
        (POINT, [[[(NAN, NAN)]]], EMPTY, []),
        (POINT, [[[(NAN, 1)]]], COORDINATES, []),
        (POINT, [[[(1, 2), (NAN, NAN), (3, 4)]]], 0, [(0, [(1, 2), (3, 4)])]),
        (POINT, [[[]]], EMPTY, []),
        (LINE, [[[(0, 0), (1, 1)]], [[(2, 2), (3, 3)]]], 0, [(0, [(0, 0), (1, 1)]), (0, [(2, 2), (3, 3)])]),
        (LINE, [[[(0, 0)]], [[(2, 2), (3, 3)]]], SHORT, [(0, [(2, 2), (3, 3)])]),
        (LINE, [[[(0, 0)]]], SHORT, []),
        (LINE, [[[(0, 0), (NAN, NAN)]]], COORDINATES, []),
        (POLYGON, [[SQUARE]], 0, [(1, SQUARE)]),
        (POLYGON, [[SQUARE[:4], SQUARE[:3]]], UNCLOSED, [(1, SQUARE), (2, [*SQUARE[:3], (0, 0)])]),
        (POLYGON, [[SQUARE[:2], SQUARE]], SHORT | UNCLOSED, []),
        (POLYGON, [[SQUARE], [SQUARE, []]], 0, [(1, SQUARE), (1, SQUARE)]),
        (POLYGON, [[SQUARE], [[(0, 0), (INF, 0), (1, 1), (0, 0)]]], COORDINATES, []),
        (POLYGON, [], EMPTY, []),
        (POLYGON, [[]], EMPTY, []),
    ],
)
def test_table(kind: int, feature: Any, flags: int, parts: Any) -> None:
    assert run(kind, [feature]) == ([kind if parts else 0], [flags], [parts])
    # Neighbours do not matter, nor does what lies under a missing feature.
    one = [[[(5, 5)]]] if kind == POINT else [[[(5, 5), (6, 6)]]] if kind == LINE else [[SQUARE]]
    kinds, found, shapes = run(kind, [one, feature, feature, one], [True, True, False, True])
    assert (kinds[1], found, shapes[1], shapes[2]) == (kind if parts else 0, [0, flags, NULL, 0], parts, [])
    assert shapes[0] == shapes[3] != []


def test_nothing() -> None:
    assert run(POLYGON, []) == ([], [], [])
