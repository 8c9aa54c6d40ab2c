"""`longquan receipt add`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.i18n import _


@click.command()
@click.argument("code", metavar="CODE", nargs=-1, required=True)
@click.option("--office", required=True, metavar="NAME", help="The office that runs it.")
@workspace_option
@json_option
def add(code: tuple[str, ...], office: str, workspace: Path, as_json: bool) -> None:
    """Record the code of a receipt.

    CODE is the 24 digits of the page that an import writes, in groups or not, as the office reads them over the
    telephone; its check digits find what was misheard. They say which release runs since when. The ledger keeps it.
    """
    from pipeline.framework import load_workspace
    from pipeline.release.install.receipts import add_receipt

    made, new = add_receipt(load_workspace(workspace).root, " ".join(code), office.strip(), datetime.now(UTC))
    if as_json:
        print_json({"new": new, **made.as_json()})
        return
    text = (
        _("{office} runs {edition} {release} ({as_of}) since {day}")
        if new
        else _("{office}: {edition} {release} ({as_of}) since {day} was recorded before")
    )
    told = made.as_json()
    click.echo(text.format(**told))
    if made.behind:
        click.echo(_("There are newer releases: {n}").format(n=made.behind))
