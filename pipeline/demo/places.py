"""Named places: settlements, mountains, valleys, waters and sights, with ranks that decide who is seen first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo.grid import stream
from pipeline.demo.world import World


@dataclass(frozen=True, slots=True)
class Places:
    """Named places; arrays run in parallel. Rank 1 is the most important, 9 the least."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    name: NDArray[np.str_]
    kind: NDArray[np.str_]
    rank: NDArray[np.int64]
    town: NDArray[np.int64]


def name_all(world: World, peak_names: list[str]) -> Places:
    """Every named place of the county."""
    rows: list[tuple[float, float, str, str, int]] = [(*world.towns.towns[0].centre, "龙泉市", "city", 1)]
    for i, town in enumerate(world.towns.towns):
        x, y = town.centre
        rows.append(
            (x + (900.0 if i == 0 else 0.0), y + (700.0 if i == 0 else 0.0), town.name, "town", 2 if i < 8 else 3)
        )
    for village, name in zip(world.villages, world.village_names, strict=True):
        kind, rank = ("hamlet", 6) if village.hamlet else ("village", 4 if len(village.lanes) > 4 else 5)
        rows.append((*village.centre, name, kind, rank))
    for (x, y, z), name in zip(world.peaks.tolist(), peak_names, strict=True):
        rows.append((x, y, name, "mountain", 4 if z > 1_500 else 5 if z > 1_200 else 7))
    rows += _waters(world) + _byplaces(world)
    east, north = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    cell = world.terrain.grid.cell(east, north)
    town_of = np.maximum(world.towns.label.ravel()[cell], 0)
    ranks = np.array([r[4] for r in rows])
    order = np.lexsort((north, east, ranks))
    return Places(
        np.round(east, 2)[order], np.round(north, 2)[order], np.array([r[2] for r in rows])[order],
        np.array([r[3] for r in rows])[order], ranks[order], town_of[order],
    )  # fmt: skip


def _waters(world: World) -> list[tuple[float, float, str, str, int]]:
    rows: list[tuple[float, float, str, str, int]] = []
    for lake, name in zip(world.waters.reservoirs, reservoir_names(world), strict=True):
        point = lake.representative_point()
        rows.append((point.x, point.y, name, "water", 4))
    for river, name in zip(world.waters.rivers, world.river_names, strict=True):
        x, y, _z = river.line[int(len(river.line) * 0.6)]
        area = river.area[-1]
        rows.append(
            (float(x), float(y), name, "water", 3 if area > 1e9 else 5 if area > 6e7 else 7 if area > 8e6 else 8)
        )
    return rows


def reservoir_names(world: World) -> list[str]:
    """Reservoirs are called after the river they dam."""
    out = []
    for lake in world.waters.reservoirs:
        gaps = [
            shapely.distance(shapely.Point(river.line[len(river.line) // 2, :2]), lake) for river in world.waters.rivers
        ]
        out.append(world.river_names[int(np.argmin(gaps))][:-1] + "湖水库")
    return out


def _byplaces(world: World) -> list[tuple[float, float, str, str, int]]:
    """Valleys at the heads of brooks, hamlets that are only a name, sights."""
    rng = stream(75)
    rows: list[tuple[float, float, str, str, int]] = []
    names = world.toponyms
    inner = shapely.buffer(world.towns.county, -150.0)
    shapely.prepare(inner)
    for river in world.waters.rivers:
        for share, kind in ((0.18, "valley"), (0.42, "hamlet"), (0.8, "hamlet")):
            if kind == "hamlet" and len(river.line) < 30 and rng.random() < 0.5:
                continue
            at = river.line[int(len(river.line) * share), :2] + rng.uniform(-110, 110, 2)
            if shapely.contains_xy(inner, *at) and not shapely.dwithin(world.wet, shapely.Point(at), 15.0):
                name = names.valley() if kind == "valley" else names.hamlet()
                rows.append((float(at[0]), float(at[1]), name, kind, 8 if kind == "valley" else 7))
    for _ in range(36 if len(world.villages) > 200 else 6):
        village = world.villages[int(rng.integers(len(world.villages)))]
        at = np.array(village.centre) + rng.uniform(-900, 900, 2)
        if shapely.contains_xy(inner, *at):
            rows.append((float(at[0]), float(at[1]), names.scenic(), "scenic", 5))
    return rows
