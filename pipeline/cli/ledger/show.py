"""`longquan ledger show`."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.cli._table import cut_text, table
from pipeline.i18n import _

_WIDTH = 60  # columns that the facts of an entry may take


@click.command()
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="accepted, refused, nil …; may be repeated.")
@click.option("--dataset", metavar="ID", help="Only entries of this dataset.")
@click.option("--department", metavar="ID", help="Only entries of this department.")
@workspace_option
@json_option
def show(kinds: tuple[str, ...], dataset: str | None, department: str | None, workspace: Path, as_json: bool) -> None:
    """Print the entries of the ledger, oldest first."""
    from pipeline.framework import load_workspace
    from pipeline.intake.ledger import entries

    wanted = {key: value for key, value in (("dataset", dataset), ("department", department)) if value}
    found = [
        entry
        for entry in entries(load_workspace(workspace).root)
        if (not kinds or entry.kind in kinds) and all(entry.facts.get(key) == value for key, value in wanted.items())
    ]
    if as_json:
        print_json([{key: getattr(entry, key) for key in ("n", "at", "kind", "facts", "hash")} for entry in found])
        return
    if not found:
        click.echo(_("no entry"))
        return
    rows: list[list[str]] = [["", _("time (UTC)"), _("what"), _("dataset"), _("period"), _("more")]]
    told = ("dataset", "period", "version", "package", "findings", "currency", "number")
    for entry in found:
        facts = entry.facts
        more = "; ".join(f"{key} {value}" for key, value in facts.items() if key not in told and value is not None)
        rows.append(
            [
                str(entry.n),
                entry.at.rstrip("Z").replace("T", " "),
                entry.kind,
                str(facts.get("dataset") or "–"),
                str(facts.get("version") or facts.get("period") or "–"),
                cut_text(more, _WIDTH),
            ]
        )
    click.echo(table(rows, left=(1, 2, 3, 4, 5)))
