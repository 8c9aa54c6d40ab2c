"""`longquan duplicates request AREA`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.cli.duplicates._arguments import wanted_options
from pipeline.i18n import _


@click.command()
@click.argument("area", type=click.Path(path_type=Path))
@click.option("--project", required=True, metavar="NAME", help="What the project is called.")
@click.option("--applicant", required=True, metavar="NAME", help="Who plans it.")
@click.option("--person", default="", metavar="NAME", help="Whom to ask about it.")
@click.option("--phone", default="", metavar="NUMBER", help="Their telephone.")
@wanted_options
@click.option(
    "--finish", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="When the project's own data will be there."
)
@click.option(
    "--received",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The day the request came in; without it today.",
)
@workspace_option
@json_option
def request(
    area: Path,
    project: str,
    applicant: str,
    person: str,
    phone: str,
    themes: tuple[str, ...],
    scale: int | None,
    current: datetime | None,
    accuracy: float | None,
    finish: datetime | None,
    received: datetime | None,
    workspace: Path,
    as_json: bool,
) -> None:
    """Enter a planned project into the register.

    Gives it a number, keeps its area and what it needs below requests/ of the workspace, and notes it in the ledger.
    From the next working day on there are ten working days to answer it.
    """
    from pipeline.catalog.register import clock_of, open_request, read_area, refuse_elsewhere
    from pipeline.framework import load_workspace
    from pipeline.framework.department import Contact
    from pipeline.framework.project_request import ProjectRequest
    from pipeline.framework.workdays import load_workdays
    from pipeline.making.opinions import choose_themes

    framework = load_workspace(workspace)
    now = datetime.now().astimezone()
    file = ProjectRequest(
        project=project,
        applicant=applicant,
        contact=Contact(person=person, phone=phone),
        received=(received or now).date(),
        themes=choose_themes([{"id": t.id, "title": t.title.model_dump()} for t in framework.themes], themes),
        scale=scale,
        current=current.date() if current else None,
        accuracy_m=accuracy,
        finish=finish.date() if finish else None,
    )
    workdays = load_workdays(workspace)
    shapes = read_area(area)
    refuse_elsewhere(shapes, framework.city.bounds, str(area))
    opened = open_request(workspace, file, shapes, now)
    clock = clock_of(opened, workdays, now.date())
    if as_json:
        print_json({"number": opened.number, "folder": str(opened.folder), "due": clock.due.isoformat()})
        return
    click.echo(_("{number}: answer it until {due}").format(number=opened.number, due=clock.due))
    command = f"longquan duplicates --request {opened.number} --sign NAME"
    click.echo(_("Answer it with: {command}").format(command=command), err=True)
    if clock.doubts:
        click.echo(doubts_text(clock.doubts), err=True)


def doubts_text(years: tuple[int, ...]) -> str:
    """That the public holidays of some years are not certain."""
    return _("Nobody has confirmed the public holidays of {years}; see docs/duplicates.md.").format(
        years=", ".join(map(str, years))
    )
