"""The thematic datasets of the departments: invented, but each with what its owner would record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import shapely

from pipeline.demo.base import NOTE
from pipeline.demo.curves import resample
from pipeline.demo.files import DEGREES, PLANE, Table, degrees, write_csv, write_vector
from pipeline.demo.grid import slope, stream
from pipeline.demo.names import english, pinyin
from pipeline.demo.services import translate
from pipeline.demo.streets import STREET
from pipeline.demo.world import World


def kiln_sites(world: World, inbox: Path) -> None:
    """GeoJSON in degrees: where celadon was fired, near streams below wooded slopes."""
    rng = stream(112)
    rows: list[tuple[float, float, str]] = []
    count = 64 if len(world.villages) > 100 else 12
    picked = rng.choice(len(world.villages), min(count, len(world.villages)), replace=False)
    for i in picked.tolist():
        x, y = np.array(world.villages[i].centre) + rng.uniform(-240, 240, 2)
        if not shapely.dwithin(world.wet, shapely.Point(x, y), 12.0):
            rows.append((x, y, world.village_names[i] + "窑址"))
    n = len(rows)
    x, y = np.round([r[0] for r in rows], 2), np.round([r[1] for r in rows], 2)
    cell = world.terrain.grid.cell(x, y)
    label = [r[2] for r in rows]
    write_vector(inbox / "museum" / "kiln_sites.geojson", Table(np.asarray(shapely.points(x, y)), {
        "ID": np.arange(1, n + 1), "NAME": np.array(label), "PINYIN": np.array([pinyin(v) for v in label]),
        "NAME_EN": np.array([translate(v) for v in label]),
        "CODE": np.array([f"示例-Y{i:03d}" for i in range(1, n + 1)]),
        "DYNASTY": rng.choice(["song", "yuan", "ming", "qing"], n, p=[0.35, 0.25, 0.25, 0.15]),
        "LEVEL": rng.choice(["national", "provincial", "county"], n, p=[0.15, 0.3, 0.55]),
        "GLAZE": rng.choice(["fenqing", "meiziqing", "douqing"], n), "KILN_LEN": np.round(rng.uniform(18, 82, n), 1),
        "AREA": np.round(rng.uniform(300, 9_000, n), 0), "OPEN": rng.random(n) < 0.3,
        "TOWN": np.array([world.towns.towns[i].name for i in np.maximum(world.towns.label.ravel()[cell], 0).tolist()]),
    }), driver="GeoJSON", crs=DEGREES, options={"COORDINATE_PRECISION": "7", "DESCRIPTION": NOTE})  # fmt: skip


def hazard_points(world: World, inbox: Path) -> None:
    """CSV: steep ground within reach of a village; the warden's name is for the government only."""
    rng = stream(113)
    grid = world.terrain.grid
    steep = slope(world.land, grid.step)
    rows: list[tuple[float, float, float, str]] = []
    for village, name in zip(world.villages, world.village_names, strict=True):
        around = np.array(village.centre) + rng.uniform(-420, 420, (12, 2))
        value = grid.sample(steep, around[:, 0], around[:, 1])
        best = int(np.argmax(value))
        if value[best] > 0.32 and rng.random() < 0.6:
            rows.append((around[best, 0], around[best, 1], float(value[best]), name))
    n = len(rows)
    x, y = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    lng, lat = degrees(x, y)
    cell = grid.cell(x, y)
    kind = rng.choice(["landslide", "collapse", "debris"], n, p=[0.6, 0.25, 0.15])
    zh = {"landslide": "滑坡", "collapse": "崩塌", "debris": "泥石流"}
    label = [r[3] + zh[str(k)] for r, k in zip(rows, kind, strict=True)]
    volume = np.round(np.exp(rng.uniform(6.5, 12.0, n)), -2).astype(np.int64)
    write_csv(inbox / "emergency" / "隐患点.csv", {
        "编号": list(range(1, n + 1)), "名称": label, "拼音": [pinyin(v) for v in label], "灾害类型": kind,
        "险情等级": np.where(volume > 60_000, "large", np.where(volume > 9_000, "medium", "small")), "体积": volume,
        "坡度": np.round(np.degrees(np.arctan([r[2] for r in rows])), 1), "威胁户数": rng.integers(1, 38, n),
        "监测人": [f"示例人员{i:03d}" for i in range(1, n + 1)],
        "乡镇街道": [world.towns.towns[i].name for i in np.maximum(world.towns.label.ravel()[cell], 0).tolist()],
        "经度": [f"{v:.7f}" for v in lng], "纬度": [f"{v:.7f}" for v in lat], "备注": ["示例数据"] * n,
    }, "utf-8-sig")  # fmt: skip


def nature_reserves(world: World, inbox: Path, peak_names: list[str]) -> None:
    """GeoJSON: high ground around prominent peaks, bounded by a contour-like line."""
    import contourpy

    rng = stream(114)
    grid = world.terrain.grid
    x, y = grid.axes()
    mesh_x, mesh_y = grid.mesh()
    chosen: list[int] = []
    for i, (px, py, _z) in enumerate(world.peaks.tolist()):
        if all(np.hypot(px - world.peaks[j, 0], py - world.peaks[j, 1]) > 9_500.0 for j in chosen):
            chosen.append(i)
        if len(chosen) == 9:
            break
    shapes: list[Any] = []
    names: list[str] = []
    kinds = ("wildlife", "forest", "forest", "geo", "wetland", "forest", "wildlife", "forest", "geo")
    tails = {"wildlife": "自然保护区", "forest": "森林公园", "geo": "地质公园", "wetland": "湿地公园"}
    kept: list[str] = []
    taken: Any = shapely.Polygon()
    for number, i in enumerate(chosen):
        px, py, pz = world.peaks[i].tolist()
        away = np.hypot(mesh_x - px, mesh_y - py)
        score = (world.land - (pz - 620.0)) / 620.0 - (away / 3_600.0) ** 2 * 0.8
        rings = contourpy.contour_generator(x, y, score, name="serial").lines(0.0)
        around = [shapely.Polygon(np.asarray(r)) for r in rings if len(r) > 20]
        around = [ring for ring in around if ring.contains(shapely.Point(px, py))]
        if not around:
            continue
        wide: Any = max(around, key=lambda g: g.area).buffer(300.0).buffer(-300.0)
        wide = shapely.difference(shapely.intersection(wide, shapely.buffer(world.towns.county, -30.0)), taken)
        wide = max(shapely.get_parts(wide), key=lambda g: g.area)
        area = shapely.Polygon(np.round(np.asarray(wide.exterior.simplify(25.0).coords), 2))
        if not area.is_valid or area.area < 2.0e6:
            continue
        taken = shapely.union(taken, area.buffer(50.0))
        shapes.append(area)
        kept.append(kinds[number])
        names.append(peak_names[i] + tails[kinds[number]])
    n = len(shapes)
    write_vector(inbox / "forestry" / "自然保护地.geojson", Table(np.array(shapes), {
        "ID": np.arange(1, n + 1), "NAME": np.array(names), "PINYIN": np.array([pinyin(v) for v in names]),
        "NAME_EN": np.array([translate(v) for v in names]),
        "LEVEL": np.array(["national" if i == 0 else "provincial" if i < 4 else "county" for i in range(n)]),
        "TYPE": np.array(kept), "AREA": np.round(shapely.area(np.array(shapes)) / 1e6, 2),
        "FOUNDED": np.array([f"{int(v)}-06-05" for v in rng.integers(1988, 2019, n)], "datetime64[D]"),
    }), driver="GeoJSON", crs=DEGREES, options={"COORDINATE_PRECISION": "7", "DESCRIPTION": NOTE})  # fmt: skip


def buses(world: World, inbox: Path) -> None:
    """Lines along main streets and country roads, and the stops on them."""
    from pipeline.demo.transit import lay_lines

    lines, stops = lay_lines(world)
    n = len(lines)
    path = inbox / "transport" / "公交.gpkg"
    write_vector(path, Table(np.array([line.shape for line in lines]), {
        "ID": np.arange(1, n + 1), "NAME": np.array([line.name for line in lines]),
        "NAME_EN": np.array([f"Bus {line.name.removesuffix('路')}" for line in lines]),
        "FROM": np.array([line.first for line in lines]), "TO": np.array([line.last for line in lines]),
        "LENGTH": np.array([round(line.shape.length / 1000, 1) for line in lines]),
        "STOPS": np.array([line.stops for line in lines]),
        "FIRST": np.array(["06:00" if i % 2 else "06:20" for i in range(n)]),
        "LAST": np.array(["21:30" if i < 8 else "18:00" for i in range(n)]),
        "INTERVAL": np.array([8 + 4 * (i % 4) if i < 8 else 45 for i in range(n)]),
        "FARE": np.array([1.5 if i < 8 else 5.0 for i in range(n)]),
    }), driver="GPKG", layer="bus_lines", title=NOTE)  # fmt: skip
    m = len(stops)
    write_vector(path, Table(np.asarray(shapely.points([s.x for s in stops], [s.y for s in stops])), {
        "ID": np.arange(1, m + 1), "NAME": np.array([s.name for s in stops]),
        "PINYIN": np.array([pinyin(s.name) for s in stops]),
        "NAME_EN": np.array([english(s.name) for s in stops]), "LINES": np.array([s.lines for s in stops]),
        "SHELTER": np.array([s.shelter for s in stops]),
    }), driver="GPKG", layer="bus_stops", append=True, title=NOTE)  # fmt: skip


def water_supply(world: World, inbox: Path) -> None:
    """A File Geodatabase: mains under the streets of every town, trunk mains from the reservoirs."""
    rng = stream(116)
    shapes: list[Any] = []
    kinds: list[str] = []
    for plan in world.plans:
        for st in plan.streets:
            if st.kind == STREET or rng.random() < 0.45:
                shapes.append(shapely.LineString(np.round(np.add(st.line, (3.0, -3.0)), 2)))
                kinds.append("main" if st.kind == STREET else "branch")
    for lake in world.waters.reservoirs:
        nearest = min(world.towns.towns, key=lambda t: shapely.distance(shapely.Point(t.centre), lake))
        a = shapely.get_coordinates(shapely.centroid(lake))[0]
        river = world.waters.rivers[nearest.river].line[:, :2]
        end = np.array(nearest.centre)
        way = resample(np.vstack([a, (a + end) / 2 + (0.0, 150.0), end]), 200.0) if len(river) else np.array([a, end])
        shapes.append(shapely.LineString(np.round(way, 2)))
        kinds.append("trunk")
    n = len(shapes)
    size = {"trunk": (600, 800, 1000), "main": (200, 300, 400), "branch": (100, 110, 160)}
    write_vector(inbox / "water" / "water_supply.gdb", Table(np.array(shapes), {
        "ID": np.arange(1, n + 1, dtype=np.int32), "KIND": np.array(kinds),
        "DIAMETER": np.array([size[k][int(rng.integers(3))] for k in kinds], np.int32),
        "MATERIAL": np.array([{"trunk": "ST", "main": "DI", "branch": "PE"}[k] for k in kinds]),
        "DEPTH": np.round(rng.uniform(0.8, 2.2, n), 2), "BUILT": rng.integers(1988, 2025, n).astype(np.int32),
    }), driver="OpenFileGDB", crs=PLANE, layer="water_pipes")  # fmt: skip


def control_lines(world: World, inbox: Path) -> None:
    """A CAD drawing without a CRS: closed lines on layers called 绿线, 蓝线, 紫线, 黄线."""
    shapes: list[Any] = []
    layers: list[str] = []
    plan = world.plans[0]
    for site in world.buildings.sites:
        if site.town == 0 and site.kind in ("park", "square", "station", "market"):
            shapes.append(shapely.LineString(site.ground.exterior.coords))
            layers.append("绿线" if site.kind in ("park", "square") else "黄线")
    hull = shapely.buffer(plan.hull, 30.0)
    banks = shapely.get_parts(shapely.intersection(shapely.buffer(world.wet, 25.0), hull))
    for bank in banks:
        if bank.geom_type == "Polygon" and bank.area > 20_000.0:
            shapes.append(shapely.LineString(bank.exterior.simplify(3.0).coords))
            layers.append("蓝线")
    old = [shapely.Polygon(block.corners) for block in plan.blocks if block.core > 0.72]
    for part in shapely.get_parts(shapely.buffer(shapely.union_all(old).buffer(12.0), -6.0)) if old else []:
        shapes.append(shapely.LineString(part.exterior.coords))
        layers.append("紫线")
    write_vector(inbox / "planning" / "控制线.dxf", Table(np.array(shapes), {"Layer": np.array(layers)}), driver="DXF",
                 declare_crs=False)  # fmt: skip
