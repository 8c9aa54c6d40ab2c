from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigError
from pipeline.portal.built_site import PRIVATE, built_site


@pytest.fixture(scope="session")
def private() -> Path:
    """The built site's private folder: font slices, icons, styles."""
    try:
        return built_site() / PRIVATE
    except ConfigError as error:
        pytest.skip(f"the site has not been built: {error.hint}")


def text(zh: str, en: str = "") -> dict[str, str]:
    return {"zh": zh, "en": en or zh}


def dataset(
    id: str,
    *layers: tuple[str, str, str],
    labels: bool = False,
    style: dict[str, str | None] | None = None,
    fields: tuple[str, ...] = ("NAME",),
) -> dict[str, Any]:
    """A dataset of catalog.json; each layer is (archive, layer, geometry)."""
    return {
        "id": id,
        "title": text(id),
        "description": None,
        "theme": "t",
        "kind": "vector",
        "page": f"data/{id}.html",
        "department": {
            "id": "d",
            "name": text("局", "Bureau"),
            "contact": {"person": "某某", "phone": "0578 000", "email": "a@example.org"},
        },
        "currency": "2026-09-30",
        "cycle": "quarterly",
        "licence": "CC-BY-4.0",
        "share": "unconditional",
        "lineage": None,
        "accuracy_m": 50.0,
        "scale": 10000,
        "features": 12,
        "extent": [119.02, 28.02, 119.1, 28.1],
        "freshness": {"confirmed": "2026-09-30", "fresh_until": "2027-01-10", "stale_after": "2027-04-10"},
        "versions": [],
        "versions_total": 0,
        "quality": None,
        "related": [],
        "applications": [],
        "style": style or {"colour": None, "icon": None},
        "layers": [
            {"archive": a, "layer": n, "geometry": g, "min_zoom": 6, "max_zoom": 14, "labels": labels}
            for a, n, g in layers
        ],
        "fields": [
            {"name": name, "title": text(name), "type": "string", "unit": None, "required": False, "domain": None}
            for name in fields
        ],
    }


def catalog(*datasets: dict[str, Any], sample: bool = True, number: str | None = None) -> dict[str, Any]:
    """A catalog.json with the archives that its datasets name."""
    archives = dict.fromkeys(at["archive"] for d in datasets for at in d["layers"])
    return {
        "platform": text("数字青溪", "Digital Qingxi"),
        "city": {"code": "331181", "name": text("青溪市", "Qingxi")},
        "edition": {"id": "public", "title": text("公众版", "Public")},
        "sample": sample,
        "notice": text("示例数据，纯属虚构", "Sample data, fictional") if sample else text(""),
        "attribution": text("青溪市 <规划局>", "Qingxi Bureau"),
        "review": {"number": number},
        "crs": "EPSG:4549",
        "bounds": [119.0, 28.0, 119.2, 28.2],
        "center": [119.1, 28.1, 12],
        "as_of": "2026-11-22",
        "site": {"icp": "", "police": None, "mark": None, "contact": None, "terms": [], "links": []},
        "themes": [{"id": "t", "title": text("专题", "Theme")}],
        "archives": [
            {
                "id": a,
                "title": text(a),
                "file": f"tiles/{a}-0123456789ab.pmtiles",
                "tilejson": f"tilejson/{a}.json",
                "type": "vector",
                "product": "vector",
                "bytes": 1,
                "sha256": "0123456789ab" + "0" * 52,
                "min_zoom": 6,
                "max_zoom": 14,
            }
            for a in archives
        ],
        "datasets": list(datasets),
        "styles": [{"id": "light", "title": text("浅色", "Light"), "href": "styles/light.json"}],
    }
