"""Synthetic orthophotos of the seat at two epochs: land cover, fields, roads, roofs, shadows and relief."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo.epochs import Built, earlier, today
from pipeline.demo.files import burn
from pipeline.demo.grid import SOUTH, blur, noise, stream
from pipeline.demo.roads import HALF
from pipeline.demo.world import World

_FRAYED: Final = 160.0  # m by which an edge of land cover may be moved
_AUTUMN: Final = (1.0, 1.0, 1.0)
_SUMMER: Final = (0.93, 1.05, 0.94)  # greener
# Red, green, blue of every land cover class (landcover.CLASSES), as seen from the air in autumn.
_GROUND: Final = np.array(
    [(52, 76, 46), (74, 98, 52), (92, 104, 64), (120, 124, 78), (128, 134, 76), (88, 108, 60), (150, 144, 132),
     (156, 142, 118), (96, 112, 84)], np.float32,
)  # fmt: skip
_FIELDS: Final = np.array(
    [(116, 132, 66), (148, 144, 84), (98, 122, 58), (164, 150, 100), (134, 138, 72), (108, 116, 66)], np.float32
)
_ROOFS: Final = {
    "residential": ((168, 118, 96), (176, 170, 160), (150, 108, 90), (190, 184, 174)),
    "commercial": ((186, 184, 180), (160, 164, 170), (200, 196, 188), (142, 140, 138)),
    "industrial": ((92, 128, 168), (196, 200, 204), (108, 142, 176), (176, 92, 76)),
    "public": ((190, 170, 150), (168, 150, 140), (200, 196, 190), (150, 140, 130)),
    "school": ((188, 120, 96), (200, 180, 160), (176, 110, 90), (190, 186, 180)),
    "hospital": ((206, 204, 200), (196, 190, 186), (210, 208, 206), (186, 182, 178)),
    "rural": ((96, 90, 88), (122, 98, 86), (84, 82, 84), (140, 130, 122)),
}
_ROAD: Final = {
    "expressway": (96, 96, 98), "national": (112, 111, 110), "provincial": (116, 115, 113), "county": (128, 126, 120),
    "township": (158, 150, 134), "street": (118, 118, 118), "lane": (140, 138, 132),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Photo:
    """Pixels [3, rows, columns] (row 0 in the north) and where they lie in the plane."""

    pixels: NDArray[np.uint8]
    west: float
    north: float
    pixel: float


def photographs(world: World) -> tuple[Photo, Photo]:
    """The seat and its surroundings: ten years ago, and today. The ground is that of today where nothing was built."""
    pixel = world.scale.pixel
    west, south, east, north = shapely.bounds(world.plans[0].hull).tolist()
    west, north = np.floor(west / 100) * 100 - 400.0, np.ceil(north / 100) * 100 + 400.0
    columns, rows = int((east + 400.0 - west) // pixel), int((north - south + 400.0) // pixel)
    frame = {"west": west, "north": north, "pixel": pixel, "rows": rows, "columns": columns}
    x = (west + (np.arange(columns) + 0.5) * pixel)[None, :]
    y = (north - (np.arange(rows) + 0.5) * pixel)[:, None]
    rng = stream(120)
    rough = rng.standard_normal((rows, columns))
    clumps = blur(rough, max(1, round(5.0 / pixel))).astype(np.float32)
    rough = rough.astype(np.float32)
    clumps /= clumps.std()
    slow = _Slow(world, x, y)
    now, before = today(world), earlier(world)
    image = np.empty((rows, columns, 3), np.float32)
    other = int(np.clip((before.border - west) // pixel - _FRAYED / pixel, 0, columns))  # west of it nothing differs
    past = np.empty((rows, columns - other, 3), np.float32)
    for top in range(0, rows, 128):  # in strips that stay in the processor's cache
        strip = slice(top, top + 128)
        image[strip] = _land(world, now, x, y, clumps, slow, (strip, slice(0, columns)))
        past[strip] = _land(world, before, x, y, clumps, slow, (strip, slice(other, columns)))
    past = np.concatenate([image[:, :other], past], axis=1)
    view = shapely.box(west, south - 400.0, west + columns * pixel, north)
    grain = (3.2 * rough + 2.0 * clumps)[:, :, None]
    tones = np.round(255.0 * (np.arange(256) / 255.0) ** 0.92).astype(np.uint8)
    taken = []
    for built, land, season in ((before, past, _SUMMER), (now, image, _AUTUMN)):
        ground = land * np.array(season, np.float32)
        _paint_ground(world, built, ground, view, frame)
        _paint_water(world, ground, view, frame, x, y)
        _paint_roads(world, built, ground, view, frame)
        _paint_roofs(world, built, ground, view, frame)
        ground += grain
        pixels = tones[np.clip(ground, 0, 255).astype(np.uint8)]
        taken.append(Photo(np.ascontiguousarray(pixels.transpose(2, 0, 1)), float(west), float(north), pixel))
    return taken[0], taken[1]


def _coarse(function: Any, x: NDArray[Any], y: NDArray[Any], every: int) -> NDArray[np.float32]:
    """A slowly varying function evaluated at every k-th pixel and repeated."""
    values = np.asarray(function(x[:, ::every], y[::every, :]), np.float32)
    return np.repeat(np.repeat(values, every, axis=0), every, axis=1)[: y.shape[0], : x.shape[1]]


class _Slow:
    """Fields that vary slowly over the picture, [rows, columns]: frayed edges, lie of the parcels, tone, light."""

    def __init__(self, world: World, x: NDArray[Any], y: NDArray[Any]) -> None:
        every = max(1, round(6.0 / world.scale.pixel))
        self.fray_x = _coarse(lambda a, b: 34.0 * noise(121, a, b, 160.0, 2), x, y, every)
        self.fray_y = _coarse(lambda a, b: 34.0 * noise(122, a, b, 160.0, 2), x, y, every)
        self.turn = _coarse(lambda a, b: np.floor(2.5 * noise(123, a, b, 1_400.0, 1)) * 0.55 + 0.35, x, y, every)
        self.tone = _coarse(lambda a, b: noise(124, a, b, 700.0, 3), x, y, every)
        self.light = _coarse(lambda a, b: _light(world, a, b), x, y, every)


def _land(
    world: World,
    built: Built,
    x: NDArray[Any],
    y: NDArray[Any],
    clumps: NDArray[Any],
    slow: _Slow,
    part: tuple[slice, slice],
) -> NDArray[np.float32]:
    """Ground colour: cover classes with frayed edges, fields in parcels, crowns of trees, lit by the sun."""
    fray_x, fray_y, turn, clumps = slow.fray_x[part], slow.fray_y[part], slow.turn[part], clumps[part]
    west, x, y = x[0, 0], x[:, part[1]], y[part[0]]
    label = built.cover.ravel()[world.cover_grid.cell(x + fray_x + clumps * 3.0, y + fray_y)]
    image = _GROUND[label]
    east, north = (x - west).astype(np.float32), (y - SOUTH).astype(np.float32)
    cos, sin = np.cos(turn), np.sin(turn)
    u = (east * cos + north * sin + fray_x * 0.5) / 62.0 + 400.0
    v = (north * cos - east * sin + fray_y * 0.5) / 27.0 + 3_000.0
    column, row = np.floor(u), np.floor(v)
    pick = (column.astype(np.int64) * 73_856_093 ^ row.astype(np.int64) * 19_349_663) % len(_FIELDS)
    u, v = u - column, v - row
    path = (np.minimum(u, 1.0 - u) * 62.0 < 1.6) | (np.minimum(v, 1.0 - v) * 27.0 < 1.4)
    farmed, planted = label == 4, label == 5
    image[farmed] = _FIELDS[pick[farmed]] * np.where(path[farmed], 0.84, 1.0)[:, None]
    image[planted] *= (0.88 + 0.12 * np.sin(v[planted] * 21.0))[:, None]
    crowns = np.where(label < 3, 0.17 * clumps, 0.0)
    return np.asarray(image * ((1.0 + crowns + 0.10 * slow.tone[part]) * slow.light[part])[:, :, None], np.float32)


def _light(world: World, x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float32]:
    """Brightness from relief: sun in the south-east, 45° high (noon photographs show shadows to the north-west)."""
    grid = world.relief_grid
    dy, dx = np.gradient(world.heights, grid.step)
    norm = np.sqrt(1.0 + dx * dx + dy * dy)
    shade = (-dx * 0.5 + dy * 0.5 + 0.707) / norm
    lit = grid.sample(np.asarray(shade), x, y)
    return np.asarray(np.clip(0.45 + 0.78 * lit, 0.35, 1.3), np.float32)


def _blend(image: NDArray[Any], mask: NDArray[Any], colour: Any, strength: float = 1.0) -> None:
    inside = mask > 0
    image[inside] = image[inside] * (1.0 - strength) + np.asarray(colour, np.float32) * strength


def _inside(shapes: NDArray[Any], view: shapely.Polygon) -> NDArray[np.bool_]:
    return np.asarray(shapely.intersects(view, shapes))


def _paint_ground(
    world: World, built: Built, image: NDArray[Any], view: shapely.Polygon, frame: dict[str, Any]
) -> None:
    """Paved and planted blocks, parks, sports fields."""
    blocks = np.array([shapely.Polygon(b.corners) for plan in world.plans for b in plan.blocks])
    near = _inside(blocks, view)
    there = built.blocks[near]
    tones = stream(125).uniform(0.25, 1.0, len(there))  # for all, so that a block has the same tone at every epoch
    tone = burn(blocks[near][there], tones[there], **frame)
    paved = tone > 0
    image[paved] = (
        image[paved] * 0.25 + (np.array((146, 146, 130), np.float32) * (0.72 + 0.22 * tone[paved])[:, None]) * 0.75
    )
    colours = {"park": (88, 116, 64), "school": (150, 138, 112), "works": (166, 162, 154), "square": (186, 176, 162)}
    for kind, colour in colours.items():
        sites = zip(world.buildings.sites, built.sites.tolist(), strict=True)
        shapes = np.array([site.ground for site, there in sites if there and site.kind == kind])
        if len(shapes):
            _blend(image, burn(shapes, 1.0, **frame), colour, 0.75)


def _paint_water(
    world: World, image: NDArray[Any], view: shapely.Polygon, frame: dict[str, Any], x: Any, y: Any
) -> None:
    wet = shapely.intersection(world.wet, view)
    if wet.is_empty:
        return
    _blend(image, burn(np.array([shapely.buffer(wet, 9.0)]), 1.0, **frame), (146, 140, 116), 0.7)
    mask = burn(np.array([wet]), 1.0, **frame)
    ripple = _coarse(lambda a, b: noise(126, a, b, 300.0, 3), x, y, max(1, round(6.0 / frame["pixel"])))
    inside = mask > 0
    image[inside] = np.array((64, 92, 88), np.float32) * (1.0 + 0.10 * ripple[inside])[:, None]
    streams = np.array([shapely.LineString(r.line[:, :2]) for r in world.waters.rivers])
    streams = streams[_inside(streams, view)]
    _blend(image, burn(shapely.buffer(streams, 2.5, quad_segs=2), 1.0, **frame), (74, 96, 84), 0.8)


def _paint_roads(world: World, built: Built, image: NDArray[Any], view: shapely.Polygon, frame: dict[str, Any]) -> None:
    roads = world.roads
    near = _inside(roads.lines, view) & ~roads.tunnel & built.roads
    for kind in ("lane", "township", "street", "county", "provincial", "national", "expressway"):
        lines = roads.lines[near & (roads.kind == kind)]
        if len(lines):
            wide = HALF[kind] * 0.85
            _blend(image, burn(shapely.buffer(lines, wide, quad_segs=2), 1.0, **frame), (128, 132, 112), 0.55)
            _blend(image, burn(shapely.buffer(lines, wide * 0.7, quad_segs=2), 1.0, **frame), _ROAD[kind], 0.9)
    tracks = world.rail_parts[0][~world.rail_parts[2]]
    tracks = tracks[_inside(tracks, view)]
    if len(tracks):
        _blend(image, burn(shapely.buffer(tracks, 6.0, quad_segs=2), 1.0, **frame), (120, 112, 104), 0.9)
        _blend(image, burn(shapely.buffer(tracks, 2.0, quad_segs=2), 1.0, **frame), (92, 84, 80), 0.9)


def _paint_roofs(world: World, built: Built, image: NDArray[Any], view: shapely.Polygon, frame: dict[str, Any]) -> None:
    """Shadows to the north-west as long as buildings are high, then roofs with a lit and a dark side."""
    houses = world.buildings
    near = np.flatnonzero(_inside(houses.shapes, view))
    rng = stream(127)  # drawn for all, so that a house has the same roof at every epoch
    pick = rng.integers(0, 4, len(near))
    worn = rng.uniform(0.88, 1.08, (len(near), 1)).astype(np.float32)
    there = built.houses[near]
    near, pick, worn = near[there], pick[there], worn[there]
    shapes = houses.shapes[near]
    if not len(shapes):
        return
    pixel = frame["pixel"]
    height = burn(shapes, houses.height[near], **frame)
    shade = np.zeros(height.shape, np.bool_)
    reach = int(houses.height[near].max() * 0.8 / pixel)
    for k in range(1, reach + 1):
        # A point k pixels north-west lies in shadow when the roof is higher than the sun's ray there.
        tall = height[k:, k:] * 0.8 > k * pixel * 1.4142
        shade[:-k, :-k] |= tall
    shade &= height == 0
    image[shade] *= 0.55
    colours = np.array([_ROOFS[str(u)][int(k)] for u, k in zip(houses.use[near], pick, strict=True)], np.float32)
    colours *= worn
    number = burn(shapes, np.arange(1, len(near) + 1), dtype="int32", **frame)
    roof = number > 0
    image[roof] = colours[number[roof] - 1]
    # Half of each pitched roof turns away from the sun.
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    row, column = np.nonzero(roof)
    owner = number[row, column] - 1
    dx = frame["west"] + (column + 0.5) * pixel - middle[owner, 0]
    dy = frame["north"] - (row + 0.5) * pixel - middle[owner, 1]
    pitched = np.isin(houses.use[near], ("rural", "residential"))[owner] & (houses.floors[near][owner] < 8)
    away = pitched & (dx - dy < 0)
    image[row[away], column[away]] *= 0.84
