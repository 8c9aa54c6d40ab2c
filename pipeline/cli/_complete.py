"""The last step of signing: the publisher completes a release in its workspace, and is told what became of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._json import print_json
from pipeline.cli._table import count_text, pairs
from pipeline.errors import UsageError
from pipeline.i18n import _, ngettext

if TYPE_CHECKING:
    from pipeline.release.trust.signer import Signer


def complete(
    signing: Path, edition: str, signer: Signer, workspace: Path | None, now: datetime, *, as_json: bool
) -> None:
    """Complete the release of a signing folder and print where it lies now, who signed, and what comes next."""
    from pipeline.cli._progress import Bars
    from pipeline.framework import load_workspace
    from pipeline.release.complete import complete_release

    if workspace is None:
        raise UsageError(
            _("the publisher completes a release in its workspace"),
            expected="-w WORKSPACE",
            hint="longquan sign --help",
        )
    with Bars() as progress:
        done = complete_release(load_workspace(workspace), edition, signing, signer, now=now, progress=progress)
    if as_json:
        print_json(done.as_json())
        return
    click.echo(_("{edition} is completed: {folder}").format(edition=edition, folder=done.dist))
    rows = [(_("release"), done.release)]
    rows += [
        (_("signed as {role}").format(role=each.role), f"{each.name} ({each.keyid[:8]})")
        for each in done.signed_by
        if each.role != "root"
    ]
    rows += [(_("holds until"), f"{done.expires:%Y-%m-%d}"), (_("kept in"), str(done.folder))]
    if done.pruned:
        text = ngettext("{n} old release is not kept any longer", "{n} old releases are not kept any longer",
                        len(done.pruned))  # fmt: skip
        rows.append((_("removed"), text.format(n=count_text(len(done.pruned)))))
    click.echo(pairs(rows))
    click.echo(_("Next: publish it, or pack it for a disk:"), err=True)
    click.echo(f"  longquan publish {done.dist} TARGET", err=True)
    click.echo(f"  longquan bundle {done.folder} OUT", err=True)
