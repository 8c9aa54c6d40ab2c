"""The command line: `longquan VERB …`, one module per verb, each loaded only when it is called.

A verb is a plain click command that a module of this package exports under the verb's name. Its docstring and the
``help=`` of its parameters are English; the shell translates them when they are shown (`_translate`). It raises
errors of `pipeline.errors`, prints results with ``click.echo`` and everything else to stderr, draws long work
through `_progress.Bars`, and returns None or its exit code.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

import click

from pipeline import __version__
from pipeline.cli._globals import Globals, global_options
from pipeline.cli._group import LazyGroup, Verb
from pipeline.cli._language import speak
from pipeline.cli._outcome import exit_code_of

VERBS = {
    "demo": Verb("pipeline.cli.demo:demo", "Write a fictional sample city, build it, sign it, say how to look at it."),
    "init": Verb("pipeline.cli.init:init", "Write an empty workspace with commented files."),
    "documents": Verb(
        "pipeline.cli.documents:documents", "Draft the documents that go with a platform, from its own rules."
    ),
    "pack": Verb("pipeline.cli.pack:pack", "Make a package of data, ready to be handed in."),
    "check": Verb("pipeline.cli.check:check", "Check data before it is handed in; write its quality report."),
    "submit": Verb("pipeline.cli.submit:submit", "Hand packages in: accepted into the store, or refused with reasons."),
    "store": Verb("pipeline.cli.store:store", "Look at what was handed in; remove what should not be there."),
    "ledger": Verb("pipeline.cli.ledger:ledger", "Look into the log of every decision and verify it."),
    "status": Verb("pipeline.cli.status:status", "Tell who handed in what was due, and how fresh every dataset is."),
    "duplicates": Verb("pipeline.cli.duplicates:duplicates", "Find out what there is already for a planned project."),
    "changes": Verb("pipeline.cli.changes:changes", "Tell what changed between two versions of a dataset."),
    "build": Verb("pipeline.cli.build:build", "Build what a workspace publishes, one folder per edition."),
    "review": Verb("pipeline.cli.review:review", "Prepare a map review, record its number, tell what has changed."),
    "tile": Verb("pipeline.cli.tile:tile", "Turn files into one PMTiles archive, without a workspace."),
    "archive": Verb("pipeline.cli.archive:archive", "Look into PMTiles archives and check them."),
    "geocode": Verb("pipeline.cli.geocode:geocode", "Find the places of a list of addresses, without a network."),
    "release": Verb("pipeline.cli.release:release", "Prepare what was built for the signatures of two offices."),
    "audit": Verb("pipeline.cli.audit:audit", "Prove from finished files that nothing is inside that must not be."),
    "keys": Verb("pipeline.cli.keys:keys", "Make signing keys, and say who may sign what."),
    "sign": Verb("pipeline.cli.sign:sign", "Put a signature under what was looked at."),
    "verify": Verb("pipeline.cli.verify:verify", "Check that a published folder is whole, unaltered and sound."),
    "bundle": Verb("pipeline.cli.bundle:bundle", "Pack a release, a part of it or an update onto a disk."),
    "import": Verb("pipeline.cli.import_:import_", "Verify a bundle, install it, let it run."),
    "rollback": Verb("pipeline.cli.rollback:rollback", "Let the release run that ran before."),
    "receipt": Verb("pipeline.cli.receipt:receipt", "Record what offices say that they run; tell who runs what."),
    "sync": Verb("pipeline.cli.sync:sync", "Follow a published release online."),
    "doctor": Verb("pipeline.cli.doctor:doctor", "Find out whether a server is fit to serve a release."),
    "publish": Verb("pipeline.cli.publish:publish", "Publish a signed release to a folder or to a bucket."),
    "serve": Verb("pipeline.cli.serve:serve", "Serve a folder with Range, ETag and CORS."),
    "warm": Verb("pipeline.cli.warm:warm", "Compile every kernel ahead of time."),
}


def _version(context: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        click.echo(f"longquan {__version__}")
        context.exit()


cli = LazyGroup(
    "longquan",
    verbs=VERBS,
    help="A city's geospatial framework as static files that anyone can serve.",
    epilog="Exit codes: 0 done, 1 the work failed or a check found faults, 2 wrong usage, "
    "3 refused by policy, 130 interrupted.",
    params=[
        *global_options(hidden=False),
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_version,
            help="Show the version and exit.",
        ),
    ],
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (default: the process's own) and return its exit code: 0, 1, 2, 3 or 130."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that lacks a character must not stop the work
            stream.reconfigure(errors="backslashreplace")
    chosen = Globals.read(arguments, os.environ)
    speak(chosen.language)
    return exit_code_of(
        lambda: cli.localized().main(arguments, prog_name="longquan", standalone_mode=False), debug=chosen.debug
    )
