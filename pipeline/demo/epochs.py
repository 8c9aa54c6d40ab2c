"""What had been built at an epoch: ten years ago there was no expressway, and the new town was fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo.landcover import CLASSES
from pipeline.demo.world import World

NEW: Final = 0.3  # share of the seat's blocks, its eastern ones, that the new town is
_SUBURB: Final = 300.0  # m around the seat that count as its ground
_AROUND: Final = 30.0  # m: lanes at the edge of the new town are its own


@dataclass(frozen=True, slots=True)
class Built:
    """What is there, of everything that a world has."""

    blocks: NDArray[np.bool_]  # of all plans, one after the other
    sites: NDArray[np.bool_]
    houses: NDArray[np.bool_]
    roads: NDArray[np.bool_]
    cover: NDArray[np.int64]  # land cover by cell
    border: float  # easting from which on anything is missing; beyond the map where nothing is


def today(world: World) -> Built:
    """Everything."""
    houses = world.buildings
    blocks, sites, shapes, roads = (
        np.ones(n, np.bool_)
        for n in (
            sum(len(plan.blocks) for plan in world.plans),
            len(houses.sites),
            len(houses.shapes),
            len(world.roads.lines),
        )
    )
    return Built(blocks, sites, shapes, roads, world.cover, np.inf)


def earlier(world: World) -> Built:
    """Ten years ago: without the expressway and the new town at the seat's eastern end."""
    everything = today(world)
    seat = np.array([shapely.Polygon(block.corners) for block in world.plans[0].blocks])
    middles = shapely.get_x(shapely.centroid(seat))
    border = float(np.quantile(middles, 1.0 - NEW))
    young = middles >= border
    ground = shapely.buffer(shapely.union_all(shapely.convex_hull(seat[young])), _AROUND)
    shapely.prepare(ground)

    def outside(shapes: NDArray[Any]) -> NDArray[np.bool_]:
        points = shapely.point_on_surface(shapes)
        return ~np.asarray(shapely.intersects(ground, points))

    roads = world.roads
    lanes = np.isin(roads.kind, ("street", "lane"))
    there = (roads.kind != "expressway") & (~lanes | outside(roads.lines))
    blocks = everything.blocks.copy()
    blocks[: len(seat)] = ~young
    grounds = np.array([site.ground for site in world.buildings.sites])
    x, y = world.cover_grid.mesh()
    town = (world.cover == CLASSES.index("urban")) & (x >= border)
    town &= np.asarray(shapely.intersects_xy(shapely.buffer(world.plans[0].hull, _SUBURB), *np.broadcast_arrays(x, y)))
    cover = np.where(town, CLASSES.index("cropland"), world.cover)
    return Built(blocks, outside(grounds), outside(world.buildings.shapes), there, cover, border)
