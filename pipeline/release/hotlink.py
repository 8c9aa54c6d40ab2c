"""Copies of styles, TileJSON and the catalogue's other faces with absolute addresses, for pages of other origins.

There a relative `sprite` throws, a relative TileJSON resolves against the other page, and relative ``pmtiles://``
fails. The copies are derived from files of the release and stand outside its id, so that each place that serves the
same release can have its own.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.catalog import face_files
from pipeline.errors import OutputError
from pipeline.i18n import _
from pipeline.portal.files import json_bytes, write_file

FOLDER = "hotlink"
_PMTILES = "pmtiles://"
_ABSOLUTE = ("http://", "https://", "data:")


def write_hotlink(dist: Path, base_url: str) -> tuple[str, ...]:
    """Write the copies below hotlink/ for a folder reached at `base_url`; returns their paths.

    Raises OutputError when an address of a style leads out of the folder, or a file cannot be written.
    """
    written = []
    for name, content in hotlink_files(dist, base_url):
        write_file(dist / name, content)
        written.append(name)
    return tuple(written)


def hotlink_files(dist: Path, base_url: str) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of every copy for a folder reached at `base_url`.

    Those of services/ are made of catalog.json once more, where there is one.

    Raises OutputError when an address of a style leads out of the folder.
    """
    base = base_url.rstrip("/")
    for folder, convert in (("tilejson", absolute_tilejson), ("styles", absolute_style)):
        for path in sorted((dist / folder).glob("*.json")):
            converted = convert(json.loads(path.read_text("utf-8")), base, folder)
            yield f"{FOLDER}/{folder}/{path.name}", json_bytes(converted)
    catalog = dist / "catalog.json"
    if catalog.is_file():
        for face, content in face_files(json.loads(catalog.read_text("utf-8")), base):
            yield f"{FOLDER}/{face}", content


def absolute_tilejson(tilejson: Mapping[str, Any], base: str, folder: str = "tilejson") -> dict[str, Any]:
    """A TileJSON that lies in `folder` of the published folder at `base`, with absolute `tiles`."""
    return {**tilejson, "tiles": [absolute(address, base, folder) for address in tilejson["tiles"]]}


def absolute_style(style: Mapping[str, Any], base: str, folder: str = "styles") -> dict[str, Any]:
    """A style that lies in `folder` of the published folder at `base`, with every address absolute.

    Addresses stand in `sources` (url, urls, tiles, data), `sprite` (one, or a list with ids), `glyphs` and
    `font-faces` (one, or a list with ranges, per font). Source: MapLibre style specification, version 8.
    """
    made = dict(style)
    made["sources"] = {name: _source(source, base, folder) for name, source in style.get("sources", {}).items()}
    for key in ("sprite", "glyphs"):
        if key in style:
            made[key] = _addresses(style[key], base, folder)
    if "font-faces" in style:
        made["font-faces"] = {name: _addresses(faces, base, folder) for name, faces in style["font-faces"].items()}
    return made


def _source(source: Mapping[str, Any], base: str, folder: str) -> dict[str, Any]:
    made = dict(source)
    for key in ("url", "urls", "tiles", "data"):
        if isinstance(made.get(key), str | list):
            made[key] = _addresses(made[key], base, folder)
    return made


def _addresses(value: Any, base: str, folder: str) -> Any:
    """One address, a list of them, or tables that carry one as `url`."""
    if isinstance(value, str):
        return absolute(value, base, folder)
    if isinstance(value, list):
        return [_addresses(part, base, folder) for part in value]
    return {**value, "url": absolute(value["url"], base, folder)}


def absolute(address: str, base: str, folder: str) -> str:
    """An address written in a file of `folder`, as an absolute one below `base`; absolute ones stay as they are.

    Raises OutputError for an address that leads out of the published folder.
    """
    scheme = _PMTILES if address.startswith(_PMTILES) else ""
    rest = address.removeprefix(scheme)
    if rest.startswith(_ABSOLUTE):
        return address
    path = posixpath.normpath(posixpath.join(folder, rest))
    if path.startswith(("../", "/")):
        raise OutputError(
            _("an address leads out of the published folder: {address}").format(address=address),
            where=folder,
            expected=_("a path relative to the file's own folder"),
        )
    if path.startswith("tilejson/"):
        path = f"{FOLDER}/{path}"  # the absolute twin
    return f"{scheme}{base}/{path}"
