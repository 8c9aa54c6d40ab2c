"""DCAT-AP: read by an RDF library as any other would, held against shapes, and asked for what it says.

The official shapes of DCAT-AP 3.0.1 are in no package; dcat-ap.ttl says what they ask of the classes written here.
Where LONGQUAN_STANDARDS names a folder that has them (dcat-ap.ttl, shapes.ttl, range.ttl), they decide as well.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pyshacl
import pytest
import rdflib
from rdflib.namespace import DCTERMS, FOAF, RDF, Namespace
from shapely import from_wkt

from pipeline.catalog.dcat import PATH, dcat_catalog
from tests.catalog.catalogs import catalog_of

DCAT = Namespace("http://www.w3.org/ns/dcat#")
SHAPES = Path(__file__).parent / "dcat-ap.ttl"
STANDARDS = Path(os.environ.get("LONGQUAN_STANDARDS") or "-")
BASE = "https://map.example.org/longquan/"
AUTHORITY = "http://publications.europa.eu/resource/authority"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return catalog_of(tmp_path_factory.mktemp("dcat"))


def graph_of(document: dict[str, Any], at: str = BASE + PATH) -> rdflib.Graph:
    return rdflib.Graph().parse(data=json.dumps(document), format="json-ld", publicID=at)


def faults(graph: rdflib.Graph, shapes: Path) -> str:
    conforms, _report, text = pyshacl.validate(graph, shacl_graph=rdflib.Graph().parse(shapes), inference="none")
    return "" if conforms else str(text)


def dataset(id: str) -> rdflib.URIRef:
    return rdflib.URIRef(f"{BASE}data/{id}.html#dataset")


def test_it_has_what_dcat_ap_asks(catalog: dict[str, Any]) -> None:
    assert faults(graph_of(dcat_catalog(catalog)), SHAPES) == ""


@pytest.mark.parametrize(
    "gone",
    [
        "dct:title",
        "dct:description",
        "dct:publisher",
        "dcat:contactPoint",
        "dcat:accessURL",
        "dct:license",
        "foaf:name",
        "vcard:fn",
        "dcat:bbox",
        "spdx:checksumValue",
    ],
)
def test_the_shapes_do_find_faults(catalog: dict[str, Any], gone: str) -> None:
    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without(part) for key, part in value.items() if key != gone}
        return [without(part) for part in value] if isinstance(value, list) else value

    assert gone.partition(":")[2] in faults(graph_of(without(dcat_catalog(catalog))), SHAPES)


@pytest.mark.parametrize("name", ["dcat-ap.ttl", "shapes.ttl", "range.ttl"])
def test_it_passes_the_official_shapes(catalog: dict[str, Any], name: str) -> None:
    if not (STANDARDS / name).is_file():
        pytest.skip("LONGQUAN_STANDARDS names no folder with the shapes of DCAT-AP")
    assert faults(graph_of(dcat_catalog(catalog)), STANDARDS / name) == ""


def test_what_it_says_of_the_roads(catalog: dict[str, Any]) -> None:
    graph, roads = graph_of(dcat_catalog(catalog)), dataset("roads")
    assert set(graph.objects(roads, DCTERMS.title)) == {
        rdflib.Literal("道路", lang="zh"),
        rdflib.Literal("Roads", lang="en"),
    }
    assert graph.value(roads, DCTERMS.accrualPeriodicity) == rdflib.URIRef(f"{AUTHORITY}/frequency/QUARTERLY")
    assert graph.value(roads, DCTERMS.accessRights) == rdflib.URIRef(f"{AUTHORITY}/access-right/PUBLIC")
    assert str(graph.value(roads, DCTERMS.modified)) == "2026-09-30"
    assert str(graph.value(roads, DCAT.version)) == "2026-Q3.1"
    assert str(graph.value(roads, DCAT.spatialResolutionInMeters)) == "50"
    assert graph.value(roads, DCTERMS.relation) == dataset("schools")
    place = graph.value(roads, DCTERMS.spatial)
    assert from_wkt(str(graph.value(place, DCAT.bbox))).bounds == (118.8, 27.8, 119.3, 28.2)
    archive = graph.value(roads, DCAT.distribution)
    assert graph.value(archive, DCAT.downloadURL) == rdflib.URIRef(BASE + "tiles/framework-0123456789ab.pmtiles")
    assert graph.value(archive, DCTERMS.license) == rdflib.URIRef(f"{AUTHORITY}/licence/CC_BY_4_0")
    publisher = graph.value(roads, DCTERMS.publisher)
    assert rdflib.Literal("自然资源和规划局", lang="zh") in set(graph.objects(publisher, FOAF.name))


def test_the_datasets_are_those_of_the_catalogue(catalog: dict[str, Any]) -> None:
    graph = graph_of(dcat_catalog(catalog))
    root = rdflib.URIRef(f"{BASE}{PATH}#catalog")
    expected = {dataset(entry["id"]) for entry in catalog["datasets"]}
    assert set(graph.objects(root, DCAT.dataset)) == expected == set(graph.subjects(RDF.type, DCAT.Dataset))
    assert graph.value(dataset("empty"), DCAT.distribution) is None
    assert graph.value(dataset("empty"), DCTERMS.spatial) is None


def test_a_licence_of_ones_own_is_a_document_with_its_words(catalog: dict[str, Any]) -> None:
    graph = graph_of(dcat_catalog(catalog))
    archive = graph.value(dataset("schools"), DCAT.distribution)
    licence = graph.value(archive, DCTERMS.license)
    assert licence == rdflib.URIRef(f"{BASE}data/schools.html#licence")
    assert str(graph.value(licence, rdflib.RDFS.label)) == "本市政务数据开放协议 <2026>"


def test_where_it_lies_decides_what_relative_names_mean_and_a_base_fixes_them(catalog: dict[str, Any]) -> None:
    fixed = graph_of(dcat_catalog(catalog, BASE.rstrip("/")), "https://elsewhere.example.org/copy.jsonld")
    assert dataset("roads") in set(fixed.subjects(RDF.type, DCAT.Dataset))
    moved = graph_of(dcat_catalog(catalog), f"https://office.example.org/map/{PATH}")
    assert rdflib.URIRef("https://office.example.org/map/data/roads.html#dataset") in set(moved.subjects())
