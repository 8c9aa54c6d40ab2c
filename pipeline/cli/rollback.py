"""`longquan rollback DIR`: let the release run that ran before."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli._table import pairs
from pipeline.i18n import _


@click.command()
@click.argument("home", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--to", metavar="ID", help="The release to go back to, one that is kept; by default the previous one.")
@click.option("--office", metavar="NAME", default="", help="Name of the office, printed on the receipt.")
@json_option
def rollback(home: Path, to: str | None, office: str, as_json: bool) -> None:
    """Let the release run that ran before.

    DIR is a folder that longquan import fills. Every file of the older release is checked first; one that was
    withdrawn is refused (exit code 3). The newer release can be imported again.
    """
    from pipeline.release.install.install import rollback as go_back

    made = go_back(home, now=datetime.now(UTC), to=to, office_name=office)
    if as_json:
        print_json(made.as_json())
        return
    pointer = made.pointer
    rows = [
        (_("running"), f"{pointer.edition} {pointer.as_of} {pointer.folder}"),
        (_("to go back to"), " ".join(pointer.history) or "–"),
        (_("receipt code"), made.code),
        (_("to print"), str(made.receipt)),
    ]
    click.echo(pairs(rows))
