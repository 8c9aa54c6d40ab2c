"""Commands in the language in force.

Commands are declared in English at import, when no language is known yet. Before one is used the shell takes a copy
whose help is looked up in the message catalogue: first the whole text, then paragraph by paragraph, each with its
lines joined by single spaces (so a translation survives re-wrapping of the docstring). Paragraphs that click keeps
as they are (``\\b``) are looked up with their line ends. The declared command itself is never changed.
"""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Iterator, Sequence

import click

from pipeline.cli._format import Context
from pipeline.i18n import _

_RAW = "\b\n"  # click's mark for "do not wrap this paragraph"


def localized_command(command: click.Command, *, extra: Sequence[click.Parameter] = ()) -> click.Command:
    """A copy of `command` and all below it, in the language in force, that also takes the `extra` parameters."""
    twin = copy.copy(command)
    twin.context_class = Context
    twin.help = localized_text(command.help) if command.help else command.help
    twin.epilog = localized_text(command.epilog) if command.epilog else command.epilog
    twin.short_help = localized_text(command.short_help) if command.short_help else _first_sentence(twin.help or "")
    known = {name for parameter in command.params for name in parameter.opts}
    added = [parameter for parameter in extra if not known.intersection(parameter.opts)]
    twin.params = [_localized_parameter(parameter) for parameter in (*command.params, *added)]
    if isinstance(twin, click.Group):
        twin.commands = {name: localized_command(child, extra=extra) for name, child in twin.commands.items()}
    return twin


def localized_text(source: str) -> str:
    """A help text in the language in force, whole or paragraph by paragraph."""
    whole = inspect.cleandoc(source).partition("\f")[0].rstrip()
    found = _(whole)
    if found != whole:
        return found
    return "\n\n".join(_RAW + _(text) if raw else _(text) for text, raw in _paragraphs(whole))


def source_texts(command: click.Command) -> Iterator[str]:
    """Every English text of the command's own help page as the catalogue should hold it: for tests of coverage."""
    sources = [command.help, command.epilog, command.short_help]
    sources += [getattr(parameter, "help", None) for parameter in command.params]
    for source in sources:
        if source:
            yield from (text for text, _raw in _paragraphs(inspect.cleandoc(source).partition("\f")[0].rstrip()))


def _paragraphs(text: str) -> Iterator[tuple[str, bool]]:
    for paragraph in re.split(r"\n[ \t]*\n", text):
        if paragraph.startswith(_RAW):
            yield paragraph.removeprefix(_RAW), True
        elif paragraph.strip():
            yield " ".join(paragraph.split()), False


def _first_sentence(text: str) -> str:
    first = next((paragraph for paragraph, _raw in _paragraphs(text)), "")
    ended = re.match(r".*?(?:\.(?=\s|$)|。)", first)
    return ended.group() if ended else first


def _localized_parameter(parameter: click.Parameter) -> click.Parameter:
    source: str | None = getattr(parameter, "help", None)
    if not source:
        return parameter
    twin = copy.copy(parameter)
    twin.help = localized_text(source)
    return twin
