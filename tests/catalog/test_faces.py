"""What all faces of the catalogue have in common: nothing denied, addresses that lead somewhere, the same bytes."""

from __future__ import annotations

import copy
import json
import posixpath
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from pipeline.catalog import face_files
from tests.catalog.catalogs import SECRETS, catalog_of

BASE = "https://map.example.org/longquan"


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return catalog_of(tmp_path_factory.mktemp("public"))


def published(catalog: dict[str, Any]) -> set[str]:
    """The files of the folder that faces may lead to, beside themselves."""
    own = {"catalog.json", "data.html"} | {dataset["page"] for dataset in catalog["datasets"]}
    return own | {archive[key] for archive in catalog["archives"] for key in ("file", "tilejson")}


def addresses(path: str, data: bytes) -> Iterator[str]:
    """Every address a file of a face holds, as it is written."""
    if path.endswith((".json", ".jsonld")):
        yield from _json_addresses(json.loads(data))
    elif path.endswith(".xml"):
        for element in ET.fromstring(data).iter():
            if element.tag in ("{http://www.isotc211.org/2005/gmd}URL",):
                yield element.text or ""
    else:
        yield from re.findall(r'(?:href|src)="([^"]*)"', data.decode())


def _json_addresses(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            if name != "@context":
                yield from _json_addresses(part, name)
    elif isinstance(value, list):
        for part in value:
            yield from _json_addresses(part, key)
    elif key in ("href", "@id"):
        yield value


def test_the_files_of_all_faces(public: dict[str, Any]) -> None:
    ids = ("roads", "schools", "photo", "empty")
    days = {"roads": "2026-09-30", "schools": "2026-06-30", "photo": "2020-05-01", "empty": "2026-09-30"}
    assert {path for path, _data in face_files(public)} == {
        "services/stac/catalog.json",
        *(f"services/stac/{id}/collection.json" for id in ids),
        *(f"services/stac/{id}/{id}-{days[id]}.json" for id in ids),
        "services/dcat/catalog.jsonld",
        "services/iso/index.html",
        *(f"services/iso/{id}.xml" for id in ids),
    }


def test_no_face_tells_of_what_the_edition_does_not_show(tmp_path: Path, public: dict[str, Any]) -> None:
    told = {path: data.decode() + path for path, data in face_files(public)}
    for secret in SECRETS:
        assert [path for path, text in told.items() if secret in text] == [], secret
    government = "".join(path + data.decode() for path, data in face_files(catalog_of(tmp_path, "government")))
    for secret in ("water-supply", "供水管网", "水务局", "WIDTH", "路宽", "管网调度"):
        assert secret in government, secret


def test_relative_addresses_lead_to_files_of_the_folder(public: dict[str, Any]) -> None:
    files = dict(face_files(public))
    there = published(public) | set(files)
    seen = 0
    for path, data in files.items():
        for address in addresses(path, data):
            if urlsplit(address).scheme:
                assert not address.startswith(BASE), address
                continue
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), urlsplit(address).path))
            assert target in there, (path, address)
            seen += 1
    assert seen > 100


def test_with_a_base_every_address_is_absolute_and_leads_to_the_twins(public: dict[str, Any]) -> None:
    files = dict(face_files(public, BASE + "/"))
    there = published(public) | set(files)
    for path, data in files.items():
        if path.endswith("index.html"):
            continue  # a listing is relative wherever it lies
        for address in addresses(path, data):
            assert urlsplit(address).scheme, (path, address)
            if address.startswith(BASE):
                local = urlsplit(address).path.removeprefix("/longquan/")
                twin = local.startswith("hotlink/")
                assert twin == local.removeprefix("hotlink/").startswith(("services/", "tilejson/")), address
                assert local.removeprefix("hotlink/") in there, (path, address)


def test_the_same_catalogue_gives_the_same_bytes(public: dict[str, Any]) -> None:
    again = json.loads(json.dumps(public))
    assert dict(face_files(again)) == dict(face_files(public))


def test_another_day_of_the_build_changes_the_catalogues_own_date_only(public: dict[str, Any]) -> None:
    today, tomorrow = dict(face_files(public)), dict(face_files({**public, "as_of": "2026-11-23"}))
    assert [path for path in today if today[path] != tomorrow[path]] == ["services/dcat/catalog.jsonld"]


def test_a_sample_says_so_on_every_face(public: dict[str, Any]) -> None:
    for path, data in face_files(public):
        if not re.fullmatch(r"services/(iso/index\.html|stac/.*/.*-\d{4}-\d\d-\d\d\.json)", path):
            assert "示例数据，纯属虚构" in data.decode(), path


def test_two_hundred_datasets_take_a_second(public: dict[str, Any]) -> None:
    many = copy.copy(public)
    roads = next(dataset for dataset in public["datasets"] if dataset["id"] == "roads")
    many["datasets"] = [
        {**roads, "id": f"roads-{n}", "page": f"data/roads-{n}.html", "related": [f"roads-{n ^ 1}"]} for n in range(200)
    ]
    begun = time.process_time()
    written = sum(len(data) for _path, data in face_files(many))
    assert time.process_time() - begun < 2  # a thousand: half of the 20 s that writing a catalogue may take
    assert written > 1_000_000
