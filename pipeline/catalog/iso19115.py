"""One ISO 19115 record for each dataset, encoded as ISO 19139, in a folder that harvesters walk.

GB/T 19710 is ISO 19115; GB/T 39608 asks for eight groups, which stand here:

    标识 identification        identificationInfo: citation, abstract, keywords, topic; fileIdentifier
    空间参考 spatial reference  referenceSystemInfo, spatialRepresentationType, geographic extent
    生产 production            lineage, pointOfContact
    时序 time                  dates, temporal extent, resourceMaintenance
    精度 accuracy              DQ_AbsoluteExternalPositionalAccuracy
    粒度 granularity           spatialResolution, hierarchyLevel, contentInfo
    质量 quality               dataQualityInfo: conformance with the platform's checks
    分发 distribution          distributionInfo, resourceConstraints

Only the groups' names were read, their clauses were not: GB/T 39608 is not public.
Source: ISO/TS 19139:2007 with GML 3.2.1 (http://www.isotc211.org/2005/gmd).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any
from xml.etree import ElementTree as ET

from pipeline.catalog.addresses import Place
from pipeline.catalog.iso_xml import (
    ENGLISH,
    add,
    add_code,
    add_string,
    add_text,
    add_value,
    tag,
    xml_bytes,
)
from pipeline.catalog.licences import known_licence
from pipeline.catalog.words import abstract_of, archives_of, both, theme_of

FOLDER = "services/iso"

# Theme → topic category of ISO 19115; a theme that a city names otherwise is a place on the map.
_TOPICS = {
    "boundaries": "boundaries",
    "culture": "society",
    "economy": "economy",
    "education": "society",
    "environment": "environment",
    "framework": "imageryBaseMapsEarthCover",
    "health": "health",
    "places": "location",
    "planning": "planningCadastre",
    "safety": "society",
    "services": "structure",
    "terrain": "elevation",
    "transport": "transportation",
    "utilities": "utilitiesCommunication",
    "water": "inlandWaters",
}
_MAINTENANCE = {
    "daily": "daily",
    "weekly": "weekly",
    "monthly": "monthly",
    "quarterly": "quarterly",
    "half-yearly": "biannually",
    "yearly": "annually",
    "irregular": "irregular",
}
ACCESS = {
    "unconditional": {"zh": "无条件共享", "en": "shared without conditions"},
    "conditional": {"zh": "有条件共享", "en": "shared under conditions"},
    "none": {"zh": "不予共享", "en": "not shared"},
}
PASS = 60.0  # the score from which a submission is accepted (GB/T 24356)


def iso_files(catalog: Mapping[str, Any], base: str = "") -> Iterator[tuple[str, bytes]]:
    """Path below the published folder and content: index.html, which harvesters follow, and a record per dataset.

    Addresses are relative, which the schema (anyURI) allows, or with `base` absolute, as harvesters want them.
    """
    yield f"{FOLDER}/index.html", _index(catalog)
    for dataset in catalog["datasets"]:
        yield f"{FOLDER}/{dataset['id']}.xml", iso_record(catalog, dataset, base)


def _index(catalog: Mapping[str, Any]) -> bytes:
    """A plain list of links, as a file server's own listing: what web-accessible-folder harvesters read."""
    title = escape(f"{both(catalog['platform'])} · ISO 19139")
    number, public = catalog["review"]["number"], catalog["edition"].get("public", True)
    notices = [
        *([] if public else ["内部使用 · For internal use"]),
        *([f"审图号：{number} · Map review number"] if number else ["待审核 · Map review pending"] if public else []),
        *([both(catalog["notice"])] if catalog["sample"] else []),
    ]
    told = "".join(f"<p>{escape(notice)}</p>\n" for notice in notices)
    links = "\n".join(
        f'<li><a href="{d["id"]}.xml">{d["id"]}.xml</a> {escape(both(d["title"]))}</li>' for d in catalog["datasets"]
    )
    return (
        f'<!doctype html>\n<html lang="zh-CN">\n<head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body>\n<h1>{title}</h1>\n<ul>\n{links}\n</ul>\n{told}</body>\n</html>\n"
    ).encode()


def iso_record(catalog: Mapping[str, Any], dataset: Mapping[str, Any], base: str = "") -> bytes:
    """The record of one dataset, as UTF-8 XML."""
    place = Place(FOLDER, base)
    root = ET.Element(tag("gmd:MD_Metadata"))
    add_string(root, "gmd:fileIdentifier", identifier_of(catalog, dataset))
    add_code(root, "gmd:language", "LanguageCode", "chi")
    add_code(root, "gmd:characterSet", "MD_CharacterSetCode", "utf8")
    add_code(root, "gmd:hierarchyLevel", "MD_ScopeCode", "dataset")
    _party(add(root, "gmd:contact"), dataset["department"], "pointOfContact")
    add_value(root, "gmd:dateStamp", "Date", _described(dataset))
    add_string(root, "gmd:metadataStandardName", "ISO 19115:2003 / GB/T 19710")
    add_string(root, "gmd:metadataStandardVersion", "ISO/TS 19139:2007")
    add_string(root, "gmd:dataSetURI", place.to(dataset["page"]))
    locale = add(root, "gmd:locale/gmd:PT_Locale", id=ENGLISH)
    add_code(locale, "gmd:languageCode", "LanguageCode", "eng")
    add_code(locale, "gmd:characterEncoding", "MD_CharacterSetCode", "utf8")
    for code in (degrees_code(catalog["crs"]), 3857):  # of the coordinates, and of the tiles they are published in
        system = add(
            root, "gmd:referenceSystemInfo/gmd:MD_ReferenceSystem/gmd:referenceSystemIdentifier/gmd:RS_Identifier"
        )
        add_string(system, "gmd:code", str(code))
        add_string(system, "gmd:codeSpace", "EPSG")
    _identification(root, catalog, dataset, place)
    if dataset["fields"] and dataset["layers"]:
        _content(root, dataset, place)
    _distribution(root, catalog, dataset, place)
    _quality(root, dataset)
    return xml_bytes(root)


def _identification(root: ET.Element, catalog: Mapping[str, Any], dataset: Mapping[str, Any], place: Place) -> None:
    theme = theme_of(catalog, dataset)
    info = add(root, "gmd:identificationInfo/gmd:MD_DataIdentification")
    citation = add(info, "gmd:citation/gmd:CI_Citation")
    add_text(citation, "gmd:title", dataset["title"])
    _date(citation, dataset["currency"], "revision")
    if dataset["versions"]:
        add_string(citation, "gmd:edition", dataset["versions"][0]["version"])
    identifier = add(citation, "gmd:identifier/gmd:MD_Identifier")
    add_string(identifier, "gmd:code", identifier_of(catalog, dataset))
    add_text(info, "gmd:abstract", abstract_of(dataset, theme))
    add_text(info, "gmd:credit", catalog["attribution"])
    add_code(info, "gmd:status", "MD_ProgressCode", "onGoing")
    _party(add(info, "gmd:pointOfContact"), dataset["department"], "owner")
    maintenance = add(info, "gmd:resourceMaintenance/gmd:MD_MaintenanceInformation")
    code = _MAINTENANCE[dataset["cycle"]]
    add_code(maintenance, "gmd:maintenanceAndUpdateFrequency", "MD_MaintenanceFrequencyCode", code)
    keywords = add(info, "gmd:descriptiveKeywords/gmd:MD_Keywords")
    add_text(keywords, "gmd:keyword", theme)
    for layer in dict.fromkeys(layer["layer"] for layer in dataset["layers"] if layer["layer"]):
        add_string(keywords, "gmd:keyword", layer)
    add_code(keywords, "gmd:type", "MD_KeywordTypeCode", "theme")
    for application in dataset["applications"]:
        usage = add(info, "gmd:resourceSpecificUsage/gmd:MD_Usage")
        add_text(usage, "gmd:specificUsage", application["title"])
        party = add(usage, "gmd:userContactInfo/gmd:CI_ResponsibleParty")
        add_text(party, "gmd:organisationName", application["owner"])
        add_code(party, "gmd:role", "CI_RoleCode", "user")
    _constraints(info, catalog, dataset)
    kind = "grid" if dataset["kind"] == "raster" else "vector"
    add_code(info, "gmd:spatialRepresentationType", "MD_SpatialRepresentationTypeCode", kind)
    if dataset["scale"]:
        scale = add(info, "gmd:spatialResolution/gmd:MD_Resolution/gmd:equivalentScale/gmd:MD_RepresentativeFraction")
        add_value(scale, "gmd:denominator", "Integer", str(dataset["scale"]))
    add_code(info, "gmd:language", "LanguageCode", "chi")
    add_code(info, "gmd:characterSet", "MD_CharacterSetCode", "utf8")
    add(info, "gmd:topicCategory/gmd:MD_TopicCategoryCode").text = _TOPICS.get(dataset["theme"], "location")
    extent = add(info, "gmd:extent/gmd:EX_Extent")
    add_text(extent, "gmd:description", catalog["city"]["name"])
    west, south, east, north = dataset["extent"] or catalog["bounds"]
    box = add(extent, "gmd:geographicElement/gmd:EX_GeographicBoundingBox")
    for side, degrees in (
        ("westBoundLongitude", west),
        ("eastBoundLongitude", east),
        ("southBoundLatitude", south),
        ("northBoundLatitude", north),
    ):
        add_value(box, f"gmd:{side}", "Decimal", f"{degrees:.6f}")
    instant = add(extent, "gmd:temporalElement/gmd:EX_TemporalExtent/gmd:extent/gml:TimeInstant")
    instant.set(tag("gml:id"), "currency")
    add(instant, "gml:timePosition").text = dataset["currency"]


def _constraints(info: ET.Element, catalog: Mapping[str, Any], dataset: Mapping[str, Any]) -> None:
    """The licence, the share class, the number of the map review, and that an edition is for internal use."""
    legal = add(info, "gmd:resourceConstraints/gmd:MD_LegalConstraints")
    if catalog["sample"]:
        add_text(legal, "gmd:useLimitation", catalog["notice"])
    if number := catalog["review"]["number"]:
        add_text(legal, "gmd:useLimitation", {"zh": f"审图号：{number}", "en": f"Map review number: {number}"})
    add_code(legal, "gmd:accessConstraints", "MD_RestrictionCode", "otherRestrictions")
    add_code(legal, "gmd:useConstraints", "MD_RestrictionCode", "license")
    add_text(legal, "gmd:otherConstraints", ACCESS[dataset["share"]])
    known = known_licence(dataset["licence"])
    licence = f"{dataset['licence']} {known.address}" if known else dataset["licence"]
    add_string(legal, "gmd:otherConstraints", licence)
    if not catalog["edition"].get("public", True):
        security = add(info, "gmd:resourceConstraints/gmd:MD_SecurityConstraints")
        add_code(security, "gmd:classification", "MD_ClassificationCode", "restricted")
        add_text(security, "gmd:userNote", {"zh": "内部使用", "en": "For internal use"})


def _content(root: ET.Element, dataset: Mapping[str, Any], place: Place) -> None:
    """Which layers there are, and where their fields are described."""
    content = add(root, "gmd:contentInfo/gmd:MD_FeatureCatalogueDescription")
    add_value(content, "gmd:includedWithDataset", "Boolean", "true")
    for layer in dict.fromkeys(layer["layer"] for layer in dataset["layers"] if layer["layer"]):
        add(content, "gmd:featureTypes/gco:LocalName").text = layer
    citation = add(content, "gmd:featureCatalogueCitation/gmd:CI_Citation")
    title = dataset["title"]
    add_text(
        citation, "gmd:title", {"zh": f"{title['zh']}：字段与代码表", "en": f"{title['en']}: fields and code tables"}
    )
    _date(citation, dataset["currency"], "revision")
    add_string(citation, "gmd:otherCitationDetails", place.to(f"{dataset['page']}#fields"))


def _distribution(root: ET.Element, catalog: Mapping[str, Any], dataset: Mapping[str, Any], place: Place) -> None:
    distribution = add(root, "gmd:distributionInfo/gmd:MD_Distribution")
    form = add(distribution, "gmd:distributionFormat/gmd:MD_Format")
    add_string(form, "gmd:name", "PMTiles")
    add_string(form, "gmd:version", "3")
    options = add(distribution, "gmd:transferOptions/gmd:MD_DigitalTransferOptions")
    page = {"zh": "数据集网页", "en": "Page of the dataset"}
    _online(options, place.to(dataset["page"]), "WWW:LINK-1.0-http--link", page, "information")
    for archive, _layers in archives_of(catalog, dataset):
        _online(options, place.to(archive["file"]), "PMTiles", archive["title"], "download")
        _online(options, place.to(archive["tilejson"]), "TileJSON", archive["title"], "information")


def _online(options: ET.Element, url: str, protocol: str, name: Mapping[str, str], function: str) -> None:
    resource = add(options, "gmd:onLine/gmd:CI_OnlineResource")
    add(resource, "gmd:linkage/gmd:URL").text = url
    add_string(resource, "gmd:protocol", protocol)
    add_text(resource, "gmd:name", name)
    add_code(resource, "gmd:function", "CI_OnLineFunctionCode", function)


def _quality(root: ET.Element, dataset: Mapping[str, Any]) -> None:
    quality = add(root, "gmd:dataQualityInfo/gmd:DQ_DataQuality")
    add_code(quality, "gmd:scope/gmd:DQ_Scope/gmd:level", "MD_ScopeCode", "dataset")
    if dataset["accuracy_m"] is not None:
        accuracy = add(quality, "gmd:report/gmd:DQ_AbsoluteExternalPositionalAccuracy")
        result = add(accuracy, "gmd:result/gmd:DQ_QuantitativeResult")
        unit = add(result, "gmd:valueUnit/gml:BaseUnit")
        unit.set(tag("gml:id"), "metre")
        add(
            unit, "gml:identifier", codeSpace="http://www.opengis.net/def/uom/EPSG"
        ).text = "http://www.opengis.net/def/uom/EPSG/0/9001"
        add(unit, "gml:unitsSystem").set(tag("xlink:href"), "http://www.bipm.org/en/si/")
        add_value(result, "gmd:value", "Record", f"{dataset['accuracy_m']:g}")
    if dataset["quality"] is not None:
        check = add(quality, "gmd:report/gmd:DQ_DomainConsistency")
        result = add(check, "gmd:result/gmd:DQ_ConformanceResult")
        citation = add(result, "gmd:specification/gmd:CI_Citation")
        add_text(
            citation,
            "gmd:title",
            {"zh": "平台入库质量检查（GB/T 24356）", "en": "Quality checks at intake (GB/T 24356)"},
        )
        _date(citation, dataset["versions"][0]["accepted"], "revision")
        score = f"{dataset['quality']:g}"
        add_text(result, "gmd:explanation", {"zh": f"质量得分 {score} 分（满分 100）", "en": f"Score {score} of 100"})
        add_value(result, "gmd:pass", "Boolean", "true" if dataset["quality"] >= PASS else "false")
    lineage = add(quality, "gmd:lineage/gmd:LI_Lineage")
    words = dataset["lineage"] or {
        "zh": f"{dataset['department']['name']['zh']}提供",
        "en": f"Provided by {dataset['department']['name']['en']}",
    }
    add_text(lineage, "gmd:statement", words)


def _party(parent: ET.Element, department: Mapping[str, Any], role: str) -> None:
    party = add(parent, "gmd:CI_ResponsibleParty")
    contact = department["contact"]
    if contact["person"]:
        add_string(party, "gmd:individualName", contact["person"])
    add_text(party, "gmd:organisationName", department["name"])
    if contact["phone"] or contact["email"]:
        info = add(party, "gmd:contactInfo/gmd:CI_Contact")
        if contact["phone"]:
            add_string(info, "gmd:phone/gmd:CI_Telephone/gmd:voice", contact["phone"])
        if contact["email"]:
            add_string(info, "gmd:address/gmd:CI_Address/gmd:electronicMailAddress", contact["email"])
    add_code(party, "gmd:role", "CI_RoleCode", role)


def _described(dataset: Mapping[str, Any]) -> str:
    """The day the record is of: not that of the build, so that harvesters fetch what has changed and nothing else."""
    versions = dataset["versions"]
    return str(max(versions[0]["accepted"], dataset["currency"]) if versions else dataset["currency"])


def _date(citation: ET.Element, day: str, kind: str) -> None:
    date = add(citation, "gmd:date/gmd:CI_Date")
    add_value(date, "gmd:date", "Date", day)
    add_code(date, "gmd:dateType", "CI_DateTypeCode", kind)


def identifier_of(catalog: Mapping[str, Any], dataset: Mapping[str, Any]) -> str:
    """What names a dataset in every catalogue and edition, for ever: the city's code and the dataset's id."""
    return f"{catalog['city']['code']}.{dataset['id']}"


@functools.cache
def degrees_code(crs: str) -> int:
    """The EPSG code of the longitudes and latitudes: CGCS2000 where the city's plane system is on it, else WGS 84."""
    import pyproj

    base = pyproj.CRS(crs).geodetic_crs
    return 4490 if base is not None and base.to_epsg() == 4490 else 4326
