"""`longquan audit`: proves from finished files that nothing is inside that an edition may not show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli._size import size_text
from pipeline.cli._table import count_text, table
from pipeline.i18n import _, ngettext

if TYPE_CHECKING:
    from pipeline.audit import AuditResult


@click.command()
@click.argument("folder", metavar="DIST", type=click.Path(path_type=Path))
@click.option(
    "-w",
    "--workspace",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The workspace that it was built from: look for its denied values, features and areas too.",
)
@click.option(
    "--of",
    "release",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="DIST is a delta: the release that it leads to.",
)
@click.option(
    "--since",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The release that the delta starts from: open its parts too.",
)
@click.option("--threads", type=click.IntRange(min=1), help="Threads to use; by default one per processor.")
@json_option
def audit(
    folder: Path,
    workspace: Path | None,
    release: Path | None,
    since: Path | None,
    threads: int | None,
    as_json: bool,
) -> int:
    """Prove from the finished files that nothing is inside that the edition may not show.

    Opens every tile of every archive, every page, JSON, script, image, font and download below DIST, such as
    dist/public, and trusts nothing that the build said of them. Alone it holds them against the list of what is
    allowed in release.json; with --workspace against the rules of the workspace, and looks for whatever these deny:
    texts, numbers, ids and places that occur in no dataset and field that may be shown, and masked areas.

    Texts of two Chinese or four other characters and numbers of five digits are looked for; shorter ones occur
    everywhere. Exit code 1 when something was found.

    DIST may be a delta, too, alone or in a bundle: then that it holds nothing but what the release --of has, of which
    an audit of its own tells whether it may be published. With --since every part is opened.
    """
    from pipeline.cli._delta_audit import audit_delta, delta_in

    if release is not None or since is not None or delta_in(folder) is not None:
        return audit_delta(folder, release, since, threads, as_json)
    from pipeline.audit import audit_folder
    from pipeline.cli._machine import this_machine
    from pipeline.cli._progress import Bars

    with Bars() as progress:
        result = audit_folder(folder, workspace, machine=this_machine(), threads=threads, progress=progress)
    if as_json:
        print_json(result.as_json())
    else:
        _print(result)
    return 0 if result.clean else 1


def _print(result: AuditResult) -> None:
    report = result.report
    verdict = _("nothing was found that may not be inside") if result.clean else _("it must not be published")
    click.echo(f"{result.folder}: {verdict}")
    against = str(result.workspace) if result.workspace else _("the list in release.json")
    rows = [
        (_("edition"), result.edition),
        (_("release"), result.release),
        (_("held against"), against),
        (_("number of files"), f"{count_text(result.files)} · {size_text(result.bytes)}"),
        (_("tiles"), f"{count_text(result.measure.tiles)} · {size_text(result.measure.bytes)}"),
    ]
    click.echo(table(rows, left=(0, 1)))
    previous = ""
    told: dict[str, int] = {}
    for fault in report.faults:
        if fault.rule != previous:
            _close(previous, told, result)
            severity = _("leak") if fault.severity == "leak" else _("notice")
            click.echo(f"{severity} {fault.rule}: {fault.expected}")
            previous = fault.rule
        place = " ".join(part for part in (fault.file, fault.where) if part)
        more = f" ×{count_text(fault.times)}" if fault.times > 1 else ""
        click.echo(f"  {place}: {fault.message}{more}" if place else f"  {fault.message}{more}")
        told[fault.rule] = told.get(fault.rule, 0) + fault.times
    _close(previous, told, result)
    if not result.clean:
        text = ngettext("{n} finding", "{n} findings", report.leaks + report.notices)
        click.echo(text.format(n=count_text(report.leaks + report.notices)))


def _close(rule: str, told: dict[str, int], result: AuditResult) -> None:
    """After the findings of one rule: how many were not told, and what to do."""
    if not rule:
        return
    rest = result.report.counts[rule] - told[rule]
    if rest > 0:
        click.echo("    " + _("… and {n} more of these").format(n=count_text(rest)))
    remedy = next(fault.remedy for fault in result.report.faults if fault.rule == rule)
    click.echo("    " + _("what to do:") + " " + remedy)
