"""`longquan release`: prepares what two offices sign."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.cli._table import count_text, table
from pipeline.i18n import _, ngettext

if TYPE_CHECKING:
    from pipeline.release.prepare import Prepared


@click.command()
@click.argument("edition", metavar="EDITION")
@workspace_option
@click.option("--threads", type=click.IntRange(min=1), help="Threads to use; by default one per processor.")
@json_option
def release(edition: str, workspace: Path, threads: int | None, as_json: bool) -> None:
    """Prepare what was built for its signatures: unsigned metadata and a review sheet.

    Checks that dist/EDITION is what was built, that a map review number covers a public edition and, by an audit
    against the workspace, that nothing is inside that may not be. Then says in release.json what came before it and
    what was reviewed; the release id stays as it is.

    Writes the folder signing/EDITION, small enough for a USB stick: targets.json, which both offices sign one after
    the other, release.json and SHA256SUMS, to which it refers, and sheet.html, to be printed: what is released, what
    changed, overrides, the audit, sample maps, the fingerprint and places for two signatures. Prepared once more,
    signatures stay under what has not changed. Exit code 3 where it may not leave.
    """
    from pipeline.cli._machine import this_machine
    from pipeline.cli._progress import Bars
    from pipeline.editions import view_edition
    from pipeline.framework import load_workspace
    from pipeline.release.prepare import prepare_release

    framework = load_workspace(workspace)
    view_edition(framework, edition)  # says which there are
    with Bars() as progress:
        prepared = prepare_release(
            framework, edition, now=datetime.now(UTC), machine=this_machine(), threads=threads, progress=progress
        )
    if as_json:
        print_json(prepared.as_json())
    else:
        _print(prepared, workspace)


def _print(prepared: Prepared, workspace: Path) -> None:
    from pipeline.release.trust.keys import fingerprint_text

    first = _("none: this is the first")
    changes = ngettext("{n} change of content", "{n} changes of content", len(prepared.changes))
    rows = [
        (_("release"), prepared.release),
        (_("previous"), prepared.previous or first),
        (_("fingerprint"), fingerprint_text(prepared.fingerprint)),
        (_("trusted root"), fingerprint_text(prepared.root_fingerprint)),
        (_("holds until"), f"{prepared.expires:%Y-%m-%d}"),
    ]
    if prepared.previous:
        rows.insert(2, (_("what changed"), changes.format(n=count_text(len(prepared.changes)))))
    click.echo(_("{edition} is ready to be signed: {folder}").format(edition=prepared.edition, folder=prepared.folder))
    click.echo(table(rows, left=(0, 1)))
    for change in prepared.changes:
        click.echo(f"  {change.words}")
    if prepared.missing:
        names = ", ".join(prepared.missing)
        click.echo(_("Signatures that are missing: {names}").format(names=names))
    click.echo(_("Next: print {sheet}, take the folder to each office, and there run").format(
        sheet=prepared.folder / "sheet.html"), err=True)  # fmt: skip
    for role in prepared.missing:
        department = role.partition(":")[2]
        document = prepared.folder / (f"department-{department}.json" if department else "targets.json")
        click.echo(f"  longquan sign {document} --as {role} --key KEY.pem", err=True)
    click.echo(_("and at last, here:"), err=True)
    targets = prepared.folder / "targets.json"
    click.echo(f"  longquan sign {targets} --as publish --key KEY.pem -w {workspace}", err=True)
