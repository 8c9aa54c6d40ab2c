"""The catalogue as STAC 1.1: a Catalog, a Collection for each dataset, and in it an Item of what is published now.

Everything is made from catalog.json, so that nothing can be in it that the edition does not show. Map links carry the
relations of the web-map-links extension, `pmtiles` and `tilejson`; fields are told by the table extension, sizes and
hashes by the file extension.

Source: STAC specification 1.1.0; extensions web-map-links 1.2.0, table 1.2.0, file 2.1.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.catalog.addresses import Place
from pipeline.catalog.licences import known_licence
from pipeline.catalog.words import abstract_of, archives_of, both, theme_of

FOLDER = "services/stac"
VERSION = "1.1.0"
PMTILES = "application/vnd.pmtiles"

_EXTENSIONS = "https://stac-extensions.github.io"
WEB_MAP_LINKS = f"{_EXTENSIONS}/web-map-links/v1.2.0/schema.json"
TABLE = f"{_EXTENSIONS}/table/v1.2.0/schema.json"
FILE = f"{_EXTENSIONS}/file/v2.1.0/schema.json"

_SHA256 = "1220"  # multihash: sha2-256, 32 bytes
_TYPES = {"string": "string", "integer": "int64", "number": "double", "boolean": "boolean", "date": "date"}


def stac_files(catalog: Mapping[str, Any], base: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Path below the published folder and content of every STAC file, the root first.

    Links are relative (a self-contained catalog of the specification's best practices); with `base`, the address of
    the published folder, they are absolute and every file has its `self` (an absolute published catalog).
    """
    collections = [_Collection(catalog, dataset, base) for dataset in catalog["datasets"]]
    yield f"{FOLDER}/catalog.json", _root(catalog, collections, base)
    for collection in collections:
        yield collection.path, collection.content()
        yield collection.item_path, collection.item()


def _root(catalog: Mapping[str, Any], collections: Sequence[_Collection], base: str) -> dict[str, Any]:
    path = f"{FOLDER}/catalog.json"
    place = Place(FOLDER, base)
    return {
        "type": "Catalog",
        "stac_version": VERSION,
        "id": f"{catalog['city']['code']}-{catalog['edition']['id']}",
        "title": both(catalog["platform"]),
        "description": _description(catalog, _edition_of(catalog)),
        "links": [
            _link("root", place.to(path), "application/json"),
            *_self(path, base, "application/json"),
            _link("describedby", place.to("data.html"), "text/html"),
            *(_link("child", place.to(c.path), "application/json", both(c.dataset["title"])) for c in collections),
        ],
    }


def _edition_of(catalog: Mapping[str, Any]) -> dict[str, str]:
    city, edition = catalog["city"]["name"], catalog["edition"]["title"]
    return {
        "zh": f"{city['zh']}地理空间数据目录（{edition['zh']}）",
        "en": f"Catalogue of the geospatial data of {city['en']} ({edition['en']})",
    }


def _description(catalog: Mapping[str, Any], text: Mapping[str, str]) -> str:
    """Both languages in paragraphs of CommonMark, and that it is a sample where it is one."""
    parts = [text["zh"], text["en"]]
    if catalog["sample"]:
        parts.append(both(catalog["notice"]))
    return "\n\n".join(dict.fromkeys(parts))


class _Collection:
    """One dataset as a Collection and its Item."""

    def __init__(self, catalog: Mapping[str, Any], dataset: Mapping[str, Any], base: str) -> None:
        self.catalog, self.dataset, self.base = catalog, dataset, base
        self.archives = archives_of(catalog, dataset)
        folder = f"{FOLDER}/{dataset['id']}"
        self.item_id = f"{dataset['id']}-{dataset['currency']}"
        self.path = f"{folder}/collection.json"
        self.item_path = f"{folder}/{self.item_id}.json"
        self.place = Place(folder, base)

    def content(self) -> dict[str, Any]:
        """The Collection: who owns it, under which licence, where and when it holds, its fields and its map links."""
        dataset, theme = self.dataset, theme_of(self.catalog, self.dataset)
        extensions = [WEB_MAP_LINKS] if self.archives else []
        table: dict[str, Any] = {}
        if dataset["fields"]:
            extensions.append(TABLE)
            table["table:columns"] = [
                {"name": f["name"], "description": both(f["title"]), "type": _TYPES[f["type"]]}
                for f in dataset["fields"]
            ]
            if dataset["features"] is not None:
                table["table:row_count"] = dataset["features"]
        return {
            "type": "Collection",
            "stac_version": VERSION,
            **({"stac_extensions": extensions} if extensions else {}),
            "id": dataset["id"],
            "title": both(dataset["title"]),
            "description": _description(self.catalog, abstract_of(dataset, theme)),
            "keywords": list(
                dict.fromkeys((theme["zh"], theme["en"], *(name for _a, ns in self.archives for name in ns)))
            ),
            "license": self._licence(),
            "providers": self._providers(),
            "extent": {
                "spatial": {"bbox": [dataset["extent"] or list(self.catalog["bounds"])]},
                "temporal": {"interval": [[_midnight(dataset["currency"]), None]]},
            },
            **table,
            "links": [
                _link("root", self.place.to(f"{FOLDER}/catalog.json"), "application/json"),
                _link("parent", self.place.to(f"{FOLDER}/catalog.json"), "application/json"),
                *_self(self.path, self.base, "application/json"),
                _link("item", self.place.to(self.item_path), "application/geo+json"),
                *self._links(),
            ],
        }

    def item(self) -> dict[str, Any]:
        """The Item: the dataset as it is published now, dated by its currency, with its archives as assets."""
        dataset = self.dataset
        extent = dataset["extent"]
        extensions = [WEB_MAP_LINKS, FILE] if self.archives else []
        return {
            "type": "Feature",
            "stac_version": VERSION,
            **({"stac_extensions": extensions} if extensions else {}),
            "id": self.item_id,
            "geometry": _box(extent) if extent else None,
            **({"bbox": extent} if extent else {}),
            "properties": {
                "title": f"{both(dataset['title'])} {dataset['currency']}",
                "datetime": _midnight(dataset["currency"]),
                "license": self._licence(),
                "providers": self._providers(),
            },
            "links": [
                _link("root", self.place.to(f"{FOLDER}/catalog.json"), "application/json"),
                _link("parent", self.place.to(self.path), "application/json"),
                _link("collection", self.place.to(self.path), "application/json"),
                *_self(self.item_path, self.base, "application/geo+json"),
                *self._links(),
            ],
            "assets": {
                archive["id"]: {
                    "href": self.place.to(archive["file"]),
                    "type": PMTILES,
                    "title": both(archive["title"]),
                    "roles": ["visual"] if archive["type"] == "raster" else ["data"],
                    "file:size": archive["bytes"],
                    "file:checksum": _SHA256 + archive["sha256"],
                }
                for archive, _layers in self.archives
            },
            "collection": dataset["id"],
        }

    def _links(self) -> list[dict[str, Any]]:
        """The page and the other descriptions, the licence, and the maps."""
        dataset = self.dataset
        licence = known_licence(dataset["licence"])
        links = [
            _link("describedby", self.place.to(dataset["page"]), "text/html", both(dataset["title"])),
            _link("describedby", self.place.to(f"services/iso/{dataset['id']}.xml"), "application/xml", "ISO 19139"),
        ]
        if licence is not None:
            links.append(_link("license", licence.address, "text/html", licence.spdx))
        else:
            links.append(_link("license", self.place.to(f"{dataset['page']}#licence"), "text/html", dataset["licence"]))
        for archive, layers in self.archives:
            title = both(archive["title"])
            link = _link("pmtiles", self.place.to(archive["file"]), PMTILES, title)
            links.append({**link, "pmtiles:layers": layers} if layers else link)
            links.append(_link("tilejson", self.place.to(archive["tilejson"]), "application/json", title))
        return links

    def _licence(self) -> str:
        """The SPDX identifier; `other` where the words are the department's own, which the licence link then gives."""
        licence = known_licence(self.dataset["licence"])
        return licence.spdx if licence else "other"

    def _providers(self) -> list[dict[str, Any]]:
        return [
            {"name": both(self.dataset["department"]["name"]), "roles": ["producer", "licensor"]},
            {"name": both(self.catalog["attribution"]), "roles": ["processor", "host"]},
        ]


def _link(rel: str, href: str, type: str, title: str | None = None) -> dict[str, Any]:
    return {"rel": rel, "href": href, "type": type, **({"title": title} if title else {})}


def _self(path: str, base: str, type: str) -> list[dict[str, Any]]:
    return [_link("self", Place("", base).to(path), type)] if base else []


def _midnight(day: str) -> str:
    return f"{day}T00:00:00Z"


def _box(extent: Sequence[float]) -> dict[str, Any]:
    """The extent as a polygon, counter-clockwise (RFC 7946, section 3.1.6)."""
    west, south, east, north = extent
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }
