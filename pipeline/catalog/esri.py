"""Vector tiles as ArcGIS and QGIS ask a VectorTileServer for them: a file of that name beside its styles and tiles.

    services/esri/<archive>/VectorTileServer               what `…/VectorTileServer?f=json` answers
    services/esri/<archive>/resources/styles/root.json     areas, lines and points in their datasets' colours

Clients append `tiles` and `defaultStyles` to the service's address, as if it were a folder: hence the `../` in both.

Source: ArcGIS REST API, Vector Tile Service; Mapbox style specification, version 8, as far as ArcGIS knows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pipeline.catalog.addresses import Place
from pipeline.catalog.copies import copied
from pipeline.catalog.tile_matrix import cell_size, metres
from pipeline.catalog.words import both

FOLDER: Final = "services/esri"
SERVICE: Final = "VectorTileServer"

_REFERENCE: Final = {"wkid": 102100, "latestWkid": 3857}
_ORIGIN: Final = {"x": -20037508.342787, "y": 20037508.342787}
_DPI: Final = 96
_INCHES: Final = 39.37  # in a metre, as ArcGIS counts: those of the US survey foot
_PIXELS: Final = 512  # of a vector tile's edge, as these clients count
_STYLE: Final = "resources/styles/root.json"


def esri_files(catalog: Mapping[str, Any], base: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Path below the published folder and content of every document; none where no vector tiles were copied."""
    for archive in copied(catalog):
        if archive["type"] == "vector":
            folder = f"{FOLDER}/{archive['id']}"
            yield f"{folder}/{SERVICE}", _service(catalog, archive, folder)
            yield f"{folder}/{_STYLE}", _style(catalog, archive, Place(f"{folder}/resources/styles", base), folder)


def _service(catalog: Mapping[str, Any], archive: Mapping[str, Any], folder: str) -> dict[str, Any]:
    west, south, east, north = metres(tuple(archive["bounds"]))
    extent = {"xmin": west, "ymin": south, "xmax": east, "ymax": north, "spatialReference": _REFERENCE}
    low, high = archive["min_zoom"], archive["zxy"]["max_zoom"]
    up = "/".join([".."] * (folder.count("/") + 2))
    return {
        "currentVersion": 11.1,
        "name": both(archive["title"]),
        "copyrightText": both(catalog["attribution"]),
        "capabilities": "TilesOnly",
        "type": "indexedVector",
        "defaultStyles": "../resources/styles",
        "tiles": [f"{up}/{archive['zxy']['tiles']}"],
        "exportTilesAllowed": False,
        "initialExtent": extent,
        "fullExtent": extent,
        "minScale": _scale(low),
        "maxScale": _scale(high),
        "minzoom": low,
        "maxzoom": high,
        "tileInfo": {
            "rows": _PIXELS,
            "cols": _PIXELS,
            "dpi": _DPI,
            "format": "pbf",
            "origin": _ORIGIN,
            "spatialReference": _REFERENCE,
            "lods": [
                {"level": zoom, "resolution": cell_size(zoom, _PIXELS), "scale": _scale(zoom)}
                for zoom in range(high + 1)
            ],
        },
        "resourceInfo": {"styleVersion": 8},
    }


def _scale(zoom: int) -> float:
    return cell_size(zoom, _PIXELS) * _DPI * _INCHES


def _style(catalog: Mapping[str, Any], archive: Mapping[str, Any], place: Place, folder: str) -> dict[str, Any]:
    """Every layer in its dataset's colour, areas below lines below points, without letters: those need fonts."""
    layers = [
        (order, dataset["style"]["colour"], layer)
        for dataset in catalog["datasets"]
        for layer in dataset["layers"]
        if layer["archive"] == archive["id"] and layer["layer"] and layer["min_zoom"] <= archive["zxy"]["max_zoom"]
        for order in [("polygon", "line", "point").index(layer["geometry"])]
    ]
    return {
        "version": 8,
        "name": both(archive["title"]),
        "sources": {"esri": {"type": "vector", "url": place.to(f"{folder}/{SERVICE}")}},
        "layers": [
            {
                "id": layer["layer"],
                **_LOOK[layer["geometry"]](colour),
                "source": "esri",
                "source-layer": layer["layer"],
                "minzoom": layer["min_zoom"],
            }
            for _order, colour, layer in sorted(layers, key=lambda each: each[0])
        ],
    }


_LOOK: Final[Mapping[str, Any]] = {
    "polygon": lambda colour: {
        "type": "fill",
        "paint": {"fill-color": colour, "fill-opacity": 0.2, "fill-outline-color": colour},
    },
    "line": lambda colour: {"type": "line", "paint": {"line-color": colour, "line-width": 1.5}},
    "point": lambda colour: {
        "type": "circle",
        "paint": {
            "circle-color": colour,
            "circle-radius": 4,
            "circle-stroke-color": "#ffffff",
            "circle-stroke-width": 1,
        },
    },
}
