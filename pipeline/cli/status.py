"""`longquan status`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.cli._table import table
from pipeline.i18n import _, language, ngettext

if TYPE_CHECKING:
    from pipeline.intake.calendar import Standing

_SCORE = 8  # its place among the columns


@click.command()
@workspace_option
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The date that is asked about; without it today.",
)
@json_option
def status(workspace: Path, as_of: datetime | None, as_json: bool) -> None:
    """Tell who handed in what was due, and how fresh every dataset is.

    A department owes each of its datasets once in every period of its calendar, data or a nil return, until some days
    after the period has ended. What counts is the latest period that is over, and what the ledger says up to the date;
    datasets that are read where they lie (source) owe nothing.

    A dataset is fresh until the data of the next period of its cycle is due, ageing for one more period, then stale.
    """
    from pipeline.framework import load_workspace
    from pipeline.intake.calendar import standings
    from pipeline.intake.ledger import entries
    from pipeline.intake.status import status_json

    framework = load_workspace(workspace)
    day = as_of.date() if as_of else date.today()
    found = standings(framework, entries(framework.root), day)
    if as_json:
        print_json(status_json(framework, found, day))
        return
    click.echo(_for_people(found, day, framework.intake.grace_days))


def _for_people(found: Sequence[Standing], day: date, grace_days: int) -> str:
    head = ngettext(
        "As of {day}; on time is up to {n} day after a period has ended.",
        "As of {day}; on time is up to {n} days after a period has ended.",
        grace_days,
    ).format(day=day, n=grace_days)
    blocks = [head]
    for _id, group in groupby(found, key=lambda each: each.department.id):
        mine = list(group)
        department = mine[0].department
        name = getattr(department.name, language()) or department.name.zh
        title = f"{name} · {department.id} · {_calendars()[department.calendar]} · {_summary(mine)}"
        blocks.append(f"{title}\n{_table([_columns(), *(_row(each, day) for each in mine)])}")
    if not found:
        blocks.append(_("No department has a dataset yet."))
    elif len(blocks) > 2:
        blocks.append(_("All: {summary}").format(summary=_summary(found)))
    return "\n\n".join(blocks)


def _summary(found: Sequence[Standing]) -> str:
    """How many datasets are in each state."""
    from pipeline.intake.status import counts

    words = _states()
    return ", ".join(f"{words[state]} {n}" for state, n in counts(found)["states"].items())


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    """The rows below their titles, without columns that have nothing but a title; the score is the only number."""
    kept = [at for at, cells in enumerate(zip(*rows, strict=True)) if any(cells[1:])]
    left = [place for place, at in enumerate(kept) if at != _SCORE]
    return table([[row[at] for at in kept] for row in rows], left=left)


def _columns() -> tuple[str, ...]:
    return (
        *(_("light"), _("dataset"), _("period"), _("state"), _("due on"), _("done on"), _("version")),
        *(_("content of"), _("score"), _("remarks")),
    )


def _row(standing: Standing, day: date) -> tuple[str, ...]:
    duty = standing.duty
    return (
        _lights()[standing.light],
        standing.dataset.id,
        duty.period.text if duty else "",
        _states()[standing.state],
        duty.due.isoformat() if duty else "",
        duty.on.isoformat() if duty and duty.on else "",
        standing.version or "",
        standing.currency.isoformat(),
        "" if standing.score is None else f"{standing.score:g}",
        "; ".join(_remarks(standing, day)),
    )


def _remarks(standing: Standing, day: date) -> Iterator[str]:
    """What else there is to say."""
    duty = standing.duty
    if duty is not None and duty.late and duty.state in ("overdue", "refused"):
        days = (day - duty.due).days
        yield ngettext("{n} day over", "{n} days over", days).format(n=days)
    elif duty is not None and duty.late:
        yield _("late")
    if duty is not None and duty.reason:
        yield duty.reason
    if n := len(standing.missed):
        yield ngettext("{n} earlier period missed", "{n} earlier periods missed", n).format(n=n)
    if standing.confirmed != standing.currency:
        yield _("unchanged up to {day}").format(day=standing.confirmed)


def _states() -> Mapping[str, str]:
    return {
        "overdue": _("overdue"),
        "refused": _("sent back"),
        "due": _("due"),
        "handed-in": _("handed in"),
        "nil": _("nil return"),
        "upcoming": _("not due yet"),
        "direct": _("read in place"),
    }


def _lights() -> Mapping[str, str]:
    return {"green": _("fresh"), "yellow": _("ageing"), "red": _("stale"), "none": "—"}


def _calendars() -> Mapping[str, str]:
    return {"monthly": _("monthly"), "quarterly": _("quarterly"), "yearly": _("yearly")}
