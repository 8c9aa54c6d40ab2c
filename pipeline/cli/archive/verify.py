"""`longquan archive verify`: is an archive sound, outside and inside?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option

if TYPE_CHECKING:
    from pipeline.archive.rules import Report
    from pipeline.progress import Progress


@click.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Refuse archives with warnings too: what this tool builds has none.")
@click.option("--structure-only", is_flag=True, help="Do not look inside tiles.")
@click.option("--threads", type=click.IntRange(min=1), help="Threads to use; by default one per processor.")
@json_option
def verify(files: tuple[Path, ...], strict: bool, structure_only: bool, threads: int | None, as_json: bool) -> int:
    """Check archives: structure, and every tile of vector archives.

    Errors break the PMTiles or MVT specification or the archive's own metadata; warnings break habits of this
    platform (ids on every feature, extent 4096, no unused bytes …). Exit code 1 when an archive is refused.
    """
    from pipeline.cli._progress import Bars
    from pipeline.cli.archive import _verify_page as page

    results = []
    with Bars() as progress:
        for file in files:
            result = _verified(file, structure_only, threads, progress)
            result["accepted"] = not result["errors"] and not (strict and result["warnings"])
            results.append(result)
            if not as_json:
                click.echo(page.judged(result))
    accepted = all(result["accepted"] for result in results)
    if as_json:
        print_json({"accepted": accepted, "archives": results})
    return 0 if accepted else 1


def _verified(file: Path, structure_only: bool, threads: int | None, progress: Progress) -> dict[str, Any]:
    """One archive's faults and figures as a JSON object."""
    from pipeline.archive.header import TileType
    from pipeline.archive.reader import open_archive
    from pipeline.archive.verify import verify_archive

    report = verify_archive(file)
    result: dict[str, Any] = {"path": str(file), "tile_type": None, "looked_inside": False, "zooms": []}
    reports: list[Report] = [report]
    if not report.errors:
        with open_archive(file) as opened:
            result["tile_type"] = opened.header.tile_type.name.lower()
            if opened.header.tile_type is TileType.MVT and not structure_only:
                from pipeline.vector.verify import verify_tiles

                found = verify_tiles(opened, threads=threads, progress=progress)
                reports.append(found.report)
                result["looked_inside"] = True
                result["zooms"] = [figures._asdict() for figures in found.zooms]
    return result | {
        "errors": sum(each.errors for each in reports),
        "warnings": sum(each.warnings for each in reports),
        "counts": {rule: n for each in reports for rule, n in each.counts.items()},
        "faults": [fault.as_json() for each in reports for fault in each.faults],
    }
