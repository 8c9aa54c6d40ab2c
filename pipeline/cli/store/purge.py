"""`longquan store purge`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.errors import UsageError
from pipeline.i18n import _


@click.command()
@click.argument("dataset", required=False, metavar="[DATASET]")
@click.argument("version", required=False, metavar="[VERSION]")
@click.option("--refused", metavar="HASH", help="Instead of a version: the copy of a refused package.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stays in the ledger.")
@click.option("--by", required=True, metavar="NAME", help="Who decided; it stays in the ledger.")
@workspace_option
@json_option
def purge(
    dataset: str | None,
    version: str | None,
    refused: str | None,
    reason: str,
    by: str,
    workspace: Path,
    as_json: bool,
) -> None:
    """Remove a version from the store for good: what should never have come in.

    Copies of the same package among the refused ones go too, and .cache/. The ledger keeps a tombstone; the number of
    the version is not given again, and the same package is refused from now on. What was built from it is still in
    dist/ and in releases: build again, and take down what was published. Backups are not reached either.
    """
    from pipeline.framework import load_workspace
    from pipeline.intake.purge import purge_refused, purge_version

    root = load_workspace(workspace).root
    now = datetime.now().astimezone()
    if refused is not None and dataset is None:
        done = purge_refused(root, refused, reason=reason, by=by, at=now)
    elif dataset is not None and version is not None and refused is None:
        done = purge_version(root, dataset, version, reason=reason, by=by, at=now)
    else:
        raise UsageError(_("it is not clear what to remove"), expected=_("DATASET VERSION, or --refused HASH"))
    if as_json:
        print_json(
            {
                "dataset": done.dataset,
                "version": done.version,
                "entry": done.entry.n,
                "removed": [str(folder) for folder in done.folders],
                "published": [str(folder) for folder in done.published],
            }
        )
        return
    for folder in done.folders:
        click.echo(_("removed: {path}").format(path=folder))
    click.echo(_("entry {n} of the ledger says so").format(n=done.entry.n))
    for folder in done.published:
        click.echo(_("may have been built from it, build again: {path}").format(path=folder), err=True)
