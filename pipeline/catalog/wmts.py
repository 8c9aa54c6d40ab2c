"""WMTS capabilities for pictures that were copied tile by tile, RESTful only, since nothing answers queries.

Without a base the template of the tiles is relative to the document, which few clients follow: the twin below
hotlink/ is the one to give them.

Source: OpenGIS Web Map Tile Service 1.0.0 (07-057r7), clause 10 and annex E.4 (GoogleMapsCompatible).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from xml.etree import ElementTree as ET

from pipeline.catalog.addresses import Place
from pipeline.catalog.copies import MEDIA, copied, is_picture, tile_size_of
from pipeline.catalog.tile_matrix import HALF, limits, matrix_set_id, scale_denominator
from pipeline.catalog.words import both

FOLDER: Final = "services/wmts"
PATH: Final = f"{FOLDER}/WMTSCapabilities.xml"

_WMTS: Final = "http://www.opengis.net/wmts/1.0"
_OWS: Final = "http://www.opengis.net/ows/1.1"
_XLINK: Final = "http://www.w3.org/1999/xlink"
_CRS: Final = "urn:ogc:def:crs:EPSG::3857"
_GOOGLE: Final = "urn:ogc:def:wkss:OGC:1.0:GoogleMapsCompatible"


def wmts_capabilities(catalog: Mapping[str, Any], base: str = "") -> bytes | None:
    """The document; None where no pictures were copied."""
    archives = [archive for archive in copied(catalog) if is_picture(archive)]
    if not archives:
        return None
    place = Place(FOLDER, base)
    for prefix, uri in (("", _WMTS), ("ows", _OWS), ("xlink", _XLINK)):
        ET.register_namespace(prefix, uri)
    root = ET.Element(f"{{{_WMTS}}}Capabilities", version="1.0.0")
    service = ET.SubElement(root, f"{{{_OWS}}}ServiceIdentification")
    _text(service, _OWS, "Title", both(catalog["platform"]))
    _text(service, _OWS, "Abstract", both(catalog["attribution"]))
    _text(service, _OWS, "ServiceType", "OGC WMTS")
    _text(service, _OWS, "ServiceTypeVersion", "1.0.0")
    contents = ET.SubElement(root, f"{{{_WMTS}}}Contents")
    for archive in archives:
        _layer(contents, archive, place)
    last = dict.fromkeys(sorted({tile_size_of(archive) for archive in archives}), 0)
    for archive in archives:
        last[tile_size_of(archive)] = max(last[tile_size_of(archive)], archive["zxy"]["max_zoom"])
    for size, zoom in last.items():
        _matrix_set(contents, size, zoom)
    ET.SubElement(root, f"{{{_WMTS}}}ServiceMetadataURL", {f"{{{_XLINK}}}href": place.to(PATH)})
    ET.indent(root)
    data: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return data + b"\n"


def _layer(parent: ET.Element, archive: Mapping[str, Any], place: Place) -> None:
    layer = ET.SubElement(parent, f"{{{_WMTS}}}Layer")
    _text(layer, _OWS, "Title", both(archive["title"]))
    west, south, east, north = archive["bounds"]
    box = ET.SubElement(layer, f"{{{_OWS}}}WGS84BoundingBox")
    _text(box, _OWS, "LowerCorner", f"{west} {south}")
    _text(box, _OWS, "UpperCorner", f"{east} {north}")
    _text(layer, _OWS, "Identifier", archive["id"])
    style = ET.SubElement(layer, f"{{{_WMTS}}}Style", isDefault="true")
    _text(style, _OWS, "Identifier", "default")
    media = MEDIA[archive["zxy"]["format"]]
    _text(layer, _WMTS, "Format", media)
    link = ET.SubElement(layer, f"{{{_WMTS}}}TileMatrixSetLink")
    _text(link, _WMTS, "TileMatrixSet", matrix_set_id(tile_size_of(archive)))
    within = ET.SubElement(link, f"{{{_WMTS}}}TileMatrixSetLimits")
    for each in limits(archive):
        matrix = ET.SubElement(within, f"{{{_WMTS}}}TileMatrixLimits")
        _text(matrix, _WMTS, "TileMatrix", str(each.zoom))
        _text(matrix, _WMTS, "MinTileRow", str(each.min_row))
        _text(matrix, _WMTS, "MaxTileRow", str(each.max_row))
        _text(matrix, _WMTS, "MinTileCol", str(each.min_column))
        _text(matrix, _WMTS, "MaxTileCol", str(each.max_column))
    tiles = archive["zxy"]["tiles"].format(z="{TileMatrix}", x="{TileCol}", y="{TileRow}")
    ET.SubElement(layer, f"{{{_WMTS}}}ResourceURL", format=media, resourceType="tile", template=place.to(tiles))


def _matrix_set(parent: ET.Element, size: int, last: int) -> None:
    element = ET.SubElement(parent, f"{{{_WMTS}}}TileMatrixSet")
    _text(element, _OWS, "Identifier", matrix_set_id(size))
    _text(element, _OWS, "SupportedCRS", _CRS)
    if matrix_set_id(size) == "WebMercatorQuad":
        _text(element, _WMTS, "WellKnownScaleSet", _GOOGLE)
    for zoom in range(last + 1):
        matrix = ET.SubElement(element, f"{{{_WMTS}}}TileMatrix")
        _text(matrix, _OWS, "Identifier", str(zoom))
        _text(matrix, _WMTS, "ScaleDenominator", repr(scale_denominator(zoom, size)))
        _text(matrix, _WMTS, "TopLeftCorner", f"{-HALF} {HALF}")
        _text(matrix, _WMTS, "TileWidth", str(size))
        _text(matrix, _WMTS, "TileHeight", str(size))
        _text(matrix, _WMTS, "MatrixWidth", str(1 << zoom))
        _text(matrix, _WMTS, "MatrixHeight", str(1 << zoom))


def _text(parent: ET.Element, namespace: str, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{namespace}}}{name}").text = text
