"""How near the pictures of an archive are to what they should show, and what encoding them alone takes.

Three references. What rio-tiler reads for each tile `bilinear` is what rio-pmtiles encodes: below the last zoom GDAL
weighs by triangles twice as wide as a pixel, which is smoother, and smooth pictures lose less in WebP. What it reads
as `average` is what tiles of lower zooms should be: means of areas. The `formula` owes nothing to any program: means
of the synthetic orthophoto's pixels over each tile pixel, whose corners PROJ places exactly.

Run as a program in a process of its own: `python -m tests.bench.nearness encode|compare ARCHIVE [SOURCE]`.
"""

from __future__ import annotations

import io
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.bench.cases import ROOT
from tests.bench.pictures import METHOD, ORTHOPHOTO, PIXEL, QUALITY, SIDE, SIZE, UTM, WEST_NORTH, motif

Floats = NDArray[np.float64]
Reference = Callable[[int, int, int], tuple[Floats, NDArray[np.bool_]] | None]  # zoom, x, y → pixels, which are known
HALF = math.pi * 6378137.0
_TILES = 24  # compared at most at each zoom
_BELOW = 3  # zooms below the last that are compared: rio-tiler reads the whole file for each


def encoding(archive: Path) -> float:
    """Processor seconds of encoding an archive's tiles alone."""
    return float(_inside("encode", archive)["seconds"])


def compare(archive: Path, source: Path) -> dict[str, dict[str, float]]:
    """PSNR in decibels against each reference, at the last zoom, at three below, and over all these."""
    return _inside("compare", archive, source)


def _inside(*words: str | Path) -> dict[str, Any]:
    program = [sys.executable, "-m", "tests.bench.nearness", *map(str, words)]
    found: dict[str, Any] = json.loads(
        subprocess.run(program, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    )
    return found


# ---------------------------------------------------------------- the pixels that should be


def read_by(source: Path, method: str) -> Reference:
    """What rio-tiler reads for a tile, resampled by one of GDAL's methods."""
    from rio_tiler.errors import TileOutsideBounds
    from rio_tiler.io import Reader

    reader = Reader(str(source))

    def pixels(zoom: int, x: int, y: int) -> tuple[Floats, NDArray[np.bool_]] | None:
        try:
            found = reader.tile(
                x, y, zoom, tilesize=SIZE, indexes=(1, 2, 3), resampling_method=method, reproject_method=method
            )
        except TileOutsideBounds:
            return None
        return np.moveaxis(np.asarray(found.data, np.float64), 0, 2), found.mask == 255

    return pixels


def from_formula() -> Reference:
    """Means of the orthophoto's pixels, which repeat without end, over the place of each tile pixel."""
    import pyproj

    to_utm = pyproj.Transformer.from_crs("EPSG:3857", UTM, always_xy=True)
    sums = [_sums(np.asarray(band, np.float64)) for band in motif()]

    def pixels(zoom: int, x: int, y: int) -> tuple[Floats, NDArray[np.bool_]]:
        metres = 2 * HALF / (SIZE << zoom)
        edges: NDArray[np.float64] = np.arange(SIZE + 1, dtype=np.float64)
        east, north = to_utm.transform(
            *np.meshgrid((x * SIZE + edges) * metres - HALF, HALF - (y * SIZE + edges) * metres)
        )
        columns, rows = (east - WEST_NORTH[0]) / PIXEL, (WEST_NORTH[1] - north) / PIXEL
        # A pixel is turned by a degree against the orthophoto's; its sides stand for it where they lie on average.
        left, right = ((columns[:-1, i : SIZE + i] + columns[1:, i : SIZE + i]) / 2 for i in (0, 1))
        top, low = ((rows[i : SIZE + i, :-1] + rows[i : SIZE + i, 1:]) / 2 for i in (0, 1))
        area = (right - left) * (low - top)
        bands = [
            (_below(s, right, low) - _below(s, left, low) - _below(s, right, top) + _below(s, left, top)) / area
            for s in sums
        ]
        inside = (left >= 0) & (top >= 0) & (right <= SIDE) & (low <= SIDE)
        return np.stack(bands, axis=2), inside

    return pixels


def _sums(band: Floats) -> Floats:
    """Sums of all pixels above and left of each corner [rows + 1, columns + 1]."""
    return np.pad(band.cumsum(0).cumsum(1), ((1, 0), (1, 0)))


def _below(sums: Floats, column: Floats, row: Floats) -> Floats:
    """Sums above and left of places between corners, of a picture that repeats."""
    height, width = sums.shape[0] - 1, sums.shape[1] - 1
    (across, column), (down, row) = np.divmod(column, width), np.divmod(row, height)
    return (
        across * down * sums[-1, -1]
        + across * _between(sums[:, -1:], 0 * column, row)
        + down * _between(sums[-1:], column, 0 * row)
        + _between(sums, column, row)
    )


def _between(sums: Floats, column: Floats, row: Floats) -> Floats:
    """Bilinear between corners: exact, since a pixel has one colour all over."""
    i, j = (np.minimum(each.astype(np.int64), n - 1) for each, n in zip((row, column), sums.shape, strict=True))
    v, u = row - i, column - j
    i1, j1 = np.minimum(i + 1, sums.shape[0] - 1), np.minimum(j + 1, sums.shape[1] - 1)
    return (1 - v) * ((1 - u) * sums[i, j] + u * sums[i, j1]) + v * ((1 - u) * sums[i1, j] + u * sums[i1, j1])


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


def _compare(path: Path, source: Path) -> dict[str, dict[str, float]]:
    references = {"bilinear": read_by(source, "bilinear"), "average": read_by(source, "average")}
    if source.stem == ORTHOPHOTO:
        references["formula"] = from_formula()
    return {name: psnr(path, reference) for name, reference in references.items()}


def psnr(path: Path, reference: Reference) -> Mapping[str, float]:
    """Decibels at the last zoom, at all below and over all, of tiles spread evenly over each zoom."""
    from PIL import Image

    by_zoom: dict[int, list[tuple[int, int, bytes]]] = {}
    for zoom, x, y, body in _tiles(path):
        by_zoom.setdefault(zoom, []).append((x, y, body))
    top = max(by_zoom)
    errors: dict[bool, list[tuple[float, int]]] = {True: [], False: []}
    for zoom, tiles in by_zoom.items():
        if zoom < top - _BELOW:
            continue
        for x, y, body in sorted(tiles)[:: -(-len(tiles) // _TILES)]:
            image: Floats = np.asarray(Image.open(io.BytesIO(body)).convert("RGB"), np.float64)
            wanted = reference(zoom, x, y)
            if wanted is None:
                continue
            pixels, known = wanted
            # Edges of what is known are a matter of taste: the pixels beside them stay out of it.
            for axis in (0, 1):
                known = known & np.roll(known, 1, axis) & np.roll(known, -1, axis)
            difference = (image - pixels)[known]
            errors[zoom == top].append((float((difference**2).sum()), difference.size))
    found = {}
    for name, ones in (("last", errors[True]), ("below", errors[False]), ("all", errors[True] + errors[False])):
        square, n = (sum(column) for column in zip(*ones, strict=True))
        found[name] = 10 * math.log10(255**2 / (square / n))
    return found


if __name__ == "__main__":
    what, archive, *rest = sys.argv[1:]
    print(json.dumps(_encode(Path(archive)) if what == "encode" else _compare(Path(archive), Path(rest[0]))))
