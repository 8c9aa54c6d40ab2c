"""Pictures as files, and the imagery that is made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from pipeline import tile
from pipeline.raster.result import RasterResult
from tests.oracles.rasters import waves

UTM = "EPSG:32650"  # 117° E in its middle
WEST, NORTH = 500_000.0, 3_100_000.0  # 28° N


def picture(
    path: Path, west: float = WEST, north: float = NORTH, size: int = 600, pixel: float = 2.0, **more: Any
) -> Path:
    """Smooth waves of three bands, north up."""
    y, x = np.mgrid[:size, :size] * pixel
    values = waves(west + x, north - y, length=600.0).astype(more.pop("dtype", "uint8"))
    values += more.pop("brighter", 0)
    profile = {
        "driver": "GTiff", "width": size, "height": size, "count": 3, "dtype": values.dtype, "crs": UTM,
        "transform": rasterio.transform.from_origin(west, north, pixel, pixel), "tiled": True, "blockxsize": 256,
        "blockysize": 256, "compress": "deflate",
    }  # fmt: skip
    tags = more.pop("tags", {})
    with rasterio.open(path, "w", **profile | more) as file:
        file.write(values)
        file.update_tags(**tags)
    return path


def made(*inputs: Path, **more: Any) -> RasterResult:
    """What was made of files, in `out` or beside the first."""
    out = more.pop("out", inputs[0].parent / "out.pmtiles")
    result = tile(list(inputs), out, **more)
    assert isinstance(result, RasterResult)
    return result
