"""developers.html: how other systems use the platform, with this site's own addresses in code that is run in tests.

The code stands in `templates/snippets/`, with names between @ where an address belongs. A release does not know where
it will be published, so a script of a few lines writes the address of the page itself into the code; readers without
scripts find dots in its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from pipeline.catalog.copies import copied, is_picture, tile_size_of
from pipeline.catalog.esri import FOLDER as ESRI
from pipeline.catalog.esri import SERVICE
from pipeline.catalog.ogc_tiles import FOLDER as OGC
from pipeline.catalog.qgis import PICTURES, VECTOR
from pipeline.catalog.wmts import PATH as WMTS
from pipeline.portal.files import content_hash
from pipeline.portal.pages import TEMPLATES, Frame

PAGE = "developers.html"
SCRIPT = "site.js"
_SITE = Markup('<span class="site" data-site>{}</span>')
_UNKNOWN = "https://…/"  # until the script knows


class Snippet(NamedTuple):
    """A piece of code with its addresses."""

    id: str
    language: str
    code: Markup


def developer_page(frame: Frame) -> Iterator[tuple[str, bytes]]:
    """Path below the published folder and content of the page and of its script."""
    data = (TEMPLATES / SCRIPT).read_bytes()
    script = f"assets/site-{content_hash(data)}.js"
    yield script, data
    yield PAGE, frame.render("developers.html", PAGE, script=script, **_content(frame.catalog))


def _content(catalog: Mapping[str, Any]) -> dict[str, Any]:
    vector = next((archive for archive in catalog["archives"] if archive["type"] == "vector"), None)
    pixels = next((archive for archive in catalog["archives"] if archive["product"] == "imagery"), None)
    words = {
        "STYLE": catalog["styles"][0]["href"],
        "LNG": catalog["center"][0],
        "LAT": catalog["center"][1],
        "ZOOM": round(catalog["center"][2]),
        "NAME": catalog["platform"]["zh"],
    }
    files = ["sdk.js", "embed.html"]
    if vector is not None:
        layer = next(
            (at["layer"] for d in catalog["datasets"] for at in d["layers"] if at["archive"] == vector["id"]), ""
        )
        words |= {"TILEJSON": vector["tilejson"], "ARCHIVE": vector["file"], "LAYER": layer}
        words["FILE"] = vector["file"].rpartition("/")[2]
        files += ["maplibre.js", "openlayers.js", "leaflet.js"]
        files += ["qgis.txt", "export.sh"]
    if pixels is not None:
        words["PIXELS"] = pixels["tilejson"]
        files.append("leaflet-raster.js")
    services = _services(catalog)
    for archive in services["archives"] if services else ():
        if archive["type"] == "vector" and "arcgis.js" not in files:
            words["ESRI"] = f"{ESRI}/{archive['id']}/{SERVICE}"
            files.append("arcgis.js")
        if is_picture(archive) and (archive["product"] == "imagery" or "cesium.js" not in files):
            words |= {
                "TILES": archive["zxy"]["tiles"],
                "SIZE": tile_size_of(archive),
                "LOW": archive["min_zoom"],
                "HIGH": archive["zxy"]["max_zoom"],
                "BOUNDS": ", ".join(str(value) for value in archive["bounds"]),
                "CREDIT": json.dumps(catalog["attribution"]["zh"], ensure_ascii=False),
            }
            files.append("cesium.js")
    snippets = [_snippet(name, words) for name in dict.fromkeys(files)]
    made = {snippet.id: snippet for snippet in snippets}
    return {"snippets": made, "vector": vector, "pixels": pixels, "services": services}


def _services(catalog: Mapping[str, Any]) -> dict[str, Any] | None:
    """Archives whose tiles were copied and the standards' documents that lead to them; None where there are none."""
    archives = copied(catalog)
    if not archives:
        return None
    vector = [archive for archive in archives if archive["type"] == "vector"]
    entries = [("OGC API – Tiles", f"{OGC}/index.json")]
    if any(is_picture(archive) for archive in archives):
        entries += [("WMTS", WMTS), ("QGIS: XYZ Tiles", PICTURES)]
    if vector:
        entries.append(("QGIS: Vector Tiles", VECTOR))
    entries += [(f"ArcGIS: {archive['title']['zh']}", f"{ESRI}/{archive['id']}/{SERVICE}") for archive in vector]
    return {"archives": archives, "entries": entries}


def _snippet(name: str, words: Mapping[str, object]) -> Snippet:
    text = (TEMPLATES / "snippets" / name).read_text("utf-8").rstrip("\n")
    for word, value in words.items():
        text = text.replace(f"@{word}@", str(value))
    site = _SITE.format(_UNKNOWN)
    parts = [escape(part) for part in text.split("@SITE@")]
    stem, _dot, suffix = name.rpartition(".")
    return Snippet(stem, suffix, site.join(parts))
