"""ISO 19139: the schema's own verdict, the eight groups of GB/T 39608, and what a record says.

pycsw carries the XML schemas of ISO/TS 19139:2007 and GML 3.2.1; nothing of it is imported.
"""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from pipeline.catalog.iso19115 import degrees_code, iso_files, iso_record
from pipeline.catalog.iso_xml import PREFIXES
from pipeline.catalog.metadata_groups import metadata_groups
from tests.catalog.catalogs import catalog_of, dataset_of

SCHEMA = "pycsw/plugins/profiles/apiso/schemas/ogc/iso/19139/20070417/gmx/gmx.xsd"
INFO = "gmd:identificationInfo/gmd:MD_DataIdentification"
STRING = "gco:CharacterString/text()"

# Where each group stands in a record (docs/catalog.md says the same).
GROUPS = {
    "标识": (
        "gmd:fileIdentifier/" + STRING,
        f"{INFO}/gmd:citation//gmd:title/" + STRING,
        f"{INFO}/gmd:abstract/" + STRING,
        f"{INFO}/gmd:topicCategory/gmd:MD_TopicCategoryCode/text()",
    ),
    "空间参考": (
        "gmd:referenceSystemInfo//gmd:code/" + STRING,
        f"{INFO}/gmd:extent//gmd:westBoundLongitude/gco:Decimal/text()",
        f"{INFO}/gmd:spatialRepresentationType/*/@codeListValue",
    ),
    "生产": (
        "gmd:dataQualityInfo//gmd:lineage//gmd:statement/" + STRING,
        f"{INFO}/gmd:pointOfContact//gmd:organisationName/" + STRING,
    ),
    "时序": (
        f"{INFO}/gmd:extent//gml:timePosition/text()",
        f"{INFO}/gmd:resourceMaintenance//@codeListValue",
        "gmd:dateStamp/gco:Date/text()",
    ),
    "精度": ("gmd:dataQualityInfo//gmd:DQ_AbsoluteExternalPositionalAccuracy//gmd:value/gco:Record/text()",),
    "粒度": (f"{INFO}/gmd:spatialResolution//gmd:denominator/gco:Integer/text()",),
    "质量": ("gmd:dataQualityInfo//gmd:DQ_ConformanceResult/gmd:pass/gco:Boolean/text()",),
    "分发": (
        "gmd:distributionInfo//gmd:distributionFormat//gmd:name/" + STRING,
        "gmd:distributionInfo//gmd:linkage/gmd:URL/text()",
        f"{INFO}/gmd:resourceConstraints//gmd:otherConstraints/" + STRING,
    ),
}


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    found = importlib.metadata.distribution("pycsw").locate_file(SCHEMA)
    return etree.XMLSchema(etree.parse(str(found), etree.XMLParser(no_network=True)))


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return catalog_of(tmp_path_factory.mktemp("iso"))


def record(catalog: dict[str, Any], id: str, base: str = "") -> etree._Element:
    return etree.fromstring(iso_record(catalog, dataset_of(catalog, id), base))


def found(root: etree._Element, path: str) -> list[str]:
    return [str(value) for value in root.xpath(path, namespaces=dict(PREFIXES))]


def test_every_record_is_valid(schema: etree.XMLSchema, catalog: dict[str, Any], tmp_path: Path) -> None:
    for shown in (catalog, catalog_of(tmp_path, "government")):
        for path, data in iso_files(shown):
            if path.endswith(".xml"):
                assert schema.validate(etree.fromstring(data)), (path, schema.error_log)


def test_a_real_city_with_a_review_number_is_valid_too(schema: etree.XMLSchema, catalog: dict[str, Any]) -> None:
    real = {**catalog, "sample": False, "review": {"number": "浙S(2026)1号"}, "notice": {"zh": "", "en": ""}}
    root = record(real, "roads")
    assert schema.validate(root), schema.error_log
    assert found(root, f"{INFO}//gmd:useLimitation/{STRING}") == ["审图号：浙S(2026)1号"]
    assert found(record(catalog, "roads"), f"{INFO}//gmd:useLimitation/{STRING}") == ["示例数据，纯属虚构"]


def test_an_edition_for_internal_use_says_so(schema: etree.XMLSchema, catalog: dict[str, Any]) -> None:
    internal = {**catalog, "edition": {**catalog["edition"], "public": False}}
    root = record(internal, "roads")
    assert schema.validate(root), schema.error_log
    assert found(root, f"{INFO}//gmd:MD_ClassificationCode/@codeListValue") == ["restricted"]
    open_to_all = {**catalog, "edition": {**catalog["edition"], "public": True}}
    assert found(record(open_to_all, "roads"), f"{INFO}//gmd:MD_ClassificationCode/@codeListValue") == []


def test_the_schema_does_find_faults(schema: etree.XMLSchema, catalog: dict[str, Any]) -> None:
    root = record(catalog, "roads")
    root.append(root[0])  # the identifier at the end, where it may not stand
    assert not schema.validate(root)


def test_every_group_of_the_standard_is_filled(catalog: dict[str, Any]) -> None:
    root = record(catalog, "roads")
    for group, paths in GROUPS.items():
        for path in paths:
            assert all(found(root, path)) and found(root, path), (group, path)


def test_the_page_tells_the_same_groups_in_the_same_order(catalog: dict[str, Any]) -> None:
    for dataset in catalog["datasets"]:
        groups = metadata_groups(catalog, dataset)
        assert [group.zh for group in groups] == list(GROUPS)
        assert all(group.entries for group in groups)


def test_what_a_record_says_of_the_roads(catalog: dict[str, Any]) -> None:
    root = record(catalog, "roads")
    said = {
        "gmd:fileIdentifier/" + STRING: ["331181.roads"],
        f"{INFO}/gmd:citation/*/gmd:title/{STRING}": ["道路"],
        f"{INFO}/gmd:citation/*/gmd:title//gmd:LocalisedCharacterString/text()": ["Roads"],
        f"{INFO}/gmd:citation/*/gmd:edition/{STRING}": ["2026-Q3.1"],
        "gmd:dateStamp/gco:Date/text()": ["2026-10-08"],  # the day it was accepted
        f"{INFO}/gmd:topicCategory/gmd:MD_TopicCategoryCode/text()": ["transportation"],
        "gmd:referenceSystemInfo//gmd:code/" + STRING: ["4490", "3857"],
        f"{INFO}/gmd:spatialResolution//gco:Integer/text()": ["10000"],
        f"{INFO}/gmd:resourceMaintenance//@codeListValue": ["quarterly"],
        f"{INFO}/gmd:extent//gco:Decimal/text()": ["118.800000", "119.300000", "27.800000", "28.200000"],
        f"{INFO}/gmd:extent//gml:timePosition/text()": ["2026-09-30"],
        f"{INFO}/gmd:resourceSpecificUsage//gmd:specificUsage/{STRING}": ["公交到站"],
        f"{INFO}/gmd:resourceConstraints//gmd:otherConstraints/{STRING}": [
            "无条件共享",
            "CC-BY-4.0 https://creativecommons.org/licenses/by/4.0/",
        ],
        "gmd:contentInfo//gmd:featureTypes/gco:LocalName/text()": ["LRDL"],
        "gmd:dataQualityInfo//gmd:value/gco:Record/text()": ["50"],
        "gmd:dataQualityInfo//gmd:explanation/" + STRING: ["质量得分 92.5 分（满分 100）"],
        "gmd:dataQualityInfo//gmd:pass/gco:Boolean/text()": ["true"],
        "gmd:distributionInfo//gmd:URL/text()": [
            "../../data/roads.html",
            "../../tiles/framework-0123456789ab.pmtiles",
            "../../tilejson/framework.json",
        ],
        "gmd:contact//gmd:electronicMailAddress/" + STRING: ["a@example.org"],
    }
    assert {path: found(root, path) for path in said} == said


def test_words_of_departments_cannot_become_markup(catalog: dict[str, Any]) -> None:
    root = record(catalog, "schools")
    assert "本市政务数据开放协议 <2026>" in found(root, f"{INFO}//gmd:otherConstraints/{STRING}")


def test_without_extent_and_accuracy_nothing_is_made_up(catalog: dict[str, Any]) -> None:
    root = record(catalog, "empty")
    assert found(root, "gmd:dataQualityInfo//gmd:report//text()") == []
    assert found(root, f"{INFO}/gmd:spatialResolution//text()") == []
    decimals = [float(value) for value in found(root, f"{INFO}/gmd:extent//gco:Decimal/text()")]
    assert decimals == [118.70, 119.42, 27.70, 28.34]  # that of the city, in the schema's order


def test_harvesters_find_every_record_in_the_listing(catalog: dict[str, Any]) -> None:
    listing = dict(iso_files(catalog))["services/iso/index.html"].decode()
    assert re.findall(r'href="([^"]+)"', listing) == [f"{d['id']}.xml" for d in catalog["datasets"]]
    assert re.findall("<p>(.*)</p>", listing) == [
        "待审核 · Map review pending",
        "示例数据，纯属虚构 · Sample data, fictional",
    ]


@pytest.mark.parametrize(
    ("public", "number", "told"),
    [
        (True, "浙S(2026)1号", ["审图号：浙S(2026)1号 · Map review number"]),
        (False, None, ["内部使用 · For internal use"]),
    ],
)
def test_the_listing_says_what_every_page_must(
    catalog: dict[str, Any], public: bool, number: str | None, told: list[str]
) -> None:
    edition = {**catalog["edition"], "public": public}
    shown = {**catalog, "sample": False, "review": {"number": number}, "edition": edition}
    assert re.findall("<p>(.*)</p>", dict(iso_files(shown))["services/iso/index.html"].decode()) == told


@pytest.mark.parametrize(("crs", "code"), [("EPSG:4549", 4490), ("EPSG:4528", 4490), ("EPSG:32651", 4326)])
def test_degrees_are_those_of_the_citys_own_system(crs: str, code: int) -> None:
    assert degrees_code(crs) == code
