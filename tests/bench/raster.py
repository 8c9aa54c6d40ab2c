"""Imagery and terrain: rio-pmtiles and the image encoder beside ours.

Both write the same tiles: WebP of the same quality and method (4, the default of libwebp and of GDAL), the same
zooms, 512 pixels, bilinear. How near they come to what they should show: `nearness`; what encoding alone costs is our
own tiles decoded and encoded again, one after the other.
"""

from __future__ import annotations

import subprocess
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench.cases import ROOT, WORK
from tests.bench.measure import Run, in_turns, run
from tests.bench.peers import longquan
from tests.bench.pictures import (
    BOUND,
    HEIGHTS,
    METHOD,
    ORTHOPHOTO,
    QUALITY,
    WHITNEY,
    many_elevations,
    orthophoto,
    whitney,
)

PEERS = ROOT / ".cache" / "peers-raster"  # of its own: rio-pmtiles wants another shapely than the vector peers
VERSIONS = ("rio-pmtiles==1.2.0",)


class Picture(NamedTuple):
    """One picture, the zooms it is tiled at, and how many times faster than rio-pmtiles ours has to be."""

    name: str
    low: int
    high: int
    bar: float

    @property
    def source(self) -> Path:
        """The file, made on first use where it is not handed out."""
        return whitney() if self is PICTURES[0] else orthophoto()


PICTURES = (Picture(WHITNEY.stem, 8, 15, 2.5), Picture(ORTHOPHOTO, 10, 17, 4.0))


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
    out = WORK / "elevation.pmtiles"
    terrain = [longquan(), "tile", "--as", "terrain", "-Z", "5", "-z"]
    whole = [*terrain, "12", str(HEIGHTS), str(out)]
    contours = [longquan(), "tile", "--as", "contours", "--interval", "20", str(HEIGHTS), str(out)]
    for line in (whole, contours):
        run(line)
    # At zoom 10 a block reads sixteen times as many heights as it has pixels: most of what is held at once, and a
    # sixteenth of the encoding, of which memory knows nothing.
    bounded = [*terrain, "10", "--memory", f"{BOUND}MB", str(many_elevations()), str(out)]
    return {"terrain z5–12": run(whole), "contours at 20 m": run(contours), "terrain, memory": run(bounded)}
