"""catalog.json and TileJSON say what the edition may show, in the agreed form."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from pipeline.catalog import ArchiveFacts, LayerFacts, RasterFacts, build_catalog, build_tilejson
from pipeline.editions import view_edition
from pipeline.framework import load_workspace
from tests.framework.workspaces import FILES, write_workspace

ROADS = ArchiveFacts(
    id="framework",
    file="tiles/framework-0123456789ab.pmtiles",
    bytes=1000,
    sha256="0123456789ab" + "0" * 52,
    min_zoom=6,
    max_zoom=14,
    bounds=(118.8, 27.8, 119.3, 28.2),
    center=(119.05, 28.0, 6),
    vector_layers=({"id": "LRDL", "fields": {"ID": "Number", "CLASS": "String"}, "minzoom": 6, "maxzoom": 14},),
    layers=(LayerFacts("LRDL", "roads", "line", 12, (118.8, 27.8, 119.3, 28.2), 6, 14, True),),
    features={"roads": 12},
)


def test_tilejson_points_from_its_folder_to_the_hashed_file(tmp_path: Path) -> None:
    framework = load_workspace(write_workspace(tmp_path))
    assert build_tilejson(framework, view_edition(framework, "public"), ROADS) == {
        "tilejson": "3.0.0",
        "name": "基础地理框架",
        "description": "Framework data",
        "attribution": "某局 · 示例数据，纯属虚构",
        "scheme": "xyz",
        "tiles": ["pmtiles://../tiles/framework-0123456789ab.pmtiles/{z}/{x}/{y}"],
        "minzoom": 6,
        "maxzoom": 14,
        "bounds": [118.8, 27.8, 119.3, 28.2],
        "center": [119.05, 28.0, 6],
        "vector_layers": [{"id": "LRDL", "fields": {"ID": "Number", "CLASS": "String"}, "minzoom": 6, "maxzoom": 14}],
    }


def test_catalog_has_the_agreed_form(tmp_path: Path) -> None:
    framework = load_workspace(write_workspace(tmp_path))
    catalog = build_catalog(framework, view_edition(framework, "public"), [ROADS], as_of=date(2026, 11, 22))
    (dataset,) = catalog.pop("datasets")
    assert catalog == {
        "version": 1,
        "platform": {"zh": "数字龙泉", "en": "Digital Longquan"},
        "city": {"code": "331181", "name": {"zh": "龙泉市", "en": "Longquan"}},
        "edition": {"id": "public", "title": {"zh": "公众版", "en": "Public edition"}, "public": True},
        "sample": True,
        "notice": {"zh": "示例数据，纯属虚构", "en": "Sample data, fictional"},
        "attribution": {"zh": "某局", "en": "A bureau"},
        "review": {"number": None},
        "crs": "EPSG:4549",
        "bounds": [118.70, 27.70, 119.42, 28.34],
        "center": [119.13, 28.07, 12.0],
        "as_of": "2026-11-22",
        "site": {"icp": "", "police": None, "mark": None, "contact": None, "terms": [], "links": []},
        "themes": [{"id": "transport", "title": {"zh": "交通", "en": "Transport"}}],
        "archives": [
            {
                "id": "framework",
                "title": {"zh": "基础地理框架", "en": "Framework data"},
                "tilejson": "tilejson/framework.json",
                "file": "tiles/framework-0123456789ab.pmtiles",
                "bytes": 1000,
                "sha256": "0123456789ab" + "0" * 52,
                "type": "vector",
                "product": "vector",
                "min_zoom": 6,
                "max_zoom": 14,
                "bounds": [118.8, 27.8, 119.3, 28.2],
            }
        ],
        "styles": [
            {"id": "light", "title": {"zh": "浅色", "en": "Light"}, "href": "styles/light.json", "base": "map"},
            {"id": "dark", "title": {"zh": "深色", "en": "Dark"}, "href": "styles/dark.json", "base": "map"},
        ],
        "search": None,
    }
    assert dataset == {
        "id": "roads",
        "title": {"zh": "道路", "en": "Roads"},
        "description": None,
        "theme": "transport",
        "kind": "vector",
        "page": "data/roads.html",
        "department": {
            "id": "planning",
            "name": {"zh": "自然资源和规划局", "en": "Bureau of Natural Resources and Planning"},
            "contact": {"person": "某某", "phone": "0578-0000000", "email": "a@example.org"},
        },
        "currency": "2026-09-30",
        "cycle": "quarterly",
        "licence": "CC-BY-4.0",
        "share": "unconditional",
        "lineage": None,
        "accuracy_m": 50.0,
        "scale": 10000,
        "features": 12,
        "extent": [118.8, 27.8, 119.3, 28.2],
        "coverage": "coverage/roads.json",
        "sample": True,
        "style": {"colour": None, "icon": None},
        "layers": [
            {"archive": "framework", "layer": "LRDL", "geometry": "line", "min_zoom": 6, "max_zoom": 14, "labels": True}
        ],
        "fields": [
            {
                "name": "ID",
                "title": {"zh": "编号", "en": "Id"},
                "type": "integer",
                "unit": None,
                "required": True,
                "domain": None,
            },
            {
                "name": "CLASS",
                "title": {"zh": "技术等级", "en": "Class"},
                "type": "string",
                "unit": None,
                "required": False,
                "domain": {
                    "expressway": {"zh": "高速公路", "en": "Expressway"},
                    "national": {"zh": "国道", "en": "National road"},
                },
            },
        ],
        "freshness": {"confirmed": "2026-09-30", "fresh_until": "2027-01-10", "stale_after": "2027-04-10"},
        "versions": [],
        "versions_total": 0,
        "quality": None,
        "related": [],
        "applications": [],
    }


def test_nothing_of_what_is_denied_is_in_the_public_catalog(tmp_path: Path) -> None:
    framework = load_workspace(write_workspace(tmp_path))
    texts = {}
    for edition in ("public", "government"):
        catalog = build_catalog(framework, view_edition(framework, edition), [ROADS], as_of=date(2026, 11, 22))
        texts[edition] = json.dumps(catalog, ensure_ascii=False)
    for secret in ("water", "供水", "水务", "WIDTH", "路宽", "government", '"等级"', "inbox"):
        assert secret not in texts["public"], secret
    for secret in ("water-supply", "供水管网", "水务局", "WIDTH", "路宽"):
        assert secret in texts["government"], secret


def test_a_layer_without_features_is_not_offered(tmp_path: Path) -> None:
    framework = load_workspace(write_workspace(tmp_path))
    empty = LayerFacts("LRDL", "roads", "none", 0, None, 6, 14, False)
    facts = ArchiveFacts(
        **{f: getattr(ROADS, f) for f in ROADS.__slots__} | {"layers": (empty,), "features": {"roads": 0}}
    )
    catalog = build_catalog(framework, view_edition(framework, "public"), [facts], as_of=date(2026, 11, 22))
    assert (catalog["datasets"][0]["layers"], catalog["datasets"][0]["features"]) == ([], 0)
    assert catalog["datasets"][0]["extent"] is None


def test_a_review_number_and_a_real_city(tmp_path: Path) -> None:
    toml = FILES["framework.toml"].replace("sample = true\n", "")
    framework = load_workspace(write_workspace(tmp_path, {"framework.toml": toml}))
    view = view_edition(framework, "public")
    catalog = build_catalog(framework, view, [], as_of=date(2026, 1, 1), review_number="浙S(2026)1号")
    assert catalog["review"] == {"number": "浙S(2026)1号"}
    assert (catalog["sample"], catalog["notice"]) == (False, {"zh": "", "en": ""})
    assert catalog["datasets"][0]["features"] is None


# Rasters ------------------------------------------------------------------------------------------------------------

RASTERS = """
[[archive]]
id = "terrain"
title = { zh = "地形", en = "Terrain" }
kind = "terrain"
datasets = ["dem"]

[[archive]]
id = "lines"
title = { zh = "等高线", en = "Contours" }
kind = "contours"
datasets = ["dem"]

[[archive]]
id = "photo-2020"
title = { zh = "影像 2020", en = "Photo of 2020" }
kind = "imagery"
datasets = ["photo"]
series = "photo"
"""
DATASETS = """
[[dataset]]
id = "dem"
title = { zh = "高程", en = "Heights" }
theme = "transport"
kind = "raster"
source = "inbox/planning/dem.tif"
currency = 2026-09-30
cycle = "yearly"
licence = "CC-BY-4.0"
share = "unconditional"
audiences = ["public"]

[[dataset]]
id = "photo"
title = { zh = "影像", en = "Photo" }
theme = "transport"
kind = "raster"
source = "inbox/planning/photo.tif"
currency = 2020-05-01
cycle = "yearly"
licence = "CC-BY-4.0"
share = "unconditional"
audiences = ["public"]
"""
BOX = (118.9, 27.9, 119.2, 28.1)


def facts(id: str, raster: RasterFacts | None, **more: object) -> ArchiveFacts:
    known = {"min_zoom": 7, "max_zoom": 12, "bounds": BOX, "center": (119.05, 28.0, 7), "vector_layers": ()}
    name = f"tiles/{id}-0123456789ab.pmtiles"
    return ArchiveFacts(
        id, name, 10, "0123456789ab" + "0" * 52, **{**known, "layers": (), "features": {}, **more}, raster=raster
    )  # type: ignore[arg-type]


def test_rasters_are_told_in_the_agreed_form(tmp_path: Path) -> None:
    changes = {
        "framework.toml": FILES["framework.toml"] + RASTERS,
        "departments/planning.toml": FILES["departments/planning.toml"] + DATASETS,
    }
    framework = load_workspace(write_workspace(tmp_path, changes))
    view = view_edition(framework, "public")
    terrain = facts("terrain", RasterFacts("terrain", "webp", 512, "terrarium", "2026-09-30", ("dem",)))
    photo = facts("photo-2020", RasterFacts("imagery", "jpeg", 256, None, "2020-05-01", ("photo",)))
    drawn = LayerFacts("contours", "dem", "line", 40, (118.91, 27.91, 119.19, 28.09), 9, 12, True)
    lines = facts("lines", None, layers=(drawn,), features={"dem": 40})
    catalog = build_catalog(framework, view, [terrain, lines, photo], as_of=date(2026, 11, 22))
    archives = {archive["id"]: archive for archive in catalog["archives"]}
    assert archives["terrain"] == {
        "id": "terrain",
        "title": {"zh": "地形", "en": "Terrain"},
        "tilejson": "tilejson/terrain.json",
        "file": "tiles/terrain-0123456789ab.pmtiles",
        "bytes": 10,
        "sha256": "0123456789ab" + "0" * 52,
        "type": "raster",
        "product": "terrain",
        "format": "webp",
        "tile_size": 512,
        "encoding": "terrarium",
        "min_zoom": 7,
        "max_zoom": 12,
        "bounds": list(BOX),
        "date": "2026-09-30",
        "series": None,
        "attribution": "某局 · 示例数据，纯属虚构",
    }
    assert (archives["photo-2020"]["series"], archives["photo-2020"]["date"]) == ("photo", "2020-05-01")
    assert (archives["photo-2020"]["encoding"], archives["photo-2020"]["tile_size"]) == (None, 256)
    assert (archives["lines"]["type"], archives["lines"]["product"]) == ("vector", "vector")
    dem = next(dataset for dataset in catalog["datasets"] if dataset["id"] == "dem")
    assert (dem["features"], dem["fields"], dem["extent"]) == (None, [], list(BOX))
    assert dem["layers"] == [
        {
            "archive": "lines",
            "layer": "contours",
            "geometry": "line",
            "product": "contours",
            "min_zoom": 9,
            "max_zoom": 12,
            "labels": True,
        },
        {
            "archive": "terrain",
            "layer": None,
            "geometry": "raster",
            "product": "terrain",
            "min_zoom": 7,
            "max_zoom": 12,
        },
    ]
    assert build_tilejson(framework, view, terrain) == {
        "tilejson": "3.0.0",
        "name": "地形",
        "description": "Terrain",
        "attribution": "某局 · 示例数据，纯属虚构",
        "scheme": "xyz",
        "tiles": ["pmtiles://../tiles/terrain-0123456789ab.pmtiles/{z}/{x}/{y}"],
        "minzoom": 7,
        "maxzoom": 12,
        "bounds": list(BOX),
        "center": [119.05, 28.0, 7],
        "format": "webp",
        "tileSize": 512,
        "encoding": "terrarium",
    }
    assert "encoding" not in build_tilejson(framework, view, photo)
