"""`longquan review status`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.i18n import _, ngettext


@click.command()
@click.argument("editions", metavar="[EDITION]...", nargs=-1)
@workspace_option
@json_option
def status(editions: tuple[str, ...], workspace: Path, as_json: bool) -> int:
    """Tell what has changed since the map review.

    For every public edition (or those named): the number that covers what dist/EDITION holds or, where none does, the
    list of differences from what was reviewed last: datasets, fields, layers, zooms, extents, archives, styles. A
    person decides by it whether the change is filed (备案) or goes to the review again (送审), and records that:
    longquan review record.

    The exit code is 1 where an edition is not covered.
    """
    from pipeline.editions import view_edition
    from pipeline.framework import load_workspace
    from pipeline.review.status import review_standing

    framework = load_workspace(workspace)
    for id in editions:
        view_edition(framework, id)
    chosen = editions or tuple(edition.id for edition in framework.editions if edition.public)
    found = [review_standing(framework, id) for id in dict.fromkeys(chosen)]
    if as_json:
        listed: list[dict[str, Any]] = [
            {
                "edition": each.edition,
                "covered": each.covered,
                "number": each.number,
                "scope": each.scope,
                "last": each.last.model_dump(mode="json") if each.last else None,
                "changes": [
                    {"kind": c.kind, "subject": c.subject, "what": c.what, "before": c.before, "after": c.after}
                    for c in each.changes
                ],
            }
            for each in found
        ]
        print_json(listed)
        return 0 if all(each.covered for each in found) else 1
    for each in found:
        if each.covered:
            click.echo(_("{edition}: covered by {number}").format(edition=each.edition, number=each.number))
        elif each.last is None:
            click.echo(_("{edition}: never reviewed; every page says 待审核").format(edition=each.edition))
        else:
            text = ngettext(
                "{edition}: {n} difference from what {number} ({date}) covers; every page says 待审核",
                "{edition}: {n} differences from what {number} ({date}) covers; every page says 待审核",
                len(each.changes),
            )
            click.echo(
                text.format(edition=each.edition, n=len(each.changes), number=each.last.number, date=each.last.date)
            )
            for change in each.changes:
                click.echo(f"  {change.words}")
            click.echo(_("A person decides: file the change (备案) or have it reviewed again (送审)."), err=True)
    return 0 if all(each.covered for each in found) else 1
