"""STAC: the specification's own schemas, what its extensions ask, a reader, and the whole of one Collection and Item.

pystac carries the JSON Schemas of STAC 1.1 and of GeoJSON. Those of the extensions are in no package: what they ask is
written down here. Where LONGQUAN_STANDARDS names a folder that has them (stac/<extension>.json), they decide as well.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pystac
import pytest
from jsonschema import Draft7Validator
from pystac.validation.local_validator import get_local_schema_cache
from referencing import Registry, Resource

from pipeline.catalog.faces import face_files
from pipeline.catalog.stac import FILE, TABLE, WEB_MAP_LINKS, stac_files
from tests.catalog.catalogs import SHA, catalog_of, dataset_of

KINDS = {"Catalog": "catalog", "Collection": "collection", "Feature": "item"}
STANDARDS = Path(os.environ.get("LONGQUAN_STANDARDS") or "-")
NAMES = {WEB_MAP_LINKS: "web-map-links", TABLE: "table", FILE: "file"}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return catalog_of(tmp_path_factory.mktemp("stac"))


@pytest.fixture(scope="module")
def files(catalog: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return dict(stac_files(catalog))


def schema_faults(content: dict[str, Any]) -> list[str]:
    cache = get_local_schema_cache()
    registry = Registry().with_resources([(uri, Resource.from_contents(schema)) for uri, schema in cache.items()])
    kind = KINDS[content["type"]]
    schema = cache[f"https://schemas.stacspec.org/v1.1.0/{kind}-spec/json-schema/{kind}.json"]
    return [f"{e.json_path}: {e.message}" for e in Draft7Validator(schema, registry=registry).iter_errors(content)]


def extension_faults(content: dict[str, Any]) -> Iterator[str]:
    """What the extensions' schemas ask of the members that are written here."""
    said = set(content.get("stac_extensions", ()))
    links = content["links"]
    if WEB_MAP_LINKS in said and not any(link["rel"] in ("pmtiles", "tilejson") for link in links):
        yield "web-map-links without a map link"
    for link in links:
        if link["rel"] == "pmtiles":
            if WEB_MAP_LINKS not in said:
                yield "a pmtiles link without its extension"
            layers = link.get("pmtiles:layers", [])
            if not all(isinstance(name, str) and name for name in layers):
                yield "pmtiles:layers"
    if any(key.startswith("table:") for key in content) != (TABLE in said):
        yield "table"
    for column in content.get("table:columns", []):
        if not column["name"] or not set(column) <= {"name", "description", "type"}:
            yield "table:columns"
    assets = content.get("assets", {}).values()
    if any(key.startswith("file:") for asset in assets for key in asset) != (FILE in said):
        yield "file"
    for asset in assets:
        if asset["file:size"] < 0 or not (
            asset["file:checksum"].startswith("1220") and len(asset["file:checksum"]) == 68
        ):
            yield "file:checksum"


def test_every_file_passes_the_schemas_of_stac(files: dict[str, dict[str, Any]]) -> None:
    assert {path: faults for path, content in files.items() if (faults := schema_faults(content))} == {}
    assert {content["type"] for content in files.values()} == set(KINDS)


def test_the_schemas_do_find_faults(files: dict[str, dict[str, Any]]) -> None:
    collection = files["services/stac/roads/collection.json"]
    for broken in (
        {**collection, "license": "a licence of one's own"},
        {**collection, "extent": {"spatial": {"bbox": [[1, 2, 3]]}, "temporal": {"interval": [[None, None]]}}},
        {key: value for key, value in collection.items() if key != "description"},
    ):
        assert schema_faults(broken)


def test_every_file_keeps_to_its_extensions(files: dict[str, dict[str, Any]]) -> None:
    assert {path: found for path, content in files.items() if (found := list(extension_faults(content)))} == {}


def test_every_file_passes_the_schemas_of_its_extensions(files: dict[str, dict[str, Any]]) -> None:
    if not (STANDARDS / "stac").is_dir():
        pytest.skip("LONGQUAN_STANDARDS names no folder with the extensions' schemas")
    schemas = {uri: json.loads((STANDARDS / "stac" / f"{name}.json").read_text()) for uri, name in NAMES.items()}
    for path, content in files.items():
        for uri in content.get("stac_extensions", ()):
            assert schemas[uri]["$id"].rstrip("#") == uri
            assert [e.message for e in Draft7Validator(schemas[uri]).iter_errors(content)] == [], path


def test_a_reader_walks_the_tree(catalog: dict[str, Any], tmp_path: Path) -> None:
    for path, data in face_files(catalog):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    root = pystac.Catalog.from_file(str(tmp_path / "services/stac/catalog.json"))
    assert root.id == "331181-public"
    ids = [child.id for child in root.get_children()]
    assert ids == [dataset["id"] for dataset in catalog["datasets"]]
    items = {item.collection_id: item for item in root.get_items(recursive=True)}
    assert set(items) == set(ids)
    asset = items["roads"].get_assets()["framework"]
    absolute = asset.get_absolute_href()
    assert absolute is not None and absolute.endswith("/tiles/framework-0123456789ab.pmtiles")
    assert Path(absolute).parent.parent == tmp_path


def test_a_collection_and_its_item_whole(files: dict[str, dict[str, Any]]) -> None:
    notice = "示例数据，纯属虚构 · Sample data, fictional"
    providers = [
        {"name": "自然资源和规划局 · Bureau of Natural Resources and Planning", "roles": ["producer", "licensor"]},
        {"name": "某局 · A bureau", "roles": ["processor", "host"]},
    ]
    title, json_type = "道路 · Roads", "application/json"
    links = [
        {"rel": "describedby", "href": "../../../data/roads.html", "type": "text/html", "title": title},
        {"rel": "describedby", "href": "../../iso/roads.xml", "type": "application/xml", "title": "ISO 19139"},
        {
            "rel": "license",
            "href": "https://creativecommons.org/licenses/by/4.0/",
            "type": "text/html",
            "title": "CC-BY-4.0",
        },
        {
            "rel": "pmtiles",
            "href": "../../../tiles/framework-0123456789ab.pmtiles",
            "type": "application/vnd.pmtiles",
            "title": "基础地理框架 · Framework data",
            "pmtiles:layers": ["LRDL"],
        },
        {
            "rel": "tilejson",
            "href": "../../../tilejson/framework.json",
            "type": json_type,
            "title": "基础地理框架 · Framework data",
        },
    ]
    assert files["services/stac/roads/collection.json"] == {
        "type": "Collection",
        "stac_version": "1.1.0",
        "stac_extensions": [WEB_MAP_LINKS, TABLE],
        "id": "roads",
        "title": title,
        "description": "道路（交通），由自然资源和规划局提供，现势性 2026年9月30日。\n\n"
        "Roads (Transport), provided by Bureau of Natural Resources and Planning, current as of 2026-09-30.\n\n"
        + notice,
        "keywords": ["交通", "Transport", "LRDL"],
        "license": "CC-BY-4.0",
        "providers": providers,
        "extent": {
            "spatial": {"bbox": [[118.8, 27.8, 119.3, 28.2]]},
            "temporal": {"interval": [["2026-09-30T00:00:00Z", None]]},
        },
        "table:columns": [
            {"name": "ID", "description": "编号 · Id", "type": "int64"},
            {"name": "CLASS", "description": "技术等级 · Class", "type": "string"},
        ],
        "table:row_count": 12,
        "links": [
            {"rel": "root", "href": "../catalog.json", "type": json_type},
            {"rel": "parent", "href": "../catalog.json", "type": json_type},
            {"rel": "item", "href": "roads-2026-09-30.json", "type": "application/geo+json"},
            *links,
        ],
    }
    assert files["services/stac/roads/roads-2026-09-30.json"] == {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [WEB_MAP_LINKS, FILE],
        "id": "roads-2026-09-30",
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[118.8, 27.8], [119.3, 27.8], [119.3, 28.2], [118.8, 28.2], [118.8, 27.8]]],
        },
        "bbox": [118.8, 27.8, 119.3, 28.2],
        "properties": {
            "title": "道路 · Roads 2026-09-30",
            "datetime": "2026-09-30T00:00:00Z",
            "license": "CC-BY-4.0",
            "providers": providers,
        },
        "links": [
            {"rel": "root", "href": "../catalog.json", "type": json_type},
            {"rel": "parent", "href": "collection.json", "type": json_type},
            {"rel": "collection", "href": "collection.json", "type": json_type},
            *links,
        ],
        "assets": {
            "framework": {
                "href": "../../../tiles/framework-0123456789ab.pmtiles",
                "type": "application/vnd.pmtiles",
                "title": "基础地理框架 · Framework data",
                "roles": ["data"],
                "file:size": 1000,
                "file:checksum": "1220" + SHA,
            }
        },
        "collection": "roads",
    }


def test_a_licence_of_ones_own_is_other_and_its_words_are_linked(files: dict[str, dict[str, Any]]) -> None:
    schools = files["services/stac/schools/collection.json"]
    assert schools["license"] == "other"
    (link,) = (link for link in schools["links"] if link["rel"] == "license")
    assert (link["href"], link["title"]) == ("../../../data/schools.html#licence", "本市政务数据开放协议 <2026>")
    assert files["services/stac/empty/collection.json"]["license"] == "CC0-1.0"


def test_a_dataset_without_features_has_no_geometry_and_no_map_link(files: dict[str, dict[str, Any]]) -> None:
    collection = files["services/stac/empty/collection.json"]
    item = files["services/stac/empty/empty-2026-09-30.json"]
    assert collection["extent"]["spatial"]["bbox"] == [[118.70, 27.70, 119.42, 28.34]]  # that of the city
    assert (item["geometry"], "bbox" in item, item["assets"]) == (None, False, {})
    assert not {link["rel"] for link in collection["links"]} & {"pmtiles", "tilejson"}
    assert "stac_extensions" not in item


def test_pixels_have_no_layers(catalog: dict[str, Any], files: dict[str, dict[str, Any]]) -> None:
    assert dataset_of(catalog, "photo")["kind"] == "raster"
    photo = files["services/stac/photo/photo-2020-05-01.json"]
    (link,) = (link for link in photo["links"] if link["rel"] == "pmtiles")
    assert "pmtiles:layers" not in link
    assert photo["assets"]["photo"]["roles"] == ["visual"]


def test_with_a_base_every_file_says_where_it_is(catalog: dict[str, Any]) -> None:
    for path, content in stac_files(catalog, "https://map.example.org"):
        (own,) = (link["href"] for link in content["links"] if link["rel"] == "self")
        assert own == f"https://map.example.org/hotlink/{path}"
        assert schema_faults(content) == []
