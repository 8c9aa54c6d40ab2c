"""Bus lines: shortest ways over the road network between towns and across the seat, with stops."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import shapely

from pipeline.demo.roads import Roads
from pipeline.demo.world import World

Node = tuple[float, float]


@dataclass(frozen=True, slots=True)
class BusLine:
    """A bus line and its ends."""

    name: str
    shape: shapely.LineString
    first: str
    last: str
    stops: int


@dataclass(frozen=True, slots=True)
class Stop:
    """A bus stop and the lines that call there."""

    x: float
    y: float
    name: str
    lines: str
    shelter: bool


def _graph(roads: Roads) -> dict[Node, list[tuple[Node, float, int]]]:
    """The surface network: node → (neighbour, cost, piece)."""
    out: dict[Node, list[tuple[Node, float, int]]] = {}
    for i in np.flatnonzero(roads.kind != "expressway").tolist():
        coords = roads.lines[i].coords
        a, b = coords[0], coords[-1]
        weight = {"lane": 2.2, "township": 1.4}.get(str(roads.kind[i]), 1.0) * roads.lines[i].length
        out.setdefault(a, []).append((b, weight, i))
        out.setdefault(b, []).append((a, weight, i))
    return out


def _route(graph: dict[Node, list[tuple[Node, float, int]]], start: Node, end: Node) -> list[tuple[Node, int]]:
    best: dict[Node, float] = {start: 0.0}
    came: dict[Node, tuple[Node, int]] = {}
    heap: list[tuple[float, Node]] = [(0.0, start)]
    while heap:
        at, node = heapq.heappop(heap)
        if node == end:
            break
        if at > best[node]:
            continue
        for to, cost, piece in graph[node]:
            if at + cost < best.get(to, np.inf):
                best[to], came[to] = at + cost, (node, piece)
                heapq.heappush(heap, (at + cost, to))
    out: list[tuple[Node, int]] = []
    node = end
    while node in came:
        before, piece = came[node]
        out.append((before, piece))
        node = before
    return out[::-1] if node == start else []


def lay_lines(world: World) -> tuple[list[BusLine], list[Stop]]:
    """City lines 1 … across the seat and country lines 201 … to every town that roads reach."""
    graph = _graph(world.roads)
    nodes = sorted(graph)
    table = np.array(nodes)

    def nearest(x: float, y: float) -> Node:
        return nodes[int(np.argmin(np.hypot(table[:, 0] - x, table[:, 1] - y)))]

    seat = np.array(world.towns.towns[0].centre)
    hull = np.asarray(world.plans[0].nodes)
    turn = np.arctan2(hull[:, 1] - seat[1], hull[:, 0] - seat[0])
    far = np.hypot(*(hull - seat).T)
    ends = []
    for k in range(8):
        off = np.abs((turn - (k + 0.3) * np.pi / 4 + np.pi) % (2 * np.pi) - np.pi)
        ends.append(hull[int(np.argmax(np.where(off < 0.5, far, 0.0)))])
    wanted = [(ends[k], ends[(k + 4) % 8], f"{k + 1}路") for k in range(4)]
    wanted += [(ends[k], ends[(k + 3) % 8], f"{k + 5}路") for k in range(4)]
    wanted += [(seat, np.array(t.centre), f"{201 + i}路") for i, t in enumerate(world.towns.towns[1:])]
    lines: list[BusLine] = []
    calls: dict[Node, list[str]] = {}
    about: dict[Node, str] = {}
    shortest = {town.name: town.name.rstrip("乡镇").removesuffix("街道") for town in world.towns.towns}
    for a, b, name in wanted:
        way = _route(graph, nearest(*a), nearest(*b))
        if len(way) < 3:
            continue
        points: list[Node] = []
        run, stops = 1e9, 0
        gap = 420.0 if len(name) < 3 else 900.0
        last = ""
        for node, piece in way:
            coords = list(world.roads.lines[piece].coords)
            points += coords if coords[0] == node else coords[::-1]
            street = str(world.roads.name[piece])
            if run > gap and street:
                label = street if street != last else street + "口"
                about.setdefault(node, label)
                calls.setdefault(node, []).append(name)
                stops, run, last = stops + 1, 0.0, street
            run += world.roads.lines[piece].length
        shape = shapely.LineString([p for k, p in enumerate(points) if k == 0 or p != points[k - 1]])
        town = world.towns.towns[int(name.removesuffix("路")) - 200] if len(name) > 2 else world.towns.towns[0]
        first, final = ("龙泉客运站", shortest[town.name]) if len(name) > 2 else (about_near(about, way[0][0]), last)
        lines.append(BusLine(name, shape, first, final, stops))
    stops_out = [
        Stop(node[0] + 4.0, node[1] + 4.0, about[node], "、".join(dict.fromkeys(calls[node])), len(calls[node]) > 2)
        for node in sorted(about)
    ]
    return lines, stops_out


def about_near(about: dict[Node, str], node: Node) -> str:
    """The name of the stop nearest to a node."""
    return about[min(about, key=lambda n: (np.hypot(n[0] - node[0], n[1] - node[1]), n))]
