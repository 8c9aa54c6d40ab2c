"""`longquan demo DIR`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
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
@click.option("--no-release", is_flag=True, help="Leave what is built unsigned.")
def demo(directory: Path, size: str, no_build: bool, no_release: bool) -> None:
    """Write a fictional sample city, build it, sign it, say how to look at it.

    DIR becomes a workspace like any other: framework.toml, departments/, schemas/ and an inbox/ with the files as
    departments hand them in. Everything is invented and says so. An earlier sample city in DIR is replaced; a
    workspace that is not a sample is refused.

    Both editions are released and signed with throw-away keys, which lie in keys/ (passphrase: longquan). Everybody
    has them; wherever data is not a sample's they are refused.
    """
    from pipeline.demo import write_city

    signed: Sequence[object] = ()  # none where the workspace has keys of its own
    with Bars() as progress:
        with nullcontext() if no_build else _warming(progress):
            write_city(directory, size="small" if size == "small" else "city", progress=progress)
        if not no_build:
            from pipeline.build import build_workspace

            built = build_workspace(directory, progress=progress)
            if not no_release:
                from pipeline.demo.signing import sign_releases

                editions = [each.edition for each in built]
                signed = sign_releases(directory, editions, now=datetime.now(UTC), progress=progress)
    if no_build:
        click.echo(_("The sample city lies in {directory}. Build it:").format(directory=directory))
        click.echo(f"  longquan build -w {directory}")
        return
    click.echo(_("The sample city is built. Look at it:"))
    click.echo(f"  longquan serve {directory / 'dist' / 'public'}")
    if signed:
        click.echo(_("It is signed with throw-away keys. Check that:"))
        click.echo(f"  longquan verify {directory / 'dist' / 'public'} -w {directory}")


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
