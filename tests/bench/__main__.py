"""`just bench`: the vector engine beside its peers, on this machine, into docs/benchmarks.md.

Everything measured is kept in .cache/bench/results.json; the page is put together from all that was measured on this
machine with this state of pipeline/, so that one long run may be several short ones.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.bench import changes, delta, gaps, growth, inputs, memory, nearness, raster, search, startup, table
from tests.bench.cases import BUILDINGS, CASES, DATA, ROOT, WORK, Case
from tests.bench.floor import floor
from tests.bench.measure import QUIET, Run, disturbance, in_turns, run
from tests.bench.peers import OURS, TOOLS, Tool, command, has_ids, install
from tests.bench.quality import quality
from tests.bench.results import Results, digest, disturbed

_SAMPLE = 2000  # rows of the runs that only warm up
_GAPS_OF = ("longquan", "tippecanoe", "freestiler")
SECTIONS = ("table", "gaps", "startup", "floor", "growth", "memory", "changes", "delta", "raster", "search")


def main() -> int:
    """Measure what was asked for and write the page; 1 when the machine is too busy to measure on."""
    asked = _arguments()
    if not DATA.is_dir():
        print(f"the benchmark data are not there: {DATA.relative_to(ROOT.parent)}", file=sys.stderr)
        return 1
    WORK.mkdir(parents=True, exist_ok=True)
    install()
    results = Results()
    jobs: dict[str, Callable[[argparse.Namespace, Results], None]] = {
        "table": _measure_table, "gaps": _measure_gaps, "startup": _measure_startup, "floor": _measure_floor,
        "growth": _measure_growth, "memory": _measure_memory, "changes": _measure_changes,
        "delta": _measure_delta, "raster": _measure_raster, "search": _measure_search,
    }  # fmt: skip
    for section in asked.section:
        busy = 0.0 if section == "gaps" else disturbance()  # gaps are no matter of time
        if busy > QUIET and not asked.loaded:
            hint = "wait, or measure all the same with --loaded"
            print(f"{section}: other work keeps {busy:.1f} processors busy: {hint}", file=sys.stderr)
            return 1
        results.loaded = busy > QUIET
        print(section, file=sys.stderr, flush=True)
        jobs[section](asked, results)
    print(table.page(results))
    if not asked.quick:
        table.write(results)
        print(f"written to {table.PAGE.relative_to(ROOT)}", file=sys.stderr)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="just bench", description=__doc__.partition("\n\n")[0])
    add = parser.add_argument
    names = [case.name for case in CASES]
    add("--rounds", type=int, default=2, help="runs of each command, in turns; long ones stop earlier [2]")
    add("--patience", type=float, default=45, metavar="S", help="no more runs of what has taken so many seconds [45]")
    add("--quick", action="store_true", help="one round, one copy, nothing decoded, page left alone")
    add("--case", action="append", choices=names, help="only these files; may be repeated")
    add("--copies", type=int, choices=table.SIZES, action="append", help="only the file, or only ten copies of it")
    add("--peers", nargs="*", choices=[t.name for t in TOOLS if t.name not in OURS], help="only these beside ours")
    add("--section", action="append", choices=SECTIONS, help="only these parts; may be repeated")
    add("--long", action="store_true", help="growth up to nine million features")
    add("--loaded", action="store_true", help="measure on a busy machine; the page says so")
    asked = parser.parse_args()
    if asked.quick:
        asked.rounds, asked.copies = 1, [1]
    asked.section = asked.section or (["table", "startup", "floor"] if asked.quick else SECTIONS)
    asked.copies = asked.copies or table.SIZES
    asked.cases = [case for case in CASES if not asked.case or case.name in asked.case]
    return asked


def _measure_table(asked: argparse.Namespace, results: Results) -> None:
    for copies in asked.copies:
        for case in asked.cases:
            _measure_case(asked, results, case, copies)


def _measure_case(asked: argparse.Namespace, results: Results, case: Case, copies: int) -> None:
    tools = [
        tool
        for tool in TOOLS
        if copies <= tool.largest and (tool.name in OURS or asked.peers is None or tool.name in asked.peers)
    ]
    sources = _sources(tools, inputs.parquet(case, copies))
    small = _sources(tools, inputs.parquet(case, rows=_SAMPLE))
    lines, outputs = {}, {}
    for tool in tools:
        outputs[tool.name] = table.archive(case, copies, tool)
        lines[tool.name] = command(tool, case, sources[tool.reads], outputs[tool.name])
        # Not counted: programs and libraries come from the disk once, and ours may still have to compile.
        run(command(tool, case, small[tool.reads], WORK / "warm.pmtiles"))
        if tool.name in OURS and copies == 1:
            run(lines[tool.name])
    print(f"{case.name} x{copies}", file=sys.stderr, flush=True)
    load = os.getloadavg()[0]
    runs = in_turns(lines, asked.rounds, patience=asked.patience, done=_tell)
    for tool in tools:
        name = table.name_of(case, copies, tool)
        if disturbed(runs[tool.name]) and not asked.loaded:
            print(f"  {tool.name}: other work disturbed it, not kept", file=sys.stderr, flush=True)
            continue
        results.put_runs(name, runs[tool.name], load)
        path = outputs[tool.name]
        found = digest(path)
        results.put(f"{name} archive", {"sha256": found, "bytes": path.stat().st_size})
        if copies == 1 and not asked.quick and results.found_in(found, "quality") is None:
            results.put_found(found, "quality", quality(path, by_ids=has_ids(tool, case))._asdict())


def _sources(tools: Sequence[Tool], parquet: Path) -> dict[str, Path]:
    wanted = {tool.reads for tool in tools}
    return {"parquet": parquet, **({"flatgeobuf": inputs.flatgeobuf(parquet)} if "flatgeobuf" in wanted else {})}


def _tell(name: str, done: Run) -> None:
    text = f"  {name}: {done.wall:.2f} s, {done.cpu:.2f} CPU s, {done.rss:.0f} MB"
    print(text + (f", others {done.others:.1f}" if done.others > QUIET else ""), file=sys.stderr, flush=True)


def _measure_gaps(asked: argparse.Namespace, results: Results) -> None:
    for case in asked.cases:
        if not case.coverage:
            continue
        if results.get("gaps source") is None:
            true, zooms = gaps.of_source(inputs.parquet(case), case.low, case.high)
            results.put("gaps source", {"true": true, "zooms": {str(zoom): found for zoom, found in zooms.items()}})
        for tool in TOOLS:
            file = results.get(table.name_of(case, 1, tool) + " archive")
            if file and tool.name in _GAPS_OF and results.found_in(file["sha256"], "gaps") is None:
                results.put_found(file["sha256"], "gaps", gaps.of_archive(table.archive(case, 1, tool)))


def _measure_startup(asked: argparse.Namespace, results: Results) -> None:
    figures: dict[str, Any] = {
        "help": startup.help_page(5).wall,
        "one": {case.name: startup.starting(case, 3).wall for case in CASES},
    }
    if not asked.quick:
        figures["cold"] = {name: (found.wall, found.cpu) for name, found in startup.compiling().items()}
    results.put("startup", figures)


def _measure_floor(asked: argparse.Namespace, results: Results) -> None:
    for case in asked.cases:
        for copies in asked.copies:
            path = table.archive(case, copies, TOOLS[0])
            if results.runs(table.name_of(case, copies, TOOLS[0])) and path.exists():
                found = floor(inputs.parquet(case, copies), path, 3 if copies == 1 else 1)
                results.put(f"floor {case.name} x{copies}", found._asdict())


def _measure_growth(asked: argparse.Namespace, results: Results) -> None:
    sizes = growth.growth(3, long=asked.long)
    spread = growth.spread(sizes, _start(results))
    results.put("growth", {"sizes": [
        {"features": size.features, "wall": size.run.wall, "rss": size.run.rss, "each": each, "off": off}
        for size, (each, off) in zip(sizes, spread, strict=True)
    ]})  # fmt: skip


def _measure_memory(_asked: argparse.Namespace, results: Results) -> None:
    results.put("memory", {"runs": [{"bound": one.bound, **one.run._asdict()} for one in memory.bounded()]})


def _measure_changes(asked: argparse.Namespace, results: Results) -> None:
    found = changes.changed(asked.rounds)
    walls = {"full": found.full.wall, "told": found.told.wall, "start": _start(results)}
    results.put("changes", {"features": found.features, "same_bytes": found.same_bytes, **walls})


def _measure_delta(asked: argparse.Namespace, results: Results) -> None:
    rows = []
    for copies in asked.copies:
        for found in delta.deltas(copies, asked.rounds):
            told = {"copies": copies, "spread": found.spread, "features": found.features, "tiles": found.tiles}
            sizes = {"full": found.full, "delta": found.delta}
            rows.append({**told, **sizes, "make": found.make._asdict(), "apply": found.apply._asdict()})
            _tell(f"x{copies} {found.spread}, make", found.make)
            _tell(f"x{copies} {found.spread}, apply", found.apply)
    results.put("delta", {"rows": rows})


def _measure_raster(asked: argparse.Namespace, results: Results) -> None:
    raster.install()
    for picture in raster.PICTURES:
        print(picture.name, file=sys.stderr, flush=True)
        load = os.getloadavg()[0]
        for name, runs in raster.pictures(picture, asked.rounds, asked.patience).items():
            results.put_runs(f"{picture.name} {name}", runs, load)
            for each in runs:
                _tell(name, each)
            out = raster.commands(picture)[name][1]
            found = digest(out)
            results.put(f"{picture.name} {name} archive", {"sha256": found, "bytes": out.stat().st_size})
            if results.found_in(found, "nearness") is None:
                results.put_found(found, "nearness", nearness.compare(out, picture.source))
        out = raster.commands(picture)["longquan"][1]
        results.put(f"{picture.name} encoding", {"seconds": nearness.encoding(out)})
    results.put("elevations", {name: each._asdict() for name, each in raster.elevations().items()})


def _measure_search(_asked: argparse.Namespace, results: Results) -> None:
    done, index = search.building()
    _tell("index", done)
    answers = [answer._asdict() for answer in search.asking(index)]
    results.put("search", {"build": done._asdict(), "bytes": index.stat().st_size, "answers": answers})


def _start(results: Results) -> float:
    """Seconds of a run of one building."""
    known = results.get("startup")
    return float(known["one"][BUILDINGS.name]) if known else startup.starting(BUILDINGS, 3).wall


if __name__ == "__main__":
    sys.exit(main())
