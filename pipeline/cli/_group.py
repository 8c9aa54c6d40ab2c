"""A group whose verbs are imported only when they are called, so that `longquan --help` stays instant."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click

from pipeline.cli._globals import global_options
from pipeline.cli._translate import localized_command, localized_text


class Verb(NamedTuple):
    """Where a verb lives (``module:attribute``) and what it does, in one English sentence."""

    target: str
    summary: str


class LazyGroup(click.Group):
    """Lists its verbs from a table; imports and translates the one that is called."""

    def __init__(self, name: str, *, verbs: Mapping[str, Verb], **attributes: Any) -> None:
        # Placeholders carry names and summaries, for the list of commands and for "did you mean".
        listed = {verb: click.Command(verb, short_help=about.summary) for verb, about in verbs.items()}
        super().__init__(name, commands=listed, **attributes)
        self.verbs = dict(verbs)

    def localized(self) -> click.Command:
        """This group in the language in force."""
        return localized_command(self)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in the order of the table, which is the order of the work."""
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module and return its command in the language in force; None for an unknown name."""
        verb = self.verbs.get(cmd_name)
        if verb is None:
            return None
        module, _, attribute = verb.target.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return localized_command(command, extra=global_options(hidden=True))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of verbs without importing any of them."""
        with formatter.section(localized_text("Commands")):
            formatter.write_dl([(name, command.short_help or "") for name, command in self.commands.items()])
