"""A town whose departments hand their data in, and packages to hand in, good and bad."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

NOW = datetime.fromisoformat("2026-10-08T09:30:00+08:00")
FRAMEWORK = """
[city]
code = "331181"
name = { zh = "某市", en = "Town" }
platform = { zh = "数字某市", en = "Digital Town" }
bounds = [119.0, 28.0, 119.2, 28.2]
center = [119.1, 28.1, 12.0]
crs = "EPSG:4549"
attribution = { zh = "某局", en = "Bureau" }
sample = true
[[theme]]
id = "base"
title = { zh = "基础", en = "Base" }
[[edition]]
id = "public"
title = { zh = "公众版", en = "Public" }
shares = ["unconditional"]
[[edition]]
id = "government"
title = { zh = "政务版", en = "Government" }
shares = ["unconditional", "conditional"]
"""
DATASET = """
[[dataset]]
id = "{id}"
title = {{ zh = "{id}", en = "{id}" }}
theme = "base"
kind = "{kind}"
currency = 2026-01-01
cycle = "{cycle}"
licence = "CC-BY-4.0"
share = "{share}"
audiences = {audiences}
accuracy_m = 60.0
lineage = {{ zh = "实地采集", en = "Surveyed" }}
"""
SCHEMA = '[[field]]\nname = "NAME"\ntype = "string"\ntitle = { zh = "名称", en = "Name" }\n'


def write_workspace(root: Path) -> Path:
    """A workspace of two departments: transport has stops and, for the government, depots; water has wells, relief."""
    datasets = {
        "transport": [
            DATASET.format(
                id="stops", kind="vector", cycle="yearly", share="unconditional", audiences='["public", "government"]'
            ),
            DATASET.format(
                id="depots", kind="vector", cycle="quarterly", share="conditional", audiences='["government"]'
            ),
        ],
        "water": [
            DATASET.format(id="wells", kind="vector", cycle="irregular", share="unconditional", audiences='["public"]'),
            DATASET.format(id="relief", kind="raster", cycle="yearly", share="conditional", audiences='["government"]'),
        ],
    }
    for folder in ("departments", "schemas"):
        (root / folder).mkdir(parents=True)
    (root / "framework.toml").write_text(FRAMEWORK, "utf-8")
    for id, its in datasets.items():
        head = f'name = {{ zh = "{id}局", en = "{id}" }}\ncalendar = "quarterly"\n'
        contact = 'contact = { person = "张三", phone = "0578-1", email = "a@example.gov.cn" }\n'
        (root / "departments" / f"{id}.toml").write_text(head + contact + "".join(its), "utf-8")
    for id in ("stops", "depots", "wells"):
        (root / "schemas" / f"{id}.toml").write_text(SCHEMA, "utf-8")
    return root


def points(count: int = 12, shift: float = 0.0) -> bytes:
    """GeoJSON of `count` named points within the town, far enough apart to be no duplicates."""
    features = [
        {
            "type": "Feature",
            "properties": {"NAME": f"车站{i}"},
            "geometry": {"type": "Point", "coordinates": [119.02 + 0.01 * i + shift, 28.05 + 0.005 * (i % 7)]},
        }
        for i in range(count)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def package_toml(**keys: object) -> str:
    """package.toml of the stops of the third quarter of 2026; `keys` replace its lines, None takes them out."""
    lines: dict[str, object] = {
        "dataset": '"stops"',
        "department": '"transport"',
        "period": '"2026-Q3"',
        "currency": "2026-09-15",
        "contact": '{ person = "张三", phone = "0578-1", email = "a@example.gov.cn" }',
        "licence": '"CC-BY-4.0"',
        "lineage": '{ zh = "实地采集", en = "Surveyed" }',
        "classification": '"public"',
        "share": '"unconditional"',
        "audiences": '["public", "government"]',
        "data": '["stops.geojson"]',
    } | keys
    return "".join(f"{key} = {value}\n" for key, value in lines.items() if value is not None)


def package_files(toml: str | None = None, **data: bytes) -> dict[str, bytes]:
    """The files of a package; without `data` (name → bytes, dots as __) its twelve stops."""
    files = {name.replace("__", "."): content for name, content in data.items()} or {"stops.geojson": points()}
    return with_sums({"package.toml": (toml or package_toml()).encode(), **files})


def with_sums(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files and their SHA256SUMS as coreutils write it."""
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    return {**files, "SHA256SUMS": sums.encode()}


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Files into a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def write_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    """Files into a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def nil_files(**keys: object) -> dict[str, bytes]:
    """A nil return."""
    return with_sums({"package.toml": package_toml(data=None, nil="true", statement='"没有变化"', **keys).encode()})
