"""`longquan audit` of a delta: it holds nothing that the release it leads to has not."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._progress import Bars
from pipeline.cli._size import size_text
from pipeline.cli._table import count_text, table
from pipeline.errors import UsageError
from pipeline.i18n import _


def delta_in(folder: Path) -> Path | None:
    """The delta that a folder is or, as a bundle, holds."""
    return next((each for each in (folder, folder / "data/delta") if (each / "delta.json").is_file()), None)


def audit_delta(folder: Path, release: Path | None, since: Path | None, threads: int | None, as_json: bool) -> int:
    """Check and tell; the exit code. Raises UsageError without the release that the delta leads to."""
    from pipeline.release.delta import check_delta

    if release is None:
        raise UsageError(
            _("This is a delta; what it leads to has to be at hand."),
            where=str(folder),
            hint=_("name the release that it leads to: --of DIR"),
        )
    with Bars() as progress:
        found = check_delta(delta_in(folder) or folder, release, old=since, threads=threads, progress=progress)
    if as_json:
        print_json(found.as_json())
        return 0 if found.clean else 1
    verdict = _("nothing is inside that the release has not") if found.clean else _("it must not be published")
    click.echo(f"{folder}: {verdict}")
    rows = [
        (_("edition"), found.listing.edition),
        (_("release"), f"{found.listing.old.release[:12]} → {found.listing.new.release[:12]}"),
        (_("parts of the delta"), f"{count_text(found.parts)} · {size_text(found.listing.bytes)}"),
        (_("parts opened"), count_text(found.opened) if since else _("none: without --since")),
    ]
    click.echo(table(rows, left=(0, 1)))
    for fault in found.faults:
        click.echo(f"  {fault.path}: {fault.message}")
    return 0 if found.clean else 1
