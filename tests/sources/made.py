"""Source files as departments hand them in, written by GDAL, openpyxl and ezdxf into a test's folder."""

from __future__ import annotations

import sqlite3
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely

NAMES = ["龙泉市", "青瓷小镇", None]
PLACES = [(119.13, 28.07), (119.15, 28.10), (119.20, 28.12)]


def write(
    path: Path,
    shapes: list[Any],
    columns: dict[str, list[Any]],
    *,
    crs: str | None = "EPSG:4490",
    geometry_type: str = "Unknown",
    **options: Any,
) -> Path:
    """Write shapes (shapely geometries or None) and columns with GDAL; the suffix says the format."""
    drivers = {
        ".shp": "ESRI Shapefile", ".gpkg": "GPKG", ".fgb": "FlatGeobuf", ".geojson": "GeoJSON", ".gdb": "OpenFileGDB",
        ".geojsonl": "GeoJSONSeq", ".kml": "KML", ".gml": "GML", ".ods": "ODS",
    }  # fmt: skip
    values = [
        np.array(v, dtype=object if any(x is None or isinstance(x, str) for x in v) else None) for v in columns.values()
    ]
    with warnings.catch_warnings():  # of a missing CRS, which is meant, and of Int64 in a File Geodatabase
        warnings.simplefilter("ignore")
        pyogrio.raw.write(
            path,
            geometry=np.array(
                [None if s is None else shapely.to_wkb(s, flavor="iso", output_dimension=4) for s in shapes], object
            ),
            field_data=values,
            fields=list(columns),
            geometry_type=geometry_type,
            crs=crs,
            driver=drivers[path.suffix],
            **options,
        )
    return path


def places(path: Path, **options: Any) -> Path:
    """Three named points; the third has no name."""
    columns = {"NAME": NAMES, "N": [1, 2, 3]}
    return write(path, [shapely.Point(p) for p in PLACES], columns, geometry_type="Point", **options)


def edit(geopackage: Path, statement: str, *values: Any) -> None:
    """Change a GeoPackage behind GDAL's back; its triggers call functions that plain SQLite has not."""
    with closing(sqlite3.connect(geopackage)) as file, file:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            file.create_function(name, 1, lambda _geometry: 0)
        file.execute(statement, values)
