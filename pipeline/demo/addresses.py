"""Addresses: doors of buildings, numbered along the street they face, odd on the left, even on the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo.buildings import Buildings
from pipeline.demo.streets import Plan
from pipeline.demo.villages import Village

PREFIX: Final = "浙江省丽水市龙泉市"
_FAR: Final = 110.0  # m; a building farther than this from every named street gets no number


@dataclass(frozen=True, slots=True)
class Addresses:
    """Doors; arrays run in parallel."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    text: NDArray[np.str_]
    street: NDArray[np.str_]
    number: NDArray[np.int64]
    town: NDArray[np.str_]
    building: NDArray[np.int64]


def _ways(
    plans: list[Plan], names: list[dict[int, str]], villages: list[Village], village_names: list[str],
    town_names: list[str],
) -> tuple[NDArray[Any], list[tuple[str, str]]]:  # fmt: skip
    """Named streets as lines, with (town, street) of each."""
    lines: list[Any] = []
    about: list[tuple[str, str]] = []
    for plan, named in zip(plans, names, strict=True):
        runs: dict[int, list[NDArray[np.float64]]] = {}
        for st in plan.streets:
            runs.setdefault(st.run, []).append(st.line)
        for run in sorted(runs):
            points = np.vstack([line if k == 0 else line[1:] for k, line in enumerate(runs[run])])
            lines.append(shapely.LineString(points))
            about.append((town_names[plan.town], named[run]))
    for village, name in zip(villages, village_names, strict=True):
        for lane in village.lanes:
            lines.append(shapely.LineString(lane))
            about.append((town_names[village.town], name))
    return np.array(lines), about


def _doors(buildings: Buildings, nearest: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Door points [k, 2] on the side each building turns to its street, and the building of each."""
    points: list[NDArray[np.float64]] = []
    owner: list[NDArray[np.int64]] = []
    rings = shapely.get_exterior_ring(buildings.shapes)
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    starts = np.flatnonzero(ring[1:] == ring[:-1])
    a, b, of = coords[starts], coords[starts + 1], ring[starts]
    middle = (a + b) / 2
    gap = shapely.distance(shapely.points(middle), nearest[of])
    length = np.hypot(*(b - a).T)
    gap = np.where(length < 5.0, np.inf, gap)
    order = np.lexsort((starts, gap, of))
    first = order[np.concatenate([[True], np.diff(of[order]) > 0])]
    stride = np.where(np.isin(buildings.use[of[first]], ("residential", "commercial")), 11.0, 60.0)
    count = np.clip((length[first] / stride).astype(np.int64), 1, 6)
    for n in range(1, 7):
        pick = first[count == n]
        for k in range(n):
            at = a[pick] + (b[pick] - a[pick]) * ((k + 0.5) / n)
            inward = np.column_stack([-(b[pick] - a[pick])[:, 1], (b[pick] - a[pick])[:, 0]])
            inward = inward / np.hypot(*inward.T)[:, None]
            ccw = shapely.is_ccw(rings[of[pick]])
            points.append(at + inward * np.where(ccw, 1.5, -1.5)[:, None])
            owner.append(of[pick])
    return np.asarray(np.round(np.vstack(points), 2), np.float64), np.concatenate(owner)


def number(
    buildings: Buildings, plans: list[Plan], names: list[dict[int, str]], villages: list[Village],
    village_names: list[str], town_names: list[str],
) -> Addresses:  # fmt: skip
    """Number every door along its street."""
    lines, about = _ways(plans, names, villages, village_names, town_names)
    tree = shapely.STRtree(lines)
    (which, way), gap = tree.query_nearest(buildings.shapes, return_distance=True, all_matches=False)
    near = np.zeros(len(buildings.shapes), np.int64)
    far = np.full(len(buildings.shapes), np.inf)
    near[which], far[which] = way, gap
    points, owner = _doors(buildings, lines[near])
    kept = far[owner] < _FAR
    points, owner = points[kept], owner[kept]
    way = near[owner]
    at = shapely.line_locate_point(lines[way], shapely.points(points))
    foot = shapely.get_coordinates(shapely.line_interpolate_point(lines[way], at))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(lines[way], at + 1.0))
    back = shapely.get_coordinates(shapely.line_interpolate_point(lines[way], np.maximum(at - 1.0, 0.0)))
    run, off = ahead - back, points - foot
    right = run[:, 0] * off[:, 1] - run[:, 1] * off[:, 0] < 0
    # Lanes of one village share its name: they are numbered one after another.
    named: dict[tuple[str, str], int] = {}
    group = np.array([named.setdefault(key, len(named)) for key in about])[way]
    order = np.lexsort((points[:, 0], at, way, right, group))
    fresh = np.concatenate([[True], (np.diff(group[order]) != 0) | (np.diff(right[order].astype(np.int64)) != 0)])
    begin = np.maximum.accumulate(np.where(fresh, np.arange(len(order)), 0))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - begin
    numbers = 2 * rank + np.where(right, 2, 1)
    keys = list(about)
    town = np.array([keys[w][0] for w in way])
    street = np.array([keys[w][1] for w in way])
    text = np.array([f"{PREFIX}{t}{s}{n}号" for t, s, n in zip(town, street, numbers.tolist(), strict=True)])
    final = np.lexsort((numbers, group))
    return Addresses(
        points[final, 0], points[final, 1], text[final], street[final], numbers[final], town[final], owner[final]
    )
