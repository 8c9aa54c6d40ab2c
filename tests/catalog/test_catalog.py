"""catalog.json and TileJSON say what the edition may show, in the agreed form."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from pipeline.catalog import ArchiveFacts, LayerFacts, build_catalog, build_tilejson
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
        "edition": {"id": "public", "title": {"zh": "公众版", "en": "Public edition"}},
        "sample": True,
        "notice": {"zh": "示例数据，纯属虚构", "en": "Sample data, fictional"},
        "attribution": {"zh": "某局", "en": "A bureau"},
        "review": {"number": None},
        "crs": "EPSG:4549",
        "bounds": [118.70, 27.70, 119.42, 28.34],
        "center": [119.13, 28.07, 12.0],
        "as_of": "2026-11-22",
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
                "min_zoom": 6,
                "max_zoom": 14,
                "bounds": [118.8, 27.8, 119.3, 28.2],
            }
        ],
        "styles": [{"id": "light", "title": {"zh": "浅色", "en": "Light"}, "href": "styles/light.json"}],
    }
    assert dataset == {
        "id": "roads",
        "title": {"zh": "道路", "en": "Roads"},
        "description": None,
        "theme": "transport",
        "kind": "vector",
        "department": {
            "id": "planning",
            "name": {"zh": "自然资源和规划局", "en": "Bureau of Natural Resources and Planning"},
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
        "sample": True,
        "style": {"colour": None, "icon": None},
        "layers": [
            {"archive": "framework", "layer": "LRDL", "geometry": "line", "min_zoom": 6, "max_zoom": 14, "labels": True}
        ],
        "fields": [
            {"name": "ID", "title": {"zh": "编号", "en": "Id"}, "type": "integer", "unit": None, "domain": None},
            {
                "name": "CLASS",
                "title": {"zh": "技术等级", "en": "Class"},
                "type": "string",
                "unit": None,
                "domain": {
                    "expressway": {"zh": "高速公路", "en": "Expressway"},
                    "national": {"zh": "国道", "en": "National road"},
                },
            },
        ],
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
    toml = FILES["framework.toml"].replace("sample = true\n", "") + '\n[publish]\nreview_number = "浙S(2026)1号"\n'
    framework = load_workspace(write_workspace(tmp_path, {"framework.toml": toml}))
    catalog = build_catalog(framework, view_edition(framework, "public"), [], as_of=date(2026, 1, 1))
    assert catalog["review"] == {"number": "浙S(2026)1号"}
    assert (catalog["sample"], catalog["notice"]) == (False, {"zh": "", "en": ""})
    assert catalog["datasets"][0]["features"] is None
