"""What a raster file is: its size, bands, place on earth and resolution; everything that GDAL reads as pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.types import Bounds

Kind = Literal["imagery", "elevation"]


@dataclass(frozen=True, slots=True)
class RasterOptions:
    """What is said about a raster beside what it says itself."""

    crs: str | None = None  # instead of the file's own: EPSG code, WKT or PROJ string
    nodata: float | None = None  # a value that means nothing, instead of the file's own
    bands: tuple[int, ...] | None = None  # which bands, counted from 1, in this order; all of them by default


@dataclass(frozen=True, slots=True)
class RasterInfo:
    """What a raster file is, without its pixels."""

    path: Path
    driver: str  # GDAL's short name, such as "GTiff"
    width: int  # pixels
    height: int  # pixels
    dtype: str  # of the chosen bands, numpy's name
    bands: tuple[int, ...]  # the bands that are read, counted from 1, without alpha
    colours: tuple[str, ...]  # the role of each of `bands`: "red", "green", "blue", "gray", "nir", "palette", "undefined"
    alpha: int | None  # the band that says how opaque a pixel is
    palette: bool  # the single band holds indices into a table of colours; read as four bands of colour
    nodata: float | None
    crs: str  # "EPSG:32611", or WKT where there is no code
    kind: Kind  # what it most likely shows; a caller may know better
    bounds: Bounds  # EPSG:3857 metres, of the whole raster, its edges followed
    extent: Bounds  # the same in degrees of longitude and latitude
    pixel: float  # metres of EPSG:3857 that a pixel measures at the raster's centre, the finer of both axes
    unit: str | None  # of the values, as the file names it: "metre", "ft", …
    vertical: str | None  # the vertical datum or reference system that the file names
    date: str | None  # ISO 8601, from the file's metadata
    notes: tuple[str, ...]  # slugs of what was done to read it: "gcps", "rotated", "rpcs", "crs-given", "nodata-given"
