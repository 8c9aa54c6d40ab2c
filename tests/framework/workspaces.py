"""A smallest whole workspace as texts, for tests to write and to spoil."""

from __future__ import annotations

from pathlib import Path

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
id = "transport"
title = { zh = "交通", en = "Transport" }

[[theme]]
id = "water"
title = { zh = "水务", en = "Water" }

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
min_zoom = 6
max_zoom = 14
zoom_by = { field = "CLASS", default = 13, zooms = { expressway = 6, national = 8 } }
labels = true
where = { field = "CLASS", in = ["expressway", "national"] }
"""

PLANNING = """\
name = { zh = "自然资源和规划局", en = "Bureau of Natural Resources and Planning" }
contact = { person = "某某", phone = "0578-0000000", email = "a@example.org" }
calendar = "quarterly"

[[dataset]]
id = "roads"
title = { zh = "道路", en = "Roads" }
theme = "transport"
source = "inbox/planning/LRDL.shp"
crs = "EPSG:4528"
encoding = "GBK"
key = "ID"
currency = 2026-09-30
cycle = "quarterly"
licence = "CC-BY-4.0"
share = "unconditional"
audiences = ["public", "government"]
accuracy_m = 50
scale = 10000
"""

WATER = """\
name = { zh = "水务局", en = "Water bureau" }
calendar = "yearly"

[[dataset]]
id = "water-supply"
title = { zh = "供水管网", en = "Water supply" }
theme = "water"
source = "inbox/water/pipes.gpkg"
currency = 2026-06-30
cycle = "yearly"
licence = "internal"
share = "conditional"
audiences = ["government"]
tiles = { min_zoom = 10, max_zoom = 15 }
"""

ROADS_SCHEMA = """\
[[field]]
name = "ID"
type = "integer"
title = { zh = "编号", en = "Id" }
required = true

[[field]]
name = "CLASS"
source = "等级"
type = "string"
title = { zh = "技术等级", en = "Class" }
domain = { expressway = { zh = "高速公路", en = "Expressway" }, national = { zh = "国道", en = "National road" } }

[[field]]
name = "WIDTH"
type = "number"
unit = "m"
title = { zh = "路宽", en = "Width" }
audiences = ["government"]
"""

FILES = {
    "framework.toml": FRAMEWORK,
    "departments/planning.toml": PLANNING,
    "departments/water.toml": WATER,
    "schemas/roads.toml": ROADS_SCHEMA,
    "schemas/water-supply.toml": "",
}


def write_workspace(root: Path, files: dict[str, str | None] | None = None) -> Path:
    """The smallest workspace below `root`; `files` replaces some of its texts, None leaves one out."""
    for name, text in {**FILES, **(files or {})}.items():
        if text is not None:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return root


def spoiled(name: str, old: str, new: str) -> dict[str, str | None]:
    """The file `name` with `old` replaced by `new`."""
    text = FILES[name]
    assert text.count(old) >= 1, f"{old!r} is not in {name}"
    return {name: text.replace(old, new, 1)}
