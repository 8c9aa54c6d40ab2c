"""Media types of what a build writes; `mimetypes` would ask the machine."""

from __future__ import annotations

_TYPES = {
    "atom": "application/atom+xml",
    "css": "text/css; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "fgb": "application/vnd.flatgeobuf",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "html": "text/html; charset=utf-8",
    "ico": "image/x-icon",
    "jpg": "image/jpeg",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "jsonld": "application/ld+json",
    "mbtiles": "application/vnd.sqlite3",
    "parquet": "application/vnd.apache.parquet",
    "pbf": "application/x-protobuf",
    "pmtiles": "application/vnd.pmtiles",
    "png": "image/png",
    "py": "text/x-python; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "woff2": "font/woff2",
    "xml": "application/xml",
}


def media_type(path: str) -> str:
    """The media type that a server should send a file with, judged by its suffix."""
    return _TYPES.get(path.rpartition(".")[2].lower(), "application/octet-stream")
