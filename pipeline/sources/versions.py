"""The versions of the libraries behind this room's doors."""

from __future__ import annotations


def gdal_version() -> str:
    """The version of the GDAL that reads vector files."""
    import pyogrio

    return str(pyogrio.__gdal_version_string__)
