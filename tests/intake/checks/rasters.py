"""Made rasters in the middle of Longquan that break one rule on pixels each, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import from_origin

from pipeline.intake.checks import Subject
from tests.intake.checks.made import X, Y, dataset, reading, subject

SIZE = 70  # pixels each way: 4,900 in all
RELIEF = dataset(kind="raster", key=None, source="inbox/relief")


def hill(height: float = 300.0) -> NDArray[np.float32]:
    """A smooth hill: at 5 m a pixel no slope is above 45°."""
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    return np.asarray(height + 40.0 * np.sin(x / 20.0) * np.cos(y / 20.0), np.float32)


def photo(bands: int = 3) -> NDArray[np.uint8]:
    """A picture of many colours."""
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    return np.asarray([(x + (band + 1) * y) % 200 + 10 for band in range(bands)], np.uint8)


def raster(
    path: Path, pixels: NDArray[Any], x: float = 0.0, y: float = 0.0, step: float = 1.0, crs: str = "EPSG:4549",
    nodata: float | None = None,
) -> Path:  # fmt: skip
    """A GeoTIFF of one or more bands; x and y are metres from the middle to its upper left corner."""
    bands = pixels if pixels.ndim == 3 else pixels[None]
    with rasterio.open(
        path, "w", driver="GTiff", count=len(bands), height=bands.shape[1], width=bands.shape[2], crs=crs,
        dtype=bands.dtype.name, nodata=nodata, transform=from_origin(X + x, Y + y, step, step),
    ) as file:  # fmt: skip
        file.write(bands)
    return path


def rasters(*makers: Callable[[Path], Any], **known: Any) -> Callable[[Path], tuple[Path, Subject]]:
    """A folder of files 1.tif, 2.tif … of a raster dataset."""

    def into(folder: Path) -> tuple[Path, Subject]:
        there = folder / "relief"
        there.mkdir()
        for number, make in enumerate(makers, 1):
            make(there / f"{number}.tif")
        return there, subject(**{"dataset": RELIEF, **known})

    return into


def file(pixels: NDArray[Any], **more: Any) -> Callable[[Path], Path]:
    """One file, to be made."""
    return lambda path: raster(path, pixels, **more)


def with_one(pixels: NDArray[Any], value: float) -> NDArray[Any]:
    """The same with another value in row 20, column 30."""
    changed = pixels.copy()
    changed[20, 30] = value
    return changed


SAID = reading(crs="EPSG:4549")
BLANK = np.zeros((3, SIZE, SIZE), np.uint8)
