"""Connections that QGIS loads from a file: vector tiles with a style, pictures as XYZ tiles.

They hold absolute addresses, so only their twins below hotlink/ are of use; these here name the same files relatively.

Source: QGIS, `qgsmanageconnectionsdialog.cpp` (elements `vectortile` and `xyztiles`), QGIS 3.22 and newer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.etree import ElementTree as ET

from pipeline.catalog.addresses import Place
from pipeline.catalog.copies import copied, is_picture, tile_size_of
from pipeline.catalog.words import both

FOLDER: Final = "services/qgis"
VECTOR: Final = f"{FOLDER}/vector-tiles.xml"
PICTURES: Final = f"{FOLDER}/xyz-tiles.xml"

_NOBODY: Final = {"authcfg": "", "username": "", "password": ""}
_SHARP: Final = 512  # pixels: tiles for screens of twice the density


def qgis_files(catalog: Mapping[str, Any], base: str = "") -> Iterator[tuple[str, bytes]]:
    """Path below the published folder and bytes of every file; none for what was not copied."""
    place = Place(FOLDER, base)
    archives = copied(catalog)
    vector = [archive for archive in archives if archive["type"] == "vector"]
    pictures = [archive for archive in archives if is_picture(archive)]
    if vector:
        styles = {
            archive["id"]: place.to(f"services/esri/{archive['id']}/resources/styles/root.json") for archive in vector
        }
        made = [
            {**_common(catalog, archive, place), "serviceType": "generic", "styleUrl": styles[archive["id"]]}
            for archive in vector
        ]
        yield VECTOR, _file("qgsVectorTileConnections", "vectortile", made)
    if pictures:
        made = [
            {
                **_common(catalog, archive, place),
                "referer": "",
                "tilePixelRatio": "2" if tile_size_of(archive) >= _SHARP else "1",
            }
            for archive in pictures
        ]
        yield PICTURES, _file("qgsXYZTilesConnections", "xyztiles", made)


def _common(catalog: Mapping[str, Any], archive: Mapping[str, Any], place: Place) -> dict[str, str]:
    return {
        "name": f"{catalog['platform']['zh']} {both(archive['title'])}",
        "url": place.to(archive["zxy"]["tiles"]),
        "zmin": str(archive["min_zoom"]),
        "zmax": str(archive["zxy"]["max_zoom"]),
        **_NOBODY,
    }


def _file(root: str, name: str, connections: list[dict[str, str]]) -> bytes:
    element = ET.Element(root, version="1.0")
    for connection in connections:
        ET.SubElement(element, name, connection)
    ET.indent(element)
    text: str = ET.tostring(element, encoding="unicode")
    return f"<!DOCTYPE connections>\n{text}\n".encode()
