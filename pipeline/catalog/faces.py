"""Every standard's face of the catalogue, from catalog.json alone.

STAC, DCAT-AP and ISO 19139 describe the data; OGC API – Tiles, WMTS, ArcGIS and QGIS lead to tiles that were copied.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.catalog.dcat import PATH as DCAT
from pipeline.catalog.dcat import dcat_catalog
from pipeline.catalog.esri import esri_files
from pipeline.catalog.iso19115 import iso_files
from pipeline.catalog.ogc_tiles import ogc_files
from pipeline.catalog.qgis import qgis_files
from pipeline.catalog.stac import stac_files
from pipeline.catalog.wmts import PATH as WMTS
from pipeline.catalog.wmts import wmts_capabilities


def face_files(catalog: Mapping[str, Any], base: str = "") -> Iterator[tuple[str, bytes]]:
    """Path below the published folder and bytes of every file of `services/` but the tiles themselves.

    `catalog` is the content of catalog.json; nothing else is looked at, so the faces cannot tell more than it does.
    Without `base`, the absolute address of the published folder, all addresses are relative.
    """
    base = base.rstrip("/")
    for path, content in stac_files(catalog, base):
        yield path, _json(content)
    yield DCAT, _json(dcat_catalog(catalog, base))
    yield from iso_files(catalog, base)
    for path, document in (*ogc_files(catalog, base), *esri_files(catalog, base)):
        yield path, _json(document)
    if (capabilities := wmts_capabilities(catalog, base)) is not None:
        yield WMTS, capabilities
    yield from qgis_files(catalog, base)


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
