"""`longquan geocode`: 地名地址匹配, offline, over the index that the portal searches."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.portal.search.batch import Summary


@click.command()
@click.argument("source", type=click.Path(path_type=Path), metavar="IN.csv")
@click.argument("target", type=click.Path(path_type=Path), metavar="OUT.csv")
@click.option(
    "--index",
    "dist",
    type=click.Path(path_type=Path),
    default=Path("dist/public"),
    show_default=True,
    metavar="DIST",
    help="The published folder whose names and addresses are meant.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME",
    help="The column with the addresses; of several, in this order, the texts are joined.",
)
@click.option("--encoding", metavar="NAME", help="The encoding of IN.csv, where it cannot be found out.")
@json_option
def geocode(
    source: Path, target: Path, dist: Path, columns: tuple[str, ...], encoding: str | None, as_json: bool
) -> int:
    """Find the places of a list of addresses, without a network.

    OUT.csv is IN.csv with eight columns more: match_level, match_score (0 to 100), match_text, match_lng and match_lat
    (CGCS2000 degrees), match_town, match_dataset and match_id.

    Levels: number (that very door), interpolated (between its neighbours on the same side of the road), road, place
    (a village, an estate, a point of interest), town, none. A score below 60 should be looked at by a person.

    Without --column it is the one called 标准地址, 地址, ADDRESS, NAME and the like.
    """
    from pipeline.cli._progress import Bars
    from pipeline.portal.search.batch import match_file
    from pipeline.portal.search.reader import open_published

    with open_published(dist) as index, Bars() as progress:
        summary = match_file(index, source, target, columns, encoding, progress)
    if as_json:
        print_json({**asdict(summary), "columns": list(summary.columns)})
    click.echo(_for_people(summary), err=True)
    return 0


def _for_people(summary: Summary) -> str:
    from pipeline.cli._table import pairs

    words = {
        "number": _("door"),
        "interpolated": _("between doors"),
        "road": _("road"),
        "place": _("village, estate or point of interest"),
        "town": _("town"),
        "none": _("not found"),
    }
    total = max(summary.rows, 1)
    lines = [_("{n} rows, column {columns}").format(n=f"{summary.rows:,}", columns=" + ".join(summary.columns))]
    lines.append(pairs([(words[level], f"{n:>9,}  {100 * n / total:5.1f} %") for level, n in summary.levels.items()]))
    lines.append(_("mean score of what was found: {score:.0f}").format(score=summary.score))
    return "\n".join(lines)
