"""`longquan archive verify`: is an archive sound, outside and inside?"""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.i18n import _


@click.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Refuse archives with warnings too: what this tool builds has none.")
@click.option("--structure-only", is_flag=True, help="Do not look inside tiles.")
@click.option(
    "--heights",
    metavar="LOW,HIGH",
    help="Metres between which terrain is believed; by default from -500 to 9000.",
)
@click.option("--threads", type=click.IntRange(min=1), help="Threads to use; by default one per processor.")
@json_option
def verify(
    files: tuple[Path, ...],
    strict: bool,
    structure_only: bool,
    heights: str | None,
    threads: int | None,
    as_json: bool,
) -> int:
    """Check archives: structure, and every tile, vector or raster.

    Errors break the PMTiles or MVT specification or the archive's own metadata; warnings break habits of this
    platform (ids on every feature, extent 4096, no unused bytes …). Every image is decoded whole; its format and size
    are checked, and of terrain its heights. Exit code 1 when an archive is refused.
    """
    from pipeline.cli._progress import Bars
    from pipeline.cli.archive import _verify_page as page
    from pipeline.release.archive_check import check_archive

    believed = None if heights is None else _range(heights)
    results = []
    with Bars() as progress:
        for file in files:
            found = check_archive(
                file, structure_only=structure_only, heights=believed, threads=threads, progress=progress
            )
            result = {"path": str(file)} | found.as_json()
            result["accepted"] = not result["errors"] and not (strict and result["warnings"])
            results.append(result)
            if not as_json:
                click.echo(page.judged(result))
    accepted = all(result["accepted"] for result in results)
    if as_json:
        print_json({"accepted": accepted, "archives": results})
    return 0 if accepted else 1


def _range(text: str) -> tuple[float, float]:
    from pipeline.errors import UsageError

    try:
        low, high = map(float, text.split(","))
    except ValueError:
        low, high = 1.0, 0.0
    if not low < high:
        raise UsageError(
            _("--heights is no range: {text}.").format(text=text),
            expected=_("two numbers in metres, the lower one first, such as -500,9000"),
        )
    return low, high
