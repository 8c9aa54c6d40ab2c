"""Public services and their grounds: offices, schools, clinics, car parks, and what they are called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.demo.base import NOTE
from pipeline.demo.files import DEGREES, Table, degrees, write_csv, write_vector
from pipeline.demo.grid import stream
from pipeline.demo.names import english, pinyin
from pipeline.demo.streets import STREET
from pipeline.demo.world import World

_ENGLISH = {
    "中学": "Middle School", "小学": "Primary School", "幼儿园": "Kindergarten", "人民医院": "People's Hospital",
    "中医院": "Hospital of Chinese Medicine", "卫生院": "Health Centre",
    "门诊部": "Clinic", "村卫生室": "Village Clinic",
    "公园": "Park", "广场": "Square", "市场": "Market", "停车场": "Car Park", "工业园": "Industrial Park",
    "自然保护区": "Nature Reserve", "森林公园": "Forest Park", "湿地公园": "Wetland Park",
    "地质公园": "Geopark", "窑址": "Kiln Site",
    "客运站": "Coach Station", "人民政府": "Government", "街道办事处": "Subdistrict Office", "博物馆": "Museum",
}  # fmt: skip


def translate(name: str) -> str:
    """An English name: the proper part in pinyin, the generic part in English."""
    for tail in sorted(_ENGLISH, key=len, reverse=True):
        if name.endswith(tail):
            return f"{english(name[: -len(tail)])} {_ENGLISH[tail]}".strip()
    return english(name)


def short_name(town: str) -> str:
    """A town's proper name: 云岭镇 → 云岭."""
    return town.rstrip("乡镇").removesuffix("街道")


def site_names(world: World) -> list[str]:
    """A name for every ground with one purpose."""
    out: list[str] = []
    seen: dict[tuple[int, str], int] = {}
    pool = world.toponyms
    for site in world.buildings.sites:
        town = world.towns.towns[site.town].name
        short = short_name(town)
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
    tree = shapely.STRtree(np.asarray(shapely.points(world.addresses.x, world.addresses.y)))
    return np.asarray(tree.nearest(shapely.points(points)))


def _centres(world: World, kind: str) -> list[tuple[int, NDArray[np.float64]]]:
    return [
        (i, shapely.get_coordinates(shapely.centroid(site.ground))[0])
        for i, site in enumerate(world.buildings.sites)
        if site.kind == kind
    ]


def _points(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[Any]:
    return np.asarray(shapely.points(np.round(x, 2), np.round(y, 2)))


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
        short = "龙泉" if number == 0 else short_name(town.name)
        rows.append((at.x, at.y, f"{short}站", "railway_station"))
    fast = shapely.line_merge(shapely.multilinestrings(list(world.roads.lines[world.roads.kind == "expressway"])))
    for number in (0, 5):
        town = world.towns.towns[number]
        at = shapely.line_interpolate_point(fast, shapely.line_locate_point(fast, shapely.Point(town.centre)))
        short = "龙泉" if number == 0 else short_name(town.name)
        rows.append((at.x + 60.0, at.y + 60.0, f"{short}收费站", "toll"))
    x, y = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    named = [r[2] for r in rows]
    cell = world.terrain.grid.cell(x, y)
    towns = [world.towns.towns[i].name for i in np.maximum(world.towns.label.ravel()[cell], 0).tolist()]
    write_vector(inbox / "housing" / "facilities.geojson", Table(_points(x, y), {
        "ID": np.arange(1, len(rows) + 1), "GB": np.full(len(rows), 340000), "NAME": np.array(named),
        "PINYIN": np.array([pinyin(v) for v in named]), "CLASS": np.array([r[3] for r in rows]),
        "TOWN": np.array(towns),
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
    points = np.vstack([points, [np.add(world.villages[i].centre, (25.0, 18.0)) for i in large]])
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
