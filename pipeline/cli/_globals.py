"""The options that hold for every verb, read before click parses anything.

Even click's own complaint about a wrong option must be in the right language, so `--lang` and `--debug` are picked
out of the raw arguments first. click still declares them, to validate and to document them, and every verb accepts
them too: ``longquan demo DIR --lang en`` is what people type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import click

from pipeline.i18n import LANGUAGES


class Globals(NamedTuple):
    """What was asked of the shell itself."""

    language: str  # "zh" or "en"
    debug: bool  # show tracebacks

    @classmethod
    def read(cls, arguments: Sequence[str], environ: Mapping[str, str]) -> Globals:
        """The settings from the arguments, else from LC_ALL, LC_MESSAGES, LANG and LONGQUAN_DEBUG."""
        own = arguments[: arguments.index("--")] if "--" in arguments else arguments
        return cls(_language(own, environ), "--debug" in own or bool(environ.get("LONGQUAN_DEBUG")))


def _language(arguments: Sequence[str], environ: Mapping[str, str]) -> str:
    asked = None
    for place, argument in enumerate(arguments):
        if argument == "--lang":
            asked = next(iter(arguments[place + 1 :]), None)
        elif argument.startswith("--lang="):
            asked = argument.removeprefix("--lang=")
    if asked in LANGUAGES:
        return asked
    # An unknown language is click's to refuse; it does so in the environment's.
    # POSIX: the first of the three that is set and not empty decides, whatever it says.
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def global_options(*, hidden: bool) -> list[click.Parameter]:
    """The declarations of the global options, shown on the shell's own page and hidden on those of the verbs."""
    return [
        click.Option(
            ["--lang"],
            type=click.Choice(LANGUAGES),
            expose_value=False,
            hidden=hidden,
            help="Language of messages; without it LC_ALL, LC_MESSAGES or LANG decides.",
        ),
        click.Option(
            ["--debug"],
            is_flag=True,
            expose_value=False,
            hidden=hidden,
            help="Show the traceback when something unexpected happens.",
        ),
    ]
