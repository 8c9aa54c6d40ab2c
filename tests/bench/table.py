"""Results → the page docs/benchmarks.md: everything between its markers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline import __version__
from tests.bench.cases import CASES, ROOT, WORK, Case
from tests.bench.measure import Run, median
from tests.bench.peers import OURS, TOOLS, Tool, has_ids
from tests.bench.pictures import BOUND
from tests.bench.raster import PICTURES
from tests.bench.results import Results, commit, machine, versions
from tests.bench.search import NAMES, NUMBERS

PAGE = ROOT / "docs" / "benchmarks.md"
_BEGIN, _END = "<!-- table -->", "<!-- /table -->"
SIZES = (1, 10)
GAP_BAR = 1.1  # of the source's own gaps on the grid of the zoom


def archive(case: Case, copies: int, tool: Tool) -> Path:
    """Where a tool's archive of a case lies."""
    return WORK / f"{case.name}-x{copies}-{tool.name}.pmtiles"


def name_of(case: Case, copies: int, tool: Tool) -> str:
    """What its runs are kept under."""
    return f"{case.name} x{copies} {tool.name}"


def write(results: Results) -> None:
    """Replace what stands between the markers."""
    head, _begin, rest = PAGE.read_text("utf-8").partition(_BEGIN)
    _old, _end, tail = rest.partition(_END)
    PAGE.write_text(f"{head}{_BEGIN}\n{page(results)}\n{_END}{tail}", "utf-8")


def page(results: Results) -> str:
    """All sections of which there are figures."""
    sections = [_heading(results), _bars(results)]
    sections += [_case(results, case, copies) for case in CASES for copies in SIZES]
    sections += [_gaps(results), _starting(results), _floor(results), _growth(results), _memory(results)]
    sections += [_changes(results), _delta(results), _pictures(results), _elevations(results), _search(results)]
    return "\n\n".join(section for section in sections if section)


def _heading(results: Results) -> str:
    words = ", ".join(f"{name} {number}" for name, number in versions().items())
    text = f"longquan {__version__} at {commit()}; {words}; {machine()}."
    disturbed = results.disturbed()
    if disturbed:
        text += (
            "\n\n**Measured while the machine was busy with other work: not to be quoted.** "
            f"Disturbed: {', '.join(disturbed)}."
        )
    return text


def _wall(results: Results, case: Case, copies: int, tool: str) -> float | None:
    found = results.runs(f"{case.name} x{copies} {tool}")
    return median(found).wall if found else None


def _bars(results: Results) -> str:
    """Every speed the engine's issue asks for, beside what was measured."""
    rows = []
    for case in CASES:
        for (peer, copies), bar in case.bars.items():
            theirs, ours = _wall(results, case, copies, peer), _wall(results, case, copies, "longquan")
            if theirs and ours:
                held = "yes" if theirs / ours >= bar else "**no**"
                rows.append([case.name, str(copies), peer, f"{bar:g}×", f"{theirs / ours:.1f}×", held])
    if not rows:
        return ""
    return "### Bars\n\n" + _table(["data", "copies", "peer", "bar", "measured", "holds"], rows)


def _case(results: Results, case: Case, copies: int) -> str:
    rows = []
    ours = {name: _wall(results, case, copies, name) for name in OURS}
    for tool in TOOLS:
        runs = results.runs(name_of(case, copies, tool))
        if not runs:
            continue
        kept_under = results.get(name_of(case, copies, tool) + " archive") or {}
        inside = results.found_in(kept_under.get("sha256", ""), "quality")
        rows.append(
            [tool.title, *_times(runs), *_contents(kept_under, inside, has_ids(tool, case)), *_ratios(tool, runs, ours)]
        )
    if not rows:
        return ""
    title = f"### {case.name}, z{case.low}–{case.high}" + (", ten copies" if copies > 1 else "")
    zooms = f"z{case.low}–{case.high}"
    columns = ["tool", "wall s", "runs", "CPU s", "peak MB", "archive MB", "without ids", "invalid", f"kept {zooms}"]
    return f"{title}\n\n" + _table([*columns, "wall ÷ ours (GeoParquet)", "(FlatGeobuf)"], rows)


def _times(runs: Sequence[Run]) -> list[str]:
    middle = median(runs)
    walls = [run.wall for run in runs]
    spread = f" ({min(walls):.2f}–{max(walls):.2f})" if len(walls) > 1 else ""
    return [f"{middle.wall:.2f}{spread}", str(len(runs)), f"{middle.cpu:.2f}", f"{middle.rss:.0f}"]


def _contents(file: dict[str, Any], inside: dict[str, Any] | None, by_ids: bool) -> list[str]:
    size = f"{file['bytes'] / 1e6:.1f}" if file else "–"
    if inside is None:
        return [size, "–", "–", "–"]
    invalid = sum(inside["invalid"].values())
    worst = [f"z{zoom} {n}" for zoom, n in _by_zoom(inside["invalid"]) if n]
    kept = " ".join(str(n) for _zoom, n in _by_zoom(inside["kept"]))
    return [
        size,
        f"{inside['without_ids'] / 1e6:.1f}",
        f"{invalid} ({', '.join(worst)})" if invalid else "0",
        kept + ("" if by_ids else " *"),
    ]


def _by_zoom(figures: Mapping[Any, int]) -> list[tuple[int, int]]:
    """Figures of zooms in order; JSON made texts of the zooms, and sorted them so."""
    return sorted((int(zoom), n) for zoom, n in figures.items())


def _ratios(tool: Tool, runs: Sequence[Run], ours: dict[str, float | None]) -> list[str]:
    if tool.name in OURS:
        return ["", ""]
    return [f"{median(runs).wall / wall:.1f}×" if wall else "–" for wall in ours.values()]


def _gaps(results: Results) -> str:
    source = results.get("gaps source")
    if source is None:
        return ""
    zooms = list(source["zooms"])
    rows = [["source, on the grid of the zoom", *(f"{source['zooms'][z][0] * 1e4:.3f}" for z in zooms), ""]]
    case = next(case for case in CASES if case.coverage)
    for tool in TOOLS:
        file = results.get(name_of(case, 1, tool) + " archive") or {}
        found = results.found_in(file.get("sha256", ""), "gaps")
        if found:
            over = [z for z in zooms if found[z][0] > GAP_BAR * source["zooms"][z][0]]
            cells = [f"{found[z][0] * 1e4:.3f}" for z in zooms]
            rows.append([tool.title, *cells, ", ".join(f"z{z}" for z in over) or "none"])
    return (
        f"### Gaps between areas, {case.name}\n\n"
        "Holes of the union of all areas, ×10⁻⁴ of its area. The source as it is, at no zoom's grid, has "
        f"{source['true'] * 1e4:.3f}, its true holes, in every figure.\n\n"
        + _table(["", *(f"z{zoom}" for zoom in zooms), "more than 10 % over the source"], rows)
    )


def _starting(results: Results) -> str:
    found = results.get("startup")
    if found is None:
        return ""
    rows = [["`longquan --help`", f"{found['help']:.2f}", "", "≤ 0.3"]]
    rows += [[f"`tile` of one feature, {name}", f"{s:.2f}", "", "≤ 1.5"] for name, s in found["one"].items()]
    rows += [
        [
            f"first `tile` ever, nothing compiled, {name}" if name != "all" else "`longquan warm`, nothing compiled",
            f"{wall:.1f}",
            f"{cpu:.1f}",
            bar,
        ]
        for name, (wall, cpu) in found.get("cold", {}).items()
        for bar in ("≤ 90" if name == "all" else "≤ 15",)
    ]
    return "### Starting\n\n" + _table(["command", "wall s", "CPU s", "bar"], rows)


def _floor(results: Results) -> str:
    rows = []
    starts = results.get("startup")
    for case in CASES:
        for copies in SIZES:
            found = results.get(f"floor {case.name} x{copies}")
            wall = _wall(results, case, copies, "longquan")
            if found and starts and wall:
                start, least = starts["one"][case.name], found["read"] + found["compress"]
                cells = [f"{s:.2f}" for s in (found["read"], found["compress"], start, wall)]
                rows.append([case.name, str(copies), *cells, f"{(wall - start) / least:.1f}×"])
    if not rows:
        return ""
    return (
        "### Distance to the floor\n\n"
        "Reading the input with pyarrow plus compressing the tiles with libdeflate 6 on two threads; the ratio is our "
        "wall time without start-up over that. Bar: ≤ 2×.\n\n"
        + _table(["data", "copies", "read s", "compress s", "start-up s", "wall s", "ratio"], rows)
    )


def _growth(results: Results) -> str:
    found = results.get("growth")
    if found is None:
        return ""
    rows = [
        [
            f"{size['features']:,}",
            f"{size['wall']:.2f}",
            f"{size['rss']:.0f}",
            f"{size['each']:.1f}",
            f"{size['off']:+.0%}",
        ]
        for size in found["sizes"]
    ]
    return "### Growth\n\nBar: every size within ±25 % of the middle.\n\n" + _table(
        ["buildings", "wall s", "peak MB", "µs a feature without start-up", "from the middle"], rows
    )


def _memory(results: Results) -> str:
    found = results.get("memory")
    if found is None:
        return ""
    rows = [
        [
            f"{one['bound']} MB",
            f"{one['rss']:.0f}",
            f"{one['wall']:.1f}",
            "yes" if one["rss"] <= one["bound"] else "**no**",
        ]
        for one in found["runs"]
    ]
    return "### Memory, osm_buildings, ten copies\n\n" + _table(["`--memory`", "peak MB", "wall s", "holds"], rows)


def _changes(results: Results) -> str:
    found = results.get("changes")
    if found is None:
        return ""
    start = found["start"]
    share = (found["told"] - start) / (found["full"] - start)
    row = [f"{found['features']:,}", f"{found['full']:.2f}", f"{found['told']:.2f}", f"{share:.1%}"]
    return (
        "### After a small change, osm_buildings, ten copies\n\nBar: ≤ 10 % of a full build, start-up apart, and the "
        "same bytes.\n\n"
        + _table(
            ["features changed, one neighbourhood", "full build s", "told what changed s", "share", "same bytes"],
            [[*row, "yes" if found["same_bytes"] else "**no**"]],
        )
    )


def _delta(results: Results) -> str:
    found = results.get("delta")
    if found is None:
        return ""
    rows = [
        [
            f"{one['copies']} × {one['spread']}",
            f"{one['features']:,}",
            f"{one['tiles']:,}",
            f"{one['full'] / 1e6:.1f}",
            f"{one['delta'] / 1e6:.2f}",
            f"{one['delta'] / one['full']:.1%}",
            f"{one['make']['cpu']:.1f}",
            f"{one['apply']['cpu']:.1f}",
            f"{one['full'] / 1e6 / one['apply']['wall']:.0f}",
            f"{one['apply']['rss']:.0f}",
        ]
        for one in found["rows"]
    ]
    return (
        "### Deltas between archives, osm_buildings\n\nOne feature in a hundred moved, renamed or removed: in five "
        "neighbourhoods (near), or anywhere. Bar: near ≤ 3 % of the archive. Start-up included.\n\n"
        + _table(
            [
                "copies",
                "features",
                "tiles",
                "archive MB",
                "delta MB",
                "share",
                "make CPU s",
                "apply CPU s",
                "MB/s",
                "MB",
            ],
            rows,
        )
    )


def _search(results: Results) -> str:
    found = results.get("search")
    if found is None:
        return ""
    build, answers = found["build"], found["answers"]
    size = f"{NAMES:,} names and {NUMBERS:,} house numbers: {found['bytes'] / 1e6:.1f} MB"
    text = f"### Search\n\n{size}, built in {build['wall']:.1f} s ({build['cpu']:.1f} CPU s, {build['rss']:.0f} MB)."
    rows = [
        [each["query"], each["found"], f"{each['ms']:.0f}", f"{each['bytes'] / 1e3:.1f}", str(each["requests"])]
        for each in answers
    ]
    worst = [max(each[key] for each in answers) for key in ("ms", "bytes", "requests")]
    rows.append(["worst", "", f"{worst[0]:.0f}", f"{worst[1] / 1e3:.1f}", str(worst[2])])
    return f"{text}\n\n" + _table(["first query", "found first", "ms", "KB", "requests"], rows)


def _pictures(results: Results) -> str:
    rows = []
    for picture in PICTURES:
        encoding = results.get(f"{picture.name} encoding")
        ours = results.runs(f"{picture.name} longquan")
        for name in ("longquan", "rio-pmtiles"):
            runs = results.runs(f"{picture.name} {name}")
            file = results.get(f"{picture.name} {name} archive")
            if not runs or not file or not encoding or not ours:
                continue
            near = results.found_in(file["sha256"], "nearness") or {}
            share = f"{median(runs).cpu / encoding['seconds']:.2f}×"
            ratio = f"{median(runs).wall / median(ours).wall:.1f}× (bar {picture.bar:g}×)" if name != "longquan" else ""
            nearness = [
                " · ".join(f"{near[name][which]:.2f}" for which in ("last", "below")) if name in near else ""
                for name in ("bilinear", "average", "formula")
            ]
            cells = [f"{file['bytes'] / 1e6:.1f}", *nearness, share, ratio]
            rows.append([f"{picture.name}, z{picture.low}–{picture.high}", name, *_times(runs), *cells])
    if not rows:
        return ""
    columns = ["picture", "tool", "wall s", "runs", "CPU s", "peak MB", "archive MB", "bilinear", "average", "formula"]
    return (
        "### Imagery\n\nWebP, quality 75, method 4, 512 pixels. PSNR (dB), at the last zoom · at three below: against "
        "rio-tiler's bilinear reading of each tile, its averages of areas, and means of the formula that the synthetic "
        "orthophoto is made by. "
        "CPU ÷ encoding: the command's processor seconds over those of encoding our tiles alone (bar of the large one: "
        "≤ 1.5×).\n\n" + _table([*columns, "CPU ÷ encoding", "wall ÷ ours"], rows)
    )


def _elevations(results: Results) -> str:
    found = results.get("elevations")
    if found is None:
        return ""
    names = {"terrain z5–12": "≤ 20 s", "contours at 20 m": "≤ 20 s", "terrain, memory": f"≤ {BOUND} MB"}
    rows = [
        [name, f"{found[name]['wall']:.1f}", f"{found[name]['cpu']:.1f}", f"{found[name]['rss']:.0f}", bar]
        for name, bar in names.items()
    ]
    return (
        "### Terrain\n\nOf N48W125_1arcsec.tif; the last one of the same side by side, ten times as many bytes as "
        f"`--memory {BOUND}MB` allows.\n\n" + _table(["product", "wall s", "CPU s", "peak MB", "bar"], rows)
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
