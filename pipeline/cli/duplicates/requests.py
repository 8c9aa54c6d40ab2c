"""`longquan duplicates list`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.cli._table import table
from pipeline.cli.duplicates.request import doubts_text
from pipeline.i18n import _


@click.command()
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The day to count from; without it today."
)
@click.option("--open", "only_open", is_flag=True, help="Only those that wait for an answer.")
@workspace_option
@json_option
def requests(as_of: datetime | None, only_open: bool, workspace: Path, as_json: bool) -> None:
    """List the register, with the days left to answer.

    Days are working days, by the table of public holidays that comes with longquan and the workspace's own
    workdays.toml.
    """
    from pipeline.catalog.opinion_page import state_text
    from pipeline.catalog.register import clock_of, read_requests
    from pipeline.framework import load_workspace
    from pipeline.framework.workdays import load_workdays

    load_workspace(workspace)
    workdays = load_workdays(workspace)
    day = (as_of or datetime.now()).date()
    found = [
        (request, clock_of(request, workdays, day))
        for request in read_requests(workspace)
        if not only_open or request.state == "open"
    ]
    if as_json:
        print_json([_machine(request, clock) for request, clock in found])
        return
    if not found:
        click.echo(_("The register is empty."))
        return
    heads = (
        _("Number"),
        _("Received"),
        _("Due"),
        _("Days left"),
        _("Answered"),
        _("State"),
        _("Applicant"),
        _("Project"),
    )
    rows = [
        (
            request.number,
            request.file.received,
            clock.due,
            _left(clock.left) if request.state == "open" else "—",
            request.answered or "—",
            state_text(request.state),
            request.file.applicant,
            request.file.project,
        )
        for request, clock in found
    ]
    click.echo(table([heads, *rows], left=(0, 1, 2, 4, 5, 6, 7)))
    doubts = tuple(sorted({year for _request, clock in found for year in clock.doubts}))
    if doubts:
        click.echo(doubts_text(doubts), err=True)


def _left(left: int) -> str:
    return _("overdue by {n}").format(n=-left) if left < 0 else str(left)


def _machine(request: Any, clock: Any) -> dict[str, Any]:
    return {
        "number": request.number,
        **request.file.model_dump(mode="json"),
        "state": request.state,
        "answered": request.answered.isoformat() if request.answered else None,
        "due": clock.due.isoformat(),
        "days_left": clock.left,
        "overdue": request.state == "open" and clock.left < 0,
        "holidays_not_confirmed": list(clock.doubts),
    }
