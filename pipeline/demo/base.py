"""The base layers as the departments hand them in: GeoPackage, GBK Shapefile, FlatGeobuf, GeoJSON, CSV."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo import landcover
from pipeline.demo.buildings import Buildings
from pipeline.demo.files import DEGREES, Table, degrees, in_charset, write_csv, write_vector
from pipeline.demo.hydrology import width
from pipeline.demo.names import pinyin
from pipeline.demo.places import Places, reservoir_names
from pipeline.demo.world import World

NOTE = "示例数据，纯属虚构 / Sample data, fictional"
_ROAD_GB = {
    "expressway": 420900, "national": 420101, "provincial": 420201, "county": 420301, "township": 420401,
    "street": 430501, "lane": 430503,
}  # fmt: skip
_LANES = {"expressway": 4, "national": 4, "provincial": 2, "county": 2, "township": 1, "street": 4, "lane": 1}
_WIDE = {
    "expressway": 24.5,
    "national": 15.0,
    "provincial": 10.0,
    "county": 7.5,
    "township": 4.5,
    "street": 18.0,
    "lane": 5.0,
}
_COVER_GB = {
    "forest": 810300, "bamboo": 810500, "shrub": 810400, "grass": 820100, "cropland": 810101, "orchard": 810200,
    "urban": 830100, "bare": 830500, "wetland": 820400,
}  # fmt: skip


def _ids(n: int, start: int = 1) -> NDArray[np.int64]:
    return np.arange(start, start + n, dtype=np.int64)


def _texts(values: list[str]) -> NDArray[Any]:
    """Strings; an empty one is written as null."""
    return np.array([v or None for v in values], dtype=object)


def boundaries(world: World, inbox: Path) -> None:
    """BOUA and BOUL, in one GeoPackage, from the same arcs."""
    path = inbox / "planning" / "境界与政区.gpkg"
    towns = world.towns
    n = len(towns.towns)
    names = [town.name for town in towns.towns]
    write_vector(path, Table(towns.areas, {
        "ID": _ids(n), "GB": np.full(n, 660201), "NAME": _texts(names), "PINYIN": _texts([pinyin(x) for x in names]),
        "PAC": np.array([town.code for town in towns.towns]), "LEVEL": np.full(n, "town"),
        "AREA": np.round(shapely.area(towns.areas) / 1e6, 2),
    }), driver="GPKG", layer="BOUA", title=NOTE)  # fmt: skip
    m = len(towns.borders)
    write_vector(path, Table(towns.borders, {
        "ID": _ids(m, 101), "GB": np.where(towns.outer, 650201, 660201),
        "LEVEL": np.where(towns.outer, "county", "town"), "BNDTYPE": np.full(m, "defined"),
    }), driver="GPKG", layer="BOUL", append=True, title=NOTE)  # fmt: skip


def hydrology(world: World, inbox: Path) -> None:
    """HYDA (2D) and HYDL (with heights: rivers are handed in as 3D lines)."""
    path = inbox / "water" / "水系.gpkg"
    waters = world.waters
    shapes: list[Any] = [shape for _river, shape in waters.banks]
    names = [world.river_names[river] for river, _shape in waters.banks]
    codes = [f"LQ{river + 1:04d}" for river, _shape in waters.banks]
    kinds = ["river"] * len(shapes)
    shapes += list(waters.reservoirs) + list(waters.ponds)
    names += reservoir_names(world) + [""] * len(waters.ponds)
    codes += [f"LQSK{i + 1:02d}" for i in range(len(waters.reservoirs))] + [""] * len(waters.ponds)
    kinds += ["reservoir"] * len(waters.reservoirs) + ["pond"] * len(waters.ponds)
    gb = {"river": 210101, "reservoir": 240101, "pond": 230102}
    write_vector(path, Table(np.array(shapes), {
        "ID": _ids(len(shapes)), "GB": np.array([gb[k] for k in kinds]), "NAME": _texts(names),
        "PINYIN": _texts([pinyin(x) for x in names]), "HYDC": _texts(codes), "CLASS": np.array(kinds),
        "AREA": np.round(shapely.area(np.array(shapes)), 0),
    }), driver="GPKG", layer="HYDA", title=NOTE)  # fmt: skip
    lines: list[Any] = []
    rows: list[tuple[str, str, str, int]] = []
    for number, (river, name) in enumerate(zip(waters.rivers, world.river_names, strict=True)):
        pieces = (len(river.line) - 1) // max(len(river.cells) - 1, 1)
        change = np.flatnonzero(np.diff(river.rank)) + 1
        cuts = np.unique(np.concatenate([[0], river.joins, change, [len(river.cells) - 1]]))
        for a, b in pairwise(cuts.tolist()):
            lines.append(shapely.LineString(river.line[a * pieces : b * pieces + 1]))
            rank = int(river.rank[a])
            kind = "river" if width(river.area[a * pieces : a * pieces + 1])[0] > 8.0 else "stream"
            rows.append((name, f"LQ{number + 1:04d}", kind, rank))
    write_vector(path, Table(np.array(lines), {
        "ID": _ids(len(lines), 10_001), "GB": np.full(len(lines), 210101), "NAME": _texts([r[0] for r in rows]),
        "PINYIN": _texts([pinyin(r[0]) for r in rows]), "HYDC": _texts([r[1] for r in rows]),
        "CLASS": np.array([r[2] for r in rows]), "RANK": np.array([r[3] for r in rows]),
    }), driver="GPKG", layer="HYDL", append=True, title=NOTE)  # fmt: skip


def transport(world: World, inbox: Path) -> None:
    """LRDL and LRRL as Shapefiles in GBK without .cpg, zone 40 eastings (EPSG:4528, 8 digits)."""
    roads = world.roads
    n = len(roads.lines)
    grade = {"expressway": "国道", "national": "国道", "provincial": "省道", "county": "县道", "township": "乡道"}
    options = {"driver": "ESRI Shapefile", "crs": "EPSG:4528", "encoding": "GBK"}
    write_vector(inbox / "transport" / "LRDL.shp", Table(roads.lines, {
        "编号": _ids(n), "国标码": np.array([_ROAD_GB[str(k)] for k in roads.kind]),
        "名称": _texts(roads.name.tolist()),
        "拼音": _texts(in_charset([pinyin(x) for x in roads.name.tolist()], "GBK")),
        "路线编号": _texts(roads.number.tolist()),
        "行政等级": _texts([grade.get(str(k), "") for k in roads.kind]), "类型": roads.kind,
        "桥梁": roads.bridge.astype(np.int32), "隧道": roads.tunnel.astype(np.int32),
        "车道数": np.array([_LANES[str(k)] for k in roads.kind], np.int32),
        "路面宽": np.array([_WIDE[str(k)] for k in roads.kind]),
    }), **options)  # type: ignore[arg-type]  # fmt: skip
    lines, bridge, tunnel = world.rail_parts
    # One record without a geometry, as exports from editing systems often have.
    shapes = np.array([*lines, None], dtype=object)
    name = ["云剑铁路"] * len(lines) + ["待测"]
    write_vector(inbox / "transport" / "LRRL.shp", Table(shapes, {
        "编号": _ids(len(shapes)), "国标码": np.full(len(shapes), 410101), "名称": _texts(name),
        "拼音": _texts(in_charset([pinyin(x) for x in name], "GBK")), "桥梁": np.append(bridge, False).astype(np.int32),
        "隧道": np.append(tunnel, False).astype(np.int32),
    }), **options)  # type: ignore[arg-type]  # fmt: skip


def structures(world: World, inbox: Path, names: list[str]) -> None:
    """RESA as FlatGeobuf; `names` per building, empty for most."""
    houses: Buildings = world.buildings
    n = len(houses.shapes)
    order = np.lexsort((houses.use, houses.town))
    write_vector(inbox / "housing" / "buildings.fgb", Table(houses.shapes[order], {
        "ID": _ids(n), "GB": np.full(n, 310301), "NAME": _texts([names[i] for i in order]),
        "HEIGHT": houses.height[order],
        "FLOORS": houses.floors[order].astype(np.int32), "USE": houses.use[order],
    }), driver="FlatGeobuf", layer="RESA")  # fmt: skip


def grounds(world: World, inbox: Path, names: list[str]) -> None:
    """RFCA: grounds with one purpose, and the sports fields of schools."""
    gb = {"park": 340503, "square": 340504, "sports": 340506}
    shapes: list[Any] = []
    rows: list[tuple[str, str]] = []
    shore = shapely.buffer(world.wet, 4.0)
    for site, name in zip(world.buildings.sites, names, strict=True):
        ground = shapely.set_precision(shapely.difference(site.ground, shore), 0.01)
        if ground.geom_type != "Polygon" or ground.area < 400.0:
            continue
        shapes.append(ground)
        rows.append((name, site.kind))
        if site.kind == "school":
            field = _sports_field(np.asarray(site.ground.exterior.coords)[:4])
            if shapely.covers(ground, field):
                shapes.append(field)
                rows.append(("", "sports"))
    n = len(shapes)
    write_vector(inbox / "housing" / "facility_areas.geojson", Table(np.array(shapes), {
        "ID": _ids(n), "GB": np.array([gb.get(r[1], 340000) for r in rows]), "NAME": _texts([r[0] for r in rows]),
        "PINYIN": _texts([pinyin(r[0]) for r in rows]), "CLASS": np.array([r[1] for r in rows]),
    }), driver="GeoJSON", crs=DEGREES, title=NOTE, options=_geojson(7))  # fmt: skip


def _sports_field(corners: NDArray[np.float64]) -> shapely.Polygon:
    """An oval track on the open part of a school's ground."""
    along = (corners[1] - corners[0]) / np.hypot(*(corners[1] - corners[0]))
    across = np.array([-along[1], along[0]])
    depth, length = np.hypot(*(corners[3] - corners[0])), np.hypot(*(corners[1] - corners[0]))
    centre = corners.mean(axis=0) - across * depth * 0.22 + along * length * 0.12
    half = max(length * 0.14, 8.0)
    line = shapely.LineString([centre - along * half, centre + along * half])
    oval = shapely.buffer(line, min(depth * 0.18, 34.0), quad_segs=6)
    return shapely.Polygon(np.round(np.asarray(oval.exterior.coords), 2))


def _geojson(digits: int) -> dict[str, str]:
    return {"COORDINATE_PRECISION": str(digits), "DESCRIPTION": NOTE}


def cover(world: World, inbox: Path) -> None:
    """VEGA as a GeoPackage layer."""
    n = len(world.cover_shapes)
    kinds = np.array([landcover.CLASSES[k] for k in world.cover_class])
    write_vector(inbox / "forestry" / "land_cover.gpkg", Table(world.cover_shapes, {
        "ID": _ids(n), "GB": np.array([_COVER_GB[str(k)] for k in kinds]), "CLASS": kinds,
    }), driver="GPKG", layer="VEGA", title=NOTE)  # fmt: skip


def relief(world: World, inbox: Path, peak_names: list[str]) -> None:
    """TERL and TERP as FlatGeobuf."""
    lines = world.contours
    n = len(lines.lines)
    index = (lines.height % 250 == 0).astype(np.int32)
    write_vector(inbox / "planning" / "contours.fgb", Table(lines.lines, {
        "ID": _ids(n), "GB": np.where(index == 1, 710102, 710101), "ELEV": lines.height, "INDEX": index,
    }), driver="FlatGeobuf", layer="TERL")  # fmt: skip
    tops = world.peaks
    towns = np.array([town.centre for town in world.towns.towns])
    heights = world.relief_grid.sample(world.heights, towns[:, 0], towns[:, 1])
    x, y = np.concatenate([tops[:, 0], towns[:, 0]]), np.concatenate([tops[:, 1], towns[:, 1]])
    names = peak_names + [""] * len(towns)
    write_vector(inbox / "planning" / "peaks.fgb", Table(np.asarray(shapely.points(x, y)), {
        "ID": _ids(len(x)), "GB": np.full(len(x), 720100), "NAME": _texts(names),
        "PINYIN": _texts([pinyin(v) for v in names]),
        "ELEV": np.round(np.concatenate([tops[:, 2], heights])).astype(np.int32),
    }), driver="FlatGeobuf", layer="TERP")  # fmt: skip


def places(world: World, inbox: Path, named: Places) -> None:
    """AGNP as a GeoPackage layer and AANP as a CSV with a byte order mark."""
    gb = {"city": 250100, "town": 250200, "village": 250300, "hamlet": 250400, "mountain": 270100, "valley": 270200,
          "water": 260100, "scenic": 280100}  # fmt: skip
    n = len(named.x)
    towns = [world.towns.towns[i].name for i in named.town.tolist()]
    write_vector(inbox / "civil-affairs" / "place_names.gpkg", Table(np.asarray(shapely.points(named.x, named.y)), {
        "ID": _ids(n), "GB": np.array([gb[str(k)] for k in named.kind]), "NAME": named.name,
        "PINYIN": _texts([pinyin(x) for x in named.name.tolist()]), "CLASS": named.kind, "RANK": named.rank,
        "TOWN": np.array(towns), "GNID": np.array([f"331181-{i:06d}" for i in range(1, n + 1)]),
    }), driver="GPKG", layer="AGNP", title=NOTE)  # fmt: skip
    doors = world.addresses
    lng, lat = degrees(doors.x, doors.y)
    write_csv(inbox / "civil-affairs" / "标准地址.csv", {
        "序号": _ids(len(lng)), "标准地址": doors.text, "街路巷": doors.street, "门牌号": doors.number,
        "乡镇街道": doors.town, "经度": [f"{v:.7f}" for v in lng], "纬度": [f"{v:.7f}" for v in lat],
        "备注": ["示例数据"] * len(lng),
    }, "utf-8-sig")  # fmt: skip
