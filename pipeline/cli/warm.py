"""`longquan warm`: compile every kernel ahead of time."""

from __future__ import annotations

import time

import click

from pipeline.cli._progress import Bars
from pipeline.i18n import _


@click.command()
def warm() -> None:
    """Compile every kernel ahead of time.

    Kernels are compiled when they are first used and kept in the user's cache; this does all of it at once, on an
    image or after an update, so that nobody waits later.
    """
    from pipeline.warm import warm_kernels

    began = time.monotonic()
    with Bars() as progress:
        warm_kernels(progress)
    click.echo(_("All kernels are compiled ({seconds:.1f} s).").format(seconds=time.monotonic() - began))
