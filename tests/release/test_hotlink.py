"""Hot-linked files hold no relative address."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.catalog import face_files
from pipeline.errors import OutputError
from pipeline.release.hotlink import absolute, absolute_style, absolute_tilejson, write_hotlink
from pipeline.release.manifest import in_release
from tests.catalog.catalogs import catalog_of

BASE = "https://map.example.cn/lq"
ARCHIVE = "tiles/framework-0123456789ab.pmtiles"


@pytest.mark.parametrize(
    ("address", "folder", "expected"),
    [
        (f"pmtiles://../{ARCHIVE}", "styles", f"pmtiles://{BASE}/{ARCHIVE}"),
        (f"pmtiles://../{ARCHIVE}/{{z}}/{{x}}/{{y}}", "tilejson", f"pmtiles://{BASE}/{ARCHIVE}/{{z}}/{{x}}/{{y}}"),
        ("../assets/sprite-12", "styles", f"{BASE}/assets/sprite-12"),
        ("../assets/glyphs/{fontstack}/{range}.pbf", "styles", f"{BASE}/assets/glyphs/{{fontstack}}/{{range}}.pbf"),
        ("../tilejson/framework.json", "styles", f"{BASE}/hotlink/tilejson/framework.json"),
        ("https://other.example/a", "styles", "https://other.example/a"),
        ("pmtiles://https://other.example/a", "styles", "pmtiles://https://other.example/a"),
        ("data:image/png;base64,x", "styles", "data:image/png;base64,x"),
    ],
)
def test_absolute(address: str, folder: str, expected: str) -> None:
    assert absolute(address, BASE, folder) == expected


@pytest.mark.parametrize("address", ["../../secret", "/etc/passwd", "pmtiles://../../x.pmtiles"])
def test_no_address_leads_out_of_the_folder(address: str) -> None:
    with pytest.raises(OutputError, match="leads out"):
        absolute(address, BASE, "styles")


STYLE: dict[str, Any] = {
    "version": 8,
    "sources": {
        "framework": {"type": "vector", "url": f"pmtiles://../{ARCHIVE}", "attribution": "x"},
        "b": {"type": "vector", "tiles": ["../tiles/{z}/{x}/{y}.pbf"]},
        "c": {"type": "geojson", "data": "../c.json"},
        "d": {"type": "geojson", "data": {"type": "FeatureCollection", "features": []}},
    },
    "sprite": [{"id": "default", "url": "../assets/sprite"}],
    "glyphs": "../assets/glyphs/{fontstack}/{range}.pbf",
    "font-faces": {"A": [{"url": "../assets/a.woff2", "unicode-range": ["U+0-FF"]}], "B": "../assets/b.woff2"},
    "layers": [{"id": "text", "layout": {"text-field": "../not-an-address"}}],
}


def test_every_address_of_a_style_becomes_absolute() -> None:
    assert absolute_style(STYLE, BASE) == {
        "version": 8,
        "sources": {
            "framework": {"type": "vector", "url": f"pmtiles://{BASE}/{ARCHIVE}", "attribution": "x"},
            "b": {"type": "vector", "tiles": [f"{BASE}/tiles/{{z}}/{{x}}/{{y}}.pbf"]},
            "c": {"type": "geojson", "data": f"{BASE}/c.json"},
            "d": {"type": "geojson", "data": {"type": "FeatureCollection", "features": []}},
        },
        "sprite": [{"id": "default", "url": f"{BASE}/assets/sprite"}],
        "glyphs": f"{BASE}/assets/glyphs/{{fontstack}}/{{range}}.pbf",
        "font-faces": {
            "A": [{"url": f"{BASE}/assets/a.woff2", "unicode-range": ["U+0-FF"]}],
            "B": f"{BASE}/assets/b.woff2",
        },
        "layers": [{"id": "text", "layout": {"text-field": "../not-an-address"}}],
    }


def test_a_tilejson_becomes_absolute() -> None:
    tilejson = {"tilejson": "3.0.0", "tiles": [f"pmtiles://../{ARCHIVE}/{{z}}/{{x}}/{{y}}"]}
    assert absolute_tilejson(tilejson, BASE)["tiles"] == [f"pmtiles://{BASE}/{ARCHIVE}/{{z}}/{{x}}/{{y}}"]


def test_the_files_stand_in_hotlink_and_the_others_stay(tmp_path: Path) -> None:
    for name, value in (("styles/light.json", STYLE), ("tilejson/framework.json", {"tiles": ["pmtiles://../a"]})):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(json.dumps(value))
    assert write_hotlink(tmp_path, BASE + "/") == ("hotlink/tilejson/framework.json", "hotlink/styles/light.json")
    assert json.loads((tmp_path / "styles/light.json").read_text()) == STYLE
    assert json.loads((tmp_path / "hotlink/tilejson/framework.json").read_text()) == {"tiles": [f"pmtiles://{BASE}/a"]}


def test_the_catalogues_other_faces_are_written_once_more_with_absolute_addresses(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path / "town")
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "catalog.json").write_text(json.dumps(catalog, ensure_ascii=False), "utf-8")
    written = write_hotlink(dist, BASE + "/")
    expected = dict(face_files(catalog, BASE))
    assert set(written) == {f"hotlink/{path}" for path in expected}
    assert not any(in_release(path) for path in written)  # each place that serves the release has its own
    for path, content in expected.items():
        assert (dist / "hotlink" / path).read_bytes() == content
    root = json.loads((dist / "hotlink/services/stac/catalog.json").read_text("utf-8"))
    assert root["links"][0]["href"] == f"{BASE}/hotlink/services/stac/catalog.json"
