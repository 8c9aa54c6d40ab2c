"""`longquan receipt list`."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.cli._table import table
from pipeline.i18n import _


@click.command("list")
@workspace_option
@json_option
def list_(workspace: Path, as_json: bool) -> None:
    """Tell which office runs which release, by the receipts recorded last."""
    from pipeline.framework import load_workspace
    from pipeline.release.install.receipts import receipts

    found = receipts(load_workspace(workspace).root)
    if as_json:
        print_json([each.as_json() for each in found])
        return
    if not found:
        click.echo(_("no receipt"))
        return
    rows = [[_("office"), _("edition"), _("release"), _("as of"), _("in use since"), _("newer releases")]]
    for each in found:
        behind = "–" if each.behind is None else str(each.behind)
        rows.append([each.office, each.edition, each.release, each.as_of or "–", each.day.isoformat(), behind])
    click.echo(table(rows, left=(0, 1, 2, 3, 4)))
