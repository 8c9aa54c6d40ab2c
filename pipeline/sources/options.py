"""What may be asked of a source, and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.types import Bounds

GeometryName = Literal["point", "line", "polygon", "mixed", "none"]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How one source is to be read; everything left out is found in the file."""

    layer: str | None = None  # a layer or sheet; may be left out where there is one
    crs: str | None = None  # anything PROJ understands; overrides what the file says
    encoding: str | None = None  # of texts, where the format leaves that open (DBF, CSV)
    columns: tuple[str, ...] | None = None  # attributes to read, in this order; None reads all
    x: str | None = None  # a table's column of eastings or longitudes
    y: str | None = None  # a table's column of northings or latitudes
    areas: tuple[Bounds, ...] | None = None  # degrees; only features whose box meets any of them, each once, in order
    self_contained: bool = False  # refuse files that refer to others or to the network: they come from strangers
    rules: Path | None = None  # which OpenStreetMap objects make which layers; None: the rules that come along


@dataclass(frozen=True, slots=True)
class SourceLayer:
    """One layer of a source, as the file describes it."""

    name: str
    geometry: GeometryName
    features: int | None  # None where counting would mean reading everything
    crs: str | None  # "EPSG:4549", else WKT; None where the file does not say
    fields: Mapping[str, str]  # name → Arrow type
    driver: str  # GDAL's short name of the format; "Parquet", "CSV"
