"""What several verbs of `duplicates` take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from pipeline.i18n import _

F = TypeVar("F", bound=Callable[..., Any])


class Scale(click.ParamType):  # type: ignore[type-arg]
    """A scale, as 1:2000 or 2000."""

    name = "scale"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> int:
        """The number behind the colon."""
        text = str(value).replace(",", "").replace("：", ":")
        number = text.removeprefix("1:")
        if not (number.isascii() and number.isdigit() and int(number) > 0):
            self.fail(_("{value} is no scale; write 1:2000 or 2000").format(value=value), parameter, context)
        return int(number)


def wanted_options(function: F) -> F:
    """``--theme``, ``--scale``, ``--date`` and ``--accuracy``, passed as themes, scale, current and accuracy."""
    options = (
        click.option(
            "--theme",
            "themes",
            multiple=True,
            metavar="THEME",
            help="Only this theme, by id or title; may be repeated.",
        ),
        click.option("--scale", type=Scale(), metavar="1:N", help="The scale that the project needs, or larger."),
        click.option(
            "--date",
            "current",
            type=click.DateTime(["%Y-%m-%d"]),
            metavar="DATE",
            help="The data must be current on this day, or later.",
        ),
        click.option(
            "--accuracy",
            type=click.FloatRange(min=0, min_open=True),
            metavar="METRES",
            help="The plane accuracy that the project needs, or better.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function
