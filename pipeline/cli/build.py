"""`longquan build`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli._options import json_option, workspace_option
from pipeline.cli._progress import Bars
from pipeline.cli._size import Size, size_text
from pipeline.i18n import _, ngettext

if TYPE_CHECKING:
    from pipeline.build import BuildResult


@click.command()
@workspace_option
@click.option("--edition", "editions", multiple=True, metavar="E", help="Build only this edition; may be repeated.")
@click.option(
    "--only",
    multiple=True,
    metavar="DATASET",
    help="Make only the archives that hold this dataset anew and take the others over; may be repeated.",
)
@click.option("--anew", is_flag=True, help="Make every archive anew, those too that would come out the same.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The date that is recorded and that decides how fresh the data is; without it today.",
)
@click.option(
    "--explain/--no-explain",
    default=True,
    help="Beside each archive, also write which features are left out, gathered or joined, and why.",
)
@click.option("--threads", type=click.IntRange(min=1), metavar="N", help="Processors to use; without it all of them.")
@click.option(
    "--memory",
    type=Size(memory=True),
    metavar="SIZE",
    help="Memory to use, such as 2GB (a quarter of the machine's); what does not fit goes through files.",
)
@json_option
def build(
    workspace: Path,
    editions: tuple[str, ...],
    only: tuple[str, ...],
    anew: bool,
    as_of: datetime | None,
    explain: bool,
    threads: int | None,
    memory: int | None,
    as_json: bool,
) -> None:
    """Build what a workspace publishes, one folder per edition.

    Writes dist/EDITION/ in the workspace: tiles, catalogue, portal and manifest, ready for any file server. Each
    folder is replaced as a whole when everything is done; when something fails, the last one stays.

    Datasets and fields enter an edition only where the rules let them. The same inputs give the same bytes, whatever
    the number of threads and the memory. A build that was interrupted goes on where it was; vector archives that
    nothing has changed for are taken over as they are.

    What explains an archive (longquan archive explain) names features that the edition shows, and no others. It is
    written unless --no-explain is given: departments ask why something is not on the map long after it was built.
    """
    from pipeline.build import build_workspace
    from pipeline.machine import use_memory

    use_memory(memory)
    with Bars() as progress:
        results = build_workspace(
            workspace,
            editions=editions or None,
            only=only or None,
            anew=anew,
            as_of=as_of.date() if as_of else None,
            explain=explain,
            threads=threads,
            memory=memory,
            progress=progress,
            now=datetime.now(UTC),
        )
    if as_json:
        click.echo(json.dumps([_as_json(result) for result in results], ensure_ascii=False, indent=2))
        return
    for result in results:
        _print_edition(result)
    _print_faults(results)


def _as_json(result: BuildResult) -> dict[str, Any]:
    breaches = [
        {**dataclasses.asdict(each), "override": each.override and each.override.model_dump(mode="json")}
        for each in result.breaches
    ]
    return {**dataclasses.asdict(result), "folder": str(result.folder), "breaches": breaches}


def _print_edition(result: BuildResult) -> None:
    click.echo(f"{result.edition} → {result.folder}  ({size_text(result.bytes)})")
    for archive in result.archives:
        line = (
            _("  {file}  {size} · {tiles} tiles · {features} features")
            if archive.product == "vector"
            else _("  {file}  {size} · {tiles} tiles · {product}")
        )
        text = line.format(
            file=archive.file,
            size=size_text(archive.bytes),
            tiles=f"{archive.tiles:,}",
            features=f"{archive.features:,}",
            product=archive.product,
        )
        click.echo(text + (" · " + _("as before") if archive.reused else ""))
    if not result.archives:
        click.echo(_("  no dataset may enter this edition, or none has a feature: there is nothing to see yet"))
    click.echo(_("  release {id}").format(id=result.release))
    for breach in result.breaches:
        if breach.override is not None and breach.stops:
            line = _("  let through by {person}, {date}: {breach}")
            text = line.format(person=breach.override.by, date=breach.override.date, breach=breach.words)
            click.echo(text + _(" — {reason}").format(reason=breach.override.reason))
    if not result.public:
        click.echo(_("  not a public edition: every page says 内部使用"))
    elif not result.reviewed:
        click.echo(_("  without a map review number: every page says 待审核"))


def _print_faults(results: Sequence[BuildResult]) -> None:
    """What was wrong with the data, once per dataset, and what was converted."""
    from pipeline.intake.counts import merge_counts
    from pipeline.intake.words import in_words

    counts = merge_counts(result.datasets for result in results)
    told = {id: found for id, found in sorted(counts.items()) if found.faults or found.changes}
    if not told:
        return
    click.echo(
        ngettext("In the data of {n} dataset:", "In the data of {n} datasets:", len(told)).format(n=len(told)), err=True
    )
    for id, found in told.items():
        if found.faults:
            share = _("{dataset}: {percent} % of {rows} rows are at fault").format(
                dataset=id, percent=f"{found.percent:.2f}", rows=f"{found.rows:,}"
            )
        else:
            share = _("{dataset}: converted").format(dataset=id)
        click.echo(f"  {share}", err=True)
        for kind, n in (*found.faults.items(), *found.changes.items()):
            sample = found.samples.get(kind)
            click.echo(f"    {n:,} × {in_words(kind)}" + (f" ({sample})" if sample else ""), err=True)
