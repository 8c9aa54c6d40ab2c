"""Arguments that mean the same in every verb of `longquan archive`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def file_argument(function: F) -> F:
    """``FILE``, one archive, passed as ``file: Path``; the verb says what is wrong with a bad one."""
    return click.argument("file", metavar="FILE", type=click.Path(path_type=Path))(function)
