"""`longquan duplicates …`: 立项查重. What is no verb of its own is an area: `longquan duplicates AREA`."""

from __future__ import annotations

import click

from pipeline.cli._group import LazyGroup, Verb

VERBS = {
    "opinion": Verb(
        "pipeline.cli.duplicates.opinion:opinion", "Tell what there is for a planned area; the verb may be left out."
    ),
    "request": Verb("pipeline.cli.duplicates.request:request", "Enter a planned project into the register."),
    "list": Verb("pipeline.cli.duplicates.requests:requests", "List the register, with the days left to answer."),
}
_DEFAULT = "opinion"


class _WithDefault(LazyGroup):
    """Takes the first verb where none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.verbs and args[0] not in ctx.help_option_names:
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)


duplicates = _WithDefault(
    "duplicates",
    verbs=VERBS,
    help="""Find out what the platform already has for a planned project.

    longquan duplicates AREA [--theme T] [--scale N] compares an area with every dataset: what covers it, what is
    missing, what is too coarse or too old, whom to ask. Pages and numbers are the same as in the portal's own check.
    """,
    subcommand_metavar="[AREA | VERB] …",
)
