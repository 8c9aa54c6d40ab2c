"""What a release was made with: other versions may write other bytes."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pipeline

# Distributions whose version can change a published byte.
_DISTRIBUTIONS = (
    "brotli",
    "contourpy",
    "fonttools",
    "llvmlite",
    "numba",
    "numpy",
    "pillow",
    "pmtiles",
    "pyarrow",
    "pydantic",
    "pyogrio",
    "pyproj",
    "rasterio",
    "shapely",
)
# Rooms whose code decides the bytes of an archive.
_ROOMS = ("archive", "editions", "framework", "intake", "kernels", "raster", "sources", "vector")


def software_versions() -> dict[str, str]:
    """Names and versions of what takes part in a build, the libraries inside the packages too."""
    import pyproj
    import shapely

    from pipeline.archive.compress import compressor
    from pipeline.sources.versions import gdal_version

    name, number = compressor().split(" ", 1)
    versions = {
        "GDAL": gdal_version(),
        "GEOS": shapely.geos_version_string,
        "PROJ": pyproj.proj_version_str,
        "longquan": pipeline.__version__,
        "python": platform.python_version(),
        name: number,  # it carries its own libdeflate
    }
    for distribution in _DISTRIBUTIONS:
        try:
            versions[distribution] = version(distribution)
        except PackageNotFoundError:
            continue
    return dict(sorted(versions.items()))


def code_digest() -> str:
    """The sha256 of the sources of the rooms that make archives, so that an edited one makes them anew."""
    root = Path(pipeline.__file__).parent
    digest = hashlib.sha256()
    for room in _ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()
