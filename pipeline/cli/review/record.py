"""`longquan review record`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.i18n import _


@click.command()
@click.argument("edition", metavar="EDITION", default="public")
@click.option("--number", required=True, metavar="NUMBER", help="The map review number (审图号).")
@click.option(
    "--date",
    "day",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="When the review was passed, or the change filed.",
)
@click.option("--by", required=True, metavar="NAME", help="Who records it.")
@click.option(
    "--kind",
    type=click.Choice(["review", "filing"]),
    default="review",
    help="review (送审): the content was reviewed; filing (备案): a change was filed under a number that is there.",
)
@workspace_option
@json_option
def record(edition: str, number: str, day: datetime, by: str, kind: str, workspace: Path, as_json: bool) -> None:
    """Attach the number that a map review gave.

    The number is attached to what dist/EDITION (public, unless another is named) holds now: to the hashes of its
    archives and styles. It goes into review.toml and into the ledger, and the content list is kept in review/ to tell
    later changes from. The next build prints it on every page, as long as archives and styles stay as they were.
    """
    from pipeline.editions import view_edition
    from pipeline.framework import load_workspace
    from pipeline.review.record import REVIEWS, record_review

    framework = load_workspace(workspace)
    view_edition(framework, edition)
    made, new = record_review(
        framework.root,
        edition,
        number=number.strip(),
        day=day.date(),
        by=by.strip(),
        kind=cast("Literal['review', 'filing']", kind),
        now=datetime.now(UTC),
    )
    if as_json:
        print_json({"new": new, **made.model_dump(mode="json")})
        return
    text = _("{edition}: {number} holds for the scope {scope}") if new else _("{edition}: {number} was recorded before")
    click.echo(text.format(edition=edition, number=made.number, scope=made.scope[:12]))
    click.echo(framework.root / REVIEWS)
    click.echo(_("Next: longquan build prints the number on every page."), err=True)
