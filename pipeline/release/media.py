"""Media types of what a build writes; `mimetypes` would ask the machine."""

from __future__ import annotations

_TYPES = {
    "atom": "application/atom+xml",
    "config": "application/xml",
    "css": "text/css; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "fgb": "application/vnd.flatgeobuf",
    "geojson": "application/geo+json",
    "geojsonl": "application/geo+json-seq",
    "geojsonseq": "application/geo+json-seq",
    "gpkg": "application/geopackage+sqlite3",
    "gz": "application/gzip",
    "html": "text/html; charset=utf-8",
    "ico": "image/x-icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "jsonld": "application/ld+json",
    "mbtiles": "application/vnd.sqlite3",
    "md": "text/markdown; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "mvt": "application/vnd.mapbox-vector-tile",
    "parquet": "application/vnd.apache.parquet",
    "pbf": "application/x-protobuf",
    "pmtiles": "application/vnd.pmtiles",
    "png": "image/png",
    "py": "text/x-python; charset=utf-8",
    "svg": "image/svg+xml",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "txt": "text/plain; charset=utf-8",
    "wasm": "application/wasm",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "woff2": "font/woff2",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "application/xml",
    "zip": "application/zip",
}


_NAMES = {"VectorTileServer": "json"}  # files whose names have no suffix


def media_type(path: str) -> str:
    """The media type that a server should send a file with, judged by its suffix."""
    name = path.rpartition("/")[2]
    return _TYPES.get(_NAMES.get(name) or name.rpartition(".")[2].lower(), "application/octet-stream")
