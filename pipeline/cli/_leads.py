"""`longquan changes --leads`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli._pieces import write_pieces
from pipeline.cli._progress import Bars
from pipeline.i18n import _, ngettext

if TYPE_CHECKING:
    from pipeline.framework import Framework

FOUND = 1  # the exit code of leads, as that of differences


def tell_leads(
    framework: Framework,
    leads: str,
    against: str,
    within: float,
    least: float,
    output: Path | None,
    as_json: bool,
) -> int:
    """Write or print what `leads` has and `against` lacks; the exit code."""
    from pipeline.intake.leads import Ground, LeadCounts, find_leads, lead_collection
    from pipeline.intake.read_dataset import dataset_batches
    from pipeline.machine import processors
    from pipeline.types import Tally

    today, counts = date.today(), LeadCounts()
    with (
        Bars() as progress,
        dataset_batches(framework, leads, today, Tally()) as mine,
        dataset_batches(framework, against, today, Tally()) as other,
    ):
        progress.start(_("looking for features that {dataset} lacks").format(dataset=against))
        found = find_leads(
            mine, other, Ground(framework.city.crs), counts, within=within, least=least, threads=processors()
        )
        text = lead_collection(found)
        if output is not None:
            write_pieces(output, text)
        whole = "" if output is not None else "".join(text)
        progress.done()
    if as_json and output is None:
        click.echo(whole, nl=False)
        return FOUND if counts.leads else 0
    click.echo(
        ngettext(
            "{n} of {all} feature of {dataset} is less than {percent} % covered by {against} within {within} m.",
            "{n} of {all} features of {dataset} are less than {percent} % covered by {against} within {within} m.",
            counts.features,
        ).format(
            n=f"{counts.leads:,}",
            all=f"{counts.features:,}",
            dataset=leads,
            percent=f"{100 * least:g}",
            against=against,
            within=f"{within:g}",
        )
    )
    if counts.nowhere:
        text_of = ngettext("{n} has no place.", "{n} have no place.", counts.nowhere)
        click.echo(text_of.format(n=f"{counts.nowhere:,}"))
    if output is not None:
        click.echo(_("written: {path}").format(path=output))
    elif counts.leads:
        click.echo(_("Write them to a file with -o FILE.geojson, or print them with --json."), err=True)
    return FOUND if counts.leads else 0
