"""Does the person who signs agree? A word to be typed, so that nobody signs by pressing a key too often."""

from __future__ import annotations

import sys

import click

from pipeline.errors import UsageError
from pipeline.i18n import _


def require_agreement(word: str, *, yes: bool) -> None:
    """Ask for `word` on a terminal, unless `yes`; end the command when another is typed.

    Raises UsageError when there is no terminal and no `yes`.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(_("there is nobody to ask"), expected=_("--yes, once you have compared what is shown"))
    typed = click.prompt(
        _("Compare this with the printed sheet. To sign, type {word}").format(word=word), err=True, default=""
    )
    if str(typed).strip() != word:
        click.echo(_("Not signed."), err=True)
        raise click.exceptions.Exit(1)
