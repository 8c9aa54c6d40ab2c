"""All roads as one noded network: country routes, town streets, village lanes, expressway and railway."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo.curves import Line, gaussian, stations
from pipeline.demo.grid import Field, Grid
from pipeline.demo.routes import CLASSES, Route
from pipeline.demo.streets import STREET, Plan
from pipeline.demo.villages import Village

# Half of the ground a road takes, pavement included, m.
HALF: Final = {
    "expressway": 16.0, "national": 10.0, "provincial": 8.0, "county": 6.0, "township": 4.5, "street": 10.0,
    "lane": 4.0,
}  # fmt: skip
RAIL_HALF: Final = 9.0


@dataclass(frozen=True, slots=True)
class Roads:
    """Road pieces between nodes; arrays run in parallel."""

    lines: NDArray[Any]
    kind: NDArray[np.str_]
    number: NDArray[np.str_]
    name: NDArray[np.str_]
    town: NDArray[np.int64]  # plan or village town the piece's name belongs to, −1 in the country
    bridge: NDArray[np.bool_]
    tunnel: NDArray[np.bool_]


def through_towns(routes: list[Route], plans: list[Plan]) -> tuple[list[Route], dict[tuple[int, int, int], Route]]:
    """Lead country routes into town streets: (routes outside, promoted streets by (plan, node, node)).

    A route ends at the edge of a town's plan, joins its nearest crossing there, and goes on along streets.
    """
    outside = routes
    promoted: dict[tuple[int, int, int], Route] = {}
    for number, plan in enumerate(plans):
        if not plan.streets:
            continue
        hull = plan.hull
        entries: list[tuple[int, Route]] = []
        kept: list[Route] = []
        shapely.prepare(hull)
        for route in outside:
            whole = shapely.LineString(route.line)
            if not shapely.intersects(hull, whole):
                kept.append(route)
                continue
            for part in shapely.get_parts(shapely.difference(whole, hull)):
                line = np.asarray(part.coords)
                if len(line) < 2:
                    continue
                at_hull = [bool(shapely.dwithin(shapely.Point(line[k]), hull, 0.01)) for k in (0, -1)]
                if all(at_hull) and part.length < 1_200.0:
                    continue
                for k, touching in ((0, at_hull[0]), (-1, at_hull[1])):
                    if touching:
                        node = int(np.argmin(np.hypot(*(plan.nodes - line[k]).T)))
                        entries.append((node, route))
                        line = np.vstack([plan.nodes[node], line] if k == 0 else [line, plan.nodes[node]])
                kept.append(Route(np.round(line, 2), route.kind, route.number, route.name))
        outside = kept
        entries.sort(key=lambda item: (CLASSES.index(item[1].kind), item[1].number, item[0]))
        middle = int(np.argmin(np.hypot(*(plan.nodes - plan.nodes.mean(axis=0)).T)))
        for i, (node, route) in enumerate(entries):
            same = [other for other, r in entries[:i] if r.number == route.number]
            if i == 0 and len(entries) > 1:
                continue  # the others come to meet it
            for a, b in _way(plan, node, same[0] if same else (entries[0][0] if i else middle)):
                edge = (number, min(a, b), max(a, b))
                if edge not in promoted or CLASSES.index(promoted[edge].kind) > CLASSES.index(route.kind):
                    promoted[edge] = route
    return outside, promoted


def _way(plan: Plan, start: int, end: int) -> list[tuple[int, int]]:
    """Edges of the shortest way between two crossings, main streets preferred."""
    around: dict[int, list[tuple[int, float]]] = {}
    for st in plan.streets:
        cost = float(np.hypot(*(st.line[-1] - st.line[0]))) * (0.55 if st.kind == STREET else 1.0)
        around.setdefault(st.a, []).append((st.b, cost))
        around.setdefault(st.b, []).append((st.a, cost))
    best, came = {start: 0.0}, {start: -1}
    heap = [(0.0, start)]
    while heap:
        at, node = heapq.heappop(heap)
        if node == end:
            break
        if at > best[node]:
            continue
        for to, cost in around.get(node, []):
            if at + cost < best.get(to, np.inf):
                best[to], came[to] = at + cost, node
                heapq.heappush(heap, (at + cost, to))
    out = []
    node = end
    while node in came and came[node] >= 0:
        out.append((came[node], node))
        node = came[node]
    return out


def assemble(
    routes: list[Route], plans: list[Plan], names: list[dict[int, str]], villages: list[Village],
    village_names: list[str], wet: shapely.Geometry, express: Line, land: Field, grid: Grid,
) -> Roads:  # fmt: skip
    """Node all surface roads with each other and with the banks, and add the expressway above them.

    `names[i][run]` names the streets of plan i; `wet` is the union of drawn water surfaces.
    """
    outside, promoted = through_towns(routes, plans)
    lines: list[Line] = []
    about: list[tuple[str, str, str, int]] = []
    for number, plan in enumerate(plans):
        for st in plan.streets:
            up = promoted.get((number, min(st.a, st.b), max(st.a, st.b)))
            kind = up.kind if up else ("street" if st.kind == STREET else "lane")
            lines.append(st.line)
            about.append((kind, up.number if up else "", names[number][st.run], plan.town))
    for route in outside:
        lines.append(route.line)
        about.append((route.kind, route.number, route.name, -1))
    for village, name in zip(villages, village_names, strict=True):
        for lane in village.lanes:
            lines.append(lane)
            about.append(("lane", "", name, village.town))
    parents = np.array([shapely.LineString(line) for line in lines])
    order = np.array([CLASSES.index(a[0]) for a in about])
    shore = shapely.boundary(wet)
    pieces = shapely.get_parts(shapely.union_all(np.array([*parents, shore]), grid_size=0.01))
    middles = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    tree = shapely.STRtree(parents)
    piece, parent = tree.query(middles, predicate="dwithin", distance=0.05)
    best = np.lexsort((parent, order[parent], piece))
    piece, parent = piece[best], parent[best]
    first = np.concatenate([[True], np.diff(piece) > 0])
    piece, parent = piece[first], parent[first]
    shapely.prepare(wet)
    bridge = shapely.intersects(wet, middles[piece])
    kept = pieces[piece]
    info = [about[p] for p in parent]
    surface = Roads(
        kept,
        np.array([i[0] for i in info]), np.array([i[1] for i in info]), np.array([i[2] for i in info]),
        np.array([i[3] for i in info]), np.asarray(bridge), np.zeros(len(kept), np.bool_),
    )  # fmt: skip
    fast, over, under = structures(express, wet, land, grid)
    n = len(fast)
    return Roads(
        np.concatenate([surface.lines, fast]),
        np.concatenate([surface.kind, np.full(n, "expressway")]),
        np.concatenate([surface.number, np.full(n, "G9526")]),
        np.concatenate([surface.name, np.full(n, "云剑高速")]),
        np.concatenate([surface.town, np.full(n, -1)]),
        np.concatenate([surface.bridge, over]),
        np.concatenate([surface.tunnel, under]),
    )


def structures(
    line: Line, wet: shapely.Geometry, land: Field, grid: Grid
) -> tuple[NDArray[Any], NDArray[np.bool_], NDArray[np.bool_]]:
    """Cut a fast line into open stretches, bridges and tunnels by its own gentle profile: (lines, bridge, tunnel)."""
    s = stations(line)
    ground = grid.sample(land, line[:, 0], line[:, 1])
    profile = gaussian(np.minimum(ground, gaussian(ground, 900.0 / 60.0) + 10.0), 700.0 / 60.0)
    state = np.zeros(len(line), np.int64)
    state[ground - profile > 22.0] = 2
    state[ground - profile < -16.0] = 1
    shapely.prepare(wet)
    spans = shapely.linestrings(np.stack([line[:-1], line[1:]], axis=1))
    crossing = shapely.intersects(wet, spans)
    between = np.maximum(state[:-1], state[1:])
    between[crossing] = 1
    cuts = np.concatenate([[0], np.flatnonzero(np.diff(between)) + 1, [len(between)]])
    # Stretches too short to be built join the one before.
    kinds = [int(between[c]) for c in cuts[:-1]]
    keep = [0]
    for k in range(1, len(kinds)):
        short = s[cuts[k + 1]] - s[cuts[k]] < 130.0 and kinds[k] != 1
        if not short and kinds[k] != kinds[keep[-1]]:
            keep.append(k)
    starts = [int(cuts[k]) for k in keep] + [len(line) - 1]
    parts = [shapely.LineString(line[a : b + 1]) for a, b in pairwise(starts)]
    kind = np.array([kinds[k] for k in keep])
    return np.array(parts), kind == 1, kind == 2
