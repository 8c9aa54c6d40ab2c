"""A planned survey of 10 × 10 cells and a workspace whose data cover known parts of it; coordinates in cells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.catalog.grid import latitude, longitude

COLUMN, ROW = 217_900, 109_600  # the north-western cell, near Longquan

Place = tuple[float, float]

FRAMEWORK = f"""\
[city]
code = "331181"
name = {{ zh = "龙泉市", en = "Longquan" }}
platform = {{ zh = "数字龙泉", en = "Digital Longquan" }}
bounds = [{longitude(COLUMN - 50)}, {latitude(ROW + 60)}, {longitude(COLUMN + 60)}, {latitude(ROW - 50)}]
center = [{longitude(COLUMN + 5)}, {latitude(ROW + 5)}, 14]
crs = "EPSG:4549"
sample = true
attribution = {{ zh = "某局", en = "A bureau" }}

[[theme]]
id = "land"
title = {{ zh = "土地", en = "Land" }}

[[theme]]
id = "transport"
title = {{ zh = "交通", en = "Transport" }}

[[theme]]
id = "water"
title = {{ zh = "水利", en = "Water" }}

[[theme]]
id = "culture"
title = {{ zh = "文化", en = "Culture" }}

[[edition]]
id = "government"
title = {{ zh = "政务版", en = "Government edition" }}
shares = ["unconditional", "conditional"]

[[archive]]
id = "roads"
title = {{ zh = "道路", en = "Roads" }}
[[archive.layer]]
name = "roads"
dataset = "roads"
max_zoom = 14
where = {{ field = "CLASS", in = ["open"] }}
"""


def dataset(id: str, theme: str, **said: str) -> str:
    """A [[dataset]] table; `said` replaces lines."""
    lines = {
        "title": f'{{ zh = "{id}", en = "{id}" }}',
        "theme": f'"{theme}"',
        "source": f'"inbox/{id}.geojson"',
        "currency": "2026-06-30",
        "cycle": '"yearly"',
        "licence": '"internal"',
        "share": '"conditional"',
        "audiences": '["government"]',
    } | said
    return f'[[dataset]]\nid = "{id}"\n' + "".join(f"{key} = {value}\n" for key, value in lines.items() if value)


PLANNING = "\n".join([
    'name = { zh = "自然资源和规划局", en = "Planning" }',
    'contact = { person = "某某", phone = "0578-1234567" }',
    'calendar = "yearly"',
    dataset("parcels", "land", scale="500", accuracy_m="0.1"),
    dataset("parcels-2010", "land", scale="500", accuracy_m="0.1", currency="2010-06-30"),
    dataset("overview", "land", scale="10000", accuracy_m="5.0", share='"none"', audiences="[]"),
    dataset("cadastre", "land", source=""),  # nobody has handed it in yet
    dataset("wells", "water", extent='"inbox/surveyed.geojson"'),
])  # fmt: skip
TRANSPORT = "\n".join([
    'name = { zh = "交通运输局", en = "Transport" }',
    'calendar = "yearly"',
    dataset("roads", "transport", scale="2000"),
])  # fmt: skip
ROADS = """\
[[field]]
name = "CLASS"
type = "string"
title = { zh = "类别", en = "Class" }
"""


def lng_lat(place: Place) -> list[float]:
    """Degrees of a place in cells from the north-western corner, y south."""
    return [longitude(COLUMN + place[0]), latitude(ROW + place[1])]


def box(west: float, north: float, east: float, south: float) -> dict[str, Any]:
    """A Polygon."""
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return {"type": "Polygon", "coordinates": [[lng_lat(at) for at in corners]]}


def line(*places: Place) -> dict[str, Any]:
    """A LineString."""
    return {"type": "LineString", "coordinates": [lng_lat(at) for at in places]}


def write_geojson(path: Path, *geometries: dict[str, Any], **fields: list[Any]) -> Path:
    """A FeatureCollection; `fields` have a value for each feature."""
    features = [
        {"type": "Feature", "properties": {name: values[i] for name, values in fields.items()}, "geometry": geometry}
        for i, geometry in enumerate(geometries)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def write_city(root: Path) -> Path:
    """The workspace: of the 100 cells of `area`

    parcels has 80 (columns 0 to 8), parcels-2010 and overview all; wells says that 30 were surveyed; roads run along
    row 5, which with two cells around is 50, and one that no edition shows along row 0, which is 30 more.
    """
    texts = {
        "framework.toml": FRAMEWORK,
        "departments/planning.toml": PLANNING,
        "departments/transport.toml": TRANSPORT,
        "schemas/roads.toml": ROADS,
        **{f"schemas/{id}.toml": "" for id in ("parcels", "parcels-2010", "overview", "cadastre", "wells")},
    }
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    inbox = root / "inbox"
    write_geojson(inbox / "parcels.geojson", box(0, 0, 5, 10), box(5, 0, 8, 10))
    write_geojson(inbox / "parcels-2010.geojson", box(-3, -3, 13, 13))
    write_geojson(inbox / "overview.geojson", box(-20, -20, 30, 30))
    write_geojson(inbox / "surveyed.geojson", box(-5, 0, 3, 10))
    write_geojson(inbox / "wells.geojson", {"type": "Point", "coordinates": lng_lat((1.5, 1.5))})
    roads = [line((0.2, 5.5), (9.8, 5.5)), line((0.2, 0.5), (9.8, 0.5))]
    write_geojson(inbox / "roads.geojson", *roads, CLASS=["open", "hidden"])
    return root


def write_area(path: Path) -> Path:
    """The planned survey."""
    return write_geojson(path, box(0, 0, 10, 10))
