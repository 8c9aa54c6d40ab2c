"""A tiny town in a workspace, with a secret of every kind, handed in as departments do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
from shapely.geometry import LineString, Point, Polygon, box

from tests.framework.workspaces import write_workspace

FRAMEWORK = """\
[city]
code = "331181"
name = { zh = "龙泉市", en = "Longquan" }
platform = { zh = "数字龙泉", en = "Digital Longquan" }
bounds = [118.70, 27.70, 119.42, 28.34]
center = [119.13, 28.07, 12.0]
crs = "EPSG:4549"
sample = true
attribution = { zh = "某局", en = "A bureau" }

[[theme]]
id = "base"
title = { zh = "基础", en = "Base" }

[[theme]]
id = "pipes"
title = { zh = "暗管专题", en = "Hidden pipes" }

[[edition]]
id = "public"
title = { zh = "公众版", en = "Public edition" }
shares = ["unconditional"]

[[edition]]
id = "government"
title = { zh = "政务版", en = "Government edition" }
shares = ["unconditional", "conditional"]

[[archive]]
id = "framework"
title = { zh = "基础地理框架", en = "Framework data" }

[[archive.layer]]
name = "LRDL"
dataset = "roads"
min_zoom = 8
max_zoom = 11
zoom_by = { field = "CLASS", default = 10, zooms = { national = 8 } }
labels = true

[[archive.layer]]
name = "BOUA"
dataset = "districts"
min_zoom = 8
max_zoom = 11
coverage = "boundaries"
where = { field = "LEVEL", in = [3] }

[[archive.layer]]
name = "BOUA2"
dataset = "districts"
min_zoom = 9
max_zoom = 11
where = { field = "LEVEL", in = [2, 3] }

[[archive.layer]]
name = "PIPL"
dataset = "water-supply"
min_zoom = 10
max_zoom = 11
"""

COMMON = """\
currency = 2026-09-30
cycle = "yearly"
licence = "CC-BY-4.0"
accuracy_m = 50.0
scale = 10000
"""

OPEN = COMMON + 'share = "unconditional"\naudiences = ["public", "government"]\n'

PLANNING = f"""\
name = {{ zh = "规划局", en = "Planning bureau" }}
calendar = "quarterly"

[[dataset]]
id = "roads"
title = {{ zh = "道路", en = "Roads" }}
theme = "base"
source = "inbox/planning/LRDL.shp"
crs = "EPSG:4528"
encoding = "GBK"
key = "ID"
{OPEN}
[[dataset]]
id = "districts"
title = {{ zh = "政区", en = "Districts" }}
theme = "base"
source = "inbox/planning/base.gpkg"
layer = "BOUA"
{OPEN}
[[dataset]]
id = "addresses"
title = {{ zh = "门牌", en = "Addresses" }}
theme = "base"
source = "inbox/planning/addresses.geojson"
tiles = {{ min_zoom = 10, max_zoom = 11 }}
{OPEN}"""

TRADE = f"""\
name = {{ zh = "商务局", en = "Trade bureau" }}
calendar = "yearly"

[[dataset]]
id = "shops"
title = {{ zh = "商店", en = "Shops" }}
theme = "base"
source = "inbox/trade/shops.csv"
join = {{ dataset = "addresses", on = {{ source_field = "地址", target_field = "ADDRESS" }} }}
tiles = {{ min_zoom = 10, max_zoom = 11 }}
{OPEN}
[[dataset]]
id = "schools"
title = {{ zh = "学校", en = "Schools" }}
theme = "base"
source = "inbox/trade/schools.csv"
coordinates = {{ x = "经度", y = "纬度" }}
tiles = {{ min_zoom = 10, max_zoom = 11 }}
{OPEN}"""

WATER = f"""\
name = {{ zh = "暗管局", en = "Bureau of hidden pipes" }}
calendar = "yearly"

[[dataset]]
id = "water-supply"
title = {{ zh = "供水暗管", en = "Hidden water mains" }}
theme = "pipes"
source = "inbox/hidden/mains.gpkg"
description = {{ zh = "密级描述", en = "Classified description" }}
{COMMON}share = "conditional"
audiences = ["government"]

[[dataset]]
id = "pumps"
title = {{ zh = "暗泵", en = "Hidden pumps" }}
theme = "pipes"
source = "inbox/hidden/pumps.geojson"
tiles = {{ min_zoom = 10, max_zoom = 11 }}
{COMMON}share = "conditional"
audiences = ["public", "government"]
"""


def field(name: str, type: str, zh: str, *more: str) -> str:
    """A [[field]] table."""
    lines = ["[[field]]", f'name = "{name}"', f'type = "{type}"', f'title = {{ zh = "{zh}", en = "{name.title()}" }}']
    return "\n".join((*lines, *more)) + "\n\n"


FILES: dict[str, str | None] = {
    "framework.toml": FRAMEWORK,
    "departments/planning.toml": PLANNING,
    "departments/trade.toml": TRADE,
    "departments/water.toml": WATER,
    "schemas/roads.toml": field("ID", "integer", "编号")
    + field("NAME", "string", "名称", 'source = "路名"')
    + field(
        "CLASS",
        "string",
        "等级",
        'domain = { national = { zh = "国道", en = "National" }, street = { zh = "街道", en = "Street" } }',
    )
    + field("SECRETWIDTH", "number", "机密路宽", 'source = "MMWIDTH"', 'audiences = ["government"]'),
    "schemas/districts.toml": field("NAME", "string", "名称") + field("LEVEL", "integer", "级别", 'source = "LVL"'),
    "schemas/addresses.toml": field("ADDRESS", "string", "地址", 'source = "addr"'),
    "schemas/shops.toml": field("NAME", "string", "店名", 'source = "店名"'),
    "schemas/schools.toml": "",
    "schemas/water-supply.toml": field("MAINS", "string", "暗管名"),
    "schemas/pumps.toml": field("PUMP", "string", "暗泵名"),
}

# Nothing of this may be anywhere in the public edition; all of it is in the government's.
SECRETS = (
    "water-supply",
    "供水暗管",
    "Hidden water mains",
    "密级描述",
    "暗管局",
    "Hidden pipes",
    "暗管专题",
    "pumps",
    "暗泵",
    "SECRETWIDTH",
    "机密路宽",
    "PIPL",
    "MAINS",
    "西山隧洞",
    "mains.gpkg",
    "pumps.geojson",
    "inbox/hidden",
)
SECRET_NUMBER = 77.625  # metres of width; exact as a float

ROAD_NAMES = ("剑池路", "青瓷街", "华严巷")
ADDRESSES = ("剑池街道1号", "剑池街道2号", "青瓷街3号", "青瓷街4号")


def write_town(root: Path, files: Mapping[str, str | None] | None = None) -> Path:
    """The town's workspace below `root`."""
    write_workspace(root, {**dict.fromkeys(("departments/planning.toml",), None), **FILES, **(files or {})})
    for folder in ("planning", "trade", "hidden"):
        (root / "inbox" / folder).mkdir(parents=True, exist_ok=True)
    roads = gpd.GeoDataFrame(
        {
            "ID": [11, 12, 13],
            "路名": ROAD_NAMES,
            "CLASS": ["national", "street", "street"],
            "MMWIDTH": [SECRET_NUMBER, 5.5, 4.0],
        },
        geometry=[LineString([(119.0 + i * 0.1, 28.0), (119.05 + i * 0.1, 28.05)]) for i in range(3)],
        crs="EPSG:4490",
    ).to_crs("EPSG:4528")
    roads.to_file(root / "inbox/planning/LRDL.shp", encoding="GBK", engine="pyogrio")
    (root / "inbox/planning/LRDL.cpg").unlink()
    districts = gpd.GeoDataFrame(
        {"NAME": ["西镇", "东镇", "全市"], "LVL": [3, 3, 2]},
        geometry=[box(118.9, 27.9, 119.1, 28.1), box(119.1, 27.9, 119.3, 28.1), box(118.9, 27.9, 119.3, 28.1)],
        crs="EPSG:4490",
    ).to_crs("EPSG:4549")
    districts.to_file(root / "inbox/planning/base.gpkg", layer="BOUA", engine="pyogrio")
    places = [Point(119.0 + i * 0.02, 28.0) for i in range(len(ADDRESSES))]
    write_points(root / "inbox/planning/addresses.geojson", {"addr": list(ADDRESSES)}, places)
    lines = [f"店{i},{address}" for i, address in enumerate(ADDRESSES)]
    (root / "inbox/trade/shops.csv").write_text("\n".join(["店名,地址", *lines]) + "\n", encoding="utf-8")
    (root / "inbox/trade/schools.csv").write_text(
        "名称,经度,纬度\n甲校,119.1,28.01\n乙校,119.2,28.02\n", encoding="utf-8"
    )
    hidden = gpd.GeoDataFrame(
        {"MAINS": ["西山隧洞"]}, geometry=[LineString([(119.0, 28.0), (119.2, 28.1)])], crs="EPSG:4490"
    )
    hidden.to_file(root / "inbox/hidden/mains.gpkg", engine="pyogrio")
    write_points(root / "inbox/hidden/pumps.geojson", {"PUMP": ["暗泵一"]}, [Point(119.1, 28.0)])
    return root


def write_points(path: Path, columns: dict[str, list[str]], places: list[Point | Polygon | None]) -> None:
    """A GeoJSON of points."""
    gpd.GeoDataFrame(columns, geometry=places, crs="EPSG:4326").to_file(path, driver="GeoJSON", engine="pyogrio")
