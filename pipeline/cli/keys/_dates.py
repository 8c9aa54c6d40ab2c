"""Until when a root holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def expires_option(function: F) -> F:
    """``--expires DATE``, passed as ``expires: datetime | None``."""
    return click.option(
        "--expires",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="DATE",
        help="The day on which it ceases to hold; without it in three years.",
    )(function)


def until(expires: datetime | None) -> datetime:
    """That day in UTC, counted from today when none is given."""
    from pipeline.release.trust.roles import ROOT_HOLDS

    if expires is not None:
        return expires.replace(tzinfo=UTC)
    return (datetime.now(UTC) + ROOT_HOLDS).replace(hour=0, minute=0, second=0, microsecond=0)
