"""`longquan store list`."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.cli._table import count_text, table
from pipeline.errors import UsageError
from pipeline.i18n import _


@click.command("list")
@click.argument("datasets", nargs=-1, metavar="[DATASET]...")
@workspace_option
@json_option
def list_versions(datasets: tuple[str, ...], workspace: Path, as_json: bool) -> None:
    """List the versions of datasets that are in the store, in the order of acceptance; without DATASET of all."""
    from pipeline.framework import did_you_mean, load_workspace
    from pipeline.intake.store import versions

    framework = load_workspace(workspace)
    known = [dataset.id for _owner, dataset in framework.datasets]
    for id in datasets:
        if id not in known:
            raise UsageError(_('there is no dataset "{id}"').format(id=id) + did_you_mean(id, known))
    found = [version for id in dict.fromkeys(datasets or known) for version in versions(framework.root, id)]
    if as_json:
        print_json(
            [
                {
                    "dataset": version.dataset,
                    "version": version.version,
                    "folder": str(version.folder),
                    "period": version.period,
                    "currency": version.currency.isoformat(),
                    "accepted": version.accepted,
                    "number": version.number,
                    "kind": version.kind,
                    "features": version.features,
                    "score": version.score,
                    "package": version.sha256,
                }
                for version in found
            ]
        )
        return
    if not found:
        click.echo(_("nothing has been handed in yet"))
        return
    rows = [[_("dataset"), _("version"), _("currency"), _("accepted"), _("features"), _("score"), _("package")]]
    rows += [
        [
            version.dataset,
            version.version,
            version.currency.isoformat(),
            version.accepted[:16].replace("T", " "),
            "–" if version.features is None else count_text(version.features),
            "–" if version.score is None else f"{version.score:g}",
            version.sha256[:12],
        ]
        for version in found
    ]
    click.echo(table(rows, left=(0, 1, 2, 3, 6)))
