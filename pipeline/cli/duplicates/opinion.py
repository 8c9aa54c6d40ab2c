"""`longquan duplicates AREA`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.cli._progress import Bars
from pipeline.cli._table import table
from pipeline.cli.duplicates._arguments import wanted_options
from pipeline.errors import UsageError
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.catalog.opinion import Project, Standing
    from pipeline.catalog.register import Request
    from pipeline.making.opinions import Known, Verdict


@click.command()
@click.argument("area", type=click.Path(path_type=Path), required=False, metavar="[AREA]")
@wanted_options
@click.option("--project", default="", metavar="NAME", help="What the project is called.")
@click.option("--applicant", default="", metavar="NAME", help="Who plans it.")
@click.option("--request", "number", metavar="NUMBER", help="Answer a request of the register; AREA is its own.")
@click.option("--sign", metavar="NAME", help="Issue the formal opinion, signed by this person; needs --request.")
@click.option(
    "--dist",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Check against a published folder instead of the workspace: a self-check, no formal opinion.",
)
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The date of the opinion; without it today."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write opinion.html (Chinese, for A4), opinion.json and gaps.geojson there.",
)
@click.option(
    "--verify",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Check an opinion that was issued: .json or .html.",
)
@workspace_option
@json_option
def opinion(
    area: Path | None,
    themes: tuple[str, ...],
    scale: int | None,
    current: datetime | None,
    accuracy: float | None,
    project: str,
    applicant: str,
    number: str | None,
    sign: str | None,
    dist: Path | None,
    as_of: datetime | None,
    output: Path | None,
    verify: Path | None,
    workspace: Path,
    as_json: bool,
) -> int:
    """Tell what there is for a planned area.

    AREA is any vector file with polygons. For each theme: how much of the area is covered by data that are good
    enough, what is there but too coarse or too old, what is missing, and whom to ask.

    In a workspace all datasets count, those of every edition and those that are not shared. With --dist only what
    that edition shows counts, as in the portal.
    """
    from pipeline.catalog.duplicates import Wanted

    if verify is not None:
        return _verify(verify, workspace, dist, as_json)
    now = datetime.now().astimezone()
    day = as_of.date() if as_of else now.date()
    wanted = Wanted(themes, scale, current.date() if current else None, accuracy)
    if number is not None:
        if area is not None or dist is not None or wanted != Wanted():
            raise UsageError(
                _("A request says for itself what is planned."), hint=_("Leave AREA, --dist and what is wanted out.")
            )
        return _answer(workspace, number, sign, now, day, output, as_json)
    if sign is not None:
        raise UsageError(
            _("A formal opinion answers a request of the register."),
            expected="longquan duplicates --request NUMBER --sign NAME",
            hint=_("Enter the project first: longquan duplicates request AREA --project NAME --applicant NAME"),
        )
    if area is None:
        raise UsageError(_("No area was given."), expected="longquan duplicates AREA [--theme THEME] [--scale 1:N] …")
    return _compare(area, wanted, (project, applicant), workspace, dist, day, output, as_json)


def _compare(
    area: Path,
    wanted: Any,
    words: tuple[str, str],
    workspace: Path,
    dist: Path | None,
    day: Any,
    output: Path | None,
    as_json: bool,
) -> int:
    from pipeline.catalog.opinion import Project, Setting
    from pipeline.catalog.register import read_area
    from pipeline.making import opinions

    with Bars() as progress:
        if dist is not None:
            known = opinions.known_of_edition(dist)
        else:
            known = opinions.known_of_workspace(workspace, day, wanted.themes, progress)
        chosen = replace(wanted, themes=opinions.choose_themes(known.themes, wanted.themes))
        project = Project(*words, read_area(area), area.name, opinions.digest(area), chosen)
        standing: Standing = "draft" if dist is None else "self-check"
        setting = Setting(standing, day, known.publisher, known.edition, missing=known.missing)
        document = opinions.make_opinion(project, setting, known)
        _tell(document, project, known, output, as_json)
    return 0


def _answer(
    workspace: Path, number: str, sign: str | None, now: datetime, day: Any, output: Path | None, as_json: bool
) -> int:
    from pipeline.catalog.opinion import Setting
    from pipeline.catalog.register import find_request
    from pipeline.making import opinions

    request = find_request(workspace, number)
    with Bars() as progress:
        known = opinions.known_of_workspace(workspace, day, request.file.themes, progress, but=number)
        project = _project_of(request)
        standing: Standing = "draft" if sign is None else "formal"
        setting = Setting(standing, day, known.publisher, None, signed_by=sign, missing=known.missing)
        document = opinions.make_opinion(project, setting, known)
        entry = opinions.issue(workspace, request, project, document, known, now) if sign is not None else None
    _tell(document, project, known, output, as_json)
    if entry is not None:
        click.echo(_("Issued: {folder}, entry {n} of the ledger").format(folder=request.folder, n=entry), err=as_json)
    return 0


def _project_of(request: Request) -> Project:
    from pipeline.catalog.duplicates import Wanted
    from pipeline.catalog.opinion import Project
    from pipeline.catalog.register import AREA_FILE, read_area
    from pipeline.making.opinions import digest

    path, file = request.folder / AREA_FILE, request.file
    wanted = Wanted(file.themes, file.scale, file.current, file.accuracy_m)
    return Project(file.project, file.applicant, read_area(path), path.name, digest(path), wanted, request.number)


def _tell(document: Mapping[str, Any], project: Project, known: Known, output: Path | None, as_json: bool) -> None:
    from pipeline.making.opinions import write_files

    written = write_files(output, project, document, known) if output is not None else ()
    if as_json:
        print_json(document)
        return
    click.echo(_human(document))
    for path in written:
        click.echo(path)


def _human(document: Mapping[str, Any]) -> str:
    from pipeline.catalog.opinion_page import conclusion_text, fit_text, standing_text
    from pipeline.i18n import language

    lang, project = language(), document["project"]
    lines = [
        standing_text(document["standing"]),
        _("{km2} km², {cells} cells").format(
            km2=f"{project['square_metres'] / 1e6:,.2f}", cells=f"{project['cells']:,}"
        ),
    ]
    for theme in document["themes"]:
        share = _("{percent} % there").format(percent=f"{theme['right']['percent']:.1f}")
        lines.append(f"{theme['title'][lang]} ({theme['id']}): {share}")
        lines.append("  " + conclusion_text(theme["conclusion"]))
        rows = [
            (
                dataset["id"],
                f"{dataset['percent']:.1f} %",
                fit_text(dataset["fit"]),
                dataset["currency"],
                f"1:{dataset['scale']:,}" if dataset["scale"] else "—",
                dataset["department"]["name"][lang],
            )
            for dataset in theme["datasets"]
        ]
        if rows:
            lines.append(table(rows, left=(0, 2, 5)))
    for other in document["planned"]:
        text = _("also planned: {number} {project}, {applicant}: {percent} % of the area in common")
        lines.append(text.format(**{key: other[key] for key in ("number", "project", "applicant", "percent")}))
    if document["missing"]:
        text = _("Announced datasets of which nothing was handed in yet: {ids}")
        lines.append(text.format(ids=", ".join(document["missing"])))
    return "\n".join(lines)


def _verify(path: Path, workspace: Path, dist: Path | None, as_json: bool) -> int:
    from pipeline.framework.workspace import FRAMEWORK_FILE
    from pipeline.making.opinions import check_opinion

    root = workspace if (workspace / FRAMEWORK_FILE).is_file() else None
    with Bars() as progress:
        verdict = check_opinion(path, root, dist, progress)
    if as_json:
        print_json(
            {
                "hash": verdict.document["hash"],
                "standing": verdict.document["standing"],
                "intact": not verdict.faults,
                "recomputed": verdict.recomputed,
                "ledger": verdict.entry,
                "faults": verdict.faults,
                "notes": verdict.notes,
            }
        )
    else:
        click.echo(_told(verdict))
    return 1 if verdict.faults else 0


def _told(verdict: Verdict) -> str:
    from pipeline.catalog.opinion_page import standing_text

    lines = [standing_text(verdict.document["standing"]), f"sha256 {verdict.document['hash']}"]
    lines += [_("FAULT: {text}").format(text=text) for text in verdict.faults]
    if not verdict.faults:
        lines.append(_("The content has its hash: it was not altered."))
    if verdict.recomputed:
        lines.append(_("Made again from the same data, with the same result."))
    if verdict.entry is not None:
        lines.append(_("Entry {n} of the ledger names it.").format(n=verdict.entry))
    return "\n".join([*lines, *verdict.notes])
