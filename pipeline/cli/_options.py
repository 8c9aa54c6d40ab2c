"""Options that mean the same in every verb that takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def workspace_option(function: F) -> F:
    """``-w/--workspace DIR``, passed as ``workspace: Path``; the verb says what is wrong with a bad one."""
    return click.option(
        "-w",
        "--workspace",
        type=click.Path(path_type=Path),
        default=Path(),
        metavar="DIR",
        help="The folder that holds framework.toml; without it the current one.",
    )(function)


def json_option(function: F) -> F:
    """``--json``, passed as ``as_json: bool``."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(function)


def all_of(options: Sequence[Callable[[F], F]]) -> Callable[[F], F]:
    """Several options as one decorator, listed in the help in their order; passed by name."""

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate
