"""Imagery and terrain: rio-pmtiles and the image encoder beside ours.

Both write the same tiles: WebP of the same quality and method (4, the default of libwebp and of GDAL), the same
zooms, 512 pixels, bilinear. What pictures are held against is what rio-tiler reads for each tile; what encoding alone
costs is our own tiles decoded and encoded again, one after the other.

Run as a program it measures inside an archive: `python -m tests.bench.raster encode|compare ARCHIVE [SOURCE]`.
"""

from __future__ import annotations

import io
import json
import math
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.bench.cases import DATA, ROOT, WORK
from tests.bench.measure import Run, in_turns, run
from tests.bench.peers import longquan

PEERS = ROOT / ".cache" / "peers-raster"  # of its own: rio-pmtiles wants another shapely than the vector peers
VERSIONS = ("rio-pmtiles==1.2.0",)
RASTERS = DATA.parent / "raster"
QUALITY, METHOD, SIZE = 75, 4, 512
BOUND = 512  # MB, of the elevations ten times as large
_TILES = 60  # compared at most at each zoom


class Picture(NamedTuple):
    """One picture, the zooms it is tiled at, and how many times faster than rio-pmtiles ours has to be."""

    name: str
    low: int
    high: int
    bar: float

    @property
    def source(self) -> Path:
        """The file, made on first use where it is not handed out."""
        return RASTERS / f"{self.name}.tif" if self is PICTURES[0] else _orthophoto()


PICTURES = (Picture("mt_whitney_rgba_3857", 8, 15, 2.5), Picture("orthophoto_16000", 10, 17, 4.0))


class Compared(NamedTuple):
    """How near an archive's pictures are to what rio-tiler reads, in decibels."""

    last: float  # PSNR at the last zoom
    below: float  # at all others: ours are means of areas, rio-tiler's and rio-pmtiles' are weighted by triangles
    all: float  # over all of them


def install() -> None:
    """Put the peer where it belongs, unless it is there already."""
    stamp = PEERS / "bench.txt"
    if not stamp.exists() or stamp.read_text("utf-8") != "\n".join(VERSIONS):
        venv.create(PEERS, with_pip=True, clear=True)
        subprocess.run([PEERS / "bin" / "pip", "install", "--quiet", *VERSIONS], check=True)
        stamp.write_text("\n".join(VERSIONS), "utf-8")


def commands(picture: Picture) -> dict[str, tuple[list[str], Path]]:
    """Name → command line and what it writes."""
    outs = {name: WORK / f"{picture.name}-{name}.pmtiles" for name in ("longquan", "rio-pmtiles")}
    alpha = ["--rgba"] if picture is PICTURES[0] else []
    return {
        "longquan": (
            [longquan(), "tile", "-Z", str(picture.low), "-z", str(picture.high), "--format", "webp", "--quality",
             str(QUALITY), "--effort", str(METHOD), str(picture.source), str(outs["longquan"])],
            outs["longquan"],
        ),
        "rio-pmtiles": (
            [str(PEERS / "bin" / "rio"), "pmtiles", "--silent", "--format", "WEBP", "--zoom-levels",
             f"{picture.low}..{picture.high}", "--resampling", "bilinear", *alpha, "-o", str(outs["rio-pmtiles"]),
             str(picture.source)],
            outs["rio-pmtiles"],
        ),
    }  # fmt: skip


def pictures(picture: Picture, rounds: int, patience: float) -> dict[str, list[Run]]:
    """Runs of both tools in turns; what they wrote lies where `commands` says."""
    lines: dict[str, Sequence[str]] = {}
    for name, (line, out) in commands(picture).items():
        out.unlink(missing_ok=True)
        lines[name] = line
    run(commands(PICTURES[0])["longquan"][0])  # not counted: kernels may have to be compiled
    return in_turns(lines, rounds, patience=patience)


def elevations() -> Mapping[str, Run]:
    """Terrain, contours, and terrain of elevations ten times as large as the memory allowed."""
    source, out = RASTERS / "N48W125_1arcsec.tif", WORK / "elevation.pmtiles"
    terrain = [longquan(), "tile", "--as", "terrain", "-Z", "5", "-z", "12"]
    contours = [longquan(), "tile", "--as", "contours", "--interval", "20", str(source), str(out)]
    for line in ([*terrain, str(source), str(out)], contours):
        run(line)
    return {
        "terrain z5–12": run([*terrain, str(source), str(out)]),
        "contours at 20 m": run(contours),
        "terrain, memory": run([*terrain, "--memory", f"{BOUND}MB", str(_many_elevations()), str(out)]),
    }


def encoding(archive: Path) -> float:
    """Processor seconds of encoding an archive's tiles alone."""
    return float(_inside("encode", archive)["seconds"])


def compare(archive: Path, source: Path) -> Compared:
    """How near its pictures are to what rio-tiler reads of the source."""
    return Compared(**_inside("compare", archive, source))


def _inside(*words: str | Path) -> dict[str, Any]:
    program = [sys.executable, "-m", "tests.bench.raster", *map(str, words)]
    found: dict[str, Any] = json.loads(
        subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    )
    return found


def _orthophoto() -> Path:
    """16,000 × 16,000 pixels of 0.5 m in UTM: the aerial picture, mirrored side by side, as tiled JPEG."""
    path = WORK / "orthophoto_16000.tif"
    if not path.exists():
        import rasterio
        from rasterio.transform import from_origin
        from rasterio.windows import Window

        with rasterio.open(PICTURES[0].source) as file:
            part = file.read((1, 2, 3))[:, 300:2348, 500:2548]  # opaque all over
        both = np.concatenate([part, part[:, :, ::-1]], axis=2)
        cell = np.concatenate([both, both[:, ::-1]], axis=1)
        unfinished = path.with_suffix(".part")
        profile = {
            "driver": "GTiff", "width": 16_000, "height": 16_000, "count": 3, "dtype": "uint8", "crs": "EPSG:32650",
            "transform": from_origin(700_000, 3_110_000, 0.5, 0.5), "tiled": True, "blockxsize": 512, "blockysize": 512,
            "compress": "jpeg", "photometric": "ycbcr", "jpeg_quality": 90, "interleave": "pixel",
        }  # fmt: skip
        with rasterio.open(unfinished, "w", **profile) as out:
            for row in range(0, 16_000, cell.shape[1]):
                for column in range(0, 16_000, cell.shape[2]):
                    height, width = min(cell.shape[1], 16_000 - row), min(cell.shape[2], 16_000 - column)
                    out.write(cell[:, :height, :width], window=Window(column, row, width, height))
        unfinished.rename(path)
    return path


def _many_elevations() -> Path:
    """The elevations, 14 by 14 times side by side on their own grid: 5 GB of heights, ten times the bound."""
    path = WORK / "elevations.vrt"
    if not path.exists():
        import rasterio

        with rasterio.open(RASTERS / "N48W125_1arcsec.tif") as file:
            width, height, place, crs, nodata = file.width, file.height, file.transform, file.crs, file.nodata
            dtype = {"int16": "Int16", "float32": "Float32"}[file.dtypes[0]]
        times = math.ceil(math.sqrt(10 * BOUND * 1e6 / (width * height * 4)))
        sources = "".join(
            f'<SimpleSource><SourceFilename relativeToVRT="0">{RASTERS / "N48W125_1arcsec.tif"}</SourceFilename>'
            f'<SourceBand>1</SourceBand><SrcRect xOff="0" yOff="0" xSize="{width}" ySize="{height}"/>'
            f'<DstRect xOff="{c * width}" yOff="{r * height}" xSize="{width}" ySize="{height}"/></SimpleSource>'
            for r in range(times)
            for c in range(times)
        )
        path.write_text(
            f'<VRTDataset rasterXSize="{times * width}" rasterYSize="{times * height}"><SRS>{crs.to_wkt()}</SRS>'
            f"<GeoTransform>{place.c},{place.a},0,{place.f},0,{place.e}</GeoTransform>"
            f'<VRTRasterBand dataType="{dtype}" band="1"><NoDataValue>{nodata}</NoDataValue>{sources}</VRTRasterBand>'
            "</VRTDataset>",
            "utf-8",
        )
    return path


# ---------------------------------------------------------------- inside an archive, in a process of its own


def _tiles(path: Path) -> Iterator[tuple[int, int, int, bytes]]:
    from pmtiles.reader import MmapSource, all_tiles

    with path.open("rb") as file:
        for (zoom, x, y), body in all_tiles(MmapSource(file)):
            yield zoom, x, y, body


def _encode(path: Path) -> dict[str, Any]:
    from PIL import Image

    seconds = 0.0
    for _zoom, _x, _y, body in _tiles(path):
        image = Image.open(io.BytesIO(body))
        image.load()
        began = time.process_time()
        image.save(io.BytesIO(), "WEBP", quality=QUALITY, method=METHOD)
        seconds += time.process_time() - began
    return {"seconds": seconds}


def _compare(path: Path, source: Path) -> dict[str, Any]:
    from PIL import Image
    from rio_tiler.errors import TileOutsideBounds
    from rio_tiler.io import Reader

    by_zoom: dict[int, list[tuple[int, int, bytes]]] = {}
    for zoom, x, y, body in _tiles(path):
        by_zoom.setdefault(zoom, []).append((x, y, body))
    top = max(by_zoom)
    errors: dict[bool, list[tuple[float, int]]] = {True: [], False: []}
    with Reader(str(source)) as reader:
        for zoom, tiles in by_zoom.items():
            for x, y, body in sorted(tiles)[:: max(len(tiles) // _TILES, 1)]:
                image: NDArray[np.float64] = np.asarray(Image.open(io.BytesIO(body)).convert("RGB"), np.float64)
                try:
                    wanted = reader.tile(
                        x, y, zoom, tilesize=SIZE, indexes=(1, 2, 3), resampling_method="bilinear",
                        reproject_method="bilinear",
                    )  # fmt: skip
                except TileOutsideBounds:
                    continue
                known = wanted.mask == 255
                # Edges of what is known are a matter of taste: the pixels beside them stay out of it.
                for axis in (0, 1):
                    known = known & np.roll(known, 1, axis) & np.roll(known, -1, axis)
                difference = (image - np.moveaxis(np.asarray(wanted.data, np.float64), 0, 2))[known]
                errors[zoom == top].append((float((difference**2).sum()), difference.size))
    found = {}
    for name, ones in (("last", errors[True]), ("below", errors[False]), ("all", errors[True] + errors[False])):
        square, n = (sum(column) for column in zip(*ones, strict=True))
        found[name] = 10 * math.log10(255**2 / (square / n))
    return found


if __name__ == "__main__":
    what, archive, *rest = sys.argv[1:]
    print(json.dumps(_encode(Path(archive)) if what == "encode" else _compare(Path(archive), Path(rest[0]))))
