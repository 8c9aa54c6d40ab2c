"""`longquan demo DIR`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click

from pipeline.cli._progress import Bars
from pipeline.i18n import _
from pipeline.progress import Progress


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--size",
    type=click.Choice(["small", "city"]),
    default="city",
    show_default=True,
    help="How much of it: small takes seconds, city is the whole county.",
)
@click.option("--no-build", is_flag=True, help="Only write the workspace.")
def demo(directory: Path, size: str, no_build: bool) -> None:
    """Write a fictional sample city, build it, say how to look at it.

    DIR becomes a workspace like any other: framework.toml, departments/, schemas/ and an inbox/ with the files as
    departments hand them in. Everything is invented and says so. An earlier sample city in DIR is replaced; a
    workspace that is not a sample is refused.
    """
    from pipeline.demo import write_city

    with Bars() as progress:
        with nullcontext() if no_build else _warming(progress):
            write_city(directory, size="small" if size == "small" else "city", progress=progress)
        if not no_build:
            from pipeline.build import build_workspace

            build_workspace(directory, progress=progress)
    if no_build:
        click.echo(_("The sample city lies in {directory}. Build it:").format(directory=directory))
        click.echo(f"  longquan build -w {directory}")
        return
    click.echo(_("The sample city is built. Look at it:"))
    click.echo(f"  longquan serve {directory / 'dist' / 'public'}")


@contextmanager
def _warming(progress: Progress) -> Iterator[None]:
    """Compile the tiler's kernels in a process of its own meanwhile: on a fresh machine half of the waiting.

    Nothing depends on it: what is not in the cache afterwards the build compiles itself.
    """
    command = [sys.executable, "-m", "pipeline", "warm"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
        progress.start(_("compiling kernels"))
        process.wait()
        progress.done()
    finally:
        process.terminate()
        process.wait()
