"""What became of pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.types import Bounds, Tally


@dataclass(frozen=True, slots=True)
class RasterResult:
    """A raster archive that was written."""

    product: str  # imagery, terrain, hillshade, …
    path: Path
    tiles: int  # addressed
    contents: int  # distinct bodies
    bytes: int
    sha256: str  # of the whole file, hexadecimal
    min_zoom: int  # that hold tiles
    max_zoom: int
    bounds: Bounds  # degrees
    tile_size: int  # pixels
    format: str  # webp, jpeg or png
    copied: int = 0  # tiles that are the previous archive's
    tally: Tally | None = None  # faults of the data, by kind
