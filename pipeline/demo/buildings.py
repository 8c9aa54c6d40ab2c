"""Buildings along streets: town blocks by their use, villages by their lanes; nothing overlaps anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo.grid import noise, stream
from pipeline.demo.roads import HALF, RAIL_HALF, Roads
from pipeline.demo.streets import Block, Plan
from pipeline.demo.villages import Village

STOREY: Final = {"residential": 3.0, "rural": 3.2, "commercial": 4.2, "industrial": 7.5, "public": 3.8, "school": 3.7,
                 "hospital": 3.9}  # fmt: skip


@dataclass(slots=True)
class Draft:
    """Buildings before the overlap test, best first within a block; a shape is a polygon or four corners [4, 2]."""

    shapes: list[Any] = field(default_factory=list)
    floors: list[int] = field(default_factory=list)
    use: list[str] = field(default_factory=list)
    town: list[int] = field(default_factory=list)
    site: list[int] = field(default_factory=list)

    def add(self, shape: Any, floors: int, use: str, town: int, site: int = -1) -> None:
        """One more building."""
        self.shapes.append(shape)
        self.floors.append(floors)
        self.use.append(use)
        self.town.append(town)
        self.site.append(site)


@dataclass(frozen=True, slots=True)
class Site:
    """Ground with one purpose: a school, hospital, market, park, factory … (polygon inside its block)."""

    kind: str
    town: int
    ground: shapely.Polygon


@dataclass(frozen=True, slots=True)
class Buildings:
    """All buildings; arrays run in parallel, `site` indexes `sites` or is −1."""

    shapes: NDArray[Any]
    floors: NDArray[np.int64]
    height: NDArray[np.float64]  # m
    use: NDArray[np.str_]
    town: NDArray[np.int64]
    site: NDArray[np.int64]
    sites: tuple[Site, ...]


def rectangle(centre: NDArray[np.float64], along: NDArray[np.float64], w: float, d: float) -> NDArray[np.float64]:
    """Corners [4, 2] of a rectangle `w` long in direction `along` (unit) and `d` deep."""
    across = np.array([-along[1], along[0]])
    u, v = along * (w / 2), across * (d / 2)
    return np.array([centre - u - v, centre + u - v, centre + u + v, centre - u + v])


def _frontage(
    draft: Draft, a: NDArray[np.float64], b: NDArray[np.float64], setback: float, widths: tuple[float, float],
    depths: tuple[float, float], gaps: tuple[float, float], floors: tuple[int, int], use: str, town: int,
    margin: float, rng: np.random.Generator, fill: float = 1.0,
) -> None:  # fmt: skip
    """A row of buildings on the left of the line a → b, their backs varying, some plots empty."""
    length = float(np.hypot(*(b - a)))
    if length < 2 * margin + widths[0]:
        return
    along = (b - a) / length
    across = np.array([-along[1], along[0]])
    s = margin
    while s < length - margin - widths[0]:
        w = min(rng.uniform(*widths), length - margin - s)
        d = rng.uniform(*depths)
        if rng.random() < fill:
            centre = a + along * (s + w / 2) + across * (setback + d / 2)
            draft.add(rectangle(centre, along, w, d), int(rng.integers(floors[0], floors[1] + 1)), use, town)
        s += w + rng.uniform(*gaps)


def _inset(block: Block, more: float) -> NDArray[np.float64]:
    """The block's corners moved in by its streets' half widths and `more` metres."""
    p = block.corners
    out = np.empty_like(p)
    for k in range(4):
        before, here, after = p[k - 1], p[k], p[(k + 1) % 4]
        e1, e2 = (here - before) / np.hypot(*(here - before)), (after - here) / np.hypot(*(after - here))
        n1, n2 = np.array([-e1[1], e1[0]]), np.array([-e2[1], e2[0]])
        d1, d2 = block.half[k - 1] + more, block.half[k] + more
        cross = e1[0] * e2[1] - e1[1] * e2[0]
        if abs(cross) < 0.15:
            out[k] = here + n1 * d1
        else:
            q1, q2 = before + n1 * d1, here + n2 * d2
            out[k] = q1 + e1 * ((q2 - q1)[0] * e2[1] - (q2 - q1)[1] * e2[0]) / cross
    return out


def _estate(draft: Draft, p: NDArray[np.float64], core: float, town: int, seat: bool, rng: np.random.Generator) -> None:
    """Rows of parallel slabs, as close as their height lets the sun in, shops along one side."""
    u0, u1 = p[1] - p[0], p[2] - p[3]
    length, depth = (np.hypot(*u0) + np.hypot(*u1)) / 2, (np.hypot(*(p[3] - p[0])) + np.hypot(*(p[2] - p[1]))) / 2
    tall = seat and core > 0.25 and rng.random() < 0.45
    floors = int(rng.integers(11, 19)) if tall else int(rng.integers(5, 8))
    slab_w, slab_d = (rng.uniform(28, 38), 15.0) if tall else (rng.uniform(36, 54), 12.5)
    pitch = slab_d + (34.0 if tall else 17.0) + rng.uniform(0, 4)
    shops = rng.random() < 0.6
    rows = max(1, int((depth - (20.0 if shops else 2.0)) // pitch))
    per_row = max(1, int((length + 8) // (slab_w + 9)))
    for r in range(rows):
        v = ((22.0 if shops else 1.0) + slab_d / 2 + r * pitch) / depth
        a, b = p[0] + (p[3] - p[0]) * v, p[1] + (p[2] - p[1]) * v
        along = (b - a) / np.hypot(*(b - a))
        room = np.hypot(*(b - a))
        for k in range(per_row):
            at = (k + 0.5) * room / per_row
            w = min(slab_w, room / per_row - 7.0)
            if w > 16.0 and rng.random() > 0.05:
                lift = int(rng.integers(0, 2)) if tall else 0
                draft.add(rectangle(a + along * at, along, w, slab_d), floors + lift, "residential", town)
    if shops:
        _frontage(draft, p[0], p[1], 0.5, (18, 34), (10, 13), (2, 6), (2, 4), "commercial", town, 1.0, rng)


def _old_town(draft: Draft, p: NDArray[np.float64], town: int, rng: np.random.Generator) -> None:
    """Narrow houses all round the block and a second row behind them, with yards in the middle."""
    for k in range(4):
        use = "commercial" if k % 2 == 0 and rng.random() < 0.6 else "residential"
        _frontage(draft, p[k], p[(k + 1) % 4], 0.3, (8, 16), (10, 14), (0.9, 2.2), (2, 5), use, town, 0.5, rng, 0.96)
    middle = p.mean(axis=0)
    q = middle + (p - middle) * 0.56
    for k in range(4):
        _frontage(
            draft, q[k], q[(k + 1) % 4], 0.0, (9, 15), (8, 11), (1.2, 5), (2, 4), "residential", town, 1, rng, 0.8
        )


def _commerce(draft: Draft, p: NDArray[np.float64], town: int, core: float, rng: np.random.Generator) -> None:
    """A large building round a courtyard, or an L with a tower, then lesser ones on what is left."""
    centre = p.mean(axis=0)
    along = p[1] - p[0]
    length, depth = float(np.hypot(*along)), float(np.hypot(*(p[3] - p[0])))
    along = along / length
    w, d = min(length * rng.uniform(0.44, 0.66), 96.0), min(depth * rng.uniform(0.4, 0.6), 72.0)
    floors = int(rng.integers(4, 7))
    ring = rectangle(centre, along, w, d)
    if rng.random() < 0.5 and min(w, d) > 42:
        hole = rectangle(centre, along, w - 34, d - 30)
        draft.add(shapely.Polygon(np.round(ring, 2), [np.round(hole, 2)]), floors, "commercial", town)
    else:
        across = np.array([-along[1], along[0]])
        notch = rectangle(centre + along * w * 0.22 + across * d * 0.22, along, w * 0.56, d * 0.56)
        shape = shapely.difference(shapely.Polygon(ring), shapely.Polygon(notch))
        draft.add(shapely.set_precision(shape, 0.01), floors, "commercial", town)
        tower = int(rng.integers(14, 24)) if core > 0.5 else int(rng.integers(8, 13))
        draft.add(
            rectangle(centre + along * w * 0.27 + across * d * 0.27, along, w * 0.3, d * 0.3), tower, "commercial", town
        )
    for k in range(4):
        _frontage(draft, p[k], p[(k + 1) % 4], 0.5, (16, 30), (11, 14), (2, 9), (3, 6), "commercial", town, 2, rng, 0.8)


def _works(draft: Draft, p: NDArray[np.float64], town: int, rng: np.random.Generator, site: int) -> None:
    """Large low halls in rows and one office."""
    length, depth = float(np.hypot(*(p[1] - p[0]))), float(np.hypot(*(p[3] - p[0])))
    nx, ny = max(1, int(length // 75)), max(1, int(depth // 52))
    for i in range(nx):
        for j in range(ny):
            u, v = (i + 0.5) / nx, (j + 0.5) / ny
            centre = (p[0] * (1 - u) + p[1] * u) * (1 - v) + (p[3] * (1 - u) + p[2] * u) * v
            along = (p[1] - p[0]) / length
            w, d = length / nx - rng.uniform(10, 18), depth / ny - rng.uniform(10, 16)
            if rng.random() < 0.9 and min(w, d) > 12:
                draft.add(rectangle(centre, along, w, d), int(rng.integers(1, 3)), "industrial", town, site)


def _campus(draft: Draft, p: NDArray[np.float64], town: int, use: str, site: int, rng: np.random.Generator) -> None:
    """A U-shaped main building, wings beside it, open ground in front (a sports field for a school)."""
    along = (p[1] - p[0]) / np.hypot(*(p[1] - p[0]))
    across = np.array([-along[1], along[0]])
    length, depth = float(np.hypot(*(p[1] - p[0]))), float(np.hypot(*(p[3] - p[0])))
    centre = p.mean(axis=0) + across * depth * 0.20
    w, d = min(length * 0.72, 90.0), min(depth * 0.42, 48.0)
    outer = shapely.Polygon(rectangle(centre, along, w, d))
    court = shapely.Polygon(rectangle(centre - across * d * 0.25, along, w - 28.0, d * 0.56))
    shape = shapely.set_precision(shapely.difference(outer, court), 0.01)
    if shape.geom_type == "Polygon":
        draft.add(shape, int(rng.integers(4, 6)) + (6 if use == "hospital" else 0), use, town, site)
    hall = p.mean(axis=0) - across * depth * 0.22 - along * length * 0.28
    draft.add(rectangle(hall, along, min(34.0, length * 0.26), min(22.0, depth * 0.2)), 3, use, town, site)
    if use != "school":
        draft.add(rectangle(hall + along * length * 0.45, along, min(40.0, length * 0.3), 16.0), 5, use, town, site)


def _purposes(plan: Plan, seat: bool, rng: np.random.Generator) -> dict[int, str]:
    """Which blocks of a plan hold something special."""
    ranked = sorted(range(len(plan.blocks)), key=lambda i: -plan.blocks[i].core)
    out: dict[int, str] = {}
    if not ranked:
        return out
    wanted = (
        ["government", "square", "hospital", "market", "museum", "station", "hospital", "clinic"]
        + ["school"] * 10 + ["park"] * 9 + ["market"] * 3 + ["clinic"] * 6
        if seat
        else ["government", "school", "market", "clinic", "park", "school"]
    )  # fmt: skip
    near = ranked[: max(3, int(len(ranked) * 0.75))]
    for kind in wanted[: max(2, len(ranked) // 3)]:
        free = [i for i in near if i not in out]
        if not free:
            break
        out[free[min(int(rng.beta(1.1, 1.6) * len(free)), len(free) - 1)]] = kind
    return out


def _mix(block: Block) -> float:
    """Which of two characters a quarter has, −1 … 1, the same for neighbours."""
    x, y = block.corners.mean(axis=0)
    return float(noise(61, np.array([x]), np.array([y]), 900.0, 2)[0])


def build_towns(plans: list[Plan], draft: Draft, sites: list[Site]) -> None:
    """Fill the blocks of all plans."""
    for plan in plans:
        rng = stream(60, plan.town)
        seat = plan.town == 0
        purposes = _purposes(plan, seat, rng)
        for i, block in enumerate(plan.blocks):
            p = _inset(block, 2.5)
            if not shapely.Polygon(p).is_valid or shapely.Polygon(p).area < 900.0:
                continue
            kind = purposes.get(i, "")
            mix = _mix(block)
            if kind:
                site = len(sites)
                sites.append(Site(kind, plan.town, shapely.Polygon(np.round(p, 2))))
                if kind in ("school", "hospital", "clinic", "government", "museum", "station"):
                    use = kind if kind in ("school", "hospital") else ("hospital" if kind == "clinic" else "public")
                    _campus(draft, p, plan.town, use, site, rng)
                elif kind == "market":
                    _works(draft, p, plan.town, rng, site)
                    draft.use[-1] = "commercial"
            elif seat and block.core > 0.62 and mix < 0.1:
                _old_town(draft, p, plan.town, rng)
            elif block.core > (0.42 if seat else 0.55) and mix > 0.02:
                _commerce(draft, p, plan.town, block.core, rng)
            elif block.core < 0.16 and mix > 0.04 and seat:
                site = len(sites)
                sites.append(Site("works", plan.town, shapely.Polygon(np.round(p, 2))))
                _works(draft, p, plan.town, rng, site)
            elif seat or block.core > 0.5:
                _estate(draft, p, block.core, plan.town, seat, rng)
            else:
                _old_town(draft, p, plan.town, rng)


def build_villages(villages: list[Village], draft: Draft) -> None:
    """Farmhouses along the lanes, thinner towards their ends."""
    for number, village in enumerate(villages):
        rng = stream(62, number)
        for line in village.lanes:
            for a, b in pairwise(line):
                for p, q in ((a, b), (b, a)):
                    _frontage(
                        draft, p, q, 6.0, (9.5, 14), (9, 12), (1.5, 7), (2, 4), "rural", village.town, 0.8, rng, 0.86
                    )
        for line in village.lanes:
            for a, b in pairwise(line):
                for p, q in ((a, b), (b, a)):
                    _frontage(
                        draft, p, q, 21.0, (9, 14), (8, 11), (3, 14), (1, 3), "rural", village.town, 0.8, rng, 0.32
                    )


def ribbon(roads: Roads, plans: list[Plan], draft: Draft, reach: float, share: float) -> None:
    """Houses along the country roads around towns, ever fewer with distance."""
    rng = stream(63)
    country = np.flatnonzero((roads.town < 0) & ~roads.bridge & ~roads.tunnel & (roads.kind != "expressway"))
    tree = shapely.STRtree(np.array([plan.hull for plan in plans]))
    which, nearest = tree.query_nearest(roads.lines[country], max_distance=reach, all_matches=False)
    for i, near in zip(country[which], nearest, strict=True):
        line = np.asarray(roads.lines[i].coords)
        middles = shapely.points((line[:-1] + line[1:]) / 2)
        away = shapely.distance(middles, plans[near].hull)
        for a, b, closeness in zip(line[:-1], line[1:], 1.0 - away / reach, strict=True):
            if closeness <= 0:
                continue
            setback = HALF[str(roads.kind[i])] + 3.0
            for p, q in ((a, b), (b, a)):
                _frontage(draft, p, q, setback, (10, 18), (10, 13), (2, 14), (2, 5), "residential", plans[near].town, 1,
                          rng, share * closeness)  # fmt: skip


def _polygons(drafted: list[Any]) -> NDArray[Any]:
    """Polygons of drafted shapes, corners to the centimetre."""
    shapes = np.array([None] * len(drafted), dtype=object)
    corners = [k for k, shape in enumerate(drafted) if isinstance(shape, np.ndarray)]
    shapes[corners] = shapely.polygons(np.round(np.stack([drafted[k] for k in corners]), 2))
    for k, shape in enumerate(drafted):
        if not isinstance(shape, np.ndarray):
            shapes[k] = shape
    return shapes


def _spans(lines: NDArray[Any]) -> NDArray[Any]:
    """Every straight span of some lines by itself: short boxes make the search fast."""
    points, owner = shapely.get_coordinates(lines, return_index=True)
    same = owner[1:] == owner[:-1]
    return np.asarray(shapely.linestrings(np.stack([points[:-1][same], points[1:][same]], axis=1)))


def settle_conflicts(draft: Draft, sites: list[Site], roads: Roads, rail: NDArray[Any], wet: shapely.Geometry,
                     streams: NDArray[Any]) -> Buildings:  # fmt: skip
    """Drop what stands on roads, rails, water or an earlier building."""
    shapes = _polygons(draft.shapes)
    good = shapely.is_valid(shapes) & (shapely.get_type_id(shapes) == 3) & (shapely.area(shapes) > 40.0)
    obstacles = [(roads.lines[~roads.tunnel & (roads.kind == kind)], half) for kind, half in HALF.items()]
    obstacles += [(rail, RAIL_HALF), (shapely.get_parts(shapely.boundary(wet)), 6.0), (streams, 4.0)]
    for lines, gap in obstacles:
        if len(lines):
            hit, _ = shapely.STRtree(_spans(lines)).query(shapes, predicate="dwithin", distance=gap)
            good[hit] = False
    shapely.prepare(wet)
    good &= ~shapely.contains(wet, shapely.point_on_surface(shapes))
    index = np.flatnonzero(good)
    kept = shapes[index]
    a, b = shapely.STRtree(kept).query(kept, predicate="dwithin", distance=0.6)
    later = a > b
    fallen = np.zeros(len(kept), np.bool_)
    rivals: dict[int, list[int]] = {}
    for i, j in zip(a[later].tolist(), b[later].tolist(), strict=True):
        rivals.setdefault(i, []).append(j)
    for i in sorted(rivals):
        fallen[i] = any(not fallen[j] for j in rivals[i])
    index = index[~fallen]
    floors = np.array(draft.floors)[index]
    use = np.array(draft.use)[index]
    height = np.round(floors * np.array([STOREY[str(u)] for u in use]) + 0.6, 1)
    return Buildings(
        shapes[index], floors, height, use, np.array(draft.town)[index], np.array(draft.site)[index], tuple(sites)
    )
