"""The passphrase of a key: from a file, from LONGQUAN_PASSPHRASE, or typed without being shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pipeline.errors import InputError, UsageError
from pipeline.i18n import _

F = TypeVar("F", bound=Callable[..., Any])

_LIMIT = 4096  # bytes of a file that holds a passphrase


def passphrase_option(function: F) -> F:
    """``--passphrase-file FILE``, passed as ``passphrase_file: Path | None``."""
    return click.option(
        "--passphrase-file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Read the passphrase from FILE; without it from LONGQUAN_PASSPHRASE, or it is asked for.",
    )(function)


def passphrase(file: Path | None, *, twice: bool = False, of: str) -> str:
    """The passphrase of the key `of`; typed `twice` for a new one.

    Raises InputError when the file cannot be read, UsageError when nobody is there to ask.
    """
    if file is not None:
        try:
            with file.open("rb") as opened:
                return opened.read(_LIMIT).decode("utf-8-sig").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                _("the passphrase cannot be read from the file"),
                where=str(file),
                expected=_("one line of text, UTF-8"),
            ) from error
    given = os.environ.get("LONGQUAN_PASSPHRASE")
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise UsageError(
            _("there is nobody to ask for the passphrase"), expected=_("--passphrase-file FILE, or LONGQUAN_PASSPHRASE")
        )
    text: str = click.prompt(
        _("Passphrase of {key}").format(key=of),
        hide_input=True,
        confirmation_prompt=_("The same again") if twice else False,
        err=True,
    )
    return text
