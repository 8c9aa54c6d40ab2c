"""The whole fictional county in memory, drawn once from the ground up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo import (
    addresses,
    buildings,
    hydrology,
    landcover,
    names,
    relief,
    roads,
    routes,
    streets,
    towns,
    villages,
)
from pipeline.demo.curves import Line
from pipeline.demo.grid import Field, Grid, refine
from pipeline.demo.relief import Contours
from pipeline.demo.terrain import Terrain, carve
from pipeline.i18n import _
from pipeline.progress import Progress

Size = Literal["small", "city"]


@dataclass(frozen=True, slots=True)
class Scale:
    """What a size of the sample city means."""

    step: float  # cells of the land, m
    villages: int
    lakes: int
    pools: int
    seat: streets.Extent
    town: streets.Extent
    cover: float  # cells of the land cover, m
    relief: int  # elevation model: cells this many times finer than the land's
    pixel: float  # orthophoto, m
    peak_radius: float


SCALES: Final[Mapping[str, Scale]] = {
    "city": Scale(120.0, 480, 6, 420, streets.Extent(3_900.0, 1_650.0, 700.0, (3, 4)),
                  streets.Extent(820.0, 420.0, 380.0, (2, 3)), 60.0, 4, 2.5, 900.0),
    "small": Scale(240.0, 60, 3, 40, streets.Extent(1_200.0, 700.0, 500.0, (3, 4)),
                   streets.Extent(400.0, 250.0, 300.0, (2, 3)), 240.0, 2, 6.0, 2_000.0),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is drawn, in metres of EPSG:4549."""

    scale: Scale
    terrain: Terrain
    land: Field
    waters: hydrology.Waters
    river_names: tuple[str, ...]
    towns: towns.Towns
    plans: list[streets.Plan]
    street_names: list[dict[int, str]]
    villages: list[villages.Village]
    village_names: list[str]
    roads: roads.Roads
    rail: Line
    rail_parts: tuple[NDArray[Any], NDArray[np.bool_], NDArray[np.bool_]]
    wet: shapely.Geometry
    buildings: buildings.Buildings
    addresses: addresses.Addresses
    cover: NDArray[np.int64]
    cover_grid: Grid
    cover_shapes: NDArray[Any]
    cover_class: NDArray[np.int64]
    relief_grid: Grid
    heights: Field
    contours: Contours
    peaks: NDArray[np.float64]
    toponyms: names.Toponyms


def draw(size: Size, progress: Progress) -> World:
    """Draw the county of a size; the same in every run."""
    scale = SCALES[size]
    toponyms = names.Toponyms()
    progress.start(_("sample city: land and rivers"))
    terrain = carve(scale.step)
    grid = terrain.grid
    brooks = hydrology.shape_rivers(terrain)
    sites = towns.sites(terrain, brooks)
    land = hydrology.lay_plains(terrain, brooks, towns.basins(sites))
    waters = hydrology.waters(terrain, brooks, land, lakes=scale.lakes, pools=scale.pools)
    wet = shapely.union_all([shape for _river, shape in waters.banks] + list(waters.reservoirs) + list(waters.ponds))
    shapely.prepare(wet)
    rivers = [
        "剑川" if i == 0 else toponyms.brook(bool(river.area[-1] > 6.0e7)) for i, river in enumerate(waters.rivers)
    ]

    progress.start(_("sample city: towns and roads"))
    county = towns.partition(terrain, land, sites)
    plans = [
        streets.lay(i, county, waters, land, grid, wet, scale.seat if i == 0 else scale.town)
        for i in range(len(county.towns))
    ]
    street_names = []
    for plan in plans:
        runs: dict[int, bool] = {}
        for street in plan.streets:
            runs[street.run] = runs.get(street.run, False) or street.kind == streets.STREET
        street_names.append(names.street_names(runs, toponyms))
    network = routes.prepare(terrain, land, waters, county)
    centres, ends = routes.trunk(terrain, network, county)
    places = villages.settle(terrain, land, waters, county, plans, wet, scale.villages)
    village_names = [toponyms.hamlet() if v.hamlet else toponyms.village() for v in places]
    routes.byways(network, np.array([v.cell for v in places]))
    country = routes.chains(network, {*centres, *(v.cell for v in places)})
    express = routes.corridor(network, county, ends[0], ends[1], shy=1_700.0, reach=450.0, climb=12.0, key=0.0)
    rail = routes.corridor(network, county, ends[0], ends[1], shy=850.0, reach=520.0, climb=16.0, key=0.0)
    net = roads.assemble(country, plans, street_names, places, village_names, wet, express, land, grid)
    rail_parts = roads.structures(rail, wet, land, grid)

    progress.start(_("sample city: buildings and addresses"))
    draft = buildings.Draft()
    grounds: list[buildings.Site] = []
    buildings.build_towns(plans, draft, grounds)
    buildings.build_villages(places, draft)
    buildings.ribbon(net, plans, draft, 900.0 if size == "city" else 250.0, 0.7)
    streams = np.asarray(
        shapely.linestrings(
            np.vstack([r.line[:, :2] for r in waters.rivers]),
            indices=np.repeat(np.arange(len(waters.rivers)), [len(r.line) for r in waters.rivers]),
        )
    )
    houses = buildings.settle_conflicts(draft, grounds, net, rail_parts[0][~rail_parts[2]], wet, streams)
    town_names = [town.name for town in county.towns]
    doors = addresses.number(houses, plans, street_names, places, village_names, town_names)

    progress.start(_("sample city: land cover and relief"))
    cover_grid = Grid(scale.cover)
    factor = round(grid.step / scale.cover)
    cover = landcover.classify(cover_grid, refine(land, factor) if factor > 1 else land, waters, houses)
    shapes, classes = landcover.polygons(cover_grid, cover, county)
    relief_grid, high = relief.model(grid, land, waters, scale.relief)
    contour_grid = Grid(max(relief_grid.step, 60.0))
    coarse = _mean(high, round(contour_grid.step / relief_grid.step))
    lines = relief.contours(contour_grid, coarse, county, 50)
    tops = relief.peaks(contour_grid, coarse, county, scale.peak_radius)
    progress.done()
    return World(
        scale, terrain, land, waters, tuple(rivers), county, plans, street_names, places, village_names, net, rail,
        rail_parts, wet, houses, doors, cover, cover_grid, shapes, classes, relief_grid, high, lines, tops, toponyms,
    )  # fmt: skip


def _mean(values: Field, factor: int) -> Field:
    """Means of squares of `factor` × `factor` cells."""
    if factor <= 1:
        return values
    n = values.shape[0] // factor
    return np.asarray(values.reshape(n, factor, n, factor).mean(axis=(1, 3)))
