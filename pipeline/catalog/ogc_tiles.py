"""OGC API – Tiles as plain files: every address stands in a link, so that no server has to know how paths are made.

Source: OGC API – Tiles – Part 1: Core (20-057), OGC API – Common – Part 2 (20-024) for collections.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pipeline.catalog.addresses import Place
from pipeline.catalog.copies import MEDIA, copied, tile_size_of
from pipeline.catalog.tile_matrix import CRS, URI, limits, matrix_set, matrix_set_id
from pipeline.catalog.words import both

FOLDER: Final = "services/ogc"

_REL: Final = "http://www.opengis.net/def/rel/ogc/1.0"
_SPEC: Final = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf"
_CONFORMS: Final = ("core", "tileset", "tilesets-list", "geodata-tilesets")
_FORMATS: Final = {"mvt": "mvt", "png": "png", "jpg": "jpeg"}  # the classes of encodings; WebP has none
_CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_GEOMETRY: Final = {"point": 0, "line": 1, "polygon": 2}


def ogc_files(catalog: Mapping[str, Any], base: str = "") -> Iterator[tuple[str, Any]]:
    """Path below the published folder and content of every document; none where no tiles were copied."""
    archives = copied(catalog)
    if not archives:
        return
    place = Place(FOLDER, base)
    title = both(catalog["platform"])
    yield (
        f"{FOLDER}/index.json",
        {
            "title": title,
            "description": both(catalog["edition"]["title"]),
            "attribution": both(catalog["attribution"]),
            "links": [
                _link("self", place.to(f"{FOLDER}/index.json")),
                _link("conformance", place.to(f"{FOLDER}/conformance.json")),
                _link("data", place.to(f"{FOLDER}/collections.json")),
                _link(f"{_REL}/tiling-schemes", place.to(f"{FOLDER}/tileMatrixSets.json")),
                _link("alternate", place.to("index.html"), "text/html"),
            ],
        },
    )
    formats = sorted({_FORMATS[form] for archive in archives if (form := archive["zxy"]["format"]) in _FORMATS})
    yield f"{FOLDER}/conformance.json", {"conformsTo": [f"{_SPEC}/{name}" for name in (*_CONFORMS, *formats)]}
    yield (
        f"{FOLDER}/collections.json",
        {
            "links": [_link("self", place.to(f"{FOLDER}/collections.json"))],
            "collections": [_collection(archive, Place(FOLDER, base)) for archive in archives],
        },
    )
    for archive in archives:
        yield from _archive_files(catalog, archive, base)
    yield from _matrix_sets(archives, base)


def _archive_files(catalog: Mapping[str, Any], archive: Mapping[str, Any], base: str) -> Iterator[tuple[str, Any]]:
    id = archive["id"]
    own, sets = f"{FOLDER}/collections/{id}.json", f"{FOLDER}/collections/{id}/tiles.json"
    yield own, _collection(archive, Place(f"{FOLDER}/collections", base))
    name = matrix_set_id(tile_size_of(archive))
    tileset = f"{FOLDER}/collections/{id}/tiles/{name}.json"
    near = Place(f"{FOLDER}/collections/{id}", base)
    yield (
        sets,
        {
            "links": [_link("self", near.to(sets))],
            "tilesets": [{**_about(archive), "links": [_link("self", near.to(tileset))]}],
        },
    )
    place = Place(f"{FOLDER}/collections/{id}/tiles", base)
    tiles = archive["zxy"]["tiles"].format(z="{tileMatrix}", x="{tileCol}", y="{tileRow}")
    west, south, east, north = archive["bounds"]
    yield (
        tileset,
        {
            **_about(archive),
            "attribution": both(catalog["attribution"]),
            "links": [
                _link("self", place.to(tileset)),
                _link(f"{_REL}/tiling-scheme", place.to(f"{FOLDER}/tileMatrixSets/{name}.json")),
                _link("describedby", place.to(archive["tilejson"])),
                {**_link("item", place.to(tiles), MEDIA[archive["zxy"]["format"]]), "templated": True},
            ],
            "tileMatrixSetLimits": [
                {
                    "tileMatrix": str(each.zoom),
                    "minTileRow": each.min_row,
                    "maxTileRow": each.max_row,
                    "minTileCol": each.min_column,
                    "maxTileCol": each.max_column,
                }
                for each in limits(archive)
            ],
            "boundingBox": {"lowerLeft": [west, south], "upperRight": [east, north], "crs": _CRS84},
            **({"layers": list(_layers(catalog, archive))} if archive["type"] == "vector" else {}),
        },
    )


def _about(archive: Mapping[str, Any]) -> dict[str, Any]:
    size = tile_size_of(archive)
    return {
        "title": both(archive["title"]),
        "dataType": "vector" if archive["type"] == "vector" else "map",
        "crs": CRS,
        "tileMatrixSetId": matrix_set_id(size),
        **({"tileMatrixSetURI": URI} if matrix_set_id(size) == "WebMercatorQuad" else {}),
    }


def _collection(archive: Mapping[str, Any], place: Place) -> dict[str, Any]:
    id = archive["id"]
    kind = "vector" if archive["type"] == "vector" else "map"
    return {
        "id": id,
        "title": both(archive["title"]),
        "extent": {"spatial": {"bbox": [archive["bounds"]], "crs": _CRS84}},
        "links": [
            _link("self", place.to(f"{FOLDER}/collections/{id}.json")),
            _link(f"{_REL}/tilesets-{kind}", place.to(f"{FOLDER}/collections/{id}/tiles.json")),
        ],
    }


def _layers(catalog: Mapping[str, Any], archive: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The vector layers that the catalogue names of an archive."""
    last = archive["zxy"]["max_zoom"]
    for dataset in catalog["datasets"]:
        for layer in dataset["layers"]:
            if layer["archive"] == archive["id"] and layer["layer"] and layer["min_zoom"] <= last:
                yield {
                    "id": layer["layer"],
                    "title": both(dataset["title"]),
                    "dataType": "vector",
                    "geometryDimension": _GEOMETRY[layer["geometry"]],
                    "minTileMatrix": str(layer["min_zoom"]),
                    "maxTileMatrix": str(min(layer["max_zoom"], last)),
                }


def _matrix_sets(archives: Sequence[Mapping[str, Any]], base: str) -> Iterator[tuple[str, Any]]:
    sizes = sorted({tile_size_of(archive) for archive in archives})
    last = max(archive["zxy"]["max_zoom"] for archive in archives)
    made = [matrix_set(size, last) for size in sizes]
    place = Place(FOLDER, base)
    yield (
        f"{FOLDER}/tileMatrixSets.json",
        {
            "tileMatrixSets": [
                {
                    "id": each["id"],
                    "title": each["title"],
                    **({"uri": each["uri"]} if "uri" in each else {}),
                    "links": [_link("self", place.to(f"{FOLDER}/tileMatrixSets/{each['id']}.json"))],
                }
                for each in made
            ]
        },
    )
    for each in made:
        yield f"{FOLDER}/tileMatrixSets/{each['id']}.json", each


def _link(rel: str, href: str, kind: str = "application/json") -> dict[str, Any]:
    return {"rel": rel, "type": kind, "href": href}
