"""What rasters are measured with: a picture that is handed out, and what is made of it and of the elevations."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.bench.cases import DATA, WORK

RASTERS = DATA.parent / "raster"
WHITNEY = RASTERS / "mt_whitney_rgba_3857.tif"
HEIGHTS = RASTERS / "N48W125_1arcsec.tif"
QUALITY, METHOD, SIZE = 75, 4, 512
BOUND = 512  # MB, of the elevations ten times as large
ORTHOPHOTO, UTM = "orthophoto_16000", "EPSG:32650"
SIDE, PIXEL, WEST_NORTH = 16_000, 0.5, (700_000.0, 3_110_000.0)  # of the orthophoto: pixels, metres, its corner


def motif() -> NDArray[np.uint8]:
    """What the orthophoto repeats [3, 4096, 4096]: the aerial picture where it is opaque, mirrored side by side."""
    import rasterio

    with rasterio.open(WHITNEY) as file:
        part = file.read((1, 2, 3))[:, 300:2348, 500:2548]
    both = np.concatenate([part, part[:, :, ::-1]], axis=2)
    return np.concatenate([both, both[:, ::-1]], axis=1)


def whitney() -> Path:
    """The map without its overviews; made on first use.

    With them rio-pmtiles 1.2 reads its last zoom from the one of half the size: half the bytes to encode, and 25.9 dB
    where the file itself would give 40.5. That is other work than ours.
    """
    path = WORK / f"{WHITNEY.stem}-alone.tif"
    if not path.exists():
        from rasterio.shutil import copy

        unfinished = path.with_suffix(".part")
        copy(WHITNEY, unfinished, driver="GTiff", tiled=True, blockxsize=SIZE, blockysize=SIZE, compress="deflate")
        unfinished.rename(path)
    return path


def orthophoto() -> Path:
    """16,000 × 16,000 pixels of 0.5 m in UTM, as tiled JPEG; made on first use."""
    path = WORK / f"{ORTHOPHOTO}.tif"
    if not path.exists():
        import rasterio
        from rasterio.transform import from_origin
        from rasterio.windows import Window

        cell = motif()
        unfinished = path.with_suffix(".part")
        profile = {
            "driver": "GTiff", "width": SIDE, "height": SIDE, "count": 3, "dtype": "uint8", "crs": UTM,
            "transform": from_origin(*WEST_NORTH, PIXEL, PIXEL), "tiled": True, "blockxsize": 512, "blockysize": 512,
            "compress": "jpeg", "photometric": "ycbcr", "jpeg_quality": 90, "interleave": "pixel",
        }  # fmt: skip
        with rasterio.open(unfinished, "w", **profile) as out:
            for row in range(0, SIDE, cell.shape[1]):
                for column in range(0, SIDE, cell.shape[2]):
                    height, width = min(cell.shape[1], SIDE - row), min(cell.shape[2], SIDE - column)
                    out.write(cell[:, :height, :width], window=Window(column, row, width, height))
        unfinished.rename(path)
    return path


def many_elevations() -> Path:
    """The elevations side by side on their own grid, as often as makes ten times the bound of float32 heights."""
    import rasterio

    with rasterio.open(HEIGHTS) as file:
        width, height, place, crs, nodata = file.width, file.height, file.transform, file.crs, file.nodata
    times = math.ceil(math.sqrt(10 * BOUND * 1e6 / (width * height * 4)))
    path = WORK / f"elevations-{times}.vrt"
    if not path.exists():
        sources = "".join(
            f'<SimpleSource><SourceFilename relativeToVRT="0">{HEIGHTS}</SourceFilename>'
            f'<SourceBand>1</SourceBand><SrcRect xOff="0" yOff="0" xSize="{width}" ySize="{height}"/>'
            f'<DstRect xOff="{c * width}" yOff="{r * height}" xSize="{width}" ySize="{height}"/></SimpleSource>'
            for r in range(times)
            for c in range(times)
        )
        path.write_text(
            f'<VRTDataset rasterXSize="{times * width}" rasterYSize="{times * height}"><SRS>{crs.to_wkt()}</SRS>'
            f"<GeoTransform>{place.c},{place.a},0,{place.f},0,{place.e}</GeoTransform>"
            f'<VRTRasterBand dataType="Float32" band="1"><NoDataValue>{nodata}</NoDataValue>{sources}</VRTRasterBand>'
            "</VRTDataset>",
            "utf-8",
        )
    return path
