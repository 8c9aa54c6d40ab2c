"""The thematic datasets of the departments: invented, but each with what its owner would record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo.base import NOTE
from pipeline.demo.curves import resample
from pipeline.demo.files import DEGREES, PLANE, Table, degrees, write_csv, write_vector
from pipeline.demo.grid import slope, stream
from pipeline.demo.names import english, pinyin
from pipeline.demo.streets import STREET
from pipeline.demo.world import World

_ENGLISH = {
    "中学": "Middle School", "小学": "Primary School", "幼儿园": "Kindergarten", "人民医院": "People's Hospital",
    "中医院": "Hospital of Chinese Medicine", "卫生院": "Health Centre", "门诊部": "Clinic", "村卫生室": "Village Clinic",
    "公园": "Park", "广场": "Square", "市场": "Market", "停车场": "Car Park", "工业园": "Industrial Park",
    "自然保护区": "Nature Reserve", "森林公园": "Forest Park", "湿地公园": "Wetland Park", "地质公园": "Geopark", "窑址": "Kiln Site",
    "客运站": "Coach Station", "人民政府": "Government", "街道办事处": "Subdistrict Office", "博物馆": "Museum",
}  # fmt: skip


def translate(name: str) -> str:
    """An English name: the proper part in pinyin, the generic part in English."""
    for tail in sorted(_ENGLISH, key=len, reverse=True):
        if name.endswith(tail):
            return f"{english(name[: -len(tail)])} {_ENGLISH[tail]}".strip()
    return english(name)


def site_names(world: World) -> list[str]:
    """A name for every ground with one purpose."""
    out: list[str] = []
    seen: dict[tuple[int, str], int] = {}
    pool = world.toponyms
    for site in world.buildings.sites:
        town = world.towns.towns[site.town].name
        short = town.rstrip("乡镇").removesuffix("街道")
        k = seen[(site.town, site.kind)] = seen.get((site.town, site.kind), 0) + 1
        if site.kind == "government":
            out.append(
                "龙泉市人民政府" if site.town == 0 else town + ("办事处" if town.endswith("街道") else "人民政府")
            )
        elif site.kind == "school":
            level = ("中学", "小学")[k % 2] if k < 7 else ("小学", "幼儿园")[k % 2]
            head = ("剑川", "瓷都", "实验", "育才", "明德", "文昌", "滨江", "城北", "东升", "南屏")[(k - 1) % 10]
            out.append((f"{head}" if site.town == 0 else (short if k < 3 else short + "第二")) + level)
        elif site.kind == "hospital":
            out.append("龙泉市人民医院" if k == 1 else "龙泉市中医院")
        elif site.kind == "clinic":
            out.append((short + "卫生院") if k == 1 else f"{pool.street(True, True)[:2]}门诊部")
        elif site.kind == "works":
            out.append(f"{pool.street(True, True)[:2]}工业园")
        else:
            tail = {"park": "公园", "square": "广场", "market": "市场", "museum": "青瓷博物馆", "station": "客运站"}[
                site.kind
            ]
            out.append("龙泉市" + tail if site.kind in ("museum", "station") else pool.street(True, True)[:2] + tail)
    return out


def building_names(world: World, names: list[str]) -> list[str]:
    """The name of its ground for the main building of each, nothing for the rest."""
    out = [""] * len(world.buildings.shapes)
    done: set[int] = set()
    for i, site in enumerate(world.buildings.site.tolist()):
        if site >= 0 and site not in done:
            done.add(site)
            out[i] = names[site]
    return out


def _near_address(world: World, points: NDArray[np.float64]) -> NDArray[np.int64]:
    """The nearest address of each point."""
    tree = shapely.STRtree(shapely.points(world.addresses.x, world.addresses.y))
    return np.asarray(tree.nearest(shapely.points(points)))


def _centres(world: World, kind: str) -> list[tuple[int, NDArray[np.float64]]]:
    return [
        (i, shapely.get_coordinates(shapely.centroid(site.ground))[0])
        for i, site in enumerate(world.buildings.sites)
        if site.kind == kind
    ]


def facilities(world: World, inbox: Path, names: list[str]) -> None:
    """RFCP: stations, offices, markets, parks, toll gates and dams."""
    rows: list[tuple[float, float, str, str]] = []
    kinds = {
        "government": "government",
        "market": "market",
        "park": "park",
        "museum": "museum",
        "station": "bus_station",
    }
    for kind, label in kinds.items():
        rows += [(*at, names[i], label) for i, at in _centres(world, kind)]
    for number in (0, 3, 5):
        town = world.towns.towns[number]
        at = shapely.line_interpolate_point(
            line := shapely.LineString(world.rail), shapely.line_locate_point(line, shapely.Point(town.centre))
        )
        short = "龙泉" if number == 0 else town.name.rstrip("乡镇").removesuffix("街道")
        rows.append((at.x, at.y, f"{short}站", "railway_station"))
    fast = shapely.line_merge(shapely.multilinestrings(list(world.roads.lines[world.roads.kind == "expressway"])))
    for number in (0, 5):
        town = world.towns.towns[number]
        at = shapely.line_interpolate_point(fast, shapely.line_locate_point(fast, shapely.Point(town.centre)))
        short = "龙泉" if number == 0 else town.name.rstrip("乡镇")
        rows.append((at.x + 60.0, at.y + 60.0, f"{short}收费站", "toll"))
    x, y = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    label = [r[2] for r in rows]
    cell = world.terrain.grid.cell(x, y)
    towns = [world.towns.towns[i].name for i in np.maximum(world.towns.label.ravel()[cell], 0).tolist()]
    write_vector(inbox / "housing" / "facilities.geojson", Table(shapely.points(np.round(x, 2), np.round(y, 2)), {
        "ID": np.arange(1, len(rows) + 1), "GB": np.full(len(rows), 340000), "NAME": np.array(label),
        "PINYIN": np.array([pinyin(v) for v in label]), "CLASS": np.array([r[3] for r in rows]), "TOWN": np.array(towns),
    }), driver="GeoJSON", crs=DEGREES, options={"COORDINATE_PRECISION": "7", "DESCRIPTION": NOTE})  # fmt: skip


def schools(world: World, inbox: Path, names: list[str]) -> None:
    """An XLSX list without coordinates: schools are found by their standard address."""
    rng = stream(110)
    sites = _centres(world, "school")
    points = np.array([at for _i, at in sites])
    label = [names[i] for i, _at in sites]
    if len(world.villages) > 100:
        picked = rng.choice(len(world.villages), 60, replace=False)
        points = np.vstack([points, [world.villages[i].centre for i in picked]])
        label += [world.village_names[i] + "小学" for i in picked.tolist()]
    address = world.addresses.text[_near_address(world, points)]
    level = ["middle" if n.endswith("中学") else "kindergarten" if n.endswith("园") else "primary" for n in label]
    level = ["high" if k == "middle" and i % 4 == 0 else k for i, k in enumerate(level)]
    pupils = np.array([int(rng.integers(*{"high": (1200, 2600), "middle": (600, 1500), "primary": (90, 1400),
                                          "kindergarten": (60, 360)}[k])) for k in level])  # fmt: skip
    write_vector(inbox / "education" / "学校名录.xlsx", Table(None, {
        "序号": np.arange(1, len(label) + 1), "学校名称": np.array(label), "拼音": np.array([pinyin(n) for n in label]),
        "英文名称": np.array([translate(n) for n in label]), "学段": np.array(level), "在校生数": pupils,
        "教职工数": np.maximum(pupils // 14, 4), "建校年份": rng.integers(1905, 2021, len(label)),
        "地址": address, "备注": np.full(len(label), "示例数据"),
    }), driver="XLSX", crs=None, layer="学校")  # fmt: skip


def clinics(world: World, inbox: Path, names: list[str]) -> None:
    """A CSV in GB18030 with coordinates; some telephone numbers in full-width digits, as typed."""
    rng = stream(111)
    sites = _centres(world, "hospital") + _centres(world, "clinic")
    points = np.array([at for _i, at in sites])
    label = [names[i] for i, _at in sites]
    large = [i for i, v in enumerate(world.villages) if not v.hamlet][:: 3 if len(world.villages) > 100 else 6]
    points = np.vstack([points, [np.array(world.villages[i].centre) + (25.0, 18.0) for i in large]])
    label += [world.village_names[i] + "村卫生室" for i in large]
    level = ["hospital" if n.endswith(("人民医院", "中医院")) else "centre" if n.endswith("卫生院") else
             "station" if n.endswith("卫生室") else "clinic" for n in label]  # fmt: skip
    beds = [{"hospital": int(rng.integers(300, 900)), "centre": int(rng.integers(20, 80))}.get(k, 0) for k in level]
    doctors = [{"hospital": 320, "centre": 18, "clinic": 6, "station": 1}[k] + int(rng.integers(0, 4)) for k in level]
    phone = [f"0578-000{1000 + i}" for i in range(len(label))]
    phone = [
        p.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789"}) if i % 17 == 3 else p for i, p in enumerate(phone)
    ]
    lng, lat = degrees(points[:, 0], points[:, 1])
    write_csv(inbox / "health" / "医疗机构.csv", {
        "序号": list(range(1, len(label) + 1)), "机构名称": label, "拼音": [pinyin(n) for n in label],
        "英文名称": [translate(n) for n in label], "等级": level, "床位数": beds, "医师数": doctors,
        "服务时间": ["24小时" if k == "hospital" else "08:00–17:30" for k in level], "电话": phone,
        "地址": world.addresses.text[_near_address(world, points)], "经度": [f"{v:.7f}" for v in lng],
        "纬度": [f"{v:.7f}" for v in lat], "备注": ["示例数据"] * len(label),
    }, "gb18030")  # fmt: skip


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
    write_vector(inbox / "museum" / "kiln_sites.geojson", Table(shapely.points(x, y), {
        "ID": np.arange(1, n + 1), "NAME": np.array(label), "PINYIN": np.array([pinyin(v) for v in label]),
        "NAME_EN": np.array([translate(v) for v in label]), "CODE": np.array([f"示例-Y{i:03d}" for i in range(1, n + 1)]),
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
    taken = shapely.Polygon()
    for number, i in enumerate(chosen):
        px, py, pz = world.peaks[i].tolist()
        away = np.hypot(mesh_x - px, mesh_y - py)
        score = (world.land - (pz - 620.0)) / 620.0 - (away / 3_600.0) ** 2 * 0.8
        rings = contourpy.contour_generator(x, y, score, name="serial").lines(0.0)
        around = [
            shapely.Polygon(r) for r in rings if len(r) > 20 and shapely.Polygon(r).contains(shapely.Point(px, py))
        ]
        if not around:
            continue
        area = max(around, key=lambda g: g.area).buffer(300.0).buffer(-300.0)
        area = shapely.difference(shapely.intersection(area, shapely.buffer(world.towns.county, -30.0)), taken)
        area = max(shapely.get_parts(area), key=lambda g: g.area)
        area = shapely.Polygon(np.round(np.asarray(area.exterior.simplify(25.0).coords), 2))
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
        "STOPS": np.array([line.stops for line in lines]), "FIRST": np.array(["06:00" if i % 2 else "06:20" for i in range(n)]),
        "LAST": np.array(["21:30" if i < 8 else "18:00" for i in range(n)]),
        "INTERVAL": np.array([8 + 4 * (i % 4) if i < 8 else 45 for i in range(n)]),
        "FARE": np.array([1.5 if i < 8 else 5.0 for i in range(n)]),
    }), driver="GPKG", layer="bus_lines", title=NOTE)  # fmt: skip
    m = len(stops)
    write_vector(path, Table(shapely.points([s.x for s in stops], [s.y for s in stops]), {
        "ID": np.arange(1, m + 1), "NAME": np.array([s.name for s in stops]), "PINYIN": np.array([pinyin(s.name) for s in stops]),
        "NAME_EN": np.array([english(s.name) for s in stops]), "LINES": np.array([s.lines for s in stops]),
        "SHELTER": np.array([s.shelter for s in stops]),
    }), driver="GPKG", layer="bus_stops", append=True, title=NOTE)  # fmt: skip


def parking(world: World, inbox: Path, names: list[str]) -> None:
    """An XLSX list with plane coordinates."""
    rng = stream(115)
    rows: list[tuple[float, float, str, str]] = []
    for kind in ("market", "park", "hospital", "station", "museum", "square", "government"):
        for i, at in _centres(world, kind):
            corner = shapely.get_coordinates(world.buildings.sites[i].ground)[0]
            x, y = at * 0.25 + corner * 0.75
            rows.append((x, y, names[i] + "停车场", "surface" if kind in ("park", "market") else "underground"))
    for plan, named in zip(world.plans, world.street_names, strict=True):
        main = [st for st in plan.streets if st.kind == STREET and not st.bridge]
        for st in main[:: 14 if plan.town == 0 else 9]:
            x, y = st.line.mean(axis=0)
            rows.append((x, y, f"{named[st.run]}路侧停车场", "roadside"))
    n = len(rows)
    label = [r[2] for r in rows]
    spaces = np.array(
        [int(rng.integers(*{"surface": (40, 220), "underground": (80, 600), "roadside": (8, 40)}[r[3]])) for r in rows]
    )
    write_vector(inbox / "housing" / "停车场.xlsx", Table(None, {
        "序号": np.arange(1, n + 1), "名称": np.array(label), "拼音": np.array([pinyin(v) for v in label]),
        "英文名称": np.array([translate(v) for v in label]), "类型": np.array([r[3] for r in rows]), "泊位数": spaces,
        "充电桩": np.where(rng.random(n) < 0.4, spaces // 10, 0), "收费标准": rng.choice([0.0, 2.0, 3.0, 5.0], n),
        "X坐标": np.round([r[0] for r in rows], 2), "Y坐标": np.round([r[1] for r in rows], 2),
        "备注": np.full(n, "示例数据"),
    }), driver="XLSX", crs=None, layer="停车场")  # fmt: skip


def water_supply(world: World, inbox: Path) -> None:
    """A File Geodatabase: mains under the streets of every town, trunk mains from the reservoirs."""
    rng = stream(116)
    shapes: list[Any] = []
    kinds: list[str] = []
    for plan in world.plans:
        for st in plan.streets:
            if st.kind == STREET or rng.random() < 0.45:
                shapes.append(shapely.LineString(np.round(st.line + (3.0, -3.0), 2)))
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
