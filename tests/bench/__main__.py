"""`just bench [--rounds N] [--no-quality] [NAME …]`: vector builds beside tippecanoe's.

Prints a table and, when nothing was left out, writes it to docs/benchmarks.md.

Same features, same zooms, nothing dropped for size (tippecanoe: -r1 --no-feature-limit --no-tile-size-limit), whole
commands with start-up, kernels compiled. tippecanoe reads FlatGeobuf and not GeoParquet, so that both of ours stand
beside it: the very same FlatGeobuf, and the GeoParquet it was made from.
"""

from __future__ import annotations

import argparse
import platform
import sys
from pathlib import Path
from typing import NamedTuple

import geopandas

from pipeline import __version__
from tests.bench.measure import Run, side_by_side
from tests.bench.peers import ROOT, VERSIONS, tippecanoe
from tests.bench.quality import quality

DATA = ROOT.parent / "shared" / "data" / "vector"
WORK = ROOT / ".cache" / "bench"
TABLE = ROOT / "docs" / "benchmarks.md"


class Case(NamedTuple):
    """One file and its zooms."""

    name: str
    low: int
    high: int
    options: tuple[str, ...] = ()  # of longquan


CASES = (
    Case("osm_buildings", 10, 14),
    Case("osm_roads", 6, 14),
    Case("japan_address_points", 6, 14),
    Case("uk_output_areas_100k", 5, 13, ("--coverage",)),
)


def commands(case: Case) -> tuple[dict[str, list[str]], dict[str, Path]]:
    """The command lines of a case and what each writes."""
    parquet = DATA / f"{case.name}.parquet"
    flatgeobuf = WORK / f"{case.name}.fgb"
    if not flatgeobuf.exists():
        geopandas.read_parquet(parquet).to_file(flatgeobuf, driver="FlatGeobuf", engine="pyogrio")
    longquan = str(Path(sys.executable).parent / "longquan")
    outputs = {name: WORK / f"{case.name}-{name}.pmtiles" for name in ("parquet", "flatgeobuf", "tippecanoe")}
    zooms = ["-Z", str(case.low), "-z", str(case.high)]
    ours = [longquan, "tile", *zooms, "-l", case.name, *case.options]
    keep_all = ["-r1", "--no-feature-limit", "--no-tile-size-limit", "--generate-ids"]
    return {
        "parquet": [*ours, str(parquet), str(outputs["parquet"])],
        "flatgeobuf": [*ours, str(flatgeobuf), str(outputs["flatgeobuf"])],
        "tippecanoe": [
            tippecanoe(), "-q", "-f", "-P", *zooms, *keep_all, "-l", case.name,
            "-o", str(outputs["tippecanoe"]), str(flatgeobuf),
        ],
    }, outputs  # fmt: skip


def row(case: Case, medians: dict[str, Run], outputs: dict[str, Path], decode: bool) -> str:
    """One case as lines of the table."""
    peer = medians["tippecanoe"]
    lines = []
    for name, figure in medians.items():
        found = quality(outputs[name]) if decode else None
        kept = " ".join(str(n) for n in found.kept.values()) if found else "–"
        invalid = str(found.invalid) if found else "–"
        who = name if name == "tippecanoe" else f"longquan ({name})"
        ratio = "" if name == "tippecanoe" else f"**{peer.wall / figure.wall:.1f}×** ({peer.cpu / figure.cpu:.1f}×)"
        lines.append(
            f"| {case.name} z{case.low}–{case.high} | {who} | {figure.wall:.2f} | {figure.cpu:.2f} "
            f"| {outputs[name].stat().st_size / 1e6:.1f} | {invalid} | {kept} | {ratio} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(prog="just bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-quality", action="store_true", help="do not decode the archives")
    parser.add_argument("names", nargs="*", metavar="NAME")
    asked = parser.parse_args()
    if not DATA.is_dir():
        print(f"the benchmark data are not there: {DATA.relative_to(ROOT.parent)}", file=sys.stderr)
        return 1
    WORK.mkdir(parents=True, exist_ok=True)
    rows = []
    for case in CASES:
        if asked.names and case.name not in asked.names:
            continue
        print(case.name, file=sys.stderr, flush=True)
        lines, outputs = commands(case)
        rows.append(row(case, side_by_side(lines, asked.rounds), outputs, not asked.no_quality))
        print(rows[-1], flush=True)
    text = TABLE.read_text("utf-8")
    head, _old, tail = text.partition("<!-- table -->")[0], "", text.partition("<!-- /table -->")[2]
    title = (
        f"longquan {__version__}, {VERSIONS[0]}, Python {platform.python_version()}, "
        f"medians of {asked.rounds} rounds taken in turns.\n\n"
        "| data | tool | wall s | CPU s | MB | invalid polygons | ids kept per zoom "
        "| tippecanoe wall (CPU) |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    if not asked.names:
        TABLE.write_text(f"{head}<!-- table -->\n" + "\n".join([title, *rows]) + f"\n<!-- /table -->{tail}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
