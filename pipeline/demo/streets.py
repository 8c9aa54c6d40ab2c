"""Street plans: grids that bend with the river, their hierarchy, their bridges, and the blocks between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo.frames import Frame, frame_at
from pipeline.demo.grid import Field, Grid, noise, slope, stream
from pipeline.demo.hydrology import Waters
from pipeline.demo.towns import Towns

STREET: Final = 0
LANE: Final = 1
HALF_WIDTH: Final = (10.0, 5.0)  # carriageway and pavement from the middle line, m, by class


@dataclass(frozen=True, slots=True)
class Street:
    """A piece of street between two crossings of a town's plan."""

    a: int  # node
    b: int
    kind: int  # STREET or LANE
    run: int  # which line of the plan it belongs to: ≥ 0 along the valley, < 0 across it
    bridge: bool
    line: NDArray[np.float64]  # [k, 2] from a to b


@dataclass(frozen=True, slots=True)
class Block:
    """Ground between streets: its corners in order round it, and how central it is (1 … 0)."""

    corners: NDArray[np.float64]  # [4, 2] counter-clockwise
    half: tuple[float, float, float, float]  # half widths of the streets along its sides
    core: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The streets of one town."""

    town: int
    nodes: NDArray[np.float64]  # [n, 2]
    streets: tuple[Street, ...]
    blocks: tuple[Block, ...]
    hull: shapely.Geometry  # ground the plan covers


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a town's plan may reach (m) and how many of its lines of each direction become main streets."""

    half_length: float
    half_width: float
    stiffness: float
    every: tuple[int, int]


def _offsets(start: float, reach: float, low: float, high: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Distances from `start` to `reach` in uneven strides."""
    out = [start]
    while out[-1] < reach:
        out.append(out[-1] + rng.uniform(low, high))
    return np.array(out)


def lay(town: int, towns: Towns, waters: Waters, land: Field, grid: Grid, water: Any, extent: Extent) -> Plan:
    """Lay out a town's streets on ground that is flat, dry and near its centre.

    `water` is the union of all water surfaces, prepared.
    """
    rng = stream(40, town)
    place = towns.towns[town]
    river = waters.rivers[place.river]
    frame = frame_at(river, place.vertex, extent.half_length, extent.stiffness)
    bank = float(np.interp(0.0, frame.along, frame.bank))
    up = _offsets(bank + 32.0, extent.half_width, 105.0, 165.0, rng)
    down = _offsets(bank + 32.0, extent.half_width, 105.0, 165.0, rng)
    t = np.concatenate([-down[::-1], up])
    east = _offsets(rng.uniform(0, 60), extent.half_length, 120.0, 215.0, rng)
    west = _offsets(rng.uniform(70, 120), extent.half_length, 120.0, 215.0, rng)
    s = np.concatenate([-west[::-1], east])
    s = s[(s > frame.along[0] + 40) & (s < frame.along[-1] - 40)]
    spread_s, spread_t = np.meshgrid(s, t, indexing="ij")
    # Streets are straight only on paper: shift crossings a little, the far ones more.
    warp = 14.0 + 0.02 * np.hypot(spread_s, spread_t)
    base = frame.place(spread_s, spread_t)
    shift_s = warp * noise(41, base[..., 0], base[..., 1], 700.0, 2)
    shift_t = warp * noise(42, base[..., 0], base[..., 1], 800.0, 2) * np.clip((np.abs(spread_t) - bank) / 200, 0, 1)
    points = np.round(frame.place(spread_s + shift_s, spread_t + shift_t), 2)
    # Streets along the valley bend with it between crossings, too: [lines along, crossings − 1, 5 points].
    part = np.linspace(0.0, 1.0, 6)[1:-1]
    plan_s, plan_t = spread_s + shift_s, spread_t + shift_t
    bends = frame.place(
        plan_s[:-1, :, None] + (plan_s[1:] - plan_s[:-1])[:, :, None] * part,
        plan_t[:-1, :, None] + (plan_t[1:] - plan_t[:-1])[:, :, None] * part,
    )

    reach = np.hypot(spread_s / extent.half_length, spread_t / extent.half_width)
    core = np.clip(1.0 - reach, 0.0, 1.0)
    ragged = 0.20 * noise(43, points[..., 0], points[..., 1], 900.0, 3)
    steep = grid.sample(slope(land, grid.step), points[..., 0], points[..., 1])
    height = grid.sample(land, points[..., 0], points[..., 1]) - grid.sample(land, *_near(frame, spread_s))
    inner = shapely.buffer(towns.county, -400.0)
    shapely.prepare(inner)
    dry = ~shapely.dwithin(water, shapely.points(points), 9.0)
    inside = shapely.contains(inner, shapely.points(points))
    ok = (reach + ragged < 0.97) & (steep < 0.125) & (height < 42.0) & dry & inside
    return _assemble(town, points, np.round(bends, 2), ok, core, s, t, bank, water, extent, rng)


def _near(frame: Frame, s: Field) -> tuple[Field, Field]:
    """The river's middle at stations `s`, as eastings and northings."""
    at = frame.place(s, np.zeros_like(s))  # sign(0) = 0: no flare in the middle
    return at[..., 0], at[..., 1]


Crossing = tuple[int, int]  # (line across the valley, line along it)
Link = tuple[Crossing, Crossing, int, int, bool]  # from, to, class, run, bridge


def _links(ok: NDArray[np.bool_], core: Field, t: Field, zero: int, bank: float, extent: Extent,
           rng: np.random.Generator) -> list[Link]:  # fmt: skip
    """Which neighbouring crossings a street joins: main lines always, lesser ones with gaps, few over the river."""
    rows, cols = ok.shape
    first_up = int(np.argmax(t > 0))
    main_t = {first_up + extent.every[0] * k for k in range(9)} | {first_up - 1 - extent.every[0] * k for k in range(9)}
    main_s = {zero + extent.every[1] * k for k in range(-40, 41)}
    bridges = main_s if bank > 14.0 else set(range(0, rows, 2))
    gone = rng.random((rows, cols, 2))
    out: list[Link] = []
    for i, j in np.argwhere(ok).tolist():
        outskirts = 0.25 * (core[i, j] < 0.15)
        if i + 1 < rows and ok[i + 1, j]:
            kind = STREET if j in main_t else LANE
            if kind == STREET or gone[i, j, 0] > 0.10 + outskirts:
                out.append(((i, j), (i + 1, j), kind, j, False))
        if j + 1 < cols and ok[i, j + 1]:
            kind = STREET if i in main_s else LANE
            if j == first_up - 1:
                if i in bridges and core[i, j] > 0.12:
                    out.append(((i, j), (i, j + 1), STREET, -1 - i, True))
            elif kind == STREET or gone[i, j, 1] > 0.12 + outskirts:
                out.append(((i, j), (i, j + 1), kind, -1 - i, False))
    return out


def _assemble(
    town: int, points: Field, bends: Field, ok: NDArray[np.bool_], core: Field, s: Field, t: Field, bank: float,
    water: Any, extent: Extent, rng: np.random.Generator,
) -> Plan:  # fmt: skip
    """Turn crossings into streets and blocks; what is not connected to the largest part is left out."""
    dry: list[tuple[Link, Field]] = []
    for link in _links(ok, core, t, int(np.argmin(np.abs(s))), bank, extent, rng):
        a, b, _kind, run, bridge = link
        line = np.vstack([points[a], bends[a] if run >= 0 else np.empty((0, 2)), points[b]])
        if bridge or not shapely.dwithin(water, shapely.LineString(line), 4.0):
            dry.append((link, line))
    keep = _largest([(link[0], link[1]) for link, _line in dry])
    dry = [(link, line) for link, line in dry if link[0] in keep]
    used = sorted({node for link, _line in dry for node in link[:2]})
    number = {node: k for k, node in enumerate(used)}
    streets = tuple(Street(number[a], number[b], kind, run, bridge, line) for (a, b, kind, run, bridge), line in dry)
    blocks = _blocks(points, number, streets, core, int(np.argmax(t > 0)) - 1)
    ground = [shapely.Polygon(block.corners) for block in blocks] + [shapely.LineString(st.line) for st in streets]
    # Closed by 260 m, so that the river between its banks belongs to the town.
    hull = shapely.buffer(shapely.union_all(shapely.buffer(np.array(ground, dtype=object), 278.0)), -260.0)
    nodes = np.array([points[node] for node in used]).reshape(-1, 2)
    return Plan(town, nodes, streets, blocks, hull)


def _blocks(points: Field, number: dict[Crossing, int], streets: tuple[Street, ...], core: Field, river: int) -> tuple[
    Block, ...
]:  # fmt: skip
    """Ground between four crossings with streets on two sides at least; none over the `river` column."""
    have = {(st.a, st.b): st.kind for st in streets}
    out: list[Block] = []
    for i in range(points.shape[0] - 1):
        for j in range(points.shape[1] - 1):
            ring = ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1))
            if j == river or any(node not in number for node in ring):
                continue
            kinds = [have.get((number[ring[p]], number[ring[q]])) for p, q in ((0, 1), (1, 2), (3, 2), (0, 3))]
            a, b, c, d = (3.0 if kind is None else HALF_WIDTH[kind] for kind in kinds)
            corners = np.array([points[node] for node in ring])
            if sum(kind is not None for kind in kinds) < 2:
                continue
            if shapely.LinearRing(corners).is_ccw:
                out.append(Block(corners, (a, b, c, d), float(core[i, j])))
            else:
                out.append(Block(corners[[0, 3, 2, 1]], (d, c, b, a), float(core[i, j])))
    return tuple(out)


def _largest(links: list[tuple[tuple[int, int], tuple[int, int]]]) -> set[tuple[int, int]]:
    """The crossings of the largest connected part of a plan."""
    around: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for a, b in links:
        around.setdefault(a, []).append(b)
        around.setdefault(b, []).append(a)
    best: set[tuple[int, int]] = set()
    seen: set[tuple[int, int]] = set()
    for start in sorted(around):
        if start in seen:
            continue
        part, todo = {start}, [start]
        while todo:
            for to in around[todo.pop()]:
                if to not in part:
                    part.add(to)
                    todo.append(to)
        seen |= part
        if len(part) > len(best):
            best = part
    return best
