"""The root that comes before another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pipeline.errors import UsageError
from pipeline.i18n import _

F = TypeVar("F", bound=Callable[..., Any])


def previous_option(function: F) -> F:
    """``--previous FILE``, passed as ``previous: Path | None``."""
    return click.option(
        "--previous",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The root that it follows; without it the one with the number before, in the same folder.",
    )(function)


def previous_root(file: Path, data: bytes, given: Path | None) -> bytes | None:
    """The root before the one in `file`; None before the first.

    Raises UsageError when it is needed and not there.
    """
    from pipeline.release.trust.root import read_root
    from pipeline.release.trust.subject import read_limited

    version = read_root(data).version
    if version == 1 and given is None:
        return None
    path = given if given is not None else file.with_name(f"{version - 1}.root.json")
    if not path.is_file():
        raise UsageError(
            _("the root before this one is needed, for its keys sign too"), where=str(path), expected="--previous FILE"
        )
    return read_limited(path)
