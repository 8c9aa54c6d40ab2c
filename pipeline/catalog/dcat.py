"""The catalogue as DCAT-AP, one JSON-LD document with its context inside, so that nothing must be fetched to read it.

IRIs are relative to the document, as JSON-LD resolves them, unless the address of the published folder is known.

Source: DCAT 3 (W3C Recommendation 2024), DCAT-AP 3.0.1, GeoDCAT-AP 3 for resolution; vocabularies of the EU
Publications Office for frequency, access right, language and file type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.catalog.addresses import Place
from pipeline.catalog.iso19115 import identifier_of
from pipeline.catalog.licences import known_licence
from pipeline.catalog.words import abstract_of, archives_of, both, theme_of

FOLDER = "services/dcat"
PATH = f"{FOLDER}/catalog.jsonld"

_EU = "http://publications.europa.eu/resource/authority"
_MEDIA = "http://www.iana.org/assignments/media-types"
CONTEXT: Mapping[str, Any] = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "locn": "http://www.w3.org/ns/locn#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_FREQUENCY = {
    "daily": "DAILY",
    "weekly": "WEEKLY",
    "monthly": "MONTHLY",
    "quarterly": "QUARTERLY",
    "half-yearly": "ANNUAL_2",
    "yearly": "ANNUAL",
    "irregular": "IRREG",
}
_ACCESS = {"unconditional": "PUBLIC", "conditional": "RESTRICTED", "none": "NON_PUBLIC"}
_LANGUAGES = ("ZHO", "ENG")


def dcat_catalog(catalog: Mapping[str, Any], base: str = "") -> dict[str, Any]:
    """The JSON-LD document at `services/dcat/catalog.jsonld`; with `base` its addresses are absolute."""
    place = Place(FOLDER, base)
    city = catalog["city"]["name"]
    return {
        "@context": CONTEXT,
        "@graph": [
            {
                "@id": place.to(f"{PATH}#catalog"),
                "@type": "dcat:Catalog",
                "dct:identifier": f"{catalog['city']['code']}.{catalog['edition']['id']}",
                "dct:title": _texts(catalog["platform"]),
                "dct:description": _texts(
                    {
                        "zh": f"{city['zh']}地理空间数据目录（{catalog['edition']['title']['zh']}）",
                        "en": f"Catalogue of the geospatial data of {city['en']} ({catalog['edition']['title']['en']})",
                    },
                    *([catalog["notice"]] if catalog["sample"] else []),
                ),
                "dct:publisher": {
                    "@id": place.to(f"{PATH}#publisher"),
                    "@type": "foaf:Agent",
                    "foaf:name": _texts(catalog["attribution"]),
                },
                "dct:modified": _day(catalog["as_of"]),
                "dct:language": [_language(code) for code in _LANGUAGES],
                "dct:spatial": _location(catalog["bounds"]),
                "foaf:homepage": {"@id": place.to("data.html"), "@type": "foaf:Document"},
                "dcat:themeTaxonomy": {
                    "@id": place.to(f"{PATH}#themes"),
                    "@type": "skos:ConceptScheme",
                    "dct:title": _texts({"zh": "专题", "en": "Themes"}),
                },
                "dcat:dataset": [{"@id": _iri(place, dataset)} for dataset in catalog["datasets"]],
            },
            *(_theme(place, theme) for theme in catalog["themes"]),
            *(node for department in _departments(catalog) for node in _department(place, department)),
            *(_dataset(place, catalog, dataset) for dataset in catalog["datasets"]),
        ],
    }


def _iri(place: Place, dataset: Mapping[str, Any]) -> str:
    """What names a dataset: its page, which tells of it, and a fragment, which is it."""
    return place.to(f"{dataset['page']}#dataset")


def _dataset(place: Place, catalog: Mapping[str, Any], dataset: Mapping[str, Any]) -> dict[str, Any]:
    theme = theme_of(catalog, dataset)
    iri = _iri(place, dataset)
    node: dict[str, Any] = {
        "@id": iri,
        "@type": "dcat:Dataset",
        "dct:identifier": identifier_of(catalog, dataset),
        "dct:title": _texts(dataset["title"]),
        "dct:description": _texts(abstract_of(dataset, theme), *([catalog["notice"]] if catalog["sample"] else [])),
        "dct:publisher": {"@id": place.to(f"{PATH}#department-{dataset['department']['id']}")},
        "dcat:contactPoint": {"@id": place.to(f"{PATH}#contact-{dataset['department']['id']}")},
        "dcat:theme": {"@id": place.to(f"{PATH}#theme-{dataset['theme']}")},
        "dcat:keyword": _texts(theme),
        "dct:language": [_language(code) for code in _LANGUAGES],
        "dct:accrualPeriodicity": {
            "@id": f"{_EU}/frequency/{_FREQUENCY[dataset['cycle']]}",
            "@type": "dct:Frequency",
        },
        "dct:accessRights": {
            "@id": f"{_EU}/access-right/{_ACCESS[dataset['share']]}",
            "@type": "dct:RightsStatement",
        },
        "dct:modified": _day(dataset["currency"]),
        "dct:temporal": {"@type": "dct:PeriodOfTime", "dcat:endDate": _day(dataset["currency"])},
        "dcat:landingPage": {"@id": place.to(dataset["page"]), "@type": "foaf:Document"},
        "foaf:page": {"@id": place.to(f"services/iso/{dataset['id']}.xml"), "@type": "foaf:Document"},
        "dcat:distribution": [
            _distribution(place, iri, dataset, archive) for archive, _layers in archives_of(catalog, dataset)
        ],
    }
    if dataset["extent"]:
        node["dct:spatial"] = _location(dataset["extent"])
    if dataset["lineage"]:
        node["dct:provenance"] = {"@type": "dct:ProvenanceStatement", "rdfs:label": _texts(dataset["lineage"])}
    if dataset["accuracy_m"] is not None:
        node["dcat:spatialResolutionInMeters"] = {"@type": "xsd:decimal", "@value": _decimal(dataset["accuracy_m"])}
    if dataset["related"]:
        pages = {other["id"]: other for other in catalog["datasets"]}
        node["dct:relation"] = [{"@id": _iri(place, pages[id])} for id in dataset["related"]]
    if dataset["versions"]:
        node["dcat:version"] = dataset["versions"][0]["version"]
    return {key: value for key, value in node.items() if value != []}


def _distribution(place: Place, iri: str, dataset: Mapping[str, Any], archive: Mapping[str, Any]) -> dict[str, Any]:
    file = {"@id": place.to(archive["file"]), "@type": "rdfs:Resource"}
    return {
        "@id": f"{iri.removesuffix('#dataset')}#archive-{archive['id']}",
        "@type": "dcat:Distribution",
        "dct:title": _texts(archive["title"]),
        "dct:description": _texts({"zh": "PMTiles 瓦片包", "en": "PMTiles archive"}),
        "dcat:accessURL": {"@id": place.to(archive["tilejson"]), "@type": "rdfs:Resource"},
        "dcat:downloadURL": file,
        "dcat:mediaType": {"@id": f"{_MEDIA}/application/vnd.pmtiles", "@type": "dct:MediaType"},
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(archive["bytes"])},
        "dct:license": _licence(place, dataset),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {
                "@id": "http://spdx.org/rdf/terms#checksumAlgorithm_sha256",
                "@type": "spdx:ChecksumAlgorithm",
            },
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": archive["sha256"]},
        },
    }


def _licence(place: Place, dataset: Mapping[str, Any]) -> dict[str, Any]:
    known = known_licence(dataset["licence"])
    if known is not None:
        return {"@id": known.authority or known.address, "@type": "dct:LicenseDocument"}
    page = place.to(f"{dataset['page']}#licence")
    return {"@id": page, "@type": "dct:LicenseDocument", "rdfs:label": dataset["licence"]}


def _departments(catalog: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The owners of what is shown, each once."""
    return list({dataset["department"]["id"]: dataset["department"] for dataset in catalog["datasets"]}.values())


def _department(place: Place, department: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The owner and whom to ask there; described once, however many datasets it owns."""
    contact, name = department["contact"], both(department["name"])
    yield {
        "@id": place.to(f"{PATH}#department-{department['id']}"),
        "@type": "foaf:Agent",
        "foaf:name": _texts(department["name"]),
    }
    yield {
        "@id": place.to(f"{PATH}#contact-{department['id']}"),
        "@type": ["vcard:Kind", "vcard:Organization"],
        "vcard:fn": contact["person"] or name,
        "vcard:organization-name": name,
        **({"vcard:hasTelephone": {"@id": f"tel:{_digits(contact['phone'])}"}} if contact["phone"] else {}),
        **({"vcard:hasEmail": {"@id": f"mailto:{contact['email']}"}} if contact["email"] else {}),
    }


def _digits(phone: str) -> str:
    """A telephone number as RFC 3966 writes it: without blanks."""
    return "".join(phone.split())


def _theme(place: Place, theme: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@id": place.to(f"{PATH}#theme-{theme['id']}"),
        "@type": "skos:Concept",
        "skos:prefLabel": _texts(theme["title"]),
        "skos:inScheme": {"@id": place.to(f"{PATH}#themes")},
    }


def _texts(*texts: Mapping[str, str]) -> list[dict[str, str]]:
    """Both languages as language-tagged strings; several texts one after the other in each language."""
    return [
        {"@language": language, "@value": " ".join(text[language] for text in texts if text[language])}
        for language in ("zh", "en")
    ]


def _day(day: str) -> dict[str, str]:
    return {"@type": "xsd:date", "@value": day}


def _decimal(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _language(code: str) -> dict[str, str]:
    return {"@id": f"{_EU}/language/{code}", "@type": "dct:LinguisticSystem"}


def _location(extent: Sequence[float]) -> dict[str, Any]:
    """A box as WKT; without a CRS it is longitude, latitude (GeoSPARQL 1.1, section 8.5.1)."""
    west, south, east, north = extent
    ring = ", ".join(f"{x} {y}" for x, y in ((west, south), (east, south), (east, north), (west, north), (west, south)))
    return {"@type": "dct:Location", "dcat:bbox": {"@type": "geo:wktLiteral", "@value": f"POLYGON(({ring}))"}}
